//! The arguments of `lineproof clauses`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Shows which promises of the products' own pages have cases, and which have none
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof clauses
  lineproof clauses --all
  lineproof clauses --format json | jq 'select(.cases == []) | .id'")]
pub(crate) struct ClausesArgs {
    /// Show each promise with its cases, not only those without
    #[arg(long)]
    pub(crate) all: bool,
    /// The form; json is one object a line, always of every promise
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ClausesFormat,
    /// Read the cases from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) cases_dir: Option<PathBuf>,
}

/// The forms of the coverage.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ClausesFormat {
    Text,
    Json,
}
