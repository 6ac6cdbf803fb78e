//! The result of a bench for people.

use crate::exit::plain;
use harness::bench::result::{Ledger, Outcome};
use std::fmt::Write as _;

/// A row for each thing that is known.
pub(super) fn table(outcome: &Outcome) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: String| {
        // Writing into memory does not fail.
        let _ = writeln!(text, "{name:<10} {}", plain(&value));
    };
    let options = &outcome.options;
    let version = outcome.server_version.as_ref();
    let version = version.map_or_else(String::new, |version| format!(", version {version}"));
    row("target", format!("{} ({}{version})", outcome.target, outcome.profile));
    let pace = match options.rate {
        Some(rate) => format!("open loop, {rate} lines/s"),
        None => "closed loop".to_owned(),
    };
    row(
        "load",
        format!(
            "{pace}, {} connections, {} lines of {:.0} bytes a body{}, {} series, {} fields, seed {}",
            options.connections,
            options.batch,
            outcome.bytes_per_line,
            if options.gzip { ", gzip" } else { "" },
            options.series,
            options.fields,
            options.seed,
        ),
    );
    let partial = if outcome.partial { "   (interrupted: partial)" } else { "" };
    row(
        "time",
        format!("{:.1} s, after {} s that do not count{partial}", outcome.seconds, options.warmup),
    );
    row(
        "lines",
        format!(
            "{} in {} requests: {:.0} lines/s, {:.1} MB/s",
            outcome.lines, outcome.requests, outcome.lines_per_second, outcome.megabytes_per_second
        ),
    );
    let latency = &outcome.latency;
    let ms =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    row(
        "latency",
        format!(
            "p50 {}   p90 {}   p99 {}   p99.9 {}   max {} ms, from {}",
            ms(latency.p50_ms),
            ms(latency.p90_ms),
            ms(latency.p99_ms),
            ms(latency.p999_ms),
            ms(latency.max_ms),
            latency.from
        ),
    );
    if let Some(not_sent) = outcome.not_sent_in_time {
        row("not sent", format!("{not_sent} requests whose time had come"));
    }
    if outcome.errors.total > 0 {
        row("errors", outcome.errors.total.to_string());
        for (status, answers) in &outcome.errors.by_status {
            row("", format!("{} × status {status}: {}", answers.count, answers.first));
        }
        for (why, count) in &outcome.errors.without_answer {
            row("", format!("{count} × {why}"));
        }
    }
    if outcome.reconnects > 0 {
        row("reconnects", outcome.reconnects.to_string());
    }
    let us = |value: Option<f64>| match value {
        Some(value) => format!("{value:.2} µs of processor a line"),
        None => "processor time not known".to_owned(),
    };
    if let Some(server) = &outcome.server {
        let peak = server.peak_rss_bytes;
        let peak =
            peak.map_or_else(String::new, |peak| format!(", at most {} MiB resident", peak >> 20));
        row("server", format!("{}{peak}", us(server.cpu_us_per_line)));
    }
    row("generator", us(outcome.generator.cpu_us_per_line));
    row("ledger", ledger(&outcome.ledger));
    if let Some(why) = &outcome.ledger.cut_short {
        row("", format!("not all of the sample: {why}"));
    }
    for told in &outcome.ledger.told {
        row("", told.clone());
    }
    text
}

fn ledger(ledger: &Ledger) -> String {
    let mut text = format!("{} lines acknowledged", ledger.acknowledged);
    if ledger.unknown > 0 {
        let _ = write!(text, ", {} of failed requests not", ledger.unknown);
    }
    if ledger.skipped {
        return text + "; none was read back (--no-sample)";
    }
    let Some(reader) = ledger.reader.as_ref().filter(|_| ledger.told.is_empty()) else {
        return match &ledger.not_read {
            Some(why) => format!("{text}; not read back: {why}"),
            None => format!(
                "{text}; of {} read back {} are missing and {} changed",
                looked(ledger),
                ledger.missing,
                ledger.changed
            ),
        };
    };
    if let Some(why) = &ledger.not_read {
        return format!("{text}; by {reader}: {why}");
    }
    let counted = match ledger.counted {
        Some(counted) => format!(", and it counts {counted}"),
        None => "; not counted".to_owned(),
    };
    format!("{text}; {} read back by {reader}, all as written{counted}", looked(ledger))
}

/// How many were looked for, and of how many where those are not all.
fn looked(ledger: &Ledger) -> String {
    if ledger.sampled < ledger.chosen {
        format!("{} of a sample of {}", ledger.sampled, ledger.chosen)
    } else {
        ledger.sampled.to_string()
    }
}
