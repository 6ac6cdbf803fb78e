//! What storage does not make itself: the order of tables and columns, nulls, and what is refused.
//! Not recorded; each test says what it rests on.

use super::sample::{SECOND, column, csv, measurement, refusal, sample, series, server};
use crate::query::allowance::Allowance;
use crate::query::flux::csv::{Annotation, Dialect};
use crate::query::flux::{Query, run};
use crate::store::Value;
use profiles::flux::OSS_V2_2_7;

/// The sample's floats: two points of the host `a`, one of `b`.
const FLOATS: &str = r#"from(bucket:"abcde")
    |> range(start: 2023-11-14T22:13:00Z, stop: 2023-11-14T22:14:00Z)
    |> filter(fn: (r) => r._field == "f")"#;

/// The answer without the range's columns.
fn floats(steps: &str) -> String {
    csv(&sample(), &format!(r#"{FLOATS} {steps} |> drop(columns: ["_start", "_stop"])"#))
}

/// Flux v0.196.1, `stdlib/universe/aggregate_empty_window_max_test.flux`: windows without rows have
/// null; without `createEmpty` they are not there. A row that was chosen keeps its columns.
#[test]
fn windows_of_made_tables_keep_the_chosen_rows() {
    let head = ",result,table,_time,_value,_field,_measurement,host\r\n";
    let row = ",_result,0,2023-11-14T22:13:40Z,2,f,cpu,b\r\n";
    assert_eq!(
        floats("|> group() |> aggregateWindow(every: 20s, fn: max, createEmpty: false)"),
        format!("{head}{row}\r\n")
    );
    assert_eq!(
        floats("|> group() |> aggregateWindow(every: 20s, fn: max)"),
        format!(
            "{head},_result,0,2023-11-14T22:13:20Z,,,,\r\n{row}\
             ,_result,0,2023-11-14T22:14:00Z,,,,\r\n\r\n"
        )
    );
}

/// Flux v0.196.1, `stdlib/universe/aggregate_window.go`, `computeFromState`: the time, the key, the
/// total.
#[test]
fn windows_of_totals_begin_with_the_time() {
    let script =
        format!("{FLOATS} |> sort() |> aggregateWindow(every: 30s, fn: sum, createEmpty: false)");
    let body = csv(&sample(), &script);
    let head = ",result,table,_time,_start,_stop,_field,_measurement,host,_value\r\n";
    assert!(body.starts_with(head), "{body}");
}

/// OSS 2.7, `query/stdlib/influxdata/influxdb/rules.go`, `isPushableWindow`.
#[test]
fn storage_makes_no_windows_with_a_negative_offset() {
    let script = format!("{FLOATS} |> aggregateWindow(every: 30s, offset: -1s, fn: sum)");
    let body = csv(&sample(), &script);
    assert!(body.starts_with(",result,table,_time,_start,_stop,_field,"), "{body}");
}

/// Flux v0.196.1, `execute/aggregate.go`: totals hold their tables as `distinct` does, whose order is
/// recorded.
#[test]
fn totals_come_in_the_order_of_their_keys() {
    let body = csv(
        &sample(),
        r#"from(bucket:"abcde") |> range(start: 0) |> limit(n: 1) |> count()
            |> drop(columns: ["_start", "_stop"]) |> filter(fn: (r) => r._value > 0)"#,
    );
    let totals = r#"from(bucket:"abcde") |> range(start: 0) |> limit(n: 1) |> count()"#;
    let bounds = "1970-01-01T00:00:00Z,2023-11-14T22:13:50Z,";
    let ordered = csv(&sample(), totals).replace(bounds, "").replace("_start,_stop,", "");
    assert_eq!(ordered, body, "`drop` sorts, so that nothing is to change");
    assert!(ordered.contains(",_result,2,f,cpu,b,1\r\n"), "{ordered}");
}

/// Flux v0.196.1, `stdlib/universe/pivot.go`, `NewPivotTransformation`: nothing is sorted but tables.
#[test]
fn pivoted_rows_come_as_they_are_met() {
    let late = column(b"a", &[(SECOND + 5_000_000_000, Value::Float(1.0))]);
    let early = column(b"b", &[(SECOND, Value::Float(2.0))]);
    let tagged = series(&[(b"x", b"y")], vec![column(b"a", &[(SECOND, Value::Float(3.0))])]);
    let series = vec![series(&[], vec![late, early]), tagged];
    let server = server(vec![measurement(b"m", series)]);
    let script = r#"from(bucket:"abcde") |> range(start: 0)
        |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")"#;
    let bounds = "1970-01-01T00:00:00Z,2023-11-14T22:13:50Z,";
    assert_eq!(
        csv(&server, script).replace(bounds, ""),
        ",result,table,_start,_stop,_time,_measurement,a,b\r\n\
         ,_result,0,2023-11-14T22:13:25Z,m,1,\r\n\
         ,_result,0,2023-11-14T22:13:20Z,m,,2\r\n\r\n\
         ,result,table,_start,_stop,_time,_measurement,x,a\r\n\
         ,_result,1,2023-11-14T22:13:20Z,m,y,3\r\n\r\n"
    );
}

/// Flux v0.196.1, `compiler/runtime.go`, `logicalEvaluator`: null on the left is false.
#[test]
fn null_on_the_left_is_false() {
    let rows = |condition: &str| {
        let script = format!("{FLOATS} |> limit(n: 9) |> filter(fn: (r) => {condition})");
        csv(&sample(), &script).matches(",_result,").count()
    };
    assert_eq!(rows("not (r.none == 1 or r.host == \"a\")"), 1);
    assert_eq!(rows("not (r.none == 1 and r.host == \"a\")"), 3);
    assert_eq!(rows("not (r.host == \"a\" and r.none == 1)"), 1);
    assert_eq!(rows("not (r.none == 1)"), 0);
}

/// Flux v0.196.1: `min.go` has a selector of times, `execute/aggregate.go` no total of them.
#[test]
fn times_have_an_order_and_no_count() {
    let least = floats("|> group() |> min(column: \"_time\")");
    assert!(least.contains(",_result,0,2023-11-14T22:13:20Z,1.5,f,cpu,a\r\n"), "{least}");
    let message = refusal(&format!("{FLOATS} |> count(column: \"_time\")"));
    assert!(message.ends_with("unsupported aggregate column type time"), "{message}");
}

/// Flux v0.196.1, `stdlib/universe/map.go`, `createSchema`: the function's type counts.
#[test]
fn a_column_of_nulls_has_the_type_that_is_written() {
    let script = br#"from(bucket:"abcde") |> range(start: 0) |> filter(fn: (r) => r.host == "a")
        |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
        |> limit(n: 1, offset: 1) |> map(fn: (r) => ({host: r.u + r.u, s: r.b}))"#;
    let query = Query {
        script,
        package: Default::default(),
        dialect: Dialect { annotations: vec![Annotation::Datatype], ..Dialect::default() },
        now: None,
    };
    let body =
        String::from_utf8(run(&sample(), &OSS_V2_2_7, &query, &Allowance::unlimited()).unwrap())
            .unwrap();
    assert!(body.starts_with("#datatype,string,long,unsignedLong,boolean\r\n"), "{body}");
}

/// Flux v0.196.1, `execute/table.go`, `CheckColType`: it panics.
#[test]
fn a_pivoted_row_has_the_types_of_its_columns() {
    let script = r#"from(bucket:"abcde") |> range(start: 0) |> drop(columns: ["host"])
        |> pivot(rowKey: ["_value"], columnKey: ["_field"], valueColumn: "_time")"#;
    let message = refusal(script);
    let end = "pivot of several types in the column _value is not supported";
    assert!(message.contains(end), "{message}");
}

/// Flux v0.196.1, `execute/table.go`, `AddCol`, and `aggregate_window.go`, `getValueColumn`.
#[test]
fn no_column_is_there_twice() {
    let keyed = format!("{FLOATS} |> group(columns: [\"_value\", \"_start\", \"_stop\"])");
    let message = refusal(&format!("{keyed} |> distinct(column: \"host\")"));
    assert!(message.ends_with("already has column with label _value"), "{message}");
    let message = refusal(&format!("{keyed} |> aggregateWindow(every: 20s, fn: sum)"));
    assert!(message.ends_with("columns that are part of the group key"), "{message}");
}

/// What Flux makes of these is of no use to anybody, so that they are refused by name.
#[test]
fn windows_of_other_times_are_refused() {
    let twice = "|> aggregateWindow(every: 20s, fn: sum) |> aggregateWindow(every: 20s, fn: sum)";
    let message = refusal(&format!("{FLOATS} {twice}"));
    assert!(message.contains("rows outside of the range is not supported"), "{message}");
    let keyed = format!("{FLOATS} |> group(columns: [\"_time\", \"_start\", \"_stop\"])");
    let message = refusal(&format!("{keyed} |> aggregateWindow(every: 20s, fn: sum)"));
    assert!(message.contains("with _time in their key is not supported"), "{message}");
}

/// Flux v0.196.1, `execute/table.go`, `GroupKeyForRowOn`: the columns of a key that rows were parted by
/// are in the order of the table.
#[test]
fn a_key_of_rows_has_the_order_of_the_table() {
    let body = floats("|> group(columns: [\"_field\", \"_value\"]) |> count(column: \"host\")");
    assert!(body.starts_with(",result,table,_value,_field,host\r\n"), "{body}");
}
