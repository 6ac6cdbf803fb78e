//! What running products answered to a write, against what the parser says.

#![allow(clippy::unwrap_used)]

mod support;

use line_protocol::{FieldValue, Line, ParseError, cut, lossy, parse};
use serde_json::Value;
use support::{body, dialect, load, options, precision};

const FILE: &str = "recorded-writes.jsonl.gz";

fn parsed<'a>(row: &Value, body: &'a [u8]) -> (Vec<Line<'a>>, Vec<ParseError>) {
    let dialect = dialect(row["dialect"].as_str().unwrap());
    let options = options(precision(row["precision"].as_str().unwrap()));
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    for item in parse(body, &dialect, &options) {
        match item {
            Ok(line) => lines.push(line),
            Err(error) => errors.push(error),
        }
    }
    (lines, errors)
}

/// Runs `differs` on every row of these dialects and names all that do.
fn check(prefix: &str, at_least: usize, differs: impl Fn(&Value, &[u8]) -> Option<String>) {
    let rows: Vec<Value> = load(FILE)
        .into_iter()
        .filter(|row| row["dialect"].as_str().unwrap().starts_with(prefix))
        .collect();
    assert!(rows.len() >= at_least, "only {} rows of {prefix}", rows.len());
    let bad: Vec<String> = rows
        .iter()
        .filter_map(|row| {
            let body = body(row);
            let said = differs(row, &body)?;
            Some(format!(
                "{} {}: {:.200?}\n    expected {:.500}\n    got {said:.500}",
                row["dialect"],
                row["releases"],
                lossy(&body),
                row["expect"].to_string()
            ))
        })
        .collect();
    assert!(bad.is_empty(), "{} of {} differ:\n{}", bad.len(), rows.len(), bad.join("\n"));
}

fn go(row: &Value, body: &[u8]) -> Option<String> {
    let expect = &row["expect"];
    let (lines, errors) = parsed(row, body);
    let texts: Vec<String> = errors.iter().map(|error| error.message(body)).collect();
    let text = (!texts.is_empty()).then(|| texts.join("\n"));
    let good = expect["some_good"].as_bool();
    let same = text.as_deref() == expect["message"].as_str()
        && good.is_none_or(|good| good != lines.is_empty());
    (!same).then(|| format!("{text:?} and {} lines", lines.len()))
}

#[test]
fn go_v1_answers_as_recorded() {
    check("go-v1", 400, go);
}

#[test]
fn go_v2_answers_as_recorded() {
    check("go-v2", 200, go);
}

#[test]
fn iox_answers_as_recorded() {
    check("iox-3.6", 300, |row, body| {
        let expect = &row["expect"];
        let (lines, errors) = parsed(row, body);
        let mut said: Vec<Value> = errors
            .iter()
            .map(|error| {
                let echo = lossy(error.original_line(body));
                serde_json::json!([error.message(body), error.line_number, echo])
            })
            .collect();
        if expect["first_only"].as_bool() == Some(true) {
            // A refusal by a later stage hides what the parser finds behind it.
            said.truncate(expect["errors"].as_array().unwrap().len());
        }
        let empty = expect["empty"].as_bool().unwrap_or(false);
        let echoes_agree = expect["schema"].as_array().unwrap().iter().all(|refused| {
            let number = usize::try_from(refused[0].as_u64().unwrap()).unwrap();
            let echo = lines.iter().find(|line| line.number == number).map(|line| {
                lossy(cut(line.to_string().as_bytes(), line_protocol::ORIGINAL_LINE_BYTES))
            });
            echo.as_deref() == refused[1].as_str()
        });
        let same = Value::from(said.clone()) == expect["errors"]
            && echoes_agree
            && empty == (lines.is_empty() && errors.is_empty());
        (!same).then(|| format!("{}; echoes agree: {echoes_agree}", Value::from(said)))
    });
}

/// What InfluxDB 3 showed of the one row it then had, against what the parser read.
#[test]
fn iox_values_are_those_stored() {
    let rows: Vec<Value> =
        load(FILE).into_iter().filter(|row| row["expect"]["stored"].is_string()).collect();
    assert!(rows.len() >= 100, "only {} rows", rows.len());
    for row in &rows {
        let body = body(row);
        let (lines, _) = parsed(row, &body);
        let stored: Value =
            serde_json::from_str(row["expect"]["stored"].as_str().unwrap()).unwrap();
        let series = &stored["results"][0]["series"][0];
        let mut shown: Vec<(&str, Value)> = series["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column.as_str().unwrap())
            .zip(series["values"][0].as_array().unwrap().iter().cloned())
            .filter(|(column, value)| *column != "time" && !value.is_null())
            .collect();
        shown.sort_by_key(|(column, _)| *column);
        // Lines of one series at one time are one row, of which the last is left.
        let Some(line) = lines.last() else { panic!("nothing read of {body:?}") };
        let tags = line.tags.iter().map(|(key, value)| (lossy(key), lossy(value).into()));
        let fields = line.fields.iter().map(|(key, value)| {
            let value = match value {
                FieldValue::Float(v) => Value::from(*v),
                FieldValue::Integer(v) => Value::from(*v),
                FieldValue::Unsigned(v) => Value::from(*v),
                FieldValue::Boolean(v) => Value::from(*v),
                FieldValue::String(v) => lossy(v).into(),
            };
            (lossy(key), value)
        });
        let mut read: Vec<(String, Value)> = tags.chain(fields).collect();
        read.sort_by(|a, b| a.0.cmp(&b.0));
        let read: Vec<(&str, Value)> = read.iter().map(|(k, v)| (&**k, v.clone())).collect();
        assert_eq!(series["name"].as_str().unwrap(), lossy(&line.measurement), "{row}");
        assert_eq!(shown, read, "{row}");
    }
}
