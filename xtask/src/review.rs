//! `cargo xtask review`: what the reference servers answer otherwise than the snapshots say, one
//! after the other.
//!
//! `cargo insta` looks for snapshots beside the sources of packages, and `snapshots/` has none: it
//! is shown a package that consists of that folder.

use crate::cargo::{self, root};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the snapshot test and reviews with `cargo insta` what differs
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask review
  cargo xtask review pending-snapshots       (only lists them)
  cargo xtask review reject --snapshot batch/bad-line-last.snap

What is accepted becomes `inferred`: a claim of the reference server.
It needs cargo-insta: cargo install cargo-insta")]
pub(crate) struct Arguments {
    /// A command of `cargo insta` and its options [default: review]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.command.is_empty() {
        let mut test = cargo::command();
        test.args(["test", "--package", "lineproof", "--test", "snapshots"]);
        // Differences are for the review; what else is wrong fails here.
        test.env("INSTA_FORCE_PASS", "1").env("INSTA_UPDATE", "new").env("INSTA_OUTPUT", "none");
        if !test.status().context("cargo could not be started")?.success() {
            bail!("the test has found more than different answers; what is above says what");
        }
    }
    let package = tempfile::tempdir().context("no folder for a package")?;
    let manifest = package.path().join("Cargo.toml");
    let library = root().join("snapshots/lib.rs");
    let text = format!(
        "[package]\nname = \"snapshots\"\nedition = \"2024\"\n\n[lib]\npath = {:?}\n\n[workspace]\n",
        library.display().to_string()
    );
    std::fs::write(&manifest, text).context("the package cannot be written")?;
    let (command, options) = match arguments.command.split_first() {
        Some((command, options)) => (command.clone(), options),
        None => (OsString::from("review"), &[][..]),
    };
    let mut insta = cargo::command();
    insta.arg("insta").arg(command).arg("--manifest-path").arg(&manifest).args(options);
    let status = insta.status().context("cargo could not be started")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
