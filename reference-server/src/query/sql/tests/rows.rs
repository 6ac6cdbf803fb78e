//! From points to rows and columns.

use super::fake::{name, series, sql, whole};
use crate::store::view::{Column, Measurement, Series};
use crate::store::{FieldType, Value};

fn column(field: &str, times: &[i64]) -> Column {
    Column {
        name: name(field),
        field_type: FieldType::Integer,
        points: times.iter().map(|at| (*at, Value::Integer(*at))).collect::<Vec<_>>().into(),
        first_shard: i64::MIN,
    }
}

/// Fields that have values at different times, and series that lack a tag.
fn sparse() -> Measurement {
    let point = [("a", 5, Value::Integer(5))];
    Measurement {
        name: name("m"),
        tag_keys: vec![name("r"), name("t")],
        fields: vec![
            (name("a"), FieldType::Integer),
            (name("never"), FieldType::String),
            (name("z"), FieldType::Integer),
        ],
        series: vec![
            Series {
                tags: [(name("r"), name("x"))].into(),
                columns: vec![column("a", &[1, 3]), column("z", &[2, 3, 4])].into(),
                empty_in: Vec::new(),
            },
            series(&[("r", "x"), ("t", "y")], &point),
            series(&[("t", "a")], &point),
        ],
        declared: Vec::new(),
        unreadable: None,
    }
}

#[tokio::test]
async fn a_row_is_a_series_at_a_time() {
    let csv = "\
a,never,r,t,time,z
5,,,a,1970-01-01T00:00:00.000000005,
1,,x,,1970-01-01T00:00:00.000000001,
,,x,,1970-01-01T00:00:00.000000002,2
3,,x,,1970-01-01T00:00:00.000000003,3
,,x,,1970-01-01T00:00:00.000000004,4
5,,x,y,1970-01-01T00:00:00.000000005,
";
    assert_eq!(sql(vec![sparse()], "SELECT * FROM m", "csv").await, (200, csv.to_owned()));
}

#[tokio::test]
async fn a_projection_of_nothing_still_has_rows() {
    let counted = sql(vec![sparse()], "SELECT count(*) AS n, count(z) AS z FROM m", "json").await;
    assert_eq!(counted, (200, r#"[{"n":6,"z":3}]"#.to_owned()));
    let ones = sql(vec![sparse()], "SELECT 1 AS n FROM m LIMIT 2", "json").await;
    assert_eq!(ones, (200, r#"[{"n":1},{"n":1}]"#.to_owned()));
}

/// More rows than a batch has, of fields whose times are others: one at each second time, one at each
/// third.
#[tokio::test]
async fn rows_of_unlike_fields_come_together_whatever_the_batches() {
    const LAST: i64 = 60_000;
    let at = |step: i64| (0..=LAST).filter(|time| time % step == 0).collect::<Vec<_>>();
    let series = Series {
        tags: [].into(),
        columns: vec![column("two", &at(2)), column("three", &at(3)), column("six", &at(6))].into(),
        empty_in: Vec::new(),
    };
    let integer = |field| (name(field), FieldType::Integer);
    let measurement = Measurement {
        name: name("m"),
        fields: ["six", "three", "two"].map(integer).into(),
        series: vec![series.clone(), Series { tags: [(name("t"), name("a"))].into(), ..series }],
        tag_keys: vec![name("t")],
        ..Measurement::default()
    };
    let csv = |tag: &str| {
        let rows = (0..=LAST).filter(|time| time % 2 == 0 || time % 3 == 0);
        let cell = |time: i64, of: i64| (time % of == 0).then(|| time.to_string());
        rows.map(|time| {
            let [six, three, two] = [6, 3, 2].map(|of| cell(time, of).unwrap_or_default());
            format!("{six},{tag},{three},{time},{two}\n")
        })
        .collect::<String>()
    };
    let expected = format!("six,t,three,time,two\n{}{}", csv(""), csv("a"));
    let asked = "SELECT six, t, three, time::bigint AS time, two FROM m";
    let (status, body) = whole(vec![measurement.clone()], asked).await;
    assert_eq!(status, 200, "{body}");
    assert!(body == expected, "{} of {} bytes", body.len(), expected.len());
    for (limit, rows) in [(1, 1), (8192, 8192), (8193, 8193), (100_000, 80_002)] {
        let asked = format!("SELECT * FROM m LIMIT {limit}");
        let (_, body) = whole(vec![measurement.clone()], &asked).await;
        assert_eq!(body.lines().count(), rows + 1, "{limit}");
    }
}
