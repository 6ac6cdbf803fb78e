//! What each parser makes of a body, in one form. Nothing is judged here.

use line_protocol::{Dialect, FieldValue, Line, Options, ParseError, parse};

/// One line, good or refused.
#[derive(Debug, PartialEq)]
pub(crate) enum Item {
    Good(Point),
    /// The text of the error.
    Bad(String),
}

#[derive(Debug, PartialEq)]
pub(crate) struct Point {
    measurement: String,
    tags: Vec<(String, String)>,
    fields: Vec<(String, Value)>,
    timestamp: Option<i64>,
    /// The line as it is written back, which is what the product echoes.
    shown: String,
}

#[derive(Debug, PartialEq)]
enum Value {
    /// As bits, so that `-0.0` is not `0.0`.
    Float(u64),
    Integer(i64),
    Unsigned(u64),
    Boolean(bool),
    String(String),
}

/// A line of ours, and what we know about it beyond what can be compared.
pub(crate) struct Ours<'a> {
    item: Item,
    pub(crate) error: Option<ParseError>,
    pub(crate) body: &'a str,
}

impl Ours<'_> {
    pub(crate) fn item(&self) -> &Item {
        &self.item
    }

    /// The line that was refused, as scanned.
    pub(crate) fn line(&self) -> &str {
        self.error.as_ref().map_or("", |error| &self.body[error.line.clone()])
    }
}

pub(crate) fn ours<'a>(body: &'a str, dialect: &Dialect) -> Vec<Ours<'a>> {
    parse(body.as_bytes(), dialect, &Options::default())
        .map(|item| match item {
            Ok(line) => Ours { item: Item::Good(point(&line)), error: None, body },
            Err(error) => {
                Ours { item: Item::Bad(error.message(body.as_bytes())), error: Some(error), body }
            }
        })
        .collect()
}

/// Both are made of text, so what is read of text is text.
fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn point(line: &Line<'_>) -> Point {
    let value = |value: &FieldValue<'_>| match value {
        FieldValue::Float(v) => Value::Float(v.to_bits()),
        FieldValue::Integer(v) => Value::Integer(*v),
        FieldValue::Unsigned(v) => Value::Unsigned(*v),
        FieldValue::Boolean(v) => Value::Boolean(*v),
        FieldValue::String(v) => Value::String(text(v)),
    };
    Point {
        measurement: text(&line.measurement),
        tags: line.tags.iter().map(|(k, v)| (text(k), text(v))).collect(),
        fields: line.fields.iter().map(|(k, v)| (text(k), value(v))).collect(),
        timestamp: line.timestamp,
        shown: line.to_string(),
    }
}

pub(crate) fn theirs(body: &str) -> Vec<Item> {
    influxdb_line_protocol::parse_lines(body)
        .map(|item| match item {
            Ok(line) => Item::Good(their_point(&line)),
            Err(error) => Item::Bad(error.to_string()),
        })
        .collect()
}

fn their_point(line: &influxdb_line_protocol::ParsedLine<'_>) -> Point {
    use influxdb_line_protocol::FieldValue as Their;
    let value = |value: &Their<'_>| match value {
        Their::F64(v) => Value::Float(v.to_bits()),
        Their::I64(v) => Value::Integer(*v),
        Their::U64(v) => Value::Unsigned(*v),
        Their::Boolean(v) => Value::Boolean(*v),
        Their::String(v) => Value::String(v.to_string()),
    };
    let tags = line.series.tag_set.iter().flatten();
    Point {
        measurement: line.series.measurement.to_string(),
        tags: tags.map(|(k, v)| (k.to_string(), v.to_string())).collect(),
        fields: line.field_set.iter().map(|(k, v)| (k.to_string(), value(v))).collect(),
        timestamp: line.timestamp,
        shown: line.to_string(),
    }
}
