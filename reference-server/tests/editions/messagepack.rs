//! The v1 family in MessagePack, for who asks for it: the bytes are those of influxd 1.6.7, to which
//! the same requests were sent.

use crate::start;
use reference_server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MESSAGEPACK: &str = "Content-Type: application/x-msgpack";

/// The head and the body of the answer to a request that accepts MessagePack.
async fn send(server: &Server, line: &str, body: &str) -> (String, Vec<u8>) {
    let request = format!(
        "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: application/x-msgpack\r\n\
         Authorization: Basic YWRtaW46b3duZXI=\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (String::from_utf8(answer[..end].to_vec()).unwrap(), answer[end + 4..].to_vec())
}

async fn written(profile: &str) -> Server {
    let server = start(profile).await;
    let lines = "m,t=a f=1.5,i=3i,b=true,s=\"x\" 1500000000000000001\n\
                 m,t=b f=2,i=-300i,b=false,s=\"\" 1500000001000000000";
    let (head, body) = send(&server, "POST /write?db=e", lines).await;
    assert!(head.starts_with("HTTP/1.1 204 ") && head.contains(MESSAGEPACK), "{head}");
    assert!(body.is_empty());
    server
}

/// influxd 1.6.7: the same query of the same points.
#[tokio::test]
async fn a_result() {
    for profile in ["oss-v1@1.6", "oss-v1@1.12"] {
        let server = written(profile).await;
        let (head, body) = send(&server, "GET /query?db=e&q=SELECT+*+FROM+m", "").await;
        assert!(head.starts_with("HTTP/1.1 200 ") && head.contains(MESSAGEPACK), "{head}");
        let expected = b"\x81\xa7results\x91\x82\xacstatement_id\x00\xa6series\x91\
            \x83\xa4name\xa1m\xa7columns\x96\xa4time\xa1b\xa1f\xa1i\xa1s\xa1t\xa6values\x92\
            \x96\xc7\x0c\x05\0\0\0\0\x59\x68\x2f\0\0\0\0\x01\xc3\xcb\x3f\xf8\0\0\0\0\0\0\x03\xa1x\xa1a\
            \x96\xc7\x0c\x05\0\0\0\0\x59\x68\x2f\x01\0\0\0\0\xc2\xcb\x40\0\0\0\0\0\0\0\xd1\xfe\xd4\xa0\xa1b";
        assert_eq!(body, expected, "{profile}");
    }
}

/// influxd 1.6.7: a document for each chunk, nothing between them.
#[tokio::test]
async fn chunks() {
    let server = written("oss-v1@1.6").await;
    let query = "GET /query?db=e&epoch=s&chunked=true&chunk_size=1&q=SELECT+i+FROM+m";
    let (_, body) = send(&server, query, "").await;
    let head = b"\x81\xa7results\x91";
    let starts = body.windows(head.len()).filter(|bytes| bytes == head).count();
    assert_eq!(starts, 2);
    let end =
        b"\xa6values\x91\x92\xd2\x59\x68\x2f\0\x03\xa7partial\xc3\xa7partial\xc3\x81\xa7results";
    assert!(body.windows(end.len()).any(|bytes| bytes == end), "{body:x?}");
}

/// influxd 1.6.7: whatever fails, the handler's formatter words it.
#[tokio::test]
async fn errors() {
    for profile in ["oss-v1@1.6", "oss-v1@1.12"] {
        let server = written(profile).await;
        let (head, body) = send(&server, "POST /write?db=e", "m,t=a f=").await;
        assert!(head.starts_with("HTTP/1.1 400 ") && head.contains(MESSAGEPACK), "{head}");
        let why = "unable to parse 'm,t=a f=': missing field value";
        assert!(head.contains(&format!("X-Influxdb-Error: {why}")), "{head}");
        assert_eq!(body, [b"\x81\xa5error\xd9\x2f", why.as_bytes()].concat(), "{profile}");
        let (head, body) = send(&server, "GET /query?db=e&q=SELECT", "").await;
        assert!(head.starts_with("HTTP/1.1 400 ") && head.contains(MESSAGEPACK), "{head}");
        assert!(body.starts_with(b"\x81\xa5error\xd9"), "{body:x?}");
    }
}

/// 2.7:influxql/query/response_writer.go makes results likewise, HandleHTTPError errors in JSON.
#[tokio::test]
async fn compatible_queries_of_v2() {
    let server = start("oss-v2@2.7").await;
    let (head, body) = send(&server, "GET /query?db=e&p=owner&q=SHOW+MEASUREMENTS", "").await;
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains(MESSAGEPACK), "{head}");
    assert!(body.starts_with(b"\x81\xa7results\x91"), "{body:x?}");
    let (head, body) = send(&server, "GET /query?db=e&p=owner&q=SHOW", "").await;
    assert!(head.contains("Content-Type: application/json; charset=utf-8"), "{head}");
    assert!(body.starts_with(b"{\"code\":\"invalid\""));
}
