//! What the Go parser makes of 385 inputs: errors and points, for three generations of it.

#![allow(clippy::unwrap_used)]

mod support;

use line_protocol::{Dialect, FieldValue, Line, Options, Precision, lossy, parse};
use serde_json::{Value, json};
use support::{load, options};

/// The precision as the real parser's caller spells it: an unknown name scales nothing, and some
/// names round the default time only.
fn options_for(name: &str, v2: bool) -> Options {
    let (precision, rounding) = match (name, v2) {
        ("us", true) | ("u", false) => (Precision::Microsecond, Precision::Microsecond),
        ("ms", _) => (Precision::Millisecond, Precision::Millisecond),
        ("s", _) => (Precision::Second, Precision::Second),
        ("m", false) => (Precision::Minute, Precision::Minute),
        ("h", false) => (Precision::Hour, Precision::Hour),
        ("u", true) => (Precision::Nanosecond, Precision::Microsecond),
        ("m", true) => (Precision::Nanosecond, Precision::Minute),
        ("h", true) => (Precision::Nanosecond, Precision::Hour),
        _ => (Precision::Nanosecond, Precision::Nanosecond),
    };
    let options = options(precision);
    Options { default_time: rounding.truncate(options.default_time), ..options }
}

fn point(line: &Line<'_>) -> Value {
    let tags: Vec<[String; 2]> = line.tags.iter().map(|(k, v)| [lossy(k), lossy(v)]).collect();
    let fields: Vec<Value> = line
        .fields
        .iter()
        .map(|(key, value)| {
            let (kind, value) = match value {
                FieldValue::Float(v) => ("float", json!(v.to_bits())),
                FieldValue::Integer(v) => ("integer", json!(v.to_string())),
                FieldValue::Unsigned(v) => ("unsigned", json!(v.to_string())),
                FieldValue::Boolean(v) => ("boolean", json!(v.to_string())),
                FieldValue::String(v) => ("string", json!(lossy(v))),
            };
            json!([lossy(key), kind, value])
        })
        .collect();
    let time = line.timestamp.unwrap().to_string();
    json!({"m": lossy(&line.measurement), "tags": tags, "fields": fields, "t": time})
}

/// The recorded point with its floats as bits, since the two languages print them differently.
fn with_bits(point: &Value) -> Value {
    let mut point = point.clone();
    for field in point["fields"].as_array_mut().unwrap() {
        if field[1] == "float" {
            let value: f64 = field[2].as_str().unwrap().parse().unwrap();
            field[2] = json!(value.to_bits());
        }
    }
    point
}

#[test]
fn every_vector_in_every_generation() {
    let rows = load("vectors.jsonl.gz");
    assert_eq!(rows.len(), 385);
    let mut bad = Vec::new();
    let (mut told_apart, mut crashes) = (0, 0);
    for row in &rows {
        for (column, dialect) in
            [("v2", Dialect::GO_V2), ("v1_6", Dialect::GO_V1_6), ("v1_12", Dialect::GO_V1_12)]
        {
            told_apart += usize::from(column != "v2" && !row[column].is_null());
            let mut expect = if row[column].is_null() { &row["v2"] } else { &row[column] };
            if !expect["panic"].is_null() {
                // A crash is nobody's rule; the other generations' answer is kept to.
                crashes += 1;
                expect = &row["v2"];
            }
            let input = row["lp"].as_str().unwrap().as_bytes();
            let options = options_for(row["precision"].as_str().unwrap(), column == "v2");
            let (mut points, mut errors) = (Vec::new(), Vec::new());
            for item in parse(input, &dialect, &options) {
                match item {
                    Ok(line) => points.push(point(&line)),
                    Err(error) => errors.push(error.message(input)),
                }
            }
            let none = Vec::new();
            let recorded = expect["points"].as_array().unwrap_or(&none);
            let recorded: Vec<Value> = recorded.iter().map(with_bits).collect();
            let errors = errors.join("\n");
            if errors != expect["err"].as_str().unwrap() || points != recorded {
                bad.push(format!(
                    "{} {column}: {:.200}\n    expected {:.600}\n    got {errors:.300} {:.600}",
                    row["name"],
                    row["lp"].to_string(),
                    expect.to_string(),
                    json!(points).to_string()
                ));
            }
        }
    }
    assert_eq!(crashes, 1);
    assert!(told_apart > 100, "the columns of v1 are missing");
    assert!(bad.is_empty(), "{} differ:\n{}", bad.len(), bad.join("\n"));
}
