//! Flux through `/api/v2/query`, with the annotations that tell types and tags.

use super::csv::{Block, blocks};
use super::some::{Series as Counted, span, value_of};
use super::{Ask, Place, Unreadable, encode, not_ok};
use crate::point::{Point, Value};
use crate::wire::Request;
use serde_json::json;
use std::collections::BTreeMap;

/// The whole of time, as Flux can say it; what is at `stop` itself is not read.
const RANGE: &str = "start: 1677-09-21T00:12:43.145224194Z, stop: 2262-04-11T23:47:16.854775807Z";

pub(super) fn request(place: &Place, text: &str) -> Request {
    post(place).header("Content-Type", "application/vnd.flux").body(text)
}

fn post(place: &Place) -> Request {
    let org = place.org.as_deref().unwrap_or_default();
    place
        .request("POST", format!("/api/v2/query?org={}", encode(org)))
        .header("Accept", "application/csv")
}

pub(super) async fn read(ask: &impl Ask, place: &Place) -> Result<Vec<Point>, Unreadable> {
    let script = format!("from(bucket: {}) |> range({RANGE})", literal(&place.database));
    let mut points = Vec::new();
    for block in tables(ask, place, &script).await? {
        points.extend(block_points(&block)?);
    }
    Ok(points)
}

/// What is stored of these points of one measurement.
pub(super) async fn some(
    ask: &impl Ask,
    place: &Place,
    tag: &str,
    wanted: &[Point],
) -> Result<Vec<Point>, Unreadable> {
    let one = |(n, point): (usize, &Point)| {
        let (bucket, name) = (literal(&place.database), literal(&point.measurement));
        let (tag, value) = (literal(tag), literal(value_of(point, tag)));
        let (start, stop) = (time(point.time), time(point.time + 1));
        format!(
            "from(bucket: {bucket}) |> range(start: {start}, stop: {stop}) \
             |> filter(fn: (r) => r._measurement == {name} and r[{tag}] == {value}) \
             |> yield(name: \"{n}\")"
        )
    };
    let script: Vec<_> = wanted.iter().enumerate().map(one).collect();
    let mut points = Vec::new();
    for block in tables(ask, place, &script.join("\n")).await? {
        points.extend(block_points(&block)?);
    }
    Ok(points)
}

/// What is stored of the series of these points of one measurement, from the first of their times to the
/// last.
pub(super) async fn stretch(
    ask: &impl Ask,
    place: &Place,
    tag: &str,
    wanted: &[Point],
) -> Result<Vec<Point>, Unreadable> {
    let Some(first) = wanted.first() else { return Ok(Vec::new()) };
    let (from, until, values) = span(wanted, tag);
    let (bucket, name) = (literal(&place.database), literal(&first.measurement));
    let (start, stop, tag) = (time(from), time(until + 1), literal(tag));
    let one = |value: &str| format!("r[{tag}] == {}", literal(value));
    let which = values.into_iter().map(one).collect::<Vec<_>>().join(" or ");
    let script = format!(
        "from(bucket: {bucket}) |> range(start: {start}, stop: {stop}) \
         |> filter(fn: (r) => r._measurement == {name} and ({which}))"
    );
    let mut points = Vec::new();
    for block in tables(ask, place, &script).await? {
        points.extend(block_points(&block)?);
    }
    Ok(points)
}

/// How many values this field has.
pub(super) async fn count(
    ask: &impl Ask,
    place: &Place,
    counted: Counted<'_>,
) -> Result<u64, Unreadable> {
    let bucket = literal(&place.database);
    let (name, field) = (literal(counted.measurement), literal(counted.field));
    let script = format!(
        "from(bucket: {bucket}) |> range({RANGE}) \
         |> filter(fn: (r) => r._measurement == {name} and r._field == {field}) \
         |> count() |> group() |> sum()"
    );
    let mut sum = 0;
    for block in tables(ask, place, &script).await? {
        let at = block.header.iter().position(|column| column == "_value");
        for row in &block.rows {
            let cell = at.and_then(|at| row.get(at)).and_then(|cell| cell.parse::<u64>().ok());
            sum += cell.ok_or_else(|| {
                Unreadable::Wrong(format!("Flux: the answer is no count ({row:?})"))
            })?;
        }
    }
    Ok(sum)
}

fn literal(text: &str) -> serde_json::Value {
    serde_json::Value::from(text)
}

fn time(nanoseconds: i64) -> String {
    let time = jiff::Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap_or_default();
    format!("{time:.9}")
}

/// The tables that a script gives.
async fn tables(ask: &impl Ask, place: &Place, script: &str) -> Result<Vec<Block>, Unreadable> {
    let dialect = json!({"header": true, "annotations": ["datatype", "group"]});
    let body = json!({"query": script, "type": "flux", "dialect": dialect});
    let request = post(place).header("Content-Type", "application/json").body(body.to_string());
    let response = ask.ask(request).await?;
    if response.status != 200 {
        return Err(not_ok("Flux", &response));
    }
    Ok(blocks(&response.text()))
}

fn block_points(block: &Block) -> Result<Vec<Point>, Unreadable> {
    let at = |name: &str| block.header.iter().position(|column| column == name);
    let missing = |what| Unreadable::Wrong(format!("Flux: the answer has no {what}"));
    if at("error").is_some() && at("_value").is_none() {
        return Err(Unreadable::Wrong(format!("Flux: {:?}", block.rows)));
    }
    let value_at = at("_value").ok_or_else(|| missing("_value"))?;
    let time_at = at("_time").ok_or_else(|| missing("_time"))?;
    let field_at = at("_field").ok_or_else(|| missing("_field"))?;
    let name_at = at("_measurement").ok_or_else(|| missing("_measurement"))?;
    let datatypes = block.annotations.get("datatype").ok_or_else(|| missing("#datatype"))?;
    let groups = block.annotations.get("group").ok_or_else(|| missing("#group"))?;
    let is_tag = |n: usize| {
        groups.get(n).is_some_and(|g| g == "true")
            && !["_start", "_stop", "_field", "_measurement"].contains(&block.header[n].as_str())
    };
    let mut points = Vec::new();
    for row in &block.rows {
        let cell = |n: usize| row.get(n).map(String::as_str).unwrap_or_default();
        let tags = (0..block.header.len())
            .filter(|n| is_tag(*n) && !cell(*n).is_empty())
            .map(|n| (block.header[n].clone(), cell(n).to_owned()));
        let kind = datatypes.get(value_at).map(String::as_str).unwrap_or_default();
        points.push(Point {
            measurement: cell(name_at).to_owned(),
            tags: tags.collect(),
            fields: BTreeMap::from([(cell(field_at).to_owned(), value(kind, cell(value_at))?)]),
            time: super::sql::nanoseconds(cell(time_at))?,
        });
    }
    Ok(points)
}

fn value(kind: &str, text: &str) -> Result<Value, Unreadable> {
    let wrong = || Unreadable::Wrong(format!("Flux: \"{text}\" is no {kind}"));
    Ok(match kind {
        "double" => Value::Float(text.parse().map_err(|_| wrong())?),
        "long" => Value::Integer(text.parse().map_err(|_| wrong())?),
        "unsignedLong" => Value::Unsigned(text.parse().map_err(|_| wrong())?),
        "boolean" => Value::Boolean(text == "true"),
        _ => Value::String(text.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Response;

    struct Fake(&'static str);

    impl Ask for Fake {
        async fn ask(&self, _: Request) -> Result<Response, Unreadable> {
            let body = self.0.as_bytes().to_vec();
            Ok(Response { status: 200, headers: Vec::new(), body })
        }
    }

    #[tokio::test]
    async fn types_and_tags_come_from_the_annotations() {
        let fake = Fake(
            "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string\r\n\
             #group,false,false,true,true,false,false,true,true,true\r\n\
             ,result,table,_start,_stop,_time,_value,_field,_measurement,host\r\n\
             ,_result,0,1677-09-21T00:12:43Z,2262-04-11T23:47:16Z,2023-11-14T22:13:20Z,1.5,f,m,a\r\n\r\n\
             #datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,long,string,string\r\n\
             #group,false,false,true,true,false,false,true,true\r\n\
             ,result,table,_start,_stop,_time,_value,_field,_measurement\r\n\
             ,_result,1,1677-09-21T00:12:43Z,2262-04-11T23:47:16Z,2023-11-14T22:13:20Z,2,i,m\r\n\r\n",
        );
        let points = read(&fake, &Place::default()).await.unwrap();
        let shown: Vec<_> = points.iter().map(|p| p.show("t")).collect();
        assert_eq!(shown, ["m,host=a f=1.5 t", "m i=2i t"]);
        assert_eq!(points[0].time, 1_700_000_000_000_000_000);
        assert!(read(&Fake("\r\n"), &Place::default()).await.unwrap().is_empty());
    }
}
