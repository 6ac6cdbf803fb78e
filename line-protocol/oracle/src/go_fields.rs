//! The fields of the Go grammar, which are walked twice: once to check them, once to read them.
//!
//! The two walks have different ideas of an escape, so that a line can pass the check and then be
//! read as other fields than those that were checked.

use crate::Value;
use crate::go::{Refused, find_bare, unescaped};
use crate::go_number;

/// Where the fields end. `start` is at least 2: a measurement and a space stand before.
pub(crate) fn check(line: &[u8], start: usize, unsigned: bool) -> Refused<usize> {
    let (mut in_string, mut equals, mut commas) = (false, 0, 0);
    let mut at = start;
    while at < line.len() {
        match line[at] {
            // Whatever follows a backslash is nothing special.
            b'\\' if at + 1 < line.len() => at += 1,
            b'"' if equals > commas => in_string = !in_string,
            b'=' if !in_string => {
                equals += 1;
                if matches!(line[at - 1], b' ' | b',') && line[at - 2] != b'\\' {
                    return Err(b"missing field key".to_vec());
                }
                match line.get(at + 1) {
                    None | Some(b',' | b' ') => return Err(b"missing field value".to_vec()),
                    Some(b'"') => {}
                    Some(first) => {
                        let value = bare_value(line, at + 1);
                        match first {
                            b'0'..=b'9' | b'.' | b'-' | b'n' | b'N' => {
                                go_number::check(value, unsigned)?;
                            }
                            _ => check_boolean(value)?,
                        }
                        at += value.len();
                    }
                }
            }
            b',' if !in_string => commas += 1,
            b' ' if !in_string => break,
            _ => {}
        }
        at += 1;
    }
    if in_string {
        return Err(b"unbalanced quotes".to_vec());
    }
    if equals == 0 || commas != equals - 1 {
        return Err(b"invalid field format".to_vec());
    }
    Ok(at)
}

/// A number or a boolean ends at any comma or space, escaped or not.
fn bare_value(line: &[u8], start: usize) -> &[u8] {
    let length = line[start..].iter().take_while(|byte| !matches!(byte, b',' | b' ')).count();
    &line[start..start + length]
}

fn check_boolean(text: &[u8]) -> Refused<()> {
    boolean(text).map(|_| ()).ok_or_else(|| b"invalid boolean".to_vec())
}

fn boolean(text: &[u8]) -> Option<bool> {
    match text {
        b"t" | b"T" | b"true" | b"True" | b"TRUE" => Some(true),
        b"f" | b"F" | b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

type Pair<'a> = (&'a [u8], &'a [u8]);

/// Keys and values as the second walk finds them, and the key behind which it finds no value.
pub(crate) fn split(mut fields: &[u8]) -> (Vec<Pair<'_>>, Option<&[u8]>) {
    let mut pairs = Vec::new();
    while !fields.is_empty() {
        let key_end = find_bare(fields, 0, b"=").unwrap_or(fields.len());
        let key = &fields[..key_end];
        if key_end + 2 > fields.len() {
            return (pairs, Some(key));
        }
        let rest = &fields[key_end + 1..];
        let value_end = end_of_value(rest);
        pairs.push((key, &rest[..value_end]));
        fields = rest.get(value_end + 1..).unwrap_or_default();
    }
    (pairs, None)
}

/// Only a quote and a backslash can be escaped here, and every quote opens or closes a string.
fn end_of_value(text: &[u8]) -> usize {
    let mut in_string = false;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'\\' if matches!(text.get(at + 1), Some(b'"' | b'\\')) => at += 1,
            b'"' => in_string = !in_string,
            b',' if !in_string => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// The fields' values as storage is given them, but `None` if there is one that cannot be read. A
/// key may be empty: a tab before the `=` is enough.
pub(crate) fn values(pairs: &[Pair<'_>]) -> Option<Vec<(Vec<u8>, Value)>> {
    pairs.iter().map(|(key, text)| Some((unescaped(key, b",\" ="), value(text)?))).collect()
}

fn value(text: &[u8]) -> Option<Value> {
    match text {
        // The last byte goes, whether it is a quote or not.
        [b'"', inside @ .., _] => Some(Value::String(string(inside))),
        [] | [b'"'] => None,
        [b'0'..=b'9' | b'-' | b'.' | b'n' | b'N' | b'i' | b'I' | b'u', ..] => {
            go_number::value(text)
        }
        _ => boolean(text).map(Value::Boolean),
    }
}

fn string(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if text[at] == b'\\' && matches!(text.get(at + 1), Some(b'"' | b'\\')) {
            at += 1;
        }
        out.push(text[at]);
        at += 1;
    }
    out
}
