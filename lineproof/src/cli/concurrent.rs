//! What can be typed to run rounds of concurrent writers.

use clap::Args;

/// Many writers at once in place of the cases.
#[derive(Debug, Args)]
#[command(next_help_heading = "Concurrent writers")]
pub(crate) struct ConcurrentArgs {
    /// Run so many rounds of concurrent writers in place of the cases: overlapping series, bodies that
    /// are sent again after a time-out, connections that end in mid-body. In the end everything is
    /// read back, and the ledger decides: what was acknowledged is there, what was refused is not, and
    /// nothing is there that nobody sent
    #[arg(long, value_name = "ROUNDS", value_parser = clap::value_parser!(u64).range(1..=1_000_000),
        group = "chance",
        conflicts_with_all = ["cases", "level", "cases_dir", "shuffle", "known_failing", "snapshots_dir", 
            "setups", "edition", "shard", "durations", "run_id"])]
    pub(crate) concurrent: Option<u64>,
    /// How many writers each round has
    #[arg(long, value_name = "N", default_value_t = 8, requires = "concurrent")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=i64::from(harness::concurrent::MOST_WRITERS)))]
    pub(crate) writers: u16,
    /// The number of the first round: a finding names its round, so that it can be run again alone
    #[arg(long, value_name = "K", default_value_t = 0, requires = "concurrent")]
    pub(crate) round: u64,
}
