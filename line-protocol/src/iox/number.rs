//! Numbers of an IOx line.

use crate::error::ParseErrorKind as Kind;
use crate::fault::Fault;
use crate::tape::Value;

/// ```text
/// integer  = [ "-" ] 1*DIGIT "i"
/// unsigned = 1*DIGIT "u"
/// float    = [ "-" ] 1*DIGIT [ "." 1*DIGIT ] [ ( "e" / "E" ) [ "+" / "-" ] 1*DIGIT ]
/// ```
/// Whatever of it can be read is read: `1.` is `1` and a trailing `.`. A float that overflows is
/// infinite.
pub(super) fn read(line: &[u8], start: usize) -> Result<Option<(Value, usize)>, Fault> {
    let Some(mut end) = signed_digits(line, start) else { return Ok(None) };
    let whole = &line[start..end];
    match line.get(end) {
        Some(b'i') => {
            let value =
                parse(whole).ok_or_else(|| Fault::new(Kind::IntegerOutOfRange, start..end))?;
            return Ok(Some((Value::Integer(value), end + 1)));
        }
        Some(b'u') if line[start] != b'-' => {
            let value =
                parse(whole).ok_or_else(|| Fault::new(Kind::UnsignedOutOfRange, start..end))?;
            return Ok(Some((Value::Unsigned(value), end + 1)));
        }
        Some(b'.') => end = digits(line, end + 1).unwrap_or(end),
        _ => {}
    }
    if matches!(line.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(line.get(end + 1), Some(b'+' | b'-')));
        end = digits(line, end + 1 + sign).unwrap_or(end);
    }
    Ok(parse(&line[start..end]).map(|value| (Value::Float(value), end)))
}

/// Where an optional minus and one or more digits end.
pub(super) fn signed_digits(line: &[u8], start: usize) -> Option<usize> {
    digits(line, start + usize::from(line.get(start) == Some(&b'-')))
}

/// Where one or more digits end.
fn digits(line: &[u8], start: usize) -> Option<usize> {
    let count = line.get(start..)?.iter().take_while(|b| b.is_ascii_digit()).count();
    (count > 0).then_some(start + count)
}

/// Rust's own reading of a number, which is the product's.
pub(super) fn parse<T: core::str::FromStr>(token: &[u8]) -> Option<T> {
    core::str::from_utf8(token).ok()?.parse().ok()
}
