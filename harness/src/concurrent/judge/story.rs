//! How a finding is told: what is wrong, and which writes it takes to see it.

use super::Found;
use crate::concurrent::history::Sent;
use crate::model::Written;
use crate::point::{Key, Point, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// More than these are counted, not told.
const TOLD: usize = 8;

/// A line as it was written.
pub(super) fn line(written: &Written) -> String {
    let point = Point {
        measurement: written.measurement.clone(),
        tags: written.tags.clone(),
        fields: written.fields.clone(),
        time: written.timestamp.unwrap_or_default(),
    };
    self::point(&point)
}

/// How a line of this series begins: the tags of a plan stand in the order of their keys, and nothing
/// in them is escaped.
pub(super) fn head(measurement: &str, tags: &BTreeMap<String, String>) -> String {
    let tags = tags.iter().map(|(key, value)| format!(",{key}={value}"));
    format!("{measurement}{} ", tags.collect::<String>())
}

/// A point.
pub(super) fn point(point: &Point) -> String {
    point.show(&point.time.to_string())
}

/// Values, the first few of them.
pub(super) fn several(values: &[&Value]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<_> = values.iter().take(SHOWN).map(|value| value.show()).collect();
    let more = match values.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    shown.join(" and ") + &more
}

/// What is stored at the place of a line.
pub(super) fn instead(
    stored: &BTreeMap<Key<'_>, Vec<&Point>>,
    written: &Written,
) -> Option<String> {
    let time = written.timestamp?;
    let rows = stored.get(&(written.measurement.as_str(), &written.tags, time))?;
    let shown: Vec<_> = rows.iter().map(|row| point(row)).collect();
    Some(format!("stored is {}", shown.join(" and ")))
}

/// Findings of one sort and of the same writes as one.
pub(super) fn joined(found: Vec<Found>) -> Vec<Found> {
    let mut joined: Vec<Found> = Vec::new();
    for one in found {
        let same = |other: &&mut Found| {
            other.word() == one.word() && other.sends == one.sends && !one.sends.is_empty()
        };
        match joined.iter_mut().find(same) {
            Some(first) => first.more += 1,
            None => joined.push(one),
        }
    }
    joined
}

/// The finding, the writes that it takes, and what else there is to say; a line each.
pub(crate) fn told(found: &Found, history: &[Sent]) -> String {
    let mut text = found.what.clone();
    if found.more > 0 {
        let _ = write!(text, " (and {} more of the same)", found.more);
    }
    for sent in found.sends.iter().filter_map(|send| history.get(*send)).take(TOLD) {
        let _ = write!(text, "\n    {sent}");
    }
    if found.sends.len() > TOLD {
        let _ = write!(text, "\n    and {} other writes", found.sends.len() - TOLD);
    }
    if let Some(also) = &found.also {
        let _ = write!(text, "\n    {also}");
    }
    text
}
