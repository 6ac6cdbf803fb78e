//! The arguments of `lineproof serve`.

use super::amount::{bytes, memory, seconds};
use super::target::pair;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Serves like a product, to write clients against
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof serve --profile oss-v2@2.7 --bind 127.0.0.1:8086 --token my-token --org acme --bucket first --bucket short=1d
  lineproof serve --profile v3-core@3.6 --auth off
  lineproof serve --profile oss-v1@1.6 --profile v3-core@3.6        (a free port each)
  lineproof serve --profile oss-v2@2.7 --data ./data --token my-token --org acme --bucket first
  lineproof serve --profile v3-core@3.6 --data s3://bucket/prefix   (keys and region from AWS_…)

The first line on standard output is `lineproof PROFILE listening on URL`, once the server answers.
Without --token, --org and --bucket the server is as the product is when it was just installed; with
any of them it is set up, and a token that was chosen is asked for (v1: it is the password of the
user `admin`).

Data is kept in memory, and with --data in a folder: what was acknowledged is on disk then, and a
server that is started on the folder again has it. What is to be there from the start is made in a
new folder only; later the same options change nothing. One server at a time uses a folder. Its log
is put into Parquet files when it is long. If a start finds damage it says where; see
`lineproof data --help`.

With --data s3://bucket/prefix the same is kept in object storage, which has to keep to If-None-Match
and If-Match (a start looks whether it does). Each sync of the log is a put: many clients share one,
and one client alone waits for it. After a crash the next start waits 10 s, until nobody can think that the
prefix is its own. A server that cannot reach the store acknowledges nothing, and after 30 s takes
nothing more until it is started again.

It ends on Ctrl-C and SIGTERM.
Exit codes: 0 it was told to end; 2 it cannot start: the options, the address or the data.")]
pub(crate) struct ServeArgs {
    /// What to answer like: product@edition, as `lineproof list --profiles` shows them; may be
    /// repeated, each gets a port of its own
    #[arg(long = "profile", value_name = "PROFILE", required = true)]
    pub(crate) profiles: Vec<String>,
    /// Where to listen; port 0 takes a free one; once for each profile, or once with port 0
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) bind: Vec<std::net::SocketAddr>,
    /// Keep what is written in this folder, which is made if it is not there, or under this prefix of
    /// a bucket; with one profile only
    #[arg(long, value_name = "DIR|s3://BUCKET/PREFIX")]
    pub(crate) data: Option<PathBuf>,
    /// How many bytes of lines --data takes, or its log has, before they are put into Parquet files
    /// and leave memory (`512MiB`, `64k`); with very many series up to four times as many
    #[arg(long, value_name = "BYTES", requires = "data", default_value = "512MiB", value_parser = bytes)]
    pub(crate) log_bytes: u64,
    /// How many bytes of memory one query may keep, about, before it is refused (SQL: and no more than
    /// 256 MiB of rows that are drawn as a table or put into Parquet)
    #[arg(long, value_name = "BYTES", default_value = "1GiB", value_parser = memory)]
    pub(crate) query_memory: usize,
    /// How long one query may take before it is refused (`30s`, `500ms`; a number alone is one of
    /// seconds); that its client takes its time does not count
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = seconds)]
    pub(crate) query_timeout: f64,
    /// Whether credentials are asked for; by default as the product does, or where --token is given
    #[arg(long, value_enum)]
    pub(crate) auth: Option<Switch>,
    /// The owner's token
    #[arg(long, env = "LINEPROOF_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// The organisation's name (v2)
    #[arg(long)]
    pub(crate) org: Option<String>,
    /// A bucket or database that is there from the start, with how long it keeps points (`1d`,
    /// `12h`); may be repeated
    #[arg(long = "bucket", visible_alias = "database", value_name = "NAME[=RETENTION]")]
    pub(crate) buckets: Vec<String>,
    /// A limit or habit that is not to be the product's own: `write-rate=2kB/2s`, `columns=10`; may
    /// be repeated (`lineproof list --settings`)
    #[arg(long = "set", value_name = "SETTING=VALUE", value_parser = pair)]
    pub(crate) set: Vec<(String, String)>,
    /// Speak TLS with this certificate, in PEM, those that vouch for it after it
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Give the servers in the binary this fault (`lineproof mutants --list`); not with --data: a folder
    /// would keep what the fault did to it
    #[cfg(feature = "mutants")]
    #[arg(long, value_name = "ID", conflicts_with = "data")]
    pub(crate) mutant: Option<String>,
    /// How the first line is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ServeFormat,
}

/// On or off.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

impl Switch {
    /// Whether it is on.
    #[cfg(feature = "embedded")]
    pub(crate) fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

/// How `serve` tells where it listens.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ServeFormat {
    Text,
    Json,
}
