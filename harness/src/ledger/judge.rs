//! How a ledger is made: pure, from what was sent, said and stored.

mod blur;

use super::{Entry, Fate, Ledger};
use crate::claim::{Claim, Claims};
use crate::clock::is_near;
use crate::model::{Item, Meaning, Sureness, Written, sureness};
use crate::point::{Key, Point, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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
    /// The nanoseconds to which the server cuts times, as is known of it; else 1.
    pub(crate) resolution: i64,
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
    pub(crate) fn nanoseconds(self, timestamp: i64) -> Option<i64> {
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
    /// It says itself at which time it is stored.
    is_timed: bool,
    /// Its point may be that of another line too, whose time was another.
    is_blurred: bool,
    /// The index in `after` of its point.
    found: Option<usize>,
}

/// The lines and points of one write, so that each is found without a search.
struct Book<'w> {
    write: &'w Write<'w>,
    lines: Vec<Judged<'w>>,
    /// The lines (indices) of each point found.
    writers: HashMap<usize, Vec<usize>>,
    after: HashMap<Key<'w>, Vec<usize>>,
    before: HashMap<Key<'w>, Vec<&'w Point>>,
}

impl<'w> Book<'w> {
    fn new(write: &'w Write<'w>) -> Self {
        let mut after: HashMap<_, Vec<_>> = HashMap::new();
        for (n, point) in write.after.iter().enumerate() {
            after.entry(point.key()).or_default().push(n);
        }
        let mut before: HashMap<_, Vec<_>> = HashMap::new();
        for point in write.before {
            before.entry(point.key()).or_default().push(point);
        }
        let mut book = Self { write, lines: Vec::new(), writers: HashMap::new(), after, before };
        book.lines = judged_lines(&book);
        for (n, line) in book.lines.iter().enumerate() {
            if let Some(at) = line.found {
                book.writers.entry(at).or_default().push(n);
            }
        }
        book
    }

    /// The lines that belong to this point.
    fn writers(&self, at: usize) -> impl Iterator<Item = &Judged<'w>> {
        self.writers.get(&at).into_iter().flatten().map(|n| &self.lines[*n])
    }

    /// Whether this point was there before, just so.
    fn is_old(&self, point: &Point) -> bool {
        let same = |old: &&Point| {
            old.fields.len() == point.fields.len()
                && old.fields.iter().all(|(k, v)| point.fields.get(k).is_some_and(|w| w.agrees(v)))
        };
        self.before.get(&point.key()).is_some_and(|olds| olds.iter().any(same))
    }

    /// The value that a field of this point had before.
    fn old_value<'b>(&'b self, point: &'b Point, field: &'b str) -> Option<&'b Value> {
        self.old_values(point, field).next()
    }

    /// The same where there were several points of one time.
    fn old_values<'b>(
        &'b self,
        point: &'b Point,
        field: &'b str,
    ) -> impl Iterator<Item = &'b Value> {
        let olds = self.before.get(&point.key()).into_iter().flatten();
        olds.filter_map(move |old| old.fields.get(field))
    }
}

pub(crate) fn judge(write: &Write<'_>) -> Ledger {
    let book = Book::new(write);
    let mut fates: Vec<Fate> = write.items.iter().map(|_| Fate::Unjudged).collect();
    let owed = |line: &&Judged<'_>| line.duty != Duty::MustNot;
    let mut explained: BTreeSet<usize> = book
        .lines
        .iter()
        .filter(owed)
        .filter_map(|line| line.found)
        .flat_map(|at| book.after[&write.after[at].key()].iter().copied())
        .collect();
    explained.extend((0..write.after.len()).filter(|n| book.is_old(&write.after[*n])));
    // So many stored things may come from lines that nobody here understands.
    let mut capacity = open_lines(write);
    let mut strays = Vec::new();

    for line in &book.lines {
        fates[line.index] = fate(&book, line, &mut explained, capacity > 0);
    }
    let before_pardon = fates.clone();
    forgive_unnamed(&book, &mut fates);
    for (n, point) in write.after.iter().enumerate().filter(|(n, _)| !explained.contains(n)) {
        if capacity > 0 {
            capacity -= 1;
        } else if book.writers(n).all(|line| !fates[line.index].is_wrong()) {
            let shown = point.show(&show_time(point.time, write.now));
            strays.push(format!("PHANTOM, written by no line: {shown}"));
        }
    }
    strays.extend(vanished(&book));
    strays.extend(lost_fields(&book));
    strays.extend(wrong_count(write, &before_pardon));
    nothing_stored(&book, &mut fates);

    let entries = write.items.iter().zip(&write.claims.items).zip(fates);
    let entries = entries.map(|((item, claim), fate)| Entry {
        line: item.line,
        text: cut(&item.text),
        claim: *claim,
        fate,
    });
    Ledger { entries: entries.collect(), strays }
}

fn judged_lines<'w>(book: &Book<'w>) -> Vec<Judged<'w>> {
    let write = book.write;
    let mut lines = Vec::new();
    let mut exact = Vec::new();
    let mut taken = HashSet::new();
    for (index, (item, claim)) in write.items.iter().zip(&write.claims.items).enumerate() {
        let Meaning::Point(written) = &item.meaning else { continue };
        let time = match (written.timestamp, write.unit) {
            (Some(timestamp), Some(unit)) => match unit.nanoseconds(timestamp) {
                Some(time) => Some(time),
                None => continue,
            },
            _ => None,
        };
        exact.push(time);
        let time = time.map(|time| time - time % write.resolution);
        let old = matches!((time, write.oldest), (Some(time), Some(oldest)) if time < oldest);
        let duty = match claim {
            Claim::Accepted if !old => Duty::Must,
            Claim::Accepted | Claim::Unmentioned => Duty::May,
            Claim::Rejected => Duty::MustNot,
        };
        let found = match (time, written.timestamp) {
            (Some(time), _) => {
                let key = (written.measurement.as_str(), &written.tags, time);
                book.after.get(&key).map(|found| found[0])
            }
            (None, timestamp) => newest(book, written, timestamp.is_none(), &taken),
        };
        if duty != Duty::MustNot {
            taken.extend(found);
        }
        let (is_timed, is_blurred) = (time.is_some(), false);
        lines.push(Judged { index, written, duty, is_timed, is_blurred, found });
    }
    blur::mark(book, &mut lines, &exact);
    lines
}

/// The point of a line whose time the server chose, or whose unit is not sure: a new one of the
/// same series, or one that has changed. A server may give each line a time of its own, so a point
/// that shows this line and belongs to none before it comes first.
fn newest(
    book: &Book<'_>,
    written: &Written,
    by_server: bool,
    taken: &HashSet<usize>,
) -> Option<usize> {
    let fits = |point: &Point| {
        series(point) == (&written.measurement, &written.tags)
            && (!by_server || is_near(point.time, book.write.now))
            && !book.is_old(point)
    };
    let after = &book.write.after;
    let last = after.iter().rposition(fits)?;
    let shows = |point: &Point| {
        let mut fields = written.fields.iter();
        fields.all(|(key, value)| point.fields.get(key).is_some_and(|v| v.agrees(value)))
    };
    let fitting = || (0..=last).filter(|n| fits(&after[*n]) && shows(&after[*n]));
    let own = fitting().find(|n| !taken.contains(n)).or_else(|| fitting().next_back());
    Some(own.unwrap_or(last))
}

fn series(point: &Point) -> (&String, &BTreeMap<String, String>) {
    (&point.measurement, &point.tags)
}

fn fate(book: &Book<'_>, line: &Judged<'_>, explained: &mut BTreeSet<usize>, open: bool) -> Fate {
    match (line.duty, line.found) {
        // The server can represent nothing of it.
        _ if line.written.fields.is_empty() => Fate::Absent,
        (Duty::Must | Duty::MustNot, Some(at)) if line.is_blurred => {
            blur::fate(book, line, at, explained)
        }
        (Duty::Must, None) => misplaced(book.write, line, explained).unwrap_or(Fate::Lost),
        (Duty::May | Duty::MustNot, None) => Fate::Absent,
        (Duty::May, Some(_)) => Fate::Stored,
        (Duty::MustNot, Some(at)) => rejected_fate(book, line, at, explained),
        (Duty::Must, Some(at)) => accepted_fate(book, line, at, open),
    }
}

/// A line that was refused: is what it says there, and from nowhere else?
fn rejected_fate(
    book: &Book<'_>,
    line: &Judged<'_>,
    at: usize,
    explained: &mut BTreeSet<usize>,
) -> Fate {
    let point = &book.write.after[at];
    let elsewhere = |key: &str, value: &Value| {
        let by_other = book.writers(at).any(|other| {
            other.duty != Duty::MustNot
                && other.written.fields.get(key).is_some_and(|v| v.agrees(value))
        });
        by_other || book.old_value(point, key).is_some_and(|v| v.agrees(value))
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
fn accepted_fate(book: &Book<'_>, line: &Judged<'_>, at: usize, open: bool) -> Fate {
    let point = &book.write.after[at];
    let is_last = |key: &str| {
        !book.writers(at).any(|other| {
            other.index > line.index
                && other.duty == Duty::Must
                && other.written.fields.contains_key(key)
        })
    };
    let perhaps = |key: &str, value: &Value| {
        book.writers(at).any(|other| {
            other.duty == Duty::May
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
            book.writers(at).any(|other| other.written.fields.contains_key(key))
                || book.old_value(point, key).is_some()
        };
        let stray = point.fields.keys().filter(|k| !known(k));
        wrong.extend(stray.map(|k| format!("field {k} is from nowhere")));
    }
    let copies = book.after[&point.key()].len();
    let old_copies = book.before.get(&point.key()).map_or(0, Vec::len);
    if !own.is_empty() && missing.len() == own.len() && wrong.is_empty() {
        return if open { Fate::Unjudged } else { Fate::Lost };
    }
    wrong.extend(missing);
    if !wrong.is_empty() {
        return if open { Fate::Unjudged } else { Fate::Mutated(wrong.join(", ")) };
    }
    // Where times are cut, a line that nobody understands may be at the same one.
    let may_be_another = open && book.write.resolution > 1;
    if copies > 1 && old_copies < copies && !may_be_another {
        Fate::Duplicated
    } else {
        Fate::Stored
    }
}

/// A line that was accepted and is not where it should be: stored at another time or with other
/// tags?
fn misplaced(
    write: &Write<'_>,
    line: &Judged<'_>,
    explained: &mut BTreeSet<usize>,
) -> Option<Fate> {
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

/// `dropped=N` names nobody: N lines that are not there are not lost, nor are those whose point is
/// still as it was before.
fn forgive_unnamed(book: &Book<'_>, fates: &mut [Fate]) {
    let is_untouched =
        |line: &&Judged<'_>| line.found.is_some_and(|at| book.is_old(&book.write.after[at]));
    let untouched: HashSet<_> =
        book.lines.iter().filter(is_untouched).map(|line| line.index).collect();
    let missing = fates.iter_mut().enumerate().filter(|(n, fate)| match fate {
        Fate::Lost => true,
        Fate::Mutated(_) => untouched.contains(n),
        _ => false,
    });
    for (_, fate) in missing.take(book.write.claims.unnamed) {
        *fate = Fate::Absent;
    }
}

fn open_lines(write: &Write<'_>) -> usize {
    let items = write.items.iter().zip(&write.claims.items);
    let open = |(item, claim): &(&Item, &Claim)| {
        // Of what is no line in any grammar nothing can be stored.
        item.meaning == Meaning::Unjudged
            && **claim != Claim::Rejected
            && sureness(&item.text, &item.meaning) != Sureness::Malformed
    };
    let unread = |item: &&Item| {
        matches!((&item.meaning, write.unit), (Meaning::Point(w), Some(unit))
            if w.timestamp.is_some_and(|t| unit.nanoseconds(t).is_none()))
    };
    items.filter(open).count() + write.items.iter().filter(unread).count()
}

/// What was stored before this write and is gone.
fn vanished(book: &Book<'_>) -> Vec<String> {
    let write = book.write;
    if write.oldest.is_some() {
        return Vec::new();
    }
    let gone = |point: &&Point| !book.after.contains_key(&point.key());
    let lost = write.before.iter().filter(gone);
    lost.map(|p| {
        format!("LOST, stored before this write: {}", p.show(&show_time(p.time, write.now)))
    })
    .collect()
}

/// Fields that a point had before this write, that no line of it could have changed, and that its
/// point has no longer. What is there with the value of a refused line is told of that line.
fn lost_fields(book: &Book<'_>) -> Vec<String> {
    let write = book.write;
    if write.oldest.is_some() || open_lines(write) > 0 {
        return Vec::new();
    }
    let is_lost = |old: &Point, key: &String, value: &Value, now: &[usize]| {
        let stored = || now.iter().filter_map(|n| write.after[*n].fields.get(key));
        let may_change = |line: &Judged<'_>| {
            line.written.fields.get(key).is_some_and(|written| match line.duty {
                Duty::MustNot => stored().any(|v| v.agrees(written)),
                Duty::Must | Duty::May => {
                    !line.is_timed || line.found.is_some_and(|at| now.contains(&at))
                }
            }) && series(old) == (&line.written.measurement, &line.written.tags)
        };
        !stored().any(|v| v.agrees(value)) && !book.lines.iter().any(may_change)
    };
    let mut lost = Vec::new();
    for old in write.before {
        let Some(now) = book.after.get(&old.key()) else { continue };
        if now.iter().any(|n| write.after[*n].fields == old.fields) {
            continue;
        }
        for (key, value) in old.fields.iter().filter(|(key, value)| is_lost(old, key, value, now)) {
            let shown = old.show(&show_time(old.time, write.now));
            lost.push(format!("LOST, stored before this write: {key}={} of {shown}", value.show()));
        }
    }
    lost
}

/// `dropped=N`, though more lines than the rest are there, or though there are not so many.
fn wrong_count(write: &Write<'_>, fates: &[Fate]) -> Option<String> {
    let said = write.claims.unnamed;
    let lines = fates.len();
    if said > lines {
        return Some(format!("PHANTOM, said to be dropped: {said} of {lines} lines"));
    }
    let all_there = fates.iter().all(|fate| *fate == Fate::Stored);
    (said > 0 && all_there)
        .then(|| format!("PHANTOM, said to be dropped: {said}, and all are there"))
}

/// Lines that are plainly data, all acknowledged, and the database is empty.
fn nothing_stored(book: &Book<'_>, fates: &mut [Fate]) {
    let write = book.write;
    let all_accepted = write.claims.items.iter().all(|c| *c == Claim::Accepted);
    if !write.after.is_empty()
        || !book.lines.is_empty()
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
