//! The binary: what the user types, and the exit code that comes of it.

#[macro_use]
mod streams;
mod bench;
mod bundle;
mod chance;
mod check;
mod clauses;
mod cli;
mod concurrent;
mod data;
mod detect;
mod diff;
mod differences;
mod embedded;
mod exit;
mod explain;
mod generate;
mod known;
mod list;
#[cfg(feature = "mutants")]
mod mutants;
#[cfg(all(test, not(feature = "mutants")))]
#[path = "mutants/outcome.rs"]
mod mutants_outcome;
mod out;
mod progress;
mod read_back;
mod record;
mod report;
mod run;
mod serve;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let outcome = match cli.command {
        cli::Command::Run(args) => exit::guarded(|| run::run(&args)),
        cli::Command::Bench(args) => exit::guarded(|| bench::bench(&args)),
        cli::Command::Serve(args) => exit::guarded(|| serve::serve(&args)),
        cli::Command::Data(args) => exit::guarded(|| data::data(&args)),
        cli::Command::Check(args) => exit::guarded(|| check::check(&args)),
        cli::Command::List(args) => exit::guarded(|| list::list(&args)),
        cli::Command::Explain(args) => exit::guarded(|| explain::explain(&args)),
        cli::Command::Clauses(args) => exit::guarded(|| clauses::clauses(&args)),
        cli::Command::Detect(args) => exit::guarded(|| detect::detect(&args)),
        cli::Command::Diff(args) => exit::guarded(|| diff::diff(&args)),
        cli::Command::Record(args) => exit::guarded(|| record::record(&args)),
        cli::Command::Bundle(args) => exit::guarded(|| bundle::bundle(&args)),
        cli::Command::Known(args) => exit::guarded(|| known::known(&args)),
        cli::Command::Report(args) => exit::guarded(|| report::report(&args)),
        cli::Command::ReadBack(args) => exit::guarded(|| read_back::read_back(&args)),
        #[cfg(feature = "mutants")]
        cli::Command::Mutants(args) => exit::guarded(|| mutants::mutants(&args)),
    };
    exit::told(outcome)
}
