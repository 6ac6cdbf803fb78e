//! `/query` and its neighbours of v1, over a socket: what is expected is what influxd 1.6.7 answered to
//! the same requests.

use crate::start;
use reference_server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The head and the body of an answer.
async fn send(server: &Server, line: &str, headers: &str, body: &[u8]) -> (String, String) {
    let request = format!(
        "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Authorization: Basic YWRtaW46b3duZXI=\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(&[request.as_bytes(), body].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&answer[..end]), text(&answer[end + 4..]))
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

#[tokio::test]
async fn a_long_error_is_cut_in_its_header() {
    let server = start("oss-v1@1.6").await;
    let query =
        format!("GET /query?q={}", encoded(&format!("SELECT v FROM m {}", "x".repeat(3000))));
    let (head, body) = send(&server, &query, "", b"").await;
    let header = head.lines().find_map(|line| line.strip_prefix("X-Influxdb-Error: ")).unwrap();
    assert_eq!(header.len(), 1024);
    assert!(body.len() > 3000);
}

#[tokio::test]
async fn methods() {
    let server = start("oss-v1@1.6").await;
    for (line, status) in [
        ("HEAD /query?q=SHOW+DATABASES", 405),
        ("GET /status", 204),
        ("HEAD /status", 204),
        ("POST /status", 405),
        ("OPTIONS /status", 405),
    ] {
        let (head, _) = send(&server, line, "", b"").await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {head}");
    }
}

/// Those that Go's library writes itself, as influxd 1.6.7 was seen to answer.
#[tokio::test]
async fn pages_of_the_library_say_nosniff() {
    let server = start("oss-v1@1.6").await;
    for (line, status, nosniff) in [
        ("GET /nope", 404, true),
        ("PUT /write", 405, true),
        ("GET /query", 400, false),
        ("GET /ping", 204, false),
    ] {
        let (head, _) = send(&server, line, "", b"").await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {head}");
        let says = head.lines().any(|line| line == "X-Content-Type-Options: nosniff");
        assert_eq!(says, nosniff, "{line}: {head}");
    }
}

#[tokio::test]
async fn names() {
    let server = start("oss-v1@1.6").await;
    let long = "x".repeat(256);
    for (name, error) in [
        ("a/b", Some("invalid name")),
        ("a\\\\b", Some("invalid name")),
        ("", Some("invalid name")),
        (".", Some("invalid name")),
        ("..", Some("invalid name")),
        ("a\u{1}b", Some("invalid name")),
        ("a\u{200b}b", Some("invalid name")),
        (&long, Some("name too long")),
        ("a.b", None),
        ("é", None),
        ("a b", None),
        ("a:b", None),
    ] {
        let query = encoded(&format!("CREATE DATABASE \"{name}\""));
        let (_, body) = send(&server, &format!("POST /query?q={query}"), "", b"").await;
        let error = error.map_or(String::new(), |e| format!(",\"error\":\"{e}\""));
        assert_eq!(body, format!("{{\"results\":[{{\"statement_id\":0{error}}}]}}\n"), "{name}");
    }
    for query in [
        "CREATE RETENTION POLICY \"a/b\" ON e DURATION 1d REPLICATION 1",
        "CREATE DATABASE f WITH NAME \"a/b\"",
    ] {
        let (_, body) = send(&server, &format!("POST /query?q={}", encoded(query)), "", b"").await;
        assert_eq!(body, "{\"results\":[{\"statement_id\":0,\"error\":\"invalid name\"}]}\n");
    }
}

#[tokio::test]
async fn a_form_in_parts() {
    let server = start("oss-v1@1.6").await;
    send(&server, "POST /write?db=e", "", b"m v=1 1500000000000000000").await;
    let kind = "Content-Type: multipart/form-data; boundary=----x\r\n";
    let part = |name: &str, value: &str| {
        format!("------x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = "------x\r\nContent-Disposition: form-data; name=\"q\"; filename=\"q.txt\"\r\n\
                Content-Type: text/plain\r\n\r\nSHOW MEASUREMENTS ON e\n\r\n";
    let measurements = "\"name\":\"measurements\"";
    let missing = "{\"error\":\"missing required parameter \\\"q\\\"\"}\n";
    for (line, parts, expected) in [
        ("POST /query", part("q", "SHOW DATABASES"), "\"name\":\"databases\""),
        ("POST /query", file.to_owned(), measurements),
        ("POST /query", file.to_owned() + &part("q", "SHOW DATABASES"), "\"name\":\"databases\""),
        ("POST /query?q=SHOW+MEASUREMENTS+ON+e", part("q", "SHOW DATABASES"), measurements),
        (
            "POST /query",
            part("q", "SELECT v FROM m") + &part("db", "e") + &part("epoch", "s"),
            "[[1500000000,1]]",
        ),
        ("POST /query", part("x", "1"), missing),
    ] {
        let (_, body) = send(&server, line, kind, format!("{parts}------x--\r\n").as_bytes()).await;
        assert!(body.contains(expected), "{line}: {body}");
    }
    for kind in ["multipart/form-data", "multipart/form-data; boundary=x"] {
        let kind = format!("Content-Type: {kind}\r\n");
        let (_, body) = send(&server, "POST /query", &kind, b"q=x").await;
        assert_eq!(body, missing);
    }
}

#[tokio::test]
async fn parameters_of_wrong_kinds() {
    let server = start("oss-v1@1.6").await;
    for (params, error) in [
        (
            r#"{"h":null}"#,
            "error parsing query: missing parameter: unable to bind parameter with type \\u003cnil\\u003e",
        ),
        (
            r#"{"h":[1]}"#,
            "error parsing query: missing parameter: unable to bind parameter with type []interface {}",
        ),
        (
            r#"{"h":{}}"#,
            "error parsing query: missing parameter: bound object parameter value must have exactly one entry",
        ),
        (
            "{bad",
            "error parsing query parameters: invalid character 'b' looking for beginning of object key string",
        ),
        (
            "[]",
            "error parsing query parameters: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
        (
            "1",
            "error parsing query parameters: json: cannot unmarshal number into Go value of type map[string]interface {}",
        ),
        ("null", "error parsing query: missing parameter: h"),
        (r#"{"x":null}"#, "error parsing query: missing parameter: h"),
        (r#"{"h":"a"#, "error parsing query parameters: unexpected EOF"),
        (" ", "error parsing query parameters: EOF"),
        (
            r#"{"h":1e400}"#,
            "error parsing json value: strconv.ParseInt: parsing \\\"1e400\\\": invalid syntax",
        ),
        (
            r#"{"h":18446744073709551616}"#,
            "error parsing json value: strconv.ParseInt: parsing \\\"18446744073709551616\\\": value out of range",
        ),
    ] {
        let q = encoded("SELECT v FROM m WHERE host=$h");
        let line = format!("GET /query?db=e&q={q}&params={}", encoded(params));
        let (_, body) = send(&server, &line, "", b"").await;
        assert_eq!(body, format!("{{\"error\":\"{error}\"}}\n"), "{params}");
    }
    let q = encoded("SELECT v FROM m WHERE host=$h");
    let line = format!("GET /query?db=e&q={q}&params={}", encoded(r#"{"h":"a"} x"#));
    assert_eq!(send(&server, &line, "", b"").await.1, "{\"results\":[{\"statement_id\":0}]}\n");
}
