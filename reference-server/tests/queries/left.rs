//! Clients that leave: their queries end. And those that only look as if they did.

use super::wire::{asked, request, send};
use super::{SOON, builder, filled, long_script, long_statement, running, write_to};
use rstest::rstest;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const NEVER: Duration = Duration::from_secs(86_400);

/// As many writes are answered while one query runs.
const WRITES: usize = 50;

#[rstest]
#[case("oss-v1@1.6")]
#[case("oss-v2@2.7")]
#[case("v3-core@3.6")]
#[case("clustered@docs")]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_query_ends_when_its_client_goes_away_and_writes_go_on_until_then(#[case] profile: &str) {
    let server = filled(builder(profile).query_timeout(NEVER), profile).await;
    let query = format!("GET /query?db=e&q={}", long_statement());
    let stream = asked(&server, &query, "", "").await;
    running(&server, 1).await;
    for number in 0..WRITES {
        let written = send(&server, write_to(profile), "", &format!("w v=1 {number}")).await;
        assert_eq!(written.status, 204, "{}", written.body);
    }
    assert_eq!(server.queries_running(), 1, "it takes longer than that");
    drop(stream);
    running(&server, 0).await;
    // What was answered is in the next query, and there is one.
    let count = send(&server, "GET /query?db=e&q=SELECT+count(v)+FROM+w", "", "").await;
    assert!(count.body.contains(&format!(",{WRITES}]")), "{}", count.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_script_ends_when_its_client_goes_away() {
    let server = filled(builder("oss-v2@2.7").query_timeout(NEVER), "oss-v2@2.7").await;
    let headers = "Content-Type: application/vnd.flux\r\n";
    let path = "POST /api/v2/query?org=acme";
    let stream = asked(&server, path, headers, &long_script()).await;
    running(&server, 1).await;
    drop(stream);
    running(&server, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_that_wait_for_their_turn_end_too() {
    let server = filled(builder("oss-v1@1.6").query_timeout(NEVER), "oss-v1@1.6").await;
    let query = format!("GET /query?db=e&q={}", long_statement());
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(asked(&server, &query, "", "").await);
    }
    running(&server, 20).await;
    // What reads little waits for none of them.
    let few = send(&server, "GET /query?db=e&epoch=ns&q=SELECT+v+FROM+m+LIMIT+1", "", "").await;
    assert!(few.body.contains("[[0,1]]"), "{}", few.body);
    streams.truncate(1);
    running(&server, 1).await;
    drop(streams);
    running(&server, 0).await;
}

/// Of a client that sends no more but reads, what is quickly answered is answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_closes_its_sending_side_has_its_answer() {
    let server = filled(builder("oss-v1@1.6"), "oss-v1@1.6").await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let query = request("GET /query?db=e&q=SELECT+count(v)+FROM+m", "", "");
    stream.write_all(query.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains(",60000]]"), "{answer}");
}

/// Requests that are sent before the answer to a query are answered after it, in their order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_behind_a_query_is_not_lost() {
    let server = filled(builder("oss-v1@1.6"), "oss-v1@1.6").await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let body = "q=SELECT+count(v)+FROM+m+WHERE+v+%3E+0";
    let typed = "Content-Type: application/x-www-form-urlencoded\r\n";
    let first = request("POST /query?db=e", typed, body);
    stream.write_all(first.as_bytes()).await.unwrap();
    running(&server, 1).await;
    let write = request("POST /write?db=e", "", "w v=7 1");
    let last = request("GET /query?db=e&epoch=ns&q=SELECT+v+FROM+w", "Connection: close\r\n", "");
    stream.write_all([write, last].concat().as_bytes()).await.unwrap();
    let mut answers = String::new();
    let read = tokio::time::timeout(SOON, stream.read_to_string(&mut answers)).await;
    assert!(read.is_ok_and(|read| read.is_ok()), "{answers}");
    let places = [",60000]]", "204 No Content", "[[1,7]]"].map(|part| answers.find(part));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{answers}");
}
