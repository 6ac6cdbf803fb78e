//! The arguments of `lineproof list`.

use super::SelectArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Lists the cases, the profiles, or how their servers can be set up
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof list
  lineproof list --cases batch --level must
  lineproof list --profiles
  lineproof list --differences v3-core@docs v3-core@3.6
  lineproof list --settings
  lineproof list --setups
  lineproof list --cases-dir cases        (checks the files of a folder)")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// List the profiles instead
    #[arg(long)]
    pub(crate) profiles: bool,
    /// List the setups of servers that cases need
    #[arg(long)]
    pub(crate) setups: bool,
    /// List what can be set on a server of each profile, and the product's own values
    #[arg(long)]
    pub(crate) settings: bool,
    /// List where two profiles part: what each says of the same case, and on what ground
    #[arg(long, num_args = 2, value_names = ["PROFILE", "PROFILE"], conflicts_with_all = ["profiles", "stale", "settings", "setups"])]
    pub(crate) differences: Vec<String>,
    /// How close they are compared, as with `run --strict`
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=3), requires = "differences")]
    pub(crate) strict: u8,
    /// Each difference by itself, not one for all that are alike
    #[arg(long, requires = "differences")]
    pub(crate) all: bool,
    /// The form of the differences; json is one object a line, of each by itself
    #[arg(long, value_enum, default_value = "text", requires = "differences")]
    pub(crate) format: DifferencesFormat,
    /// List the snapshots that do not belong to the cases any more
    #[arg(long)]
    pub(crate) stale: bool,
    /// Read the snapshots from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) snapshots_dir: Option<PathBuf>,
}

/// The forms of a list of differences.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DifferencesFormat {
    Text,
    Markdown,
    Json,
}
