//! Walks a body and hands out its lines, whatever the grammar, with buffers that are used again.
//!
//! Plain lines are read by `plain`; for all others the dialect's grammar decides where the line
//! ends and what it means. Here lines get their numbers and faults their places in the input.

use crate::dialect::{Dialect, Options};
use crate::error::{ParseError, ParseErrorKind, Voice};
use crate::fault::Fault;
use crate::lines::Lines;
use crate::physical::PhysicalLines;
use crate::plain::{self, Plain, TagOrder, Walk};
use crate::scan::{Index, Scan};
use crate::sink::ErrorSink;
use crate::tape::{MAX_LINE, Tape};
use crate::view::LineView;
use crate::{go, iox};
use core::fmt;
use core::ops::{ControlFlow, Range};

/// A parser of one dialect, with the buffers it needs for a line.
///
/// Nothing is allocated any more once a parser has seen the longest line, the most tags and the
/// most escapes it will meet, so keep it: one for each thread or connection. What it keeps is about
/// twice the longest line's size, and up to 1 MiB for the scan; what a line beyond 128 KiB takes for
/// the scan, four bytes for each of its own at most and 32 MiB at most, is given back.
///
/// ```
/// use line_protocol::{Dialect, FieldValue, Options, Parser};
/// let mut parser = Parser::new(Dialect::IOX_3_9);
/// for body in [&b"cpu,host=a load=1.5 17\n"[..], b"mem,host=b free=12i 18\n"] {
///     let mut lines = parser.lines(body, &Options::default());
///     while let Some(line) = lines.next_line() {
///         let line = line.unwrap();
///         assert_eq!(line.tags().next().unwrap().0, b"host");
///         assert!(matches!(line.fields().next().unwrap().1, FieldValue::Float(_) | FieldValue::Integer(12)));
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Parser {
    dialect: Dialect,
    scan: Scan,
    index: Index,
    tape: Tape,
    order: TagOrder,
}

/// Where a parse stands in its body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cursor {
    /// Where the next line begins, or what is before it.
    position: usize,
    /// How many lines there were.
    number: usize,
    /// The part of the input that the index is of.
    scanned: Range<usize>,
    /// How many positions of the index lie before `position`.
    passed: usize,
    physical: PhysicalLines,
}

/// A line that is on the tape.
pub(crate) struct Found {
    /// Where in the input the tape's positions begin to count.
    pub(crate) base: usize,
    pub(crate) span: Range<usize>,
    pub(crate) number: usize,
}

/// A refused line.
pub(crate) struct Refused {
    fault: Fault,
    line: Range<usize>,
    voice: Voice,
}

impl Parser {
    /// A parser for this dialect, with the fastest scan that the processor can run.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            scan: Scan::fastest(),
            index: Index::default(),
            tape: Tape::default(),
            order: TagOrder::default(),
        }
    }

    /// Uses another implementation of the scan, or the fastest if the processor cannot run that.
    /// For tests and measurements.
    #[must_use]
    pub fn with_scan(self, scan: Scan) -> Self {
        Self { scan, ..self }
    }

    /// The dialect.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Parses a body, one line for each call of [`Lines::next_line`].
    pub fn lines<'p, 'i>(&'p mut self, input: &'i [u8], options: &Options) -> Lines<'p, 'i> {
        Lines::new(self, input, options)
    }

    /// Parses a body, hands good lines to `accept` and errors to `sink`; stops where the sink says
    /// so. An error that the sink does not look at costs no more than finding it. Who wants to stop
    /// at a good line uses [`lines`](Self::lines).
    ///
    /// ```
    /// use line_protocol::{Dialect, FirstN, Options, Parser};
    /// let mut fields = 0;
    /// let mut errors = FirstN::new(1);
    /// let body = b"cpu load=1,idle=2\ncpu load=\ncpu\n";
    /// let _ = Parser::new(Dialect::GO_V2).parse_into(
    ///     body,
    ///     &Options::default(),
    ///     |line| fields += line.fields().len(),
    ///     &mut errors,
    /// );
    /// assert_eq!((fields, errors.total), (2, 2));
    /// assert_eq!(errors.kept[0].reason(body), "missing field value");
    /// ```
    pub fn parse_into(
        &mut self,
        input: &[u8],
        options: &Options,
        mut accept: impl FnMut(LineView<'_, '_>),
        sink: &mut impl ErrorSink,
    ) -> ControlFlow<()> {
        let mut cursor = Cursor::default();
        while let Some(step) = self.step(input, options, &mut cursor) {
            match step {
                Ok(found) => accept(self.view(input, found)),
                Err(refused) => sink.report(|| cursor.locate(refused, input))?,
            }
        }
        ControlFlow::Continue(())
    }

    /// How many structural bytes a body has: the scan alone. For measurements, and no part of what
    /// versions promise.
    #[doc(hidden)]
    pub fn count_structural(&mut self, input: &[u8]) -> usize {
        let mut count = |stretch| {
            self.index.fill(self.scan, stretch);
            self.index.positions().len()
        };
        input.chunks(Index::STRETCH).map(&mut count).sum()
    }

    #[inline(always)]
    pub(crate) fn view<'p, 'i: 'p>(&'p self, input: &'i [u8], found: Found) -> LineView<'p, 'i> {
        let base = &input[found.base..];
        LineView::new(&self.tape, base, found.base, found.span, found.number)
    }

    /// The next line that is not blank and no comment.
    #[inline]
    pub(crate) fn step(
        &mut self,
        input: &[u8],
        options: &Options,
        cursor: &mut Cursor,
    ) -> Option<Result<Found, Refused>> {
        loop {
            if cursor.position >= input.len() {
                return None;
            }
            if cursor.position >= cursor.scanned.end {
                self.scan_stretch(Index::STRETCH, input, cursor);
            }
            let base = cursor.scanned.start;
            let start = cursor.position - base;
            let mut walk = Walk::resume(&input[base..], &self.index, cursor.passed);
            walk.skip_to(start);
            // Kept, so that no line walks the positions of those before it again.
            cursor.passed = walk.passed();
            let order = &mut self.order;
            let tape = &mut self.tape;
            let read = plain::read(&mut walk, start, &self.dialect, options, order, tape);
            let passed = walk.passed();
            match read {
                Plain::Line(end) => {
                    let span = cursor.position..base + end;
                    (cursor.position, cursor.passed) = (span.end + 1, passed);
                    cursor.number += 1;
                    return Some(Ok(Found { base, span, number: cursor.number }));
                }
                Plain::Nothing(end) => {
                    (cursor.position, cursor.passed) = (base + end + 1, passed);
                }
                Plain::Unscanned if self.scan_more(start, input, cursor) => {}
                Plain::Unscanned | Plain::Other => {
                    if let Some(step) = self.step_by_grammar(input, options, cursor) {
                        return Some(step);
                    }
                }
            }
        }
    }

    /// Scans the next stretch, from where the cursor stands.
    fn scan_stretch(&mut self, length: usize, input: &[u8], cursor: &mut Cursor) {
        let start = cursor.position;
        let end = input.len().min(start + length);
        self.index.fill(self.scan, &input[start..end]);
        if end == input.len() {
            // The end of the input ends a line as a line feed does.
            self.index.push((end - start) as u32);
        }
        (cursor.scanned, cursor.passed) = (start..end, 0);
    }

    /// For a line that was not scanned to its end: from its beginning, and if that was done already
    /// eight times as much, so that all of it together is little more than the last time. False
    /// where that is too much, or nothing is left.
    #[cold]
    fn scan_more(&mut self, start: usize, input: &[u8], cursor: &mut Cursor) -> bool {
        let length = if start > 0 { Index::STRETCH } else { 8 * cursor.scanned.len() };
        let more = cursor.scanned.end < input.len() && length <= Index::LONGEST_STRETCH;
        if more {
            self.scan_stretch(length, input, cursor);
        }
        more
    }

    /// As [`step`](Self::step), by the dialect's own grammar; none where nothing follows.
    #[cold]
    #[inline(never)]
    fn step_by_grammar(
        &mut self,
        input: &[u8],
        options: &Options,
        cursor: &mut Cursor,
    ) -> Option<Result<Found, Refused>> {
        let (line, voice) = match &self.dialect {
            Dialect::Go(_) => (go::next_line(input, &mut cursor.position)?, Voice::Go),
            Dialect::Iox(dialect) => {
                (iox::next_line(input, &mut cursor.position)?, Voice::Iox(dialect.wording))
            }
        };
        cursor.number += 1;
        let raw = &input[line.clone()];
        self.tape.clear();
        let parsed = match &self.dialect {
            _ if raw.len() > MAX_LINE => {
                Err(Fault::at(ParseErrorKind::LineTooLong { limit: MAX_LINE }, 0))
            }
            Dialect::Go(dialect) => go::parse_line(raw, dialect, options, &mut self.tape),
            Dialect::Iox(dialect) => iox::parse_line(raw, dialect, &mut self.tape),
        };
        Some(match parsed {
            Ok(()) => Ok(Found { base: line.start, span: line, number: cursor.number }),
            Err(fault) => Err(Refused { fault, line, voice }),
        })
    }
}

impl fmt::Debug for Parser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parser = f.debug_struct("Parser");
        parser.field("dialect", &self.dialect).field("scan", &self.scan).finish_non_exhaustive()
    }
}

impl Cursor {
    /// Makes the error of the line that was just refused.
    pub(crate) fn locate(&mut self, refused: Refused, input: &[u8]) -> ParseError {
        let Refused { fault, line, voice } = refused;
        ParseError {
            kind: fault.kind,
            line_number: self.number,
            span: line.start + fault.span.start..line.start + fault.span.end,
            line,
            physical: self.physical.find(input, self.number),
            voice,
        }
    }
}

#[cfg(test)]
mod tests;
