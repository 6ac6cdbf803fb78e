//! `cargo xtask queries`: random queries over random data. `InfluxQL` is asked of influxd and of the
//! reference server, SQL of the reference server and of a small model; both must give the same
//! answers.
//!
//! Tests of the reference server do the work; here they get a seed, a number, and no leave to be
//! skipped.

use crate::cargo;
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use std::process::ExitCode;

/// Holds InfluxQL of the reference server against Debian's influxd, SQL against a small model, with
/// random queries
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask queries
  cargo xtask queries --seed 7 --count 20000 --show 30
  cargo xtask queries --language sql

The package: apt-get install influxdb. Differences are made small before they are shown.")]
pub(crate) struct Arguments {
    /// Which random numbers
    #[arg(long, default_value_t = 6)]
    seed: u64,
    /// How many queries
    #[arg(long, default_value_t = 3000)]
    count: u64,
    /// After how many differences to stop
    #[arg(long, default_value_t = 10)]
    show: u64,
    /// One language instead of all
    #[arg(long)]
    language: Option<Language>,
}

/// What can be asked.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    Influxql,
    Sql,
}

impl Language {
    /// The test, among what Cargo has to build for it.
    const fn test(self) -> &'static [&'static str] {
        match self {
            // Without SQL nothing of DataFusion has to be built.
            Self::Influxql => &[
                "--package",
                "lineproof-reference-server",
                "--no-default-features",
                "--test",
                "influxql_property",
            ],
            // DataFusion as all other tests have it, so that it is not built once more.
            Self::Sql => &["--workspace", "--test", "sql_property"],
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    for language in Language::value_variants() {
        if arguments.language.is_some_and(|only| only != *language) {
            continue;
        }
        let status = cargo::command()
            .arg("test")
            .args(language.test())
            .env("LINEPROOF_QUERIES_SEED", arguments.seed.to_string())
            .env("LINEPROOF_QUERIES_COUNT", arguments.count.to_string())
            .env("LINEPROOF_QUERIES_SHOW", arguments.show.to_string())
            .env("LINEPROOF_REQUIRE_SERVERS", "1")
            .status()
            .context("cargo could not be started")?;
        if !status.success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
