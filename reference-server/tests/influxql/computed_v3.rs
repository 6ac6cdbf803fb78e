//! What v3's functions give over several series, and where the partitions of a table hold a field as
//! several types.
//!
//! DataFusion makes floats of the numbers of `avg` and divides once, at the end
//! (datafusion: functions-aggregate/src/average.rs, `AvgAccumulator`).

use crate::fake::{Fake, HOUR, T};
use crate::read_back::ask;
use profiles::influxql::V3_CORE_3_6;
use reference_server::store::Value;
use serde_json::{Value as Json, json};

/// The rows of each series of the answer.
fn rows(fake: &Fake, text: &str) -> Vec<Json> {
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let answer = ask(fake, &V3_CORE_3_6, &format!("db=d&epoch=ns&q={encoded}"));
    let answer: Json = serde_json::from_slice(&answer.body).unwrap();
    let series = answer["results"][0]["series"].as_array();
    series
        .unwrap_or_else(|| panic!("{text}: {answer}"))
        .iter()
        .map(|s| s["values"].clone())
        .collect()
}

/// A field that is an integer on one day and a float on the next.
fn of_two_types() -> Fake {
    let fake = Fake::without_shards("d");
    for (host, integer, float) in [(b"a", 1, 1.5), (b"b", 3, 0.5)] {
        fake.write(b"m", &[(b"host", host)], &[(b"f", Value::Integer(integer))], T);
        fake.write(b"m", &[(b"host", host)], &[(b"f", Value::Float(float))], T + 24 * HOUR);
    }
    fake
}

#[test]
fn points_of_every_type_count() {
    let fake = of_two_types();
    let functions = "count(f), sum(f), mean(f), min(f), max(f), first(f), last(f), spread(f)";
    let of_host =
        |host: &str| rows(&fake, &format!("SELECT {functions} FROM m WHERE host = '{host}'"));
    assert_eq!(of_host("a"), [json!([[0, 2, 2.5, 1.25, 1.0, 1.5, 1.0, 1.5, 0.5]])]);
    assert_eq!(of_host("b"), [json!([[0, 2, 3.5, 1.75, 0.5, 3.0, 3.0, 0.5, 2.5]])]);
    assert_eq!(
        rows(&fake, "SELECT count(f), sum(f), mean(f), min(f), max(f), spread(f) FROM m"),
        [json!([[0, 4, 6.0, 1.5, 0.5, 3.0, 2.5]])]
    );
    // What a condition on fields leaves is read row by row.
    assert_eq!(rows(&fake, "SELECT count(f), sum(f) FROM m WHERE f > 0.7"), [json!([[0, 3, 5.5]])]);
}

#[test]
fn points_of_every_type_count_in_windows_and_groups() {
    let fake = of_two_types();
    assert_eq!(
        // The last series comes first in this product's answers.
        rows(&fake, "SELECT count(f), sum(f) FROM m GROUP BY host"),
        [json!([[0, 2, 3.5]]), json!([[0, 2, 2.5]])]
    );
    let by_year = |order: &str| {
        let window = format!("GROUP BY time(364d) fill(none) {order}");
        rows(&fake, &format!("SELECT count(f), sum(f) FROM m {window}"))
    };
    let all = [json!([[1_698_278_400_000_000_000_i64, 4, 6.0]])];
    assert_eq!(by_year(""), all);
    assert_eq!(by_year("ORDER BY time DESC"), all);
}

/// A database with a series of each of these lists.
fn of_integers(lists: [&[i64]; 2]) -> Fake {
    let fake = Fake::without_shards("d");
    for (host, list) in [b"a", b"b"].into_iter().zip(lists) {
        for (time, value) in (T..).zip(list) {
            fake.write(b"m", &[(b"host", host)], &[(b"i", Value::Integer(*value))], time);
        }
    }
    fake
}

#[test]
fn a_mean_is_divided_once() {
    // As the mean of two means, weighed, it would be 1.0000000000000002.
    let mut many = [1; 28];
    many[0] = 2;
    let fake = of_integers([&many, &[1, 1, 0]]);
    assert_eq!(rows(&fake, "SELECT mean(i) FROM m"), [json!([[0, 1.0]])]);
    assert_eq!(rows(&fake, "SELECT mean(i) FROM m WHERE i < 5"), [json!([[0, 1.0]])]);
}

#[test]
fn a_mean_of_great_integers_does_not_wrap() {
    let great = 9_000_000_000_000_000_000;
    for lists in [[&[great, great][..], &[]], [&[great], &[great]]] {
        let fake = of_integers(lists);
        assert_eq!(rows(&fake, "SELECT mean(i) FROM m"), [json!([[0, 9e18]])]);
        assert_eq!(rows(&fake, "SELECT mean(i) FROM m WHERE i > 5"), [json!([[0, 9e18]])]);
    }
}
