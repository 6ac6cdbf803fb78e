//! The rules that the keys of a case file must keep.

use super::CaseError;
use super::file::{File, FileStep, Language};
use crate::case::{Action, Asked, Body, Case, Retention, Sending, Step, Wait};
use base64::Engine;
use profiles::Capability;
use std::time::Duration;

/// The areas that a case may belong to.
pub(super) const AREAS: &[&str] = &[
    "measurement",
    "tag",
    "field",
    "string",
    "timestamp",
    "precision",
    "batch",
    "schema",
    "endpoint",
    "params",
    "encoding",
    "limits",
    "auth",
    "names",
    "retention",
    "read_back",
    "delete",
    "query",
    "quota",
    "async",
    "rejected_points",
    "explicit_schema",
    "partition",
    "availability",
    // What `run --generate` has found and saved.
    crate::generate::AREA,
];

pub(super) fn case(file: &str, text: &str, raw: File) -> Result<Case, CaseError> {
    let lines = step_lines(text);
    let at = |line: usize, message: String| CaseError { file: file.to_owned(), line, message };
    let key = |name: &str| line_of_key(text, name);

    id(file, &raw.id).map_err(|m| at(key("id"), m))?;
    summary(&raw.summary).map_err(|m| at(key("summary"), m))?;
    let retention = raw
        .retention
        .map(|text| retention(&text))
        .transpose()
        .map_err(|m| at(key("retention"), m))?;
    if raw.steps.is_empty() {
        return Err(at(0, "a case needs at least one [[step]]".to_owned()));
    }
    let mut steps = Vec::new();
    for (n, raw) in raw.steps.into_iter().enumerate() {
        let line = lines.get(n).copied().unwrap_or(0);
        steps.push(step(raw, line).map_err(|m| at(line, format!("step {}: {m}", n + 1)))?);
    }

    let mut needs: std::collections::BTreeSet<_> = raw.needs.into_iter().collect();
    needs.extend(steps.iter().flat_map(implied));
    needs.extend(retention.is_some().then_some(Capability::Retention));
    needs.extend(raw.schema_type.map(|_| Capability::ExplicitSchemas));
    Ok(Case {
        id: raw.id,
        summary: raw.summary,
        level: raw.level,
        clauses: raw.clauses,
        needs,
        kills: raw.kills,
        retention,
        schema: raw.schema_type,
        setup: raw.setup,
        steps,
        file: file.to_owned(),
        source: text.to_owned(),
    })
}

fn id(file: &str, id: &str) -> Result<(), String> {
    let (area, name) = id.split_once('/').ok_or("an id is <area>/<name>")?;
    if !AREAS.contains(&area) {
        return Err(format!("unknown area \"{area}\"; known are {}", AREAS.join(", ")));
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        return Err(format!("the name \"{name}\" may hold only a-z, 0-9, `-`, `_` and `.`"));
    }
    let expected = format!("cases/{}", super::file_of(id));
    if file != expected {
        return Err(format!("the id \"{id}\" belongs into {expected}"));
    }
    Ok(())
}

fn summary(text: &str) -> Result<(), String> {
    match text {
        "" => Err("the summary is empty".to_owned()),
        text if text.contains('\n') => Err("the summary is one line".to_owned()),
        _ => Ok(()),
    }
}

fn retention(text: &str) -> Result<Retention, String> {
    let wrong = || format!("retention \"{text}\" is not a number and one of s m h d w");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return Err(wrong()),
    };
    let number = &text[..text.len() - 1];
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let count: u64 = number.parse().map_err(|_| wrong())?;
    // More than the nanoseconds of any time is no duration.
    let longest = Duration::from_nanos(i64::MAX.unsigned_abs()).as_secs();
    let seconds = count.checked_mul(seconds).filter(|seconds| *seconds <= longest);
    let seconds = seconds.ok_or_else(|| format!("retention \"{text}\" is longer than all time"))?;
    Ok(Retention { text: text.to_owned(), duration: Duration::from_secs(seconds) })
}

fn step(raw: FileStep, line: usize) -> Result<Step, String> {
    let is_query = raw.query.is_some();
    let is_request = raw.request.is_some();
    let is_read_back = raw.read_back.is_some();
    let is_wait = raw.wait.is_some();
    let mut actions = Vec::new();
    if let Some(text) = raw.write {
        actions.push(Action::Write(Body::Text(text)));
    }
    if let Some(text) = raw.write_base64 {
        let compact: String = text.split_whitespace().collect();
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(compact)
            .map_err(|error| format!("write_base64: {error}"))?;
        actions.push(Action::Write(Body::Bytes(bytes)));
    }
    if let Some(repeat) = raw.write_repeat {
        actions.push(Action::Write(Body::Repeat(repeat)));
    }
    if let Some(text) = raw.request {
        let (method, target) = text.split_once(' ').ok_or("a request is \"METHOD /path\"")?;
        if !target.starts_with('/') {
            return Err(format!("the request's path \"{target}\" does not start with /"));
        }
        actions.push(Action::Request {
            method: method.to_owned(),
            target: target.to_owned(),
            body: raw.body.clone().map(Body::Text),
        });
    }
    if let Some(text) = raw.query {
        let language = match raw.language {
            None | Some(Language::Influxql) => Capability::Influxql,
            Some(Language::Flux) => Capability::Flux,
            Some(Language::Sql) => Capability::Sql,
        };
        actions.push(Action::Query { text, language });
    }
    match raw.read_back {
        Some(true) => actions.push(Action::ReadBack),
        Some(false) => return Err("read_back = false does nothing".to_owned()),
        None => {}
    }
    if let Some(text) = &raw.wait {
        actions.push(Action::Wait(wait(text)?));
    }
    if actions.len() > 1 {
        return Err("does more than one thing".to_owned());
    }
    let action = actions.pop().ok_or(
        "does nothing: give one of write, write_base64, write_repeat, request, query, read_back, \
         wait",
    )?;
    if raw.body.is_some() && !is_request {
        return Err("`body` goes with `request` only".to_owned());
    }
    if raw.language.is_some() && !is_query {
        return Err("`language` goes with `query` only".to_owned());
    }
    let sending = Sending {
        endpoint: raw.endpoint,
        precision: raw.precision,
        params: raw.params,
        query_string: raw.query_string,
        method: raw.method,
        path: raw.path,
        headers: raw.headers,
        gzip: raw.encoding.is_some(),
        chunked: raw.chunked,
        role: raw.role.unwrap_or_default(),
        authorization: raw.authorization,
    };
    if (is_read_back || is_wait) && sending.is_changed() {
        return Err("`read_back` and `wait` take no key of a request".to_owned());
    }
    let asked = match (raw.eventually, raw.throughout) {
        (false, false) => Asked::Once,
        (true, true) => return Err("`eventually` and `throughout` exclude each other".to_owned()),
        _ if !(is_read_back || is_query || is_request) => {
            return Err("only read_back, query and request can be asked again".to_owned());
        }
        (true, false) => Asked::Eventually,
        (false, true) => Asked::Throughout,
    };
    if is_request && (sending.endpoint.is_some() || sending.method.is_some()) {
        return Err("`request` names its own method and path".to_owned());
    }
    Ok(Step { line, action, asked, sending })
}

/// `retry-after`, or a time like `500ms` or `2s`.
fn wait(text: &str) -> Result<Wait, String> {
    if text == "retry-after" {
        return Ok(Wait::RetryAfter);
    }
    let milliseconds = match text.strip_suffix("ms") {
        Some(number) => number.parse::<u64>().ok(),
        None => text.strip_suffix('s').and_then(|s| s.parse::<u64>().ok()).map(|s| s * 1000),
    };
    // Longer than that nobody waits for a case.
    match milliseconds {
        Some(milliseconds @ 1..=60_000) => Ok(Wait::For(Duration::from_millis(milliseconds))),
        _ => Err(format!("wait = \"{text}\" is neither `retry-after` nor a time up to 60s")),
    }
}

/// What the target must be able to do because of this step.
fn implied(step: &Step) -> Vec<Capability> {
    let mut needs = Vec::new();
    match step.action {
        Action::Write(_) => needs.push(Capability::Write),
        Action::Query { language, .. } => needs.push(language),
        Action::ReadBack => needs.push(Capability::ReadBack),
        Action::Request { .. } | Action::Wait(_) => {}
    }
    needs.extend(step.sending.endpoint.map(crate::case::Endpoint::capability));
    needs.extend(step.sending.role.capability());
    needs
}

/// The lines at which steps begin.
fn step_lines(text: &str) -> Vec<usize> {
    let begins = |line: &str| line.trim_start().starts_with("[[step]]");
    text.lines().enumerate().filter(|(_, line)| begins(line)).map(|(n, _)| n + 1).collect()
}

fn line_of_key(text: &str, key: &str) -> usize {
    let has =
        |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    text.lines().position(has).map_or(0, |n| n + 1)
}
