//! The project's own commands; this file only dispatches.

mod bench_table;
mod cargo;
mod cargo_mutants;
mod clients;
mod commands;
mod compare_throughput;
mod conformance;
mod crash;
mod fuzz;
mod instructions;
mod miri;
mod mutants;
mod peer;
mod queries;
mod reading;
mod real_servers;
mod report_pages;
mod review;
mod scan_latency;
#[cfg_attr(not(feature = "snapshots"), path = "snapshots_elsewhere.rs")]
mod snapshots;
mod stability;
mod watched;

use clap::Parser;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> anyhow::Result<std::process::ExitCode> {
    Cli::parse().command.run()
}
