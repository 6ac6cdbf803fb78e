//! `lineproof report`.

mod merge;
mod render;
mod source;
pub(crate) mod storage;

use crate::cli::report::{ReportArgs, ReportCommand};
use crate::exit::Failure;
pub(crate) use source::file;
use std::process::ExitCode;

pub(crate) fn report(args: &ReportArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        ReportCommand::Render(args) => render::render(args),
        ReportCommand::Merge(args) => merge::merge(args),
    }
}
