//! What came back from a case and what is then stored, redacted: the thing that snapshots keep.
//! As text it is lossless and made for reading; [`parse`](Transcript::parse) reads it again.

mod text;

use crate::promise::Promise;

/// The transcript of one case on one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// A record for each step.
    pub steps: Vec<Record>,
}

/// What one step gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What the step did: `write`, `request`, `query`, `read_back`.
    pub action: String,
    /// What came back.
    pub outcome: Outcome,
    /// Where claim and storage disagree.
    pub ledger: Vec<String>,
}

/// What came back from a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An answer.
    Answer(Answer),
    /// None, and why.
    NoAnswer(String),
    /// The stored points, one line each.
    Stored(Vec<String>),
    /// What is stored could not be read, and why.
    Unreadable(String),
    /// Nobody asked: the target has no language for it.
    NotAsked,
    /// As long was waited as the last answer said, or as the case says.
    Waited,
    /// Expected only: what is promised of the answer.
    Promised(Promise),
    /// Expected only: nothing is promised of this step.
    Unsaid,
}

/// An answer, redacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers that matter, sorted by name.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// The headers that a transcript keeps.
pub(crate) const KEPT: &[&str] = &[
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-max-age",
    "allow",
    "content-encoding",
    "content-type",
    "retry-after",
    "etag",
    "www-authenticate",
    "x-influxdb-build",
    "x-influxdb-error",
    "x-influxdb-version",
    "x-platform-error-code",
];

/// More than this of a body says nothing more.
const MOST: usize = 16 * 1024;

impl Answer {
    /// From an answer on the wire.
    pub(crate) fn from_wire(
        response: &crate::wire::Response,
        redactor: &crate::redact::Redactor,
    ) -> Self {
        let mut headers: Vec<_> = response
            .headers
            .iter()
            .filter(|(name, _)| KEPT.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), redactor.header(name, value)))
            .collect();
        headers.sort();
        let body = match std::str::from_utf8(&response.body) {
            Ok(text) => redactor.text(text),
            Err(_) => {
                use base64::Engine;
                let bytes = base64::engine::general_purpose::STANDARD.encode(&response.body);
                format!("{{base64}}{bytes}")
            }
        };
        Self { status: response.status, headers, body: cut(body) }
    }
}

fn cut(body: String) -> String {
    if body.len() <= MOST {
        return body;
    }
    let mut end = MOST;
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &body[..end])
}
