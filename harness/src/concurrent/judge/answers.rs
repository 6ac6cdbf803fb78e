//! What every server owes to a write, whatever is stored: an answer, and an honest one.

use super::{Found, HONEST, Habits};
use crate::compare::Kind;
use crate::concurrent::history::{By, Came, Fault, Sent};
use crate::model::{Item, Sureness, sureness};
use std::collections::BTreeSet;

const TAKEN: &str = "lines that every product takes are accepted";
const ANSWER: &str = "a write is answered with success or an error";
const NO_FAULT: &str = "an answer that is no server's fault";
const STILL: &str = "a server still answers after connections have ended in mid-body";

/// What is wrong with the answers alone.
pub(crate) fn answers(history: &[Sent], habits: Habits) -> Vec<Found> {
    let each = history.iter().enumerate();
    each.flat_map(|(send, sent)| answer(send, sent, habits)).collect()
}

fn found(kind: Kind, expected: &'static str, what: String, send: usize) -> Found {
    let sends = BTreeSet::from([send]);
    Found { kind, expected, what, sends, is_missing: false, more: 0, also: None }
}

fn answer(send: usize, sent: &Sent, habits: Habits) -> Vec<Found> {
    let is = |item: &&Item, sort: Sureness| sureness(&item.text, &item.meaning) == sort;
    let (status, said, busy) = match &sent.came {
        Came::Nothing { why, fault: Fault::Server } => {
            return vec![found(Kind::NoAnswer, NO_FAULT, why.clone(), send)];
        }
        Came::Answer { status, said, busy, .. } => (*status, said, *busy),
        Came::Nothing { .. } | Came::Left => return Vec::new(),
    };
    let got = || format!("{status} {said}");
    match status {
        200..=299 if habits.is_final => {
            let bad = sent.items.iter().filter(|item| is(item, Sureness::Malformed));
            let tell = |item: &Item| {
                let (line, text) = (item.line, &item.text);
                let what = format!(
                    "line {line} said to be stored ({status}), and is no line in any grammar: {text}"
                );
                found(Kind::Honesty, HONEST, what, send)
            };
            bad.map(tell).collect()
        }
        200..=299 | 429 => Vec::new(),
        _ if busy => Vec::new(),
        400..=499 if sent.items.iter().all(|item| is(&item, Sureness::Plain)) => {
            vec![found(Kind::StatusClass, TAKEN, got(), send)]
        }
        400..=499 => Vec::new(),
        500..=599 => vec![found(Kind::StatusClass, NO_FAULT, got(), send)],
        _ => vec![found(Kind::StatusClass, ANSWER, got(), send)],
    }
}

/// A server that answers no more: with the last thing that was done to it before.
pub(crate) fn gone(history: &[Sent], by: By, why: &str) -> Found {
    let silent = history.iter().enumerate().filter(|(_, sent)| {
        matches!(sent.came, Came::Nothing { fault: Fault::Late | Fault::Server, .. })
    });
    let first = silent.min_by_key(|(_, sent)| sent.began);
    let left = history.iter().enumerate().filter(|(_, sent)| matches!(sent.came, Came::Left));
    let left: Vec<_> = left.collect();
    let is_before =
        |(_, sent): &&(usize, &Sent)| first.is_none_or(|(_, first)| sent.began < first.began);
    // The ones after which nothing came any more: the last that broke off, and the last of all.
    let last = left.iter().filter(is_before).max_by_key(|(_, sent)| sent.began);
    let cut = || left.iter().filter(|(_, sent)| sent.part.is_some());
    let cut_before = cut().filter(is_before).max_by_key(|(_, sent)| sent.began);
    // A write may be on its way when another one breaks off.
    let cut = cut_before.or_else(|| cut().min_by_key(|(_, sent)| sent.began));
    let sends = [last, cut, first.as_ref()].into_iter().flatten().map(|(send, _)| *send).collect();
    Found {
        kind: Kind::NoAnswer,
        expected: STILL,
        what: format!("{by} has no answer: {why}"),
        sends,
        is_missing: false,
        more: 0,
        also: None,
    }
}
