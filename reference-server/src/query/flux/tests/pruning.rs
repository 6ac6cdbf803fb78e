//! How many points are looked at for what is asked.

use super::host::Memory;
use super::sample::{column, csv, measurement, series, server};
use crate::query::flux::read::LOOKED_AT;
use crate::store::Value;

const SERIES: usize = 5;
const POINTS: i64 = 1_000;

/// Series of ten fields, of each a point a nanosecond from 0 on.
fn filled() -> Memory {
    let points: Vec<_> = (0..POINTS).map(|time| (time, Value::Integer(time))).collect();
    let fields = || (0..10).map(|n| column(format!("f{n}").as_bytes(), &points)).collect();
    let host = |n: usize| series(&[(b"host", n.to_string().as_bytes())], fields());
    server(vec![measurement(b"cpu", (0..SERIES).map(host).collect())])
}

/// How many points are looked at for a script that goes on after `from`.
fn looked_at(rest: &str) -> usize {
    LOOKED_AT.set(0);
    let answer = csv(&filled(), &format!("from(bucket: \"abcde\") |> {rest}"));
    assert!(answer.lines().count() > 2, "{rest}: {answer}");
    LOOKED_AT.get()
}

#[test]
fn nothing_is_read_that_tags_fields_times_or_limits_leave_out() {
    let points = POINTS as usize;
    let all = "range(start: 1970-01-01T00:00:00Z)";
    assert_eq!(looked_at(all), 10 * SERIES * points);
    for (rest, expected) in [
        ("filter(fn: (r) => r.host == \"3\")", 10 * points),
        ("filter(fn: (r) => r._field == \"f7\")", SERIES * points),
        ("filter(fn: (r) => r._field == \"f7\" and r.host =~ /3/)", points),
        ("filter(fn: (r) => r._field == \"f7\" and (r.host == \"3\" or r._value < 0))", 5 * points),
        ("limit(n: 1)", 10 * SERIES),
        ("filter(fn: (r) => r._field == \"f7\") |> limit(n: 3)", 3 * SERIES),
        ("filter(fn: (r) => r._field == \"f7\") |> first()", SERIES),
        // Of a condition on values as many are looked at as it takes.
        ("filter(fn: (r) => r._field == \"f7\" and r._value > 9) |> limit(n: 1)", 11 * SERIES),
    ] {
        assert_eq!(looked_at(&format!("{all} |> {rest}")), expected, "{rest}");
    }
    let narrow = "range(start: 1970-01-01T00:00:00.0000001Z, stop: 1970-01-01T00:00:00.00000011Z)";
    assert_eq!(looked_at(narrow), 10 * SERIES * 10);
}
