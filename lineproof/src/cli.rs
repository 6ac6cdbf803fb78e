//! What can be typed: the commands, in the order in which a user meets them. The arguments of each are
//! in the file of its name; what several have in common is in `target`, `select`, `part` and `output`.

mod amount;
mod bench;
mod bundle;
mod check;
mod clauses;
mod concurrent;
pub(crate) mod data;
mod detect;
mod diff;
mod explain;
mod generate;
pub(crate) mod known;
mod list;
#[cfg(test)]
mod manifests;
mod merge;
#[cfg(feature = "mutants")]
pub(crate) mod mutants;
mod output;
mod part;
pub(crate) mod read_back;
mod record;
mod render;
pub(crate) mod report;
mod run;
mod select;
mod serve;
mod sides;
mod target;

pub(crate) use bench::{BenchArgs, BenchFormat};
pub(crate) use bundle::BundleArgs;
pub(crate) use check::{CheckArgs, CheckFormat, Unit};
pub(crate) use clauses::{ClausesArgs, ClausesFormat};
pub(crate) use detect::{DetectArgs, DetectFormat};
pub(crate) use diff::DiffArgs;
pub(crate) use explain::ExplainArgs;
pub(crate) use list::{DifferencesFormat, ListArgs};
pub(crate) use output::{Format, OutputArgs};
pub(crate) use part::PartArgs;
pub(crate) use record::{RecordArgs, RecordFormat};
pub(crate) use run::RunArgs;
pub(crate) use select::SelectArgs;
pub(crate) use serve::ServeArgs;
#[cfg(feature = "embedded")]
pub(crate) use serve::ServeFormat;
pub(crate) use target::TargetArgs;

use clap::{Parser, Subcommand};

/// Proves a server's InfluxDB write path, line by line.
#[derive(Debug, Parser)]
#[command(name = "lineproof", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    // A server is judged, or stands in for one.
    Run(Box<RunArgs>),
    Bench(Box<BenchArgs>),
    Serve(ServeArgs),
    Data(data::DataArgs),
    // Files are.
    Check(CheckArgs),
    // What there is to know before.
    List(ListArgs),
    Explain(ExplainArgs),
    Clauses(ClausesArgs),
    // What a server is, and how it differs from others.
    Detect(DetectArgs),
    Diff(DiffArgs),
    Record(RecordArgs),
    // What is done with what was found.
    Bundle(BundleArgs),
    Known(known::KnownArgs),
    Report(report::ReportArgs),
    // What other commands need.
    ReadBack(read_back::ReadBackArgs),
    #[cfg(feature = "mutants")]
    Mutants(mutants::MutantsArgs),
}
