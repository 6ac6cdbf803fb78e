//! Plain lines: those that every dialect reads alike, read at once.
//!
//! Most lines that clients write are plain: no blanks but the two that separate, no comma, equal
//! sign or quote where a grammar has its own idea of it, escapes one at a time. A plain line is
//! walked from structural byte to structural byte, and nothing else is looked at but the values.
//! Whatever is not plain, good or bad, is left to the dialect's grammar, which alone knows errors.
//! So this module may refuse anything, but what it accepts it must read as the grammars do; the
//! tests hold it against them.

mod number;
mod order;
mod walk;

pub(crate) use order::TagOrder;
pub(crate) use walk::Walk;

use crate::dialect::{Dialect, GoDialect, IoxDialect, Options};
use crate::scan::Index;
use crate::tape::{Name, Tape, Value};
use crate::{go, iox};

/// What stands at the beginning of a line.
#[derive(Debug)]
pub(crate) enum Plain {
    /// A line, which is on the tape now, and where it ends.
    Line(usize),
    /// A blank line or a comment, and where it ends.
    Nothing(usize),
    /// Something for the grammar.
    Other,
    /// The stretch that was scanned ends before the line does.
    Unscanned,
}

/// The bytes that a backslash may stand before.
struct Escapable {
    measurement: &'static [u8],
    tag: &'static [u8],
    field_key: &'static [u8],
}

impl Escapable {
    fn of(dialect: &Dialect) -> Self {
        match dialect {
            Dialect::Go(_) => Self {
                measurement: go::IN_MEASUREMENT,
                tag: go::IN_TAG,
                field_key: go::IN_FIELD_KEY,
            },
            Dialect::Iox(_) => {
                Self { measurement: iox::IN_MEASUREMENT, tag: iox::IN_KEY, field_key: iox::IN_KEY }
            }
        }
    }
}

/// Reads the line that begins at `start`. All positions are relative to the stretch.
///
/// ```text
/// plain     = key " " fields [ " " timestamp ] LF
/// key       = name *( "," name "=" name )
/// fields    = field *( "," field )
/// field     = name "=" ( number / boolean / string )
/// name      = 1*( any byte but the structural ones / "\" ( "," / " " / "=" ) )
/// string    = DQUOTE *( any byte but DQUOTE and "\" / "\" any byte ) DQUOTE
/// ```
#[inline(always)]
pub(crate) fn read(
    walk: &mut Walk<'_>,
    start: usize,
    dialect: &Dialect,
    options: &Options,
    order: &mut TagOrder,
    tape: &mut Tape,
) -> Plain {
    match walk.bytes().get(start) {
        Some(b'#') => return walk.comment(),
        Some(b'\n') => return walk.blank(start),
        _ => {}
    }
    tape.clear();
    match line(walk, start, dialect, options, order, tape) {
        Some(end) => Plain::Line(end),
        None if walk.is_at_end() => Plain::Unscanned,
        None => Plain::Other,
    }
}

#[inline(always)]
fn line(
    walk: &mut Walk<'_>,
    start: usize,
    dialect: &Dialect,
    options: &Options,
    order: &mut TagOrder,
    tape: &mut Tape,
) -> Option<usize> {
    let escapable = Escapable::of(dialect);
    let bytes = walk.bytes();
    let (name, mut end, mut stop) = walk.name(start, escapable.measurement, tape)?;
    tape.measurement = name;
    while stop == b',' {
        let (key, equals) = walk.key(end + 1, escapable.tag, tape)?;
        let (value, value_end, after_value) = walk.name(equals + 1, escapable.tag, tape)?;
        tape.tags.push((key, value));
        (end, stop) = (value_end, after_value);
    }
    tape.key_end = end;
    if stop != b' ' {
        return None;
    }
    loop {
        let (key, equals) = walk.key(end + 1, escapable.field_key, tape)?;
        let value;
        (value, end, stop) = field_value(walk, equals + 1, dialect, tape)?;
        tape.fields.push((key, value));
        if stop != b',' {
            break;
        }
    }
    let time = match stop {
        b'\n' => None,
        b' ' => {
            let from = end + 1;
            (end, stop) = walk.next()?;
            if stop != b'\n' {
                return None;
            }
            Some(number::signed(bytes, from, end)?)
        }
        _ => return None,
    };
    tape.has_timestamp = time.is_some();
    match dialect {
        Dialect::Go(dialect) => {
            order.apply(bytes, tape, dialect.reserved_tag_keys)?;
            tape.timestamp = Some(match time {
                Some(time) => go::nanoseconds(time, options)?,
                None => go::default_time(options),
            });
            // Series key, separator and field key together are never longer than the line with it.
            let longest = end - start + go::FIELD_KEY_SEPARATOR;
            if longest > dialect.max_key_bytes && !go_lengths_fit(start, tape, dialect) {
                return None;
            }
        }
        Dialect::Iox(dialect) => {
            // No part of the line is longer than the line.
            let limit = dialect.max_string_bytes;
            if end - start > limit && !iox_lengths_fit(bytes, tape, dialect) {
                return None;
            }
            tape.timestamp = time;
        }
    }
    Some(end)
}

/// Whether the keys of a line that is longer than a key may be are themselves short enough.
#[cold]
fn go_lengths_fit(start: usize, tape: &Tape, dialect: &GoDialect) -> bool {
    let series_key = tape.key_end - start;
    tape.fields.iter().all(|(key, _)| {
        series_key + go::FIELD_KEY_SEPARATOR + tape.written(*key).len() <= dialect.max_key_bytes
    })
}

/// Whether the parts of a line that is longer than a part may be are themselves short enough.
#[cold]
fn iox_lengths_fit(bytes: &[u8], tape: &Tape, dialect: &IoxDialect) -> bool {
    let fits = |name: Name| tape.text(bytes, name).len() <= dialect.max_string_bytes;
    fits(tape.measurement)
        && tape.tags.iter().all(|(key, value)| fits(*key) && fits(*value))
        && tape
            .fields
            .iter()
            .all(|(key, value)| fits(*key) && !matches!(value, Value::String(text) if !fits(*text)))
}

/// A value, where it ends, and the byte that ends it.
#[inline(always)]
fn field_value(
    walk: &mut Walk<'_>,
    start: usize,
    dialect: &Dialect,
    tape: &mut Tape,
) -> Option<(Value, usize, u8)> {
    let bytes = walk.bytes();
    match *bytes.get(start)? {
        b'0'..=b'9' | b'-' => {
            let (end, stop) = walk.next()?;
            let value = match bytes[end - 1] {
                b'i' => Value::Integer(number::signed(bytes, start, end - 1)?),
                b'u' => {
                    if matches!(dialect, Dialect::Go(GoDialect { unsigned: false, .. })) {
                        return None;
                    }
                    Value::Unsigned(number::digits(bytes, start, end - 1)?)
                }
                _ => Value::Float(number::float(bytes, start, end)?),
            };
            Some((value, end, stop))
        }
        b'"' => {
            let (text, end) = walk.string(start, tape)?;
            let (at, stop) = walk.next()?;
            (at == end).then_some((Value::String(text), end, stop))
        }
        b't' | b'T' | b'f' | b'F' => {
            let (end, stop) = walk.next()?;
            let value = match &bytes[start..end] {
                b"t" | b"T" | b"true" | b"True" | b"TRUE" => true,
                b"f" | b"F" | b"false" | b"False" | b"FALSE" => false,
                _ => return None,
            };
            Some((Value::Boolean(value), end, stop))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
