//! Asking a server: probes on connections of their own, preparations on one that is kept.

use crate::answer::{Answer, Content};
use crate::wire::{Connection, RawAnswer, Sending};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::io;

/// The headers that recordings keep.
const KEPT: &[&str] = &[
    "content-type",
    "x-influxdb-error",
    "x-platform-error-code",
    "x-influxdb-version",
    "x-influxdb-build",
    "retry-after",
    "www-authenticate",
    "allow",
    "content-encoding",
];
/// Kept too where the probe is a request in full.
const KEPT_CORS: &[&str] = &[
    "access-control-allow-origin",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
];
/// Recordings in full keep so much of a body.
const KEPT_BYTES: usize = 20_000;
/// What stands for itself in a query string.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Asks one server.
pub(crate) struct Client {
    authority: String,
    kept: Option<Connection>,
    /// What its own calls carry as `Authorization`.
    pub(crate) authorization: Option<String>,
}

impl Client {
    /// For the server at `host:port`.
    pub(crate) fn new(authority: String) -> Self {
        Self { authority, kept: None, authorization: None }
    }

    /// A request in full, on a connection of its own.
    pub(crate) fn probe(
        &self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: Sending<'_>,
    ) -> Answer {
        let exchange = Connection::open(&self.authority)
            .and_then(|mut c| c.exchange(method, target, headers, body));
        match exchange {
            Ok(mut raw) => {
                raw.body.truncate(KEPT_BYTES);
                let kept = |name: &str| KEPT.contains(&name) || KEPT_CORS.contains(&name);
                answer(raw, kept)
            }
            Err(error) => none(&error),
        }
    }

    /// A request with the client's own credentials, on the connection that is kept.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut all: Vec<_> = headers.iter().map(|&(n, v)| (n.to_owned(), v.to_owned())).collect();
        if let Some(authorization) = &self.authorization {
            all.push(("Authorization".to_owned(), authorization.clone()));
        }
        match self.exchange(method, target, &all, body) {
            Ok(raw) => answer(raw, |name| KEPT.contains(&name)),
            Err(error) => none(&error),
        }
    }

    /// A call of the management API: JSON out, JSON in (null where there is none).
    pub(crate) fn call(
        &mut self,
        method: &str,
        target: &str,
        body: Option<&Value>,
    ) -> Result<Value, String> {
        let sent = body.map(Value::to_string).unwrap_or_default();
        let headers = [("Content-Type", "application/json")];
        let answer = self.ask(method, target, &headers, sent.as_bytes());
        let text = answer.body.text();
        if (200..300).contains(&answer.status) {
            Ok(serde_json::from_str(text).unwrap_or_default())
        } else {
            Err(format!("{method} {target} {sent} was answered {} {text}", answer.status))
        }
    }

    fn exchange(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> io::Result<RawAnswer> {
        let mut connection = match self.kept.take() {
            Some(connection) => connection,
            None => Connection::open(&self.authority)?,
        };
        let raw = connection.exchange(method, target, headers, Sending::Whole(body))?;
        if !raw.last {
            self.kept = Some(connection);
        }
        Ok(raw)
    }
}

/// `a=b&c=d`, encoded.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    let encode = |s| utf8_percent_encode(s, QUERY);
    let pairs: Vec<_> = pairs.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
    pairs.join("&")
}

fn answer(raw: RawAnswer, kept: impl Fn(&str) -> bool) -> Answer {
    let headers = raw.headers.into_iter().map(|(n, v)| (n.to_ascii_lowercase(), v));
    Answer {
        status: raw.status,
        headers: headers.filter(|(n, _)| kept(n)).collect(),
        body: Content::new(raw.body),
    }
}

/// The connection broke: what stands in a recording then, too.
fn none(error: &io::Error) -> Answer {
    let body = Content::Text(format!("<no answer: {error}>"));
    Answer { status: 0, headers: Default::default(), body }
}
