//! Points as the honest server keeps them, and as it shows them to InfluxQL.

use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// A stored point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) measurement: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) time: i64,
}

impl Point {
    /// A plain line: no escapes, a time.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (series, rest) = line.split_once(' ')?;
        let (fields, time) = rest.rsplit_once(' ')?;
        let mut parts = series.split(',');
        let pair = |text: &str| text.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()));
        Some(Self {
            measurement: parts.next()?.to_owned(),
            tags: parts.map(pair).collect::<Option<_>>()?,
            fields: fields.split(',').map(pair).collect::<Option<_>>()?,
            time: time.parse().ok()?,
        })
    }

    /// Whether each value has a type.
    pub(crate) fn is_good(&self) -> bool {
        self.fields.values().all(|value| kind(value).is_some())
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (&self.measurement, &self.tags, self.time) == (&other.measurement, &other.tags, other.time)
    }
}

fn kind(value: &str) -> Option<&'static str> {
    match value.strip_suffix('i') {
        Some(digits) if digits.parse::<i64>().is_ok() => Some("integer"),
        _ if value.starts_with('"') && value.ends_with('"') => Some("string"),
        _ => value.parse::<f64>().ok().map(|_| "float"),
    }
}

/// The series that a statement shows: a point each, which is legal and needs no table of columns.
pub(crate) fn series(statement: &str, points: &[Point]) -> Vec<Json> {
    points.iter().map(|point| one(statement, point)).collect()
}

fn one(statement: &str, point: &Point) -> Json {
    let (columns, rows): (Vec<&str>, Vec<Vec<Json>>) = match statement {
        "SHOW FIELD KEYS" => {
            let row =
                |(k, v): (&String, &String)| vec![json!(k), json!(kind(v).unwrap_or("string"))];
            (vec!["fieldKey", "fieldType"], point.fields.iter().map(row).collect())
        }
        "SHOW TAG KEYS" => (vec!["tagKey"], point.tags.keys().map(|k| vec![json!(k)]).collect()),
        _ => {
            let names = point.fields.keys().chain(point.tags.keys()).map(String::as_str);
            let mut row = vec![json!(point.time)];
            row.extend(point.fields.values().map(|v| value(v)));
            row.extend(point.tags.values().map(|v| json!(v)));
            (["time"].into_iter().chain(names).collect(), vec![row])
        }
    };
    json!({"name": point.measurement, "columns": columns, "values": rows})
}

fn value(text: &str) -> Json {
    match kind(text) {
        Some("integer") => json!(text.trim_end_matches('i').parse::<i64>().unwrap()),
        Some("float") => json!(text.parse::<f64>().unwrap()),
        _ => json!(text.trim_matches('"')),
    }
}
