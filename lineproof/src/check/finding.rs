//! What is told of one line: who refuses it, why, who would take it, and what may help.

use super::dialects::{KNOWN, Named};
use super::place::{Place, Places};
use super::walk::Verdict;
use super::{mistakes, strings, time};
use line_protocol::{Dialect, Line, Options, ParseError, ParseErrorKind, parse};
use std::ops::Range;

/// A line that at least one dialect refuses.
pub(crate) struct Finding {
    /// Where the line begins.
    pub(crate) first: Place,
    /// In the order in which the dialects were asked; never empty.
    pub(crate) refusals: Vec<Refusal>,
    /// Names of dialects, those that were not asked too.
    pub(crate) accepted_by: Vec<&'static str>,
    /// Those of them whose storage refuses the time, which their parser leaves to it.
    pub(crate) storage_refuses: Vec<&'static str>,
    pub(crate) help: Vec<String>,
}

/// What one dialect has against the line.
pub(crate) struct Refusal {
    pub(crate) dialect: &'static Named,
    pub(crate) error: ParseError,
    /// Where the wrong part begins.
    pub(crate) place: Place,
    /// The first and the last physical line of what was read as one.
    pub(crate) lines: (usize, usize),
}

/// Something that no dialect refuses and that is hardly meant.
pub(crate) struct Warning {
    pub(crate) kind: WarningKind,
    /// Whose reading is warned of.
    pub(crate) dialects: Vec<&'static str>,
    pub(crate) text: String,
    pub(crate) span: Range<usize>,
    pub(crate) place: Place,
    pub(crate) notes: Vec<String>,
}

/// What a warning is of; programs are told its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WarningKind {
    ByteOrderMark,
    Utf16,
    UnlikelyTime,
    TimeOutOfRange,
    TextAfterString,
    ReadDifferently,
}

impl Warning {
    /// Whose it is, where the text does not say that itself and not all are meant anyway.
    pub(crate) fn whose(&self) -> Option<String> {
        use WarningKind::{TextAfterString, TimeOutOfRange, UnlikelyTime};
        let own = matches!(self.kind, TextAfterString | TimeOutOfRange | UnlikelyTime);
        own.then(|| self.dialects.join(", "))
    }
}

impl Finding {
    /// `v1, v2`, and whose storage will not have it; none if nobody accepts the line.
    pub(crate) fn takers(&self) -> Option<String> {
        const NOT_STORED: &str = " (storage will refuse the time)";
        if self.accepted_by == self.storage_refuses && !self.accepted_by.is_empty() {
            return Some(self.accepted_by.join(", ") + NOT_STORED);
        }
        let taker = |name: &&str| {
            let stored = !self.storage_refuses.contains(name);
            format!("{name}{}", if stored { "" } else { NOT_STORED })
        };
        let takers: Vec<_> = self.accepted_by.iter().map(taker).collect();
        (!takers.is_empty()).then(|| takers.join(", "))
    }

    /// What is to be said of a line, if anything: `step` is what the dialects make of it.
    pub(crate) fn new(
        body: &[u8],
        line: &Range<usize>,
        step: &[(&'static Named, Verdict<'_>)],
        options: &Options,
        places: &Places<'_>,
    ) -> Self {
        let refusals: Vec<_> = step
            .iter()
            .filter_map(|(dialect, verdict)| Some((*dialect, verdict.as_ref().err()?.clone())))
            .map(|(dialect, error)| {
                let place = places.of(error.span.start);
                let lines = strings::lines(&error.line, places);
                Refusal { dialect, error, place, lines }
            })
            .collect();
        let takers = takers(body, line, step, options);
        let names = takers.iter().map(|(named, _)| named.name);
        let stored = takers.iter().filter(|(_, stored)| !stored);
        let help = refusals.first().map(|refusal| help(body, refusal, options, places));
        Self {
            first: places.of(line.start),
            accepted_by: names.collect(),
            storage_refuses: stored.map(|(named, _)| named.name).collect(),
            help: help.unwrap_or_default(),
            refusals,
        }
    }
}

/// Who accepts the line, and whether it can be stored too. Those who were asked have said it; the
/// others are asked for this line alone.
fn takers(
    body: &[u8],
    line: &Range<usize>,
    step: &[(&'static Named, Verdict<'_>)],
    options: &Options,
) -> Vec<(&'static Named, bool)> {
    // With its line break, which a backslash before it may need.
    let end = line.end + usize::from(body.get(line.end) == Some(&b'\n'));
    let alone = &body[line.start..end];
    let takes = |named: &Named| match step.iter().find(|(asked, _)| asked.name == named.name) {
        Some((_, verdict)) => verdict.as_ref().ok().map(|line| in_range(named, line, options)),
        None => accepts(named, alone, options),
    };
    let knowing = KNOWN.iter().filter(|named| named.knows(options.precision));
    knowing.filter_map(|named| Some((named, takes(named)?))).collect()
}

/// None if a line is refused, else whether all can be stored.
pub(crate) fn accepts(named: &Named, text: &[u8], options: &Options) -> Option<bool> {
    let mut lines = parse(text, &named.dialect, options).peekable();
    lines.peek()?;
    lines.try_fold(true, |all, line| Some(in_range(named, &line.ok()?, options) && all))
}

/// IOx leaves it to what comes after the parser to refuse a time.
fn in_range(named: &Named, line: &Line<'_>, options: &Options) -> bool {
    match (named.dialect, line.timestamp) {
        (Dialect::Iox(_), Some(time)) => time.checked_mul(options.precision.multiplier()).is_some(),
        _ => true,
    }
}

fn help(body: &[u8], refusal: &Refusal, options: &Options, places: &Places<'_>) -> Vec<String> {
    let mut help: Vec<_> =
        strings::why_one(body, &refusal.error.line, places).into_iter().collect();
    let line = body.get(refusal.error.line.clone()).unwrap_or_default();
    let name = refusal.dialect.name;
    if let Some(rest) = line.strip_suffix(b"\r")
        && accepts(refusal.dialect, rest, options) == Some(true)
    {
        help.push(format!("{name} would accept it without the carriage return at its end (CR LF)"));
    }
    help.extend(mistakes::help(line, refusal.dialect, options));
    let beyond = matches!(
        refusal.error.kind,
        ParseErrorKind::TimeOutsideRange | ParseErrorKind::TimestampOutOfRange
    );
    let written = body.get(refusal.error.span.clone()).unwrap_or_default();
    let written = std::str::from_utf8(written).ok().and_then(|text| text.parse().ok());
    if let (true, Some(written)) = (beyond, written)
        && let Some(guess) = time::likely_unit(written, options.precision)
    {
        help.push(guess.question());
    }
    help
}
