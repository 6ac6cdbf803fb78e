//! What can be typed.

use clap::{Args, Parser, Subcommand};
use harness::case::Level;
use std::path::PathBuf;

/// Proves a server's InfluxDB write path, line by line.
#[derive(Debug, Parser)]
#[command(name = "lineproof", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(ListArgs),
}

/// Which cases, and from where.
#[derive(Debug, Args)]
pub(crate) struct SelectArgs {
    /// Only cases whose id matches: an id, an area, or a pattern with `*` (may be repeated)
    #[arg(long = "cases", value_name = "PATTERN")]
    pub(crate) cases: Vec<String>,
    /// Only cases of this level and the heavier ones
    #[arg(long, value_name = "must|should|may", value_parser = level)]
    pub(crate) level: Option<Level>,
    /// Read the cases from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) cases_dir: Option<PathBuf>,
}

/// Lists the cases, or the profiles
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof list
  lineproof list --cases batch --level must
  lineproof list --profiles
  lineproof list --cases-dir cases        (checks the files of a folder)")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// List the profiles instead
    #[arg(long)]
    pub(crate) profiles: bool,
}

fn level(word: &str) -> Result<Level, String> {
    Level::ALL
        .into_iter()
        .find(|level| level.word() == word)
        .ok_or_else(|| "one of must, should, may".to_owned())
}
