//! The arguments of `lineproof run`.

use super::concurrent::ConcurrentArgs;
use super::generate::GenerateArgs;
use super::{OutputArgs, PartArgs, SelectArgs, TargetArgs};
use clap::Args;
use std::path::PathBuf;

/// Runs the cases and says whether the server keeps its promises
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof run --target http://127.0.0.1:8086 --profile oss-v1@1.6
  LINEPROOF_TOKEN=… lineproof run --target https://host/influx --profile oss-v2@2.7 --format junit --output report.xml
  lineproof run --target http://127.0.0.1:8181 --profile v3-core@3.6 --cases 'batch/*' --strict 2
  lineproof run --target http://127.0.0.1:8181 --profile v3-core --setup small-tables=http://127.0.0.1:8182
  lineproof run --target http://127.0.0.1:8428 --profile oss-v1@1.6 --read-back 'lineproof read-back victoria-metrics --separator @@'
  lineproof run --target URL --profile oss-v2 --report html=report.html --report junit=report.xml
  lineproof run --target URL --profile oss-v2 --shard 2/4 --format json --output shard-2.ndjson
  lineproof run                            (every profile, on the servers in the binary)
  lineproof run --target http://127.0.0.1:8086 --profile oss-v1@1.6 --generate 3000 --seed 7
  lineproof run --target http://127.0.0.1:8086 --profile oss-v1@1.6 --concurrent 200 --writers 16

Exit codes: 0 conformant; 1 not conformant, or a known failure passes, or the list of them is stale;
2 wrong usage, or nothing ran; 3 the target cannot be judged; 4 no verdict; 70 a fault of lineproof;
130 interrupted, or past the deadline (the report is partial, and says so). MUST and SHOULD failures
count, MAY ones and guesses only warn.")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// 0: honesty and status class; 1: status, JSON shape, what is stored; 2: messages; 3: every
    /// byte and header
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(crate) strict: u8,
    /// How many cases run at once; those that have a server of their own mostly wait and do not count,
    /// unless it is 1 [default: two for each processor]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Begin no new case after the first failure
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Run the cases in another order, the same for the same seed
    #[arg(long, value_name = "SEED")]
    pub(crate) shuffle: Option<u64>,
    /// A file of cases that are known to fail, a pattern and a reason a line: `batch/*  # why`, or
    /// `batch/x  [status]  # why` if only so (`lineproof known update` writes it)
    #[arg(long, value_name = "FILE")]
    pub(crate) known_failing: Option<PathBuf>,
    /// Give the servers in the binary this fault (`lineproof mutants --list`)
    #[cfg(feature = "mutants")]
    #[arg(long, value_name = "ID")]
    pub(crate) mutant: Option<String>,
    #[command(flatten)]
    pub(crate) part: PartArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// Read the snapshots from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) snapshots_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) generate: GenerateArgs,
    #[command(flatten)]
    pub(crate) concurrent: ConcurrentArgs,
    /// Hold the server against this edition of the profile's product, such as one that
    /// `lineproof record` has written into the folder of snapshots
    #[arg(long, value_name = "NAME", requires = "profiles")]
    pub(crate) edition: Option<String>,
}
