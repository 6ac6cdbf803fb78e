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
use crate::tape::{Tape, Value};
use core::ops::Range;

/// How long what storage puts between series key and field key is.
pub(crate) const FIELD_KEY_SEPARATOR: usize = 4;

/// What a backslash may stand before in a field key.
pub(crate) const IN_FIELD_KEY: &[u8] = b",\" =";

/// What is refused is judged before the timestamp, as in the real parser; what is returned it would
/// only have met when reading the values, after accepting the line.
pub(super) fn fields(
    line: &[u8],
    scanned: Range<usize>,
    dialect: &GoDialect,
    tape: &mut Tape,
) -> Result<Option<Fault>, Fault> {
    let mut unreadable = None;
    let limit = dialect.max_key_bytes;
    let mut at = scanned.start;
    while at < scanned.end {
        let equals = key_end(line, at, scanned.end);
        if equals + 2 > scanned.end {
            return Err(Fault::new(Kind::InvalidValue, at..equals));
        }
        let length = tape.key_end + FIELD_KEY_SEPARATOR + (equals - at);
        if length > limit {
            return Err(Fault::new(Kind::KeyTooLong { length, limit }, at..equals));
        }
        let value_end = value_end(line, equals + 1, scanned.end);
        match decode(line, equals + 1..value_end, tape) {
            Some(value) => {
                let key = tape.name(line, at..equals, IN_FIELD_KEY);
                tape.fields.push((key, value));
            }
            None if unreadable.is_none() => {
                unreadable = Some(Fault::new(Kind::InvalidValue, at..equals));
            }
            None => {}
        }
        at = value_end + 1;
    }
    Ok(unreadable)
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
fn decode(line: &[u8], range: Range<usize>, tape: &mut Tape) -> Option<Value> {
    let value = &line[range.clone()];
    let (first, rest) = value.split_first()?;
    if *first == b'"' {
        rest.split_last()?;
        return Some(Value::String(tape.name(line, range.start + 1..range.end - 1, b"\"\\")));
    }
    if !b"0123456789-.nNiIu".contains(first) {
        return decode_boolean(value).map(Value::Boolean);
    }
    match value.split_last()? {
        (b'i', digits) => parse(digits).map(Value::Integer),
        (b'u', digits) => parse(digits).map(Value::Unsigned),
        _ => decode_float(value).map(Value::Float),
    }
}
