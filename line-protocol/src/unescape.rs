//! Resolving escapes.
//!
//! One function serves both grammars; which bytes may be escaped is the caller's knowledge. It
//! never decides where a token ends.

use alloc::vec::Vec;
use memchr::memchr;

/// Up to here a backslash is looked for byte by byte: names are short, and a vector search that
/// has to be set up first is slower for them.
const SHORT: usize = 24;

/// Drops each backslash that stands before one of `special`. Every other backslash stays, and does
/// not protect the byte after it: in `\\,` the second backslash still belongs to the comma unless
/// a backslash is special itself.
///
/// Appends the result to `out` and says true, or says false and appends nothing where no backslash
/// is.
pub(crate) fn unescape_onto(bytes: &[u8], special: &[u8], out: &mut Vec<u8>) -> bool {
    let Some(first) = backslash(bytes) else { return false };
    out.reserve(bytes.len());
    let (before, mut rest) = bytes.split_at(first);
    out.extend_from_slice(before);
    while let [byte, after @ ..] = rest {
        rest = after;
        match after {
            [escaped, after @ ..] if *byte == b'\\' && special.contains(escaped) => {
                out.push(*escaped);
                rest = after;
            }
            _ => out.push(*byte),
        }
        if rest.len() > SHORT {
            let (before, from) = rest.split_at(memchr(b'\\', rest).unwrap_or(rest.len()));
            out.extend_from_slice(before);
            rest = from;
        }
    }
    true
}

#[inline(always)]
fn backslash(bytes: &[u8]) -> Option<usize> {
    if bytes.len() <= SHORT {
        bytes.iter().position(|byte| *byte == b'\\')
    } else {
        memchr(b'\\', bytes)
    }
}
