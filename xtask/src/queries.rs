//! `cargo xtask queries`: random queries over random data. `InfluxQL` is asked of influxd and of the
//! reference server, Flux and SQL of the reference server and of small models; all must give the same
//! answers.
//!
//! Tests of the reference server do the work; here they get a seed, a number, and no leave to be
//! skipped.

use crate::cargo;
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use std::process::ExitCode;

/// Holds InfluxQL of the reference server against Debian's influxd, Flux and SQL against small models,
/// with random queries
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask queries
  cargo xtask queries --seed 7 --count 20000 --show 30
  cargo xtask queries --language flux

For InfluxQL: apt-get install influxdb. Differences are made small before they are shown.")]
pub(crate) struct Arguments {
    /// One language instead of all
    #[arg(long)]
    language: Option<Language>,
    /// Which random numbers
    #[arg(long, default_value_t = 6)]
    seed: u64,
    /// How many queries of each language
    #[arg(long, default_value_t = 4000)]
    count: u64,
    /// After how many differences to stop
    #[arg(long, default_value_t = 10)]
    show: u64,
}

/// What can be asked.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    Influxql,
    Flux,
    Sql,
}

impl Language {
    const fn test(self) -> &'static str {
        match self {
            Self::Influxql => "influxql_property",
            Self::Flux => "flux_property",
            Self::Sql => "sql_property",
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut command = cargo::command();
    // A difference in one language is no reason to leave the others unasked.
    command.args(["test", "--no-fail-fast"]);
    match arguments.language {
        // Nothing of DataFusion has to be built.
        Some(Language::Influxql | Language::Flux) => {
            command.args(["--package", "lineproof-reference-server", "--no-default-features"]);
        }
        // DataFusion as all other tests have it, so that it is not built once more.
        Some(Language::Sql) | None => {
            command.arg("--workspace");
        }
    }
    for language in Language::value_variants() {
        if arguments.language.is_none_or(|only| only == *language) {
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
