//! `cargo xtask scan-latency`: what a full scan that runs beside them costs writes. The 99th percentile of
//! their latency at a fixed rate, without and with a client that scans everything, one scan after the other.
//!
//! Both are measured on one server, one after the other, in each round the other way round; a ratio is of
//! two figures of one round. Writes go into the database that is scanned: who scans another one shares no
//! lock with them.

mod scans;
mod table;

use crate::cargo::{self, Build};
use crate::peer::served::Served;
use crate::watched::{Ended, Watch};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use scans::Scans;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use table::{Figures, Round};

/// Measures the p99 of writes to the reference server without and with full scans beside them
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask scan-latency
  cargo xtask scan-latency --profile oss-v1@1.6 --rounds 5 --rate 100000
  cargo xtask scan-latency --lineproof target/release/lineproof --report-only

Each round starts `lineproof serve --data` on a fresh folder, fills it with a load as fast as it goes, and
measures with `lineproof bench --rate`: requests of 100 lines begin at times that are set before, and their
latency counts from then. A scan is one query in InfluxQL over everything in the database that is written to.
The servers' data is in the system's folder for temporary files (TMPDIR), which should be on a disk. They share
the processor with load and scans, so leave the machine alone meanwhile.
Exit codes: 0 the p99 at most doubles, in the middle of the rounds of each profile; 1 it does not, or it was not
measured; 130 ended by Ctrl-C.")]
pub(crate) struct Arguments {
    /// What to serve like (may be repeated)
    #[arg(long = "profile", value_name = "PROFILE", default_values = ["v3-core@3.8.0", "oss-v1@1.6"])]
    profiles: Vec<String>,
    /// How many rounds for each profile
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// How many seconds each of the two is measured in a round, after one second that does not count
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    duration: u32,
    /// How many lines are written each second
    #[arg(long, value_name = "LINES", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(100..))]
    rate: u32,
    /// How many seconds the database is filled before
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    fill: u32,
    /// What a scan asks
    #[arg(long, value_name = "INFLUXQL", default_value = "SELECT mean(*) FROM /.*/")]
    query: String,
    /// This binary, instead of one that is built now
    #[arg(long, value_name = "FILE")]
    lineproof: Option<PathBuf>,
    /// A ratio that is too high is shown, and is no failure
    #[arg(long)]
    report_only: bool,
}

/// What is written to and scanned.
const DATABASE: &str = "scanned";

/// The p99 may become so many times as high.
const MOST: f64 = 2.0;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let binary = match &arguments.lineproof {
        Some(path) => path.clone(),
        None => cargo::build(Build::ReleaseWithoutSql)?,
    };
    let watch = Watch::new()?;
    let mut rounds = Vec::new();
    for number in 1..=arguments.rounds {
        for profile in &arguments.profiles {
            let measured = round(arguments, (&binary, profile, number), &watch);
            // At a terminal Ctrl-C has ended a server or a bench as well.
            let Some(round) = (if watch.is_interrupted() { None } else { measured? }) else {
                eprintln!("stopped; the servers are gone, and their data");
                return Ok(ExitCode::from(130));
            };
            eprintln!("round {number} of {}: {profile}: {}", arguments.rounds, round.shown());
            rounds.push(round);
        }
    }
    print!("{}", table::markdown(&rounds, arguments.rate, &arguments.query));
    let too_high = table::above(&rounds, MOST);
    for (profile, ratio) in &too_high {
        eprintln!("{profile}: the p99 of writes is {ratio:.2} times as high under full scans");
    }
    Ok(if too_high.is_empty() || arguments.report_only {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// One round on a fresh server; none where somebody had enough.
fn round(
    arguments: &Arguments,
    (binary, profile, number): (&Path, &str, u32),
    watch: &Watch,
) -> Result<Option<Round>> {
    // Removed after the server is gone.
    let data = tempfile::tempdir()?;
    let path = data.path().to_str().context("the folder's name is not text")?;
    let options = ["--auth", "off", "--bucket", DATABASE, "--data", path];
    let server = Served::start(binary, profile, &options)?;
    let bench = |options: &[&str]| -> Result<Option<Json>> {
        match watch.run(bench(binary, profile, server.url(), options))? {
            Ended::Interrupted => Ok(None),
            Ended::ByItself(code, told) => told_by(code, &told).map(Some),
        }
    };
    let Some(filled) = bench(&["--duration", &arguments.fill.to_string(), "--warmup", "0"])? else {
        return Ok(None);
    };
    let lines = filled.get("lines").and_then(Json::as_u64);
    let lines = lines.context("the bench does not say how many lines it wrote")?;
    let (duration, rate) = (arguments.duration.to_string(), arguments.rate.to_string());
    let open = ["--duration", &duration, "--warmup", "1", "--rate", &rate, "--batch", "100"];
    let (mut quiet, mut scanned) = (None, None);
    // Who comes second finds more in the database, and a warmer disk.
    for scans in [number.is_multiple_of(2), !number.is_multiple_of(2)] {
        let running = scans.then(|| Scans::start(server.url(), DATABASE, &arguments.query));
        let Some(measured) = bench(&open)? else { return Ok(None) };
        let figures = Figures::of(&measured)?;
        match running {
            None => quiet = Some(figures),
            Some(running) => scanned = Some((figures, running.stop()?)),
        }
    }
    let (Some(quiet), Some((scanned, times))) = (quiet, scanned) else {
        bail!("one of two was not measured")
    };
    Ok(Some(Round { profile: profile.to_owned(), lines, quiet, scanned, times }))
}

/// A load on this server; what it writes stays.
fn bench(binary: &Path, profile: &str, url: &str, options: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command
        .args(["bench", "--profile", profile, "--format", "json", "--target", url])
        .args(["--database", DATABASE, "--keep", "--no-sample"])
        // One that stands still for long is slow, and not wrong.
        .args(["--timeout", "60"])
        .args(options);
    for secret in ["LINEPROOF_TOKEN", "LINEPROOF_USER", "LINEPROOF_PASSWORD", "LINEPROOF_ORG"] {
        command.env_remove(secret);
    }
    command
}

/// What a bench printed that ended with this exit code.
fn told_by(code: Option<i32>, told: &str) -> Result<Json> {
    let json: Option<Json> = serde_json::from_str(told).ok();
    let errors = json.as_ref().and_then(|json| json.get("errors")).unwrap_or(&Json::Null);
    ensure!(code != Some(1), "the server answered with errors, or not at all: {errors}");
    ensure!(code == Some(0), "the bench ended with {code:?}; what is above says why");
    json.context("the bench printed no JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bench_that_failed_is_no_figure() {
        assert_eq!(told_by(Some(0), "{\"lines\": 5}").unwrap()["lines"], 5);
        let errors = told_by(Some(1), "{\"errors\": {\"total\": 7}}").unwrap_err().to_string();
        assert!(errors.contains("{\"total\":7}"), "{errors}");
        assert!(told_by(Some(3), "").is_err() && told_by(None, "").is_err());
        assert!(told_by(Some(0), "").is_err());
    }
}
