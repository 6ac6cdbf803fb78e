//! `lineproof report merge`.

use super::source;
use crate::cli::report::MergeArgs;
use crate::exit::{Failure, plain};
use crate::streams::print;
use harness::report;
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
        None => print(&text)?,
        Some(path) => std::fs::write(path, text)
            .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?,
    }
    // For whoever reads the log of the job.
    let told = report::endings(&merged.events);
    say!("{}", plain(&format!("joined {count} reports\n{told}")));
    Ok(ExitCode::from(merged.ending.code()))
}
