//! Numbers and booleans of the Go grammar: judging and decoding.
//!
//! The first byte of a value has already decided which of the two it must be.

use super::before;
use crate::dialect::GoDialect;
use crate::error::ParseErrorKind as Kind;
use crate::fault::Fault;

/// ```text
/// number   = integer / unsigned / float
/// integer  = [ "-" ] 1*DIGIT "i"
/// unsigned = 1*DIGIT "u"
/// float    = [ "-" ] ( 1*DIGIT [ "." *DIGIT ] / "." 1*DIGIT ) [ ( "e" / "E" ) [ "+" / "-" ] 1*DIGIT ]
/// ```
/// Letters that no number holds are an `invalid number`; letters of a number in a wrong order are
/// an `invalid float`. No `+` in front, no `NaN`, no `Inf`, no hexadecimal.
pub(super) fn scan(line: &[u8], start: usize, dialect: &GoDialect) -> Result<usize, Fault> {
    let length = line[start..].iter().take_while(|b| !matches!(b, b',' | b' ')).count();
    let end = start + length;
    let token = &line[start..end];
    let refuse = |kind| Err(Fault::new(kind, start..end));

    let (mut integer, mut unsigned, mut decimal, mut scientific) = (false, false, false, false);
    let from = start + usize::from(token.first() == Some(&b'-'));
    for at in from..end {
        let suffixed = integer || unsigned;
        match line[at] {
            b'0'..=b'9' => {}
            b'i' if at > start && !suffixed => integer = true,
            b'u' if at > start && !suffixed => unsigned = true,
            b'.' if !decimal => decimal = true,
            b'e' | b'E' if at > start => scientific = true,
            b'+' | b'-' if matches!(before(line, at), b'e' | b'E') => {}
            _ => return refuse(Kind::InvalidNumber),
        }
    }
    if (integer || unsigned) && (decimal || scientific) {
        return refuse(Kind::InvalidNumber);
    }
    // The real parser does not take the `u` off here; `-u` is refused further down all the same.
    let marks = usize::from(integer) + usize::from(decimal) + usize::from(from > start);
    if length == marks {
        return refuse(Kind::InvalidNumber);
    }
    let digits = start..end.saturating_sub(1);
    if integer {
        if token.last() != Some(&b'i') {
            return refuse(Kind::InvalidNumber);
        }
        if parse::<i64>(&line[digits.clone()]).is_none() {
            return Err(Fault::new(Kind::IntegerOutOfRange, digits));
        }
    } else if unsigned {
        if !dialect.unsigned || token.last() != Some(&b'u') || from > start {
            return refuse(Kind::InvalidNumber);
        }
        if parse::<u64>(&line[digits.clone()]).is_none() {
            return Err(Fault::new(Kind::UnsignedOutOfRange, digits));
        }
    } else if decode_float(token).is_none() {
        return refuse(Kind::InvalidFloat);
    }
    Ok(end)
}

/// `t` `T` `true` `True` `TRUE` `f` `F` `false` `False` `FALSE`, up to the next comma or space.
pub(super) fn scan_boolean(line: &[u8], start: usize) -> Result<usize, Fault> {
    // The first byte is looked at before any separator is looked for.
    let rest = line[start..].iter().skip(1);
    let end = start + 1 + rest.take_while(|b| !matches!(b, b',' | b' ')).count();
    match &line[start..end] {
        b"t" | b"T" | b"true" | b"True" | b"TRUE" => Ok(end),
        b"f" | b"F" | b"false" | b"False" | b"FALSE" => Ok(end),
        _ => Err(Fault::new(Kind::InvalidBoolean, start..end)),
    }
}

/// Go's `strconv.ParseBool`, which takes `1` and `0` too.
pub(super) fn decode_boolean(token: &[u8]) -> Option<bool> {
    match token {
        b"1" | b"t" | b"T" | b"true" | b"True" | b"TRUE" => Some(true),
        b"0" | b"f" | b"F" | b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

/// A finite float, correctly rounded. What underflows is zero; what overflows is none.
pub(super) fn decode_float(token: &[u8]) -> Option<f64> {
    // Rust would also read `inf` and `nan`, which never begin with what begins a number here.
    if token.iter().any(|b| matches!(b, b'a' | b'A' | b'f' | b'F' | b't' | b'T' | b'y' | b'Y')) {
        return None;
    }
    parse::<f64>(token).filter(|value| value.is_finite())
}

/// Rust's reading of a decimal number; the same as Go's for what [`scan`] lets through.
pub(super) fn parse<T: core::str::FromStr>(token: &[u8]) -> Option<T> {
    core::str::from_utf8(token).ok()?.parse().ok()
}
