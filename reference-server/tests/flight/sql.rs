//! SQL in a ticket.

use crate::client::{OWNER, channel, client, get, sql, start, table};
use arrow_flight::Ticket;
use datafusion::arrow::datatypes::DataType;
use futures::{StreamExt, TryStreamExt};
use serde_json::json;

const LINES: &str =
    "cpu,host=a u=1.5,n=2i,w=3u,ok=true,s=\"x\" 1000000000\ncpu,host=b u=2 2000000000";

#[tokio::test]
async fn rows_come_in_the_types_of_their_columns() {
    let server = start("v3-core@3.6", LINES).await;
    let rows = table(&server, sql("SELECT * FROM cpu ORDER BY time")).await;
    let expected = "\
+------+---+------+---+---------------------+-----+---+
| host | n | ok   | s | time                | u   | w |
+------+---+------+---+---------------------+-----+---+
| a    | 2 | true | x | 1970-01-01T00:00:01 | 1.5 | 3 |
| b    |   |      |   | 1970-01-01T00:00:02 | 2.0 |   |
+------+---+------+---+---------------------+-----+---+";
    assert_eq!(rows, expected);

    let mut client = client(&server, Some(OWNER)).await;
    let batches = get(&mut client, sql("SELECT * FROM cpu")).await.unwrap();
    let schema = batches[0].schema();
    let what = |name: &str| {
        let field = schema.field_with_name(name).unwrap();
        (field.data_type().clone(), field.metadata()["iox::column::type"].clone())
    };
    // Tags are text on the wire.
    assert_eq!(what("host"), (DataType::Utf8, "iox::column_type::tag".to_owned()));
    assert_eq!(what("w"), (DataType::UInt64, "iox::column_type::field::uinteger".to_owned()));
    assert_eq!(what("time").1, "iox::column_type::timestamp");
}

#[tokio::test]
async fn tickets_name_the_database_in_four_ways_and_bring_values() {
    let server = start("v3-core@3.10", LINES).await;
    let mut client = client(&server, Some(OWNER)).await;
    for name in ["database", "namespace_name", "bucket", "bucket-name"] {
        let ticket = json!({
            name: "db",
            "sql_query": "SELECT u FROM cpu WHERE host = $host AND u > $least",
            "params": {"host": "b", "least": 1.5},
        });
        let batches = get(&mut client, ticket).await.unwrap();
        assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_result_without_rows_has_its_columns() {
    let server = start("v3-core@3.6", LINES).await;
    let mut client = client(&server, Some(OWNER)).await;
    let ticket = Ticket::new(sql("SELECT host, u FROM cpu WHERE u > 9").to_string());
    let mut stream = client.do_get(ticket).await.unwrap();
    let batches: Vec<_> = stream.by_ref().try_collect().await.unwrap();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 0);
    let schema = stream.schema().unwrap();
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["host", "u"]);
}

/// Over 2 MB, so that it comes in several messages.
#[tokio::test]
async fn a_large_result_comes_in_parts_and_may_be_left() {
    let lines: Vec<_> =
        (0..40_000).map(|n| format!("m,t=tag{n} f={n},g=\"{n:064}\" {n}")).collect();
    let server = start("v3-core@3.6", &lines.join("\n")).await;
    let mut client = client(&server, Some(OWNER)).await;
    let batches = get(&mut client, sql("SELECT * FROM m")).await.unwrap();
    assert!(batches.len() > 1, "{}", batches.len());
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 40_000);

    // Who leaves in mid-stream, by the stream or by the connection, hurts nobody.
    let endless = "SELECT a.f FROM m a CROSS JOIN m b";
    for _ in 0..12 {
        let mut leaver = crate::client::with_token(channel(&server).await, Some(OWNER));
        let mut stream = leaver.do_get(Ticket::new(sql(endless).to_string())).await.unwrap();
        assert!(stream.next().await.unwrap().is_ok());
    }
    let rows = table(&server, sql("SELECT count(*) AS n FROM m")).await;
    assert!(rows.contains("| 40000 |"), "{rows}");
}

#[tokio::test]
async fn the_hosted_products_have_sql_here_alone() {
    for profile in ["cloud-dedicated@docs", "clustered@router-2023", "cloud-serverless@docs"] {
        let server = start(profile, "cpu,host=a u=1 1000").await;
        let rows = table(&server, sql("SELECT host, u FROM cpu")).await;
        assert!(rows.contains("| a    | 1.0 |"), "{profile} {rows}");
    }
}

/// What a query does not name is not looked at, and each table that it names is looked up by itself.
#[tokio::test]
async fn many_tables_are_looked_up_one_by_one() {
    let lines: Vec<_> =
        (0..400).flat_map(|n| (0..100).map(move |k| format!("m{n},t=v{k} f=1 {k}"))).collect();
    let server = start("cloud-dedicated@docs", &lines.join("\n")).await;
    let started = std::time::Instant::now();
    let columns = "SELECT count(*) AS n FROM information_schema.columns WHERE table_schema = 'iox'";
    let rows = table(&server, sql(columns)).await;
    assert!(rows.contains("| 1200 |"), "{rows}");
    assert!(started.elapsed().as_secs() < 3, "{:?}", started.elapsed());
}
