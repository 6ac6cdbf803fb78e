//! The arguments of `lineproof explain`.

use clap::Args;
use std::path::PathBuf;

/// Shows what a case sends, why, and what is expected of each profile
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof explain batch/bad-line-between
  lineproof explain batch/bad-line-between --profile v3-core@3.6")]
pub(crate) struct ExplainArgs {
    /// The id of the case
    pub(crate) case: String,
    /// Only on these profiles
    #[arg(long = "profile", value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    /// The server that the curl lines name
    #[arg(long, value_name = "URL")]
    pub(crate) target: Option<String>,
    /// Read the cases from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) cases_dir: Option<PathBuf>,
    /// Read the snapshots from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) snapshots_dir: Option<PathBuf>,
}
