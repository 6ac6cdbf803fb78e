//! `cargo xtask queries`: random `InfluxQL` over random data, asked of influxd and of the reference
//! server; both must give the same answers.
//!
//! The test `influxql_property` of the reference server does the work; here it gets a seed, a number,
//! and no leave to be skipped.

use crate::cargo;
use anyhow::{Context, Result};
use clap::Args;
use std::process::ExitCode;

/// Holds InfluxQL of the reference server against Debian's influxd, with random queries
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask queries
  cargo xtask queries --seed 7 --count 20000 --show 30

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
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let status = cargo::command()
        // Without SQL nothing of DataFusion has to be built.
        .args(["test", "--package", "lineproof-reference-server", "--no-default-features"])
        .args(["--test", "influxql_property"])
        .env("LINEPROOF_QUERIES_SEED", arguments.seed.to_string())
        .env("LINEPROOF_QUERIES_COUNT", arguments.count.to_string())
        .env("LINEPROOF_QUERIES_SHOW", arguments.show.to_string())
        .env("LINEPROOF_REQUIRE_SERVERS", "1")
        .status()
        .context("cargo could not be started")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
