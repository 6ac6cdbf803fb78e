//! The arguments of `lineproof mutants`.

use clap::Args;
use std::path::PathBuf;

/// Runs the suite on the embedded servers, one fault at a time, and counts the faults that it finds
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof mutants
  lineproof mutants --mutant store.loses-last-line --every-case
  lineproof mutants --mutant 'quota.*' --cases-dir cases --snapshots-dir snapshots
  lineproof mutants --list

A fault is killed where a run on a server that has it is not conformant, or where the suite refuses to
judge that server. What comes to no verdict (an answer that is too late) is run once more with the usual
time-out; if there is none then either, the fault is undecided, and counts as not killed. The servers on
which faults are found are run without any fault, too. Exit codes: 0; 1 where fewer than 98 % are killed,
a survivor has no reason, a case names a fault among its `kills` that it passes or has no verdict on, or a
server without a fault fails.")]
pub(crate) struct MutantsArgs {
    /// Only this fault; `*` stands for anything (may be repeated)
    #[arg(long = "mutant", value_name = "ID")]
    pub(crate) mutants: Vec<String>,
    /// How many faults are run at once [default: two for each processor]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Run every case on each fault, and print those that fail
    #[arg(long)]
    pub(crate) every_case: bool,
    /// List the faults and run nothing
    #[arg(long)]
    pub(crate) list: bool,
    /// Read the cases from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) cases_dir: Option<PathBuf>,
    /// Read the snapshots from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) snapshots_dir: Option<PathBuf>,
}
