//! Judging the fields of a Go line.
//!
//! Here a backslash takes the next byte with it. What the fields are is read afterwards, in
//! `read`, by other rules; this module only says whether the line is refused, and where the
//! fields end.

use super::{before, number, skip_blanks};
use crate::dialect::GoDialect;
use crate::error::ParseErrorKind as Kind;
use crate::fault::Fault;
use core::ops::Range;

/// ```text
/// fields = field *( "," field )          up to an unquoted, unescaped space
/// field  = key "=" ( number | boolean | string )
/// ```
/// The kind of a value is decided by its first byte. Text after a closing quote is taken along,
/// and a quote in it opens a string again. Fields, commas and equal signs are counted, not paired.
pub(super) fn scan(line: &[u8], from: usize, dialect: &GoDialect) -> Result<Range<usize>, Fault> {
    let start = skip_blanks(line, from);
    let mut at = start;
    let mut quoted = false;
    let mut quote = start;
    let (mut equals, mut commas) = (0_usize, 0_usize);
    while let Some(&byte) = line.get(at) {
        match byte {
            b'\\' if at + 1 < line.len() => at += 1,
            b'"' if equals > commas => {
                quoted = !quoted;
                quote = at;
            }
            b'=' if !quoted => {
                equals += 1;
                if let Some(end) = scan_value(line, at, dialect)? {
                    at = end;
                    continue;
                }
            }
            b',' if !quoted => commas += 1,
            b' ' if !quoted => break,
            _ => {}
        }
        at += 1;
    }
    let end = at;
    if quoted {
        return Err(Fault::new(Kind::UnbalancedQuotes, quote..line.len()));
    }
    if equals == 0 || commas != equals - 1 {
        return Err(Fault::new(Kind::InvalidFieldFormat, start..end));
    }
    Ok(start..end)
}

/// Judges what stands around the `=` at `equals`. Returns where a number or boolean ends; a string
/// is left to the caller, who follows its quotes.
fn scan_value(line: &[u8], equals: usize, dialect: &GoDialect) -> Result<Option<usize>, Fault> {
    // Only a space or comma right before says that the key is missing: after a tab it is empty.
    let (last, last_but_one) = (before(line, equals), before(line, equals - 1));
    if matches!(last, b' ' | b',') && last_but_one != b'\\' {
        return Err(Fault::at(Kind::MissingFieldKey, equals));
    }
    let value = equals + 1;
    match line.get(value) {
        None | Some(b',' | b' ') => Err(Fault::at(Kind::MissingFieldValue, value)),
        Some(b'0'..=b'9' | b'.' | b'-' | b'N' | b'n') => {
            number::scan(line, value, dialect).map(Some)
        }
        Some(b'"') => Ok(None),
        Some(_) => number::scan_boolean(line, value).map(Some),
    }
}
