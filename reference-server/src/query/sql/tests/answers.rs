//! What queries answer, as recorded from the product.

use super::fake::{ask, sql, store};
use crate::query::sql::Request;

async fn json(q: &str) -> String {
    let (status, body) = sql(store(), q, "json").await;
    assert_eq!(status, 200, "{q}: {body}");
    body
}

const BY_TIME: &str = "SELECT * FROM cpu ORDER BY time";

#[tokio::test]
async fn json_leaves_nulls_out() {
    assert_eq!(
        json(BY_TIME).await,
        r#"[{"b":true,"f":1.5,"host":"a","i":2,"s":"x y","time":"2023-11-14T22:13:20","u":3},{"f":2.0,"host":"b","time":"2023-11-14T22:13:21"}]"#
    );
}

#[tokio::test]
async fn get_without_format_is_json() {
    let query = "db=db&q=SELECT%20%2A%20FROM%20cpu%20ORDER%20BY%20time";
    let answer = ask(Request::Get(Some(query)), None).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.content_type, Some("application/json"));
    assert!(answer.body.starts_with(br#"[{"b":true,"f":1.5"#));
}

#[tokio::test]
async fn expressions_are_named_as_the_product_names_them() {
    assert_eq!(json("SELECT count(*) FROM cpu").await, r#"[{"count(*)":2}]"#);
    assert_eq!(json("SELECT 1").await, r#"[{"Int64(1)":1}]"#);
}

#[tokio::test]
async fn placeholders_take_params() {
    let body =
        br#"{"db":"db","q":"SELECT f FROM cpu WHERE host=$h","format":"json","params":{"h":"a"}}"#;
    let answer = ask(Request::Post(body), None).await;
    assert_eq!(String::from_utf8_lossy(&answer.body), r#"[{"f":1.5}]"#);
    // By position, and in a query string. From the source of 3.6, not recorded.
    let query = "db=db&q=SELECT%20f%20FROM%20cpu%20WHERE%20f%3E%241&params=%7B%221%22%3A1.75%7D";
    let answer = ask(Request::Get(Some(query)), None).await;
    assert_eq!(String::from_utf8_lossy(&answer.body), r#"[{"f":2.0}]"#);
}

#[tokio::test]
async fn show_tables() {
    let body = json("SHOW TABLES").await;
    let tables: Vec<serde_json::Value> = serde_json::from_str(&body).unwrap();
    let names: Vec<String> = tables
        .iter()
        .map(|t| {
            format!("{}.{} {}", t["table_schema"], t["table_name"], t["table_type"])
                .replace('"', "")
        })
        .collect();
    assert_eq!(
        names,
        [
            "iox.cpu BASE TABLE",
            "iox.mem BASE TABLE",
            "system.distinct_caches BASE TABLE",
            "system.influxdb_schema BASE TABLE",
            "system.last_caches BASE TABLE",
            "system.parquet_files BASE TABLE",
            "system.processing_engine_logs BASE TABLE",
            "system.processing_engine_trigger_arguments BASE TABLE",
            "system.processing_engine_triggers BASE TABLE",
            "system.queries BASE TABLE",
            "information_schema.tables VIEW",
            "information_schema.views VIEW",
            "information_schema.columns VIEW",
            "information_schema.df_settings VIEW",
            "information_schema.schemata VIEW",
            "information_schema.routines VIEW",
            "information_schema.parameters VIEW",
        ]
    );
    assert!(body.starts_with(
        r#"[{"table_catalog":"public","table_schema":"iox","table_name":"cpu","table_type":"BASE TABLE"},"#
    ));
}

#[tokio::test]
async fn columns_have_the_types_of_the_release() {
    assert_eq!(
        json("SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name='cpu'").await,
        r#"[{"column_name":"b","data_type":"Boolean","is_nullable":"YES"},{"column_name":"f","data_type":"Float64","is_nullable":"YES"},{"column_name":"host","data_type":"Dictionary(Int32, Utf8)","is_nullable":"YES"},{"column_name":"i","data_type":"Int64","is_nullable":"YES"},{"column_name":"s","data_type":"Utf8","is_nullable":"YES"},{"column_name":"time","data_type":"Timestamp(Nanosecond, None)","is_nullable":"NO"},{"column_name":"u","data_type":"UInt64","is_nullable":"YES"}]"#
    );
    let shown = json("SHOW COLUMNS IN cpu").await;
    assert!(shown.contains(
        r#"{"table_catalog":"public","table_schema":"iox","table_name":"cpu","column_name":"time","data_type":"Timestamp(Nanosecond, None)","is_nullable":"NO"}"#
    ));
    // Not recorded.
    assert_eq!(
        json("SELECT DISTINCT arrow_typeof(time) AS t FROM cpu").await,
        r#"[{"t":"Timestamp(Nanosecond, None)"}]"#
    );
}

/// From the source of 3.6, not recorded: the forms other than JSON.
#[tokio::test]
async fn other_forms() {
    let ask_as = |format: &'static str| async move { sql(store(), BY_TIME, format).await };
    let lines = "{\"b\":true,\"f\":1.5,\"host\":\"a\",\"i\":2,\"s\":\"x y\",\"time\":\"2023-11-14T22:13:20\",\"u\":3}\n{\"f\":2.0,\"host\":\"b\",\"time\":\"2023-11-14T22:13:21\"}\n";
    assert_eq!(ask_as("jsonl").await, (200, lines.to_owned()));
    assert_eq!(ask_as("json_lines").await, (200, lines.to_owned()));
    let csv = "b,f,host,i,s,time,u\ntrue,1.5,a,2,x y,2023-11-14T22:13:20,3\n,2.0,b,,,2023-11-14T22:13:21,\n";
    assert_eq!(ask_as("csv").await, (200, csv.to_owned()));
    let drawn = "\
+------+-----+------+---+-----+---------------------+---+
| b    | f   | host | i | s   | time                | u |
+------+-----+------+---+-----+---------------------+---+
| true | 1.5 | a    | 2 | x y | 2023-11-14T22:13:20 | 3 |
|      | 2.0 | b    |   |     | 2023-11-14T22:13:21 |   |
+------+-----+------+---+-----+---------------------+---+";
    assert_eq!(ask_as("pretty").await, (200, drawn.to_owned()));
    let (status, parquet) = ask_as("parquet").await;
    assert_eq!(status, 200);
    assert!(parquet.starts_with("PAR1") && parquet.ends_with("PAR1"));
}

#[tokio::test]
async fn an_empty_result_has_no_columns() {
    let none = "SELECT * FROM cpu WHERE host='nobody'";
    for (format, body) in
        [("json", "[]"), ("jsonl", ""), ("csv", ""), ("parquet", ""), ("pretty", "++\n++")]
    {
        assert_eq!(sql(store(), none, format).await, (200, body.to_owned()), "{format}");
    }
}

#[tokio::test]
async fn accept_names_the_form() {
    let query = Request::Get(Some("db=db&q=SELECT%201"));
    for (accept, content_type) in [
        ("text/csv", "text/csv"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("text/html,application/xml;q=0.9", "application/json"),
        ("*/*", "application/json"),
    ] {
        let answer = ask(query, Some(accept.as_bytes())).await;
        assert_eq!(answer.content_type, Some(content_type), "{accept}");
    }
    // `format` is stronger.
    let query = Request::Get(Some("db=db&q=SELECT%201&format=jsonl"));
    let answer = ask(query, Some(b"text/csv")).await;
    assert_eq!(answer.content_type, Some("application/jsonl"));
}

/// From the source of the release's engine, not recorded.
#[tokio::test]
async fn words_of_the_release() {
    for (q, body) in [
        (
            "DESCRIBE mem",
            r#"[{"column_name":"free","data_type":"Int64","is_nullable":"YES"},{"column_name":"time","data_type":"Timestamp(Nanosecond, None)","is_nullable":"NO"}]"#,
        ),
        ("SELECT to_timestamp(0) AS t", r#"[{"t":"1970-01-01T00:00:00"}]"#),
        ("SELECT arrow_typeof(now()) AS t", r#"[{"t":"Timestamp(Nanosecond, Some(\"+00:00\"))"}]"#),
        (
            "SELECT time + INTERVAL '1 millisecond' AS t FROM mem",
            r#"[{"t":"2023-11-14T22:13:20.001"}]"#,
        ),
        ("SELECT 1e16 AS a, 'inf'::double AS b, -0.0 AS c", r#"[{"a":1.0e16,"b":null,"c":-0.0}]"#),
    ] {
        assert_eq!(json(q).await, body, "{q}");
    }
}

#[tokio::test]
async fn rows_stand_by_tags_then_time() {
    assert_eq!(
        json("SELECT host, f FROM cpu").await,
        r#"[{"host":"a","f":1.5},{"host":"b","f":2.0}]"#
    );
    assert_eq!(
        json("SELECT * FROM system.influxdb_schema WHERE measurement='mem'").await,
        r#"[{"measurement":"mem","key":"free","data_type":"integer"},{"measurement":"mem","key":"time","data_type":"time"}]"#
    );
}

/// The names of columns and the choice among ties are the source's, not recorded.
#[tokio::test]
async fn selectors_choose_a_row() {
    assert_eq!(
        json(
            "SELECT selector_last(f, time)['value'] AS v, selector_last(f, time)['time'] AS t, \
             selector_max(f, time, host)['other_1'] AS h FROM cpu"
        )
        .await,
        r#"[{"v":2.0,"t":"2023-11-14T22:13:21","h":"b"}]"#
    );
    assert_eq!(
        json(
            "SELECT host, selector_min(f, time)['value'] AS v FROM cpu GROUP BY host ORDER BY host"
        )
        .await,
        r#"[{"host":"a","v":1.5},{"host":"b","v":2.0}]"#
    );
    assert_eq!(
        json("SELECT selector_first(i, time) AS first FROM cpu").await,
        r#"[{"first":{"value":2,"time":"2023-11-14T22:13:20"}}]"#
    );
}
