//! What came back from a case and what is then stored, redacted: the thing that snapshots keep.
//! As text it is lossless and made for reading; [`parse`](Transcript::parse) reads it again.

mod text;

use crate::promise::Promise;
use std::borrow::Cow;

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers that matter, sorted by name.
    pub headers: Vec<(String, String)>,
    /// The body, or its beginning.
    pub body: String,
    /// What is not kept of a long body; a promise is looked for in it too.
    pub rest: Rest,
}

/// The end of a long body: no transcript shows it and no comparison of transcripts looks at it.
#[derive(Clone, Debug, Default)]
pub struct Rest(String);

impl PartialEq for Rest {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Rest {}

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

/// More than this of a body says nothing more to a reader.
const MOST: usize = 16 * 1024;

/// And more than this nobody looks through.
const MOST_LOOKED_AT: usize = 4 << 20;

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
        let (body, rest) = cut(body);
        Self { status: response.status, headers, body, rest }
    }

    /// All of the body that is there.
    pub(crate) fn whole_body(&self) -> Cow<'_, str> {
        if self.rest.0.is_empty() {
            return Cow::Borrowed(&self.body);
        }
        Cow::Owned(format!("{}{}", self.body.strip_suffix('…').unwrap_or(&self.body), self.rest.0))
    }
}

/// What is kept of a body, and the rest.
fn cut(body: String) -> (String, Rest) {
    if body.len() <= MOST {
        return (body, Rest::default());
    }
    let floor =
        |most: usize| (0..=most.min(body.len())).rev().find(|at| body.is_char_boundary(*at));
    let (end, last) = (floor(MOST).unwrap_or(0), floor(MOST_LOOKED_AT).unwrap_or(0));
    (format!("{}…", &body[..end]), Rest(body[end..last.max(end)].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_looked_for_behind_what_is_kept() {
        let (body, rest) = cut(format!("{}end", "é".repeat(MOST)));
        let answer = Answer { status: 200, body, rest, ..Answer::default() };
        assert!(answer.body.len() <= MOST + '…'.len_utf8() && answer.body.ends_with('…'));
        assert_eq!(answer.whole_body().len(), 2 * MOST + 3);
        let mut promise = Promise::of_statuses("200").unwrap();
        promise.add("text has \"end\"").unwrap();
        assert_eq!(promise.broken(&answer), []);
    }
}
