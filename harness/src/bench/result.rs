//! What came of a bench, as JSON has it (`docs/bench.md`).

use super::load::Loaded;
use super::tally::{Latencies, Part};
use super::{Pace, Plan};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Everything that is known in the end.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The target's URL.
    pub target: String,
    /// What it was taken for.
    pub profile: String,
    /// What it calls itself (`X-Influxdb-Version`), where it does.
    pub server_version: Option<String>,
    /// What was asked for.
    pub options: Options,
    /// Somebody ended it before its time.
    pub partial: bool,
    /// From the first request that counts to the last answer.
    pub seconds: f64,
    /// Requests that count and have come to their end, whether they succeeded or not.
    pub requests: u64,
    /// Lines of them that were acknowledged.
    pub lines: u64,
    /// Bytes of these lines.
    pub bytes: u64,
    /// The same as they were sent: fewer where they were compressed.
    pub sent_bytes: u64,
    /// Acknowledged lines by seconds.
    pub lines_per_second: f64,
    /// Their bytes by seconds, in millions, before they were compressed.
    pub megabytes_per_second: f64,
    /// Bytes of a line in the mean.
    pub bytes_per_line: f64,
    /// How long requests took that succeeded.
    pub latency: Latency,
    /// Requests of an open loop that should have begun in time, and did not.
    pub not_sent_in_time: Option<u64>,
    /// What did not succeed, before it counted too.
    pub errors: Errors,
    /// How often a connection that had ended was opened again.
    pub reconnects: u64,
    /// What the bench itself cost.
    pub generator: Generator,
    /// What the server cost, where its process was named.
    pub server: Option<Server>,
    /// What became of the lines.
    pub ledger: Ledger,
    /// What was made and is left on the target, and why, where something is.
    pub left_behind: Option<String>,
    /// Second by second.
    pub by_second: Vec<Second>,
}

/// What was asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Options {
    /// `closed`, or `open`, where requests begin at times that were set before.
    pub r#loop: &'static str,
    /// Lines that an open loop sends each second.
    pub rate: Option<f64>,
    /// How many connections.
    pub connections: usize,
    /// Lines of a body.
    pub batch: usize,
    /// Series of all lines.
    pub series: usize,
    /// Fields of a line.
    pub fields: usize,
    /// Bodies were compressed.
    pub gzip: bool,
    /// Seconds that count.
    pub duration: f64,
    /// Seconds before, that do not.
    pub warmup: f64,
    /// What the bodies were made from.
    pub seed: u64,
    /// Lines that are read back at most; 0 for none.
    pub sample: usize,
    /// Seconds that they are read at most.
    pub sample_time: f64,
    /// Seconds that an answer may take.
    pub timeout: f64,
}

impl Options {
    pub(super) fn new(plan: &Plan, timeout: Duration) -> Self {
        let shape = &plan.shape;
        let (name, rate) = match plan.pace {
            Pace::Closed => ("closed", None),
            Pace::Open { lines_per_second } => ("open", Some(lines_per_second)),
        };
        Self {
            r#loop: name,
            rate,
            connections: plan.connections,
            batch: shape.batch,
            series: shape.series,
            fields: shape.fields,
            gzip: shape.gzip,
            duration: plan.duration.as_secs_f64(),
            warmup: plan.warmup.as_secs_f64(),
            seed: shape.seed,
            sample: plan.sample,
            sample_time: plan.sample_time.as_secs_f64(),
            timeout: timeout.as_secs_f64(),
        }
    }
}

/// Milliseconds, by share of the requests; none of no request.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// Whence it is measured: `intended start` in an open loop, so that who waits for a server that
    /// stalls counts too; else `sending`.
    pub from: &'static str,
    /// Half of them took no longer.
    pub p50_ms: Option<f64>,
    /// 90 %.
    pub p90_ms: Option<f64>,
    /// 99 %.
    pub p99_ms: Option<f64>,
    /// 99.9 %.
    pub p999_ms: Option<f64>,
    /// The longest.
    pub max_ms: Option<f64>,
    /// The mean.
    pub mean_ms: Option<f64>,
}

impl Latency {
    fn new(pace: Pace, of: &Latencies) -> Self {
        let from = match pace {
            Pace::Closed => "sending",
            Pace::Open { .. } => "intended start",
        };
        Self {
            from,
            p50_ms: of.permille(500),
            p90_ms: of.permille(900),
            p99_ms: of.permille(990),
            p999_ms: of.permille(999),
            max_ms: of.max(),
            mean_ms: of.mean(),
        }
    }
}

/// What did not succeed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Errors {
    /// All of it.
    pub total: u64,
    /// Answers that are none of 2xx, by status.
    pub by_status: BTreeMap<u16, Answers>,
    /// Requests without an answer, by why.
    pub without_answer: BTreeMap<String, u64>,
}

/// Answers of one status.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Answers {
    /// How many.
    pub count: u64,
    /// The text of the first one.
    pub first: String,
}

/// What the bench itself cost.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Generator {
    /// Processor time in seconds, while it counted; none where the system does not tell.
    pub cpu_seconds: Option<f64>,
    /// Processor time by acknowledged line, in microseconds.
    pub cpu_us_per_line: Option<f64>,
}

/// What the server cost.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Server {
    /// Its process.
    pub pid: u32,
    /// Processor time in seconds, while it counted; none where the process is gone.
    pub cpu_seconds: Option<f64>,
    /// Processor time by acknowledged line, in microseconds.
    pub cpu_us_per_line: Option<f64>,
    /// The most memory that it has had resident since it began.
    pub peak_rss_bytes: Option<u64>,
}

/// What became of the lines, those before it counted too.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Ledger {
    /// Lines that were acknowledged.
    pub acknowledged: u64,
    /// The same by connection.
    pub by_connection: Vec<u64>,
    /// Lines of requests that failed or were not answered: they may be stored or not.
    pub unknown: u64,
    /// What reads back.
    pub reader: Option<String>,
    /// Acknowledged lines that were chosen to be looked for.
    pub chosen: usize,
    /// Of these, how many were looked for.
    pub sampled: usize,
    /// Why fewer were looked for than were chosen, where that is so.
    pub cut_short: Option<String>,
    /// How long it was read and counted, in seconds.
    pub reading_seconds: f64,
    /// How many of them are not there.
    pub missing: usize,
    /// How many are there with other fields or tags.
    pub changed: usize,
    /// How many lines the server counts, where it can be asked.
    pub counted: Option<u64>,
    /// What is wrong, the first of it.
    pub told: Vec<String>,
    /// Why the sample, or the count, is none, where it is none.
    pub not_read: Option<String>,
    /// Nobody wanted it to be read.
    pub skipped: bool,
}

impl Ledger {
    /// Lines that were acknowledged and that the count does not have.
    pub fn uncounted(&self) -> u64 {
        self.counted.map_or(0, |counted| self.acknowledged.saturating_sub(counted))
    }

    /// Lines that the count has and nobody sent.
    pub fn invented(&self) -> u64 {
        let most = self.acknowledged + self.unknown;
        self.counted.map_or(0, |counted| counted.saturating_sub(most))
    }

    /// Whether what is stored is not what was acknowledged.
    pub fn is_broken(&self) -> bool {
        self.missing + self.changed > 0 || self.uncounted() + self.invented() > 0
    }
}

/// A second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Second {
    /// When it began, in seconds since the load did.
    pub at: f64,
    /// How long it was: the last one is shorter.
    pub seconds: f64,
    /// It does not count.
    pub warmup: bool,
    /// Requests that came to their end in it.
    pub requests: u64,
    /// Lines that were acknowledged in it.
    pub lines: u64,
    /// Acknowledged lines by seconds.
    pub lines_per_second: f64,
    /// Requests that did not succeed.
    pub errors: u64,
    /// Half of those that succeeded took no longer.
    pub p50_ms: Option<f64>,
    /// 99 % of them.
    pub p99_ms: Option<f64>,
    /// The longest.
    pub max_ms: Option<f64>,
}

impl Second {
    /// Of what was counted, from then on for so long.
    pub(super) fn new((at, long): (Duration, Duration), warmup: bool, part: &Part) -> Self {
        Self {
            at: at.as_secs_f64(),
            seconds: long.as_secs_f64(),
            warmup,
            requests: part.requests,
            lines: part.lines,
            lines_per_second: by(part.lines, long.as_secs_f64()),
            errors: part.errors,
            p50_ms: part.latencies.permille(500),
            p99_ms: part.latencies.permille(990),
            max_ms: part.latencies.max(),
        }
    }
}

/// So many by seconds; 0 of no time.
#[allow(clippy::cast_precision_loss, reason = "shown with three digits")]
fn by(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

/// Microseconds by line.
#[allow(clippy::cast_precision_loss, reason = "shown with three digits")]
fn by_line(time: Option<Duration>, lines: u64) -> Option<f64> {
    time.filter(|_| lines > 0).map(|time| time.as_secs_f64() * 1e6 / lines as f64)
}

/// What is known of the target besides.
pub(super) struct About {
    pub(super) target: String,
    pub(super) profile: String,
    pub(super) server_version: Option<String>,
    pub(super) timeout: Duration,
    pub(super) bytes_per_line: f64,
}

impl Outcome {
    pub(super) fn new(about: About, plan: &Plan, loaded: Loaded, ledger: Ledger) -> Self {
        let Loaded { tally, cost, .. } = loaded;
        let total = &tally.total;
        let seconds = loaded.elapsed.as_secs_f64();
        let statuses = loaded.failures.statuses.into_iter();
        let by_status: BTreeMap<_, _> =
            statuses.map(|(status, (count, first))| (status, Answers { count, first })).collect();
        let answers: u64 = by_status.values().map(|answers| answers.count).sum();
        let silences: u64 = loaded.failures.silences.values().sum();
        let errors = Errors {
            total: answers + silences,
            by_status,
            without_answer: loaded.failures.silences,
        };
        Self {
            target: about.target,
            profile: about.profile,
            server_version: about.server_version,
            options: Options::new(plan, about.timeout),
            partial: loaded.interrupted,
            seconds,
            requests: total.requests,
            lines: total.lines,
            bytes: total.bytes,
            sent_bytes: total.sent,
            lines_per_second: by(total.lines, seconds),
            megabytes_per_second: by(total.bytes, seconds) / 1e6,
            bytes_per_line: about.bytes_per_line,
            latency: Latency::new(plan.pace, &total.latencies),
            not_sent_in_time: matches!(plan.pace, Pace::Open { .. }).then_some(loaded.not_sent),
            errors,
            reconnects: loaded.reopened,
            generator: Generator {
                cpu_seconds: cost.own.map(|time| time.as_secs_f64()),
                cpu_us_per_line: by_line(cost.own, total.lines),
            },
            server: plan.server_pid.map(|pid| Server {
                pid,
                cpu_seconds: cost.server.map(|time| time.as_secs_f64()),
                cpu_us_per_line: by_line(cost.server, total.lines),
                peak_rss_bytes: cost.server_peak,
            }),
            ledger,
            left_behind: None,
            by_second: loaded.seconds,
        }
    }
}
