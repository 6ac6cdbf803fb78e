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
pub(crate) use key::{IN_MEASUREMENT, IN_TAG, RESERVED};
pub(crate) use read::{FIELD_KEY_SEPARATOR, IN_FIELD_KEY};
pub(crate) use timestamp::{MAX_TIME, default_time, nanoseconds};

use crate::dialect::{GoDialect, Options};
use crate::error::ParseErrorKind;
use crate::fault::Fault;
use crate::tape::Tape;

/// ```text
/// line = key " "+ fields [ " "+ timestamp " "* ]
/// ```
pub(crate) fn parse_line(
    raw: &[u8],
    dialect: &GoDialect,
    options: &Options,
    tape: &mut Tape,
) -> Result<(), Fault> {
    key::scan(raw, dialect, tape)?;
    if tape.key_end > dialect.max_key_bytes {
        let (length, limit) = (tape.key_end, dialect.max_key_bytes);
        return Err(Fault::new(ParseErrorKind::KeyTooLong { length, limit }, 0..length));
    }
    let fields = fields::scan(raw, tape.key_end, dialect)?;
    let unreadable = read::fields(raw, fields.clone(), dialect, tape)?;
    let time = timestamp::scan(raw, fields.end, options)?;
    tape.timestamp = Some(time.unwrap_or_else(|| default_time(options)));
    tape.has_timestamp = time.is_some();
    unreadable.map_or(Ok(()), Err)
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
