//! SQL through `/api/v3/query_sql`: the columns from `information_schema`, then each table.

use super::some::{Series as Counted, value_of};
use super::{Ask, Place, Unreadable, encode, not_ok};
use crate::point::{Point, Value};
use crate::wire::Request;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

const COLUMNS: &str = "SELECT table_name, column_name, data_type \
    FROM information_schema.columns WHERE table_schema = 'iox'";

pub(super) fn request(place: &Place, text: &str) -> Request {
    let database = encode(&place.database);
    place.request("GET", format!("/api/v3/query_sql?db={database}&q={}&format=json", encode(text)))
}

pub(super) async fn read(ask: &impl Ask, place: &Place) -> Result<Vec<Point>, Unreadable> {
    let tables = tables(ask, place).await?;
    let mut points = Vec::new();
    for (table, columns) in &tables {
        for row in rows(ask, place, &format!("SELECT * FROM {}", quoted(table))).await? {
            points.push(point(table, columns, &row)?);
        }
    }
    Ok(points)
}

/// The types of the columns of each table.
async fn tables(
    ask: &impl Ask,
    place: &Place,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, Unreadable> {
    let mut tables: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for row in rows(ask, place, COLUMNS).await? {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        tables
            .entry(text("table_name"))
            .or_default()
            .insert(text("column_name"), text("data_type"));
    }
    Ok(tables)
}

/// The types of the columns of a table; none where there is no such table.
pub(super) type Columns = Option<BTreeMap<String, String>>;

/// The columns of a table.
pub(super) async fn columns(
    ask: &impl Ask,
    place: &Place,
    table: &str,
) -> Result<Columns, Unreadable> {
    Ok(tables(ask, place).await?.remove(table))
}

/// What is stored of these points of one table.
pub(super) async fn some(
    ask: &impl Ask,
    place: &Place,
    tag: &str,
    wanted: &[Point],
    columns: &Columns,
) -> Result<Vec<Point>, Unreadable> {
    let (Some(columns), Some(first)) = (columns, wanted.first()) else { return Ok(Vec::new()) };
    let table = first.measurement.as_str();
    let one = |point: &Point| {
        let value = value_of(point, tag).replace('\'', "''");
        let time = jiff::Timestamp::from_nanosecond(i128::from(point.time)).unwrap_or_default();
        format!("({} = '{value}' AND time = '{time:.9}')", quoted(tag))
    };
    let which = wanted.iter().map(one).collect::<Vec<_>>().join(" OR ");
    let text = format!("SELECT * FROM {} WHERE {which}", quoted(table));
    let rows = rows(ask, place, &text).await?;
    rows.iter().map(|row| point(table, columns, row)).collect()
}

/// How many rows have this field.
pub(super) async fn count(
    ask: &impl Ask,
    place: &Place,
    counted: Counted<'_>,
) -> Result<u64, Unreadable> {
    if !tables(ask, place).await?.contains_key(counted.measurement) {
        return Ok(0);
    }
    let (field, table) = (quoted(counted.field), quoted(counted.measurement));
    let text = format!("SELECT count({field}) AS lines FROM {table}");
    let rows = rows(ask, place, &text).await?;
    let count = rows.first().and_then(|row| row["lines"].as_u64());
    count.ok_or_else(|| Unreadable::Wrong(format!("{text}: the answer is no count ({rows:?})")))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

async fn rows(ask: &impl Ask, place: &Place, text: &str) -> Result<Vec<Json>, Unreadable> {
    let response = ask.ask(request(place, text)).await?;
    if response.status != 200 {
        return Err(not_ok(text, &response));
    }
    serde_json::from_slice(&response.body).map_err(|error| {
        Unreadable::Wrong(format!("{text}: the answer is no list of rows ({error})"))
    })
}

fn point(table: &str, columns: &BTreeMap<String, String>, row: &Json) -> Result<Point, Unreadable> {
    let mut point = Point {
        measurement: table.to_owned(),
        tags: BTreeMap::new(),
        fields: BTreeMap::new(),
        time: 0,
    };
    let keys: BTreeSet<_> = row.as_object().into_iter().flat_map(|o| o.keys()).collect();
    for key in keys {
        let cell = &row[key.as_str()];
        let kind = columns.get(key).map(String::as_str).unwrap_or_default();
        if cell.is_null() {
            continue;
        }
        if key == "time" {
            point.time = nanoseconds(cell.as_str().unwrap_or_default())?;
        } else if kind.starts_with("Dictionary") {
            point.tags.insert(key.clone(), cell.as_str().unwrap_or_default().to_owned());
        } else {
            point.fields.insert(key.clone(), value(kind, cell));
        }
    }
    Ok(point)
}

fn value(kind: &str, cell: &Json) -> Value {
    match (kind, cell) {
        ("Float64", Json::Number(v)) => Value::Float(v.as_f64().unwrap_or(f64::NAN)),
        ("Int64", Json::Number(v)) => Value::Integer(v.as_i64().unwrap_or_default()),
        ("UInt64", Json::Number(v)) => Value::Unsigned(v.as_u64().unwrap_or_default()),
        (_, Json::Number(v)) => Value::Number(v.to_string()),
        (_, Json::Bool(v)) => Value::Boolean(*v),
        (_, Json::String(v)) => Value::String(v.clone()),
        (_, other) => Value::String(other.to_string()),
    }
}

/// Nanoseconds from `2023-11-14T22:13:20.5`, with or without a zone (none means UTC).
pub(super) fn nanoseconds(text: &str) -> Result<i64, Unreadable> {
    let wrong = || Unreadable::Wrong(format!("\"{text}\" is no time"));
    let zoned = if text.ends_with('Z') { text.to_owned() } else { format!("{text}Z") };
    let timestamp: jiff::Timestamp = zoned.parse().map_err(|_| wrong())?;
    i64::try_from(timestamp.as_nanosecond()).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Response;

    struct Fake;

    impl Ask for Fake {
        async fn ask(&self, request: Request) -> Result<Response, Unreadable> {
            let body = if request.target.contains("information_schema") {
                r#"[{"table_name":"m","column_name":"time","data_type":"Timestamp(Nanosecond, None)"},
                    {"table_name":"m","column_name":"t","data_type":"Dictionary(Int32, Utf8)"},
                    {"table_name":"m","column_name":"f","data_type":"Float64"},
                    {"table_name":"m","column_name":"i","data_type":"Int64"},
                    {"table_name":"m","column_name":"u","data_type":"UInt64"},
                    {"table_name":"m","column_name":"s","data_type":"Utf8"}]"#
            } else {
                r#"[{"f":1.0,"i":2,"s":"x","t":"a","time":"2023-11-14T22:13:20.000000001","u":18446744073709551615}]"#
            };
            Ok(Response { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() })
        }
    }

    #[tokio::test]
    async fn types_come_from_the_schema() {
        let points = read(&Fake, &Place::default()).await.unwrap();
        let shown: Vec<_> = points.iter().map(|p| p.show(&p.time.to_string())).collect();
        assert_eq!(shown, ["m,t=a f=1,i=2i,s=\"x\",u=18446744073709551615u 1700000000000000001"]);
    }
}
