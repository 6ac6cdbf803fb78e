//! The lines of a body, as a parser's views one after another, or as an iterator of lines with
//! buffers of their own.

use crate::dialect::{Dialect, Options};
use crate::error::ParseError;
use crate::line::Line;
use crate::parser::{Cursor, Parser};
use crate::view::LineView;
use core::fmt;
use core::iter::FusedIterator;

/// The lines of one body, in order, good and bad. Made by [`Parser::lines`].
pub struct Lines<'p, 'i> {
    parser: &'p mut Parser,
    input: &'i [u8],
    options: Options,
    cursor: Cursor,
}

impl<'p, 'i> Lines<'p, 'i> {
    pub(crate) fn new(parser: &'p mut Parser, input: &'i [u8], options: &Options) -> Self {
        Self { parser, input, options: *options, cursor: Cursor::default() }
    }

    /// The next line, which is the parser's until the next call; none at the end of the body.
    ///
    /// Not an [`Iterator`], since its items could not be kept; [`parse`] gives one, and
    /// [`LineView::to_line`] a line that can be kept.
    #[inline]
    pub fn next_line(&mut self) -> Option<Result<LineView<'_, 'i>, ParseError>> {
        match self.parser.step(self.input, &self.options, &mut self.cursor)? {
            Ok(found) => Some(Ok(self.parser.view(self.input, found))),
            Err(refused) => Some(Err(self.cursor.locate(refused, self.input))),
        }
    }
}

impl fmt::Debug for Lines<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("parser", &self.parser).finish_non_exhaustive()
    }
}

/// The lines of one body, in order, good and bad, each with vectors of its own. Made by [`parse`].
#[derive(Clone)]
pub struct ParsedLines<'i> {
    parser: Parser,
    input: &'i [u8],
    options: Options,
    cursor: Cursor,
}

/// Parses a body, one line for each step of the iterator.
///
/// Each line has vectors of its own; its texts are the input's where nothing had to be unescaped. A
/// [`Parser`] hands out the same lines without allocating.
pub fn parse<'i>(input: &'i [u8], dialect: &Dialect, options: &Options) -> ParsedLines<'i> {
    ParsedLines {
        parser: Parser::new(*dialect),
        input,
        options: *options,
        cursor: Cursor::default(),
    }
}

impl<'i> Iterator for ParsedLines<'i> {
    type Item = Result<Line<'i>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.parser.step(self.input, &self.options, &mut self.cursor)? {
            Ok(found) => Ok(self.parser.view(self.input, found).to_line()),
            Err(refused) => Err(self.cursor.locate(refused, self.input)),
        })
    }
}

impl FusedIterator for ParsedLines<'_> {}

impl fmt::Debug for ParsedLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedLines").field("parser", &self.parser).finish_non_exhaustive()
    }
}
