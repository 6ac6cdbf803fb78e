//! What can be typed to run random batches.

use clap::Args;
use std::path::PathBuf;

/// Random batches in place of the cases.
#[derive(Debug, Args)]
#[command(next_help_heading = "Random batches")]
pub(crate) struct GenerateArgs {
    /// Send so many random batches in place of the cases: lines that are sound, nearly sound and
    /// hostile, in one write or several. What is claimed, what is stored and what every server owes
    /// is judged without snapshots; a finding is made small on the target and saved as a case
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000),
        group = "chance",
        conflicts_with_all = ["cases", "level", "cases_dir", "shuffle", "known_failing", "snapshots_dir",
            "setups", "edition", "shard", "durations", "run_id"])]
    pub(crate) generate: Option<u64>,
    /// What the batches, or what concurrent writers write, is made from: the same seed sends the same
    /// requests to the same profile
    #[arg(long, value_name = "SEED", default_value_t = 1, requires = "chance")]
    pub(crate) seed: u64,
    /// The folder into which findings are saved as cases, for `run --cases-dir`; for each profile a
    /// folder in it where there are several
    #[arg(long, value_name = "DIR", default_value = "lineproof-findings", requires = "generate")]
    pub(crate) save: PathBuf,
}
