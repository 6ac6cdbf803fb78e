//! The grammar of the IOx parser: InfluxDB 3.
//!
//! A line is read from left to right; what cannot be read any more is trailing content. Whether
//! the column types fit, and what a timestamp means, is the caller's matter.

mod block;
mod fields;
mod name;
mod number;
mod tags;

pub(crate) use block::next_line;
pub(crate) use name::{IN_KEY, IN_MEASUREMENT};

use crate::dialect::IoxDialect;
use crate::error::ParseErrorKind as Kind;
use crate::fault::Fault;
use crate::tape::Tape;
use name::Names;

/// ```text
/// line = measurement [ "," tags ] 1*" " fields [ 1*" " timestamp *" " ]
/// ```
pub(crate) fn parse_line(raw: &[u8], dialect: &IoxDialect, tape: &mut Tape) -> Result<(), Fault> {
    let names = Names { max_bytes: dialect.max_string_bytes };
    let Some((measurement, mut at)) = names.measurement(raw, tape)? else {
        return Err(Fault::at(Kind::MissingMeasurement, 0));
    };
    tape.measurement = measurement;
    if raw.get(at) == Some(&b',') {
        at = tags::read(raw, at + 1, &names, dialect.wording, tape)?;
    }
    tape.key_end = at;
    at = spaces(raw, at).ok_or_else(|| Fault::new(Kind::ExpectedSpace, at..raw.len()))?;
    let end = fields::read(raw, at, &names, tape)?;
    let (timestamp, end) = timestamp(raw, end)?;
    if end < raw.len() {
        return Err(Fault::new(Kind::TrailingContent, end..raw.len()));
    }
    tape.timestamp = timestamp;
    tape.has_timestamp = timestamp.is_some();
    Ok(())
}

/// ```text
/// timestamp = [ "-" ] 1*DIGIT
/// ```
/// Returns where reading stopped: after the spaces behind a timestamp, or where it began if what
/// follows is none, so that spaces without a timestamp are trailing content.
fn timestamp(raw: &[u8], from: usize) -> Result<(Option<i64>, usize), Fault> {
    let Some(start) = spaces(raw, from) else { return Ok((None, from)) };
    let Some(end) = number::signed_digits(raw, start) else { return Ok((None, from)) };
    match number::parse(&raw[start..end]) {
        Some(value) => Ok((Some(value), spaces(raw, end).unwrap_or(end))),
        None => Err(Fault::new(Kind::TimestampOutOfRange, start..end)),
    }
}

/// Where one or more spaces end.
fn spaces(raw: &[u8], from: usize) -> Option<usize> {
    let count = raw[from..].iter().take_while(|b| **b == b' ').count();
    (count > 0).then_some(from + count)
}
