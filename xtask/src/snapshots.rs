//! `cargo xtask snapshots`: where the expectations in `snapshots/` come from. `playback` takes them
//! from recordings of running products, `influxd` from the product itself, `embedded` fills what is
//! then still missing with the reference server's own claim, and `check` counts.

mod check;
mod embedded;
mod influxd;
mod playback;
mod recording;

use anyhow::Result;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Makes and checks the expectations in `snapshots/`
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Playback(playback::Arguments),
    Embedded(embedded::Arguments),
    Influxd(influxd::Arguments),
    Check(check::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    match &arguments.command {
        Command::Playback(arguments) => playback::run(arguments),
        Command::Embedded(arguments) => embedded::run(arguments),
        Command::Influxd(arguments) => influxd::run(arguments),
        Command::Check(arguments) => check::run(arguments),
    }
}
