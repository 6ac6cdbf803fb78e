//! What a read-back program prints: line protocol, with what must be known of it in comments that
//! come first. Here it is written and read. It is read more widely than the lines of a write: what
//! is stored may have any name.

use crate::losses::Losses;
use crate::point::{Point, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Says what the server cannot represent.
const LOSSY: &str = "lossy:";
/// Says how odd names and strings are quoted: `json`.
const QUOTING: &str = "quoting:";

/// What a program has printed.
#[derive(Debug, Default)]
pub(crate) struct Printed {
    pub(crate) points: Vec<Point>,
    pub(crate) losses: Losses,
}

/// The text that a program prints for these points.
pub fn print(points: &[Point], losses: &Losses) -> String {
    let mut text = format!("# {QUOTING} json\n");
    if !losses.is_empty() {
        let _ = writeln!(text, "# {LOSSY} {losses}");
    }
    for point in points {
        text += &name(&point.measurement);
        for (key, value) in &point.tags {
            let _ = write!(text, ",{}={}", name(key), name(value));
        }
        for (n, (key, value)) in point.fields.iter().enumerate() {
            let value = match value {
                Value::String(string) => Json::from(string.as_str()).to_string(),
                other => other.show(),
            };
            let _ = write!(text, "{}{}={value}", if n == 0 { ' ' } else { ',' }, name(key));
        }
        let _ = writeln!(text, " {}", point.time);
    }
    text
}

fn name(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:/".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        Json::from(text).to_string()
    }
}

/// Reads what a program has printed.
///
/// # Errors
/// What it is instead, and where.
pub(crate) fn parse(output: &[u8]) -> Result<Printed, String> {
    let text = std::str::from_utf8(output).map_err(|error| {
        let line = 1 + memchr::memchr_iter(b'\n', &output[..error.valid_up_to()]).count();
        format!("line {line} of what it printed is not UTF-8")
    })?;
    let mut printed = Printed::default();
    let mut lines = Lines { rest: text, json: false };
    while !lines.rest.is_empty() {
        let at = lines.rest;
        let wrong = |why: &str| {
            let number = 1 + text[..text.len() - at.len()].matches('\n').count();
            let line: String = at.lines().next().unwrap_or_default().chars().take(100).collect();
            format!("line {number} of what it printed {why}: {line}")
        };
        if at.starts_with(['#', '\n', '\r']) {
            let line = lines.until(&['\n']).trim_start_matches('#').trim();
            if let Some(words) = line.strip_prefix(LOSSY) {
                printed.losses = Losses::parse(words).map_err(|why| wrong(&why))?;
            } else if let Some(word) = line.strip_prefix(QUOTING) {
                lines.json = word.trim() == "json";
            }
        } else {
            let (mut point, time) = lines.line().ok_or_else(|| wrong("is no line protocol"))?;
            let time = time.parse();
            point.time = time.map_err(|_| wrong("does not end with a time in nanoseconds"))?;
            printed.points.push(point);
        }
        lines.rest = lines.rest.strip_prefix('\n').unwrap_or(lines.rest);
    }
    Ok(printed)
}

/// A line as [`Point::show`] writes it: the point without its time, and that as it stands there.
pub(crate) fn shown(line: &str) -> Option<(Point, &str)> {
    let mut lines = Lines { rest: line, json: true };
    lines.line().filter(|_| lines.rest.is_empty())
}

/// Text that is read from its beginning.
struct Lines<'t> {
    rest: &'t str,
    /// Names and strings that begin with a quote are written as JSON writes them.
    json: bool,
}

impl<'t> Lines<'t> {
    fn line(&mut self) -> Option<(Point, &'t str)> {
        let measurement = self.name(&[',', ' '])?;
        let mut tags = BTreeMap::new();
        while self.skip(',') {
            let key = self.name(&['='])?;
            let value = self.skip('=').then(|| self.name(&[',', ' ']))??;
            tags.insert(key, value);
        }
        let mut fields = BTreeMap::new();
        let mut more = self.skip(' ');
        while more {
            let key = self.name(&['='])?;
            let value = self.skip('=').then(|| self.value())??;
            fields.insert(key, value);
            more = self.skip(',');
        }
        let time = self.skip(' ').then(|| self.until(&['\n']))?;
        let point = Point { measurement, tags, fields, time: 0 };
        (!point.fields.is_empty()).then(|| (point, time.trim()))
    }

    /// Takes this character if it comes next.
    fn skip(&mut self, c: char) -> bool {
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Everything before the first of these.
    fn until(&mut self, ends: &[char]) -> &'t str {
        let (text, rest) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.rest = rest;
        text
    }

    /// A name; a backslash means itself, but before `,`, `=` and a space.
    fn name(&mut self, ends: &[char]) -> Option<String> {
        if self.json && self.rest.starts_with('"') {
            return self.json_string();
        }
        let mut name = String::new();
        let mut chars = self.rest.char_indices().peekable();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' if chars.peek().is_some_and(|(_, c)| [',', '=', ' '].contains(c)) => {
                    name.extend(chars.next().map(|(_, c)| c));
                }
                c if c == '\n' || ends.contains(&c) => {
                    end = at;
                    break;
                }
                c => name.push(c),
            }
        }
        self.rest = &self.rest[end..];
        (!name.is_empty()).then_some(name)
    }

    fn json_string(&mut self) -> Option<String> {
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
        let string = values.next()?.ok()?;
        self.rest = &self.rest[values.byte_offset()..];
        Some(string)
    }

    fn value(&mut self) -> Option<Value> {
        if self.rest.starts_with('"') {
            return if self.json { self.json_string() } else { self.string() }.map(Value::String);
        }
        let text = self.until(&[',', ' ', '\n']);
        if let "t" | "T" | "true" | "True" | "TRUE" = text {
            return Some(Value::Boolean(true));
        }
        if let "f" | "F" | "false" | "False" | "FALSE" = text {
            return Some(Value::Boolean(false));
        }
        if let Some(digits) = text.strip_suffix('i') {
            return digits.parse().ok().map(Value::Integer);
        }
        if let Some(digits) = text.strip_suffix('u') {
            return digits.parse().ok().map(Value::Unsigned);
        }
        if let Some(number) = text.strip_suffix('?') {
            return Some(Value::Number(number.to_owned()));
        }
        text.parse().ok().map(Value::Float)
    }

    /// A string of line protocol: a backslash means itself, but before a quote and a backslash.
    fn string(&mut self) -> Option<String> {
        let mut string = String::new();
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Some(string);
                }
                '\\' if chars.peek().is_some_and(|(_, c)| ['"', '\\'].contains(c)) => {
                    string.extend(chars.next().map(|(_, c)| c));
                }
                c => string.push(c),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let printed = parse(text.as_bytes()).unwrap();
        printed.points.iter().map(|point| point.show(&point.time.to_string())).collect()
    }

    #[test]
    fn line_protocol_of_any_program_is_understood() {
        let text = "# made by hand\n\ncpu,host=a\\ b v=1,n=2i,u=3u,t=true 17\r\nm,\"k\"=a\\b s=\"x\ny, \\\"z\\\"\" -5";
        let points =
            [r#"cpu,host="a b" n=2i,t=true,u=3u,v=1 17"#, r#"m,"\"k\""="a\\b" s="x\ny, \"z\"" -5"#];
        assert_eq!(read(text), points);
        assert!(read("").is_empty());
    }

    #[test]
    fn what_is_printed_is_read_again() {
        let odd = ["", "a\nb", "back\\", "\"q\"", "a=b, c", "é", "# x"].map(str::to_owned);
        let points: Vec<_> = odd
            .iter()
            .map(|odd| Point {
                measurement: odd.clone(),
                tags: BTreeMap::from([(odd.clone(), odd.clone())]),
                fields: BTreeMap::from([
                    (odd.clone(), Value::String(odd.clone())),
                    ("f".to_owned(), Value::Float(f64::INFINITY)),
                    ("g".to_owned(), Value::Float(1.797_693_134_862_315_7e308)),
                ]),
                time: -1,
            })
            .collect();
        let losses = Losses::parse("times-in-ms").unwrap();
        let printed = parse(print(&points, &losses).as_bytes()).unwrap();
        assert_eq!((printed.points, printed.losses), (points, losses));
    }

    #[test]
    fn garbage_is_named_with_its_line() {
        let why = |text: &str| parse(text.as_bytes()).unwrap_err();
        assert_eq!(
            why("m f=1 1\n<html>\n"),
            "line 2 of what it printed is no line protocol: <html>"
        );
        assert!(why("m f=1\n").contains("line 1 of what it printed"), "{}", why("m f=1\n"));
        assert!(why("m f=1 now").contains("a time in nanoseconds"));
        assert!(why("m f=x 1").contains("is no line protocol"));
        assert!(why("# lossy: nothing\n").contains("there are integers-are-floats"));
        assert!(parse(b"m f=1 1\n\xff").unwrap_err().contains("line 2"));
    }
}
