//! `cargo xtask queries`: random queries over random data. `InfluxQL` is asked of influxd and of the
//! reference server, Flux of the reference server and of a small model; both must give the same
//! answers.
//!
//! The tests `influxql_property` and `flux_property` of the reference server do the work; here they get
//! a seed, a number, and no leave to be skipped.

use crate::cargo;
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use std::process::ExitCode;

/// Holds the reference server's InfluxQL against Debian's influxd and its Flux against a model, with
/// random queries
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask queries
  cargo xtask queries --seed 7 --count 20000 --show 30
  cargo xtask queries --language flux

For InfluxQL: apt-get install influxdb. Differences are made small before they are shown.")]
pub(crate) struct Arguments {
    /// Only this language
    #[arg(long)]
    language: Option<Language>,
    /// Which random numbers
    #[arg(long, default_value_t = 6)]
    seed: u64,
    /// How many queries of each language
    #[arg(long, default_value_t = 3000)]
    count: u64,
    /// After how many differences to stop
    #[arg(long, default_value_t = 10)]
    show: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    Influxql,
    Flux,
}

impl Language {
    const fn test(self) -> &'static str {
        match self {
            Self::Influxql => "influxql_property",
            Self::Flux => "flux_property",
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut command = cargo::command();
    // Without SQL nothing of DataFusion has to be built; a difference in one language is no reason to
    // leave the other unasked.
    command
        .args(["test", "--package", "lineproof-reference-server", "--no-default-features"])
        .arg("--no-fail-fast");
    for language in [Language::Influxql, Language::Flux] {
        if arguments.language.is_none_or(|only| only == language) {
            command.args(["--test", language.test()]);
        }
    }
    let status = command
        .env("LINEPROOF_QUERIES_SEED", arguments.seed.to_string())
        .env("LINEPROOF_QUERIES_COUNT", arguments.count.to_string())
        .env("LINEPROOF_QUERIES_SHOW", arguments.show.to_string())
        .env("LINEPROOF_REQUIRE_SERVERS", "1")
        .status()
        .context("cargo could not be started")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
