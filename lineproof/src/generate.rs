//! `lineproof run --generate`: random batches, on one profile after the other.

use crate::chance::{One, each, jobs};
use crate::cli::RunArgs;
use crate::exit::Failure;
use harness::event::Event;
use harness::generate::Plan;
use harness::run::Deadline;
use harness::verdict::Ending;
use profiles::Profile;

/// Runs so many batches; every event of it, and how it ends.
pub(crate) async fn generate(
    args: &RunArgs,
    batches: u64,
    interrupt: harness::run::Interrupt,
) -> Result<(Vec<Event>, Ending), Failure> {
    let run = async |one: One<'_>| {
        let plan = plan(args, batches, one.deadline, one.target.profile, one.profiles);
        harness::generate::run(one.target, plan, one.interrupt, one.on_event, one.on_piece).await
    };
    each(args, (batches, "batches"), interrupt, run).await
}

fn plan(
    args: &RunArgs,
    batches: u64,
    deadline: Option<Deadline>,
    profile: &Profile,
    profiles: usize,
) -> Plan {
    let own = &args.generate;
    let folder = if profiles > 1 { own.save.join(profile.name()) } else { own.save.clone() };
    Plan {
        batches,
        seed: own.seed,
        jobs: jobs(args),
        strict: args.strict,
        fail_fast: args.fail_fast,
        save: Some(folder),
        deadline,
    }
}
