//! What literals mean: times, durations, strings with escapes.

use super::ast::Duration;
use crate::store::Name;

/// A string literal's bytes, from its text with the quotes.
pub(super) fn text(quoted: &str) -> Name {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().as_bytes();
    let mut out = Vec::with_capacity(inner.len());
    let mut i = 0;
    while i < inner.len() {
        if inner[i] != b'\\' {
            out.push(inner[i]);
            i += 1;
            continue;
        }
        let (byte, length) = match inner.get(i + 1) {
            Some(b'n') => (b'\n', 2),
            Some(b'r') => (b'\r', 2),
            Some(b't') => (b'\t', 2),
            Some(b'x') => (hexadecimal(inner.get(i + 2..i + 4).unwrap_or_default()), 4),
            Some(other) => (*other, 2),
            None => (b'\\', 1),
        };
        out.push(byte);
        i += length;
    }
    out.into()
}

fn hexadecimal(digits: &[u8]) -> u8 {
    digits.iter().fold(0, |n, d| n * 16 + (*d as char).to_digit(16).unwrap_or(0) as u8)
}

/// A regular expression's pattern, from its text with the slashes.
pub(super) fn regex(quoted: &str) -> String {
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().replace("\\/", "/")
}

/// `1h30m`, or none where it is too long to count.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut total = Duration::default();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let count: i64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = &rest[..letters];
        rest = &rest[letters..];
        match unit {
            "y" => total.months = total.months.checked_add(count.checked_mul(12)?)?,
            "mo" => total.months = total.months.checked_add(count)?,
            _ => {
                let length = count.checked_mul(unit_length(unit)?)?;
                total.nanoseconds = total.nanoseconds.checked_add(length)?;
            }
        }
    }
    Some(total)
}

fn unit_length(unit: &str) -> Option<i64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        "w" => 7 * 86_400_000_000_000,
        _ => return None,
    })
}

/// Nanoseconds since 1970 of `2006-01-02` or an RFC 3339 time with an offset. Times that an `i64`
/// cannot hold are cut to its ends.
pub(super) fn time(text: &str) -> Option<i64> {
    let whole;
    let text = if text.len() == 10 {
        whole = format!("{text}T00:00:00Z");
        &whole
    } else {
        text
    };
    // a fraction longer than nanoseconds is cut
    let shortened = text.find('.').map(|dot| {
        let digits = text[dot + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let fraction = if digits == 0 { "0" } else { &text[dot + 1..dot + 1 + digits.min(9)] };
        format!("{}.{fraction}{}", &text[..dot], &text[dot + 1 + digits..])
    });
    let timestamp: jiff::Timestamp = shortened.as_deref().unwrap_or(text).parse().ok()?;
    let nanoseconds = timestamp.as_nanosecond().clamp(i64::MIN.into(), i64::MAX.into());
    i64::try_from(nanoseconds).ok()
}

/// A time as CSV shows it: RFC 3339 in UTC with as many digits as it needs.
pub(super) fn format_time(nanoseconds: i64) -> String {
    jiff::Timestamp::from_nanosecond(nanoseconds.into())
        .map(|t| t.to_string())
        .unwrap_or_else(|_| nanoseconds.to_string())
}
