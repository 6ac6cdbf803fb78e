//! Statements in InfluxQL have the limits that they have over HTTP, and end with their client.

use crate::client::{OWNER, builder, client, influxql, refused, rest, table};
use arrow_flight::Ticket;
use reference_server::Server;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use tonic::Code;

const ROWS: usize = 200_000;

/// How long anything may take that is to happen soon.
const SOON: Duration = Duration::from_secs(60);

/// A server with rows of `m`, where a query may keep two mebibytes and take a day.
async fn filled(profile: &str) -> Server {
    let limited = builder(profile).query_memory(2 << 20).query_timeout(24 * 60 * SOON);
    let server = limited.start().await.unwrap();
    let mut lines = String::new();
    for row in 0..ROWS {
        let _ = writeln!(lines, "m v=1 {row}");
    }
    let answer =
        rest(&server, "POST /api/v2/write?bucket=db&org=lineproof&precision=ns", &lines).await;
    assert!(answer.contains(" 204 "), "{answer}");
    server
}

async fn running(server: &Server, count: usize) {
    let began = Instant::now();
    while server.queries_running() != count {
        assert!(began.elapsed() < SOON, "{} are running", server.queries_running());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_statement_keeps_is_bounded() {
    for profile in ["v3-core@3.6", "cloud-dedicated@docs"] {
        let server = filled(profile).await;
        let (code, text) = refused(&server, influxql("SELECT v FROM m")).await;
        assert_eq!(code, Code::ResourceExhausted, "{profile}: {text}");
        assert!(text.contains("more than the 2097152 bytes of memory"), "{profile}: {text}");
        let few = table(&server, influxql("SELECT count(v) FROM m")).await;
        assert!(few.contains("| 200000 |"), "{profile}: {few}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_ends_when_its_client_goes_away() {
    for profile in ["v3-core@3.6", "cloud-dedicated@docs"] {
        let server = filled(profile).await;
        // For each row it asks whether 300 conditions hold, and they do.
        let condition = vec!["v >= 0"; 300].join(" AND ");
        let ticket = influxql(&format!("SELECT count(v) FROM m WHERE {condition}"));
        let mut client = client(&server, Some(OWNER)).await;
        let asking =
            tokio::spawn(async move { client.do_get(Ticket::new(ticket.to_string())).await });
        running(&server, 1).await;
        asking.abort();
        let began = Instant::now();
        running(&server, 0).await;
        // Long before the 30 s are over that it may take.
        assert!(began.elapsed() < SOON / 4, "{profile}: {:?}", began.elapsed());
    }
}
