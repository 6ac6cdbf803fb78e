//! Writing names: which bytes need an escape, and which cannot be written at all.

use super::error::{EncodeError, Part};
use crate::dialect::{Dialect, IoxDialect};
use alloc::vec::Vec;

/// Where a name stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Measurement,
    TagKey,
    TagValue,
    /// Blanks before the first field are skipped, so its key cannot begin with one.
    FirstFieldKey,
    FieldKey,
}

impl Place {
    fn part(self) -> Part {
        match self {
            Self::Measurement => Part::Measurement,
            Self::TagKey => Part::TagKey,
            Self::TagValue => Part::TagValue,
            Self::FirstFieldKey | Self::FieldKey => Part::FieldKey,
        }
    }
}

/// Appends the name with its escapes.
pub(super) fn write(
    name: &[u8],
    place: Place,
    dialect: &Dialect,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let part = place.part();
    let Some(&first) = name.first() else { return Err(EncodeError::Empty(part)) };
    if name.last() == Some(&b'\\') {
        return Err(EncodeError::TrailingBackslash(part));
    }
    // A comment is judged before anything is unescaped.
    if place == Place::Measurement && first == b'#' {
        return Err(EncodeError::FirstByte { part, byte: first });
    }
    match dialect {
        Dialect::Go(_) => write_go(name, place, first, out),
        Dialect::Iox(dialect) => write_iox(name, place, dialect, out),
    }
}

/// A backslash stays a backslash unless it stands before a byte that is escaped, so only that byte
/// gets one. Line splitting and field scanning read backslashes in pairs, which must not take the
/// byte's own away.
fn write_go(name: &[u8], place: Place, first: u8, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let part = place.part();
    let skipped = matches!(place, Place::Measurement | Place::FirstFieldKey);
    if skipped && matches!(first, b'\t' | 0) {
        return Err(EncodeError::FirstByte { part, byte: first });
    }
    let mut backslashes = 0_usize;
    for &byte in name {
        if byte == b'\n' {
            return Err(EncodeError::Byte { part, byte });
        }
        let separator = match place {
            Place::Measurement => matches!(byte, b',' | b' '),
            _ => matches!(byte, b',' | b' ' | b'='),
        };
        // Only behind a backslash would these be read as escaped.
        let lenient = match place {
            Place::Measurement => matches!(byte, b'=' | b'"'),
            Place::FieldKey | Place::FirstFieldKey => byte == b'"',
            Place::TagKey | Place::TagValue => false,
        };
        if separator && backslashes % 2 == 1 {
            return Err(EncodeError::BackslashBefore { part, byte });
        }
        if separator || (lenient && backslashes > 0) {
            out.push(b'\\');
        }
        out.push(byte);
        backslashes = if byte == b'\\' { backslashes + 1 } else { 0 };
    }
    Ok(())
}

/// A backslash is escaped like any other special byte; blanks other than the space cannot be.
fn write_iox(
    name: &[u8],
    place: Place,
    dialect: &IoxDialect,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let part = place.part();
    check_utf8(name, part)?;
    if name.len() > dialect.max_string_bytes {
        return Err(EncodeError::TooLong { part, limit: dialect.max_string_bytes });
    }
    for &byte in name {
        let special = match byte {
            b'\n' | b'\t' => return Err(EncodeError::Byte { part, byte }),
            0 if place == Place::Measurement => return Err(EncodeError::Byte { part, byte }),
            b'\\' | b',' | b' ' => true,
            b'=' => place != Place::Measurement,
            _ => false,
        };
        if special {
            out.push(b'\\');
        }
        out.push(byte);
    }
    Ok(())
}

/// IOx reads text only.
pub(super) fn check_utf8(text: &[u8], part: Part) -> Result<(), EncodeError> {
    match core::str::from_utf8(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(EncodeError::NotUtf8(part)),
    }
}
