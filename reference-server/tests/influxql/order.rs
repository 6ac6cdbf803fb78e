//! What hangs on the order in which influxd reads: shard by shard, set of series by set, merged by its
//! heap. What is expected is what influxd 1.6.7 answered over the same points, on one core.

use crate::fake::{Fake, HOUR, T};
use crate::read_back::ask;
use profiles::influxql::OSS_V1_1_6;
use reference_server::store::Value;

/// A time in another shard.
const LATER: i64 = T + 24 * 14 * HOUR;

fn data() -> Fake {
    let fake = Fake::with_database("db");
    let v = |v: f64| (b"v".as_slice(), Value::Float(v));
    let s = (b"s".as_slice(), Value::String(b"x".as_slice().into()));
    fake.write(b"m", &[(b"host", b"a")], &[v(0.1), s], T);
    fake.write(b"m", &[(b"host", b"b")], &[v(0.2)], T);
    fake.write(b"m", &[(b"host", b"c")], &[v(0.3)], T);
    fake.write(b"m", &[(b"host", b"d")], &[v(0.3)], T);
    fake.write(b"m", &[(b"host", b"d")], &[v(0.1)], T + 1);
    fake.write(b"m", &[(b"host", b"a")], &[v(0.7)], LATER);
    fake.write(b"m", &[(b"host", b"e")], &[v(0.3)], LATER);
    fake.write(b"n", &[], &[(b"w", Value::Integer(1))], T);
    fake
}

/// Asks each query; of the answer what stands around every one is left out.
fn all_answer(expected: &[(&str, &str)]) {
    let fake = data();
    for (query, expected) in expected {
        let encoded: String = query.bytes().map(|b| format!("%{b:02X}")).collect();
        let answer = ask(&fake, &OSS_V1_1_6, &format!("db=db&epoch=ns&q={encoded}"));
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        let inner = body.strip_prefix("{\"results\":[{\"statement_id\":0");
        let inner = inner.and_then(|b| b.strip_suffix("}]}\n")).unwrap_or(&body);
        let inner = inner.strip_prefix(",\"series\":").unwrap_or(inner);
        assert_eq!(inner, *expected, "{query}");
    }
}

#[test]
fn what_is_picked_and_how_sums_are_rounded() {
    all_answer(&[
        (
            "SELECT sum(v), mean(v) FROM m",
            r#"[{"name":"m","columns":["time","sum","mean"],"values":[[0,2,0.2857142857142857]]}]"#,
        ),
        (
            "SELECT mean(v) FROM /m/ GROUP BY time(1w) fill(none)",
            r#"[{"name":"m","columns":["time","mean"],"values":[[1699488000000000000,0.2],[1700697600000000000,0.5]]}]"#,
        ),
        (
            "SELECT max(v), host FROM m WHERE time <= 1700000000000000000",
            r#"[{"name":"m","columns":["time","max","host"],"values":[[1700000000000000000,0.3,"d"]]}]"#,
        ),
        (
            "SELECT first(v), host FROM m",
            r#"[{"name":"m","columns":["time","first","host"],"values":[[1700000000000000000,0.2,"b"]]}]"#,
        ),
        (
            "SELECT last(v), host FROM m WHERE time <= 1700000000000000000",
            r#"[{"name":"m","columns":["time","last","host"],"values":[[1700000000000000000,0.3,"d"]]}]"#,
        ),
        (
            "SELECT max(v), * FROM m",
            r#"[{"name":"m","columns":["time","max","host","s","v"],"values":[[1701209600000000000,0.7,"a",null,0.7]]}]"#,
        ),
        (
            "SELECT 2 * distinct(v) FROM m",
            r#"[{"name":"m","columns":["time","distinct"],"values":[[0,0.2],[0,0.4],[0,0.6],[0,1.4]]}]"#,
        ),
    ]);
}

#[test]
fn limits_count_by_shards_and_sets() {
    all_answer(&[
        (
            "SELECT v FROM m OFFSET 1",
            r#"[{"name":"m","columns":["time","v"],"values":[[1700000000000000000,0.3],[1701209600000000000,0.7],[1701209600000000000,0.3]]}]"#,
        ),
        (
            "SELECT v FROM m GROUP BY host SLIMIT 1",
            r#"[{"name":"m","tags":{"host":"a"},"columns":["time","v"],"values":[[1700000000000000000,0.1],[1701209600000000000,0.7]]}]"#,
        ),
        (
            "SELECT v FROM m GROUP BY host SLIMIT 1 SOFFSET 3",
            r#"[{"name":"m","tags":{"host":"d"},"columns":["time","v"],"values":[[1700000000000000000,0.3],[1700000000000000001,0.1]]}]"#,
        ),
    ]);
}

#[test]
fn columns_that_are_none() {
    all_answer(&[
        (
            r#"SELECT "", v FROM m LIMIT 1"#,
            r#"[{"name":"m","columns":["time","val0","v"],"values":[[1700000000000000000,null,0.1]]}]"#,
        ),
        (
            "SELECT s, v FROM m fill(previous)",
            r#"[{"name":"m","columns":["time","s","v"],"values":[[1700000000000000000,"x",0.1],[1700000000000000000,"x",0.3],[1700000000000000000,"x",0.3],[1700000000000000000,"x",0.2],[1700000000000000001,"x",0.1],[1701209600000000000,"x",0.7],[1701209600000000000,"x",0.3]]}]"#,
        ),
        (
            "SELECT v % time FROM m LIMIT 1",
            r#"[{"name":"m","columns":["time","v_time"],"values":[[1700000000000000000,null]]}]"#,
        ),
        (
            "SELECT time, time, v FROM m LIMIT 1",
            r#"[{"name":"m","columns":["time","time","v"],"values":[[1700000000000000000,null,0.1]]}]"#,
        ),
    ]);
}

#[test]
fn what_the_index_knows() {
    all_answer(&[
        (r#"SELECT v FROM m WHERE "_name" = 'n'"#, ""),
        (
            r#"SELECT v FROM m WHERE "_name" != 'n' LIMIT 1"#,
            r#"[{"name":"m","columns":["time","v"],"values":[[1700000000000000000,0.1]]}]"#,
        ),
        ("SELECT -host FROM m WHERE time < 0", ""),
        (
            "SELECT sum(s) FROM m WHERE host > 1",
            r#","error":"unsupported sum iterator type: *query.stringInterruptIterator""#,
        ),
    ]);
}

#[test]
fn show_within_a_time() {
    all_answer(&[
        (
            "SHOW SERIES WHERE time > 1701209600000000000",
            r#"[{"columns":["key"],"values":[["m,host=a"],["m,host=e"]]}]"#,
        ),
        ("SHOW SERIES WHERE time > 0 AND v = 0.1", ""),
        ("SHOW TAG VALUES WITH KEY = host WHERE time < 0", ""),
        (
            "SHOW TAG KEYS WHERE time > 1701209600000000000",
            r#"[{"name":"m","columns":["tagKey"],"values":[["host"]]}]"#,
        ),
        (
            "SHOW TAG VALUES FROM m WITH KEY = host WHERE v > 0.5",
            r#","error":"invalid tag comparison operator""#,
        ),
        (
            "SHOW FIELD KEYS; SHOW MEASUREMENTS WHERE time > 0",
            r#","error":"SHOW MEASUREMENTS doesn't support time in WHERE clause""#,
        ),
    ]);
}
