//! Lines whose times were not the same and are, as the server can represent them: it may keep each
//! of them, or the last one alone.

use super::{Book, Duty, Fate, Judged};
use crate::point::Value;
use std::collections::{BTreeSet, HashMap};

/// Marks the lines that share a time only since times were cut. Of points that were there before
/// nobody knows the time any more.
pub(super) fn mark(book: &Book<'_>, lines: &mut [Judged<'_>], exact: &[Option<i64>]) {
    if book.write.resolution <= 1 {
        return;
    }
    let cut = |time: i64| time - time % book.write.resolution;
    let mut times: HashMap<_, BTreeSet<i64>> = HashMap::new();
    for (line, time) in lines.iter().zip(exact) {
        if let Some(time) = time {
            let key = (line.written.measurement.as_str(), &line.written.tags, cut(*time));
            times.entry(key).or_default().insert(*time);
        }
    }
    for (line, time) in lines.iter_mut().zip(exact) {
        line.is_blurred = match time {
            Some(time) => {
                let key = (line.written.measurement.as_str(), &line.written.tags, cut(*time));
                times[&key].len() > 1 || book.before.contains_key(&key)
            }
            // The server may have given each line a time of its own.
            None => true,
        };
    }
}

/// What became of such a line: each of its values is there, or one of another line in its place.
pub(super) fn fate(
    book: &Book<'_>,
    line: &Judged<'_>,
    at: usize,
    explained: &mut BTreeSet<usize>,
) -> Fate {
    let point = &book.write.after[at];
    let copies = &book.after[&point.key()];
    let there = |key: &str| {
        let key = key.to_owned();
        copies.iter().filter_map(move |n| book.write.after[*n].fields.get(&key))
    };
    let elsewhere = |key: &str, value: &Value| {
        let says = |other: &Judged<'_>| {
            other.index != line.index
                && other.duty != Duty::MustNot
                && other.written.fields.get(key).is_some_and(|v| v.agrees(value))
        };
        book.writers(at).any(says) || book.old_values(point, key).any(|v| v.agrees(value))
    };
    let fields = || line.written.fields.iter();
    if line.duty == Duty::MustNot {
        let shows = |(key, value): (&String, &Value)| {
            there(key).any(|v| v.agrees(value)) && !elsewhere(key, value)
        };
        if !fields().any(shows) {
            return Fate::Absent;
        }
        explained.extend(copies);
        return Fate::Phantom;
    }
    let mut wrong = Vec::new();
    let mut missing = 0;
    for (key, value) in fields() {
        let is_fine = |stored: &Value| stored.agrees(value) || elsewhere(key, stored);
        match there(key).next() {
            None => {
                missing += 1;
                wrong.push(format!("field {key} is missing"));
            }
            Some(stored) if !there(key).any(is_fine) => {
                wrong.push(format!("{key} is {}", stored.show()));
            }
            Some(_) => {}
        }
    }
    match wrong.len() {
        0 => Fate::Stored,
        _ if missing == line.written.fields.len() => Fate::Lost,
        _ => Fate::Mutated(wrong.join(", ")),
    }
}
