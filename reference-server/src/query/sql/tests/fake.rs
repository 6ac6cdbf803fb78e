//! A store of a few measurements, and how the tests ask it.

use crate::query::sql::run::Limits;
use crate::query::sql::{Answer, Host, NoSuchDatabase, Request, answer};
use crate::store::view::{Asked, Column, Measurement, Series, Unreadable};
use crate::store::{FieldType, Name, Value};
use profiles::sql::V3_CORE_3_6;
use std::sync::Arc;

/// One database, `db`.
pub(super) struct Fake(pub(super) Vec<Measurement>);

impl Host for Fake {
    fn table_names(&self, database: &str) -> Result<Vec<Name>, NoSuchDatabase> {
        let names = self.0.iter().map(|m| m.name.clone()).collect();
        if database == "db" { Ok(names) } else { Err(NoSuchDatabase) }
    }

    fn table(&self, _database: &str, name: &str, _: &Asked<'_>) -> Option<Measurement> {
        self.0.iter().find(|m| &*m.name == name.as_bytes()).cloned()
    }
}

pub(super) fn name(text: &str) -> Name {
    text.as_bytes().into()
}

pub(super) fn series(tags: &[(&str, &str)], fields: &[(&str, i64, Value)]) -> Series {
    let columns = fields.iter().map(|(field, at, value)| Column {
        name: name(field),
        field_type: value.field_type(),
        points: vec![(*at, value.clone())].into(),
        first_shard: i64::MIN,
    });
    let tags = tags.iter().map(|(key, value)| (name(key), name(value))).collect();
    Series { tags, columns: columns.collect::<Vec<_>>().into(), ..Series::default() }
}

pub(super) fn unreadable(text: &str, why: Unreadable) -> Measurement {
    Measurement {
        name: name(text),
        tag_keys: vec![name("host")],
        fields: vec![(name("a"), FieldType::Float)],
        series: Vec::new(),
        declared: Vec::new(),
        unreadable: Some(why),
    }
}

/// `cpu,host=a f=1.5,i=2i,u=3u,s="x y",b=true 1700000000000000000`,
/// `cpu,host=b f=2 1700000001000000000`, `mem free=1i 1700000000000000000`.
pub(super) fn store() -> Vec<Measurement> {
    const AT: i64 = 1_700_000_000_000_000_000;
    let cpu = Measurement {
        name: name("cpu"),
        tag_keys: vec![name("host")],
        fields: vec![
            (name("b"), FieldType::Boolean),
            (name("f"), FieldType::Float),
            (name("i"), FieldType::Integer),
            (name("s"), FieldType::String),
            (name("u"), FieldType::Unsigned),
        ],
        series: vec![
            series(
                &[("host", "a")],
                &[
                    ("b", AT, Value::Boolean(true)),
                    ("f", AT, Value::Float(1.5)),
                    ("i", AT, Value::Integer(2)),
                    ("s", AT, Value::String(name("x y"))),
                    ("u", AT, Value::Unsigned(3)),
                ],
            ),
            series(&[("host", "b")], &[("f", AT + 1_000_000_000, Value::Float(2.0))]),
        ],
        declared: Vec::new(),
        unreadable: None,
    };
    let mem = Measurement {
        name: name("mem"),
        fields: vec![(name("free"), FieldType::Integer)],
        series: vec![series(&[], &[("free", AT, Value::Integer(1))])],
        ..Measurement::default()
    };
    vec![cpu, mem]
}

pub(super) async fn ask_of(
    tables: Vec<Measurement>,
    request: Request<'_>,
    accept: Option<&[u8]>,
    limits: Limits,
) -> Answer {
    let host: Arc<dyn Host> = Arc::new(Fake(tables));
    answer(&host, &V3_CORE_3_6, request, accept, limits).await
}

pub(super) async fn ask(request: Request<'_>, accept: Option<&[u8]>) -> Answer {
    ask_of(store(), request, accept, Limits::DEFAULT).await
}

/// Runs SQL by POST and gives the status and the body.
pub(super) async fn sql(tables: Vec<Measurement>, q: &str, format: &str) -> (u16, String) {
    let body = serde_json::json!({ "db": "db", "q": q, "format": format }).to_string();
    let answer = ask_of(tables, Request::Post(body.as_bytes()), None, Limits::DEFAULT).await;
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

/// Runs SQL for CSV, of any length.
pub(super) async fn whole(tables: Vec<Measurement>, q: &str) -> (u16, String) {
    let body = serde_json::json!({ "db": "db", "q": q, "format": "csv" }).to_string();
    let answer = ask_of(tables, Request::Post(body.as_bytes()), None, Limits::DEFAULT).await;
    let (mut body, mut more) = (answer.body, answer.more);
    while let Some(rest) = more.as_mut()
        && let Some(piece) = rest.next().await.unwrap()
    {
        body.extend(piece);
    }
    (answer.status, String::from_utf8(body).unwrap())
}
