//! The timestamp of a Go line, and what may follow it.

use super::number::parse;
use super::skip_blanks;
use crate::dialect::Options;
use crate::error::ParseErrorKind as Kind;
use crate::fault::Fault;

/// The largest time, and negated the smallest, that storage can hold.
pub(crate) const MAX_TIME: i64 = i64::MAX - 1;

/// A timestamp as written, in nanoseconds; none if that is no time that storage can hold.
pub(crate) fn nanoseconds(timestamp: i64, options: &Options) -> Option<i64> {
    timestamp
        .checked_mul(options.precision.multiplier())
        .filter(|time| (-MAX_TIME..=MAX_TIME).contains(time))
}

/// What a line without a timestamp gets.
pub(crate) fn default_time(options: &Options) -> i64 {
    options.precision.truncate(options.default_time)
}

/// ```text
/// timestamp = [ "-" ] *DIGIT          up to a space, a line break or the end
/// ```
/// In nanoseconds, or none if there is none; after none nothing more is looked at. After one only
/// spaces may follow, and that is judged last.
pub(super) fn scan(line: &[u8], from: usize, options: &Options) -> Result<Option<i64>, Fault> {
    let start = skip_blanks(line, from);
    let mut end = start;
    while let Some(byte) = line.get(end) {
        match byte {
            b'\n' | b' ' => break,
            b'-' if end == start => {}
            b'0'..=b'9' => {}
            _ => return Err(Fault::new(Kind::BadTimestamp, start..line.len())),
        }
        end += 1;
    }
    let token = start..end;
    if token.is_empty() {
        return Ok(None);
    }
    if &line[token.clone()] == b"-" {
        return Err(Fault::new(Kind::TimestampSyntax, token));
    }
    let Some(number) = parse::<i64>(&line[token.clone()]) else {
        return Err(Fault::new(Kind::TimestampOutOfRange, token));
    };
    let Some(time) = nanoseconds(number, options) else {
        return Err(Fault::new(Kind::TimeOutsideRange, token));
    };
    if line[end..].iter().any(|byte| *byte != b' ') {
        return Err(Fault::new(Kind::TrailingContent, end..line.len()));
    }
    Ok(Some(time))
}
