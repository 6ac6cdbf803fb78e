//! Functions give the same whether they take columns as they lie in memory or point by point. Which of
//! the two runs, the order asked for decides: only forwards there are columns. Whole numbers have the
//! same sum in either order.

use crate::fake::Fake;
use crate::read_back::ask;
use profiles::influxql::OSS_V1_1_6;
use reference_server::store::Value;
use serde_json::Value as Json;

const SECOND: i64 = 1_000_000_000;

/// Series whose points meet at the same times, in different orders, some of them twice.
fn scattered() -> Fake {
    let fake = Fake::with_database("d");
    let mut state = 1_u64;
    let mut next = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..600 {
        let host = [&b"a"[..], b"b", b"c", b"d"][next(4) as usize];
        let (i, b) = (next(50) as i64 - 25, next(2) == 0);
        let fields: &[(&[u8], Value)] = match next(3) {
            0 => &[(b"i", Value::Integer(i))],
            1 => &[(b"i", Value::Integer(i)), (b"f", Value::Float(i as f64))],
            _ => &[(b"b", Value::Boolean(b)), (b"s", Value::String((*host).into()))],
        };
        fake.write(b"m", &[(b"host", host)], fields, next(300) as i64 * SECOND - 40 * SECOND);
    }
    fake
}

type Rows = Vec<(Json, Vec<Json>)>;

fn series(fake: &Fake, text: &str) -> Vec<Json> {
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let answer = ask(fake, &OSS_V1_1_6, &format!("db=d&epoch=ns&q={encoded}"));
    let answer: Json = serde_json::from_slice(&answer.body).unwrap();
    answer["results"][0]["series"].as_array().cloned().unwrap_or_default()
}

fn rows(fake: &Fake, text: &str) -> Rows {
    let series = series(fake, text);
    assert!(!series.is_empty(), "{text}");
    let rows = |one: &Json| one["values"].as_array().cloned().unwrap_or_default();
    series.iter().map(|one| (one["tags"].clone(), rows(one))).collect()
}

#[test]
fn where_no_point_is_there_is_no_row() {
    let fake = Fake::with_database("d");
    fake.write(b"m", &[], &[(b"i", Value::Integer(1))], 10);
    fake.write(b"m", &[], &[(b"i", Value::Integer(2))], 20);
    for within in ["time = 15", "time > 20", "time > 12 AND time < 18", "time > 1000 AND time < 5"]
    {
        for columns in ["count(i)", "max(i)", "last(i)", "mean(i), first(i)"] {
            let text = format!("SELECT {columns} FROM m WHERE {within}");
            assert_eq!(series(&fake, &text), [Json::Null; 0], "{text}");
        }
    }
}

#[test]
fn forwards_and_backwards_give_the_same() {
    let fake = scattered();
    let columns = [
        "count(i), sum(i), mean(i), min(i), max(i), first(i), last(i), spread(i), sum(f), max(f)",
        "count(s), first(s), last(s), first(b), last(b), min(b), max(b)",
        "first(i)",
        "last(i) + 1",
        "max(i)",
        "min(f)",
        "count(i) / 2",
    ];
    let conditions = ["", "AND host = 'a'", "AND (host = 'b' OR host =~ /[cd]/)", "AND host != ''"];
    let groups =
        ["", "GROUP BY host", "GROUP BY time(7s)", "GROUP BY time(20s, 3s), host fill(none)"];
    for columns in columns {
        for condition in conditions {
            for group in groups {
                let text = format!(
                    "SELECT {columns} FROM m WHERE time >= -30s AND time < 200s {condition} {group}"
                );
                let forwards = rows(&fake, &text);
                let mut backwards = rows(&fake, &format!("{text} ORDER BY time DESC"));
                backwards.reverse();
                backwards.iter_mut().for_each(|(_, rows)| rows.reverse());
                assert_eq!(forwards, backwards, "{text}");
            }
        }
    }
}
