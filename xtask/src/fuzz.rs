//! `cargo xtask fuzz`: each fuzz target for some minutes, and what came of it.
//!
//! What a target asserts is in `fuzz/`; here targets are built, fed and watched.

mod seeds;
mod status;
mod watch;

use crate::cargo::root;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use watch::{End, Watch};

/// Runs the fuzz targets one after another; a failing input is left behind with how to run it
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask fuzz --minutes 10
  cargo xtask fuzz --minutes 60 --target oracle
  cargo xtask fuzz --seconds 20

What a run finds interesting is kept in fuzz/corpus, and the next run begins with it. Needs a nightly
compiler and cargo-fuzz. Ctrl-C ends the target and the run, and the table is printed all the same.")]
pub(crate) struct Arguments {
    /// How long each target runs
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// How long, in seconds: for a short run
    #[arg(long, value_name = "N", conflicts_with = "minutes", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,
    /// Only this target
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
}

/// Long enough for three lines and short enough to be fast.
const LONGEST_INPUT: usize = 512;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    check_tools()?;
    let targets = targets(arguments.target.as_deref())?;
    let seconds = arguments.seconds.unwrap_or(arguments.minutes * 60);
    build(arguments.target.as_deref())?;
    let watch = Watch::new()?;
    let mut rows = Vec::new();
    let mut crashes = Vec::new();
    let mut interrupted = false;
    for target in &targets {
        let seeds = seeds::write(target, LONGEST_INPUT)?;
        println!("{target}: {seconds} s, {seeds} recorded bodies to begin with");
        let (end, status) = watch.run(fuzz(target, seconds), Duration::from_secs(seconds + 120))?;
        rows.push((target.as_str(), status));
        match end {
            End::Clean => {}
            End::Interrupted => interrupted = true,
            End::Failed(last_words) => {
                eprintln!("{last_words}\n");
                crashes.push(reproduce(target, &last_words));
            }
        }
        if interrupted {
            break;
        }
    }
    println!("\n{}", status::table(&rows));
    if !crashes.is_empty() {
        bail!("{}", crashes.join("\n"));
    }
    Ok(if interrupted { ExitCode::from(130) } else { ExitCode::SUCCESS })
}

/// Cargo of the nightly toolchain, for the fuzz crate.
fn nightly() -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo"]).current_dir(root()).stdin(Stdio::null());
    // Set by the cargo that runs these commands, for its own toolchain.
    for variable in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(variable);
    }
    command
}

fn check_tools() -> Result<()> {
    let works = |mut command: Command| {
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let with = |arguments: &[&str]| {
        let mut command = nightly();
        command.args(arguments);
        command
    };
    if !works(with(&["--version"])) {
        bail!("no nightly compiler: rustup toolchain install nightly --profile minimal");
    }
    if !works(with(&["fuzz", "--version"])) {
        bail!("no cargo-fuzz: cargo install --locked cargo-fuzz");
    }
    Ok(())
}

/// The targets there are, or the one that is wanted.
fn targets(wanted: Option<&str>) -> Result<Vec<String>> {
    let folder = root().join("fuzz/fuzz_targets");
    let mut names = Vec::new();
    for entry in folder.read_dir().with_context(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.sort();
    match wanted {
        None => Ok(names),
        Some(wanted) if names.iter().any(|name| name == wanted) => Ok(vec![wanted.to_owned()]),
        Some(wanted) => bail!("no target {wanted}; there are {}", names.join(", ")),
    }
}

fn build(target: Option<&str>) -> Result<()> {
    let status = nightly().args(["fuzz", "build"]).args(target).status();
    match status.context("rustup could not be started")?.success() {
        true => Ok(()),
        false => bail!("the targets could not be built; what is above says why"),
    }
}

fn fuzz(target: &str, seconds: u64) -> Command {
    let mut command = nightly();
    command.args(["fuzz", "run", target, "--"]).args([
        format!("-max_total_time={seconds}"),
        format!("-max_len={LONGEST_INPUT}"),
        "-timeout=10".to_owned(),
        "-dict=fuzz/tokens.dict".to_owned(),
    ]);
    // The message is what is shown; the stack is seen when the input is run again.
    command.env("RUST_BACKTRACE", "0");
    command
}

/// Where the input is that made the target fail, and how to run it again.
fn reproduce(target: &str, last_words: &str) -> String {
    let written = last_words.lines().find_map(|line| line.split_once("Test unit written to "));
    let Some((_, path)) = written else {
        return format!("{target}: ended without an input; what is above says why");
    };
    let path = Path::new(path.trim());
    let path = path.strip_prefix(root()).unwrap_or(path).display();
    format!("{target}: failed on {path}\n  cargo +nightly fuzz run {target} {path}")
}
