//! HTTP/1.1 and HTTP/2 on one port.

use crate::client::{OWNER, channel, get, rest, sql, start, with_token};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What is to happen at once has happened by then.
const PROMPT: Duration = Duration::from_secs(5);

/// The whole answer to a request over HTTP/2 that is not gRPC.
async fn over_http2(server: &reference_server::Server, path: &str, body: &str) -> (u16, String) {
    let (status, body) = begun_over_http2(server, path, body).await;
    let body = body.collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// The status, and the body that is still to come.
async fn begun_over_http2(
    server: &reference_server::Server,
    path: &str,
    body: &str,
) -> (u16, Incoming) {
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let handshake =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let request = Request::post(format!("{}{path}", server.url()))
        .header("authorization", format!("Token {OWNER}"))
        .body(Full::new(bytes::Bytes::from(body.to_owned())))
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    (answer.status().as_u16(), answer.into_body())
}

#[tokio::test]
async fn http_1_and_grpc_share_a_port() {
    let server = start("v3-core@3.6", "m f=1 1").await;
    let mut client = with_token(channel(&server).await, Some(OWNER));
    for _ in 0..3 {
        assert!(rest(&server, "GET /health", "").await.starts_with("HTTP/1.1 200 OK"));
        assert_eq!(get(&mut client, sql("SELECT f FROM m")).await.unwrap()[0].num_rows(), 1);
    }
}

#[tokio::test]
async fn the_rest_is_there_over_http_2_too() {
    let server = start("v3-core@3.6", "").await;
    let written = over_http2(&server, "/api/v3/write_lp?db=db", "m f=1 1").await;
    assert_eq!(written, (204, String::new()));
    let bad = over_http2(&server, "/api/v3/write_lp?db=db&accept_partial=false", "m f 1").await;
    assert_eq!(bad.0, 400);
    assert!(bad.1.starts_with("{\"error\":\"parsing failed for write_lp endpoint\""), "{}", bad.1);
}

/// Rows that are sent while others are still made.
#[tokio::test]
async fn long_answers_come_over_http_2_too_and_say_where_they_break_off() {
    const ROWS: usize = 400_000;
    let server = start("v3-core@3.6", "m f=1 1").await;
    let query = |column: &str| {
        let q = format!("SELECT {column} AS n FROM generate_series(1, {ROWS})");
        serde_json::json!({ "db": "db", "q": q, "format": "csv" }).to_string()
    };
    let (status, body) = over_http2(&server, "/api/v3/query_sql", &query("value")).await;
    let expected: String = (1..=ROWS).map(|n| format!("{n}\n")).collect();
    assert_eq!(status, 200, "{body:.200}");
    assert!(body == format!("n\n{expected}"), "{} bytes", body.len());
    let divided = query(&format!("value, 1/(value-{ROWS})"));
    let (status, body) = begun_over_http2(&server, "/api/v3/query_sql", &divided).await;
    let ended = body.collect().await;
    assert!(status == 200 && ended.is_err(), "{status} {ended:?}");
}

#[tokio::test]
async fn a_product_without_flight_speaks_http_1_only() {
    let profile = profiles::find("oss-v2@2.7").unwrap();
    let server = reference_server::Server::builder(profile).start().await.unwrap();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

/// In pieces, so that a first read does not tell which protocol it is.
#[tokio::test]
async fn what_begins_like_a_preface_may_be_a_request() {
    let server = start("v3-core@3.6", "").await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    for piece in ["P", "R", "OPFIND /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"] {
        stream.write_all(piece.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

/// Bytes that are no frames end their own connection and no other.
#[tokio::test]
async fn garbage_behind_a_preface_ends_the_connection() {
    let server = start("v3-core@3.6", "m f=1 1").await;
    let mut other = with_token(channel(&server).await, Some(OWNER));
    for garbage in [&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], &[0xff; 64], &[0; 4096]] {
        let started = Instant::now();
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        stream.write_all(garbage).await.unwrap();
        let mut answer = Vec::new();
        // It may say why before it closes; it may also reset what it does not read.
        let read = stream.read_to_end(&mut answer);
        assert!(timeout(PROMPT, read).await.is_ok(), "{garbage:?}");
        assert_eq!(get(&mut other, sql("SELECT f FROM m")).await.unwrap()[0].num_rows(), 1);
        assert!(rest(&server, "GET /health", "").await.starts_with("HTTP/1.1 200 OK"));
        // Nothing stood still meanwhile either.
        assert!(started.elapsed() < PROMPT, "{garbage:?}");
    }
}
