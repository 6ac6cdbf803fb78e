//! Decoding of numbers that both grammars read alike, eight digits at a time.
//!
//! None always means "let the grammar decide", never "wrong".

/// An unsigned number of 1 to 20 digits that end at `end`. What does not fit 64 bits is left to the
/// grammar, and so are more digits, which may begin with zeros.
#[inline(always)]
pub(super) fn digits(bytes: &[u8], start: usize, end: usize) -> Option<u64> {
    let last = eight_before(bytes, end)?;
    match end.wrapping_sub(start) {
        length @ 1..=8 => eight(padded(last, length)),
        length @ 9..=16 => {
            let first = eight(padded(eight_before(bytes, end - 8)?, length - 8))?;
            Some(first * 100_000_000 + eight(last)?)
        }
        length @ 17..=20 => {
            let first = eight(padded(eight_before(bytes, end - 16)?, length - 16))?;
            let second = eight(eight_before(bytes, end - 8)?)?;
            let rest = second * 100_000_000 + eight(last)?;
            first.checked_mul(10_000_000_000_000_000)?.checked_add(rest)
        }
        _ => None,
    }
}

/// A signed number.
#[inline(always)]
pub(super) fn signed(bytes: &[u8], start: usize, end: usize) -> Option<i64> {
    let negative = bytes.get(start) == Some(&b'-');
    let magnitude = digits(bytes, start + usize::from(negative), end)?;
    // The smallest number has no positive counterpart; it is left to the grammar.
    let value = i64::try_from(magnitude).ok()?;
    Some(if negative { -value } else { value })
}

/// The powers of ten that a double holds exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The largest mantissa that a double holds exactly.
const EXACT_MANTISSA: u64 = 1 << 53;

/// ```text
/// float = [ "-" ] 1*DIGIT [ "." 1*DIGIT ] [ ( "e" / "E" ) [ "+" / "-" ] 1*DIGIT ]
/// ```
/// Correctly rounded: where mantissa and power of ten are exact doubles, one division of the two
/// rounds once, which is what correct means (Clinger 1990); everything else is the standard
/// library's. Infinity is left to the grammar.
#[inline(always)]
pub(super) fn float(bytes: &[u8], start: usize, end: usize) -> Option<f64> {
    let token = bytes.get(start..end)?;
    let negative = token.first() == Some(&b'-');
    let whole_start = start + usize::from(negative);
    let whole_end = whole_start + leading_digits(&bytes[whole_start..end]);
    if whole_end == whole_start {
        return None;
    }
    if whole_end == end {
        let whole = digits(bytes, whole_start, end);
        return match whole.filter(|mantissa| *mantissa <= EXACT_MANTISSA) {
            Some(mantissa) => Some(with_sign(mantissa as f64, negative)),
            None => slow_float(token),
        };
    }
    if bytes[whole_end] == b'.' {
        let fraction = end - whole_end - 1;
        // Without the dot both parts are digits alone, or this is none of the easy ones.
        if let (Some(whole), Some(part)) =
            (digits(bytes, whole_start, whole_end), digits(bytes, whole_end + 1, end))
            && let Some(scale) = POWERS_OF_TEN.get(fraction)
            && let Some(mantissa) = whole.checked_mul(*scale).and_then(|w| w.checked_add(part))
            && mantissa <= EXACT_MANTISSA
        {
            return Some(with_sign(mantissa as f64 / EXACT_POWERS[fraction], negative));
        }
    }
    slow_float(token)
}

const POWERS_OF_TEN: [u64; 20] = {
    let mut powers = [1; 20];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

fn with_sign(value: f64, negative: bool) -> f64 {
    if negative { -value } else { value }
}

fn leading_digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Any float of the shape above; the shape is checked, since the standard library reads more.
fn slow_float(token: &[u8]) -> Option<f64> {
    let rest = token.strip_prefix(b"-").unwrap_or(token);
    let rest = some_digits(rest)?;
    let rest = match rest {
        [b'.', rest @ ..] => some_digits(rest)?,
        rest => rest,
    };
    let rest = match rest {
        [b'e' | b'E', b'+' | b'-', rest @ ..] | [b'e' | b'E', rest @ ..] => some_digits(rest)?,
        rest => rest,
    };
    if !rest.is_empty() {
        return None;
    }
    let value: f64 = core::str::from_utf8(token).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

/// What follows one or more digits.
fn some_digits(bytes: &[u8]) -> Option<&[u8]> {
    let count = leading_digits(bytes);
    (count > 0).then(|| &bytes[count..])
}

/// The eight bytes before `end`, the first of them lowest; the number need not fill them. None so
/// near the beginning that there are not eight.
#[inline(always)]
fn eight_before(bytes: &[u8], end: usize) -> Option<u64> {
    let eight = bytes.get(end.checked_sub(8)?..end)?;
    Some(u64::from_le_bytes(eight.try_into().ok()?))
}

const ZEROS: u64 = u64::from_le_bytes(*b"00000000");

/// The last `length` (1 to 8) of eight bytes, with `0` for those before them.
#[inline(always)]
fn padded(eight: u64, length: usize) -> u64 {
    let shift = 8 * (8 - length as u32);
    let kept = u64::MAX << shift;
    (eight & kept) | (ZEROS & !kept)
}

/// The number that eight digits are; none if one of them is no digit.
///
/// Neighbours are joined to pairs, pairs to fours, fours to eight: three multiplications.
#[inline(always)]
fn eight(bytes: u64) -> Option<u64> {
    // A digit has the upper half 3, and still has it when 6 is added.
    const UPPER: u64 = u64::from_le_bytes([0xF0; 8]);
    let six_more = bytes.wrapping_add(u64::from_le_bytes([0x06; 8]));
    if ((bytes & UPPER) | ((six_more & UPPER) >> 4)) != u64::from_le_bytes([0x33; 8]) {
        return None;
    }
    let ones = bytes & u64::from_le_bytes([0x0F; 8]);
    let pairs = (ones.wrapping_mul(1 + (10 << 8)) >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs.wrapping_mul(1 + (100 << 16)) >> 16) & 0x0000_FFFF_0000_FFFF;
    Some(fours.wrapping_mul(1 + (10_000 << 32)) >> 32)
}

#[cfg(test)]
mod tests {
    use super::{digits, float, signed};
    use std::format;
    use std::vec::Vec;

    const MARGIN: &str = "margin =";

    fn put(token: &str) -> (Vec<u8>, usize, usize) {
        let body = format!("{MARGIN}{token},");
        (body.into_bytes(), MARGIN.len(), MARGIN.len() + token.len())
    }

    #[test]
    fn digits_of_every_length() {
        let all = "9876543210987654321";
        for length in 1..=all.len() {
            let (body, start, end) = put(&all[..length]);
            assert_eq!(digits(&body, start, end), all[..length].parse().ok(), "{length}");
        }
        for (most, value) in
            [("18446744073709551615", Some(u64::MAX)), ("18446744073709551616", None)]
        {
            let (body, start, end) = put(most);
            assert_eq!(digits(&body, start, end), value, "{most}");
        }
        for other in [
            "",
            "123456789012345678901",
            "000000000000000000001",
            "1a",
            "/1",
            ":1",
            "1234567:",
            "\u{b2}1",
        ] {
            let (body, start, end) = put(other);
            assert_eq!(digits(&body, start, end), None, "{other}");
        }
    }

    #[test]
    fn each_byte_but_digits_is_refused_at_each_place() {
        for place in 0..19 {
            for byte in (0..=255_u8).step_by(if cfg!(miri) { 23 } else { 1 }) {
                let (mut body, start, end) = put("1111111111111111111");
                body[start + place] = byte;
                assert_eq!(
                    digits(&body, start, end).is_some(),
                    byte.is_ascii_digit(),
                    "{place} {byte}"
                );
            }
        }
    }

    #[test]
    fn signs() {
        for (token, value) in [
            ("-1", Some(-1)),
            ("-0", Some(0)),
            ("-", None),
            ("--1", None),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("-9223372036854775807", Some(-i64::MAX)),
        ] {
            let (body, start, end) = put(token);
            assert_eq!(signed(&body, start, end), value, "{token}");
        }
    }

    #[test]
    fn floats_are_those_of_the_standard_library() {
        let shapes = [
            "0",
            "-0",
            "1",
            "1.5",
            "-1.5",
            "0.1",
            "00.10",
            "9007199254740992",
            "9007199254740993",
            "9007199254740993.5",
            "1793216327712.2441",
            "904513999578.3513",
            "123456789.123456789",
            "0.30000000000000004",
            "1e5",
            "1E-5",
            "1.5e+300",
            "5e-324",
            "1e-400",
            "179769313486231570000000000000000000000.5",
            "0.000000000000000000000001",
            "3.14159265358979312",
            "100.0000000000000000000000",
        ];
        for token in shapes {
            let (body, start, end) = put(token);
            let expected: f64 = token.parse().unwrap_or(f64::NAN);
            let found = float(&body, start, end).map(f64::to_bits);
            assert_eq!(found, Some(expected.to_bits()), "{token}");
        }
        for token in
            ["", "-", "1.", ".5", "1e", "1e+", "inf", "nan", "1e400", "1.5.5", "0x1", "1_0"]
        {
            let (body, start, end) = put(token);
            assert_eq!(float(&body, start, end), None, "{token}");
        }
    }
}
