//! What was measured, as a table in Markdown.

use anyhow::{Context, Result};
use serde_json::Value as Json;
use std::fmt::Write as _;
use std::time::Duration;

/// What a load at a fixed rate came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figures {
    /// Of requests, from the time at which each was to begin, in milliseconds.
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// Requests whose time had come, and which were not sent.
    pub(super) not_sent: u64,
}

impl Figures {
    /// Of what a bench printed.
    ///
    /// # Errors
    /// Something was not measured.
    pub(super) fn of(json: &Json) -> Result<Self> {
        let figure = |name: &str| {
            let figure = json.pointer(&format!("/latency/{name}")).and_then(Json::as_f64);
            figure.filter(|figure| *figure > 0.0).with_context(|| format!("it tells no {name}"))
        };
        let not_sent = json.get("not_sent_in_time").and_then(Json::as_u64);
        Ok(Self {
            p50_ms: figure("p50_ms")?,
            p99_ms: figure("p99_ms")?,
            not_sent: not_sent.context("it was no open loop")?,
        })
    }
}

/// One server, without and with scans.
#[derive(Clone, Debug)]
pub(super) struct Round {
    pub(super) profile: String,
    /// How many lines were there before.
    pub(super) lines: u64,
    pub(super) quiet: Figures,
    pub(super) scanned: Figures,
    /// How long each scan took.
    pub(super) times: Vec<Duration>,
}

impl Round {
    /// How many times as high the p99 is under scans.
    fn ratio(&self) -> f64 {
        self.scanned.p99_ms / self.quiet.p99_ms
    }

    /// The same for people, in a line.
    pub(super) fn shown(&self) -> String {
        let (quiet, scanned) = (self.quiet.p99_ms, self.scanned.p99_ms);
        let scans = self.times.len();
        let ratio = self.ratio();
        format!("p99 {quiet:.2} ms, {scanned:.2} ms beside {scans} scans: {ratio:.2} times")
    }
}

const HEAD: &str = "\
| profile | lines before | p50 ms | under scans | p99 ms | under scans | ratio of p99 | scans | s each | not sent |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
";

/// A row for each round, and the middle ratio of each profile.
pub(super) fn markdown(rounds: &[Round], rate: u32, query: &str) -> String {
    let mut text = HEAD.to_owned();
    for round in rounds {
        let (quiet, scanned) = (&round.quiet, &round.scanned);
        let each = median(round.times.iter().map(Duration::as_secs_f64).collect());
        let _ = writeln!(
            text,
            "| {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {each:.2} | {} / {} |",
            round.profile,
            round.lines,
            quiet.p50_ms,
            scanned.p50_ms,
            quiet.p99_ms,
            scanned.p99_ms,
            round.ratio(),
            round.times.len(),
            quiet.not_sent,
            scanned.not_sent,
        );
    }
    text.push('\n');
    for (profile, ratio) in ratios(rounds) {
        let _ = writeln!(text, "{profile}: {ratio:.2} times in the middle of the rounds.");
    }
    let _ = writeln!(
        text,
        "{rate} lines a second in requests of 100; latency from the time at which a request was to begin. A \
         scan: `{query}`."
    );
    text
}

/// The profiles whose p99 is more than so many times as high, and how many times.
pub(super) fn above(rounds: &[Round], most: f64) -> Vec<(String, f64)> {
    // What is no number is no proof.
    ratios(rounds).into_iter().filter(|(_, ratio)| ratio.is_nan() || *ratio > most).collect()
}

/// The middle of the rounds for each profile, in their order.
fn ratios(rounds: &[Round]) -> Vec<(String, f64)> {
    let mut profiles: Vec<&str> = Vec::new();
    for round in rounds {
        if !profiles.contains(&round.profile.as_str()) {
            profiles.push(&round.profile);
        }
    }
    let of = |profile: &&str| {
        let own = rounds.iter().filter(|round| round.profile == *profile);
        ((*profile).to_owned(), median(own.map(Round::ratio).collect()))
    };
    profiles.iter().map(of).collect()
}

/// The middle of them, or the mean of the two in the middle.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let (half, count) = (figures.len() / 2, figures.len());
    match count {
        0 => f64::NAN,
        odd if odd % 2 == 1 => figures[half],
        _ => f64::midpoint(figures[half - 1], figures[half]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn round(profile: &str, quiet: f64, scanned: f64) -> Round {
        let figures = |p99_ms| Figures { p50_ms: 1.0, p99_ms, not_sent: 0 };
        Round {
            profile: profile.to_owned(),
            lines: 1000,
            quiet: figures(quiet),
            scanned: figures(scanned),
            times: vec![Duration::from_millis(500); 3],
        }
    }

    #[test]
    fn the_middle_of_the_rounds_decides_for_each_profile() {
        let rounds = [
            round("a", 10.0, 15.0),
            round("b", 10.0, 25.0),
            round("a", 10.0, 90.0),
            round("b", 10.0, 21.0),
            round("a", 10.0, 20.0),
        ];
        assert_eq!(above(&rounds, 2.0), [("b".to_owned(), 2.3)]);
        assert!(above(&rounds, 2.5).is_empty());
        assert_eq!(above(&[round("a", 0.0, 0.0)], 2.0).len(), 1);
        let table = markdown(&rounds, 700, "SELECT a");
        let row = "| b | 1000 | 1.00 | 1.00 | 10.00 | 25.00 | 2.50 | 3 | 0.50 | 0 / 0 |";
        assert!(table.contains(row), "{table}");
        assert!(table.contains("a: 2.00 times") && table.contains("b: 2.30 times"), "{table}");
        assert!(table.contains("700 lines") && table.contains("`SELECT a`"), "{table}");
    }

    #[test]
    fn figures_are_those_of_an_open_loop() {
        let mut told = json!({"latency": {"p50_ms": 1.5, "p99_ms": 9.25}, "not_sent_in_time": 4});
        let figures = Figures { p50_ms: 1.5, p99_ms: 9.25, not_sent: 4 };
        assert_eq!(Figures::of(&told).unwrap(), figures);
        told["not_sent_in_time"] = Json::Null;
        assert!(Figures::of(&told).is_err());
        assert!(Figures::of(&json!({"not_sent_in_time": 0})).is_err());
    }
}
