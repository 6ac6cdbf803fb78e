//! Names of an IOx line: measurement, tag key, tag value, field key.
//!
//! Only the bytes that end a name differ between the four; escapes and limits are one rule.

use crate::error::ParseErrorKind as Kind;
use crate::fault::Fault;
use crate::tape::{Name, Tape};

/// What a backslash may stand before in a measurement, and in any other name.
pub(crate) const IN_MEASUREMENT: &[u8] = b", \\";
pub(crate) const IN_KEY: &[u8] = b"\\,= ";

/// Reads names up to a length.
pub(super) struct Names {
    pub(super) max_bytes: usize,
}

/// A name and where it ends; none if there is not a single byte of it.
pub(super) type Read = Result<Option<(Name, usize)>, Fault>;

impl Names {
    /// Ends at a blank, NUL or comma. `\,` `\ ` and `\\` are escapes.
    pub(super) fn measurement(&self, line: &[u8], tape: &mut Tape) -> Read {
        self.read(line, 0, tape, |b| matches!(b, b' ' | b'\t' | b'\n' | 0 | b','), IN_MEASUREMENT)
    }

    /// Ends at a blank or `=`: a comma belongs to the key. `\\` `\,` `\=` and `\ ` are escapes.
    pub(super) fn key(&self, line: &[u8], start: usize, tape: &mut Tape) -> Read {
        self.read(line, start, tape, |b| matches!(b, b' ' | b'\t' | b'\n' | b'='), IN_KEY)
    }

    /// Ends at a blank or comma: an `=` belongs to the value. Escapes as in a key.
    pub(super) fn tag_value(&self, line: &[u8], start: usize, tape: &mut Tape) -> Read {
        self.read(line, start, tape, |b| matches!(b, b' ' | b'\t' | b'\n' | b','), IN_KEY)
    }

    /// A backslash takes the next byte with it, whatever that is, and stays itself unless that byte
    /// is one of `special`. What then ends in a backslash is refused.
    fn read(
        &self,
        line: &[u8],
        start: usize,
        tape: &mut Tape,
        ends: impl Fn(u8) -> bool,
        special: &[u8],
    ) -> Read {
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
        // A backslash is among the escapes of every name, so none is left that would have to
        // protect the byte after it.
        let name =
            if escaped { tape.name(line, start..end, special) } else { Name::plain(start..end) };
        let text = tape.text(line, name);
        if text.ends_with(b"\\") {
            return Err(Fault::new(Kind::EndsWithBackslash, start..end));
        }
        if text.len() > self.max_bytes {
            return Err(Fault::new(Kind::StringTooLong { limit: self.max_bytes }, start..end));
        }
        Ok(Some((name, end)))
    }
}
