//! What a snapshot says is stored, held against what a server shows that cannot represent all of it.

use super::Losses;
use crate::point::{Point, Value};
use crate::printed::shown;
use crate::transcript::{Outcome, Record, Transcript};
use std::collections::{BTreeMap, HashMap};

/// A point whose time may be a placeholder: what makes it the same point, and its fields.
struct Line {
    key: (String, BTreeMap<String, String>, String),
    /// The time before it was cut.
    exact: String,
    fields: BTreeMap<String, Value>,
}

impl Losses {
    /// The expectation as far as such a server can meet it: where what came back differs by declared
    /// losses only, it is what is expected.
    pub(crate) fn expected(&self, expected: &Transcript, got: &Transcript) -> Transcript {
        let mut left = expected.clone();
        if !self.is_empty() {
            for (expected, got) in left.steps.iter_mut().zip(&got.steps) {
                *expected = self.expected_record(expected, got);
            }
        }
        left
    }

    /// The same for one step.
    pub(crate) fn expected_record(&self, expected: &Record, got: &Record) -> Record {
        let mut left = expected.clone();
        if let (Outcome::Stored(e), Outcome::Stored(g), false) =
            (&expected.outcome, &got.outcome, self.is_empty())
        {
            // So many that a snapshot has only a digest of them: the ledger has judged each.
            let is_cut = |lines: &[String]| lines.iter().any(|line| line.starts_with('…'));
            left.outcome =
                if is_cut(e) { Outcome::NotAsked } else { Outcome::Stored(self.stored(e, g)) };
        }
        left
    }

    fn stored(&self, expected: &[String], got: &[String]) -> Vec<String> {
        let mut theirs: HashMap<_, Vec<(Line, &String)>> = HashMap::new();
        let mut unread: Vec<&String> = Vec::new();
        for text in got {
            match self.line(text) {
                Some(line) => theirs.entry(line.key.clone()).or_default().push((line, text)),
                None => unread.push(text),
            }
        }
        let mut ours: HashMap<_, Vec<(Line, &String)>> = HashMap::new();
        let mut left = Vec::new();
        for text in expected {
            match self.line(text) {
                Some(line) if line.fields.is_empty() => {}
                Some(line) => ours.entry(line.key.clone()).or_default().push((line, text)),
                None => left.push(text.clone()),
            }
        }
        for (key, ours) in &ours {
            let theirs = theirs.get(key).map_or(&[][..], Vec::as_slice);
            if one_by_one(ours, theirs) || fell_together(ours, theirs) {
                left.extend(theirs.iter().map(|(_, text)| (*text).clone()));
            } else {
                left.extend(ours.iter().map(|(line, _)| line.show()));
            }
        }
        left.sort();
        let mut sorted = got.to_vec();
        sorted.sort();
        if left == sorted { got.to_vec() } else { left }
    }

    /// What is left of a stored line; none where it cannot be read.
    fn line(&self, text: &str) -> Option<Line> {
        let (point, time) = shown(text)?;
        let cut = time.parse().map_or_else(|_| time.to_owned(), |t| self.time(t).to_string());
        let fields = self.fields(&point.fields);
        let key = (point.measurement, point.tags, cut);
        Some(Line { key, exact: time.to_owned(), fields })
    }
}

impl Line {
    fn show(&self) -> String {
        let (measurement, tags, time) = self.key.clone();
        Point { measurement, tags, fields: self.fields.clone(), time: 0 }.show(&time)
    }
}

type Lines<'l> = [(Line, &'l String)];

/// Whether each point of the one is there in the other, none more.
fn one_by_one(ours: &Lines<'_>, theirs: &Lines<'_>) -> bool {
    let mut open: Vec<_> = theirs.iter().map(|(line, _)| &line.fields).collect();
    let all = ours.iter().all(|(line, _)| {
        let same = open.iter().position(|fields| agree(&line.fields, fields));
        same.map(|at| open.swap_remove(at)).is_some()
    });
    all && open.is_empty()
}

/// Whether points of several times have become one, or several at one time, with nothing in them that
/// none of the points had.
fn fell_together(ours: &Lines<'_>, theirs: &Lines<'_>) -> bool {
    let exact = |(line, _): &(Line, &String)| line.exact.clone();
    let several = ours.iter().any(|line| exact(line) != exact(&ours[0]));
    let is_known = |(key, value): (&String, &Value)| {
        ours.iter().any(|(line, _)| line.fields.get(key).is_some_and(|v| v.agrees(value)))
    };
    several && !theirs.is_empty() && theirs.iter().all(|(line, _)| line.fields.iter().all(is_known))
}

fn agree(a: &BTreeMap<String, Value>, b: &BTreeMap<String, Value>) -> bool {
    a.len() == b.len() && a.iter().all(|(key, v)| b.get(key).is_some_and(|w| w.agrees(v)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(expected: &str, got: &str) -> String {
        let losses = Losses::parse(
            "integers-are-floats, booleans-are-numbers, strings-dropped, times-in-ms",
        );
        let step = |lines: &str| {
            let lines: String = lines.lines().map(|line| format!("  = {line}\n")).collect();
            Transcript::parse(&format!("1 read_back\n{lines}")).unwrap()
        };
        match &losses.unwrap().expected(&step(expected), &step(got)).steps[0].outcome {
            Outcome::Stored(lines) => lines.join("\n"),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn declared_losses_are_no_difference() {
        for (expected, got) in [
            ("m a=1i,b=true,s=\"x\" 1000000", "m a=1,b=1 1000000"),
            ("m f=1 1000001", "m f=1 1000000"),
            ("m f=1 1000001\nm f=2 1000002", "m f=1 1000000\nm f=2 1000000"),
            // The later one has taken the place of the earlier one.
            ("m f=1 1000001\nm f=2 1000002", "m f=2 1000000"),
            ("m f=1i {now}\nn s=\"x\" 5", "m f=1 {now}"),
        ] {
            assert_eq!(left(expected, got), got, "{expected}");
        }
    }

    #[test]
    fn anything_else_is() {
        for (expected, got, shown) in [
            ("m a=1i 1000000", "m a=2 1000000", "m a=1 1000000"),
            ("m a=1 1000000", "m a=1 1000000\nm a=2 1000000", "m a=1 1000000"),
            ("m a=1 1000000\nn f=1 0", "n f=1 0", "m a=1 1000000\nn f=1 0"),
            ("m a=1 1000000", "m a=1 1000000\nn f=1 0", "m a=1 1000000"),
            ("m f=1 1000001\nm f=2 1000002", "m f=3 1000000", "m f=1 1000000\nm f=2 1000000"),
        ] {
            assert_eq!(left(expected, got), shown, "{expected}");
        }
    }
}
