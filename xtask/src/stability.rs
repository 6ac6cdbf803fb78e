//! `cargo xtask stability`: the suite many times over, each time in another order and with another
//! number of cases at once, while something else keeps the processor busy. A verdict that changes
//! between runs is no verdict.

mod load;

use crate::cargo::{self, Build};
use anyhow::{Context, Result, bail};
use clap::Args;
use load::Load;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// Runs the suite again and again in other orders; a verdict that changes is a failure
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask stability
  cargo xtask stability --runs 200
  cargo xtask stability --runs 20 --load 8
  cargo xtask stability --runs 200 --at-once 3 --load 0        (they are each other's load)
  cargo xtask stability --runs 5 --profile oss-v2@2.7 --cases 'schema/*'
  cargo xtask stability --target http://127.0.0.1:8086 --profile oss-v1@1.6

Credentials for a --target come from the environment, as in `lineproof run`: LINEPROOF_TOKEN, or
LINEPROOF_USER and LINEPROOF_PASSWORD. `--shuffle` and `--jobs` of a run are printed, so that it can
be run again.")]
pub(crate) struct Arguments {
    /// How many runs
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..))]
    runs: u32,
    /// How many runs there are at the same time: one spends most of its time waiting
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    at_once: u16,
    /// How many threads do nothing but keep the processor busy meanwhile; by default one per core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=1024))]
    load: Option<u16>,
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
    let busy = arguments.load.map_or(cores, usize::from);
    println!(
        "{} runs, {} at once, on {cores} cores, which {busy} threads keep busy; Ctrl-C ends them",
        arguments.runs, arguments.at_once
    );
    // After the build, which it would slow down.
    let _load = Load::start(busy);
    let began = Instant::now();
    let runs = all(&binary, arguments, cores, began)?;
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

/// The verdicts of all runs, in the order of their numbers.
fn all(
    binary: &Path,
    arguments: &Arguments,
    cores: usize,
    began: Instant,
) -> Result<Vec<Verdicts>> {
    let next = AtomicU32::new(1);
    let done: Mutex<BTreeMap<u32, Verdicts>> = Mutex::default();
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number > arguments.runs {
                return Ok(());
            }
            let seed = arguments.seed.wrapping_add(u64::from(number - 1));
            let jobs = jobs(number, cores);
            let start = Instant::now();
            let verdicts = once(binary, arguments, seed, jobs).inspect_err(|_| {
                // The others need not begin any more.
                next.store(arguments.runs + 1, Ordering::Relaxed);
            });
            let verdicts = verdicts
                .with_context(|| format!("run {number}: --shuffle {seed} --jobs {jobs}"))?;
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            let count = u32::try_from(done.len() + 1).unwrap_or(u32::MAX);
            println!(
                "run {number} of {}: --shuffle {seed} --jobs {jobs}: {} in {:.1} s{}",
                arguments.runs,
                counted(&verdicts),
                start.elapsed().as_secs_f64(),
                left(began.elapsed(), count, arguments.runs)
            );
            // At once: who waits for hours would rather look into it now.
            for line in done.values().next().iter().flat_map(|first| changed(first, &verdicts)) {
                println!("  {line}");
            }
            done.insert(number, verdicts);
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..arguments.at_once).map(|_| scope.spawn(work)).collect();
        let mut joined = threads.into_iter().map(|thread| thread.join());
        joined.try_for_each(|outcome| outcome.unwrap_or_else(|_| bail!("a run panicked")))
    })
    .map(|()| done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect())
}

/// Another number of cases at once from run to run: one, as many as cores, and more than are good.
fn jobs(number: u32, cores: usize) -> usize {
    [cores, 1, 2 * cores, 4 * cores, 8 * cores][number as usize % 5]
}

/// How long the rest will take, if it goes on like this.
fn left(elapsed: Duration, done: u32, runs: u32) -> String {
    let minutes = (elapsed / done * (runs - done)).as_secs().div_ceil(60);
    if done == runs { String::new() } else { format!(", about {minutes} min left") }
}

/// The cases whose verdict is another than in the first run.
fn changed(first: &Verdicts, now: &Verdicts) -> Vec<String> {
    let of =
        |verdicts: &Verdicts, id: &Id| verdicts.get(id).map_or(MISSING, String::as_str).to_owned();
    let mut ids: Vec<_> = first.keys().chain(now.keys()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter()
        .filter(|id| first.get(*id) != now.get(*id))
        .map(|id| format!("{} {}: {}, and first {}", id.0, id.1, of(now, id), of(first, id)))
        .collect()
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
        assert_eq!(changed(&runs[0], &runs[2]), [""; 0]);
        assert_eq!(
            changed(&runs[0], &runs[1]),
            ["p@1 a/gone: missing, and first warn", "p@1 a/other: fail, and first pass"]
        );
        assert_eq!(changed(&runs[1], &runs[2])[0], "p@1 a/gone: warn, and first missing");
    }

    #[test]
    fn runs_differ_in_how_many_cases_are_under_way() {
        let all: Vec<_> = (1..=6).map(|number| jobs(number, 2)).collect();
        assert_eq!(all, [1, 4, 8, 16, 2, 1]);
    }

    #[test]
    fn the_rest_is_told_in_minutes() {
        let minute = Duration::from_secs(60);
        assert_eq!(left(minute, 2, 4), ", about 1 min left");
        assert_eq!(left(minute * 4, 2, 202), ", about 400 min left");
        assert_eq!(left(minute, 4, 4), "");
    }
}
