//! `lineproof report`.

mod render;

use crate::cli::report::{ReportArgs, ReportCommand};
use crate::exit::Failure;
use std::process::ExitCode;

pub(crate) fn report(args: &ReportArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        ReportCommand::Render(args) => render::render(args),
    }
}
