//! What is refused, in the product's words.

use super::fake::{ask, sql, store, unreadable};
use crate::query::sql::Request;
use crate::store::view::Unreadable;

async fn refused(request: Request<'_>, status: u16, body: &str) {
    let answer = ask(request, None).await;
    assert_eq!((answer.status, &*String::from_utf8_lossy(&answer.body)), (status, body));
    assert_eq!(answer.content_type, None);
}

async fn fails(q: &str, text: &str) {
    let (status, body) = sql(store(), q, "json").await;
    assert_eq!(
        (status, &*body),
        (500, &*format!("query error: error while planning query: {text}"))
    );
}

#[tokio::test]
async fn parameters_of_get() {
    refused(Request::Get(None), 400, "missing query parameters 'db' and 'q'").await;
    refused(Request::Get(Some("db=db")), 400, "serde error: missing field `q`").await;
    refused(Request::Get(Some("")), 400, "serde error: missing field `db`").await;
    for format in ["bad", ""] {
        let query = format!("db=db&q=SELECT%201&format={format}");
        let text = format!(
            "serde error: unknown variant `{format}`, expected one of `parquet`, `csv`, `pretty`, `json`, `json_lines`, `jsonl`"
        );
        refused(Request::Get(Some(&query)), 400, &text).await;
    }
}

#[tokio::test]
async fn bodies_of_post() {
    refused(
        Request::Post(b""),
        400,
        "serde json error: EOF while parsing a value at line 1 column 0",
    )
    .await;
    // From the source of 3.6, not recorded.
    refused(Request::Post(b"{}"), 400, "serde json error: missing field `db` at line 1 column 2")
        .await;
    refused(
        Request::Post(br#"{"db":"db","q":"SELECT 1","params":{"a":[1]}}"#),
        400,
        "serde json error: JSON arrays are not supported as query parameters. Expected null, boolean, number, or string. at line 1 column 44",
    )
    .await;
}

#[tokio::test]
async fn unknown_database() {
    refused(
        Request::Get(Some("db=foo&q=SELEC")),
        404,
        r#"{"error":"query error: database not found: foo"}"#,
    )
    .await;
}

#[tokio::test]
async fn accept_of_no_form() {
    let query = Request::Get(Some("db=db&q=SELECT%201&format=json"));
    let answer = ask(query, Some(b"application/jsonl")).await;
    assert_eq!(answer.status, 500);
    assert_eq!(String::from_utf8_lossy(&answer.body), "invalid mime type (application/jsonl)");
}

#[tokio::test]
async fn queries_that_cannot_be_planned() {
    fails("SELECT * FROM nope", "Error during planning: table 'public.iox.nope' not found").await;
    fails(
        "SELEC 1",
        "SQL error: ParserError(\"Expected: an SQL statement, found: SELEC at Line: 1, Column: 1\")",
    )
    .await;
    fails(
        "SELECT 1; SELECT 2",
        "This feature is not implemented: The context currently only supports a single SQL statement",
    )
    .await;
    // From the source of the release's engine, not recorded.
    fails("", "Error during planning: No SQL statements were provided in the query string").await;
    fails(
        "SELECT * FROM cpu WHERE host=$h",
        "Error during planning: No value found for placeholder with name $h",
    )
    .await;
    // The form is recorded, through InfluxQL.
    fails(
        "SELECT zzzzzzzz FROM mem",
        "Schema error: No field named zzzzzzzz. Valid fields are mem.free, mem.time.",
    )
    .await;
    fails("SELECT cpux FROM cpu", "Schema error: No field named cpux. Did you mean 'cpu.b'?.")
        .await;
}

/// From the source of the release's engine, not recorded.
#[tokio::test]
async fn nothing_changes_what_is_stored() {
    for (q, text) in [
        ("CREATE TABLE x AS SELECT 1", "DDL not supported: CreateMemoryTable"),
        ("DROP TABLE cpu", "DDL not supported: DropTable"),
        ("CREATE VIEW v AS SELECT 1", "DDL not supported: CreateView"),
        ("INSERT INTO mem (free) VALUES (1)", "DML not supported: Insert Into"),
        ("DELETE FROM cpu", "DML not supported: Delete"),
        ("COPY cpu TO 'x.csv'", "DML not supported: COPY"),
        ("SET datafusion.execution.batch_size = 1", "Statement not supported: SetVariable"),
    ] {
        fails(q, &format!("Error during planning: {text}")).await;
    }
}

#[tokio::test]
async fn what_is_the_engines_own_is_refused() {
    fails("EXPLAIN SELECT 1", "This feature is not implemented: EXPLAIN in this server").await;
    fails(
        "SELECT * FROM system.queries",
        "This feature is not implemented: reading system.queries in this server",
    )
    .await;
    fails(
        "SELECT * FROM information_schema.df_settings",
        "This feature is not implemented: reading information_schema.df_settings in this server",
    )
    .await;
}

/// Recorded through InfluxQL, which scans alike; the first is from the source of 3.6.
#[tokio::test]
async fn unreadable_tables() {
    for (why, text) in [
        (Unreadable::NoTimeColumn, "External error: unexpected: table should have a time column"),
        (
            Unreadable::UnevenColumns,
            "Execution error: error getting batches Error creating record batch: Invalid argument error: all columns in a record batch must have the same length",
        ),
    ] {
        let (status, body) = sql(vec![unreadable("cpu", why)], "SELECT * FROM cpu", "json").await;
        assert_eq!(status, 500);
        assert_eq!(body, format!("query error: error while planning query: {text}"));
    }
}

/// What the product has and this server has not is named, not taken for a mistake.
#[tokio::test]
async fn functions_from_elsewhere() {
    for (call, name) in [
        ("date_bin_gapfill(INTERVAL '1 minute', time)", "date_bin_gapfill"),
        ("tz(time, 'Europe/Paris')", "tz"),
        ("array_length(make_array(1))", "array_length"),
        ("version()", "version"),
    ] {
        let text = format!("This feature is not implemented: the function {name} in this server");
        fails(&format!("SELECT {call} FROM cpu"), &text).await;
    }
    let text = "This feature is not implemented: the function last_cache in this server";
    fails("SELECT * FROM last_cache('cpu')", text).await;
}
