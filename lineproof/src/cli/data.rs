//! What can be done with the folder of a server that keeps its data.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Looks after the folder of `lineproof serve --data`
#[derive(Debug, Args)]
pub(crate) struct DataArgs {
    #[command(subcommand)]
    pub(crate) command: DataCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    Verify(VerifyArgs),
    Repair(RepairArgs),
}

/// Reads a folder of data from end to end and says what is damaged; changes nothing
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof data verify ./data
  lineproof data verify ./data --format json
  lineproof data verify s3://bucket/prefix

The server must be stopped. Every entry of the log and every block of the Parquet files has a
checksum, and all are read. For each damaged place it says the file, where in it the damage begins,
what is wrong, and how many entries are lost. The end of a write that was never finished, as a crash leaves it, is no damage: nobody was
told that it is kept, and the next start cuts it off.
Exit codes: 0 good; 1 damaged; 2 it cannot be read: no data there, in use, or of a newer format.")]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) folder: FolderArgs,
}

/// Mends a folder of data: keeps what is good, and copies the rest aside
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof data verify ./data        (says what would be lost)
  lineproof data repair ./data

The server must be stopped. Each damaged stretch is copied to a file in DIR/damaged, named by its
segment and offset, before it is taken out of the log. What rests on it cannot be done again: a start
says so. What can be read of a damaged Parquet file goes into a new one, and the file to DIR/damaged. A repair that was interrupted can be begun again. What is good already is left as it is.
Exit codes: 0 the folder is good now; 1 it is still damaged; 2 it cannot be read or written: no data
there, in use, or of a newer format.")]
pub(crate) struct RepairArgs {
    #[command(flatten)]
    pub(crate) folder: FolderArgs,
}

#[derive(Debug, Args)]
pub(crate) struct FolderArgs {
    /// The folder, or `s3://bucket/prefix`, as it was given to `lineproof serve --data`
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// How what is found is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: DataFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DataFormat {
    Text,
    Json,
}
