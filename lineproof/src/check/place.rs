//! Lines and columns as an editor counts them.
//!
//! The products count otherwise: without blank lines and comments, and a quoted string that spans
//! lines once. What is wrong is found by an editor's numbers.

use memchr::memchr_iter;

/// Where a byte stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The physical line, from 1.
    pub(crate) line: usize,
    /// The character in it, from 1; a byte that is no UTF-8 counts as one.
    pub(crate) column: usize,
    /// Where the physical line begins.
    pub(crate) start: usize,
}

/// Finds places. It remembers where it was: asked in rising order it walks the body once.
#[derive(Debug)]
pub(crate) struct Places<'b> {
    body: &'b [u8],
    at: usize,
    line: usize,
    start: usize,
}

impl<'b> Places<'b> {
    pub(crate) fn new(body: &'b [u8]) -> Self {
        Self { body, at: 0, line: 1, start: 0 }
    }

    /// Moves on to a byte; bytes that were passed already are not gone back to.
    pub(crate) fn pass(&mut self, to: usize) {
        let to = to.min(self.body.len());
        if to > self.at {
            (self.line, self.start) = self.seek(to);
            self.at = to;
        }
    }

    /// The place of a byte from where it was moved to on.
    pub(crate) fn of(&self, byte: usize) -> Place {
        let byte = byte.clamp(self.at, self.body.len());
        let (line, start) = self.seek(byte);
        Place { line, start, column: 1 + characters(&self.body[start..byte]) }
    }

    fn seek(&self, to: usize) -> (usize, usize) {
        let breaks = memchr_iter(b'\n', &self.body[self.at..to]);
        breaks.fold((self.line, self.start), |(line, _), found| (line + 1, self.at + found + 1))
    }
}

fn characters(bytes: &[u8]) -> usize {
    bytes.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
}
