//! `cargo xtask miri`: the tests of the crate that has `unsafe`, run by Miri.
//!
//! Miri interprets, some hundred times slower than the processor runs, so the tests are few and cut
//! themselves down (`cfg!(miri)`). Each scan is run: those that are there at compile time with all
//! tests, AVX2 and NEON with the scan's own.

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
    let passes = match &arguments.target {
        Some(target) => vec![Pass { name: "everything there", target: Some(target), ..HERE }],
        None => vec![HERE, AVX2, NEON],
    };
    for pass in &passes {
        let start = Instant::now();
        let status = pass.command().status().context("cargo could not be started")?;
        println!("{}: took {:.0} s, {status}", pass.name, start.elapsed().as_secs_f64());
        if !status.success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One way of running the tests.
#[derive(Clone, Copy)]
struct Pass<'a> {
    name: &'a str,
    target: Option<&'a str>,
    /// Only tests whose name holds this.
    filter: Option<&'a str>,
    /// Told to the compiler. Then without `std`, which would ask the processor at run time.
    features: Option<&'a str>,
}

/// All tests, with the scans that need no asking: scalar, and SSE2 on x86-64.
const HERE: Pass<'static> =
    Pass { name: "everything here", target: None, filter: None, features: None };
/// The scan alone with AVX2.
const AVX2: Pass<'static> = Pass {
    name: "the scan with AVX2",
    target: Some("x86_64-unknown-linux-gnu"),
    filter: Some("scan"),
    features: Some("+avx2,+bmi1,+popcnt"),
};
/// The scan alone with NEON.
const NEON: Pass<'static> = Pass {
    name: "the scan with NEON",
    target: Some("aarch64-unknown-linux-gnu"),
    filter: Some("scan"),
    features: None,
};

impl Pass<'_> {
    fn command(&self) -> Command {
        let mut command = nightly(&["miri", "test", "--package", "line-protocol", "--lib"]);
        if let Some(target) = self.target {
            command.args(["--target", target]);
        }
        if let Some(features) = self.features {
            command.arg("--no-default-features");
            command.env("RUSTFLAGS", format!("-Ctarget-feature={features}"));
        }
        command.args(self.filter);
        command
    }
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
