//! Field values of the IOx grammar: the first form that fits the start of the text is taken, and
//! what is behind it is somebody else's.

use crate::Value;
use crate::iox::{Read, Release, Stop};

pub(crate) fn field_value(text: &str, release: Release) -> Read<'_, Value> {
    if let Ok((digits, rest)) = signed_digits(text) {
        if let Some(rest) = rest.strip_prefix('i') {
            let number = digits.parse().map_err(|_| release.no_number("integer", digits))?;
            return Ok((Value::Integer(number), rest));
        }
        if let Some(rest) = rest.strip_prefix('u').filter(|_| !digits.starts_with('-')) {
            let number =
                digits.parse().map_err(|_| release.no_number("unsigned integer", digits))?;
            return Ok((Value::Unsigned(number), rest));
        }
        let length = digits.len() + fraction_and_exponent(rest);
        // Too large a number is infinite, which is accepted.
        let number: f64 = text[..length].parse().map_err(|_| Stop::Back)?;
        return Ok((Value::Float(number.to_bits()), &text[length..]));
    }
    if text.starts_with('"') {
        return string(text, release);
    }
    let words = [
        ("true", true),
        ("True", true),
        ("TRUE", true),
        ("t", true),
        ("T", true),
        ("false", false),
        ("False", false),
        ("FALSE", false),
        ("f", false),
        ("F", false),
    ];
    let found = words.iter().find(|(word, _)| text.starts_with(word));
    found.map(|(word, value)| (Value::Boolean(*value), &text[word.len()..])).ok_or(Stop::Back)
}

/// Digits, with a minus or without.
pub(crate) fn signed_digits(text: &str) -> Read<'_, &str> {
    let sign = usize::from(text.starts_with('-'));
    match digits(&text[sign..]) {
        0 => Err(Stop::Back),
        count => Ok(text.split_at(sign + count)),
    }
}

/// How many digits the text begins with.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// How many bytes behind the whole part belong to the number: all of a part or none of it.
fn fraction_and_exponent(text: &str) -> usize {
    let fraction = match text.strip_prefix('.').map(digits) {
        None | Some(0) => 0,
        Some(count) => 1 + count,
    };
    fraction + exponent(&text[fraction..])
}

fn exponent(text: &str) -> usize {
    let Some(behind) = text.strip_prefix(['e', 'E']) else { return 0 };
    let number = behind.strip_prefix(['+', '-']).unwrap_or(behind);
    match digits(number) {
        0 => 0,
        count => text.len() - number.len() + count,
    }
}

/// `text` begins with the opening quote. One that is not closed is no string.
fn string(text: &str, release: Release) -> Read<'_, Value> {
    let mut out = String::new();
    let mut rest = text[1..].chars();
    loop {
        match rest.next() {
            None => return Err(Stop::Back),
            Some('"') => break,
            Some('\\') if rest.as_str().starts_with(['"', '\\']) => out.extend(rest.next()),
            Some(c) => out.push(c),
        }
    }
    release.check_length(&out)?;
    Ok((Value::String(out.into_bytes()), rest.as_str()))
}
