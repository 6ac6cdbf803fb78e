//! InfluxQL in a ticket.

use crate::client::{influxql, refused, start, table};
use serde_json::json;
use tonic::Code;

const LINES: &str =
    "cpu,host=a u=1,n=2i 1000000000\ncpu,host=b u=2 2000000000\nmem,host=a f=true 1";

#[tokio::test]
async fn the_measurement_comes_first() {
    let server = start("v3-core@3.6", LINES).await;
    let rows = table(&server, influxql("SELECT * FROM cpu")).await;
    let expected = "\
+------------------+---------------------+------+---+-----+
| iox::measurement | time                | host | n | u   |
+------------------+---------------------+------+---+-----+
| cpu              | 1970-01-01T00:00:01 | a    | 2 | 1.0 |
| cpu              | 1970-01-01T00:00:02 | b    |   | 2.0 |
+------------------+---------------------+------+---+-----+";
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn groups_are_columns() {
    let server = start("cloud-dedicated@docs", LINES).await;
    let ticket = influxql("SELECT max(u) FROM cpu, mem GROUP BY host");
    let rows = table(&server, ticket).await;
    let expected = "\
+------------------+---------------------+------+-----+
| iox::measurement | time                | host | max |
+------------------+---------------------+------+-----+
| cpu              | 1970-01-01T00:00:01 | a    | 1.0 |
| cpu              | 1970-01-01T00:00:02 | b    | 2.0 |
+------------------+---------------------+------+-----+";
    assert_eq!(rows, expected);
    // The only values of `n` are elsewhere; its type is known.
    let rows = table(&server, influxql("SELECT n, u FROM cpu WHERE host = 'b'")).await;
    assert!(rows.contains("|   | 2.0 |"), "{rows}");
}

#[tokio::test]
async fn the_schema_is_asked_for() {
    let server = start("v3-core@3.6", LINES).await;
    let rows = table(&server, influxql("SHOW MEASUREMENTS")).await;
    // 3.6:influxdb3/tests/server/flight.rs has just this table, with one measurement.
    let expected = "\
+------------------+------+
| iox::measurement | name |
+------------------+------+
| measurements     | cpu  |
| measurements     | mem  |
+------------------+------+";
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn values_are_bound() {
    let server = start("v3-core@3.6", LINES).await;
    let query = "SELECT u FROM cpu WHERE host = $host";
    let ticket = json!({
        "database": "db", "sql_query": query, "query_type": "influxql", "params": {"host": "b"},
    });
    let rows = table(&server, ticket).await;
    assert!(rows.contains("2.0") && !rows.contains("1.0"), "{rows}");
}

#[tokio::test]
async fn what_fails_is_told_as_the_planner_does() {
    let server = start("v3-core@3.6", LINES).await;
    for (query, text) in [
        // 3.6:influxdb3/tests/server/flight.rs.
        ("SHOW DATABASES", "This feature is not implemented: SHOW DATABASES"),
        (
            "SELECT u FROM db.autogen.cpu",
            "This feature is not implemented: database prefix in qualified measurement syntax",
        ),
        (
            "SELEC",
            "Error during planning: invalid InfluxQL statement at pos 0. Parsing Error: \
             Nom(\"SELEC\", Tag)",
        ),
        (
            "SHOW TAG KEYS; SHOW TAG KEYS",
            "This feature is not implemented: The context currently only supports a single \
             InfluxQL statement",
        ),
    ] {
        let (code, message) = refused(&server, influxql(query)).await;
        assert_eq!(code, Code::InvalidArgument, "{query}");
        assert_eq!(message, format!("Error while planning query: {text}"), "{query}");
    }
}

#[tokio::test]
async fn nothing_found_is_no_error() {
    let server = start("v3-core@3.6", LINES).await;
    let rows = table(&server, influxql("SELECT u FROM nowhere")).await;
    assert!(!rows.contains("cpu"), "{rows}");
}
