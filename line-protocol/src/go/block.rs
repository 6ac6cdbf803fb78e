//! Where one line ends and the next begins, in the Go grammar.
//!
//! Quotes count only after the first space and only where a field value may be, so the split needs
//! to follow `=` and `,` too. It judges nothing.

use super::skip_blanks;
use core::ops::Range;
use memchr::memchr3;

/// The next line that is not blank and not a comment, without leading blanks.
///
/// A line ends at a `\n` that is neither escaped nor inside quotes. A comment is judged after the
/// split, so a quote in a comment may swallow what follows.
pub(crate) fn next_line(input: &[u8], position: &mut usize) -> Option<Range<usize>> {
    while *position < input.len() {
        let start = *position;
        let mut end = line_end(input, start);
        *position = end + 1;
        let block = &input[..end];
        let first = skip_blanks(block, start);
        if first >= end || block[first] == b'#' {
            continue;
        }
        // An escaped line break is part of the line, but a line that ends in one loses it.
        if block[end - 1] == b'\n' {
            end -= 1;
        }
        return Some(first..end);
    }
    None
}

fn line_end(input: &[u8], start: usize) -> usize {
    let mut at = start;
    let (mut quoted, mut in_fields) = (false, false);
    let (mut equals, mut commas) = (0_usize, 0_usize);
    // A comment may be megabytes long; before its first space nothing else means anything.
    if input.get(at) == Some(&b'#') {
        at += memchr3(b'\\', b'\n', b' ', &input[at..]).unwrap_or(input.len() - at);
    }
    while at < input.len() {
        match input[at] {
            // The last byte but one escapes nothing: the real parser looks two bytes ahead.
            b'\\' if at + 2 < input.len() => at += 1,
            b'\n' if !quoted => break,
            b' ' => in_fields = true,
            b'=' if in_fields && !quoted => equals += 1,
            b',' if in_fields && !quoted => commas += 1,
            b'"' if in_fields && equals > commas => quoted = !quoted,
            _ => {}
        }
        at += 1;
    }
    at
}
