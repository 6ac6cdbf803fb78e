//! One line that every product reads alike, or none.

use super::Written;
use crate::point::Value;
use std::collections::BTreeMap;

/// `measurement[,key=value…] key=value[,key=value…][ timestamp]`, without anything odd in it.
pub(super) fn read(text: &str) -> Option<Written> {
    let text = text.trim_start_matches(' ');
    let (head, rest) = split_at(text, ' ')?;
    let (fields, timestamp) = split_fields(rest)?;
    let timestamp = match timestamp {
        "" => None,
        digits => Some(integer(digits)?),
    };

    let mut parts = split_all(head, ',');
    // An escaped `=` in a measurement keeps its backslash in one grammar and loses it in the other.
    let measurement = name(parts.next().filter(|text| !text.contains("\\="))?)?;
    let mut tags = BTreeMap::new();
    for part in parts {
        let (key, value) = split_at(part, '=')?;
        let (key, value) = (name(key)?, name(value)?);
        if key == "time" || tags.insert(key, value).is_some() {
            return None;
        }
    }
    let mut written = BTreeMap::new();
    for (key, value) in fields {
        let key = name(key)?;
        if key == "time" || written.insert(key, value).is_some() {
            return None;
        }
    }
    (!written.is_empty()).then_some(Written { measurement, tags, fields: written, timestamp })
}

/// Splits at the first such character that is not escaped.
fn split_at(text: &str, separator: char) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == separator => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

fn split_all(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (first, more) = split_at(text, separator).map_or((text, None), |(a, b)| (a, Some(b)));
        rest = more;
        Some(first)
    })
}

/// A name: at least one character, none of them odd, escapes only before `,`, `=` and a space.
fn name(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                c @ (',' | '=' | ' ') => plain.push(c),
                _ => return None,
            },
            ',' | '=' | ' ' | '"' | '\'' => return None,
            c if c.is_control() || c == '\u{fffd}' || c == '\u{feff}' => return None,
            c => plain.push(c),
        }
    }
    (!plain.is_empty()).then_some(plain)
}

/// The field set and what stands behind it.
#[allow(clippy::type_complexity)]
fn split_fields(text: &str) -> Option<(Vec<(&str, Value)>, &str)> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let (key, after) = split_at(rest, '=')?;
        let (value, end) = match after.strip_prefix('"') {
            Some(string) => {
                let (value, length) = string_value(string)?;
                (value, length + 1)
            }
            None => {
                let end = after.find([',', ' ']).unwrap_or(after.len());
                (plain_value(&after[..end])?, end)
            }
        };
        fields.push((key, value));
        match after.as_bytes().get(end) {
            None => return Some((fields, "")),
            Some(b',') => rest = &after[end + 1..],
            Some(b' ') => {
                let timestamp = after[end + 1..].trim_end_matches(' ');
                return (!timestamp.is_empty()).then_some((fields, timestamp));
            }
            Some(_) => return None,
        }
    }
}

/// A string after its opening quote: the value and the length up to behind the closing quote.
fn string_value(text: &str) -> Option<(Value, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((Value::String(value), at + 1)),
            '\\' => match chars.peek() {
                Some((_, c @ ('"' | '\\'))) => {
                    value.push(*c);
                    chars.next();
                }
                _ => value.push('\\'),
            },
            c if c == '\u{fffd}' || (c.is_control() && c != '\n' && c != '\t') => return None,
            c => value.push(c),
        }
    }
    None
}

fn plain_value(text: &str) -> Option<Value> {
    match text {
        "t" | "T" | "true" | "True" | "TRUE" => return Some(Value::Boolean(true)),
        "f" | "F" | "false" | "False" | "FALSE" => return Some(Value::Boolean(false)),
        _ => {}
    }
    if let Some(digits) = text.strip_suffix('i') {
        return integer(digits).map(Value::Integer);
    }
    if let Some(digits) = text.strip_suffix('u') {
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        return plain.then(|| digits.parse().ok().map(Value::Unsigned)).flatten();
    }
    let number = |c: char| c.is_ascii_digit() || ".eE+-".contains(c);
    let begins = text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if !begins || text.starts_with("--") || !text.chars().all(number) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    // What overflows or vanishes is not the same everywhere.
    let vanished = value == 0.0 && text.chars().any(|c| ('1'..='9').contains(&c));
    (value.is_finite() && !vanished).then_some(Value::Float(value))
}

fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        let read = read(text)?;
        let point = crate::point::Point {
            measurement: read.measurement,
            tags: read.tags,
            fields: read.fields,
            time: 0,
        };
        Some(point.show(&read.timestamp.map_or_else(|| "now".to_owned(), |t| t.to_string())))
    }

    #[test]
    fn plain_lines_are_understood() {
        let is = |text: &str, expected: &str| {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        };
        is("cpu,host=b val=2 17", "cpu,host=b val=2 17");
        is(
            r"c\ pu,ho\=st=a\,b v\ 1=2i,w=3u,x=t",
            r#""c pu","ho=st"="a,b" "v 1"=2i,w=3u,x=true now"#,
        );
        is(r#"m s="a b, \"q\" \\ \n" -5"#, r#"m s="a b, \"q\" \\ \\n" -5"#);
        is("m f=-.5e3,g=1. 1  ", "m f=-500,g=1 1");
    }

    #[test]
    fn odd_lines_are_left_unjudged() {
        for text in [
            "m",
            "m ",
            "m f",
            "m f=",
            "m,t= f=1",
            "m,t f=1",
            "m  f=1",
            "m f=1 1 2",
            "m f=1 x",
            "m\\ f=1",
            "m f=1e400",
            "m f=1e-400",
            "m f=NaN",
            "m f=+1",
            "m f=9223372036854775808i",
            "m f=1,f=2",
            "m,time=1 f=1",
            "m time=1",
            "m f=\"a\"b",
            "m f=\"a",
            "m f=1 ",
            "m\t f=1",
            "m,a\\b=c f=1",
            "m f=1\r",
            "m\\=n f=1",
            "m f=t\r",
            "m,t=a,t=b f=1",
        ] {
            assert_eq!(shown(text), None, "{text:?}");
        }
    }
}
