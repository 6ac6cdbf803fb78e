//! What can be typed after `lineproof read-back`.

use super::target::pair;
use clap::{Args, Subcommand};

/// Prints what a server stores as line protocol: programs for `--read-back`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  victoria-metrics -retentionPeriod=100y -influxMeasurementFieldSeparator=@@
  lineproof run --target http://127.0.0.1:8428 --profile oss-v1@1.6 --read-back 'lineproof read-back victoria-metrics --separator @@'
  lineproof read-back victoria-metrics --separator @@ --target http://127.0.0.1:8428 --database telegraf

docs/read-back.md says what such a program must do.
Exit codes: 0 everything was printed; else something is missing, and stderr says why.")]
pub(crate) struct ReadBackArgs {
    #[command(subcommand)]
    pub(crate) program: ReadBackProgram,
}

/// The programs that come with the suite.
#[derive(Debug, Subcommand)]
pub(crate) enum ReadBackProgram {
    VictoriaMetrics(VictoriaMetricsArgs),
}

/// What `run` tells a program by its environment.
#[derive(Debug, Args)]
pub(crate) struct PlaceArgs {
    /// The server's URL
    #[arg(long, env = "LINEPROOF_TARGET", value_name = "URL")]
    pub(crate) target: String,
    /// The database
    #[arg(long, env = "LINEPROOF_DATABASE", value_name = "NAME")]
    pub(crate) database: String,
    /// Only measurements that begin like this
    #[arg(long, env = "LINEPROOF_PREFIX", value_name = "TEXT", default_value = "")]
    pub(crate) prefix: String,
    /// Only series with this tag
    #[arg(long, env = "LINEPROOF_TAG", value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) tag: Option<(String, String)>,
    /// Only points from this time on, in nanoseconds since 1970
    #[arg(long, env = "LINEPROOF_FROM", value_name = "NANOSECONDS", allow_negative_numbers = true)]
    pub(crate) from: Option<i64>,
    /// Only points until this time
    #[arg(
        long,
        env = "LINEPROOF_UNTIL",
        value_name = "NANOSECONDS",
        allow_negative_numbers = true
    )]
    pub(crate) until: Option<i64>,
    /// A token, sent as a bearer's
    #[arg(long, env = "LINEPROOF_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// A user
    #[arg(long, env = "LINEPROOF_USER")]
    pub(crate) user: Option<String>,
    /// That user's password
    #[arg(long, env = "LINEPROOF_PASSWORD", hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// How many seconds an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u32,
}

/// Reads VictoriaMetrics by its export API
#[derive(Debug, Args)]
#[command(
    after_help = "A field is a time series of its own there, named by measurement, separator and field, and that name
is taken apart at its first separator. The server's own, `_`, stands in many measurements: of disk_io it
makes disk, and what was kept reads as lost. So give the server a separator that no name has, and say it
here again; the retention keeps points older than a month:

  victoria-metrics -retentionPeriod=100y -influxMeasurementFieldSeparator=@@
  lineproof run … --read-back 'lineproof read-back victoria-metrics --separator @@'"
)]
pub(crate) struct VictoriaMetricsArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// What stands between measurement and field, as in the server's -influxMeasurementFieldSeparator;
    /// it must be given
    #[arg(long, value_name = "TEXT")]
    pub(crate) separator: Option<String>,
    /// The label that has the database, as in the server's -influxDBLabel
    #[arg(long, value_name = "LABEL", default_value = "db")]
    pub(crate) label: String,
}
