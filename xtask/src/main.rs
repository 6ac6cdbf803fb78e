//! The project's own commands; this file only dispatches.

mod bench_table;
mod cargo;
mod clients;
mod conformance;
mod fuzz;
mod instructions;
mod miri;
mod mutants;
mod peer;
mod queries;
mod reading;
mod real_servers;
mod review;
#[cfg_attr(not(feature = "snapshots"), path = "snapshots_elsewhere.rs")]
mod snapshots;
mod stability;

use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    BenchTable(bench_table::Arguments),
    Clients(clients::Arguments),
    Conformance(conformance::Arguments),
    Fuzz(fuzz::Arguments),
    Instructions(instructions::Arguments),
    Miri(miri::Arguments),
    Mutants(mutants::Arguments),
    Queries(queries::Arguments),
    Reading(reading::Arguments),
    RealServers(real_servers::Arguments),
    Review(review::Arguments),
    Snapshots(snapshots::Arguments),
    Stability(stability::Arguments),
}

fn main() -> anyhow::Result<std::process::ExitCode> {
    match Cli::parse().command {
        Command::BenchTable(arguments) => bench_table::run(&arguments),
        Command::Clients(arguments) => clients::run(&arguments),
        Command::Conformance(arguments) => conformance::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Instructions(arguments) => instructions::run(&arguments),
        Command::Miri(arguments) => miri::run(&arguments),
        Command::Mutants(arguments) => mutants::run(&arguments),
        Command::Queries(arguments) => queries::run(&arguments),
        Command::Reading(arguments) => reading::run(&arguments),
        Command::RealServers(arguments) => real_servers::run(&arguments),
        Command::Review(arguments) => review::run(&arguments),
        Command::Snapshots(arguments) => snapshots::run(&arguments),
        Command::Stability(arguments) => stability::run(&arguments),
    }
}
