//! The parser's answer in the oracle's terms, so that the two can be held against each other. The
//! fuzz targets use this file too.

#![allow(unreachable_pub)]

use line_protocol::{Dialect, FieldValue, GoDialect, IoxDialect, IoxWording, Line, Options, parse};
use line_protocol_oracle::{Grammar, Item, Point, Times, Value, read};

/// The grammar that the dialect stands for.
pub fn grammar(dialect: &Dialect) -> Grammar {
    match dialect {
        Dialect::Go(GoDialect { unsigned, reserved_tag_keys, .. }) => {
            Grammar::Go { unsigned: *unsigned, reserved: *reserved_tag_keys }
        }
        Dialect::Iox(IoxDialect { wording, .. }) => {
            Grammar::Iox { since_3_9: *wording == IoxWording::Backticks }
        }
    }
}

/// What the oracle makes of a body; nothing, if the body would not reach the product's parser.
pub fn expected(body: &[u8], dialect: &Dialect, options: &Options) -> Option<Vec<Item>> {
    let times = Times { unit: options.precision.multiplier(), default: options.default_time };
    read(body, grammar(dialect), times)
}

/// What the parser makes of it.
pub fn parsed(body: &[u8], dialect: &Dialect, options: &Options) -> Vec<Item> {
    parse(body, dialect, options)
        .map(|item| match item {
            Ok(line) => Item::Point(point(&line)),
            Err(error) => Item::Error {
                message: error.message_bytes(body),
                shown: matches!(dialect, Dialect::Iox(_))
                    .then(|| error.physical_line(body).to_vec()),
            },
        })
        .collect()
}

fn point(line: &Line<'_>) -> Point {
    Point {
        measurement: line.measurement.to_vec(),
        tags: line.tags.iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect(),
        fields: line.fields.iter().map(|(key, v)| (key.to_vec(), value(v))).collect(),
        timestamp: line.timestamp,
    }
}

fn value(value: &FieldValue<'_>) -> Value {
    match value {
        FieldValue::Float(v) => Value::Float(v.to_bits()),
        FieldValue::Integer(v) => Value::Integer(*v),
        FieldValue::Unsigned(v) => Value::Unsigned(*v),
        FieldValue::Boolean(v) => Value::Boolean(*v),
        FieldValue::String(v) => Value::String(v.to_vec()),
    }
}

/// Why the two do not agree, if they do not. A line that the product accepts and then cannot read
/// has no text; the parser refuses it in its own.
pub fn difference(body: &[u8], dialect: &Dialect, options: &Options) -> Option<String> {
    let expected = expected(body, dialect, options)?;
    let parsed = parsed(body, dialect, options);
    let agree = |(one, other): (&Item, &Item)| match (one, other) {
        (Item::Unknown, other) => matches!(other, Item::Error { .. }),
        (one, other) => one == other,
    };
    if expected.len() == parsed.len() && expected.iter().zip(&parsed).all(agree) {
        return None;
    }
    let body = body.escape_ascii();
    Some(format!("{dialect:?}\n{body}\noracle {}\nparser {}", shown(&expected), shown(&parsed)))
}

fn shown(items: &[Item]) -> String {
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    let one = |item: &Item| match item {
        Item::Unknown => "unknown".to_owned(),
        Item::Error { message, shown } => {
            format!("error {} ({:?})", text(message), shown.as_deref().map(text))
        }
        Item::Point(point) => {
            let pairs = |pairs: &[(Vec<u8>, Vec<u8>)]| -> Vec<_> {
                pairs.iter().map(|(key, value)| (text(key), text(value))).collect()
            };
            let fields: Vec<_> = point.fields.iter().map(|(key, v)| (text(key), v)).collect();
            let (name, tags) = (text(&point.measurement), pairs(&point.tags));
            format!("{name:?} {tags:?} {fields:?} {:?}", point.timestamp)
        }
    };
    items.iter().map(|item| format!("\n  {}", one(item))).collect()
}
