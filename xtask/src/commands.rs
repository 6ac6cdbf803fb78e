//! The commands by name, and where each is done.

use super::*;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(crate) enum Command {
    BenchTable(bench_table::Arguments),
    CargoMutants(cargo_mutants::Arguments),
    Clients(clients::Arguments),
    CompareThroughput(compare_throughput::Arguments),
    Conformance(conformance::Arguments),
    Crash(crash::Arguments),
    Fuzz(fuzz::Arguments),
    Instructions(instructions::Arguments),
    Miri(miri::Arguments),
    Mutants(mutants::Arguments),
    Queries(queries::Arguments),
    Reading(reading::Arguments),
    RealServers(real_servers::Arguments),
    ReportPages(report_pages::Arguments),
    Review(review::Arguments),
    ScanLatency(scan_latency::Arguments),
    Snapshots(snapshots::Arguments),
    Stability(stability::Arguments),
}

impl Command {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::BenchTable(arguments) => bench_table::run(arguments),
            Self::CargoMutants(arguments) => cargo_mutants::run(arguments),
            Self::Clients(arguments) => clients::run(arguments),
            Self::CompareThroughput(arguments) => compare_throughput::run(arguments),
            Self::Conformance(arguments) => conformance::run(arguments),
            Self::Crash(arguments) => crash::run(arguments),
            Self::Fuzz(arguments) => fuzz::run(arguments),
            Self::Instructions(arguments) => instructions::run(arguments),
            Self::Miri(arguments) => miri::run(arguments),
            Self::Mutants(arguments) => mutants::run(arguments),
            Self::Queries(arguments) => queries::run(arguments),
            Self::Reading(arguments) => reading::run(arguments),
            Self::RealServers(arguments) => real_servers::run(arguments),
            Self::ReportPages(arguments) => report_pages::run(arguments),
            Self::Review(arguments) => review::run(arguments),
            Self::ScanLatency(arguments) => scan_latency::run(arguments),
            Self::Snapshots(arguments) => snapshots::run(arguments),
            Self::Stability(arguments) => stability::run(arguments),
        }
    }
}
