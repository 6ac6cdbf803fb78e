//! How a ledger is made: pure, from what was sent, said and stored.

use super::{Entry, Fate, Ledger};
use crate::claim::{Claim, Claims};
use crate::clock::is_near;
use crate::model::{Item, Meaning, Written};
use crate::point::{Point, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is known of one write.
pub(crate) struct Write<'w> {
    pub(crate) items: &'w [Item],
    pub(crate) claims: &'w Claims,
    pub(crate) before: &'w [Point],
    pub(crate) after: &'w [Point],
    /// Nanoseconds of a unit of its timestamps; none where products read the precision differently.
    pub(crate) unit: Option<Unit>,
    pub(crate) now: i64,
    /// Points older than this may vanish at any time.
    pub(crate) oldest: Option<i64>,
}

/// How timestamps are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// So many nanoseconds each.
    Of(i64),
    /// By their size: seconds, milliseconds, microseconds or nanoseconds.
    Auto,
}

impl Unit {
    fn nanoseconds(self, timestamp: i64) -> Option<i64> {
        let unit = match self {
            Self::Of(unit) => unit,
            Self::Auto => match timestamp.checked_abs()? / 1_000_000_000 {
                0..5 => 1_000_000_000,
                5..5_000 => 1_000_000,
                5_000..5_000_000 => 1_000,
                _ => 1,
            },
        };
        timestamp.checked_mul(unit)
    }
}

/// How sure it is that a line is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Duty {
    Must,
    May,
    MustNot,
}

/// A line that is understood, with the stored point that belongs to it.
struct Judged<'w> {
    index: usize,
    written: &'w Written,
    duty: Duty,
    /// The index in `after` of its point.
    found: Option<usize>,
}

pub(crate) fn judge(write: &Write<'_>) -> Ledger {
    let judged = judged_lines(write);
    let mut fates: Vec<Fate> = write.items.iter().map(|_| Fate::Unjudged).collect();
    let mut explained: BTreeSet<usize> = judged
        .iter()
        .filter(|line| line.duty != Duty::MustNot)
        .filter_map(|line| line.found)
        .collect();
    for (n, point) in write.after.iter().enumerate() {
        let written = |at: &usize| write.after[*at].key() == point.key();
        if write.before.contains(point) || explained.iter().any(written) {
            explained.insert(n);
        }
    }
    // So many stored things may come from lines that nobody here understands.
    let mut capacity = open_lines(write);
    let mut strays = Vec::new();

    for line in &judged {
        fates[line.index] = fate(write, &judged, line, &mut explained, capacity > 0);
    }
    forgive_unnamed(write, &mut fates);
    for (n, point) in write.after.iter().enumerate().filter(|(n, _)| !explained.contains(n)) {
        if capacity > 0 {
            capacity -= 1;
        } else if judged.iter().all(|line| line.found != Some(n) || !fates[line.index].is_wrong()) {
            strays.push(format!("PHANTOM, written by no line: {}", point.show(&show_time(point.time, write.now))));
        }
    }
    strays.extend(vanished(write));
    nothing_stored(write, &judged, &mut fates);

    let entries = write.items.iter().zip(&write.claims.items).zip(fates);
    let entries = entries.map(|((item, claim), fate)| Entry {
        line: item.line,
        text: cut(&item.text),
        claim: *claim,
        fate,
    });
    Ledger { entries: entries.collect(), strays }
}

fn judged_lines<'w>(write: &Write<'w>) -> Vec<Judged<'w>> {
    let mut lines = Vec::new();
    for (index, (item, claim)) in write.items.iter().zip(&write.claims.items).enumerate() {
        let Meaning::Point(written) = &item.meaning else { continue };
        let time = match (written.timestamp, write.unit) {
            (Some(timestamp), Some(unit)) => match unit.nanoseconds(timestamp) {
                Some(time) => Some(time),
                None => continue,
            },
            _ => None,
        };
        let old = matches!((time, write.oldest), (Some(time), Some(oldest)) if time < oldest);
        let duty = match claim {
            Claim::Accepted if !old => Duty::Must,
            Claim::Accepted | Claim::Unmentioned => Duty::May,
            Claim::Rejected => Duty::MustNot,
        };
        let found = match (time, written.timestamp) {
            (Some(time), _) => {
                let same = |p: &Point| series(p) == (&written.measurement, &written.tags) && p.time == time;
                write.after.iter().position(same)
            }
            (None, timestamp) => newest(write, written, timestamp.is_none()),
        };
        lines.push(Judged { index, written, duty, found });
    }
    lines
}

/// The point of a line whose time the server chose, or whose unit is not sure: a new one of the
/// same series, or one that has changed.
fn newest(write: &Write<'_>, written: &Written, by_server: bool) -> Option<usize> {
    let fits = |point: &Point| {
        series(point) == (&written.measurement, &written.tags)
            && (!by_server || is_near(point.time, write.now))
            && !write.before.contains(point)
    };
    write.after.iter().rposition(fits)
}

fn series(point: &Point) -> (&String, &BTreeMap<String, String>) {
    (&point.measurement, &point.tags)
}

fn fate(
    write: &Write<'_>,
    all: &[Judged<'_>],
    line: &Judged<'_>,
    explained: &mut BTreeSet<usize>,
    open: bool,
) -> Fate {
    match (line.duty, line.found) {
        (Duty::Must, None) => misplaced(write, line, explained).unwrap_or(Fate::Lost),
        (Duty::May | Duty::MustNot, None) => Fate::Absent,
        (Duty::May, Some(_)) => Fate::Stored,
        (Duty::MustNot, Some(at)) => rejected_fate(write, all, line, at, explained),
        (Duty::Must, Some(at)) => accepted_fate(write, all, line, at, open),
    }
}

/// A line that was refused: is what it says there, and from nowhere else?
fn rejected_fate(
    write: &Write<'_>,
    all: &[Judged<'_>],
    line: &Judged<'_>,
    at: usize,
    explained: &mut BTreeSet<usize>,
) -> Fate {
    let point = &write.after[at];
    let before = write.before.iter().find(|p| p.key() == point.key());
    let elsewhere = |key: &str, value: &Value| {
        let by_other = all.iter().any(|other| {
            other.duty != Duty::MustNot
                && other.found == Some(at)
                && other.written.fields.get(key).is_some_and(|v| v.agrees(value))
        });
        by_other || before.and_then(|p| p.fields.get(key)).is_some_and(|v| v.agrees(value))
    };
    let shows = |(key, value): (&String, &Value)| {
        point.fields.get(key).is_some_and(|v| v.agrees(value)) && !elsewhere(key, value)
    };
    if line.written.fields.iter().any(shows) {
        explained.insert(at);
        Fate::Phantom
    } else {
        Fate::Absent
    }
}

/// A line that was accepted: is its point there as written? Of several writers of one field the
/// last one counts.
fn accepted_fate(
    write: &Write<'_>,
    all: &[Judged<'_>],
    line: &Judged<'_>,
    at: usize,
    open: bool,
) -> Fate {
    let point = &write.after[at];
    let is_last = |key: &str| {
        !all.iter().any(|other| {
            other.index > line.index
                && other.found == Some(at)
                && other.duty == Duty::Must
                && other.written.fields.contains_key(key)
        })
    };
    let perhaps = |key: &str, value: &Value| {
        all.iter().any(|other| {
            other.duty == Duty::May
                && other.found == Some(at)
                && other.written.fields.get(key).is_some_and(|v| v.agrees(value))
        })
    };
    let mut missing = Vec::new();
    let mut wrong = Vec::new();
    let own: Vec<_> = line.written.fields.iter().filter(|(key, _)| is_last(key)).collect();
    for (key, value) in &own {
        match point.fields.get(*key) {
            None => missing.push(format!("field {key} is missing")),
            Some(stored) if stored.agrees(value) || perhaps(key, stored) => {}
            Some(stored) => wrong.push(format!("{key} is {}", stored.show())),
        }
    }
    if !open {
        let known = |key: &String| {
            all.iter().any(|other| other.found == Some(at) && other.written.fields.contains_key(key))
                || write.before.iter().any(|p| p.key() == point.key() && p.fields.contains_key(key))
        };
        wrong.extend(point.fields.keys().filter(|k| !known(k)).map(|k| format!("field {k} is from nowhere")));
    }
    let twice = |points: &[Point]| points.iter().filter(|p| p.key() == point.key()).count() > 1;
    if !own.is_empty() && missing.len() == own.len() && wrong.is_empty() {
        return if open { Fate::Unjudged } else { Fate::Lost };
    }
    wrong.extend(missing);
    if !wrong.is_empty() {
        return if open { Fate::Unjudged } else { Fate::Mutated(wrong.join(", ")) };
    }
    if twice(write.after) && !twice(write.before) { Fate::Duplicated } else { Fate::Stored }
}

/// A line that was accepted and is not where it should be: stored at another time or with other
/// tags?
fn misplaced(write: &Write<'_>, line: &Judged<'_>, explained: &mut BTreeSet<usize>) -> Option<Fate> {
    let written = line.written;
    let same_fields = |p: &Point| {
        p.fields.len() == written.fields.len()
            && written.fields.iter().all(|(k, v)| p.fields.get(k).is_some_and(|s| s.agrees(v)))
    };
    let fits = |p: &Point| p.measurement == written.measurement && same_fields(p);
    let mut free = write.after.iter().enumerate().filter(|(n, _)| !explained.contains(n));
    let (at, point) = free.find(|(_, point)| fits(point))?;
    explained.insert(at);
    let how = if point.tags == written.tags {
        format!("its time is {}", show_time(point.time, write.now))
    } else {
        format!("it is {}", point.show(&show_time(point.time, write.now)))
    };
    Some(Fate::Mutated(how))
}

/// `dropped=N` names nobody: N lines that are not there are not lost.
fn forgive_unnamed(write: &Write<'_>, fates: &mut [Fate]) {
    let lost = fates.iter_mut().filter(|fate| **fate == Fate::Lost);
    for fate in lost.take(write.claims.unnamed) {
        *fate = Fate::Absent;
    }
}

fn open_lines(write: &Write<'_>) -> usize {
    let items = write.items.iter().zip(&write.claims.items);
    let open = |(item, claim): &(&Item, &Claim)| {
        item.meaning == Meaning::Unjudged && **claim != Claim::Rejected
    };
    let unread = |item: &&Item| {
        matches!((&item.meaning, write.unit), (Meaning::Point(w), Some(unit))
            if w.timestamp.is_some_and(|t| unit.nanoseconds(t).is_none()))
    };
    items.filter(open).count() + write.items.iter().filter(unread).count()
}

/// What was stored before this write and is gone.
fn vanished(write: &Write<'_>) -> Vec<String> {
    if write.oldest.is_some() {
        return Vec::new();
    }
    let gone = |point: &&Point| !write.after.iter().any(|p| p.key() == point.key());
    let lost = write.before.iter().filter(gone);
    lost.map(|p| format!("LOST, stored before this write: {}", p.show(&show_time(p.time, write.now)))).collect()
}

/// Lines that are plainly data, all acknowledged, and the database is empty.
fn nothing_stored(write: &Write<'_>, judged: &[Judged<'_>], fates: &mut [Fate]) {
    let all_accepted = write.claims.items.iter().all(|c| *c == Claim::Accepted);
    if !write.after.is_empty()
        || !judged.is_empty()
        || !all_accepted
        || write.claims.unnamed > 0
        || write.oldest.is_some()
    {
        return;
    }
    for (item, fate) in write.items.iter().zip(fates) {
        if is_plainly_data(&item.text) {
            *fate = Fate::Lost;
        }
    }
}

fn is_plainly_data(text: &str) -> bool {
    let mut parts = text.splitn(2, ' ');
    let (Some(head), Some(rest)) = (parts.next(), parts.next()) else { return false };
    let named = head.starts_with(|c: char| c.is_ascii_alphanumeric());
    named && !head.contains('\\') && rest.contains('=') && !rest.starts_with(['=', ' ', ','])
}

fn show_time(time: i64, now: i64) -> String {
    if is_near(time, now) { "{now}".to_owned() } else { time.to_string() }
}

/// Long lines are cut; the case has them in full.
fn cut(text: &str) -> String {
    if text.chars().count() <= 120 {
        return text.to_owned();
    }
    let head: String = text.chars().take(100).collect();
    format!("{head}… ({} bytes)", text.len())
}

#[cfg(test)]
mod tests;
