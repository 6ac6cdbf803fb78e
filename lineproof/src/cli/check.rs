//! The arguments of `lineproof check`.

use crate::check::dialects::{self, Named};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Checks files of line protocol and points at each error
#[derive(Debug, Args)]
#[command(after_help = "Dialects:
  v1    InfluxDB OSS 1.x      v3.6  InfluxDB 3 until 3.8
  v2    InfluxDB OSS 2.x      v3    InfluxDB 3 since 3.9
  all   each of them; also a release (v1.12), or a name that `lineproof list --profiles` shows

Examples:
  lineproof check body.lp
  lineproof check --dialect v3 --precision s *.lp
  lineproof check --dialect all capture.lp.gz
  curl -s http://host/metrics.lp | lineproof check -
  lineproof check --format github --dialect v1 --dialect v3 fixtures/*.lp     (in CI)

A line is bad if one of the dialects refuses it. Only the line protocol is judged. Not judged is what
a server's storage may refuse or drop later: fields whose type is another than before, points older
than the retention, reserved names such as a tag or field `time`, where the grammar takes them.
Exit codes: 0 every line is good; 1 a line is refused; 2 wrong usage, or a file cannot be read (the
other files are checked all the same). Warnings do not count.")]
pub(crate) struct CheckArgs {
    /// What to check; `-`, or nothing, is standard input; gzip is inflated; of a pipe, and of what is
    /// inflated, at most 1 GiB
    #[arg(value_name = "FILE|-")]
    pub(crate) files: Vec<PathBuf>,
    /// Whose grammar; may be repeated, or a list with commas
    #[arg(long = "dialect", value_name = "NAME", default_value = "v2", value_delimiter = ',')]
    #[arg(value_parser = dialects::find)]
    pub(crate) dialects: Vec<&'static [Named]>,
    /// The unit of the timestamps; only v1 knows m and h [default: ns; v3 guesses it from their size]
    #[arg(long, value_enum)]
    pub(crate) precision: Option<Unit>,
    /// The form of the report; json is one object a line, github is annotations
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: CheckFormat,
    /// Show so many bad lines of each file, and count the others; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) max_errors: usize,
    /// Print nothing: the exit code says it
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// The unit of timestamps.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Unit {
    #[value(aliases = ["n", "nanosecond"])]
    Ns,
    #[value(aliases = ["u", "microsecond"])]
    Us,
    #[value(alias = "millisecond")]
    Ms,
    #[value(alias = "second")]
    S,
    M,
    H,
}

/// The forms of what `check` found.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CheckFormat {
    Human,
    Json,
    Github,
}
