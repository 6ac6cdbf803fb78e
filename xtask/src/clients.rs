//! `cargo xtask clients`: the products' own Python clients write to the reference servers and read
//! back.
//!
//! Which script runs on which profile says `clients/clients.toml`. Where a script is right about a
//! real product is checked with that product, as far as a package has it: `influxd`.

mod list;
mod python;

use crate::cargo::{self, Build};
use crate::peer::Peer;
use crate::peer::served::Served;
use anyhow::{Result, bail};
use clap::Args;
use list::{Client, Run};
use python::{Environment, Outcome, Target};
use std::process::ExitCode;
use std::time::Instant;

/// Runs the official Python clients of PyPI against the reference servers, and one against influxd
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask clients
  cargo xtask clients --client influxdb3 --profile v3-core@3.10

Needs python3 with venv (apt-get install python3-venv) and, until the environments below the target
folder are made, PyPI or whatever index pip is set up for.")]
pub(crate) struct Arguments {
    /// Only clients with this in the name of their folder
    #[arg(long, value_name = "PART", default_value = "")]
    client: String,
    /// Only profiles with this in their name
    #[arg(long, value_name = "PART", default_value = "")]
    profile: String,
}

/// What every server is given.
const TOKEN: &str = "a-token-of-the-clients";
const ORGANISATION: &str = "acme";
const DATABASE: &str = "first";

/// The same as options of `lineproof serve`.
const OWNED: &[&str] = &["--token", TOKEN, "--org", ORGANISATION, "--bucket", DATABASE];

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let clients = list::read(&cargo::root().join("clients"))?;
    let chosen = |run: &&Run| run.profile.contains(&arguments.profile);
    let clients: Vec<(&Client, Vec<&Run>)> = clients
        .iter()
        .filter(|client| client.folder.contains(&arguments.client))
        .map(|client| (client, client.runs.iter().filter(chosen).collect()))
        .filter(|(_, runs): &(_, Vec<_>)| !runs.is_empty())
        .collect();
    if clients.is_empty() {
        bail!("clients/clients.toml has no client and profile of these names");
    }
    // Before the long build: what is missing is found at once.
    let environments: Vec<Environment> =
        clients.iter().map(|(client, _)| Environment::of(client)).collect::<Result<_>>()?;
    let binary = cargo::build(Build::Embedded)?;
    let start = Instant::now();
    let mut failed = 0;
    let mut tests = 0;
    for ((client, runs), environment) in clients.iter().zip(&environments) {
        for run in runs {
            let outcome = {
                let server = Served::start(&binary, &run.profile, OWNED)?;
                environment.run(run, &target(server.url()))?
            };
            failed += usize::from(!told(client, run, &run.profile, &outcome));
            tests += outcome.tests;
            if run.influxd {
                let influxd = Peer::influxdb_owned_by("admin", TOKEN)?;
                let outcome = environment.run(run, &target(&influxd.url()))?;
                failed += usize::from(!told(client, run, influxd.name(), &outcome));
                tests += outcome.tests;
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    if failed > 0 {
        bail!("{failed} runs of clients failed; what is above says why");
    }
    println!("\nevery client did what it does: {tests} tests in {seconds:.1} s");
    Ok(ExitCode::SUCCESS)
}

fn target(url: &str) -> Target<'_> {
    Target { url, token: TOKEN, organisation: ORGANISATION, database: DATABASE }
}

/// Prints the line of a run, and what the script said if it failed; whether it passed.
fn told(client: &Client, run: &Run, server: &str, outcome: &Outcome) -> bool {
    let word = if outcome.passed { "ok" } else { "FAILED" };
    println!(
        "{:24} {:16} {server:20} {:3} tests {:5.1} s  {word}",
        client.folder, run.script, outcome.tests, outcome.seconds
    );
    if !outcome.passed {
        println!("{}", outcome.output);
    }
    outcome.passed
}
