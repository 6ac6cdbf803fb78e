//! The judgement of a round: pure, from what was sent, said and stored in the end.
//!
//! What was acknowledged must be there; what was refused must not; what nobody answered may be. Of
//! several values of one field any may be there whose write was not certainly overtaken: by another one
//! that was acknowledged, and that began after the answer to the first had come.

mod answers;
mod story;

use super::history::Sent;
use crate::claim::Claim;
use crate::compare::Kind;
use crate::model::{Meaning, Written};
use crate::point::{Key, Point, Value};
pub(crate) use answers::{answers, gone};
use std::collections::{BTreeMap, BTreeSet};
pub(crate) use story::told;

/// What is known of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    /// A later write of a field certainly replaces an earlier one.
    pub(crate) last_wins: bool,
    /// A success is the last word on a line.
    pub(crate) is_final: bool,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) kind: Kind,
    pub(crate) expected: &'static str,
    /// What it is, in one word and a line.
    pub(crate) what: String,
    /// The writes that it takes to tell it, by their index in the history.
    pub(crate) sends: BTreeSet<usize>,
    /// Something that may still come.
    pub(crate) is_missing: bool,
    /// So many more of the same kind and of the same writes.
    pub(crate) more: usize,
    /// What else there is to say.
    pub(crate) also: Option<String>,
}

const HONEST: &str = "what the answer says is what is stored";

impl Found {
    fn honesty(what: String, sends: impl IntoIterator<Item = usize>) -> Self {
        Self {
            kind: Kind::Honesty,
            expected: HONEST,
            what,
            sends: sends.into_iter().collect(),
            is_missing: false,
            more: 0,
            also: None,
        }
    }

    fn missing(self) -> Self {
        Self { is_missing: true, ..self }
    }

    fn also(self, also: Option<String>) -> Self {
        Self { also, ..self }
    }

    /// The word that it begins with.
    pub(crate) fn word(&self) -> &str {
        self.what.split([',', ':', ' ']).next().unwrap_or_default()
    }
}

/// One line that says a field's value.
#[derive(Clone, Copy)]
struct Said<'h> {
    send: usize,
    written: &'h Written,
    value: &'h Value,
    claim: Claim,
}

/// What was said of each field of each point.
type Fields<'h> = BTreeMap<&'h str, Vec<Said<'h>>>;

/// The judgement under way.
struct Book<'h> {
    history: &'h [Sent],
    habits: Habits,
    points: BTreeMap<Key<'h>, Fields<'h>>,
    stored: BTreeMap<Key<'h>, Vec<&'h Point>>,
}

/// What is stored, held against what was sent.
pub(crate) fn judge(history: &[Sent], stored: &[Point], habits: Habits) -> Vec<Found> {
    let book = Book::new(history, stored, habits);
    let mut found = Vec::new();
    for (key, fields) in &book.points {
        let none = Vec::new();
        let rows = book.stored.get(key).unwrap_or(&none);
        for (field, said) in fields {
            let values: Vec<_> = rows.iter().filter_map(|point| point.fields.get(*field)).collect();
            found.extend(book.field(field, said, &values));
        }
        for point in rows {
            let strays =
                point.fields.iter().filter(|(name, _)| !fields.contains_key(name.as_str()));
            let stray = |(name, value): (&String, &Value)| {
                let what = format!("PHANTOM, written by no line: {name}={}", value.show());
                book.nobody(format!("{what} of {}", story::point(point)), point)
            };
            found.extend(strays.map(stray));
        }
    }
    for (key, rows) in &book.stored {
        if !book.points.contains_key(key) {
            for point in rows {
                let what = format!("PHANTOM, written by no line: {}", story::point(point));
                found.push(book.nobody(what, point));
            }
        }
    }
    story::joined(found)
}

impl<'h> Book<'h> {
    fn new(history: &'h [Sent], stored: &'h [Point], habits: Habits) -> Self {
        let mut points: BTreeMap<_, Fields<'_>> = BTreeMap::new();
        for (send, sent) in history.iter().enumerate() {
            for (n, item) in sent.items.iter().enumerate() {
                let Meaning::Point(written) = &item.meaning else { continue };
                let Some(time) = written.timestamp else { continue };
                let key = (written.measurement.as_str(), &written.tags, time);
                let fields = points.entry(key).or_default();
                let claim = sent.claim(n);
                for (field, value) in &written.fields {
                    let said = Said { send, written, value, claim };
                    fields.entry(field.as_str()).or_default().push(said);
                }
            }
        }
        let mut rows: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for point in stored {
            rows.entry(point.key()).or_default().push(point);
        }
        Self { history, habits, points, stored: rows }
    }

    /// One field of one point.
    fn field(&self, field: &str, all: &[Said<'h>], values: &[&Value]) -> Option<Found> {
        let acknowledged = || all.iter().filter(|said| said.claim == Claim::Accepted);
        let Some(value) = values.first() else {
            // Whichever of them came last: one is enough.
            let lost = acknowledged().max_by_key(|said| self.history[said.send].began)?;
            let what =
                format!("LOST: {field}={} of {}", lost.value.show(), story::line(lost.written));
            let also = story::instead(&self.stored, lost.written);
            return Some(Found::honesty(what, [lost.send]).missing().also(also));
        };
        let agree = |said: &&Said<'_>| said.value.agrees(value);
        if values.len() > 1 {
            let line = story::line(all.first()?.written);
            let what = format!("DUPLICATED, {field} is {} at once: {line}", story::several(values));
            // Two of them are enough.
            let of = all.iter().filter(|said| values[..2].iter().any(|v| said.value.agrees(v)));
            return Some(Found::honesty(what, of.map(|said| said.send)));
        }
        let may: Vec<_> = all.iter().filter(|s| s.claim != Claim::Rejected).filter(agree).collect();
        if may.is_empty() {
            return Some(self.wrong(field, value, all));
        }
        if !self.habits.last_wins {
            return None;
        }
        // Each line that says so must be overtaken, and one is enough to overtake it.
        let by = may.iter().map(|said| self.overtaken_by(said, all)).collect::<Option<Vec<_>>>()?;
        let (old, new) = (may.last()?, by.last()?);
        let what = format!(
            "STALE, {field} is {} and not {}: {}",
            value.show(),
            new.value.show(),
            story::line(new.written)
        );
        Some(Found::honesty(what, [old.send, new.send]).missing())
    }

    /// The write that certainly came after this one: the first of them.
    fn overtaken_by(&self, old: &Said<'_>, all: &[Said<'h>]) -> Option<Said<'h>> {
        let ended = self.history[old.send].ended()?;
        let later = |said: &&Said<'_>| {
            said.claim == Claim::Accepted && self.history[said.send].began > ended
        };
        let mut later: Vec<_> = all.iter().filter(later).collect();
        later.sort_by_key(|said| self.history[said.send].began);
        later.first().map(|said| **said)
    }

    /// A value that no write which may be there says.
    fn wrong(&self, field: &str, value: &Value, all: &[Said<'h>]) -> Found {
        let refused = all.iter().find(|said| said.value.agrees(value));
        if let Some(refused) = refused {
            let line = story::line(refused.written);
            let what = format!("PHANTOM, said to be refused: {field}={} of {line}", value.show());
            return Found::honesty(what, [refused.send]);
        }
        let acknowledged = all.iter().find(|said| said.claim == Claim::Accepted);
        let word = if acknowledged.is_some() { "MUTATED" } else { "PHANTOM" };
        let Some(said) = acknowledged.or_else(|| all.first()) else {
            return Found::honesty(format!("{word}: {field}={}", value.show()), []);
        };
        let line = story::line(said.written);
        let what = format!("{word}, {field} is {}, which no line says: {line}", value.show());
        let head = story::head(&said.written.measurement, &said.written.tags);
        let cut = self
            .cut_to(&head, |written| written.fields.get(field).is_some_and(|v| v.agrees(value)));
        match cut {
            Some((send, text)) => {
                let mut found = Found::honesty(what, [said.send, send]);
                found.also = Some(format!("a body was cut there: {text}"));
                found
            }
            None => Found::honesty(what, [said.send]),
        }
    }

    /// Something that no line says: perhaps it is what was left of one.
    fn nobody(&self, what: String, point: &Point) -> Found {
        // Its time is what is left of it, in whatever unit the server reads it, or the server's own.
        let cut = self.cut_to(&story::head(&point.measurement, &point.tags), |written| {
            let mut fields = written.fields.iter();
            fields.all(|(key, value)| point.fields.get(key).is_some_and(|v| v.agrees(value)))
        });
        match cut {
            Some((send, text)) => {
                let also =
                    Some(format!("it is what was left of a line when its body was cut: {text}"));
                Found::honesty(what.replace("by no line", "by a line that was cut"), [send])
                    .also(also)
            }
            None => {
                let (send, text) = self.no_line_of(point).unzip();
                let also =
                    text.map(|text| format!("perhaps it was made of what is no line: {text}"));
                Found::honesty(what, send).also(also)
            }
        }
    }

    /// What is no line, and has the series and the time of this point.
    fn no_line_of(&self, point: &Point) -> Option<(usize, &'h str)> {
        let head = story::head(&point.measurement, &point.tags);
        let time = point.time.to_string();
        let mut sends = self.history.iter().enumerate();
        sends.find_map(|(send, sent)| {
            let mut items = sent.items.iter().filter(|item| item.meaning == Meaning::Unjudged);
            let text = &items.find(|i| i.text.starts_with(&head) && i.text.contains(&time))?.text;
            Some((send, text.as_str()))
        })
    }

    /// The line of this series that was cut to one that fits, and what it was cut to.
    fn cut_to(&self, head: &str, fits: impl Fn(&Written) -> bool) -> Option<(usize, String)> {
        let cuts = self.history.iter().enumerate();
        let mut cuts = cuts.flat_map(|(send, sent)| {
            sent.part.iter().flat_map(|part| &part.cut).map(move |cut| (send, cut))
        });
        cuts.find_map(|(send, cut)| {
            if !cut.starts_with(head) {
                return None;
            }
            // From the longest: a server may have seen less of it than was sent.
            let lengths = (1..=cut.len()).rev().filter(|length| cut.is_char_boundary(*length));
            let mut texts = lengths.map(|length| &cut[..length]);
            let is_it = |text: &&str| {
                crate::model::items(text.as_bytes()).first().is_some_and(
                    |item| matches!(&item.meaning, Meaning::Point(written) if fits(written)),
                )
            };
            texts.find(is_it).map(|text| (send, text.to_owned()))
        })
    }
}

#[cfg(test)]
mod tests;
