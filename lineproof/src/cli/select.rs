//! Which cases.

use clap::Args;
use harness::case::Level;
use std::path::PathBuf;

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

fn level(word: &str) -> Result<Level, String> {
    Level::ALL
        .into_iter()
        .find(|level| level.word() == word)
        .ok_or_else(|| "one of must, should, may".to_owned())
}
