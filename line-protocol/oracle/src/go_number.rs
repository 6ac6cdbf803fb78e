//! Numbers of the Go grammar.

use crate::Value;
use crate::go::Refused;

/// A literal of at least this many bytes is converted when it is checked.
const LONG_INTEGER: usize = 19;
const LONG_UNSIGNED: usize = 20;
const LONG_FLOAT: usize = 25;

/// Checks what begins like a number.
pub(crate) fn check(text: &[u8], unsigned: bool) -> Refused<()> {
    let invalid = || Err(b"invalid number".to_vec());
    match text.last() {
        Some(b'i') => {
            let digits = &text[..text.len() - 1];
            if !is_integer(digits) {
                return invalid();
            }
            let digits = String::from_utf8_lossy(digits);
            if digits.len() >= LONG_INTEGER && digits.parse::<i64>().is_err() {
                return Err(out_of_range("integer", "ParseInt", &digits));
            }
        }
        Some(b'u') => {
            let digits = &text[..text.len() - 1];
            if !unsigned || digits.first() == Some(&b'-') || !is_integer(digits) {
                return invalid();
            }
            let digits = String::from_utf8_lossy(digits);
            if digits.len() >= LONG_UNSIGNED && digits.parse::<u64>().is_err() {
                return Err(out_of_range("unsigned", "ParseUint", &digits));
            }
        }
        _ => {
            if !looks_like_float(text) {
                return invalid();
            }
            let scientific = text.iter().any(|byte| matches!(byte, b'e' | b'E'));
            if (scientific || text.len() >= LONG_FLOAT) && float(text).is_none() {
                return Err(b"invalid float".to_vec());
            }
        }
    }
    Ok(())
}

fn is_integer(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// Digits, one point at most, something behind the sign, and `e` anywhere but at the start, each
/// with a sign behind it or not: whether that is a float is another question.
fn looks_like_float(text: &[u8]) -> bool {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let points = text.iter().filter(|byte| **byte == b'.').count();
    let right = |at: usize| match text[at] {
        b'0'..=b'9' | b'.' => true,
        b'-' if at == 0 => true,
        b'+' | b'-' => at > 0 && matches!(text[at - 1], b'e' | b'E'),
        b'e' | b'E' => at > 0,
        _ => false,
    };
    points <= 1 && unsigned.len() > points && (0..text.len()).all(right)
}

fn float(text: &[u8]) -> Option<f64> {
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    number.is_finite().then_some(number)
}

fn out_of_range(what: &str, function: &str, digits: &str) -> Vec<u8> {
    format!("unable to parse {what} {digits}: strconv.{function}: parsing \"{digits}\": value out of range")
        .into_bytes()
}

/// The value of what was read as a number.
pub(crate) fn value(text: &[u8]) -> Option<Value> {
    let digits = || std::str::from_utf8(&text[..text.len() - 1]).ok();
    match text.last()? {
        b'i' => digits()?.parse().ok().map(Value::Integer),
        b'u' => digits()?.parse().ok().map(Value::Unsigned),
        _ => float(text).map(|number| Value::Float(number.to_bits())),
    }
}
