//! Lines with buffers of their own, as an iterator.

use crate::dialect::{Dialect, Options};
use crate::error::ParseError;
use crate::line::Line;
use crate::parser::{Cursor, Parser};

/// The lines of one body, in order, good and bad. Made by [`parse`].
#[derive(Clone, Debug)]
pub struct OwnedLines<'a> {
    parser: Parser,
    input: &'a [u8],
    options: Options,
    cursor: Cursor,
}

/// Parses a body, one line for each step of the iterator.
///
/// Each line has vectors of its own. A [`Parser`] hands out the same lines without.
pub fn parse<'a>(input: &'a [u8], dialect: &Dialect, options: &Options) -> OwnedLines<'a> {
    OwnedLines {
        parser: Parser::new(*dialect),
        input,
        options: *options,
        cursor: Cursor::default(),
    }
}

impl<'a> Iterator for OwnedLines<'a> {
    type Item = Result<Line<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.parser.step(self.input, &self.options, &mut self.cursor)? {
            Ok(found) => Ok(self.parser.line(self.input, found)),
            Err(refused) => Err(self.cursor.locate(refused, self.input)),
        })
    }
}
