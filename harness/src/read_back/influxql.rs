//! InfluxQL through `/query`: what is there, and of which type each column is.

use super::some::{Series as Counted, span, value_of};
use super::{Ask, Place, Unreadable, encode, not_ok};
use crate::point::{Point, Value};
use crate::wire::{Request, Response};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

pub(super) fn request(place: &Place, text: &str) -> Request {
    let target = format!("/query?db={}&q={}&epoch=ns", encode(&place.database), encode(text));
    place.request("GET", target)
}

/// The answer that has all rows.
pub(super) async fn rows(ask: &impl Ask, place: &Place) -> Result<Vec<u8>, Unreadable> {
    let text = everything(place);
    let response = ask.ask(request(place, &text)).await?;
    if response.status == 200 { Ok(response.body) } else { Err(not_ok(&text, &response)) }
}

fn everything(place: &Place) -> String {
    format!("SELECT * FROM {}", from(place))
}

/// The points that these rows are, of which the columns' types are asked for.
pub(super) async fn points(
    ask: &impl Ask,
    place: &Place,
    rows: &[u8],
) -> Result<Vec<Point>, Unreadable> {
    let mut rows = series_in(&everything(place), rows)?;
    // Without rows nobody needs to know of columns.
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let from = from(place);
    let narrowed = if place.prefix.is_empty() { String::new() } else { format!(" FROM {from}") };
    let fields = types(&series(ask, place, &format!("SHOW FIELD KEYS{narrowed}")).await?);
    let tags = keys(&series(ask, place, &format!("SHOW TAG KEYS{narrowed}")).await?);
    if disagree(&fields, &tags) {
        rows.clear();
        for measurement in fields.keys() {
            let one =
                if is_nameable(measurement) { quoted(measurement) } else { exactly(measurement) };
            rows.extend(series(ask, place, &format!("SELECT * FROM {one}")).await?);
        }
    }
    points_of(&rows, &fields, &tags)
}

/// The points that rows are, by the columns of their measurements.
fn points_of(
    rows: &[Series],
    fields: &HashMap<String, BTreeMap<String, Vec<String>>>,
    tags: &HashMap<String, BTreeSet<String>>,
) -> Result<Vec<Point>, Unreadable> {
    let none = (BTreeMap::new(), BTreeSet::new());
    let mut points = Vec::new();
    for series in rows {
        let of_fields = fields.get(&series.name).unwrap_or(&none.0);
        let of_tags = tags.get(&series.name).unwrap_or(&none.1);
        let columns: Vec<_> =
            series.columns.iter().map(|column| role(column, of_fields, of_tags)).collect();
        for row in &series.values {
            points.push(point(&series.name, &columns, row)?);
        }
    }
    Ok(points)
}

/// The fields with their types, and the tags, of each measurement.
#[derive(Default)]
pub(super) struct Columns {
    fields: HashMap<String, BTreeMap<String, Vec<String>>>,
    tags: HashMap<String, BTreeSet<String>>,
}

/// The columns of a measurement.
pub(super) async fn columns(
    ask: &impl Ask,
    place: &Place,
    measurement: &str,
) -> Result<Columns, Unreadable> {
    let from = quoted(measurement);
    let fields = types(&series(ask, place, &format!("SHOW FIELD KEYS FROM {from}")).await?);
    let tags = keys(&series(ask, place, &format!("SHOW TAG KEYS FROM {from}")).await?);
    Ok(Columns { fields, tags })
}

/// What is stored of these points of one measurement.
pub(super) async fn some(
    ask: &impl Ask,
    place: &Place,
    tag: &str,
    wanted: &[Point],
    columns: &Columns,
) -> Result<Vec<Point>, Unreadable> {
    let one = |point: &Point| {
        let value = value_of(point, tag).replace('\\', "\\\\").replace('\'', "\\'");
        let (measurement, tag) = (quoted(&point.measurement), quoted(tag));
        format!("SELECT * FROM {measurement} WHERE {tag} = '{value}' AND time = {}", point.time)
    };
    let text = wanted.iter().map(one).collect::<Vec<_>>().join("; ");
    let rows = series(ask, place, &text).await?;
    points_of(&rows, &columns.fields, &columns.tags)
}

/// What is stored of the series of these points of one measurement, from the first of their times to the
/// last.
pub(super) async fn stretch(
    ask: &impl Ask,
    place: &Place,
    tag: &str,
    wanted: &[Point],
    columns: &Columns,
) -> Result<Vec<Point>, Unreadable> {
    let Some(first) = wanted.first() else { return Ok(Vec::new()) };
    let (from, until, values) = span(wanted, tag);
    let name = quoted(tag);
    let one = |value: &str| {
        let value = value.replace('\\', "\\\\").replace('\'', "\\'");
        format!("{name} = '{value}'")
    };
    let which = values.into_iter().map(one).collect::<Vec<_>>().join(" OR ");
    let measurement = quoted(&first.measurement);
    let text = format!(
        "SELECT * FROM {measurement} WHERE ({which}) AND time >= {from} AND time <= {until}"
    );
    let rows = series(ask, place, &text).await?;
    points_of(&rows, &columns.fields, &columns.tags)
}

/// How many values this field has.
pub(super) async fn count(
    ask: &impl Ask,
    place: &Place,
    counted: Counted<'_>,
) -> Result<u64, Unreadable> {
    let (field, measurement) = (quoted(counted.field), quoted(counted.measurement));
    let text = format!("SELECT count({field}) FROM {measurement}");
    let rows = series(ask, place, &text).await?;
    // Where nothing is stored nothing comes.
    let Some(row) = rows.first().and_then(|series| series.values.first()) else { return Ok(0) };
    let count = row.get(1).and_then(Json::as_u64);
    count.ok_or_else(|| Unreadable::Wrong(format!("{text}: the answer is no count ({row:?})")))
}

/// Drops the measurements with the place's prefix, in a database that others use too.
pub(super) async fn forget(ask: &impl Ask, place: &Place) -> Result<(), Unreadable> {
    let narrowed = format!("SHOW MEASUREMENTS WITH MEASUREMENT =~ {}", from(place));
    for list in series(ask, place, &narrowed).await? {
        let names = list.values.iter().filter_map(|row| row.first()?.as_str());
        for name in names.filter(|name| name.starts_with(&place.prefix)) {
            let text = format!("DROP MEASUREMENT {}", quoted(name));
            let mut request = request(place, &text);
            request.method = "POST".to_owned();
            found(&text, &ask.ask(request).await?)?;
        }
    }
    Ok(())
}

/// The measurements of a place, as a regular expression.
fn from(place: &Place) -> String {
    if place.prefix.is_empty() { "/.*/".to_owned() } else { format!("/^{}/", place.prefix) }
}

/// Whether one name has several types in several measurements: `SELECT * FROM /.*/` gives a column
/// one type, and null for the values of any other.
fn disagree(
    fields: &HashMap<String, BTreeMap<String, Vec<String>>>,
    tags: &HashMap<String, BTreeSet<String>>,
) -> bool {
    let mut seen: HashMap<&str, Vec<String>> = HashMap::new();
    let tag_columns = tags.values().flatten().map(|tag| (tag.as_str(), vec!["tag".to_owned()]));
    let field_columns =
        fields.values().flatten().map(|(field, types)| (field.as_str(), types.clone()));
    tag_columns.chain(field_columns).any(|(name, types)| {
        let first = seen.entry(name).or_insert_with(|| types.clone());
        *first != types
    })
}

/// Whether a product can be asked for a name that it has stored: none can for an empty one, and its
/// scanner takes a carriage return for the end of the line (influxql/scanner.go, `reader.read`).
fn is_nameable(name: &str) -> bool {
    !name.is_empty() && !name.contains('\r')
}

/// Such a name as a regular expression that finds nothing else.
fn exactly(name: &str) -> String {
    let mut text = "/^".to_owned();
    for c in name.chars() {
        let _ = write!(text, "\\x{{{:x}}}", u32::from(c));
    }
    text + "$/"
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

struct Series {
    name: String,
    columns: Vec<String>,
    values: Vec<Vec<Json>>,
}

enum Role<'t> {
    Time,
    Tag(String),
    Field(String, &'t [String]),
    Unknown(String),
}

/// What a column holds. A tag with the name of a field is given as `<name>_1`.
fn role<'t>(
    column: &str,
    fields: &'t BTreeMap<String, Vec<String>>,
    tags: &BTreeSet<String>,
) -> Role<'t> {
    if column == "time" {
        return Role::Time;
    }
    if let Some(types) = fields.get(column) {
        return Role::Field(column.to_owned(), types);
    }
    if tags.contains(column) {
        return Role::Tag(column.to_owned());
    }
    match column.rsplit_once('_') {
        Some((name, number)) if number.parse::<u8>().is_ok() && tags.contains(name) => {
            Role::Tag(name.to_owned())
        }
        _ => Role::Unknown(column.to_owned()),
    }
}

fn point(measurement: &str, columns: &[Role<'_>], row: &[Json]) -> Result<Point, Unreadable> {
    let mut point = Point {
        measurement: measurement.to_owned(),
        tags: BTreeMap::new(),
        fields: BTreeMap::new(),
        time: 0,
    };
    for (column, cell) in columns.iter().zip(row) {
        match (column, cell) {
            (Role::Time, cell) => {
                point.time = cell.as_i64().ok_or_else(|| {
                    Unreadable::Wrong(format!(
                        "SELECT: the time {cell} is not a number, though epoch=ns was asked"
                    ))
                })?;
            }
            (_, Json::Null) => {}
            (Role::Tag(key), cell) => {
                let value = cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
                if !value.is_empty() {
                    point.tags.insert(key.clone(), value);
                }
            }
            (Role::Field(key, types), cell) => {
                point.fields.insert(key.clone(), value(cell, types));
            }
            (Role::Unknown(key), cell) => {
                // All measurements' columns come with FROM /.*/; a filled one of no known role is
                // kept, so that nothing stored goes unseen.
                point.fields.insert(key.clone(), value(cell, &[]));
            }
        }
    }
    Ok(point)
}

/// The value of a cell, by the types that its field has.
fn value(cell: &Json, types: &[String]) -> Value {
    let is = |name: &str| types.iter().any(|t| t == name);
    let numeric = ["float", "integer", "unsigned"].iter().filter(|t| is(t)).count();
    match cell {
        Json::Bool(v) => Value::Boolean(*v),
        Json::String(v) => Value::String(v.clone()),
        // Only a float has a point; without one the field's other numeric types are as likely.
        Json::Number(v) if is("float") && !v.is_i64() && !v.is_u64() => {
            Value::Float(v.as_f64().unwrap_or(f64::NAN))
        }
        Json::Number(v) if numeric > 1 || types.is_empty() => Value::Number(v.to_string()),
        Json::Number(v) if is("integer") && v.is_i64() => Value::Integer(v.as_i64().unwrap_or(0)),
        Json::Number(v) if is("unsigned") && v.is_u64() => Value::Unsigned(v.as_u64().unwrap_or(0)),
        Json::Number(v) if is("float") => Value::Float(v.as_f64().unwrap_or(f64::NAN)),
        Json::Number(v) => Value::Number(v.to_string()),
        other => Value::String(other.to_string()),
    }
}

/// `fieldKey`, `fieldType` of each measurement; a field may have several types.
fn types(series: &[Series]) -> HashMap<String, BTreeMap<String, Vec<String>>> {
    let mut found: HashMap<String, BTreeMap<String, Vec<String>>> = HashMap::new();
    for one in series {
        for row in &one.values {
            if let [Json::String(key), Json::String(kind), ..] = row.as_slice() {
                let types =
                    found.entry(one.name.clone()).or_default().entry(key.clone()).or_default();
                types.push(kind.clone());
            }
        }
    }
    found
}

fn keys(series: &[Series]) -> HashMap<String, BTreeSet<String>> {
    let mut found: HashMap<String, BTreeSet<String>> = HashMap::new();
    for one in series {
        let first = one.values.iter().filter_map(|row| row.first()?.as_str());
        found.entry(one.name.clone()).or_default().extend(first.map(str::to_owned));
    }
    found
}

async fn series(ask: &impl Ask, place: &Place, text: &str) -> Result<Vec<Series>, Unreadable> {
    found(text, &ask.ask(request(place, text)).await?)
}

/// What is in the answer to a statement; an error in it is one.
fn found(text: &str, response: &Response) -> Result<Vec<Series>, Unreadable> {
    if response.status == 200 {
        series_in(text, &response.body)
    } else {
        Err(not_ok(text, response))
    }
}

fn series_in(text: &str, body: &[u8]) -> Result<Vec<Series>, Unreadable> {
    let json: Json = serde_json::from_slice(&lossy(body))
        .map_err(|error| Unreadable::Wrong(format!("{text}: the answer is not JSON ({error})")))?;
    let results = json["results"].as_array();
    let results =
        results.ok_or_else(|| Unreadable::Wrong(format!("{text}: the answer has no results")))?;
    let mut found = Vec::new();
    for result in results {
        if let Some(error) = result["error"].as_str() {
            return Err(Unreadable::Wrong(format!("{text}: {error}")));
        }
        for one in result["series"].as_array().into_iter().flatten() {
            let strings = |list: &Json| -> Vec<String> {
                list.as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Json::as_str)
                    .map(str::to_owned)
                    .collect()
            };
            let rows = one["values"].as_array().into_iter().flatten();
            found.push(Series {
                name: one["name"].as_str().unwrap_or_default().to_owned(),
                columns: strings(&one["columns"]),
                values: rows.filter_map(|row| row.as_array().cloned()).collect(),
            });
        }
    }
    Ok(found)
}

/// JSON with what is not UTF-8 replaced: some servers pass stored bytes through.
fn lossy(bytes: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(bytes).into_owned().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Response;

    /// Answers the three requests with these bodies.
    struct Fake(&'static str, &'static str, &'static str);

    impl Ask for Fake {
        async fn ask(&self, request: Request) -> Result<Response, Unreadable> {
            let body = match request.target.as_str() {
                target if target.contains("SELECT") => self.0,
                target if target.contains("FIELD") => self.1,
                _ => self.2,
            };
            let body = format!(r#"{{"results":[{{"statement_id":0,"series":[{body}]}}]}}"#);
            Ok(Response { status: 200, headers: Vec::new(), body: body.into_bytes() })
        }
    }

    async fn read(fake: &Fake, place: &Place) -> Result<Vec<Point>, Unreadable> {
        points(fake, place, &rows(fake, place).await?).await
    }

    #[test]
    fn a_name_that_cannot_be_quoted_is_a_regular_expression() {
        assert_eq!(quoted("a\n\"b\\"), r#""a\n\"b\\""#);
        assert!(is_nameable("a\nb") && !is_nameable("") && !is_nameable("a\rb"));
        assert_eq!(exactly(""), "/^$/");
        assert_eq!(exactly("\r/é"), r"/^\x{d}\x{2f}\x{e9}$/");
    }

    #[tokio::test]
    async fn a_tag_and_a_field_of_one_name_stay_apart() {
        let fake = Fake(
            r#"{"name":"m","columns":["time","x","x_1"],"values":[[5,1,"t"]]}"#,
            r#"{"name":"m","columns":["fieldKey","fieldType"],"values":[["x","integer"]]}"#,
            r#"{"name":"m","columns":["tagKey"],"values":[["x"]]}"#,
        );
        let points = read(&fake, &Place::default()).await.unwrap();
        assert_eq!(points[0].show("5"), "m,x=t x=1i 5");
    }

    #[tokio::test]
    async fn a_field_with_several_types_keeps_what_json_tells() {
        let fake = Fake(
            r#"{"name":"m","columns":["time","x"],"values":[[5,1],[6,"s"],[7,true]]}"#,
            r#"{"name":"m","columns":["fieldKey","fieldType"],"values":[["x","float"],["x","string"],["x","boolean"]]}"#,
            "",
        );
        let points = read(&fake, &Place::default()).await.unwrap();
        let shown: Vec<_> = points.iter().map(|p| p.show("t")).collect();
        assert_eq!(shown, ["m x=1 t", "m x=\"s\" t", "m x=true t"]);
    }

    #[tokio::test]
    async fn columns_of_other_measurements_are_not_fields() {
        let fake = Fake(
            r#"{"name":"a","columns":["time","f","g"],"values":[[5,1.5,null]]}"#,
            r#"{"name":"a","columns":["fieldKey","fieldType"],"values":[["f","float"]]}"#,
            "",
        );
        assert_eq!(read(&fake, &Place::default()).await.unwrap()[0].show("5"), "a f=1.5 5");
    }
}
