//! What can be typed behind `lineproof report render`.

use super::OutputArgs;
use clap::Args;
use std::path::PathBuf;

/// Shows saved runs in another form, and ends as they did
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof run --target URL --profile oss-v2@2.7 --format json --output run.ndjson
  lineproof report render run.ndjson --format html --output report.html
  lineproof report render run.ndjson --report junit=report.xml --report markdown=comment.md
  lineproof report render v1.ndjson v2.ndjson --format badge --output badge.svg
  gzip -dc run.ndjson.gz | lineproof report render -

The exit code is that of the run, weighed once more from its cases: 0 conformant; 1 not conformant;
2 wrong usage, a file that cannot be read, or nothing ran; 3 the target could not be judged; 4 no
verdict; 130 the run was interrupted, or the file does not hold all of it.")]
pub(crate) struct RenderArgs {
    /// Runs as `lineproof run --format json` writes them; `-` is standard input
    #[arg(value_name = "FILE|-", required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// The folder of cases that the run was made with: annotations name its files, and the words of
    /// the clauses are taken from there
    #[arg(long, value_name = "DIR")]
    pub(crate) cases_dir: Option<PathBuf>,
}
