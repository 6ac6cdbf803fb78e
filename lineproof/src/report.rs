//! `lineproof report`.

mod merge;
mod source;
mod storage;

use crate::cli::report::{ReportArgs, ReportCommand};
use crate::exit::Failure;
pub(crate) use source::file;
use std::process::ExitCode;

pub(crate) fn report(args: &ReportArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        ReportCommand::Merge(args) => merge::merge(args),
    }
}
