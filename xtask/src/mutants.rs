//! `cargo xtask mutants`: builds `lineproof` with the faults that a server can have, and counts those that
//! the suite finds.

use crate::cargo::{self, Build};
use anyhow::Result;
use clap::Args;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the suite on embedded servers with a fault each, and counts the faults that it finds
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask mutants
  cargo xtask mutants --mutant store.loses-last-line
  cargo xtask mutants --mutant 'quota.*' --every-case
  cargo xtask mutants --list

At least 98 % must be found, each survivor needs a reason (lineproof/src/mutants/survivors.rs), and a case
that names a fault among its `kills` must find it.")]
pub(crate) struct Arguments {
    /// Options of `lineproof mutants`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    options: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let binary = cargo::build(Build::Mutants)?;
    let options = std::iter::once(OsString::from("mutants"));
    let status = cargo::lineproof(&binary, options.chain(arguments.options.iter().cloned()))?;
    // Ended by a signal: as a shell would say it.
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(130)))
}
