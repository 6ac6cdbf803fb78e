//! The arguments of `lineproof bundle`.

use super::{TargetArgs, Unit};
use clap::Args;
use std::path::PathBuf;

/// Packs what went wrong with a write for the people who have to mend it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof bundle --target http://127.0.0.1:8086 --profile oss-v1@1.6 --case batch/bad-line-between
  lineproof bundle --run run.ndjson --case batch/bad-line-between --dir tickets
  LINEPROOF_TOKEN=… lineproof bundle --target https://host --profile cloud-dedicated --body problem.lp --precision s
  LINEPROOF_TOKEN=… lineproof bundle --target https://host --profile oss-v2@2.7 --org acme --database telegraf --body problem.lp

Writes write-issue-TIME.tar.gz with the six files that the troubleshooting pages of the hosted products
ask for: write-error-response.txt, client-logs.txt, sample-data.lp (at most 20 lines),
reproduction-steps.md, environment-details.md, write-patterns.md. What only you know is marked \"to be
filled in\". The names have colons, as on the page: GNU tar wants `./` before such a name.

Credentials are in none of the files: those given, those in LINEPROOF_* variables, and what looks like
one in a URL, a header, a JSON body or a tag. Data of your own is shown as it is: read sample-data.lp
before you send it.

With --body and without --database a database is made, the body is sent there once, and what is then
stored is read back. With --database the body is sent into that one, and nothing else is.
SOURCE_DATE_EPOCH sets the time in the package.

Exit codes: 0 the package is written; 2 wrong usage, or there is nothing to pack; 3 the target cannot be
asked; 130 interrupted.")]
pub(crate) struct BundleArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The id of the case that went wrong
    #[arg(long, value_name = "ID", required_unless_present = "body", conflicts_with = "body")]
    pub(crate) case: Option<String>,
    /// Take it from the events of a saved run (`lineproof run --format json`); nothing is sent
    #[arg(long, value_name = "FILE", requires = "case", conflicts_with_all = ["target", "body"])]
    pub(crate) run: Option<PathBuf>,
    /// Send the line protocol of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) body: Option<PathBuf>,
    /// The unit of the timestamps in --body [default: none is named, so the server's own]
    #[arg(long, value_enum, requires = "body")]
    pub(crate) precision: Option<Unit>,
    /// The folder for the package
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Pack a case that passes, too
    #[arg(long, conflicts_with = "body")]
    pub(crate) anyway: bool,
    /// How close answers are compared, as with `run --strict`
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(crate) strict: u8,
    /// Read the cases from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) cases_dir: Option<PathBuf>,
    /// Read the snapshots from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) snapshots_dir: Option<PathBuf>,
}
