//! Runs the bench `instructions` in callgrind and reads what it counted. Judges nothing.
//!
//! The bench says in which order it measures; callgrind leaves one numbered file for each return
//! from the counted function.

use crate::cargo;
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;
use std::process::{Command, Stdio};

/// The one function in which callgrind counts.
const COUNTED: &str = "instructions::counted_section";

/// What was counted, and with what.
pub(super) struct Counts {
    pub(super) cpu: String,
    pub(super) rustc: String,
    pub(super) valgrind: String,
    /// Parser, workload, instructions.
    pub(super) rows: Vec<(String, String, u64)>,
}

pub(super) fn count() -> Result<Counts> {
    let valgrind = version("valgrind").context("valgrind is needed: apt-get install valgrind")?;
    let rustc = version(&std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned()))?;
    let bench = cargo::bench("instructions")?;
    let folder = tempfile::tempdir()?;
    let output = Command::new("valgrind")
        .current_dir(folder.path())
        .args(["--tool=callgrind", "--callgrind-out-file=counts"])
        .args([format!("--toggle-collect={COUNTED}"), format!("--dump-after={COUNTED}")])
        .arg(bench)
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        bail!("the bench failed in valgrind:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let mut cpu = String::new();
    let mut rows = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        match line.split('\t').collect::<Vec<_>>()[..] {
            ["cpu", text] => cpu = text.to_owned(),
            ["count", parser, workload] => {
                let file = folder.path().join(format!("counts.{}", rows.len() + 1));
                rows.push((parser.to_owned(), workload.to_owned(), total(&file)?));
            }
            _ => bail!("the bench said something unknown: {line}"),
        }
    }
    ensure!(!rows.is_empty() && !cpu.is_empty(), "the bench counted nothing");
    Ok(Counts { cpu, rustc, valgrind, rows })
}

/// The sum in one of callgrind's files.
fn total(file: &Path) -> Result<u64> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("callgrind did not meet {COUNTED} once for each count"))?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let count = total.and_then(|total| total.trim().parse().ok()).unwrap_or(0);
    ensure!(count > 0, "callgrind counted nothing in {COUNTED}");
    Ok(count)
}

/// The version that a program tells of itself, without its name.
fn version(program: &str) -> Result<String> {
    let output = Command::new(program).arg("--version").output();
    let output = output.with_context(|| format!("{program} could not be started"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let text = text.trim();
    let version = text.split_once([' ', '-']).map_or(text, |(_, version)| version);
    Ok(version.to_owned())
}
