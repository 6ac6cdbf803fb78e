//! The recordings as a table: after these requests, this request was answered so.

use super::key::{Asked, History, key, only_reads, owner};
use super::rows;
use anyhow::{Context, Result, anyhow};
use base64::Engine;
use flate2::read::GzDecoder;
use profiles::Family;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

/// Which recordings there are of a product.
pub(super) struct Source {
    /// Which release.
    pub(super) from: &'static str,
    /// Files of lines, and the endpoint (with further parameters) that they were written to.
    pub(super) lines: &'static [(&'static str, &'static str)],
    /// Files of requests in full.
    pub(super) requests: &'static [&'static str],
}

/// A recorded answer, with its placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// Recorded answers by what had been asked before, and what was asked.
pub(super) type Played = HashMap<(History, u64), Answer>;

/// What a recording of lines reads afterwards, and how it names it.
pub(super) const READS: [(&str, &str); 3] = [
    ("select", "SELECT%20%2A%20FROM%20%2F.%2A%2F"),
    ("fields", "SHOW%20FIELD%20KEYS"),
    ("tags", "SHOW%20TAG%20KEYS"),
];

/// Reads the recordings of a product.
pub(super) fn load(family: Family, source: &Source) -> Result<Played> {
    let mut played = Played::new();
    for (name, endpoint) in source.lines {
        for probe in probes(name)? {
            lines(family, endpoint, &probe, &mut played)
                .with_context(|| format!("{name}: {}", probe["id"]))?;
        }
    }
    for name in source.requests {
        for probe in probes(name)? {
            requests(family, name.ends_with("-auth"), &probe, &mut played)
                .with_context(|| format!("{name}: {}", probe["id"]))?;
        }
    }
    Ok(played)
}

fn folder() -> PathBuf {
    crate::cargo::root().join("reference-server/tests/recordings")
}

fn probes(name: &str) -> Result<Vec<Json>> {
    let path = folder().join(format!("{name}.jsonl.gz"));
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn unchanged(text: &str) -> String {
    text.to_owned()
}

/// Bodies for one endpoint, and what is stored after the last.
fn lines(family: Family, endpoint: &str, probe: &Json, played: &mut Played) -> Result<()> {
    let (path, further) = endpoint.split_once('?').unwrap_or((endpoint, ""));
    let mut query = match (path, family) {
        ("/api/v2/write", Family::V2) => "bucket={db}&org={org}".to_owned(),
        ("/api/v2/write", _) => "bucket={db}".to_owned(),
        _ => "db={db}".to_owned(),
    };
    if let Some(precision) = probe["precision"].as_str().filter(|p| !p.is_empty()) {
        query += &format!("&precision={}", spelled(path, precision));
    }
    if !further.is_empty() {
        query += &format!("&{further}");
    }
    let by_owner = vec![("authorization".to_owned(), owner(family).to_owned())];
    let mut history = History::default();
    for (body, answer) in list(&probe["bodies"]).zip(list(&probe["writes"])) {
        let asked = Asked {
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: query.clone(),
            headers: by_owner.clone(),
            body: bytes(body)?,
            chunked: false,
        };
        let key = key(family, &asked, &unchanged);
        let Some(mut answer) = self::answer(answer)? else { return Ok(()) };
        // Files of lines keep fewer headers. Every recorded 204 of version 3 with all its headers
        // has this one, and no other answer to a write has it.
        if family == Family::V3 && answer.status == 204 {
            answer.headers.push(("access-control-allow-origin".to_owned(), "*".to_owned()));
        }
        played.entry((history, key)).or_insert(answer);
        history = history.and(key);
    }
    for (name, statement) in READS {
        if let Some(answer) = answer(&probe["read"][name])? {
            played.entry((history, read(family, statement))).or_insert(answer);
        }
    }
    Ok(())
}

/// What the harness asks when it reads back.
fn read(family: Family, statement: &str) -> u64 {
    let asked = Asked {
        method: "GET".to_owned(),
        path: "/query".to_owned(),
        query: format!("db={{db}}&q={statement}&epoch=ns"),
        headers: vec![("authorization".to_owned(), owner(family).to_owned())],
        ..Asked::default()
    };
    key(family, &asked, &unchanged)
}

/// How an endpoint spells a precision.
fn spelled<'p>(path: &str, precision: &'p str) -> &'p str {
    match (path, precision) {
        ("/write", "ns") => "n",
        ("/write", "us") => "u",
        ("/api/v3/write_lp", "ns") => "nanosecond",
        ("/api/v3/write_lp", "us") => "microsecond",
        ("/api/v3/write_lp", "ms") => "millisecond",
        ("/api/v3/write_lp", "s") => "second",
        _ => precision,
    }
}

/// Requests in full.
fn requests(family: Family, with_auth: bool, probe: &Json, played: &mut Played) -> Result<()> {
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    let mut history = History::default();
    let mut own_bucket = false;
    for (request, answer) in list(&probe["requests"]).zip(list(&probe["responses"])) {
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, value) in request["headers"].as_object().into_iter().flatten() {
            headers.push((name.to_ascii_lowercase(), text(value)));
        }
        let is_owners = match family {
            Family::V2 => request["anonymous"] != true,
            // Without credentials where none were asked for: what the owner may do.
            Family::V1 | Family::V3 | Family::Iox(_) => !with_auth,
        };
        if is_owners && !headers.iter().any(|(name, _)| name == "authorization") {
            headers.push(("authorization".to_owned(), owner(family).to_owned()));
        }
        let mut asked = Asked {
            method: text(&request["method"]),
            path: text(&request["path"]),
            query: text(&request["query"]),
            body: body(request, &headers)?,
            headers,
            chunked: request["chunked"] == true,
        };
        let Some(mut answer) = self::answer(answer)? else { return Ok(()) };
        if let Some(seconds) = bucket_with_retention(&asked) {
            // A case's own bucket has the retention: the same, one bucket earlier.
            (history, own_bucket) = (History::retention(seconds), true);
            continue;
        }
        if own_bucket {
            asked.query = asked.query.replace("ret_{db}", "{db}");
            asked.body = replaced(&asked.body);
            answer.body = replaced(&answer.body);
        }
        if asked.path == "/api/v3/query_influxql" && asked.query.contains("format=jsonl") {
            told_as_reads(family, history, &answer, played);
        }
        let key = key(family, &asked, &unchanged);
        played.entry((history, key)).or_insert(answer);
        if !only_reads(&asked) {
            history = history.and(key);
        }
    }
    Ok(())
}

/// Rows that tell all that is stored, as answers to what the harness asks.
fn told_as_reads(family: Family, history: History, rows: &Answer, played: &mut Played) {
    let told = rows::reads(&String::from_utf8_lossy(&rows.body)).filter(|_| rows.status == 200);
    for ((_, statement), body) in READS.iter().zip(told.into_iter().flatten()) {
        let answer = Answer { status: 200, headers: Vec::new(), body: body.into_bytes() };
        played.entry((history, read(family, statement))).or_insert(answer);
    }
}

/// The retention of the bucket `ret_{db}`, if that is what is made here.
fn bucket_with_retention(asked: &Asked) -> Option<u64> {
    if asked.path != "/api/v2/buckets" || asked.method != "POST" {
        return None;
    }
    let json: Json = serde_json::from_slice(&asked.body).ok()?;
    let seconds = json["retentionRules"][0]["everySeconds"].as_u64()?;
    (json["name"] == "ret_{db}" && seconds >= 3600).then_some(seconds)
}

fn replaced(body: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(body).replace("ret_{db}", "{db}").into_bytes()
}

/// A recorded body, or the one that its size describes.
fn body(request: &Json, headers: &[(String, String)]) -> Result<Vec<u8>> {
    let Some(size) = request["body_size"].as_u64() else { return bytes(&request["body"]) };
    let size = usize::try_from(size)?;
    if headers.iter().any(|(name, value)| name == "content-encoding" && value == "gzip") {
        return Ok(std::fs::read(folder().join("line-and-comment-of-26MB.gz"))?);
    }
    // The longest string that OSS v2 stores, in a line of its own.
    if size.checked_sub(1 << 20) == Some(26) {
        return Ok(format!("m s=\"{}\" 1700000000000000000", "x".repeat(1 << 20)).into_bytes());
    }
    let mut body = b"cpu,host=a v=1 1700000000000000000\n#".to_vec();
    body.resize(size, b'x');
    Ok(body)
}

fn bytes(json: &Json) -> Result<Vec<u8>> {
    match (json, json["base64"].as_str()) {
        (Json::String(text), _) => Ok(text.clone().into_bytes()),
        (_, Some(text)) => Ok(base64::engine::general_purpose::STANDARD.decode(text)?),
        _ => Err(anyhow!("neither text nor base64: {json}")),
    }
}

/// An answer; none where the product gave none.
fn answer(json: &Json) -> Result<Option<Answer>> {
    let Some(status) = json["status"].as_u64().filter(|status| *status != 0) else {
        return Ok(None);
    };
    let headers = json["headers"].as_object().into_iter().flatten();
    let headers = headers.map(|(n, v)| (n.clone(), v.as_str().unwrap_or_default().to_owned()));
    let headers = headers.collect();
    Ok(Some(Answer { status: u16::try_from(status)?, headers, body: bytes(&json["body"])? }))
}

fn list(json: &Json) -> impl Iterator<Item = &Json> {
    json.as_array().into_iter().flatten()
}
