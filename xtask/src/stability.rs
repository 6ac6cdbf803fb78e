//! `cargo xtask stability`: the suite many times over, each time in another order and with another
//! number of cases at once. A verdict that changes between runs is no verdict.

use crate::cargo::{self, Build};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread::available_parallelism;
use std::time::Instant;

/// Runs the suite again and again in other orders; a verdict that changes is a failure
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask stability
  cargo xtask stability --runs 5 --profile oss-v2@2.7 --cases 'schema/*'
  cargo xtask stability --target http://127.0.0.1:8086 --profile oss-v1@1.6

Credentials for a --target come from the environment, as in `lineproof run`: LINEPROOF_TOKEN, or
LINEPROOF_USER and LINEPROOF_PASSWORD. `--shuffle` and `--jobs` of a run are printed, so that it can
be run again.")]
pub(crate) struct Arguments {
    /// How many runs
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..))]
    runs: u32,
    /// The seed of the first run; each run after it takes the next
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A running server, instead of those in the binary
    #[arg(long, value_name = "URL", requires = "profiles")]
    target: Option<String>,
    /// Only these profiles
    #[arg(long = "profile", value_name = "PROFILE")]
    profiles: Vec<String>,
    /// Only these cases, as in `lineproof run --cases`
    #[arg(long, value_name = "PATTERN")]
    cases: Vec<String>,
    /// From 0 to 3, as in `lineproof run --strict`: the stricter, the more can change
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=3))]
    strict: u8,
}

/// Profile and case.
type Id = (String, String);

/// The verdict of every case of a run.
type Verdicts = BTreeMap<Id, String>;

/// Each verdict that a case had, with the runs that gave it.
type Seen = BTreeMap<Id, BTreeMap<String, Vec<u32>>>;

/// No verdict at all.
const MISSING: &str = "missing";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let build = if arguments.target.is_some() { Build::SuiteOnly } else { Build::Embedded };
    let binary = cargo::build(build)?;
    let cores = available_parallelism().map_or(4, std::num::NonZero::get);
    let began = Instant::now();
    let mut runs = Vec::new();
    for number in 1..=arguments.runs {
        let seed = arguments.seed.wrapping_add(u64::from(number - 1));
        let jobs = cores * [1, 2, 4, 8][number as usize % 4];
        let start = Instant::now();
        let verdicts = once(&binary, arguments, seed, jobs)?;
        println!(
            "run {number} of {}: --shuffle {seed} --jobs {jobs}: {} in {:.1} s",
            arguments.runs,
            counted(&verdicts),
            start.elapsed().as_secs_f64()
        );
        runs.push(verdicts);
    }
    let seen = seen(&runs);
    let unstable = unstable(&seen);
    for line in &unstable {
        println!("{line}");
    }
    println!(
        "{} runs of {} cases in {:.0} s: {} changed",
        runs.len(),
        seen.len(),
        began.elapsed().as_secs_f64(),
        if unstable.is_empty() { "no verdict".to_owned() } else { unstable.len().to_string() }
    );
    Ok(if unstable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn once(binary: &Path, arguments: &Arguments, seed: u64, jobs: usize) -> Result<Verdicts> {
    let mut command = Command::new(binary);
    command.args(["run", "--format", "json", "--strict", &arguments.strict.to_string()]);
    command.args(["--shuffle", &seed.to_string(), "--jobs", &jobs.to_string()]);
    if let Some(target) = &arguments.target {
        command.args(["--target", target]);
    }
    for profile in &arguments.profiles {
        command.args(["--profile", profile]);
    }
    for pattern in &arguments.cases {
        command.args(["--cases", pattern]);
    }
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{} could not be started", binary.display()))?;
    // Conformant, not conformant, no verdict: each of them is an answer to hold against the others.
    if !matches!(output.status.code(), Some(0 | 1 | 4)) {
        bail!("lineproof run ended with {}", output.status);
    }
    let verdicts = verdicts(&output.stdout)?;
    if verdicts.is_empty() {
        bail!("no case was run");
    }
    Ok(verdicts)
}

/// The verdicts in a report of events.
fn verdicts(report: &[u8]) -> Result<Verdicts> {
    let mut verdicts = Verdicts::new();
    for line in std::str::from_utf8(report)?.lines() {
        let event: serde_json::Value = serde_json::from_str(line)?;
        if event["event"] != "case" {
            continue;
        }
        let text = |key: &str| {
            event[key]
                .as_str()
                .map(str::to_owned)
                .with_context(|| format!("an event without {key}: {line}"))
        };
        verdicts.insert((text("profile")?, text("id")?), text("verdict")?);
    }
    Ok(verdicts)
}

/// How many cases had which verdict.
fn counted(verdicts: &Verdicts) -> String {
    let mut counts = BTreeMap::new();
    for verdict in verdicts.values() {
        *counts.entry(verdict).or_insert(0) += 1;
    }
    let counts: Vec<_> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    counts.join(", ")
}

fn seen(runs: &[Verdicts]) -> Seen {
    let mut seen = Seen::new();
    for id in runs.iter().flat_map(BTreeMap::keys) {
        seen.entry(id.clone()).or_default();
    }
    for (id, verdicts) in &mut seen {
        for (number, run) in (1..).zip(runs) {
            let verdict = run.get(id).map_or(MISSING, String::as_str);
            verdicts.entry(verdict.to_owned()).or_default().push(number);
        }
    }
    seen
}

/// A line for each case that had more than one verdict.
fn unstable(seen: &Seen) -> Vec<String> {
    let changed = seen.iter().filter(|(_, verdicts)| verdicts.len() > 1);
    let told = |(verdict, runs): (&String, &Vec<u32>)| format!("{verdict} in {runs:?}");
    changed
        .map(|((profile, case), verdicts)| {
            let verdicts: Vec<_> = verdicts.iter().map(told).collect();
            format!("NOT STABLE {profile} {case}: {}", verdicts.join(", "))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(cases: &[(&str, &str)]) -> Verdicts {
        let line = |(id, verdict): &(&str, &str)| {
            format!(r#"{{"event":"case","profile":"p@1","id":"{id}","verdict":"{verdict}"}}"#)
        };
        let lines: Vec<_> = cases.iter().map(line).collect();
        verdicts(format!("{{\"event\":\"started\"}}\n{}\n", lines.join("\n")).as_bytes()).unwrap()
    }

    #[test]
    fn a_verdict_that_changes_or_is_missing_is_found() {
        let runs = [
            report(&[("a/same", "pass"), ("a/other", "pass"), ("a/gone", "warn")]),
            report(&[("a/same", "pass"), ("a/other", "fail")]),
            report(&[("a/same", "pass"), ("a/other", "pass"), ("a/gone", "warn")]),
        ];
        assert_eq!(counted(&runs[0]), "2 pass, 1 warn");
        assert_eq!(
            unstable(&seen(&runs)),
            [
                "NOT STABLE p@1 a/gone: missing in [2], warn in [1, 3]",
                "NOT STABLE p@1 a/other: fail in [2], pass in [1, 3]",
            ]
        );
        assert_eq!(unstable(&seen(&runs[..1])), [""; 0]);
    }
}
