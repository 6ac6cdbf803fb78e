//! `lineproof run --concurrent`: rounds of concurrent writers, on one profile after the other.

use crate::chance::{One, each, jobs};
use crate::cli::RunArgs;
use crate::exit::Failure;
use harness::concurrent::Plan;
use harness::event::Event;
use harness::verdict::Ending;

/// Runs so many rounds; every event of it, and how it ends.
pub(crate) async fn concurrent(
    args: &RunArgs,
    rounds: u64,
    interrupt: harness::run::Interrupt,
) -> Result<(Vec<Event>, Ending), Failure> {
    let own = &args.concurrent;
    let plan = Plan {
        rounds,
        first: own.round,
        writers: own.writers,
        seed: args.generate.seed,
        jobs: jobs(args),
        strict: args.strict,
        fail_fast: args.fail_fast,
        deadline: None,
    };
    let run = async |one: One<'_>| {
        let plan = Plan { deadline: one.deadline, ..plan.clone() };
        harness::concurrent::run(one.target, plan, one.interrupt, one.on_event, one.on_piece).await
    };
    each(args, (rounds, "rounds"), interrupt, run).await
}
