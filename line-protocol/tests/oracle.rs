//! The parser against a slow second reader, which is held against the recorded facts first.

#![allow(clippy::unwrap_used)]

#[path = "support/oracle.rs"]
mod compare;
mod support;

use line_protocol::{Dialect, Options, Precision, lossy};
use line_protocol_oracle::{Grammar, Item, Times, Value as Held, read};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{body, dialect, load, precision};

const DIALECTS: [Dialect; 4] =
    [Dialect::GO_V1_6, Dialect::GO_V2, Dialect::IOX_3_6, Dialect::IOX_3_9];

fn times(precision: Precision) -> Times {
    Times { unit: precision.multiplier(), default: 1_700_000_000_123_456_789 }
}

fn errors(items: &[Item]) -> Vec<String> {
    let message = |item: &Item| match item {
        Item::Error { message, .. } => Some(lossy(message)),
        _ => None,
    };
    items.iter().filter_map(message).collect()
}

/// As `vectors.jsonl.gz` writes a point.
fn point(item: &Item) -> Option<Value> {
    let Item::Point(point) = item else { return None };
    let tags: Vec<[String; 2]> = point.tags.iter().map(|(k, v)| [lossy(k), lossy(v)]).collect();
    let field = |(key, value): &(Vec<u8>, Held)| match value {
        Held::Float(v) => json!([lossy(key), "float", f64::from_bits(*v).to_bits()]),
        Held::Integer(v) => json!([lossy(key), "integer", v.to_string()]),
        Held::Unsigned(v) => json!([lossy(key), "unsigned", v.to_string()]),
        Held::Boolean(v) => json!([lossy(key), "boolean", v.to_string()]),
        Held::String(v) => json!([lossy(key), "string", lossy(v)]),
    };
    let fields: Vec<Value> = point.fields.iter().map(field).collect();
    let time = point.timestamp.unwrap().to_string();
    Some(json!({"m": lossy(&point.measurement), "tags": tags, "fields": fields, "t": time}))
}

#[test]
fn the_oracle_agrees_with_every_vector() {
    let mut compared = 0;
    for row in load("vectors.jsonl.gz") {
        for (column, is_v2) in [("v2", true), ("v1_6", false), ("v1_12", false)] {
            let expect = if row[column].is_null() { &row["v2"] } else { &row[column] };
            // An unknown unit scales nothing; some round the default time none the less.
            let (unit, rounding) = match (row["precision"].as_str().unwrap(), is_v2) {
                ("us", true) | ("u", false) => (1_000, 1_000),
                ("u", true) => (1, 1_000),
                ("ms", _) => (1_000_000, 1_000_000),
                ("s", _) => (1_000_000_000, 1_000_000_000),
                ("m", v2) => (if v2 { 1 } else { 60_000_000_000 }, 60_000_000_000),
                ("h", v2) => (if v2 { 1 } else { 3_600_000_000_000 }, 3_600_000_000_000),
                _ => (1, 1),
            };
            if !expect["panic"].is_null() {
                continue;
            }
            let grammar = Grammar::Go { unsigned: is_v2, reserved: is_v2 };
            let times = times(Precision::Nanosecond);
            let times = Times { unit, default: times.default - times.default % rounding };
            let input = row["lp"].as_str().unwrap();
            let items = read(input.as_bytes(), grammar, times).unwrap();
            let mut recorded = expect["points"].as_array().cloned().unwrap_or_default();
            for point in &mut recorded {
                for field in point["fields"].as_array_mut().unwrap() {
                    if field[1] == "float" {
                        let value: f64 = field[2].as_str().unwrap().parse().unwrap();
                        field[2] = json!(value.to_bits());
                    }
                }
            }
            let points: Vec<Value> = items.iter().filter_map(point).collect();
            assert_eq!(errors(&items).join("\n"), expect["err"].as_str().unwrap(), "{input:?}");
            assert_eq!(points, recorded, "{column} {input:?}");
            compared += 1;
        }
    }
    // One row of one column is a crash.
    assert_eq!(compared, 3 * 385 - 1);
}

#[test]
fn the_oracle_agrees_with_every_recorded_write() {
    let rows = load("recorded-writes.jsonl.gz");
    assert!(rows.len() > 900, "only {} rows", rows.len());
    for row in &rows {
        let body = body(row);
        let grammar = compare::grammar(&dialect(row["dialect"].as_str().unwrap()));
        let times = times(precision(row["precision"].as_str().unwrap()));
        let Some(items) = read(&body, grammar, times) else { panic!("not UTF-8: {row}") };
        let expect = &row["expect"];
        if matches!(grammar, Grammar::Go { .. }) {
            let errors = errors(&items);
            let text = (!errors.is_empty()).then(|| errors.join("\n"));
            assert_eq!(text.as_deref(), expect["message"].as_str(), "{row}");
            if let Some(good) = expect["some_good"].as_bool() {
                assert_eq!(good, items.len() > errors.len(), "{row}");
            }
            continue;
        }
        let mut said: Vec<Value> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if let Item::Error { message, shown } = item {
                let shown = line_protocol::cut(shown.as_deref().unwrap(), 20);
                said.push(json!([lossy(message), index + 1, lossy(shown)]));
            }
        }
        if expect["first_only"].as_bool() == Some(true) {
            said.truncate(expect["errors"].as_array().unwrap().len());
        }
        assert_eq!(Value::from(said), expect["errors"], "{row}");
        assert_eq!(items.is_empty(), expect["empty"].as_bool().unwrap_or(false), "{row}");
        stored(&items, expect, row);
    }
}

/// What InfluxDB 3 showed of the one row it then had, against what the oracle read.
fn stored(items: &[Item], expect: &Value, row: &Value) {
    let Some(stored) = expect["stored"].as_str() else { return };
    let stored: Value = serde_json::from_str(stored).unwrap();
    let series = &stored["results"][0]["series"][0];
    let columns = series["columns"].as_array().unwrap().iter().map(|c| c.as_str().unwrap());
    let cells = series["values"][0].as_array().unwrap().iter();
    let mut shown: Vec<(&str, &Value)> =
        columns.zip(cells).filter(|(name, cell)| *name != "time" && !cell.is_null()).collect();
    shown.sort_by_key(|(name, _)| *name);
    // Lines of one series at one time are one row, of which the last is left.
    let Some(Item::Point(point)) = items.last() else { panic!("nothing read: {row}") };
    let tags = point.tags.iter().map(|(key, value)| (lossy(key), json!(lossy(value))));
    let fields = point.fields.iter().map(|(key, value)| {
        let value = match value {
            Held::Float(v) => json!(f64::from_bits(*v)),
            Held::Integer(v) => json!(v),
            Held::Unsigned(v) => json!(v),
            Held::Boolean(v) => json!(v),
            Held::String(v) => json!(lossy(v)),
        };
        (lossy(key), value)
    });
    let mut read: Vec<(String, Value)> = tags.chain(fields).collect();
    read.sort_by(|a, b| a.0.cmp(&b.0));
    let read: Vec<(&str, &Value)> = read.iter().map(|(key, value)| (&**key, value)).collect();
    assert_eq!((series["name"].as_str().unwrap(), shown), (&*lossy(&point.measurement), read));
}

/// Bodies that are made of what the grammars care about.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    const TOKENS: [&str; 44] = [
        "m",
        "a",
        "b",
        "time",
        "_field",
        "\\",
        "\\\\",
        ",",
        "=",
        " ",
        "  ",
        "\"",
        "\n",
        "\r",
        "\t",
        "\0",
        "#",
        "1",
        "-",
        "+",
        ".",
        "i",
        "u",
        "e",
        "1i",
        "9u",
        "1e5",
        "1.5",
        "t",
        "false",
        "TRUE",
        "nan",
        "é",
        " f=1",
        ",t=v",
        ",a=b ",
        "=\"",
        "\" ",
        "\",",
        " 1700\n",
        "\nm f=",
        " -5",
        "9223372036854775808",
        "18446744073709551616u",
    ];
    let token = || proptest::sample::select(TOKENS.to_vec());
    let soup = |most| vec(token(), 0..most).prop_map(|parts| parts.concat().into_bytes());
    prop_oneof![
        4 => (soup(12), soup(12), soup(12))
            .prop_map(|(a, b, c)| [&b"m"[..], &a, b" f", &b, b"=", &c].concat()),
        4 => soup(40),
        1 => vec(any::<u8>(), 0..60),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 5000, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn the_parser_agrees_with_the_oracle(
        body in bodies(), milliseconds in any::<bool>(), before_1970 in any::<bool>(),
    ) {
        let options = Options {
            precision: if milliseconds { Precision::Millisecond } else { Precision::Nanosecond },
            default_time: if before_1970 { -1_234_567 } else { 1_234_567 },
        };
        for dialect in DIALECTS {
            let difference = compare::difference(&body, &dialect, &options);
            prop_assert!(difference.is_none(), "{}", difference.unwrap_or_default());
        }
    }
}
