//! `cargo xtask conformance`: builds `lineproof` and runs the suite.

use crate::cargo::{self, Build};
use anyhow::Result;
use clap::Args;
use std::ffi::OsString;
use std::process::ExitCode;

/// Builds lineproof and runs the whole suite: against embedded reference servers, or against --target
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask conformance
  cargo xtask conformance --profile oss-v2@2.7 --cases batch
  cargo xtask conformance --target http://127.0.0.1:8086 --profile oss-v1@1.6
  cargo xtask conformance -- --help          (all options of `lineproof run`)

With --target, lineproof is built without the reference servers: no query engine, a short build.")]
pub(crate) struct Arguments {
    /// Options of `lineproof run`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    options: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let targeted = arguments.options.iter().any(|option| {
        let option = option.to_string_lossy();
        option == "--target" || option.starts_with("--target=")
    });
    let build = if targeted { Build::SuiteOnly } else { Build::Embedded };
    let binary = cargo::build(build)?;
    let options = std::iter::once(OsString::from("run")).chain(arguments.options.iter().cloned());
    let status = cargo::lineproof(&binary, options)?;
    // Ended by a signal: as a shell would say it.
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(130)))
}
