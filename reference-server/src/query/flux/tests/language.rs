//! Variables, functions, packages, several results.

use super::sample::{csv, sample};

#[test]
fn schema_lists_one_column() {
    let list = |call: &str| {
        csv(&sample(), &format!("import \"influxdata/influxdb/schema\"\nschema.{call}"))
    };
    assert_eq!(
        list(r#"measurements(bucket: "abcde", start: -100y)"#),
        ",result,table,_value\r\n,_result,0,cpu\r\n,_result,0,mem\r\n\r\n"
    );
    assert_eq!(
        list(r#"tagKeys(bucket: "abcde", start: -100y)"#),
        ",result,table,_value\r\n,_result,0,_start\r\n,_result,0,_stop\r\n,_result,0,_field\r\n,_result,0,_measurement\r\n,_result,0,host\r\n\r\n"
    );
    assert_eq!(
        list(r#"tagValues(bucket: "abcde", tag: "host", start: -100y)"#),
        ",result,table,_value\r\n,_result,0,a\r\n,_result,0,b\r\n\r\n"
    );
}

#[test]
fn sources_that_are_no_bucket() {
    assert_eq!(
        csv(
            &sample(),
            r#"buckets() |> filter(fn: (r) => r.name == "abcde") |> keep(columns: ["name"])"#
        ),
        ",result,table,name\r\n,_result,0,abcde\r\n\r\n"
    );
    assert_eq!(
        csv(&sample(), "import \"array\"\narray.from(rows: [{a: 1, b: \"x\"}])"),
        ",result,table,a,b\r\n,_result,0,1,x\r\n\r\n"
    );
}

/// Not recorded; by Flux's specification.
#[test]
fn functions_variables_and_results() {
    let script = r#"
        // the host is a parameter
        of = (host, tables=<-) => tables |> filter(fn: (r) => r.host == host)
        data = from(bucket: "abcde") |> range(start: 0) |> filter(fn: (r) => r._field == "f")
        data |> of(host: "b") |> keep(columns: ["_value"]) |> yield(name: "b")
        data |> of(host: "a") |> keep(columns: ["_value"])
            |> map(fn: (r) => ({r with _value: if r._value < 0.0 then -r._value else r._value * 2.0}))
            |> yield(name: "a")
    "#;
    assert_eq!(
        csv(&sample(), script),
        ",result,table,_value\r\n,b,0,2\r\n\r\n,result,table,_value\r\n,a,0,3\r\n,a,0,0.25\r\n\r\n"
    );
}

/// Not recorded; by Flux's specification.
#[test]
fn limit_sort_and_group() {
    let script = r#"from(bucket: "abcde") |> range(start: 0) |> filter(fn: (r) => r._field == "f")
        |> group() |> sort(columns: ["_value"], desc: true) |> limit(n: 1, offset: 1)
        |> keep(columns: ["_value", "host"])"#;
    assert_eq!(csv(&sample(), script), ",result,table,_value,host\r\n,_result,0,1.5,a\r\n\r\n");
}

/// Not recorded; the product's source makes these tables whether or not there is anything.
#[test]
fn schema_of_nothing() {
    let list = |call: &str| {
        let script = format!("import \"influxdata/influxdb/schema\"\nschema.{call}");
        csv(&super::sample::server(Vec::new()), &script)
    };
    assert_eq!(list(r#"measurements(bucket: "abcde")"#), ",result,table,_value\r\n\r\n");
    assert_eq!(
        list(r#"tagKeys(bucket: "abcde")"#),
        ",result,table,_value\r\n,_result,0,_start\r\n,_result,0,_stop\r\n\r\n"
    );
}
