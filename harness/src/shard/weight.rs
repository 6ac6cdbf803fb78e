//! How long a case takes: as it took in an earlier run, else by what it does.

use crate::case::{Action, Asked, Body, Case, Repeat, Wait};
use crate::event::Event;
use crate::verdict::Verdict;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long cases took in earlier runs; empty where nobody knows.
#[derive(Clone, Debug, Default)]
pub struct Durations {
    milliseconds: BTreeMap<String, u64>,
}

impl Durations {
    /// From the events of earlier runs. Where some of them were on one of these profiles only those
    /// count; a case that ran on several took them all together.
    pub fn of(events: &[Event], profiles: &[String]) -> Self {
        let results = events.iter().filter_map(|event| match event {
            // What did not run says nothing of how long it takes.
            Event::Case(result) if result.verdict != Verdict::Skipped => Some(result.as_ref()),
            _ => None,
        });
        let results: Vec<_> = results.collect();
        let is_own = |profile: &String| profiles.contains(profile);
        let some_own = results.iter().any(|result| is_own(&result.profile));
        let mut milliseconds: BTreeMap<String, u64> = BTreeMap::new();
        for result in results.into_iter().filter(|result| !some_own || is_own(&result.profile)) {
            let sum = milliseconds.entry(result.id.clone()).or_default();
            *sum = sum.saturating_add(result.milliseconds);
        }
        Self { milliseconds }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.milliseconds.is_empty()
    }

    #[cfg(test)]
    pub(super) fn milliseconds_of(&self, id: &str) -> Option<u64> {
        self.milliseconds.get(id).copied()
    }

    /// What each case weighs. A guess is stretched by what the guesses of the known cases are wrong
    /// by, so that a new case is not lost among hundreds on a slow target.
    pub(super) fn weights(&self, cases: &[&Case]) -> Vec<u64> {
        let (mut known, mut guessed) = (0_u128, 0_u128);
        for case in cases {
            if let Some(milliseconds) = self.milliseconds.get(&case.id) {
                known += u128::from(*milliseconds);
                guessed += u128::from(guess(case));
            }
        }
        let stretched = |case: &Case| {
            let guess = u128::from(guess(case));
            let weight = (guess * known).checked_div(guessed).unwrap_or(guess);
            u64::try_from(weight).unwrap_or(u64::MAX)
        };
        cases
            .iter()
            .map(|case| {
                let known = self.milliseconds.get(&case.id).copied();
                // Even what takes no time is one more, so that the counts come out even too.
                known.unwrap_or_else(|| stretched(case)).saturating_add(1)
            })
            .collect()
    }
}

/// Milliseconds on a quick server, by what the case does. The figures are those of the servers in
/// the binary, which are near enough: only their relations matter.
fn guess(case: &Case) -> u64 {
    /// A database is made and dropped.
    const DATABASE: u64 = 4;
    /// A server of its own is made ready, with canary and all.
    const SETUP: u64 = 40;
    let steps: u64 = case
        .steps
        .iter()
        .map(|step| {
            let asked = if step.asked == Asked::Once { 1 } else { 20 };
            asked * of_action(&step.action)
        })
        .sum();
    DATABASE + steps + if case.setup.is_some() { SETUP } else { 0 }
}

fn of_action(action: &Action) -> u64 {
    match action {
        Action::Write(body) => 1 + of_body(body),
        Action::Request { body, .. } => 1 + body.as_ref().map_or(0, of_body),
        Action::Query { .. } | Action::ReadBack => 3,
        Action::Wait(Wait::RetryAfter) => 1_000,
        Action::Wait(Wait::For(duration)) => milliseconds(*duration),
    }
}

fn of_body(body: &Body) -> u64 {
    /// Sent and parsed in a millisecond.
    const BYTES: usize = 250_000;
    /// Stored, read back and compared in a millisecond.
    const LINES: usize = 20;
    let cost = match body {
        Body::Text(text) => text.len() / BYTES,
        Body::Bytes(bytes) => bytes.len() / BYTES,
        Body::Repeat(Repeat { line, count, pad_to, .. }) => {
            let bytes = line.len().saturating_mul(*count).max(pad_to.unwrap_or(0));
            bytes / BYTES + count / LINES
        }
    };
    u64::try_from(cost).unwrap_or(u64::MAX).min(60_000)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).min(3_600_000)
}
