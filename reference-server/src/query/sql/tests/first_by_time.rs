//! The first rows by time: those that sorting all would give, of which few are read.

use super::fake::{Fake, name, sql};
use crate::query::allowance::Limits;
use crate::query::sql::catalog::{Database, Patience};
use crate::query::sql::{first_by_time, session};
use crate::store::view::{Column, Measurement, Series};
use crate::store::{FieldType, Value};
use datafusion::config::Dialect;
use profiles::sql::V3_CORE_3_6;
use std::sync::Arc;
use std::time::Instant;

const SERIES: i64 = 7;

/// Whether a query may give the row of a series at a time.
type May = fn(i64, i64) -> bool;

/// The times of a field of a series: no time is in two series, and most are in one field alone.
fn times(series: i64, step: i64) -> impl DoubleEndedIterator<Item = i64> {
    (-300 / step..=300 / step).map(move |n| n * step * SERIES + series)
}

/// Two fields at each second and each third time, and one that has a single value.
fn measurement() -> Measurement {
    let column = |field, times: Vec<i64>| Column {
        name: name(field),
        field_type: FieldType::Integer,
        points: times.into_iter().map(|at| (at, Value::Integer(at))).collect::<Vec<_>>().into(),
        first_shard: i64::MIN,
    };
    let series = |number: i64| Series {
        tags: [(name("t"), name(&number.to_string()))].into(),
        columns: vec![
            column("rare", vec![number]),
            column("three", times(number, 3).collect()),
            column("two", times(number, 2).collect()),
        ]
        .into(),
        empty_in: Vec::new(),
    };
    Measurement {
        name: name("m"),
        tag_keys: vec![name("t")],
        fields: ["rare", "three", "two"].map(|field| (name(field), FieldType::Integer)).into(),
        series: (0..SERIES).map(series).collect(),
        ..Measurement::default()
    }
}

/// The times of all rows that may be given, ascending; 14 is one of them.
fn rows(may: May) -> Vec<i64> {
    let of = |series| times(series, 2).chain(times(series, 3)).filter(move |at| may(series, *at));
    let mut rows: Vec<i64> = (0..SERIES).flat_map(of).collect();
    rows.sort();
    rows.dedup();
    rows
}

/// The optimized plan of a query, as text; of more than 2000 rows, of some 2800, it has no bound.
async fn plan(q: &str) -> String {
    let host = Arc::new(Fake(vec![measurement()]));
    let patience =
        Patience { since: Instant::now(), limits: Limits::DEFAULT, left: Arc::default() };
    let database = Database { host, name: "db".into(), product: &V3_CORE_3_6, patience };
    let state = session::open(database, 1 << 20).unwrap().state();
    let statement = state.sql_to_statement(q, &Dialect::Generic).unwrap();
    let plan = state.statement_to_plan(statement).await.unwrap();
    let plan = first_by_time::bound(state.optimize(&plan).unwrap(), 2000).unwrap();
    plan.display_indent().to_string()
}

#[tokio::test]
async fn they_are_those_that_sorting_all_would_give() {
    let conditions: [(&str, May); 8] = [
        ("", |_, _| true),
        ("WHERE t = '3'", |series, _| series == 3),
        ("WHERE t = '8'", |_, _| false),
        ("WHERE time > '1970-01-01T00:00:00.000000014'", |_, at| at > 14),
        ("WHERE time >= '1970-01-01T00:00:00.000000014' AND '0' = t", |series, at| {
            series == 0 && at >= 14
        }),
        ("WHERE time < '1970-01-01T00:00:00.000000014'", |_, at| at < 14),
        ("WHERE time <= '1970-01-01T00:00:00.000000014'", |_, at| at <= 14),
        // Which the reading cannot do alone.
        ("WHERE two > 50", |series, at| at > 50 && (at - series) / SERIES % 2 == 0),
    ];
    for (condition, may) in conditions {
        let ascending = rows(may);
        for (order, skip, count) in
            [("", 0, 1), ("DESC", 0, 1), ("DESC", 0, 40), ("", 5, 3), ("DESC", 2, 9000)]
        {
            let mut expected = ascending.clone();
            if order == "DESC" {
                expected.reverse();
            }
            let expected: Vec<_> = expected.iter().skip(skip).take(count).collect();
            let q = format!(
                "SELECT time::bigint AS n FROM (SELECT * FROM m {condition}) AS x \
                 ORDER BY time {order} LIMIT {count} OFFSET {skip}"
            );
            let (status, body) = sql(vec![measurement()], &q, "csv").await;
            let found: String = expected.iter().map(|at| format!("{at}\n")).collect();
            let header = if found.is_empty() { "" } else { "n\n" };
            assert_eq!((status, body), (200, format!("{header}{found}")), "{q}");
        }
    }
}

/// Seven series have times up to 2106; each has the last one at which it has a value.
#[tokio::test]
async fn a_bound_of_time_leaves_little_to_sort() {
    for (q, bound) in [
        ("SELECT * FROM m ORDER BY time DESC LIMIT 1", "m.time >= 2106"),
        ("SELECT two, t FROM m ORDER BY time DESC, t LIMIT 7", "m.time >= 2100"),
        ("SELECT two, t FROM m ORDER BY time DESC LIMIT 3 OFFSET 5", "m.time >= 2092"),
        ("SELECT * FROM m WHERE t = '0' ORDER BY time DESC LIMIT 1", "m.time >= 2100"),
        ("SELECT * FROM m ORDER BY time LIMIT 1", "m.time <= -2100"),
        ("SELECT time AS at FROM m AS x ORDER BY at LIMIT 8", "m.time <= -2086"),
    ] {
        let (name, bound) = bound.split_once(' ').unwrap();
        let name = name.trim_start_matches("m.");
        let (operator, bound) = bound.split_once(' ').unwrap();
        let expected = format!("{name} {operator} TimestampNanosecond({bound}, None)");
        let plan = plan(q).await;
        assert!(plan.contains(&expected), "{q}: {expected} is not in\n{plan}");
    }
}

/// What leaves out rows above the table, or makes some, or sorts by something else.
#[tokio::test]
async fn where_other_rows_may_be_needed_there_is_no_bound() {
    for q in [
        "SELECT * FROM m ORDER BY time DESC",
        "SELECT * FROM m ORDER BY t, time DESC LIMIT 1",
        "SELECT * FROM m ORDER BY two LIMIT 1",
        "SELECT -two AS time FROM m ORDER BY time LIMIT 1",
        "SELECT * FROM m WHERE two > 5 ORDER BY time DESC LIMIT 1",
        "SELECT t, max(time) AS time FROM m GROUP BY t ORDER BY time DESC LIMIT 1",
        "SELECT * FROM (SELECT * FROM m LIMIT 5) ORDER BY time DESC LIMIT 1",
        "SELECT * FROM m ORDER BY time DESC LIMIT 2001",
        "SELECT a.time FROM m a JOIN m b ON a.two = b.three ORDER BY a.time DESC LIMIT 1",
    ] {
        let plan = plan(q).await;
        assert!(!plan.contains("TimestampNanosecond("), "{q}:\n{plan}");
    }
}
