//! Resolving escapes.
//!
//! One function serves both grammars; which bytes may be escaped is the caller's knowledge. It
//! never decides where a token ends.

use alloc::vec::Vec;
use memchr::memchr;

/// Drops each backslash that stands before one of `special`. Every other backslash stays, and does
/// not protect the byte after it: in `\\,` the second backslash still belongs to the comma unless
/// a backslash is special itself.
///
/// Appends the result to `out` and says true, or says false and appends nothing where no backslash
/// is.
pub(crate) fn unescape_onto(bytes: &[u8], special: &[u8], out: &mut Vec<u8>) -> bool {
    let Some(mut next) = memchr(b'\\', bytes) else { return false };
    let mut rest = bytes;
    loop {
        let (before, from) = rest.split_at(next);
        out.extend_from_slice(before);
        // What is taken as it is: the escaped byte, or the backslash that escapes nothing.
        let (taken, length) = match from.get(1) {
            Some(escaped) if special.contains(escaped) => (*escaped, 2),
            _ => (b'\\', 1),
        };
        out.push(taken);
        rest = &from[length..];
        match memchr(b'\\', rest) {
            Some(found) => next = found,
            None => break,
        }
    }
    out.extend_from_slice(rest);
    true
}
