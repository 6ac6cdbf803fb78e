//! A refusal while it travels up inside a grammar: what and where, relative to the line.
//!
//! The walk over the body turns it into a [`ParseError`](crate::ParseError), which is absolute.

use crate::error::ParseErrorKind;
use core::ops::Range;

/// What is wrong, and which bytes of the line.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) kind: ParseErrorKind,
    pub(crate) span: Range<usize>,
}

impl Fault {
    pub(crate) fn new(kind: ParseErrorKind, span: Range<usize>) -> Self {
        Self { kind, span }
    }

    /// A fault at one place, where something is missing.
    pub(crate) fn at(kind: ParseErrorKind, position: usize) -> Self {
        Self { kind, span: position..position }
    }
}
