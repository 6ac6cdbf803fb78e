//! `cargo xtask miri`: the tests of the crate that has `unsafe`, run by Miri.
//!
//! Miri interprets, some hundred times slower than the processor runs, so the tests are few and cut
//! themselves down (`cfg!(miri)`). What it cannot run are AVX2 and the tests that time something.

use crate::cargo;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Runs the tests of `line-protocol` with Miri, which finds what is wrong with `unsafe`
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask miri
  cargo xtask miri --target s390x-unknown-linux-gnu

Needs: rustup toolchain install nightly --profile minimal --component miri,rust-src")]
pub(crate) struct Arguments {
    /// Another processor, which Miri plays: s390x has its bytes in the other order
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let asked =
        nightly(&["miri", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !asked.is_ok_and(|status| status.success()) {
        bail!(
            "Miri is not there; it comes with a nightly toolchain:\n  \
             rustup toolchain install nightly --profile minimal --component miri,rust-src"
        );
    }
    let mut command = nightly(&["miri", "test", "--package", "line-protocol", "--lib"]);
    if let Some(target) = &arguments.target {
        command.args(["--target", target]);
    }
    let start = Instant::now();
    let status = command.status().context("cargo could not be started")?;
    println!("took {:.0} s, {status}", start.elapsed().as_secs_f64());
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The nightly toolchain's cargo, which must not be told about the one that runs this.
fn nightly(arguments: &[&str]) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo"]).args(arguments).current_dir(cargo::root());
    for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(variable);
    }
    command
}
