//! Where errors go: all, the first, the first few, or nowhere.
//!
//! A sink decides whether parsing goes on; it makes no texts.

use crate::error::ParseError;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Takes errors as they are found and says whether to go on. Not for `dyn`: an error that nobody
/// wants is never made, which takes a function of the caller's own type.
pub trait ErrorSink {
    /// Takes one error, which is only made if `error` is called. `Break` ends the parse.
    fn report(&mut self, error: impl FnOnce() -> ParseError) -> ControlFlow<()>;
}

/// Counts for nothing: errors are dropped and parsing goes on.
impl ErrorSink for () {
    fn report(&mut self, _error: impl FnOnce() -> ParseError) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Keeps every error.
impl ErrorSink for Vec<ParseError> {
    fn report(&mut self, error: impl FnOnce() -> ParseError) -> ControlFlow<()> {
        self.push(error());
        ControlFlow::Continue(())
    }
}

/// Keeps the first error and ends the parse with it. One that is there already stays.
impl ErrorSink for Option<ParseError> {
    fn report(&mut self, error: impl FnOnce() -> ParseError) -> ControlFlow<()> {
        self.get_or_insert_with(error);
        ControlFlow::Break(())
    }
}

/// Keeps the first few errors, counts the others, and lets the parse go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FirstN {
    /// How many to keep.
    pub limit: usize,
    /// Those kept.
    pub kept: Vec<ParseError>,
    /// How many there were.
    pub total: usize,
}

impl FirstN {
    /// A sink that keeps `limit` errors.
    pub fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }
}

impl ErrorSink for FirstN {
    fn report(&mut self, error: impl FnOnce() -> ParseError) -> ControlFlow<()> {
        self.total += 1;
        if self.kept.len() < self.limit {
            self.kept.push(error());
        }
        ControlFlow::Continue(())
    }
}

impl<S: ErrorSink> ErrorSink for &mut S {
    fn report(&mut self, error: impl FnOnce() -> ParseError) -> ControlFlow<()> {
        (**self).report(error)
    }
}
