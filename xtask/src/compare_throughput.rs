//! `cargo xtask compare-throughput`: how fast the reference server takes lines, beside influxd and
//! VictoriaMetrics. `lineproof bench` measures each, and finds out whether it kept what it acknowledged.
//!
//! One server runs at a time, each on a fresh folder. A figure alone says as much of the machine as of
//! the server; so a round goes through all of them, and a ratio is of two figures of one round.

mod contender;
mod figures;
mod table;

use crate::cargo::{self, Build};
use crate::watched::{Ended, Watch};
use anyhow::{Result, ensure};
use clap::Args;
use contender::{Contender, Running};
use figures::Figures;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Measures how fast the reference server, influxd and VictoriaMetrics take lines, one after another
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask compare-throughput
  cargo xtask compare-throughput --rounds 5 --duration 30 --connections 16
  cargo xtask compare-throughput --lineproof target/release/lineproof

The packages: apt-get install influxdb victoria-metrics. lineproof is built with optimisation and without
SQL, which takes minutes the first time.

The lines are those of `lineproof bench`: 10 tags, 10 integer fields, 1000 series, 1000 lines a body. The
servers' data is in the system's folder for temporary files (TMPDIR), which should be on a disk. They share
the processor with the load, so leave the machine alone meanwhile; the ratios suffer less than the figures.
A server that loses a line of those that are looked for, or answers with errors, fails the comparison.
Exit codes: 0 compared; 1 not; 130 ended by Ctrl-C.")]
pub(crate) struct Arguments {
    /// How many rounds; the table has the medians
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// How many seconds a server is measured in each round, after 2 seconds that do not count
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    duration: u32,
    /// How many connections send at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1024))]
    connections: u16,
    /// This binary, instead of one that is built now
    #[arg(long, value_name = "FILE")]
    lineproof: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    // Before a build of minutes.
    contender::check_packages()?;
    let binary = match &arguments.lineproof {
        Some(path) => path.clone(),
        None => cargo::build(Build::ReleaseWithoutSql)?,
    };
    let watch = Watch::new()?;
    let contenders = contender::all();
    let mut rounds: Vec<Vec<Figures>> = Vec::new();
    for round in 1..=arguments.rounds {
        let mut figures = Vec::new();
        for contender in &contenders {
            let measured = measured(contender, &binary, arguments, &watch)?;
            let Some(measured) = measured else {
                eprintln!("stopped; the servers are gone, and their data");
                return Ok(ExitCode::from(130));
            };
            let (name, lines) = (&contender.name, measured.lines_per_second);
            eprintln!("round {round} of {}: {name}: {lines:.0} lines/s", arguments.rounds);
            figures.push(measured);
        }
        rounds.push(figures);
    }
    print!("{}", table::markdown(&contenders, &rounds));
    Ok(ExitCode::SUCCESS)
}

/// A server's figures; none where somebody had enough.
fn measured(
    contender: &Contender,
    binary: &Path,
    arguments: &Arguments,
    watch: &Watch,
) -> Result<Option<Figures>> {
    // Stopped, and its folder removed, when this returns.
    let server = match Running::start(contender, binary) {
        // At a terminal Ctrl-C has ended it as well.
        Err(_) if watch.is_interrupted() => return Ok(None),
        server => server?,
    };
    let mut command = bench(contender, binary, arguments)?;
    command.args(["--target", &server.url(), "--server-pid", &server.id().to_string()]);
    match watch.run(command)? {
        Ended::Interrupted => Ok(None),
        Ended::ByItself(code, told) => {
            let figures = figures::read(&contender.name, code, &told)?;
            ensure!(
                figures.profile == contender.profile,
                "{} was measured as {}, not as {}",
                contender.name,
                figures.profile,
                contender.profile
            );
            Ok(Some(figures))
        }
    }
}

/// The bench as this server needs it.
fn bench(contender: &Contender, binary: &Path, arguments: &Arguments) -> Result<Command> {
    let mut command = Command::new(binary);
    command
        .args(["bench", "--profile", contender.profile, "--format", "json"])
        .args(["--duration", &arguments.duration.to_string()])
        .args(["--connections", &arguments.connections.to_string()])
        // One that stands still for long is slow, and not wrong.
        .args(["--timeout", "60"]);
    if let Some(program) = contender.read_back(binary)? {
        command.args(["--read-back", &program]);
    }
    for secret in ["LINEPROOF_TOKEN", "LINEPROOF_USER", "LINEPROOF_PASSWORD", "LINEPROOF_ORG"] {
        command.env_remove(secret);
    }
    Ok(command)
}
