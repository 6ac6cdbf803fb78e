//! The arguments of `lineproof bench`.

use super::TargetArgs;
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;

/// Measures how fast a server takes lines, and whether it keeps them
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof bench --target http://127.0.0.1:8086     (what it is, `lineproof detect` finds out first)
  lineproof bench --target URL --profile oss-v2@2.7 --connections 16 --duration 60 --gzip --format json
  lineproof bench --target URL --profile oss-v1@1.6 --rate 50000      (open loop: 50 000 lines a second)
  lineproof bench --target URL --profile oss-v1@1.6 --server-pid $(pidof influxd)
  lineproof bench --target http://127.0.0.1:8428 --profile oss-v1@1.6 --read-back 'lineproof read-back victoria-metrics --separator @@'

The lines are like those of the Time Series Benchmark Suite (cpu-only): about 344 bytes with 10 tags and
10 integer fields. They go into a database that is made for them and dropped in the end.
Without --rate each connection sends as soon as it is answered (a closed loop). With it requests begin
at times that are set before, and latency counts from those: a server that stalls shows it.
In the end some of the acknowledged lines are read back, and all are counted where the server can count.
docs/bench.md says what each figure means.
Exit codes: 0; 1 errors among the answers, or none came; 2 wrong usage; 3 the server cannot be used, or
not be read back; 5 acknowledged lines are lost or changed; 130 interrupted (the result is partial, and
says so).")]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// How many connections send at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) connections: u16,
    /// Lines of a body
    #[arg(long, value_name = "LINES", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) batch: u32,
    /// How many series the lines belong to
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) series: u32,
    /// Fields of a line
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) fields: u16,
    /// Compress the bodies, each when it is made: that costs this machine's processor
    #[arg(long)]
    pub(crate) gzip: bool,
    /// So many lines are to begin each second, whatever the server does (an open loop)
    #[arg(long, value_name = "LINES_PER_SECOND", value_parser = above_zero)]
    pub(crate) rate: Option<f64>,
    /// How many seconds it counts
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = above_zero)]
    pub(crate) duration: f64,
    /// How many seconds are sent before it counts
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, allow_negative_numbers = true)]
    pub(crate) warmup: f64,
    /// What the lines are made from
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many of the acknowledged lines are read back at most
    #[arg(long, value_name = "LINES", default_value = "1000")]
    pub(crate) sample: NonZeroUsize,
    /// How long they are read back at most: of a server that is slow to ask fewer are looked for, and
    /// the result says so
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = above_zero)]
    pub(crate) sample_time: f64,
    /// Read nothing back; the result says so
    #[arg(long, conflicts_with_all = ["sample", "read_back"])]
    pub(crate) no_sample: bool,
    /// Leave what was written on the server
    #[arg(long)]
    pub(crate) keep: bool,
    /// Errors among the answers are no failure
    #[arg(long)]
    pub(crate) allow_errors: bool,
    /// The server's process, if it runs on this machine (Linux): what it costs is told
    #[arg(long, value_name = "PID")]
    pub(crate) server_pid: Option<u32>,
    /// The form of the result
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: BenchFormat,
}

/// The forms of a bench's result.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum BenchFormat {
    Text,
    Json,
}

pub(super) fn above_zero(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "it is a number above 0".to_owned())
}
