//! Answers of the v2 family to who can read gzip: long ones, of the paths that the release wraps
//! (2.7:http/query_handler.go, http/platform_handler.go; 2.1: the first alone).

use crate::start;
use reference_server::Server;
use std::io::Read as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The head and the body of the answer to a request with this `Accept-Encoding`.
async fn send(server: &Server, line: &str, accept: &str, body: &str) -> (String, Vec<u8>) {
    let request = format!(
        "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: {accept}\r\n\
         Content-Type: application/vnd.flux\r\nAuthorization: Token owner\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (String::from_utf8(answer[..end].to_vec()).unwrap(), answer[end + 4..].to_vec())
}

fn is_gzip(head: &str) -> bool {
    head.to_ascii_lowercase().contains("content-encoding: gzip")
}

#[tokio::test]
async fn long_answers_to_who_takes_gzip() {
    let server = start("oss-v2@2.7").await;
    let flux = "POST /api/v2/query?org=acme";
    let long = "x".repeat(1400);
    let (head, plain) = send(&server, flux, "identity", &long).await;
    assert!(!is_gzip(&head) && head.contains("Vary: Accept-Encoding"), "{head}");
    for accept in ["gzip", "deflate, GZIP;q=0.5"] {
        let (head, body) = send(&server, flux, accept, &long).await;
        assert!(is_gzip(&head), "{head}");
        let mut read = Vec::new();
        flate2::read::GzDecoder::new(&*body).read_to_end(&mut read).unwrap();
        assert_eq!(read, plain);
    }
    for (accept, body) in [("gzip;q=0", &*long), ("br", &*long), ("gzip", "x")] {
        let (head, _) = send(&server, flux, accept, body).await;
        assert!(!is_gzip(&head), "{head}");
    }
}

#[tokio::test]
async fn influxql_of_later_releases_alone() {
    for (profile, compressed) in [("oss-v2@2.1", false), ("oss-v2@2.7", true)] {
        let server = start(profile).await;
        let line = format!("GET /query?db=e&q={}", "x".repeat(1400));
        let (head, _) = send(&server, &line, "gzip", "").await;
        assert_eq!(is_gzip(&head), compressed, "{head}");
        let (head, _) = send(&server, "GET /api/v2/buckets", "gzip", "").await;
        assert!(!is_gzip(&head), "{head}");
    }
}
