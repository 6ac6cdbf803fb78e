//! Walks a body and hands out its lines, whatever the grammar.
//!
//! Which bytes belong to one line, and what they mean, is the grammars' matter; here lines get
//! their numbers and faults their places in the input.

use crate::dialect::{Dialect, Options};
use crate::error::{ParseError, Voice};
use crate::fault::Fault;
use crate::line::Line;
use crate::physical::PhysicalLines;
use crate::sink::ErrorSink;
use crate::{go, iox};
use std::ops::{ControlFlow, Range};

/// The lines of one body, in order, good and bad. Made by [`parse`].
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    input: &'a [u8],
    dialect: Dialect,
    options: Options,
    position: usize,
    number: usize,
    physical: PhysicalLines,
}

/// Parses a body, one line for each step of the iterator.
pub fn parse<'a>(input: &'a [u8], dialect: &Dialect, options: &Options) -> Lines<'a> {
    Lines {
        input,
        dialect: *dialect,
        options: *options,
        position: 0,
        number: 0,
        physical: PhysicalLines::default(),
    }
}

/// Parses a body, hands good lines to `accept` and errors to `sink`; stops where the sink says so.
pub fn parse_into<'a>(
    input: &'a [u8],
    dialect: &Dialect,
    options: &Options,
    mut accept: impl FnMut(Line<'a>),
    sink: &mut impl ErrorSink,
) -> ControlFlow<()> {
    for item in parse(input, dialect, options) {
        match item {
            Ok(line) => accept(line),
            Err(error) => sink.report(error)?,
        }
    }
    ControlFlow::Continue(())
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Line<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        let span = match self.dialect {
            Dialect::Go(_) => go::next_line(self.input, &mut self.position),
            Dialect::Iox(_) => iox::next_line(self.input, &mut self.position),
        }?;
        self.number += 1;
        let raw = &self.input[span.clone()];
        let (parsed, voice) = match &self.dialect {
            Dialect::Go(dialect) => (go::parse_line(raw, dialect, &self.options), Voice::Go),
            Dialect::Iox(dialect) => (iox::parse_line(raw, dialect), Voice::Iox(dialect.wording)),
        };
        Some(match parsed {
            Ok(mut line) => {
                line.number = self.number;
                line.span = span;
                Ok(line)
            }
            Err(fault) => Err(self.locate(fault, span, voice)),
        })
    }
}

impl Lines<'_> {
    fn locate(&mut self, fault: Fault, line: Range<usize>, voice: Voice) -> ParseError {
        ParseError {
            kind: fault.kind,
            line_number: self.number,
            span: line.start + fault.span.start..line.start + fault.span.end,
            line,
            physical: self.physical.find(self.input, self.number),
            voice,
        }
    }
}
