//! Writes points that the parser of the same dialect reads back as they were.
//!
//! What a dialect cannot hold is refused, never changed. The two grammars can hold different
//! things, so there is no line that suits both by design, although most do.

mod error;
mod name;

pub use error::{EncodeError, Part};

use crate::dialect::{Dialect, GoDialect, IoxDialect, Precision};
use crate::line::{Field, FieldValue, Line, Tag, Text, own, own_fields, own_tags};
use alloc::format;
use alloc::vec::Vec;
use name::Place;

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub struct Point<'a> {
    /// The measurement.
    pub measurement: Text<'a>,
    /// The tags, written in this order.
    pub tags: Vec<Tag<'a>>,
    /// The fields, written in this order.
    pub fields: Vec<Field<'a>>,
    /// Go: in nanoseconds. IOx: in the unit of the request.
    pub timestamp: Option<i64>,
}

impl Point<'_> {
    /// The same point, owning its bytes.
    pub fn into_owned(self) -> Point<'static> {
        Point {
            measurement: own(self.measurement),
            tags: own_tags(self.tags),
            fields: own_fields(self.fields),
            timestamp: self.timestamp,
        }
    }
}

impl<'a> From<Line<'a>> for Point<'a> {
    /// The line's point; a timestamp that the line did not hold is left out.
    fn from(line: Line<'a>) -> Self {
        let timestamp = line.timestamp.filter(|_| line.has_timestamp);
        Self { measurement: line.measurement, tags: line.tags, fields: line.fields, timestamp }
    }
}

/// Appends the point to `out` as one line without line end. On an error nothing is appended.
///
/// `precision` is the unit the line is to be read in; it only matters to the Go grammar.
///
/// ```
/// use line_protocol::{Dialect, FieldValue, Point, Precision, encode};
/// let point = Point {
///     measurement: b"room temp"[..].into(),
///     tags: vec![(b"floor"[..].into(), b"2,5"[..].into())],
///     fields: vec![(b"c"[..].into(), FieldValue::Float(21.5))],
///     timestamp: Some(1_700_000_000_000_000_000),
/// };
/// let mut line = Vec::new();
/// encode(&point, &Dialect::GO_V2, Precision::Second, &mut line).unwrap();
/// assert_eq!(line, br"room\ temp,floor=2\,5 c=21.5 1700000000");
/// ```
pub fn encode(
    point: &Point<'_>,
    dialect: &Dialect,
    precision: Precision,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = out.len();
    let written = write(point, dialect, precision, out);
    if written.is_err() {
        out.truncate(start);
    }
    written
}

fn write(
    point: &Point<'_>,
    dialect: &Dialect,
    precision: Precision,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = out.len();
    name::write(&point.measurement, Place::Measurement, dialect, out)?;
    for (key, value) in &point.tags {
        out.push(b',');
        name::write(key, Place::TagKey, dialect, out)?;
        out.push(b'=');
        name::write(value, Place::TagValue, dialect, out)?;
    }
    let series_key = out.len() - start;
    if let Dialect::Go(go) = dialect {
        check_tags(&point.tags, go)?;
        check_length(series_key, go)?;
    }
    if point.fields.is_empty() {
        return Err(EncodeError::NoFields);
    }
    for (index, (key, value)) in point.fields.iter().enumerate() {
        out.push(if index == 0 { b' ' } else { b',' });
        let key_start = out.len();
        let place = if index == 0 { Place::FirstFieldKey } else { Place::FieldKey };
        name::write(key, place, dialect, out)?;
        if let Dialect::Go(go) = dialect {
            check_length(series_key + 4 + (out.len() - key_start), go)?;
        }
        out.push(b'=');
        write_value(value, dialect, out)?;
    }
    if let Some(timestamp) = point.timestamp {
        let number = match dialect {
            Dialect::Go(_) => go_timestamp(timestamp, precision)?,
            Dialect::Iox(_) => timestamp,
        };
        out.extend_from_slice(format!(" {number}").as_bytes());
    }
    Ok(())
}

fn check_tags(tags: &[Tag<'_>], dialect: &GoDialect) -> Result<(), EncodeError> {
    let mut keys: Vec<&[u8]> = tags.iter().map(|(key, _)| &**key).collect();
    if dialect.reserved_tag_keys
        && let Some(key) = keys.iter().find(|key| crate::go::RESERVED.contains(*key))
    {
        return Err(EncodeError::ReservedTagKey(key.to_vec()));
    }
    keys.sort_unstable();
    match keys.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(EncodeError::DuplicateTag(pair[0].to_vec())),
        None => Ok(()),
    }
}

fn check_length(length: usize, dialect: &GoDialect) -> Result<(), EncodeError> {
    let limit = dialect.max_key_bytes;
    if length > limit { Err(EncodeError::KeyTooLong { length, limit }) } else { Ok(()) }
}

fn go_timestamp(time: i64, precision: Precision) -> Result<i64, EncodeError> {
    if time.unsigned_abs() > crate::go::MAX_TIME.unsigned_abs() {
        return Err(EncodeError::TimeOutOfRange(time));
    }
    if time % precision.multiplier() != 0 {
        return Err(EncodeError::TimeNotInUnit(time, precision));
    }
    Ok(time / precision.multiplier())
}

fn write_value(
    value: &FieldValue<'_>,
    dialect: &Dialect,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    match value {
        FieldValue::Float(v) if !v.is_finite() => return Err(EncodeError::NotFinite(*v)),
        // Rust's debug form is the shortest that reads back, with an exponent where it is long.
        FieldValue::Float(v) => out.extend_from_slice(format!("{v:?}").as_bytes()),
        FieldValue::Integer(v) => out.extend_from_slice(format!("{v}i").as_bytes()),
        FieldValue::Unsigned(v) => {
            if matches!(dialect, Dialect::Go(GoDialect { unsigned: false, .. })) {
                return Err(EncodeError::Unsigned(*v));
            }
            out.extend_from_slice(format!("{v}u").as_bytes());
        }
        FieldValue::Boolean(v) => out.extend_from_slice(if *v { b"true" } else { b"false" }),
        FieldValue::String(v) => write_string(v, dialect, out)?,
    }
    Ok(())
}

/// Quotes and backslashes get a backslash. Everything else may stand in a string, line breaks too.
fn write_string(text: &[u8], dialect: &Dialect, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if let Dialect::Iox(IoxDialect { max_string_bytes: limit, .. }) = dialect {
        name::check_utf8(text, Part::String)?;
        if text.len() > *limit {
            return Err(EncodeError::TooLong { part: Part::String, limit: *limit });
        }
    }
    out.push(b'"');
    for &byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
    Ok(())
}
