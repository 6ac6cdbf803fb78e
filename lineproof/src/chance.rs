//! What `run --generate` and `run --concurrent` share: one profile after the other, and a live line.

use crate::cli::RunArgs;
use crate::exit::Failure;
use crate::run::{chosen_profiles, fault, part, target};
use harness::event::Event;
use harness::run::{Deadline, Interrupt, over};
use harness::target::Target;
use harness::verdict::{Ending, Verdict};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use profiles::Profile;
use std::cell::Cell;
use std::io::IsTerminal;

/// The run of one profile.
pub(crate) struct One<'r> {
    pub(crate) target: &'r Target,
    /// How many profiles there are besides.
    pub(crate) profiles: usize,
    pub(crate) interrupt: Interrupt,
    pub(crate) deadline: Option<Deadline>,
    pub(crate) on_event: &'r mut dyn FnMut(&Event),
    pub(crate) on_piece: &'r mut dyn FnMut(),
}

/// How many pieces run at once.
pub(crate) fn jobs(args: &RunArgs) -> usize {
    let jobs = std::thread::available_parallelism().map_or(4, |cores| cores.get() * 2);
    args.jobs.map_or(jobs, usize::from)
}

/// Runs so many pieces on each profile; every event of it, and how it ends.
pub(crate) async fn each(
    args: &RunArgs,
    (pieces, what): (u64, &str),
    interrupt: Interrupt,
    run: impl AsyncFn(One<'_>) -> Ending,
) -> Result<(Vec<Event>, Ending), Failure> {
    let profiles = chosen_profiles(&args.target)?;
    let deadline = part::deadline(args.part.deadline)?;
    let mut events = Vec::new();
    let mut ending: Option<Ending> = None;
    for profile in &profiles {
        if let Some(why) = over(&interrupt, deadline) {
            // What was not begun is missing, and the report says so.
            let finished = part::not_begun(&profile.name(), why);
            ending = Some(ending.map_or(finished.ending, |before| before.and(finished.ending)));
            events.push(Event::Finished(finished));
            continue;
        }
        // Kept until its run is over: an embedded server stops when it is dropped.
        let (target, _server) = target(&args.target, profile, fault(args)?).await?;
        let bar = bar(profile, pieces, what);
        let findings = Cell::new(0);
        let mut on_event = |event: &Event| {
            if let Event::Case(result) = event
                && result.verdict == Verdict::Fail
            {
                findings.set(findings.get() + 1);
                bar.set_message(format!("{} shown  {}", findings.get(), result.id));
            }
            events.push(event.clone());
        };
        let one = One {
            target: &target,
            profiles: profiles.len(),
            interrupt: interrupt.clone(),
            deadline,
            on_event: &mut on_event,
            on_piece: &mut || bar.inc(1),
        };
        let own = run(one).await;
        bar.finish_and_clear();
        ending = Some(ending.map_or(own, |before| before.and(own)));
    }
    Ok((events, ending.unwrap_or(Ending::Usage)))
}

/// The live line: shown on a terminal only.
fn bar(profile: &Profile, pieces: u64, what: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(pieces), target);
    let template =
        format!("{{prefix}} [{{bar:30}}] {{pos}}/{{len}} {what} {{elapsed}} {{wide_msg}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(profile.name());
    bar
}
