//! The arguments of `lineproof detect`.

use clap::{Args, ValueEnum};

/// Finds out which product and edition a server is, by what it does
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof detect --target http://127.0.0.1:8086
  LINEPROOF_TOKEN=… lineproof detect --target https://host/influx
  lineproof detect --target http://127.0.0.1:8086 --user admin --password admin
  lineproof detect --target http://127.0.0.1:8181 --format json | jq -r '.best[]'

It asks the cases in which the profiles part, in databases of its own, which it drops again; a server
that is not set up yet stays so. A percentage says how much of what is known of a profile the server
does: what was recorded or read in the source counts whole, what the documentation promises half,
other words for the same answer half.
Exit codes: 0 one product and edition; 2 wrong usage; 3 the server cannot be asked; 4 it is none
of these, or not clear which; 130 interrupted.")]
pub(crate) struct DetectArgs {
    /// The server's URL, with a path prefix if it has one
    #[arg(long, value_name = "URL")]
    pub(crate) target: String,
    /// A token that may do everything
    #[arg(long, env = "LINEPROOF_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// A user who may do everything
    #[arg(long, env = "LINEPROOF_USER")]
    pub(crate) user: Option<String>,
    /// That user's password
    #[arg(long, env = "LINEPROOF_PASSWORD", hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// The organisation, where the server has several
    #[arg(long, env = "LINEPROOF_ORG")]
    pub(crate) org: Option<String>,
    /// Ask everything in this existing database or bucket; less can be told then
    #[arg(long, value_name = "NAME")]
    pub(crate) database: Option<String>,
    /// How many seconds an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub(crate) timeout: f64,
    /// The form of what was found
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: DetectFormat,
}

/// The forms of what `detect` found.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DetectFormat {
    Text,
    Json,
}
