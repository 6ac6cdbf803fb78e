//! `lineproof run --generate`: random batches, on one profile after the other.

use crate::cli::RunArgs;
use crate::exit::Failure;
use crate::run::{chosen_profiles, fault, part, target};
use harness::event::Event;
use harness::generate::Plan;
use harness::run::Deadline;
use harness::verdict::{Ending, Verdict};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use profiles::Profile;
use std::cell::Cell;
use std::io::IsTerminal;

/// Runs so many batches; every event of it, and how it ends.
pub(crate) async fn generate(
    args: &RunArgs,
    batches: u64,
    interrupt: harness::run::Interrupt,
) -> Result<(Vec<Event>, Ending), Failure> {
    let profiles = chosen_profiles(&args.target)?;
    let deadline = part::deadline(args.part.deadline)?;
    let mut events = Vec::new();
    let mut ending: Option<Ending> = None;
    for profile in &profiles {
        let plan = plan(args, batches, deadline, profile, profiles.len());
        if let Some(why) = plan.over(&interrupt) {
            // What was not begun is missing, and the report says so.
            let finished = part::not_begun(&profile.name(), why);
            ending = Some(ending.map_or(finished.ending, |before| before.and(finished.ending)));
            events.push(Event::Finished(finished));
            continue;
        }
        // Kept until its run is over: an embedded server stops when it is dropped.
        let (target, _server) = target(&args.target, profile, fault(args)?).await?;
        let bar = bar(profile, batches);
        let findings = Cell::new(0);
        let on_event = |event: &Event| {
            if let Event::Case(result) = event
                && result.verdict == Verdict::Fail
            {
                findings.set(findings.get() + 1);
                bar.set_message(format!("{} shown  {}", findings.get(), result.id));
            }
            events.push(event.clone());
        };
        let run = harness::generate::run(&target, plan, interrupt.clone(), on_event, || bar.inc(1));
        let own = run.await;
        bar.finish_and_clear();
        ending = Some(ending.map_or(own, |before| before.and(own)));
    }
    Ok((events, ending.unwrap_or(Ending::Usage)))
}

fn plan(
    args: &RunArgs,
    batches: u64,
    deadline: Option<Deadline>,
    profile: &Profile,
    profiles: usize,
) -> Plan {
    let own = &args.generate;
    let jobs = std::thread::available_parallelism().map_or(4, |cores| cores.get() * 2);
    let folder = if profiles > 1 { own.save.join(profile.name()) } else { own.save.clone() };
    Plan {
        batches,
        seed: own.seed,
        jobs: args.jobs.map_or(jobs, usize::from),
        strict: args.strict,
        fail_fast: args.fail_fast,
        save: Some(folder),
        deadline,
    }
}

/// The live line: shown on a terminal only.
fn bar(profile: &Profile, batches: u64) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(batches), target);
    let template = "{prefix} [{bar:30}] {pos}/{len} batches {elapsed} {wide_msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(profile.name());
    bar
}
