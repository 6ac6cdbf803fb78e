//! Order, columns, types and quoting of what is read.

use super::sample::{SECOND, bytes, column, csv, measurement, sample, series, server};
use crate::store::Value;

/// The query by which everything that a bucket holds is read back.
const ALL: &str = r#"from(bucket:"abcde") |> range(start: 1677-09-21T00:12:43.145224194Z, stop: 2262-04-11T23:47:16.854775806Z) |> drop(columns: ["_start","_stop"]) |> sort(columns: ["_time"])"#;

fn one(name: &[u8], tags: &[(&[u8], &[u8])], field: &[u8], value: Value) -> Vec<u8> {
    let series = series(tags, vec![column(field, &[(SECOND, value)])]);
    bytes(&server(vec![measurement(name, vec![series])]), ALL).unwrap()
}

#[test]
fn nothing_is_an_empty_line() {
    assert_eq!(csv(&server(Vec::new()), ALL), "\r\n");
}

#[test]
fn names_and_values_come_as_bytes() {
    let value = Value::Float(1.0);
    assert_eq!(
        one(b"c\xffpu", &[], b"v", value.clone()),
        b",result,table,_time,_value,_field,_measurement\r\n,_result,0,2023-11-14T22:13:20Z,1,v,c\xffpu\r\n\r\n"
    );
    assert_eq!(
        one(b"c\rpu", &[], b"v", value.clone()),
        b",result,table,_time,_value,_field,_measurement\r\n,_result,0,2023-11-14T22:13:20Z,1,v,\"cpu\"\r\n\r\n"
    );
    assert_eq!(
        one(b"cpu", &[(b"\"a\"", b"b")], b"v", value.clone()),
        b",result,table,_time,_value,\"\"\"a\"\"\",_field,_measurement\r\n,_result,0,2023-11-14T22:13:20Z,1,b,v,cpu\r\n\r\n"
    );
    assert_eq!(
        one(b"cpu", &[(b"a", b"b\\\nc")], b"v", value),
        b",result,table,_time,_value,_field,_measurement,a\r\n,_result,0,2023-11-14T22:13:20Z,1,v,cpu,\"b\\\r\nc\"\r\n\r\n"
    );
}

#[test]
fn floats_have_no_exponent() {
    let float = |v: f64| String::from_utf8(one(b"cpu", &[], b"v", Value::Float(v))).unwrap();
    assert!(float(12345678901234567890.0).contains(",12345678901234567000,v,cpu"));
    assert!(float(-0.0).contains(",-0,v,cpu"));
    assert!(float(1e10).contains(",10000000000,v,cpu"));
}

#[test]
fn a_key_that_lacks_a_column_comes_first() {
    let host = series(&[(b"host", b"a")], vec![column(b"v", &[(SECOND, Value::Float(1.0))])]);
    let v = series(&[(b"v", b"a")], vec![column(b"v", &[(SECOND + 1, Value::Float(2.0))])]);
    assert_eq!(
        csv(&server(vec![measurement(b"cpu", vec![host, v])]), ALL),
        ",result,table,_time,_value,_field,_measurement,v\r\n,_result,0,2023-11-14T22:13:20.000000001Z,2,v,cpu,a\r\n\r\n,result,table,_time,_value,_field,_measurement,host\r\n,_result,1,2023-11-14T22:13:20Z,1,v,cpu,a\r\n\r\n"
    );
}

#[test]
fn the_earliest_type_counts() {
    let early = column(b"f", &[(1_000, Value::Float(1.0))]);
    let late = column(b"f", &[(SECOND, Value::Integer(2))]);
    let server = server(vec![measurement(b"m", vec![series(&[], vec![early, late])])]);
    assert_eq!(
        csv(&server, r#"from(bucket:"abcde") |> range(start: 0)"#),
        ",result,table,_start,_stop,_time,_value,_field,_measurement\r\n,_result,0,1970-01-01T00:00:00Z,2023-11-14T22:13:50Z,1970-01-01T00:00:00.000001Z,1,f,m\r\n\r\n"
    );
}

/// The rows without the columns of the bounds, which the recordings have of another day.
fn rows(script: &str) -> String {
    csv(&sample(), script).replace("1970-01-01T00:00:00Z,2023-11-14T22:13:50Z,", "")
}

#[test]
fn storage_aggregates_keep_its_order_and_columns() {
    assert_eq!(
        rows(r#"from(bucketID:"0000000000000001") |> range(start: 0) |> count()"#),
        ",result,table,_start,_stop,_value,_field,_measurement,host\r\n,_result,0,1,b,cpu,a\r\n,_result,1,2,f,cpu,a\r\n,_result,2,2,i,cpu,a\r\n,_result,3,1,s,cpu,a\r\n,_result,4,1,u,cpu,a\r\n,_result,5,1,f,cpu,b\r\n\r\n,result,table,_start,_stop,_value,_field,_measurement\r\n,_result,6,1,free,mem\r\n\r\n"
    );
    assert_eq!(
        rows(
            r#"from(bucket:"abcde") |> range(start: 0) |> filter(fn: (r) => r._field == "f") |> group() |> count()"#
        ),
        ",result,table,_start,_stop,_value\r\n,_result,0,3\r\n\r\n"
    );
}

#[test]
fn distinct_orders_by_the_group_key() {
    assert_eq!(
        rows(r#"from(bucket:"abcde") |> range(start: 0) |> distinct(column: "host")"#),
        ",result,table,_start,_stop,_field,_measurement,host,_value\r\n,_result,0,b,cpu,a,a\r\n,_result,1,f,cpu,a,a\r\n,_result,2,f,cpu,b,b\r\n\r\n,result,table,_start,_stop,_field,_measurement,_value\r\n,_result,3,free,mem,\r\n\r\n,result,table,_start,_stop,_field,_measurement,host,_value\r\n,_result,4,i,cpu,a,a\r\n,_result,5,s,cpu,a,a\r\n,_result,6,u,cpu,a,a\r\n\r\n"
    );
}

#[test]
fn pivot_and_windows() {
    assert_eq!(
        rows(
            r#"from(bucket:"abcde") |> range(start: 0) |> filter(fn: (r) => r._measurement == "cpu") |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")"#
        ),
        ",result,table,_start,_stop,_time,_measurement,host,b,f,i,s,u\r\n,_result,0,2023-11-14T22:13:20Z,cpu,a,true,1.5,2,\"x, \"\"y\"\"\",3\r\n,_result,0,2023-11-14T22:13:30Z,cpu,a,,-0.25,-7,,\r\n\r\n,result,table,_start,_stop,_time,_measurement,host,f\r\n,_result,1,2023-11-14T22:13:21Z,cpu,b,2\r\n\r\n"
    );
    assert_eq!(
        rows(
            r#"from(bucket:"abcde") |> range(start: 0) |> filter(fn: (r) => r._field == "f") |> aggregateWindow(every: 5s, fn: mean, createEmpty: false)"#
        ),
        ",result,table,_start,_stop,_time,_value,_field,_measurement,host\r\n,_result,0,2023-11-14T22:13:25Z,1.5,f,cpu,a\r\n,_result,0,2023-11-14T22:13:35Z,-0.25,f,cpu,a\r\n,_result,1,2023-11-14T22:13:25Z,2,f,cpu,b\r\n\r\n"
    );
}

#[test]
fn what_storage_cannot_sum_is_refused() {
    let script =
        r#"from(bucket:"abcde") |> range(start: 0) |> filter(fn: (r) => r._field == "s") |> sum()"#;
    let error = bytes(&sample(), script).unwrap_err();
    assert_eq!(error.message, "unsupported input type for sum aggregate: string");
}

#[test]
fn a_tag_named_as_a_column_breaks_drop() {
    let tagged = series(&[(b"_time", b"x")], vec![column(b"v", &[(SECOND, Value::Float(1.0))])]);
    let error = bytes(&server(vec![measurement(b"cpu", vec![tagged])]), ALL).unwrap_err();
    let end = r#": drop: column 0 and 4 have the same name ("_time") which is not allowed"#;
    assert!(error.message.starts_with("runtime error @1:"), "{error}");
    assert!(error.message.ends_with(end), "{error}");
}

#[test]
fn an_offset_beyond_the_rows_leaves_no_table() {
    let script = r#"from(bucket:"abcde") |> range(start: 0) |> limit(n: 1, offset: 9)"#;
    assert_eq!(csv(&sample(), script), "\r\n");
}

#[test]
fn keep_and_last_of_the_monitoring_bucket() {
    let text = br#"partial write: field type conflict: input field "f" on measurement "m" is type string, already exists as type float dropped=1"#;
    let error = column(b"error", &[(SECOND, Value::String((*text).into()))]);
    let server = server(vec![measurement(b"write_errors", vec![series(&[], vec![error])])]);
    let script = r#"from(bucket:"abcde") |> range(start: -1h) |> filter(fn: (r) => r._measurement == "write_errors") |> keep(columns: ["_field","_measurement","_value"]) |> last()"#;
    assert_eq!(
        csv(&server, script),
        ",result,table,_value,_field,_measurement\r\n,_result,0,\"partial write: field type conflict: input field \"\"f\"\" on measurement \"\"m\"\" is type string, already exists as type float dropped=1\",error,write_errors\r\n\r\n"
    );
}
