//! The server under test, its clock, and requests to it.

use reference_server::Server;
use reference_server::clock::Clock;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::runtime::{Builder, Runtime};

/// 2026-11-21T03:00:00Z.
pub(crate) const NOW: i64 = 1_795_230_000_000_000_000;
/// What the product waits before it does what it acknowledged, in milliseconds.
pub(crate) const DELAY: i64 = 1_000;

/// A clock that goes on only when told.
pub(crate) struct Still(AtomicI64);

impl Clock for Still {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A server with a bucket `b`.
pub(crate) struct Asked {
    server: Server,
    clock: Arc<Still>,
    _runtime: Runtime,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }
}

impl Asked {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// With these settings.
    pub(crate) fn with(settings: &[(&str, &str)]) -> Self {
        let profile = profiles::find("cloud@docs").unwrap();
        let clock = Arc::new(Still(AtomicI64::new(NOW)));
        let mut builder =
            Server::builder(profile).token("t").database("b", None).clock(Arc::clone(&clock) as _);
        for (setting, value) in settings {
            builder = builder.set(setting, value).unwrap_or_else(|why| panic!("{why}"));
        }
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(builder.start()).unwrap();
        Self { server, clock, _runtime: runtime }
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, milliseconds: i64) {
        self.clock.0.fetch_add(milliseconds * 1_000_000, Ordering::SeqCst);
    }

    pub(crate) fn send(&self, method: &str, target: &str, kind: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Token t\r\nConnection: close\
             \r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, rest) = answer.split_once("\r\n\r\n").unwrap();
        let body = if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
            unchunked(rest)
        } else {
            rest.to_owned()
        };
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body }
    }

    /// Sends the head of a write and a part of its body, and sees to it that it is read.
    pub(crate) fn begin(&self, target: &str, length: usize, part: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        let request = format!(
            "POST {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Token t\r\nConnection: close\
             \r\nContent-Length: {length}\r\n\r\n{part}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
        stream
    }

    /// Sends the rest, and waits for the answer.
    pub(crate) fn end(&self, stream: &mut TcpStream, rest: &str) {
        stream.write_all(rest.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    }

    pub(crate) fn json(&self, method: &str, target: &str, body: &Value) -> Answer {
        self.send(method, target, "application/json", &body.to_string())
    }

    pub(crate) fn write(&self, bucket: &str, lines: &str) -> Answer {
        let target = format!("/api/v2/write?bucket={bucket}&precision=s");
        self.send("POST", &target, "text/plain", lines)
    }

    pub(crate) fn delete(&self, bucket: &str) -> Answer {
        let body = json!({"start": "1970-01-01T00:00:00Z", "stop": "2100-01-01T00:00:00Z"});
        self.json("POST", &format!("/api/v2/delete?bucket={bucket}"), &body)
    }

    /// The rows that a Flux query gives, without header and empty lines.
    pub(crate) fn rows(&self, flux: &str) -> Vec<String> {
        let answer = self.send("POST", "/api/v2/query", "application/vnd.flux", flux);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let rows = answer.body.lines().filter(|line| line.starts_with(",_result,"));
        rows.map(|row| row.splitn(4, ',').nth(3).unwrap().to_owned()).collect()
    }

    /// Value and field of all that a bucket holds, sorted.
    pub(crate) fn stored(&self, bucket: &str) -> Vec<String> {
        let mut rows = self.rows(&format!(
            "from(bucket: \"{bucket}\")
             |> range(start: 1970-01-01T00:00:00Z, stop: 2100-01-01T00:00:00Z)
             |> keep(columns: [\"_field\", \"_value\"])"
        ));
        rows.sort();
        rows
    }

    /// The log: the columns of these names of all rows that have them.
    pub(crate) fn log(&self, field: &str, columns: &[&str]) -> Vec<String> {
        let list = columns.iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ");
        let mut rows = self.rows(&format!(
            "from(bucket: \"_monitoring\") |> range(start: -1h)
             |> filter(fn: (r) => r._measurement == \"rejected_points\")
             |> filter(fn: (r) => r._field == \"{field}\") |> keep(columns: [{list}])"
        ));
        rows.sort();
        rows
    }

    pub(crate) fn bucket(&self, name: &str, extra: &Value) -> String {
        let org = self.send("GET", "/api/v2/orgs", "", "").json()["orgs"][0]["id"].clone();
        let mut body = json!({"orgID": org, "name": name, "retentionRules": []});
        for (key, value) in extra.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        let made = self.json("POST", "/api/v2/buckets", &body);
        assert_eq!(made.status, 201, "{}", made.body);
        made.json()["id"].as_str().unwrap().to_owned()
    }
}

fn unchunked(text: &str) -> String {
    let (mut whole, mut rest) = (String::new(), text);
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        whole.push_str(&after[..size]);
        rest = after.get(size + 2..).unwrap_or_default();
    }
    whole
}
