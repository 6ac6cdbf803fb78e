//! What part of a run this is, and how long it may take.

use clap::Args;
use std::path::PathBuf;

/// A run on several machines, and its limits.
#[derive(Debug, Args)]
pub(crate) struct PartArgs {
    /// Run only the i-th of n parts of the selected cases, which take about equally long; `lineproof
    /// report merge` joins the reports
    #[arg(long, value_name = "i/n")]
    pub(crate) shard: Option<String>,
    /// The number of the first shard, where a scheduler counts them from 0
    #[arg(long, value_name = "0|1", default_value_t = 1, requires = "shard")]
    #[arg(value_parser = clap::value_parser!(u8).range(0..=1))]
    pub(crate) shard_from: u8,
    /// An earlier report in JSON: shards are balanced by how long each case took there; every shard
    /// must be given the same [default: by what the cases do]
    #[arg(long, value_name = "FILE", requires = "shard")]
    pub(crate) durations: Option<PathBuf>,
    /// What the whole run is called, so that no shard of another one is joined to it [default: what
    /// LINEPROOF_RUN_ID says]
    #[arg(long, value_name = "TEXT")]
    pub(crate) run_id: Option<String>,
    /// End after so many seconds, done or not: with a report that says it is partial, and 130
    #[arg(long, value_name = "SECONDS")]
    pub(crate) deadline: Option<f64>,
}

impl PartArgs {
    /// What the whole run is called. The variable is no argument: where it is set for all that a machine
    /// does, it is in nobody's way.
    pub(crate) fn run_id(&self) -> Option<String> {
        let variable = || std::env::var("LINEPROOF_RUN_ID").ok();
        self.run_id.clone().or_else(variable).filter(|id| !id.is_empty())
    }
}
