//! `cargo xtask cargo-mutants`: would the tests see it if the code that judges were wrong? cargo-mutants
//! changes one operator, one return value or one arm after another and runs the unit tests on each;
//! a change that no test sees has survived. (`lineproof mutants` asks the same of the suite and the
//! reference server.)

mod interrupt;
mod score;
mod tree;

use crate::cargo;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use interrupt::Interrupt;
use score::Score;
use std::fs::{File, TryLockError};
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
on: a sample of all files. They are counted from 0, as cargo-mutants does (`lineproof run` counts its
own from 1). What was done is left in the target folder, as cargo-mutants writes it. Their order is
random, so that a run that Ctrl-C ends is a sample too: it tells what is known by then. A second
Ctrl-C ends it at once.")]
pub(crate) struct Arguments {
    /// What is mutated; both where none is named
    #[arg(long, value_name = "PART")]
    of: Vec<Part>,
    /// Only these files, instead of the part's own list
    #[arg(long = "file", value_name = "FILE", requires = "of")]
    files: Vec<String>,
    /// Only each m-th mutant, beginning with the n-th, from 0
    #[arg(long, value_name = "N/M", value_parser = shard)]
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
                "harness/src/ledger/**/*.rs",
                "harness/src/promise.rs",
                "harness/src/verdict.rs",
            ],
            Self::LineProtocol => &["line-protocol/src/**/*.rs"],
        }
    }

    /// What cargo is told: which tests are built and run, and how. Mutants are built much more often
    /// than they are run, so nothing of this project is optimised.
    fn cargo(self, tree: &Path) -> Result<Vec<String>> {
        let plain = |package| format!("--config=profile.dev.package.{package}.opt-level=0");
        let mut arguments = vec!["--config=profile.dev.debug=false".to_owned(), "--lib".to_owned()];
        match self {
            Self::Harness => {
                arguments.extend(["lineproof-harness", "lineproof-profiles"].map(plain));
            }
            Self::LineProtocol => {
                arguments.push("--config=profile.dev.package.line-protocol.opt-level=1".to_owned());
                let tests = tests(&tree.join("line-protocol/tests"))?;
                arguments.extend(tests.iter().map(|name| format!("--test={name}")));
            }
        }
        Ok(arguments)
    }
}

/// Tests that are not asked: they take longer than all others together, and so would each mutant that
/// is not caught or does not end. The first compares times, which beside a build say little; the other
/// asks another parser what the recordings say as well.
const SLOW: [&str; 2] = ["linear", "public_crate"];

/// The tests in a folder, without the slow ones.
fn tests(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if path.extension().is_some_and(|extension| extension == "rs") && !SLOW.contains(&name) {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// cargo-mutants would find it wrong only after the sources were copied, and a number beyond the last
/// one not at all.
fn shard(text: &str) -> Result<String, String> {
    let numbers = |(n, m): (&str, &str)| Some((n.parse::<u32>().ok()?, m.parse::<u32>().ok()?));
    match text.split_once('/').and_then(numbers) {
        Some((n, m)) if n < m => Ok(text.to_owned()),
        _ => Err("two numbers, the first from 0 and below the second, as 0/10".to_owned()),
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    check_tool()?;
    check_files(&arguments.files)?;
    let interrupt = Interrupt::watch()?;
    let folder = cargo::target_folder()?.join("cargo-mutants");
    let _alone = lock(&folder)?;
    let tree = tree::copy(&folder)?;
    let parts = if arguments.of.is_empty() { &Part::ALL[..] } else { &arguments.of };
    let mut enough = true;
    for part in parts {
        let began = Instant::now();
        let out = folder.join(part.package());
        mutate(*part, arguments, &interrupt, &tree, &folder.join("target"), &out)?;
        let score = Score::read(&out.join("mutants.out"))?;
        let minutes = began.elapsed().as_secs_f64() / 60.0;
        print!("{}", score.table());
        println!("{}: {}, in {minutes:.0} min", part.package(), score.summary());
        if interrupt.is_asked() {
            eprintln!("interrupted: what is above is not all");
            return Ok(ExitCode::from(130));
        }
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

/// One that is not there would only mean that there are fewer mutants.
fn check_files(files: &[String]) -> Result<()> {
    let root = cargo::root();
    match files.iter().find(|file| !file.contains('*') && !root.join(file).is_file()) {
        Some(file) => {
            bail!("there is no file {file}; name it from the root, as harness/src/verdict.rs")
        }
        None => Ok(()),
    }
}

/// Two runs would change the same copy. Held until it is dropped.
fn lock(folder: &Path) -> Result<File> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let path = folder.join("lock");
    let file = File::create(&path).with_context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another run works in {}; wait for it, or set CARGO_TARGET_DIR", folder.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn mutate(
    part: Part,
    asked: &Arguments,
    interrupt: &Interrupt,
    tree: &Path,
    target: &Path,
    out: &Path,
) -> Result<()> {
    // What an earlier run left is no answer to this one.
    if out.exists() {
        std::fs::remove_dir_all(out).with_context(|| out.display().to_string())?;
    }
    let mut command = Command::new("cargo");
    command.current_dir(tree).env("CARGO_TARGET_DIR", target);
    command.args(["mutants", "--in-place", "--no-times", "--shuffle"]);
    command.args(["--package", part.package(), "--output"]).arg(out);
    // A loop that never ends is waited for that long: as often as the tests take by themselves.
    command.args(["--timeout-multiplier", "3"]);
    let named = asked.files.iter().map(String::as_str);
    let own = part.files().iter().copied().filter(|_| asked.files.is_empty());
    for file in named.chain(own) {
        command.args(["--file", file]);
    }
    if let Some(shard) = &asked.shard {
        command.args(["--shard", shard, "--sharding", "round-robin"]);
    }
    for argument in part.cargo(tree)? {
        command.arg(format!("--cargo-arg={argument}"));
    }
    let status = interrupt.run(command.stdin(Stdio::null())).context("cargo could not be run")?;
    match status.code() {
        // All caught; some missed; some took too long: each of them is a result.
        Some(0 | 2 | 3) => Ok(()),
        _ if interrupt.is_asked() => Ok(()),
        Some(4) => bail!("the tests of {} fail without any mutant", part.package()),
        _ => bail!("cargo-mutants ended with {status}; what is above says why"),
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

    #[test]
    fn all_tests_but_the_slow_ones_are_asked() {
        let folder = cargo::root().join("line-protocol/tests");
        let asked = tests(&folder).unwrap();
        assert!(asked.iter().any(|name| name == "wording"), "{asked:?}");
        for slow in SLOW {
            assert!(folder.join(format!("{slow}.rs")).is_file(), "{slow} is gone");
            assert!(!asked.iter().any(|name| name == slow), "{slow}");
        }
        assert!(!asked.iter().any(|name| name == "support"), "{asked:?}");
    }

    #[test]
    fn a_shard_is_one_of_so_many() {
        for (text, is_one) in [
            ("0/1", true),
            ("9/10", true),
            ("10/10", false),
            ("1", false),
            ("1/0", false),
            ("-1/2", false),
        ] {
            assert_eq!(shard(text).is_ok(), is_one, "{text}");
        }
    }

    #[test]
    fn two_runs_do_not_share_a_copy() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        assert!(lock(folder.path()).unwrap_err().to_string().contains("another run"));
        drop(first);
        lock(folder.path()).unwrap();
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let files = ["harness/src/verdict.rs", "harness/src/*.rs", "src/verdict.rs"];
        let error = check_files(&files.map(str::to_owned)).unwrap_err().to_string();
        assert!(error.contains("src/verdict.rs; name it"), "{error}");
    }
}
