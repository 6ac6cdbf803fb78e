//! What can be typed.

mod bundle;
mod concurrent;
mod detect;
mod diff;
mod generate;
pub(crate) mod known;
#[cfg(test)]
mod manifests;
mod merge;
#[cfg(feature = "mutants")]
pub(crate) mod mutants;
mod output;
pub(crate) mod read_back;
mod record;
mod render;
pub(crate) mod report;
mod shard;

use crate::check::dialects::{self, Named};
pub(crate) use bundle::BundleArgs;
use clap::{Args, Parser, Subcommand, ValueEnum};
use concurrent::ConcurrentArgs;
use generate::GenerateArgs;
use harness::case::Level;
use harness::read_back::Program;
pub(crate) use output::{Format, OutputArgs};
use profiles::Capability;
pub(crate) use record::{RecordArgs, RecordFormat};
pub(crate) use shard::PartArgs;
use std::path::PathBuf;

pub(crate) use detect::{DetectArgs, DetectFormat};
pub(crate) use diff::DiffArgs;

/// Proves a server's InfluxDB write path, line by line.
#[derive(Debug, Parser)]
#[command(name = "lineproof", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Box<RunArgs>),
    Serve(ServeArgs),
    Check(CheckArgs),
    Detect(DetectArgs),
    Diff(DiffArgs),
    List(ListArgs),
    Clauses(ClausesArgs),
    Explain(ExplainArgs),
    Known(known::KnownArgs),
    Report(report::ReportArgs),
    Bundle(BundleArgs),
    Record(RecordArgs),
    ReadBack(read_back::ReadBackArgs),
    #[cfg(feature = "mutants")]
    Mutants(mutants::MutantsArgs),
}

/// Which cases, and from where.
#[derive(Debug, Args)]
pub(crate) struct SelectArgs {
    /// Only cases whose id matches: an id, an area, or a pattern with `*` (may be repeated)
    #[arg(long = "cases", value_name = "PATTERN")]
    pub(crate) cases: Vec<String>,
    /// Only cases of this level and the heavier ones
    #[arg(long, value_name = "must|should|may", value_parser = level)]
    pub(crate) level: Option<Level>,
    /// Read the cases from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) cases_dir: Option<PathBuf>,
}

/// Where the target is, and who we are there.
#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// The server's URL, with a path prefix if it has one
    #[arg(long, value_name = "URL")]
    pub(crate) target: Option<String>,
    /// What the server is taken for: product@edition, as `lineproof list --profiles` shows them; a
    /// product alone is its edition `docs`
    #[arg(long = "profile", value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    /// A token that may do everything
    #[arg(long, env = "LINEPROOF_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// A user who may do everything
    #[arg(long, env = "LINEPROOF_USER")]
    pub(crate) user: Option<String>,
    /// That user's password
    #[arg(long, env = "LINEPROOF_PASSWORD", hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// The organisation, where the server has several
    #[arg(long, env = "LINEPROOF_ORG")]
    pub(crate) org: Option<String>,
    /// Run everything in this existing database or bucket; cases that need one of their own do not
    /// run
    #[arg(long, value_name = "NAME")]
    pub(crate) database: Option<String>,
    /// Something that the server lacks, as a word of the `needs` of cases (may be repeated)
    #[arg(long = "lacks", value_name = "CAPABILITY", value_parser = capability)]
    pub(crate) lacks: Vec<Capability>,
    /// A program that reads the server back where no query language of the profile can: its command
    /// line, which no shell runs. It is told where and what by LINEPROOF_TARGET, LINEPROOF_DATABASE,
    /// LINEPROOF_PREFIX and the variables of the credentials, prints everything that is stored as
    /// line protocol, and says nothing on stderr; `lineproof read-back` has such programs
    #[arg(long, value_name = "PROGRAM", value_parser = Program::parse)]
    pub(crate) read_back: Option<Program>,
    /// Where a server is that is set up as some cases need it (`lineproof list --setups`); its token
    /// is that of the target, or LINEPROOF_TOKEN_NAME (`LINEPROOF_TOKEN_SMALL_WRITE_RATE`); may be
    /// repeated
    #[arg(long = "setup", value_name = "NAME=URL", value_parser = pair, requires = "target")]
    pub(crate) setups: Vec<(String, String)>,
    /// How many seconds what was accepted may stay invisible [default: as the profile says]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) visible_within: Option<f64>,
    /// How many seconds an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub(crate) timeout: f64,
}

/// Runs the cases and says whether the server keeps its promises
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof run --target http://127.0.0.1:8086 --profile oss-v1@1.6
  LINEPROOF_TOKEN=… lineproof run --target https://host/influx --profile oss-v2@2.7 --format junit --output report.xml
  lineproof run --target http://127.0.0.1:8181 --profile v3-core@3.6 --cases 'batch/*' --strict 2
  lineproof run --target http://127.0.0.1:8181 --profile v3-core --setup small-tables=http://127.0.0.1:8182
  lineproof run --target http://127.0.0.1:8428 --profile oss-v1@1.6 --read-back 'lineproof read-back victoria-metrics'
  lineproof run --target URL --profile oss-v2 --report html=report.html --report junit=report.xml
  lineproof run --target URL --profile oss-v2 --shard 2/4 --format json --output shard-2.ndjson
  lineproof run                            (every profile, on the servers in the binary)
  lineproof run --target http://127.0.0.1:8086 --profile oss-v1@1.6 --generate 3000 --seed 7
  lineproof run --target http://127.0.0.1:8086 --profile oss-v1@1.6 --concurrent 200 --writers 16

Exit codes: 0 conformant; 1 not conformant, or a known failure passes, or the list of them is stale;
2 wrong usage, or nothing ran; 3 the target cannot be judged; 4 no verdict; 70 a fault of lineproof;
130 interrupted, or past the deadline (the report is partial, and says so). MUST and SHOULD failures
count, MAY ones and guesses only warn.")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// 0: honesty and status class; 1: status, JSON shape, what is stored; 2: messages; 3: every
    /// byte and header
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(crate) strict: u8,
    /// How many cases run at once; those that have a server of their own mostly wait and do not count,
    /// unless it is 1 [default: two for each processor]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Begin no new case after the first failure
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Run the cases in another order, the same for the same seed
    #[arg(long, value_name = "SEED")]
    pub(crate) shuffle: Option<u64>,
    /// A file of cases that are known to fail, a pattern and a reason a line: `batch/*  # why`, or
    /// `batch/x  [status]  # why` if only so (`lineproof known update` writes it)
    #[arg(long, value_name = "FILE")]
    pub(crate) known_failing: Option<PathBuf>,
    /// Give the servers in the binary this fault (`lineproof mutants --list`)
    #[cfg(feature = "mutants")]
    #[arg(long, value_name = "ID")]
    pub(crate) mutant: Option<String>,
    #[command(flatten)]
    pub(crate) part: PartArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// Read the snapshots from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) snapshots_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) generate: GenerateArgs,
    #[command(flatten)]
    pub(crate) concurrent: ConcurrentArgs,
    /// Hold the server against this edition of the profile's product, such as one that
    /// `lineproof record` has written into the folder of snapshots
    #[arg(long, value_name = "NAME", requires = "profiles")]
    pub(crate) edition: Option<String>,
}

/// Lists the cases, the profiles, or how their servers can be set up
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof list
  lineproof list --cases batch --level must
  lineproof list --profiles
  lineproof list --differences v3-core@docs v3-core@3.6
  lineproof list --settings
  lineproof list --setups
  lineproof list --cases-dir cases        (checks the files of a folder)")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// List the profiles instead
    #[arg(long)]
    pub(crate) profiles: bool,
    /// List the setups of servers that cases need
    #[arg(long)]
    pub(crate) setups: bool,
    /// List what can be set on a server of each profile, and the product's own values
    #[arg(long)]
    pub(crate) settings: bool,
    /// List where two profiles part: what each says of the same case, and on what ground
    #[arg(long, num_args = 2, value_names = ["PROFILE", "PROFILE"], conflicts_with_all = ["profiles", "stale", "settings", "setups"])]
    pub(crate) differences: Vec<String>,
    /// How close they are compared, as with `run --strict`
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=3), requires = "differences")]
    pub(crate) strict: u8,
    /// Each difference by itself, not one for all that are alike
    #[arg(long, requires = "differences")]
    pub(crate) all: bool,
    /// The form of the differences; json is one object a line, of each by itself
    #[arg(long, value_enum, default_value = "text", requires = "differences")]
    pub(crate) format: DifferencesFormat,
    /// List the snapshots that do not belong to the cases any more
    #[arg(long)]
    pub(crate) stale: bool,
    /// Read the snapshots from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) snapshots_dir: Option<PathBuf>,
}

/// Shows what a case sends, why, and what is expected of each profile
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof explain batch/bad-line-between
  lineproof explain batch/bad-line-between --profile v3-core@3.6")]
pub(crate) struct ExplainArgs {
    /// The id of the case
    pub(crate) case: String,
    /// Only on these profiles
    #[arg(long = "profile", value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    /// The server that the curl lines name
    #[arg(long, value_name = "URL")]
    pub(crate) target: Option<String>,
    /// Read the cases from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) cases_dir: Option<PathBuf>,
    /// Read the snapshots from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) snapshots_dir: Option<PathBuf>,
}

fn level(word: &str) -> Result<Level, String> {
    Level::ALL
        .into_iter()
        .find(|level| level.word() == word)
        .ok_or_else(|| "one of must, should, may".to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("there is no `=` in it")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn capability(word: &str) -> Result<Capability, String> {
    word.parse()
}

/// Serves like a product, to write clients against
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof serve --profile oss-v2@2.7 --bind 127.0.0.1:8086 --token my-token --org acme --bucket first --bucket short=1d
  lineproof serve --profile v3-core@3.6 --auth off
  lineproof serve --profile oss-v1@1.6 --profile v3-core@3.6        (a free port each)

The first line on standard output is `lineproof PROFILE listening on URL`, once the server answers.
Data is kept in memory. Without --token, --org and --bucket the server is as the product is when it
was just installed; with any of them it is set up, and a token that was chosen is asked for
(v1: it is the password of the user `admin`).
It ends on Ctrl-C and SIGTERM.")]
pub(crate) struct ServeArgs {
    /// What to answer like: product@edition, as `lineproof list --profiles` shows them; may be
    /// repeated, each gets a port of its own
    #[arg(long = "profile", value_name = "PROFILE", required = true)]
    pub(crate) profiles: Vec<String>,
    /// Where to listen; port 0 takes a free one; once for each profile, or once with port 0
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) bind: Vec<std::net::SocketAddr>,
    /// Whether credentials are asked for; by default as the product does, or where --token is given
    #[arg(long, value_enum)]
    pub(crate) auth: Option<Switch>,
    /// The owner's token
    #[arg(long, env = "LINEPROOF_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// The organisation's name (v2)
    #[arg(long)]
    pub(crate) org: Option<String>,
    /// A bucket or database that is there from the start, with how long it keeps points (`1d`,
    /// `12h`); may be repeated
    #[arg(long = "bucket", visible_alias = "database", value_name = "NAME[=RETENTION]")]
    pub(crate) buckets: Vec<String>,
    /// A limit or habit that is not to be the product's own: `write-rate=2kB/2s`, `columns=10`; may
    /// be repeated (`lineproof list --settings`)
    #[arg(long = "set", value_name = "SETTING=VALUE", value_parser = pair)]
    pub(crate) set: Vec<(String, String)>,
    /// Speak TLS with this certificate, in PEM, those that vouch for it after it
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Give the servers in the binary this fault (`lineproof mutants --list`)
    #[cfg(feature = "mutants")]
    #[arg(long, value_name = "ID")]
    pub(crate) mutant: Option<String>,
    /// How the first line is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ServeFormat,
}

/// On or off.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

impl Switch {
    /// Whether it is on.
    #[cfg(feature = "embedded")]
    pub(crate) fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

/// How `serve` tells where it listens.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ServeFormat {
    Text,
    Json,
}

/// Shows which promises of the products' own pages have cases, and which have none
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lineproof clauses
  lineproof clauses --all
  lineproof clauses --format json | jq 'select(.cases == []) | .id'")]
pub(crate) struct ClausesArgs {
    /// Show each promise with its cases, not only those without
    #[arg(long)]
    pub(crate) all: bool,
    /// The form; json is one object a line, always of every promise
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ClausesFormat,
    /// Read the cases from this folder instead of those in the binary
    #[arg(long, value_name = "DIR")]
    pub(crate) cases_dir: Option<PathBuf>,
}

/// The forms of a list of differences.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DifferencesFormat {
    Text,
    Markdown,
    Json,
}

/// The forms of the coverage.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ClausesFormat {
    Text,
    Json,
}

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
