//! Where one line ends and the next begins, in the IOx grammar.
//!
//! The split follows the Go parser's; comments are cut off afterwards, so the rest of a piece that
//! a quote in a comment swallowed is still read.

use core::ops::Range;
use memchr::{memchr, memchr3};

/// The next piece that holds something, without leading blanks and comments.
pub(crate) fn next_line(input: &[u8], position: &mut usize) -> Option<Range<usize>> {
    while *position < input.len() {
        let start = *position;
        let end = piece_end(input, start);
        *position = end + 1;
        let first = trim_leading(&input[..end], start);
        if first < end {
            return Some(first..end);
        }
    }
    None
}

/// A piece ends at a `\n` that is neither escaped nor inside quotes. Quotes count only after the
/// first space, and where more `=` than `,` were seen.
fn piece_end(input: &[u8], start: usize) -> usize {
    let mut at = start;
    let (mut quoted, mut in_fields) = (false, false);
    let (mut equals, mut commas) = (0_usize, 0_usize);
    // A comment may be megabytes long; before its first space nothing else means anything.
    if input.get(at) == Some(&b'#') {
        at += memchr3(b'\\', b'\n', b' ', &input[at..]).unwrap_or(input.len() - at);
    }
    while at < input.len() {
        match input[at] {
            b'\\' => at += 1,
            b'\n' if !quoted => return at,
            b' ' => in_fields = true,
            b'=' if in_fields && !quoted => equals += 1,
            b',' if in_fields && !quoted => commas += 1,
            b'"' if in_fields && equals > commas => quoted = !quoted,
            _ => {}
        }
        at += 1;
    }
    input.len()
}

fn trim_leading(piece: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        at += piece[at..].iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n')).count();
        if piece.get(at) != Some(&b'#') {
            return at;
        }
        at += memchr(b'\n', &piece[at..]).unwrap_or(piece.len() - at);
    }
}
