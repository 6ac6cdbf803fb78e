//! A server of one profile, and a client of its own.

use reference_server::Server;
use std::io::{Read, Write};
use std::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

pub(crate) const OWNER: &str = "apiv1_owner";

/// A server with one database; it stops when dropped.
pub(crate) struct Running {
    server: Server,
    _runtime: Runtime,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl Running {
    /// With the database `db`, which keeps its points for ever, and `hour`, for an hour.
    pub(crate) fn start(profile: &str, settings: &[(&str, &str)]) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let profile = profiles::find(profile).unwrap();
        let mut builder = Server::builder(profile).token(OWNER).auth(true);
        for (name, value) in settings {
            builder = builder.set(name, value).unwrap();
        }
        let builder = builder.database("db", None).database("hour", Some(3_600_000_000_000));
        let server = runtime.block_on(builder.start()).unwrap();
        Self { server, _runtime: runtime }
    }

    /// Sends a request with these headers and gives the whole answer.
    pub(crate) fn send(&self, method: &str, target: &str, headers: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A server may answer before it has read a body that it does not want.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// As the owner, a body in two parts; between them is time to do something else.
    pub(crate) fn own_in_parts(
        &self,
        target: &str,
        (first, second): (&str, &str),
        between: impl FnOnce(),
    ) -> String {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        let request = format!(
            "POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {OWNER}\
             \r\nContent-Length: {}\r\n\r\n{first}",
            first.len() + second.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
        between();
        stream.write_all(second.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// As the owner.
    pub(crate) fn own(&self, method: &str, target: &str, body: &str) -> Answer {
        self.as_token(OWNER, method, target, body)
    }

    pub(crate) fn as_token(&self, token: &str, method: &str, target: &str, body: &str) -> Answer {
        self.send(method, target, &format!("Authorization: Bearer {token}\r\n"), body.as_bytes())
    }

    /// Writes to `db`.
    pub(crate) fn write(&self, lines: &str) -> Answer {
        self.own("POST", "/api/v2/write?bucket=db&org=lineproof", lines)
    }

    /// Status and body of a write that is answered in JSON.
    pub(crate) fn refused(&self, lines: &str) -> (u16, serde_json::Value) {
        let answer = self.write(lines);
        assert_eq!(answer.header("content-type"), Some("application/json"), "{answer:?}");
        (answer.status, answer.json())
    }

    /// The times of the points of a measurement of `db`, as InfluxQL gives them.
    pub(crate) fn times(&self, measurement: &str) -> Vec<i64> {
        let target = format!("/query?db=db&epoch=ns&q=SELECT%20*%20FROM%20{measurement}");
        let answer = self.own("GET", &target, "");
        assert_eq!(answer.status, 200, "{answer:?}");
        let rows = answer.json()["results"][0]["series"][0]["values"].clone();
        let rows = rows.as_array().cloned().unwrap_or_default();
        rows.iter().filter_map(|row| row[0].as_i64()).collect()
    }
}
