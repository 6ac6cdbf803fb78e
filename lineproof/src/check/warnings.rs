//! What is accepted and hardly meant, each kind told once for a file.

use super::dialects::Named;
use super::finding::Warning;
use super::place::Places;
use super::walk::Verdict;
use super::{show, time};
use line_protocol::{Dialect, FieldValue, Line, Options, Tag};
use std::ops::Range;

/// What is still looked out for in a file.
pub(crate) struct Watch {
    options: Options,
    /// Whether the user has named the unit of timestamps.
    unit_is_given: bool,
    time: bool,
    values: bool,
}

impl Watch {
    pub(crate) fn new(options: Options, unit_is_given: bool) -> Self {
        Self { options, unit_is_given, time: true, values: true }
    }

    /// What is odd about the file as a whole.
    pub(crate) fn file(body: &[u8], places: &Places<'_>) -> Option<Warning> {
        let (length, text) = match body {
            [0xef, 0xbb, 0xbf, ..] => {
                (3, "the file begins with a byte order mark, which is read as part of a name")
            }
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                (2, "this looks like UTF-16; line protocol is UTF-8")
            }
            _ => return None,
        };
        Some(warning(text.to_owned(), 0..length, Vec::new(), places))
    }

    /// What is odd about a line.
    pub(crate) fn line(
        &mut self,
        step: &[(&'static Named, Verdict<'_>)],
        places: &Places<'_>,
    ) -> Vec<Warning> {
        let mut found = Vec::new();
        if self.time
            && let Some(warning) = self.odd_time(step, places)
        {
            self.time = false;
            found.push(warning);
        }
        if self.values
            && let Some(warning) = self.other_values(step, places)
        {
            self.values = false;
            found.push(warning);
        }
        found
    }

    fn odd_time(
        &self,
        step: &[(&'static Named, Verdict<'_>)],
        places: &Places<'_>,
    ) -> Option<Warning> {
        let judged = |(named, _): &&(&Named, _)| self.unit_is_given || !named.guesses_precision();
        let (named, verdict) = step.iter().find(judged)?;
        let line = verdict.as_ref().ok().filter(|line| line.has_timestamp)?;
        let (text, guess) =
            time::doubt(written(named, line, &self.options)?, self.options.precision)?;
        let end = line.span.start + line.raw.trim_ascii_end().len();
        let digits = |byte: &&u8| byte.is_ascii_digit() || **byte == b'-';
        let length = line.raw.trim_ascii_end().iter().rev().take_while(digits).count();
        Some(warning(text, end - length..end, vec![guess.question()], places))
    }

    /// Between the first dialect that takes the line and the first that reads it otherwise.
    fn other_values(
        &self,
        step: &[(&'static Named, Verdict<'_>)],
        places: &Places<'_>,
    ) -> Option<Warning> {
        let mut good =
            step.iter().filter_map(|(named, verdict)| Some((*named, verdict.as_ref().ok()?)));
        let (one, first) = good.next()?;
        for (other, second) in good {
            if !same_values(first, second) {
                let text = format!("{} and {} read this line differently", one.name, other.name);
                let note = |named: &Named, line: &Line<'_>, than: &Line<'_>| {
                    format!("{} reads {}", named.name, difference(line, than))
                };
                let notes = vec![note(one, first, second), note(other, second, first)];
                return Some(warning(text, first.span.clone(), notes, places));
            }
        }
        None
    }
}

fn warning(text: String, span: Range<usize>, notes: Vec<String>, places: &Places<'_>) -> Warning {
    Warning { text, place: places.of(span.start), span, notes }
}

/// The timestamp as the line has it: the Go dialects hand out nanoseconds.
fn written(named: &Named, line: &Line<'_>, options: &Options) -> Option<i64> {
    let time = line.timestamp.filter(|_| line.has_timestamp)?;
    let unit = match named.dialect {
        Dialect::Go(_) => options.precision.multiplier(),
        Dialect::Iox(_) => 1,
    };
    Some(time / unit)
}

fn same_values(a: &Line<'_>, b: &Line<'_>) -> bool {
    a.measurement == b.measurement && a.fields == b.fields && sorted_tags(a) == sorted_tags(b)
}

/// One dialect hands them out as written, the other in the order of the keys.
fn sorted_tags<'l, 'b>(line: &'l Line<'b>) -> Vec<&'l Tag<'b>> {
    let mut tags: Vec<_> = line.tags.iter().collect();
    tags.sort();
    tags
}

/// The first part of a line that another does not have.
fn difference(line: &Line<'_>, than: &Line<'_>) -> String {
    let others = parts(than);
    let own = parts(line).into_iter().find(|part| !others.contains(part));
    own.unwrap_or_else(|| "nothing more".to_owned())
}

fn parts(line: &Line<'_>) -> Vec<String> {
    let mut parts = vec![format!("the measurement `{}`", show::text(&line.measurement))];
    for (key, value) in sorted_tags(line) {
        parts.push(format!("the tag `{}` as `{}`", show::text(key), show::text(value)));
    }
    for (key, value) in &line.fields {
        let value = match value {
            FieldValue::String(text) => format!("the string `{}`", show::text(text)),
            number => format!("`{number}`"),
        };
        parts.push(format!("the field `{}` as {value}", show::text(key)));
    }
    parts
}
