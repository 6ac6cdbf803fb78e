//! Names of an IOx line: measurement, tag key, tag value, field key.
//!
//! Only the bytes that end a name differ between the four; escapes and limits are one rule.

use crate::error::ParseErrorKind as Kind;
use crate::fault::Fault;
use crate::line::Text;
use crate::unescape::unescape;
use std::borrow::Cow;

/// Reads names up to a length.
pub(super) struct Names {
    pub(super) max_bytes: usize,
}

/// A name and where it ends; none if there is not a single byte of it.
pub(super) type Read<'a> = Result<Option<(Text<'a>, usize)>, Fault>;

impl Names {
    /// Ends at a blank, NUL or comma. `\,` `\ ` and `\\` are escapes.
    pub(super) fn measurement<'a>(&self, line: &'a [u8]) -> Read<'a> {
        self.read(line, 0, |b| matches!(b, b' ' | b'\t' | b'\n' | 0 | b','), b", \\")
    }

    /// Ends at a blank or `=`: a comma belongs to the key. `\\` `\,` `\=` and `\ ` are escapes.
    pub(super) fn key<'a>(&self, line: &'a [u8], start: usize) -> Read<'a> {
        self.read(line, start, |b| matches!(b, b' ' | b'\t' | b'\n' | b'='), b"\\,= ")
    }

    /// Ends at a blank or comma: an `=` belongs to the value. Escapes as in a key.
    pub(super) fn tag_value<'a>(&self, line: &'a [u8], start: usize) -> Read<'a> {
        self.read(line, start, |b| matches!(b, b' ' | b'\t' | b'\n' | b','), b"\\,= ")
    }

    /// A backslash takes the next byte with it, whatever that is, and stays itself unless that byte
    /// is one of `special`. What then ends in a backslash is refused.
    fn read<'a>(
        &self,
        line: &'a [u8],
        start: usize,
        ends: impl Fn(u8) -> bool,
        special: &[u8],
    ) -> Read<'a> {
        let mut at = start;
        let mut escaped = false;
        while let Some(&byte) = line.get(at) {
            if byte == b'\\' {
                escaped = true;
                at += 1;
            } else if ends(byte) {
                break;
            }
            at += 1;
        }
        if at == start {
            return Ok(None);
        }
        // A backslash as the very last byte has nothing to take along.
        let end = at.min(line.len());
        let written = &line[start..end];
        // A backslash is among the escapes of every name, so none is left that would have to
        // protect the byte after it.
        let text = if escaped { unescape(written, special) } else { Cow::Borrowed(written) };
        if text.ends_with(b"\\") {
            return Err(Fault::new(Kind::EndsWithBackslash, start..end));
        }
        if text.len() > self.max_bytes {
            return Err(Fault::new(Kind::StringTooLong { limit: self.max_bytes }, start..end));
        }
        Ok(Some((text, end)))
    }
}
