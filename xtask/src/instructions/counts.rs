//! Runs the bench `instructions` and reads what gungraun counted in valgrind. Judges nothing.

use crate::cargo;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::process::{Command, Stdio};

/// The instructions.
const COUNT: &str = "/profiles/0/data/total/metrics/Ir/values/new";

/// What was counted, and with what.
pub(super) struct Counts {
    pub(super) tools: Tools,
    /// Parser, workload, instructions.
    pub(super) rows: Vec<(String, String, u64)>,
}

/// What a count depends on besides the code.
#[derive(Clone)]
pub(super) struct Tools {
    pub(super) cpu: String,
    pub(super) rustc: String,
    pub(super) valgrind: String,
}

impl Tools {
    /// Fails if what is needed is not there.
    pub(super) fn find() -> Result<Self> {
        let valgrind =
            version("valgrind").context("valgrind is needed: apt-get install valgrind")?;
        let (needed, runner) = (cargo::version_of("gungraun")?, version("gungraun-runner"));
        if runner.as_ref().ok() != Some(&needed) {
            let found = runner.unwrap_or_else(|_| "none".to_owned());
            bail!(
                "gungraun-runner {needed} is needed, there is {found}: \
                 cargo install --locked --version {needed} gungraun-runner"
            );
        }
        let rustc = version(&std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned()))?;
        Ok(Self { cpu: cpu(), rustc, valgrind })
    }
}

/// Counts all. Gungraun leaves callgrind's files in `gungraun` in the target folder, for who wants to
/// know where the instructions are.
pub(super) fn count(tools: Tools) -> Result<Counts> {
    let output = cargo::command()
        .args(["bench", "--package", "lineproof-benches", "--features", "instructions"])
        .args(["--bench", "instructions", "--", "--output-format=json", "--parallel=auto"])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cargo could not be started")?;
    ensure!(output.status.success(), "the bench failed; what is above says why");
    let rows: Vec<_> =
        String::from_utf8_lossy(&output.stdout).lines().map(row).collect::<Result<_>>()?;
    ensure!(!rows.is_empty(), "the bench counted nothing");
    Ok(Counts { tools, rows })
}

/// A function of the bench is a parser, an id is a workload.
fn row(line: &str) -> Result<(String, String, u64)> {
    let read = || {
        let summary: Value = serde_json::from_str(line).ok()?;
        let parser = summary["function_name"].as_str()?.replace('_', "-");
        let count = summary.pointer(COUNT)?.as_u64()?;
        Some((parser, summary["id"].as_str()?.to_owned(), count))
    };
    read().with_context(|| format!("gungraun said something unknown: {line}"))
}

/// The instruction sets that the libraries choose among; valgrind has those that the processor has.
fn cpu() -> String {
    #[cfg(target_arch = "x86_64")]
    let vectors = if std::is_x86_feature_detected!("avx2") { "avx2" } else { "sse2" };
    #[cfg(not(target_arch = "x86_64"))]
    let vectors = "default";
    format!("{} {vectors}", std::env::consts::ARCH)
}

/// The version that a program tells of itself, without its name.
fn version(program: &str) -> Result<String> {
    let output = Command::new(program).arg("--version").output();
    let output = output.with_context(|| format!("{program} could not be started"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let text = text.trim();
    let start = text.find(|letter: char| letter.is_ascii_digit()).unwrap_or(0);
    Ok(text[start..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_a_row() {
        let line = r#"{"function_name":"iox_owned","id":"one_line","profiles":[{"data":{"total":
            {"metrics":{"Ir":{"values":{"new":12,"old":7}}}}}}]}"#;
        assert_eq!(row(line).unwrap(), ("iox-owned".to_owned(), "one_line".to_owned(), 12));
        assert!(row("{}").is_err());
    }
}
