//! The arguments of `lineproof diff`.

use super::sides::SidesArgs;
use super::{DifferencesFormat, SelectArgs};
use clap::Args;
use std::path::PathBuf;

/// Shows what changes from one server to another: answers, and what is stored
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof diff --a http://old:8086 --b http://new:8086
  lineproof diff --a oss-v2@2.7 --b oss-v2@2.9                (the servers in the binary)
  LINEPROOF_TOKEN_B=… lineproof diff --a oss-v2@2.7 --b https://host/influx --profile-b oss-v2@2.7
  lineproof diff --a http://old:8086 --database-a telegraf --b http://new:8086 --database-b telegraf
  lineproof run --target http://old:8086 --profile oss-v2@2.7 --format json --output old.ndjson
  lineproof diff old.ndjson new.ndjson --strict 2 --format markdown

The same cases run on both. What differs is asked again, and shown where it differs in the same way
once more. Without --profile-a and --profile-b a server is taken for what `lineproof detect` finds.
Credentials: --token-a and the like, or LINEPROOF_TOKEN_A; where one has none, LINEPROOF_TOKEN.
Exit codes: 0 no difference; 1 differences; 2 wrong usage; 3 a server cannot be judged; 4 no
difference, but some cases ran on one side only or got no answer in time; 130 interrupted.")]
pub(crate) struct DiffArgs {
    /// Two saved runs instead of servers: what `lineproof run --format json` wrote
    #[arg(value_names = ["RUN_A", "RUN_B"], num_args = 0..=2, conflicts_with_all = ["a", "b"])]
    pub(crate) runs: Vec<PathBuf>,
    /// The first server's URL, or a profile, for its server in the binary
    #[arg(long, value_name = "URL|PROFILE", requires = "b")]
    pub(crate) a: Option<String>,
    /// The second server's URL, or a profile, for its server in the binary
    #[arg(long, value_name = "URL|PROFILE", requires = "a")]
    pub(crate) b: Option<String>,
    /// What the first server is taken for; of a saved run of several profiles, which one
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile_a: Option<String>,
    /// What the second server is taken for; of a saved run of several profiles, which one
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile_b: Option<String>,
    /// A token that may do everything on the first server
    #[arg(long, env = "LINEPROOF_TOKEN_A", hide_env_values = true)]
    pub(crate) token_a: Option<String>,
    /// A token that may do everything on the second server
    #[arg(long, env = "LINEPROOF_TOKEN_B", hide_env_values = true)]
    pub(crate) token_b: Option<String>,
    /// A user who may do everything on the first server
    #[arg(long, env = "LINEPROOF_USER_A")]
    pub(crate) user_a: Option<String>,
    /// A user who may do everything on the second server
    #[arg(long, env = "LINEPROOF_USER_B")]
    pub(crate) user_b: Option<String>,
    /// That user's password on the first server
    #[arg(long, env = "LINEPROOF_PASSWORD_A", hide_env_values = true)]
    pub(crate) password_a: Option<String>,
    /// That user's password on the second server
    #[arg(long, env = "LINEPROOF_PASSWORD_B", hide_env_values = true)]
    pub(crate) password_b: Option<String>,
    /// The organisation, where the first server has several
    #[arg(long, env = "LINEPROOF_ORG_A")]
    pub(crate) org_a: Option<String>,
    /// The organisation, where the second server has several
    #[arg(long, env = "LINEPROOF_ORG_B")]
    pub(crate) org_b: Option<String>,
    #[command(flatten)]
    pub(crate) sides: SidesArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// How close they are compared, as with `run --strict`
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(crate) strict: u8,
    /// Each difference by itself, not one for all that are alike
    #[arg(long)]
    pub(crate) all: bool,
    /// The form of the differences; json is one object a line, of each by itself
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: DifferencesFormat,
    /// How many cases run at once on each server [default: two for each processor]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// How many seconds an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub(crate) timeout: f64,
}
