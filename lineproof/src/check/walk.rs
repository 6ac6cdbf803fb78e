//! One body, read in several dialects side by side.
//!
//! Dialects agree where lines begin nearly always, but not always: a quote in a comment makes one
//! take two lines for one. What overlaps is one step.

use super::dialects::Named;
use line_protocol::{Line, Options, ParseError, ParsedLines, parse};
use std::ops::Range;

/// What one dialect makes of a line.
pub(crate) type Verdict<'b> = Result<Line<'b>, ParseError>;

/// How many lines of each kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) good: u64,
    pub(crate) bad: u64,
}

/// The dialects that are asked, each where it stands.
pub(crate) struct Walk<'b> {
    readers: Vec<Reader<'b>>,
}

struct Reader<'b> {
    dialect: &'static Named,
    lines: ParsedLines<'b>,
    next: Option<Verdict<'b>>,
    tally: Tally,
}

impl<'b> Walk<'b> {
    pub(crate) fn new(body: &'b [u8], dialects: &[&'static Named], options: &Options) -> Self {
        let reader = |dialect: &&'static Named| {
            let mut lines = parse(body, &dialect.dialect, options);
            let next = lines.next();
            Reader { dialect, lines, next, tally: Tally::default() }
        };
        Self { readers: dialects.iter().map(reader).collect() }
    }

    /// Puts the next line into `step`, with the verdict of each dialect that sees one there, and
    /// returns its bytes.
    pub(crate) fn next(
        &mut self,
        step: &mut Vec<(&'static Named, Verdict<'b>)>,
    ) -> Option<Range<usize>> {
        step.clear();
        let heads = self.readers.iter().filter_map(|reader| reader.next.as_ref().map(span));
        let line = heads.min_by_key(|span| span.start)?;
        // The first one is always taken, else there would be no next step.
        let end = line.end.max(line.start + 1);
        for reader in &mut self.readers {
            if let Some(verdict) = reader.next.take_if(|verdict| span(verdict).start < end) {
                match verdict {
                    Ok(_) => reader.tally.good += 1,
                    Err(_) => reader.tally.bad += 1,
                }
                step.push((reader.dialect, verdict));
                reader.next = reader.lines.next();
            }
        }
        Some(line)
    }

    /// How many lines each dialect has seen so far.
    pub(crate) fn tallies(&self) -> impl Iterator<Item = (&'static Named, Tally)> {
        self.readers.iter().map(|reader| (reader.dialect, reader.tally))
    }
}

fn span(verdict: &Verdict<'_>) -> Range<usize> {
    match verdict {
        Ok(line) => line.span.clone(),
        Err(error) => error.line.clone(),
    }
}
