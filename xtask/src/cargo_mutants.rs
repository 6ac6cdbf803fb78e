//! `cargo xtask cargo-mutants`: would the tests see it if the code that judges were wrong? cargo-mutants
//! changes one operator, one return value or one arm after another and runs the unit tests on each;
//! a change that no test sees has survived. (`lineproof mutants` asks the same of the suite and the
//! reference server.)

mod score;
mod tree;

use crate::cargo;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use score::Score;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Mutates the code that judges, runs its unit tests on each mutant, and says how many are caught
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask cargo-mutants
  cargo xtask cargo-mutants --of line-protocol --shard 0/10
  cargo xtask cargo-mutants --of harness --file harness/src/verdict.rs

Needs: cargo install --locked cargo-mutants

It works on a copy of the sources in the target folder. A shard n/m is each m-th mutant, from the n-th
on: a sample of all files. They are counted from 0, as cargo-mutants does (`lineproof run` counts its own
from 1). What was done is left in the target folder, as cargo-mutants writes it.")]
pub(crate) struct Arguments {
    /// What is mutated; both where none is named
    #[arg(long, value_name = "PART")]
    of: Vec<Part>,
    /// Only these files, instead of the part's own list
    #[arg(long = "file", value_name = "FILE", requires = "of")]
    files: Vec<String>,
    /// Only each m-th mutant, beginning with the n-th, from 0
    #[arg(long, value_name = "N/M")]
    shard: Option<String>,
    /// So many of a hundred mutants must be caught
    #[arg(long, value_name = "PERCENT", default_value_t = 90, value_parser = clap::value_parser!(u8).range(0..=100))]
    at_least: u8,
}

/// What can be mutated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The harness's comparing, its ledger and its verdicts
    Harness,
    /// The parser and the encoder
    LineProtocol,
}

impl Part {
    const ALL: [Self; 2] = [Self::Harness, Self::LineProtocol];

    fn package(self) -> &'static str {
        match self {
            Self::Harness => "lineproof-harness",
            Self::LineProtocol => "line-protocol",
        }
    }

    fn files(self) -> &'static [&'static str] {
        match self {
            Self::Harness => &[
                "harness/src/claim.rs",
                "harness/src/compare.rs",
                "harness/src/findings.rs",
                "harness/src/ledger.rs",
                "harness/src/ledger/*.rs",
                "harness/src/promise.rs",
                "harness/src/verdict.rs",
            ],
            Self::LineProtocol => &["line-protocol/src/**/*.rs"],
        }
    }

    /// What cargo is told: which tests are built and run, and how. Mutants are built much more often
    /// than they are run, so nothing of this project is optimised.
    fn cargo(self) -> Vec<String> {
        let plain = |package| format!("--config=profile.dev.package.{package}.opt-level=0");
        let mut arguments = vec!["--config=profile.dev.debug=false".to_owned()];
        match self {
            Self::Harness => {
                arguments.extend(["lineproof-harness", "lineproof-profiles"].map(plain));
                arguments.push("--lib".to_owned());
            }
            Self::LineProtocol => {
                arguments.push("--config=profile.dev.package.line-protocol.opt-level=1".to_owned());
                arguments.extend(["--lib", "--tests"].map(str::to_owned));
            }
        }
        arguments
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    check_tool()?;
    let folder = cargo::target_folder()?.join("cargo-mutants");
    let tree = tree::copy(&folder)?;
    let parts = if arguments.of.is_empty() { &Part::ALL[..] } else { &arguments.of };
    let mut enough = true;
    for part in parts {
        let began = Instant::now();
        let out = folder.join(part.package());
        mutate(*part, arguments, &tree, &folder.join("target"), &out)?;
        let score = Score::read(&out.join("mutants.out"))?;
        print!("{}", score.table());
        println!(
            "{}: {:.1} % of {} mutants caught, in {:.0} min",
            part.package(),
            score.percent(),
            score.viable(),
            began.elapsed().as_secs_f64() / 60.0
        );
        enough &= score.viable() > 0 && score.percent() >= f64::from(arguments.at_least);
    }
    Ok(if enough { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check_tool() -> Result<()> {
    let asked = Command::new("cargo").args(["mutants", "--version"]).output();
    if !asked.is_ok_and(|output| output.status.success()) {
        bail!("cargo-mutants is not there: cargo install --locked cargo-mutants");
    }
    Ok(())
}

fn mutate(part: Part, asked: &Arguments, tree: &Path, target: &Path, out: &Path) -> Result<()> {
    // What an earlier run left is no answer to this one.
    if out.exists() {
        std::fs::remove_dir_all(out).with_context(|| out.display().to_string())?;
    }
    let mut command = Command::new("cargo");
    command.current_dir(tree).env("CARGO_TARGET_DIR", target);
    command.args(["mutants", "--in-place", "--no-times", "--package", part.package(), "--output"]);
    command.arg(out);
    let named = asked.files.iter().map(String::as_str);
    let own = part.files().iter().copied().filter(|_| asked.files.is_empty());
    for file in named.chain(own) {
        command.args(["--file", file]);
    }
    if let Some(shard) = &asked.shard {
        command.args(["--shard", shard, "--sharding", "round-robin"]);
    }
    for argument in part.cargo() {
        command.arg(format!("--cargo-arg={argument}"));
    }
    let status = command.stdin(Stdio::null()).status().context("cargo could not be started")?;
    match status.code() {
        // All caught; some missed; some took too long: each of them is a result.
        Some(0 | 2 | 3) => Ok(()),
        Some(4) => bail!("the tests of {} fail without any mutant", part.package()),
        _ => bail!("cargo-mutants ended with {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_each_part_are_there() {
        for file in Part::ALL.iter().flat_map(|part| part.files()) {
            let begin = file.split('*').next().unwrap_or_default();
            assert!(cargo::root().join(begin).exists(), "{file}");
        }
    }
}
