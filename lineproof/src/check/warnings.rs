//! What is accepted and hardly meant, each kind told once for a file.

use super::dialects::Named;
use super::finding::{Warning, WarningKind as Kind};
use super::place::Places;
use super::strings::{Quoted, strings};
use super::walk::Verdict;
use super::{show, time};
use line_protocol::{Dialect, FieldValue, Line, Options, Tag};
use memchr::memchr;

/// What is still looked out for in a file.
pub(crate) struct Watch {
    options: Options,
    /// Whether the user has named the unit of timestamps.
    unit_is_given: bool,
    time: bool,
    strings: bool,
    values: bool,
}

impl Watch {
    pub(crate) fn new(options: Options, unit_is_given: bool) -> Self {
        Self { options, unit_is_given, time: true, strings: true, values: true }
    }

    /// What is odd about the file as a whole.
    pub(crate) fn file(
        body: &[u8],
        dialects: &[&'static Named],
        places: &Places<'_>,
    ) -> Option<Warning> {
        let (kind, length, text) = match body {
            [0xef, 0xbb, 0xbf, ..] => (
                Kind::ByteOrderMark,
                3,
                "the file begins with a byte order mark, which is read as part of a name",
            ),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                (Kind::Utf16, 2, "this looks like UTF-16; line protocol is UTF-8")
            }
            _ => return None,
        };
        let dialects = dialects.iter().map(|named| named.name).collect();
        let place = places.of(0);
        let text = text.to_owned();
        Some(Warning { kind, dialects, text, span: 0..length, place, notes: Vec::new() })
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
        if self.strings
            && let Some(warning) = text_after_string(step, places)
        {
            self.strings = false;
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
        let doubts: Vec<_> = step
            .iter()
            .filter(|(named, _)| self.unit_is_given || !named.guesses_precision())
            .filter_map(|(named, verdict)| {
                let line = verdict.as_ref().ok()?;
                let written = written(named, line, &self.options)?;
                Some((named, line, time::doubt(written, self.options.precision)?))
            })
            .collect();
        let (_, line, (kind, text, guess)) = doubts.first()?;
        let dialects = doubts.iter().filter(|(_, _, (other, ..))| other == kind);
        let end = line.span.start + line.raw.trim_ascii_end().len();
        let digits = |byte: &&u8| byte.is_ascii_digit() || **byte == b'-';
        let length = line.raw.trim_ascii_end().iter().rev().take_while(digits).count();
        let span = end - length..end;
        Some(Warning {
            kind: *kind,
            dialects: dialects.map(|(named, ..)| named.name).collect(),
            text: text.clone(),
            place: places.of(span.start),
            span,
            notes: vec![guess.question()],
        })
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
                return Some(Warning {
                    kind: Kind::ReadDifferently,
                    dialects: vec![one.name, other.name],
                    text,
                    place: places.of(first.span.start),
                    span: first.span.clone(),
                    notes,
                });
            }
        }
        None
    }
}

/// The Go dialects take everything up to the separator, less one byte, as the string.
fn text_after_string(
    step: &[(&'static Named, Verdict<'_>)],
    places: &Places<'_>,
) -> Option<Warning> {
    let takers = || {
        step.iter().filter_map(|(named, verdict)| match (named.dialect, verdict) {
            (Dialect::Go(_), Ok(line)) => Some((named.name, line)),
            _ => None,
        })
    };
    let (_, line) = takers().next()?;
    memchr(b'"', &line.raw)?;
    let (Quoted { field, .. }, after) = strings(&line.raw).find_map(|string| {
        let after = string.close? + 1;
        let separates = |byte: &u8| matches!(byte, b',' | b' ');
        let length = line.raw[after..].iter().position(separates);
        let end = length.map_or(line.raw.len(), |length| after + length);
        (end > after).then_some((string, after..end))
    })?;
    let (_, FieldValue::String(value)) = line.fields.get(field)? else { return None };
    let return_is_all = &line.raw[after.clone()] == b"\r";
    let what = if return_is_all { " (a carriage return: is this a file with CR LF?)" } else { "" };
    let value = show::text(value);
    let span = line.span.start + after.start..line.span.start + after.end;
    Some(Warning {
        kind: Kind::TextAfterString,
        dialects: takers().map(|(name, _)| name).collect(),
        text: format!("the string is read as `{value}`: something follows its closing quote{what}"),
        place: places.of(span.start),
        span,
        notes: Vec::new(),
    })
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
