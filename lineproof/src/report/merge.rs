//! `lineproof report merge`.

use super::source;
use crate::cli::report::MergeArgs;
use crate::exit::{Failure, plain};
use crate::list;
use harness::event::Event;
use harness::merge::Merged;
use harness::report;
use harness::verdict::Ending;
use std::process::ExitCode;

pub(crate) fn merge(args: &MergeArgs) -> Result<ExitCode, Failure> {
    let reports = source::all(&args.sources)?;
    let count = reports.len();
    let merged = harness::merge::merge(reports).map_err(|wrong| {
        let lines: Vec<_> = wrong.iter().map(|line| format!("  {line}")).collect();
        Failure::usage(format!("these reports cannot be joined:\n{}", lines.join("\n")))
    })?;
    let text = report::json::report(&merged.events);
    match &args.output {
        None => list::print(&text),
        Some(path) => std::fs::write(path, text)
            .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?,
    }
    eprint!("{}", plain(&told(&merged, count)));
    Ok(ExitCode::from(merged.ending.code()))
}

/// A line for each profile, for whoever reads the log of the job.
fn told(merged: &Merged, reports: usize) -> String {
    let mut text = String::new();
    for event in &merged.events {
        let Event::Finished(finished) = event else { continue };
        let own = merged.events.iter().filter(
            |event| matches!(event, Event::Case(result) if result.profile == finished.profile),
        );
        let ending = match finished.ending {
            Ending::Conformant => "conformant",
            Ending::NotConformant => "not conformant",
            Ending::Usage => "nothing ran",
            Ending::Unusable => "the target cannot be judged",
            Ending::NoVerdict => "no verdict: some outcomes are unknown",
            Ending::Interrupted => "not complete, no verdict",
        };
        text += &format!("{}: {ending}; {} cases", finished.profile, own.count());
        text += &finished.reason.as_ref().map_or_else(String::new, |why| format!("; {why}"));
        text += "\n";
    }
    format!("joined {reports} reports\n{text}")
}
