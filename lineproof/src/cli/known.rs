//! What can be done with a list of known failures.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Brings a list of known failures up to date
#[derive(Debug, Args)]
pub(crate) struct KnownArgs {
    #[command(subcommand)]
    pub(crate) command: KnownCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KnownCommand {
    Update(UpdateArgs),
}

/// Rewrites a list of known failures from a saved run
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof run --target URL --profile oss-v2 --format json --output run.ndjson
  lineproof known update --known-failing known.txt run.ndjson        (makes the list, or mends it)
  lineproof known update --known-failing known.txt --check run.ndjson

A line of the list is `pattern  # why`, or `pattern  [kinds]  # why`: then only these kinds of
findings are known (honesty, no-answer, status-class, status, shape, stored, data, promise,
message, header, bytes; several with commas), and another failure of the same case fails the
run. The first line that names a case speaks for it.

Failures that no line knows are added at the end with their kinds and the first finding as the
reason, marked `new:`, for somebody to write why. Lines whose cases pass, or that name no case,
go. Everything else stays as it is: order, comments, reasons, and lines of cases that did not
run.
Exit codes: 0; 1 with --check if the list would change; 2 the list or the run cannot be read.")]
pub(crate) struct UpdateArgs {
    /// The list; it is made where there is none
    #[arg(long, value_name = "FILE")]
    pub(crate) known_failing: PathBuf,
    /// A report in JSON of one profile
    #[arg(value_name = "RUN.ndjson")]
    pub(crate) run: PathBuf,
    /// Change nothing: say what would change
    #[arg(long)]
    pub(crate) check: bool,
    /// Read the cases from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) cases_dir: Option<PathBuf>,
}
