//! The grammar of the Go package `models`: OSS v1 and v2.
//!
//! The real parser scans a line twice with two ideas of what a backslash does: once to judge it
//! (a backslash takes the next byte with it) and once to read it (a separator counts unless the
//! byte before it is a backslash). Both are kept apart here, since their disagreements are what
//! the products answer. Storage's own checks are not here.

mod block;
mod fields;
mod key;
mod number;
mod read;
mod timestamp;

pub(crate) use block::next_line;
pub(crate) use key::RESERVED;
pub(crate) use timestamp::MAX_TIME;

use crate::dialect::{GoDialect, Options};
use crate::error::ParseErrorKind;
use crate::fault::Fault;
use crate::line::Line;

/// ```text
/// line = key " "+ fields [ " "+ timestamp " "* ]
/// ```
pub(crate) fn parse_line<'a>(
    raw: &'a [u8],
    dialect: &GoDialect,
    options: &Options,
) -> Result<Line<'a>, Fault> {
    let key = key::scan(raw, dialect)?;
    if key.end > dialect.max_key_bytes {
        let kind = ParseErrorKind::KeyTooLong { length: key.end, limit: dialect.max_key_bytes };
        return Err(Fault::new(kind, 0..key.end));
    }
    let scanned = fields::scan(raw, key.end, dialect)?;
    let fields = read::fields(raw, scanned.clone(), key.end, dialect)?;
    let time = timestamp::scan(raw, scanned.end, options)?;
    Ok(Line {
        number: 0,
        raw,
        span: 0..0,
        measurement: key.measurement(raw),
        tags: key.tags(raw),
        fields: fields?,
        timestamp: Some(time.unwrap_or_else(|| options.precision.truncate(options.default_time))),
        has_timestamp: time.is_some(),
        series_key: key.series_key(raw),
    })
}

/// What the Go parser skips before a line, before the fields and before the timestamp. Between
/// parts it must begin with a space, since only a space ends the part before.
fn skip_blanks(bytes: &[u8], from: usize) -> usize {
    let blanks = bytes[from..].iter().take_while(|b| matches!(b, b' ' | b'\t' | 0)).count();
    from + blanks
}

/// The byte before `at`, or NUL where there is none.
fn before(bytes: &[u8], at: usize) -> u8 {
    at.checked_sub(1).and_then(|at| bytes.get(at)).copied().unwrap_or(0)
}
