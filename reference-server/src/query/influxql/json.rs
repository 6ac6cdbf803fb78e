//! Results as the products print them in JSON. Not which results there are.

use super::result::{Cell, Outcome, Series};
use super::time::{self, Epoch};
use super::zone::Zone;
use crate::store::Value;
use profiles::influxql::{Floats, Json, Strings};

/// How to print.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// What differs between products.
    pub json: Json,
    /// Times as numbers of this unit, else RFC 3339.
    pub epoch: Option<Epoch>,
    /// Indentation by so many blanks; 0 for one line.
    pub indent: usize,
}

/// JSON cannot hold this number: an infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unprintable {
    negative: bool,
}

impl std::fmt::Display for Unprintable {
    /// As Go's `encoding/json` puts it, and the products that follow it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.negative { '-' } else { '+' };
        write!(f, "json: unsupported value: {sign}Inf")
    }
}

/// One document with the results of statements, or parts of them.
///
/// # Errors
/// [`Unprintable`] for an infinite number.
pub(super) fn document(parts: &[Part<'_>], style: Style) -> Result<Vec<u8>, Unprintable> {
    let mut w = Writer { out: Vec::new(), style, depth: 0, empty: true, zone: None };
    w.open(b'{');
    if !parts.is_empty() {
        w.key("results");
        w.open(b'[');
        for part in parts {
            w.item();
            w.part(part)?;
        }
        w.close(b']');
    }
    w.close(b'}');
    Ok(w.out)
}

/// `{"error":"…"}`.
pub(super) fn error(message: &str, style: Style) -> Vec<u8> {
    let mut w = Writer { out: Vec::new(), style, depth: 0, empty: true, zone: None };
    w.open(b'{');
    w.key("error");
    w.string(message.as_bytes());
    w.close(b'}');
    w.out
}

/// A statement's result, or a chunk of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    /// The result.
    pub outcome: &'a Outcome,
    /// The series of this chunk.
    pub series: &'a [Series],
    /// Whether the last of these series goes on in the next chunk.
    pub series_goes_on: bool,
    /// Whether the statement goes on in the next chunk.
    pub statement_goes_on: bool,
}

struct Writer {
    out: Vec<u8>,
    style: Style,
    depth: usize,
    /// Whether the innermost object or array has no entry yet.
    empty: bool,
    /// The zone of the statement's times.
    zone: Option<Zone>,
}

impl Writer {
    fn open(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.depth += 1;
        self.empty = true;
    }

    fn close(&mut self, bracket: u8) {
        self.depth -= 1;
        if !self.empty {
            self.line();
        }
        self.out.push(bracket);
        self.empty = false;
    }

    fn line(&mut self) {
        if self.style.indent > 0 {
            self.out.push(b'\n');
            self.out.resize(self.out.len() + self.depth * self.style.indent, b' ');
        }
    }

    fn item(&mut self) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.line();
    }

    fn key(&mut self, key: &str) {
        self.item();
        self.string(key.as_bytes());
        self.colon();
    }

    fn colon(&mut self) {
        self.out.extend_from_slice(if self.style.indent > 0 { b": " } else { b":" });
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn part(&mut self, part: &Part<'_>) -> Result<(), Unprintable> {
        self.zone = part.outcome.zone;
        self.open(b'{');
        self.key("statement_id");
        self.text(&part.outcome.statement.to_string());
        if !part.series.is_empty() {
            self.key("series");
            self.open(b'[');
            for (i, series) in part.series.iter().enumerate() {
                self.item();
                self.series(series, part.series_goes_on && i + 1 == part.series.len())?;
            }
            self.close(b']');
        }
        if !part.outcome.warnings.is_empty() {
            self.key("messages");
            self.open(b'[');
            for warning in &part.outcome.warnings {
                self.item();
                self.open(b'{');
                self.key("level");
                self.string(b"warning");
                self.key("text");
                self.string(warning.as_bytes());
                self.close(b'}');
            }
            self.close(b']');
        }
        if part.statement_goes_on {
            self.key("partial");
            self.text("true");
        }
        if let Some(error) = &part.outcome.error {
            self.key("error");
            self.string(error.as_bytes());
        }
        self.close(b'}');
        Ok(())
    }

    fn series(&mut self, series: &Series, goes_on: bool) -> Result<(), Unprintable> {
        self.open(b'{');
        if !series.name.is_empty() {
            self.key("name");
            self.string(&series.name);
        }
        if !series.tags.is_empty() {
            self.key("tags");
            self.open(b'{');
            for (key, value) in &series.tags {
                self.item();
                self.string(key);
                self.colon();
                self.string(value);
            }
            self.close(b'}');
        }
        self.key("columns");
        self.open(b'[');
        for column in &series.columns {
            self.item();
            self.string(column);
        }
        self.close(b']');
        if !series.rows.is_empty() {
            self.key("values");
            self.open(b'[');
            for row in &series.rows {
                self.item();
                self.open(b'[');
                for cell in row {
                    self.item();
                    self.cell(cell)?;
                }
                self.close(b']');
            }
            self.close(b']');
        }
        if goes_on {
            self.key("partial");
            self.text("true");
        }
        self.close(b'}');
        Ok(())
    }

    fn cell(&mut self, cell: &Cell) -> Result<(), Unprintable> {
        match cell {
            Cell::Null => self.text("null"),
            Cell::Time(ns) => match self.style.epoch {
                Some(epoch) => self.text(&epoch.of(*ns).to_string()),
                None => {
                    let text = time::rfc3339_in(*ns, self.zone, self.style.json.time_digits);
                    self.string(text.as_bytes());
                }
            },
            Cell::Value(Value::Float(n)) if !n.is_finite() => {
                return Err(Unprintable { negative: *n < 0.0 });
            }
            Cell::Value(Value::Float(n)) => self.text(&float(*n, self.style.json.floats)),
            Cell::Value(Value::Integer(n)) => self.text(&n.to_string()),
            Cell::Value(Value::Unsigned(n)) => self.text(&n.to_string()),
            Cell::Value(Value::Boolean(b)) => self.text(if *b { "true" } else { "false" }),
            Cell::Value(Value::String(s)) => self.string(s),
        }
        Ok(())
    }

    fn string(&mut self, bytes: &[u8]) {
        string(&mut self.out, bytes, self.style.json.strings);
    }
}

/// A quoted string.
pub(super) fn string(out: &mut Vec<u8>, bytes: &[u8], strings: Strings) {
    out.push(b'"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            escape(out, c, strings);
        }
        for _ in chunk.invalid() {
            out.extend_from_slice(if strings == Strings::Serde {
                "\u{fffd}".as_bytes()
            } else {
                b"\\ufffd"
            });
        }
    }
    out.push(b'"');
}

fn escape(out: &mut Vec<u8>, c: char, strings: Strings) {
    let short = match c {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{8}' if strings != Strings::Go => "\\b",
        '\u{c}' if strings != Strings::Go => "\\f",
        _ => "",
    };
    let html = strings != Strings::Serde && matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
    if !short.is_empty() {
        out.extend_from_slice(short.as_bytes());
    } else if html || c < ' ' {
        out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
    } else {
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// A finite float.
pub(super) fn float(n: f64, floats: Floats) -> String {
    let size = n.abs();
    match floats {
        Floats::Go if size != 0.0 && !(1e-6..1e21).contains(&size) => {
            with_exponent_sign(&format!("{n:e}"))
        }
        Floats::Go => n.to_string(),
        // Only what surely fits: 2^63 as a float is one more than the largest `i64`.
        Floats::SerdeWhole if n.fract() == 0.0 && size < i64::MAX as f64 => (n as i64).to_string(),
        Floats::Serde | Floats::SerdeWhole if size != 0.0 && !(1e-5..1e16).contains(&size) => {
            format!("{n:e}")
        }
        Floats::Serde | Floats::SerdeWhole => format!("{n:?}"),
    }
}

fn with_exponent_sign(text: &str) -> String {
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats() {
        // oss-v1@1.6, v3-core@3.6 and v3-core@3.8.0, as recorded for the same lines.
        for (n, go, serde, whole) in [
            (1.0, "1", "1.0", "1"),
            (-0.0, "-0", "-0.0", "0"),
            (1e-10, "1e-10", "1e-10", "1e-10"),
            (1e308, "1e+308", "1e308", "1e308"),
            (
                1.234_567_890_123_456_7e19,
                "12345678901234567000",
                "1.2345678901234567e19",
                "1.2345678901234567e19",
            ),
            (10_000_000_000.0, "10000000000", "10000000000.0", "10000000000"),
            (0.000_001, "0.000001", "1e-6", "1e-6"),
        ] {
            assert_eq!(float(n, Floats::Go), go);
            assert_eq!(float(n, Floats::Serde), serde);
            assert_eq!(float(n, Floats::SerdeWhole), whole);
        }
    }
}
