//! Resolving escapes, borrowed where there are none.
//!
//! One function serves both grammars; which bytes may be escaped is the caller's knowledge. It
//! never decides where a token ends.

use memchr::memchr;
use std::borrow::Cow;

/// Drops each backslash that stands before one of `special`. Every other backslash stays, and does
/// not protect the byte after it: in `\\,` the second backslash still belongs to the comma unless
/// a backslash is special itself.
pub(crate) fn unescape<'a>(bytes: &'a [u8], special: &[u8]) -> Cow<'a, [u8]> {
    let Some(first) = memchr(b'\\', bytes) else {
        return Cow::Borrowed(bytes);
    };
    let mut text = Vec::with_capacity(bytes.len());
    text.extend_from_slice(&bytes[..first]);
    let mut at = first;
    while at < bytes.len() {
        match bytes.get(at + 1) {
            Some(next) if bytes[at] == b'\\' && special.contains(next) => {
                text.push(*next);
                at += 2;
            }
            _ => {
                text.push(bytes[at]);
                at += 1;
            }
        }
    }
    Cow::Owned(text)
}
