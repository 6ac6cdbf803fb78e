//! The k-th physical line of a body, for ever larger k.
//!
//! Knows `\n` and `\r\n` only. That a quoted string may hold them is the grammars' knowledge, and
//! that the two ways of counting disagree is a fact of the product that shows such lines.

use core::ops::Range;
use memchr::memchr;

/// Remembers where it stopped, so that asking for every line's number walks the body once.
#[derive(Clone, Debug, Default)]
pub(crate) struct PhysicalLines {
    /// How many lines end before `next`.
    passed: usize,
    next: usize,
    last: Range<usize>,
}

impl PhysicalLines {
    /// The line of that number, from 1, without its line end. Numbers must not go down. Beyond the
    /// last line: nothing.
    pub(crate) fn find(&mut self, input: &[u8], number: usize) -> Range<usize> {
        while self.passed < number && self.next < input.len() {
            let start = self.next;
            let end = match memchr(b'\n', &input[start..]) {
                Some(length) => {
                    self.next = start + length + 1;
                    // Only a `\r` that stands before a `\n` belongs to the line end.
                    let body = &input[start..start + length];
                    start + body.strip_suffix(b"\r").unwrap_or(body).len()
                }
                None => {
                    self.next = input.len();
                    input.len()
                }
            };
            self.passed += 1;
            self.last = start..end;
        }
        if self.passed == number { self.last.clone() } else { input.len()..input.len() }
    }
}
