//! The arguments of `lineproof record`.

use super::{SelectArgs, TargetArgs};
use clap::{Args, ValueEnum};
use harness::snapshot::Basis;
use std::path::PathBuf;

/// Writes down what a server answers, so that others can be held against it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  LINEPROOF_TOKEN=… lineproof record --target http://127.0.0.1:8086 --profile oss-v2@2.7 --edition 2.8 \\
    --from 'influxdb 2.8.0, docker image influxdb:2.8' --snapshots-dir recorded
  lineproof run --target http://127.0.0.1:9086 --profile oss-v2@2.7 --edition 2.8 --snapshots-dir recorded

The profile says how to speak to the server: take the nearest one. The edition is the name of the folder
of what is recorded, DIR/<product>/<edition>/…, and need be known to nobody. Each case is asked twice, in
databases of its own; an answer that is not the same twice is refused and not written. Secrets, and what
differs from run to run, become placeholders. What the server says of itself, the day and the version of
lineproof stand in recorded.toml beside the snapshots; an edition is of one server, so one that says
something else of itself is refused. Cases that need a server which is set up for them are not recorded.

Exit codes: 0 all is written, or was the same; 2 wrong usage, or nothing could be recorded; 3 the target
cannot be asked; 4 something was refused; 130 interrupted, what was recorded by then is there.")]
pub(crate) struct RecordArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// The name of what is recorded, such as the release [default: the profile's own]
    #[arg(long, value_name = "NAME", value_parser = edition)]
    pub(crate) edition: Option<String>,
    /// Which release this is and how it was run
    #[arg(long, value_name = "TEXT")]
    pub(crate) from: String,
    /// What the snapshots rest on: recorded, source, documented, inferred
    #[arg(long, default_value = "recorded")]
    pub(crate) basis: Basis,
    /// The folder of snapshots
    #[arg(long, value_name = "DIR", default_value = "snapshots")]
    pub(crate) snapshots_dir: PathBuf,
    /// Leave the snapshots alone that are there already
    #[arg(long)]
    pub(crate) missing: bool,
    /// Write nothing, only tell what would be new, the same or changed
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The form of what is told; json is one object a line
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: RecordFormat,
}

/// The forms of what is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RecordFormat {
    Text,
    Json,
}

/// A name of an edition.
pub(super) fn edition(name: &str) -> Result<String, String> {
    match harness::snapshot::wrong_name(name) {
        None => Ok(name.to_owned()),
        Some(why) => Err(why.to_owned()),
    }
}
