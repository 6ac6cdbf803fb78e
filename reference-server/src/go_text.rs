//! Text as Go writes it: quoted names, times, durations, query strings. Nothing here knows a
//! product.

use std::fmt::Write as _;

/// `%q`: in double quotes, what cannot be printed escaped, bytes that are not UTF-8 as `\xff`.
pub fn quote(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_quoted(&mut out, c);
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    out
}

fn push_quoted(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        c if is_print(c) => out.push(c),
        c if (c as u32) < 0x80 => drop(write!(out, "\\x{:02x}", c as u32)),
        c if (c as u32) < 0x1_0000 => drop(write!(out, "\\u{:04x}", c as u32)),
        c => drop(write!(out, "\\U{:08x}", c as u32)),
    }
}

/// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII blank.
pub fn is_print(c: char) -> bool {
    // A string's debug form escapes the same categories, and combining marks at its start alone.
    let pair: String = ['a', c].into_iter().collect();
    matches!(c, '"' | '\'' | '\\') || pair.escape_debug().count() == 2
}

/// RFC 3339 in UTC with as many digits as needed, of nanoseconds since 1970.
pub fn rfc3339_nano(nanoseconds: i64) -> String {
    match jiff::Timestamp::from_nanosecond(i128::from(nanoseconds)) {
        Ok(time) => time.to_string(),
        // Every i64 is within jiff's range of years.
        Err(_) => String::new(),
    }
}

/// `time.Duration.String()`: `168h0m0s`, `1.5s`, `0s`.
pub fn duration(nanoseconds: i64) -> String {
    let total = nanoseconds.unsigned_abs();
    let sign = if nanoseconds < 0 { "-" } else { "" };
    if total == 0 {
        return "0s".to_owned();
    }
    if total < 1_000_000_000 {
        let (unit, scale) = match total {
            0..1_000 => ("ns", 1),
            1_000..1_000_000 => ("µs", 1_000),
            _ => ("ms", 1_000_000),
        };
        return format!("{sign}{}{unit}", fraction(total, scale));
    }
    let seconds = total / 1_000_000_000;
    let rest = fraction(total % 60_000_000_000, 1_000_000_000);
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{sign}{rest}s"),
        (0, minutes) => format!("{sign}{minutes}m{rest}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{rest}s"),
    }
}

/// `value / scale` as a decimal without zeros at its end; `scale` is a power of ten.
fn fraction(value: u64, scale: u64) -> String {
    let (whole, part) = (value / scale, value % scale);
    if part == 0 {
        return whole.to_string();
    }
    let digits = scale.ilog10() as usize;
    format!("{whole}.{}", format!("{part:0digits$}").trim_end_matches('0'))
}

/// The parameters of a request's query string, as Go's `url.Values` sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(Vec<u8>, Vec<u8>)>);

impl Query {
    /// Splits and unescapes; a pair that holds `;` or a broken escape is left out, as Go does.
    pub fn parse(raw: &str) -> Self {
        let pairs = raw.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';'));
        Self(
            pairs
                .filter_map(|pair| {
                    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                    Some((unescape(key)?, unescape(value)?))
                })
                .collect(),
        )
    }

    /// The first value of this parameter; empty where it is absent.
    pub fn first(&self, key: &str) -> &[u8] {
        let found = self.0.iter().find(|(k, _)| k == key.as_bytes());
        found.map_or(&[], |(_, value)| value)
    }

    /// All pairs, in their order.
    pub fn pairs(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.0
    }
}

impl<K: Into<Vec<u8>>, V: Into<Vec<u8>>> FromIterator<(K, V)> for Query {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            other => other,
        });
    }
    Some(out)
}

/// `url.QueryEscape`.
pub fn query_escape(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_go_does() {
        // Recorded from 2.7: `bucket "a\\b" not found`; letters beyond ASCII as they are.
        assert_eq!(quote(b"a\\b"), r#""a\\b""#);
        assert_eq!(quote("ü\u{301}".as_bytes()), "\"ü\u{301}\"");
        assert_eq!(quote(b"\x01\xff\""), r#""\x01\xff\"""#);
        assert_eq!(quote("\u{a0}\u{200b}\u{e0001}".as_bytes()), r#""\u00a0\u200b\U000e0001""#);
    }

    #[test]
    fn durations() {
        for (ns, text) in [
            (0, "0s"),
            (3_600_000_000_000, "1h0m0s"),
            (1_500_000_000, "1.5s"),
            (61_000_000_001, "1m1.000000001s"),
            (1_100, "1.1µs"),
            (-2_000_000, "-2ms"),
        ] {
            assert_eq!(duration(ns), text);
        }
    }

    #[test]
    fn times_have_the_digits_they_need() {
        assert_eq!(rfc3339_nano(1_700_000_000_000_000_000), "2023-11-14T22:13:20Z");
        assert_eq!(rfc3339_nano(1_700_000_000_120_000_000), "2023-11-14T22:13:20.12Z");
        assert_eq!(rfc3339_nano(i64::MIN + 2), "1677-09-21T00:12:43.145224194Z");
    }

    #[test]
    fn query_strings() {
        let query = Query::parse("a=1&a=2&b=%41+c&bad=%zz&x;y=1&e&%ff=1");
        assert_eq!(query.first("a"), b"1");
        assert_eq!(query.first("b"), b"A c");
        assert_eq!(query.first("bad"), b"");
        assert_eq!(query.pairs().len(), 5);
        assert_eq!(query_escape("a b/ü".as_bytes()), "a+b%2F%C3%BC");
    }
}
