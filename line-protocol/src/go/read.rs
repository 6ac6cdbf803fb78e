//! Reading the fields of a Go line that was found good.
//!
//! Here an `=` ends the key unless the byte before it is a backslash, and inside a value only `\"`
//! and `\\` are escapes. Where that disagrees with how the line was judged, a key may hold half the
//! line; what then makes no sense as a value is refused, where some releases break off.

use super::before;
use super::number::{decode_boolean, decode_float, parse};
use crate::dialect::GoDialect;
use crate::error::ParseErrorKind as Kind;
use crate::fault::Fault;
use crate::line::{Field, FieldValue};
use crate::unescape::unescape;
use std::ops::Range;

/// What storage puts between series key and field key.
const FIELD_KEY_SEPARATOR: usize = 4;

/// The outer result is judged before the timestamp, as in the real parser; the inner one holds
/// what it would only have met when reading the values, after accepting the line.
pub(super) fn fields<'a>(
    line: &'a [u8],
    scanned: Range<usize>,
    series_key: usize,
    dialect: &GoDialect,
) -> Result<Result<Vec<Field<'a>>, Fault>, Fault> {
    let mut fields = Vec::new();
    let mut unreadable = None;
    let limit = dialect.max_key_bytes;
    let mut at = scanned.start;
    while at < scanned.end {
        let equals = key_end(line, at, scanned.end);
        if equals + 2 > scanned.end {
            return Err(Fault::new(Kind::InvalidValue, at..equals));
        }
        let length = series_key + FIELD_KEY_SEPARATOR + (equals - at);
        if length > limit {
            return Err(Fault::new(Kind::KeyTooLong { length, limit }, at..equals));
        }
        let value_end = value_end(line, equals + 1, scanned.end);
        match decode(&line[equals + 1..value_end]) {
            Some(value) => fields.push((unescape(&line[at..equals], b",\" ="), value)),
            None if unreadable.is_none() => {
                unreadable = Some(Fault::new(Kind::InvalidValue, at..equals));
            }
            None => {}
        }
        at = value_end + 1;
    }
    Ok(unreadable.map_or(Ok(fields), Err))
}

fn key_end(line: &[u8], from: usize, end: usize) -> usize {
    let mut at = from;
    while at < end && !(line[at] == b'=' && (at == from || before(line, at) != b'\\')) {
        at += 1;
    }
    at
}

fn value_end(line: &[u8], from: usize, end: usize) -> usize {
    let mut at = from;
    let mut quoted = false;
    while at < end {
        match line[at] {
            b'\\' if at + 1 < end && matches!(line[at + 1], b'"' | b'\\') => at += 1,
            b'"' => quoted = !quoted,
            b',' if !quoted => break,
            _ => {}
        }
        at += 1;
    }
    at
}

/// The kind is decided by the first byte, integers by the last. A string loses its first and its
/// last byte, whatever the last one is: `"a"b` is `a"`.
fn decode(value: &[u8]) -> Option<FieldValue<'_>> {
    let (first, rest) = value.split_first()?;
    if *first == b'"' {
        let (_, inner) = rest.split_last()?;
        return Some(FieldValue::String(unescape(inner, b"\"\\")));
    }
    if !b"0123456789-.nNiIu".contains(first) {
        return decode_boolean(value).map(FieldValue::Boolean);
    }
    match value.split_last()? {
        (b'i', digits) => parse(digits).map(FieldValue::Integer),
        (b'u', digits) => parse(digits).map(FieldValue::Unsigned),
        _ => decode_float(value).map(FieldValue::Float),
    }
}
