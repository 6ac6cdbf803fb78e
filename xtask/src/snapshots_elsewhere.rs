//! `cargo xtask snapshots` in the usual, small build: it needs the harness, which would make every
//! other command wait, so it starts a build of its own.

use crate::cargo;
use anyhow::Result;
use clap::Args;
use std::ffi::OsString;
use std::process::ExitCode;

/// Makes and checks the expectations in `snapshots/`
#[derive(Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// See `cargo xtask snapshots --help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    options: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let status = cargo::xtask_with("snapshots", &arguments.options)?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(130)))
}
