//! What the faults of the tables have in common.

use super::{Item, Seen};
use crate::http::{QueryString, Request, Response};
use base64::Engine;
use line_protocol::{FieldValue, Line};
use profiles::V2Api;
use profiles::answer::Answer;
use profiles::storage::{Partitions, Shards, Storage, Tables};
use profiles::write::WriteEndpoint;
use profiles::{Profile, Setting, Settings};
use serde_json::Value;

/// Changes each physical line of a text; what ends them stays.
pub(super) fn each_line(text: &[u8], mut change: impl FnMut(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let lines: Vec<_> = text.split(|&b| b == b'\n').map(&mut change).collect();
    lines.join(&b'\n')
}

/// Leaves only the lines of a text that pass.
pub(super) fn keep_lines(text: &[u8], keep: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let lines: Vec<_> = text.split(|&b| b == b'\n').filter(|line| keep(line)).collect();
    lines.join(&b'\n')
}

/// Replaces every occurrence.
pub(super) fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(text.len());
    let mut rest = 0;
    for at in memchr::memmem::find_iter(text, from) {
        if at >= rest {
            made.extend_from_slice(&text[rest..at]);
            made.extend_from_slice(to);
            rest = at + from.len();
        }
    }
    made.extend_from_slice(&text[rest..]);
    made
}

/// Replaces what a regular expression finds, byte by byte.
pub(super) fn rewrite(text: Vec<u8>, pattern: &str, with: &str) -> Vec<u8> {
    match regex::bytes::Regex::new(pattern) {
        Ok(pattern) => pattern.replace_all(&text, with.as_bytes()).into_owned(),
        Err(_) => text,
    }
}

/// Whether a regular expression finds anything.
pub(super) fn has(text: &[u8], pattern: &str) -> bool {
    regex::bytes::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

/// Changes each good line.
pub(super) fn good<'i>(lines: &mut [Item<'i>], change: impl FnMut(&mut Line<'i>)) {
    lines.iter_mut().flatten().for_each(change);
}

/// Changes each value of the good lines.
pub(super) fn values(lines: &mut [Item<'_>], mut change: impl FnMut(&mut FieldValue<'_>)) {
    good(lines, |line| line.fields.iter_mut().for_each(|(_, value)| change(value)));
}

/// Changes each string value of the good lines.
pub(super) fn strings(lines: &mut [Item<'_>], mut change: impl FnMut(&mut Vec<u8>)) {
    values(lines, |value| {
        if let FieldValue::String(text) = value {
            change(text.to_mut());
        }
    });
}

/// Loses the good lines that do not pass.
pub(super) fn keep_good(lines: &mut Vec<Item<'_>>, mut keep: impl FnMut(&Line<'_>) -> bool) {
    lines.retain(|line| line.as_ref().map_or(true, &mut keep));
}

/// Changes the write endpoints.
pub(super) fn endpoints(profile: &mut Profile, change: impl Fn(&mut WriteEndpoint)) {
    let mut changed = profile.facts.write.to_vec();
    changed.iter_mut().for_each(change);
    profile.facts.write = changed.leak();
}

/// Changes the answers of the write endpoints, and those to credentials.
pub(super) fn answers(profile: &mut Profile, change: impl Fn(&mut Answer)) {
    let changed = |tables: &[&[Answer]]| -> &'static [&'static [Answer]] {
        let table = |table: &&[Answer]| -> &'static [Answer] {
            let mut table = table.to_vec();
            table.iter_mut().for_each(&change);
            table.leak()
        };
        tables.iter().map(table).collect::<Vec<_>>().leak()
    };
    profile.facts.credentials = changed(profile.facts.credentials);
    endpoints(profile, |endpoint| endpoint.answers = changed(endpoint.answers));
}

/// Changes the product's own value of a setting that is a number.
pub(super) fn knob(profile: &mut Profile, setting: Setting, change: impl Fn(u64) -> u64) {
    let Some(value) = Settings::of(profile).number(setting) else { return };
    let mut knobs = profile.settings.to_vec();
    for knob in knobs.iter_mut().filter(|knob| knob.setting == setting) {
        knob.value = change(value).to_string().leak();
    }
    profile.settings = knobs.leak();
}

/// Changes the rules of shards.
pub(super) fn shards(profile: &mut Profile, change: impl Fn(&mut Shards)) {
    if let Storage::Shards(rules) = &mut profile.facts.storage {
        change(rules);
    }
}

/// Changes the rules of tables.
pub(super) fn tables(profile: &mut Profile, change: impl Fn(&mut Tables)) {
    if let Storage::Tables(rules) = &mut profile.facts.storage {
        change(rules);
    }
}

/// Changes the rules of partitions.
pub(super) fn partitions(profile: &mut Profile, change: impl Fn(&mut Partitions)) {
    if let Storage::Partitions(rules) = &mut profile.facts.storage {
        change(rules);
    }
}

/// Changes the management API of the v2 family.
pub(super) fn v2(profile: &mut Profile, change: impl Fn(&mut V2Api)) {
    if let Some(api) = profile.facts.v2_api {
        let mut api = *api;
        change(&mut api);
        profile.facts.v2_api = Some(Box::leak(Box::new(api)));
    }
}

/// Changes a body that is JSON.
pub(super) fn json(response: &mut Response, change: impl FnOnce(&mut Value)) {
    let newline = response.body.ends_with(b"\n");
    if let Ok(mut value) = serde_json::from_slice(&response.body) {
        change(&mut value);
        response.body = value.to_string().into_bytes();
        response.body.extend(newline.then_some(b'\n'));
    }
}

/// Changes every text in a JSON value.
pub(super) fn texts(value: &mut Value, change: &impl Fn(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| texts(item, change)),
        Value::Object(members) => members.values_mut().for_each(|item| texts(item, change)),
        _ => {}
    }
}

/// Takes a header away.
pub(super) fn without(response: &mut Response, name: &str) {
    response.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
}

/// Changes a header's value.
pub(super) fn header(response: &mut Response, name: &str, change: impl Fn(&mut Vec<u8>)) {
    for (known, value) in &mut response.headers {
        if known.eq_ignore_ascii_case(name) {
            change(value);
        }
    }
}

/// Changes the query string.
pub(super) fn query(request: &mut Request, change: impl FnOnce(&str) -> String) {
    if let Some(raw) = &request.raw_query {
        let changed = change(raw);
        request.query = QueryString::parse(&changed);
        request.raw_query = Some(changed);
    }
}

/// Changes the value of a parameter, as it stands there; `None` takes it away.
pub(super) fn parameter(
    request: &mut Request,
    name: &str,
    change: impl Fn(&str) -> Option<String>,
) {
    query(request, |raw| {
        let pair = |pair: &str| match pair.split_once('=') {
            Some((known, value)) if known == name => change(value).map(|v| format!("{known}={v}")),
            _ => Some(pair.to_owned()),
        };
        raw.split('&').filter_map(pair).collect::<Vec<_>>().join("&")
    });
}

/// Makes the owner ask.
pub(super) fn as_owner(request: &mut Request, seen: &Seen) {
    request.headers.retain(|(name, _)| name != "authorization");
    for name in ["u", "p", "token"] {
        parameter(request, name, |_| None);
    }
    let credentials = if seen.basic {
        let pair = format!("{}:{}", crate::provision::OWNER, seen.token);
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
    } else {
        format!("Token {}", seen.token)
    };
    request.headers.push(("authorization".to_owned(), credentials.into_bytes()));
}

/// Whether a request is a write, before it was seen.
pub(super) fn writes(request: &Request) -> bool {
    let asked =
        Seen { method: request.method.clone(), path: request.path.clone(), ..Seen::default() };
    asked.is_write()
}

/// Whether a request has credentials.
pub(super) fn has_credentials(request: &Request) -> bool {
    request.headers.iter().any(|(name, _)| name == "authorization")
        || request
            .raw_query
            .as_deref()
            .is_some_and(|raw| raw.contains("u=") || raw.contains("token="))
}
