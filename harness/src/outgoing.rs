//! From a step to the request that goes out, whatever the family of the target.

use crate::case::{Action, Body, Case, Endpoint, Repeat, Sending, Step};
use crate::read_back::{Place, encode, query};
use crate::space::{Space, Times, unit};
use crate::wire::Request;
use profiles::{Family, Management};
use std::io::Write as _;

/// A request, and what the harness knows of it.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) request: Request,
    /// The body before it was compressed, where it was.
    inflated: Option<Vec<u8>>,
    /// The times that placeholders stood for.
    pub(crate) times: Times,
    /// The write endpoint, where it is one.
    pub(crate) endpoint: Endpoint,
}

impl Outgoing {
    /// The lines, as the server should understand them.
    pub(crate) fn lines(&self) -> &[u8] {
        self.inflated.as_deref().unwrap_or(&self.request.body)
    }
}

/// The write endpoint that a family has of its own.
pub(crate) const fn own_endpoint(family: Family) -> Endpoint {
    match family {
        Family::V1 => Endpoint::V1,
        Family::V2 | Family::Iox(_) => Endpoint::V2,
        Family::V3 => Endpoint::V3,
    }
}

/// The request of this step; none where the step reads back.
pub(crate) fn outgoing(family: Family, step: &Step, space: &Space) -> Option<Outgoing> {
    let sending = &step.sending;
    let endpoint = sending.endpoint.unwrap_or_else(|| own_endpoint(family));
    let mut times = Times::new();
    let mut lines = Vec::new();
    let mut request = match &step.action {
        Action::ReadBack | Action::Wait(_) => return None,
        Action::Write(body) => {
            lines = bytes(body, sending, space, &mut times);
            let path = sending.path.as_deref().unwrap_or_else(|| endpoint.path());
            let query =
                sending.query_string.clone().unwrap_or_else(|| usual(family, endpoint, sending));
            Request::new(sending.method.as_deref().unwrap_or("POST"), join(path, &query, sending))
        }
        Action::Request { method, target, body } => {
            lines = body.as_ref().map_or_else(Vec::new, |b| bytes(b, sending, space, &mut times));
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            Request::new(
                method,
                join(path, sending.query_string.as_deref().unwrap_or(query), sending),
            )
        }
        Action::Query { text, language } => {
            let place = Place {
                database: space.database.clone(),
                prefix: String::new(),
                org: space.org.clone(),
                authorization: None,
                only: None,
            };
            let mut request = query(*language, &place, &space.fill(text));
            if let Some(method) = &sending.method {
                request.method.clone_from(method);
            }
            let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
            let path = sending.path.as_deref().unwrap_or(path);
            let query = sending.query_string.as_deref().unwrap_or(query);
            request.target = join(path, query, sending);
            request
        }
    };
    request.target = space.fill_url(&request.target);
    authorize(&mut request, sending, space);
    for (name, value) in &sending.headers {
        request.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        request.headers.push((name.clone(), space.fill(value)));
    }
    let mut inflated = None;
    if sending.gzip {
        request.body = match &step.action {
            Action::Write(Body::Repeat(repeat)) if same_everywhere(repeat, space) => {
                repeat.compressed.get_or_init(|| gzip(&lines)).clone()
            }
            _ => gzip(&lines),
        };
        inflated = Some(lines);
        if request.get("content-encoding").is_none() {
            request.headers.push(("Content-Encoding".to_owned(), "gzip".to_owned()));
        }
    } else if !matches!(step.action, Action::Query { .. }) {
        request.body = lines;
    }
    request.chunked = sending.chunked;
    Some(Outgoing { request, inflated, times, endpoint })
}

fn authorize(request: &mut Request, sending: &Sending, space: &Space) {
    let own = space.roles.get(&sending.role).and_then(|c| c.authorization.clone());
    let value = sending.authorization.as_ref().map(|text| space.fill(text)).or(own);
    if let Some(value) = value {
        request.headers.push(("Authorization".to_owned(), value));
    }
}

/// The query string that a write to this endpoint has.
fn usual(family: Family, endpoint: Endpoint, sending: &Sending) -> String {
    let mut query = match (endpoint, family) {
        (Endpoint::V2, Family::V2 | Family::Iox(Management::Buckets)) => {
            "bucket={db}&org={org}".to_owned()
        }
        (Endpoint::V2, _) => "bucket={db}".to_owned(),
        _ => "db={db}".to_owned(),
    };
    if let Some(precision) = &sending.precision {
        query += "&precision=";
        query += &encode(spelled(family, endpoint, precision));
    }
    query
}

/// How an endpoint spells a precision. The IOx router has one spelling on all of them.
fn spelled(family: Family, endpoint: Endpoint, precision: &str) -> &str {
    match (endpoint, precision) {
        _ if matches!(family, Family::Iox(_)) => precision,
        (Endpoint::V1, "ns") => "n",
        (Endpoint::V1, "us") => "u",
        (Endpoint::V3, "ns") => "nanosecond",
        (Endpoint::V3, "us") => "microsecond",
        (Endpoint::V3, "ms") => "millisecond",
        (Endpoint::V3, "s") => "second",
        (_, other) => other,
    }
}

fn join(path: &str, query: &str, sending: &Sending) -> String {
    let parts: Vec<_> = [Some(query), sending.params.as_deref()]
        .into_iter()
        .flatten()
        .filter(|p| !p.is_empty())
        .collect();
    if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) }
}

/// The bytes of a body.
pub(crate) fn bytes(body: &Body, sending: &Sending, space: &Space, times: &mut Times) -> Vec<u8> {
    match body {
        Body::Bytes(bytes) => bytes.clone(),
        Body::Text(text) => {
            let filled = space.fill_body(text, unit(sending.precision.as_deref()), times);
            crate::shared::prefixed(&filled, &space.prefix).into_bytes()
        }
        Body::Repeat(repeat) => repeated(repeat, space),
    }
}

fn repeated(repeat: &Repeat, space: &Space) -> Vec<u8> {
    let mut text = String::new();
    // The size is that of the body as the case writes it, whatever the placeholders stand for.
    let mut as_written = 0;
    let mut put = |line: &str, written: usize| {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
            as_written += 1;
        }
        text += line;
        as_written += written;
    };
    let fill = |line: &str| crate::shared::prefixed(&space.fill(line), &space.prefix);
    repeat.first.iter().for_each(|first| put(&fill(first), first.len()));
    let line = fill(&repeat.line);
    for i in 0..repeat.count {
        let line_of_i = line.replace("{i}", &i.to_string());
        let written = line_of_i.len() + repeat.line.len() - line.len();
        put(&line_of_i, written);
    }
    repeat.last.iter().for_each(|last| put(&fill(last), last.len()));
    let mut bytes = text.into_bytes();
    if let Some(size) = repeat.pad_to
        && as_written + 2 <= size
    {
        let padded = bytes.len() + size - as_written;
        bytes.extend_from_slice(b"\n#");
        bytes.resize(padded, b'x');
    }
    bytes
}

/// Whether a generated body is the same on every target: nothing in it names the case's place.
fn same_everywhere(repeat: &Repeat, space: &Space) -> bool {
    let texts = [repeat.first.as_ref(), Some(&repeat.line), repeat.last.as_ref()];
    space.prefix.is_empty() && texts.into_iter().flatten().all(|text| space.fill(text) == *text)
}

/// Bodies from this size on are compressed quickly rather than well: they prove limits.
const LARGE: usize = 1 << 20;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use flate2::Compression;
    let level = if bytes.len() < LARGE { Compression::default() } else { Compression::fast() };
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    // Writing into memory does not fail.
    encoder.write_all(bytes).ok();
    encoder.finish().unwrap_or_default()
}

/// The databases or buckets that a case names itself, besides its own.
pub(crate) fn named_databases(case: &Case) -> Vec<String> {
    let mut names = Vec::new();
    for step in &case.steps {
        let target = match &step.action {
            Action::Request { target, .. } => target.split_once('?').map(|(_, query)| query),
            _ => None,
        };
        let sending = &step.sending;
        for query in [target, sending.query_string.as_deref(), sending.params.as_deref()] {
            for pair in query.unwrap_or_default().split('&') {
                if let Some(("db" | "bucket" | "rp", name)) = pair.split_once('=')
                    && name != "{db}"
                {
                    names.push(
                        percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned(),
                    );
                }
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::OnceLock;

    fn target_of(family: Family, toml: &str) -> String {
        let head = "id='batch/x'\nsummary='s'\nlevel='must'\nclauses=[]\nneeds=[]\n[[step]]\n";
        let case = crate::load::parse("cases/batch/x.toml", &format!("{head}{toml}")).unwrap();
        let space =
            Space { database: "d".to_owned(), org: Some("o".to_owned()), ..Space::default() };
        outgoing(family, &case.steps[0], &space).unwrap().request.target
    }

    #[test]
    fn each_endpoint_has_its_own_names() {
        let ns = "write = 'm f=1'\nprecision = 'ns'";
        assert_eq!(target_of(Family::V1, ns), "/write?db=d&precision=n");
        assert_eq!(target_of(Family::V2, ns), "/api/v2/write?bucket=d&org=o&precision=ns");
        assert_eq!(target_of(Family::V3, ns), "/api/v3/write_lp?db=d&precision=nanosecond");
        let forced = "write = 'm f=1'\nendpoint = 'v1'\nparams = 'rp=x'";
        assert_eq!(target_of(Family::V3, forced), "/write?db=d&rp=x");
        let replaced = "write = 'm f=1'\nquery_string = 'db={db}&db=y'";
        assert_eq!(target_of(Family::V1, replaced), "/write?db=d&db=y");
    }

    /// What names and tokens hold is no part of a URL's own form.
    #[test]
    fn a_value_in_a_url_is_encoded() {
        let head = "id='batch/x'\nsummary='s'\nlevel='must'\nclauses=[]\nneeds=[]\n[[step]]\n";
        let step = "write = 'm f=1'\nquery_string = 'db={db}&u=x&p={token}'\nauthorization = 'Token {token}'";
        let case = crate::load::parse("cases/batch/x.toml", &format!("{head}{step}")).unwrap();
        let space = Space {
            database: "my data".to_owned(),
            token: "a+b&c d==".to_owned(),
            ..Space::default()
        };
        let request = outgoing(Family::V1, &case.steps[0], &space).unwrap().request;
        assert_eq!(request.target, "/write?db=my%20data&u=x&p=a%2Bb%26c%20d%3D%3D");
        assert_eq!(request.get("authorization"), Some("Token a+b&c d=="));
    }

    #[test]
    fn a_generated_body_has_the_size_asked_for() {
        let repeat = Repeat {
            line: "m f={i}".to_owned(),
            count: 2,
            first: None,
            last: None,
            pad_to: Some(40),
            compressed: OnceLock::new(),
        };
        let text = repeated(&repeat, &Space::default());
        assert_eq!(text.len(), 40);
        assert!(text.starts_with(b"m f=0\nm f=1\n#xx"), "{text:?}");
    }
}
