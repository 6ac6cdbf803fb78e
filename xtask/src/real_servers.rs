//! `cargo xtask real-servers`: the suite against servers that nobody here wrote.
//!
//! influxd 1.6.7 must be found conformant to its own profile, VictoriaMetrics must not: it is known
//! to answer 204 to lines that it throws away. A suite that calls both alike proves nothing. Random
//! batches and concurrent writers are held to the same: nothing is found on the one, something on the
//! other. What VictoriaMetrics stores is then read back too, and what it is known to lose, double or
//! alter must be found.

mod read_back;

use crate::cargo::{self, Build};
use crate::peer::Peer;
use anyhow::{Result, bail};
use clap::Args;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// Runs the suite against influxd and VictoriaMetrics of Debian's packages
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask real-servers
  cargo xtask real-servers --cases batch
  cargo xtask real-servers --cases batch --batches 500 --seed 7

The packages: apt-get install influxdb victoria-metrics. A server that is not there is a failure.")]
pub(crate) struct Arguments {
    /// Only these cases, as in `lineproof run --cases`
    #[arg(long, value_name = "PATTERN")]
    cases: Vec<String>,
    /// How many random batches each server gets besides; 0 for none
    #[arg(long, value_name = "N", default_value_t = 3000)]
    batches: u64,
    /// How many rounds of concurrent writers each server gets besides; 0 for none
    #[arg(long, value_name = "N", default_value_t = 50)]
    rounds: u64,
    /// What batches and rounds are made from
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
}

/// The profile that both servers are held against.
const PROFILE: &str = "oss-v1@1.6";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let binary = cargo::build(Build::SuiteOnly)?;
    let mut wrong = Vec::new();
    {
        let influxd = Peer::influxdb(false)?;
        let strict = ["--strict", "2"].map(OsString::from);
        wrong.extend(check(&binary, &influxd, "auth off", &strict, arguments, 0)?);
        wrong.extend(generate(&binary, &influxd, arguments, 0)?);
        wrong.extend(concurrent(&binary, &influxd, arguments, 0)?);
    }
    {
        let influxd = Peer::influxdb_owned_by("admin", "admin")?;
        let strict = ["--strict", "2", "--user", "admin", "--password", "admin"];
        let strict = strict.map(OsString::from);
        wrong.extend(check(&binary, &influxd, "auth on", &strict, arguments, 0)?);
    }
    {
        let victoria_metrics = Peer::victoria_metrics(&[])?;
        wrong.extend(check(&binary, &victoria_metrics, "as it comes", &[], arguments, 1)?);
        wrong.extend(generate(&binary, &victoria_metrics, arguments, 1)?);
        wrong.extend(concurrent(&binary, &victoria_metrics, arguments, 1)?);
    }
    wrong.extend(read_back::check(&binary, arguments)?);
    if wrong.is_empty() {
        println!("\nboth servers were judged as they should be");
        return Ok(ExitCode::SUCCESS);
    }
    bail!("{}", wrong.join("\n"));
}

/// Runs the suite on a server; what is wrong if it does not end with `expected`.
fn check(
    binary: &Path,
    peer: &Peer,
    how: &str,
    options: &[OsString],
    arguments: &Arguments,
    expected: i32,
) -> Result<Option<String>> {
    println!("\n=== {} ({how}) as {PROFILE} ===", peer.name());
    let mut command: Vec<OsString> =
        ["run", "--target", &peer.url(), "--profile", PROFILE].map(OsString::from).to_vec();
    command.extend(options.iter().cloned());
    for pattern in &arguments.cases {
        command.extend([OsString::from("--cases"), OsString::from(pattern)]);
    }
    ended(binary, peer, how, command, expected)
}

/// Runs random batches on a server; what is wrong if they do not end with `expected`.
fn generate(
    binary: &Path,
    peer: &Peer,
    arguments: &Arguments,
    expected: i32,
) -> Result<Option<String>> {
    if arguments.batches == 0 {
        return Ok(None);
    }
    println!("\n=== {}, random batches as {PROFILE} ===", peer.name());
    let findings = tempfile::tempdir()?;
    let (batches, seed) = (arguments.batches.to_string(), arguments.seed.to_string());
    let url = peer.url();
    let words =
        ["run", "--target", &url, "--profile", PROFILE, "--generate", &batches, "--seed", &seed];
    let mut command = words.map(OsString::from).to_vec();
    command.extend([OsString::from("--save"), findings.path().into()]);
    ended(binary, peer, "random batches", command, expected)
}

/// Runs rounds of concurrent writers on a server; what is wrong if they do not end with `expected`.
fn concurrent(
    binary: &Path,
    peer: &Peer,
    arguments: &Arguments,
    expected: i32,
) -> Result<Option<String>> {
    if arguments.rounds == 0 {
        return Ok(None);
    }
    println!("\n=== {}, concurrent writers as {PROFILE} ===", peer.name());
    let (rounds, seed) = (arguments.rounds.to_string(), arguments.seed.to_string());
    let url = peer.url();
    let words =
        ["run", "--target", &url, "--profile", PROFILE, "--concurrent", &rounds, "--seed", &seed];
    let command = words.map(OsString::from).to_vec();
    ended(binary, peer, "concurrent writers", command, expected)
}

/// Runs `lineproof`; what is wrong if it does not end with `expected`.
fn ended(
    binary: &Path,
    peer: &Peer,
    how: &str,
    command: Vec<OsString>,
    expected: i32,
) -> Result<Option<String>> {
    let start = Instant::now();
    let status = cargo::lineproof(binary, command)?;
    println!("took {:.1} s, {status}", start.elapsed().as_secs_f64());
    Ok((status.code() != Some(expected)).then(|| {
        format!("{} ({how}): exit code {expected} was expected, {status} came", peer.name())
    }))
}
