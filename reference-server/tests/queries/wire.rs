//! Requests over sockets: as little of HTTP as these tests need.

use reference_server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Status and body of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// The bytes of a request.
pub(crate) fn request(line: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{line} HTTP/1.1\r\nHost: x\r\nAuthorization: Token owner\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

/// A connection over which a request was sent.
pub(crate) async fn asked(server: &Server, line: &str, headers: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(request(line, headers, body).as_bytes()).await.unwrap();
    stream
}

/// Sends one request on a connection of its own and reads its answer.
pub(crate) async fn send(server: &Server, line: &str, headers: &str, body: &str) -> Answer {
    let headers = format!("{headers}Connection: close\r\n");
    let mut stream = asked(server, line, &headers, body).await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, body: body.to_owned() }
}

/// Asks in Flux.
pub(crate) async fn flux(server: &Server, script: &str) -> Answer {
    let headers = "Content-Type: application/vnd.flux\r\n";
    send(server, "POST /api/v2/query?org=acme", headers, script).await
}
