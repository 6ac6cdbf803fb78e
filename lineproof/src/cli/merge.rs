//! What can be typed behind `lineproof report merge`.

use clap::Args;
use std::path::PathBuf;

/// Joins the reports of shards into one, with one verdict over all of them
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof report merge shard-1.ndjson shard-2.ndjson --output all.ndjson
  lineproof report merge reports/                            (every *.ndjson in it and below)
  AWS_REGION=… lineproof report merge s3://bucket/runs/812/ --output all.ndjson
  AWS_ENDPOINT=http://minio:9000 AWS_ALLOW_HTTP=true lineproof report merge s3://bucket/runs/812/

The reports are those of `lineproof run --shard i/n --format json`; reports of several profiles
are joined too. Credentials for object storage come from the environment, as everywhere:
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT, or those
of the machine.

Exit codes: that of the run as a whole; 130 where it is not whole, because a shard is missing or
was interrupted (what is there is written, and marked as partial); 2 where the reports cannot be
joined: a shard is there twice, a report was cut off or cannot be read, or they are of different
selections, profiles, versions or runs. Then nothing is written.")]
pub(crate) struct MergeArgs {
    /// Reports in JSON: files, folders, `s3://bucket/prefix`, or a URL of one report
    #[arg(value_name = "FILE|DIR|URL", required = true)]
    pub(crate) sources: Vec<String>,
    /// Write the joined report into this file instead of stdout; it is one event a line
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}
