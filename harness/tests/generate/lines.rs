//! Line protocol as the test's server reads it: strictly, and nothing that is odd.

use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// A stored point.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) measurement: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) fields: BTreeMap<String, Field>,
    pub(crate) time: i64,
}

impl Point {
    pub(crate) fn key(&self) -> (&str, &BTreeMap<String, String>, i64) {
        (&self.measurement, &self.tags, self.time)
    }
}

/// A field's value.
#[derive(Clone, Debug)]
pub(crate) enum Field {
    Float(f64),
    Integer(i64),
    Text(String),
    Boolean(bool),
}

impl Field {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Float(_) => "float",
            Self::Integer(_) => "integer",
            Self::Text(_) => "string",
            Self::Boolean(_) => "boolean",
        }
    }

    pub(crate) fn json(&self) -> Json {
        match self {
            Self::Float(value) => json!(value),
            Self::Integer(value) => json!(value),
            Self::Text(value) => json!(value),
            Self::Boolean(value) => json!(value),
        }
    }

    pub(crate) fn round(&mut self) {
        if let Self::Float(value) = self {
            *value = (*value * 10.0).round() / 10.0;
        }
    }
}

/// The lines of a body that are neither blank nor comments. A newline within a string ends none.
pub(crate) fn split(body: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let (mut escaped, mut in_fields, mut in_string) = (false, false, false);
    for c in body.chars().chain(['\n']) {
        let is_comment = line.trim_start_matches([' ', '\t', '\0']).starts_with('#');
        match c {
            '\n' if is_comment || !(in_string || escaped) => {
                let text = line.trim_start_matches([' ', '\t', '\0']);
                if !text.is_empty() && !is_comment {
                    lines.push(text.to_owned());
                }
                line.clear();
                (escaped, in_fields, in_string) = (false, false, false);
                continue;
            }
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' if in_string => in_string = false,
            '"' if in_fields && line.ends_with('=') => in_string = true,
            ' ' if !line.trim_start_matches(' ').is_empty() => in_fields = true,
            _ => {}
        }
        line.push(c);
    }
    // One that never ended.
    lines.extend((!line.trim().is_empty()).then_some(line));
    lines
}

/// A line whose every part is plain.
pub(crate) fn parse(line: &str, unit: i64) -> Option<Point> {
    let mut rest = line;
    let measurement = name(&mut rest, &[',', ' '])?;
    let mut tags = BTreeMap::new();
    while let Some(after) = rest.strip_prefix(',') {
        rest = after;
        let key = name(&mut rest, &['='])?;
        rest = rest.strip_prefix('=')?;
        if tags.insert(key, name(&mut rest, &[',', ' '])?).is_some() {
            return None;
        }
    }
    rest = rest.strip_prefix(' ')?;
    let mut fields = BTreeMap::new();
    loop {
        let key = name(&mut rest, &['='])?;
        rest = rest.strip_prefix('=')?;
        if tags.contains_key(&key) || fields.insert(key, value(&mut rest)?).is_some() {
            return None;
        }
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None => break,
        }
    }
    let time = match rest.strip_prefix(' ') {
        None if rest.is_empty() => now(),
        None => return None,
        Some(digits) => digits.parse::<i64>().ok()?.checked_mul(unit)?,
    };
    // Rust takes a plus, line protocol does not; and what is called time could not be told from it.
    let is_sound =
        !rest.contains('+') && !tags.contains_key("time") && !fields.contains_key("time");
    is_sound.then_some(Point { measurement, tags, fields, time })
}

/// A name up to one of these; nothing odd in it.
fn name(rest: &mut &str, ends: &[char]) -> Option<String> {
    let mut name = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            c if ends.contains(&c) => {
                *rest = &rest[at..];
                return (!name.is_empty()).then_some(name);
            }
            '\\' => name.push(chars.next().map(|(_, c)| c).filter(|c| ",= ".contains(*c))?),
            ',' | '=' | ' ' | '"' | '\'' => return None,
            c if c.is_control() || c == '\u{fffd}' => return None,
            c => name.push(c),
        }
    }
    None
}

fn value(rest: &mut &str) -> Option<Field> {
    if let Some(string) = rest.strip_prefix('"') {
        let mut text = String::new();
        let mut chars = string.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    *rest = &string[at + 1..];
                    return Some(Field::Text(text));
                }
                '\\' => match chars.next()?.1 {
                    c @ ('"' | '\\') => text.push(c),
                    c => text.extend(['\\', c]),
                },
                c if (c.is_control() && c != '\n') || c == '\u{fffd}' => return None,
                c => text.push(c),
            }
        }
        return None;
    }
    let end = rest.find([',', ' ']).unwrap_or(rest.len());
    let word = &rest[..end];
    *rest = &rest[end..];
    let plain = |c: char| c.is_ascii_digit() || c == '-' || c == '.';
    match word {
        "t" | "T" | "true" | "True" | "TRUE" => Some(Field::Boolean(true)),
        "f" | "F" | "false" | "False" | "FALSE" => Some(Field::Boolean(false)),
        _ => match word.strip_suffix('i') {
            Some(digits) if digits.chars().all(plain) => digits.parse().ok().map(Field::Integer),
            None if word.chars().all(plain) => word.parse().ok().map(Field::Float),
            _ => None,
        },
    }
}

/// Nanoseconds of a precision.
pub(crate) fn unit(precision: &str) -> i64 {
    match precision {
        "u" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        _ => 1,
    }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos().try_into().unwrap()
}
