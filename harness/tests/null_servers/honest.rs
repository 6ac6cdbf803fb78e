//! The honest server: just enough of each API family to be judged, with real storage.

use crate::points::{Point, series};
use crate::server::{Answer, Kind, Nature, Request};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// What the server holds.
pub(crate) struct State {
    kind: Kind,
    databases: BTreeMap<String, Vec<Point>>,
    /// How many requests have come.
    pub(crate) requests: usize,
}

impl State {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, databases: BTreeMap::new(), requests: 0 }
    }
}

pub(crate) fn answer(state: &mut State, request: &Request, nature: Nature) -> Answer {
    let path = request.path.as_str();
    match (state.kind, path) {
        (_, "/ping") => ping(state.kind),
        (_, "/query") => query(state, &request.param("q"), &request.param("db")),
        (Kind::V1, "/write") => write(state, &request.param("db"), request, nature),
        (Kind::V2, "/api/v2/write") => write(state, &request.param("bucket"), request, nature),
        (Kind::V3, "/api/v3/write_lp") => write(state, &request.param("db"), request, nature),
        (Kind::V2, _) => v2(state, request).unwrap_or_else(not_found),
        (Kind::V3, "/api/v3/configure/database") => v3(state, request),
        _ => not_found(),
    }
}

fn not_found() -> Answer {
    Answer::new(404, "{\"error\":\"not found\"}")
}

fn ping(kind: Kind) -> Answer {
    let version = match kind {
        Kind::V1 => "1.6.7",
        Kind::V2 => "v2.7.12",
        Kind::V3 => "3.6.0",
    };
    let mut answer = Answer::new(204, "");
    answer.headers.push(("X-Influxdb-Version", version.to_owned()));
    answer
}

/// The good lines are stored, as far as this family stores them beside bad ones; the bad ones are
/// named in the way of the family.
fn write(state: &mut State, db: &str, request: &Request, nature: Nature) -> Answer {
    let lines = request.body.lines().enumerate().filter(|(_, line)| !line.is_empty());
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for (n, line) in lines {
        match Point::parse(line) {
            Some(point) if point.is_good() => good.push(point),
            point => bad.push((n + 1, line, point)),
        }
    }
    let refused: Vec<_> = bad.iter().filter_map(|(_, _, point)| point.clone()).collect();
    let (good, refused) = match state.kind {
        Kind::V2 if !bad.is_empty() => (Vec::new(), [good, refused].concat()),
        _ => (good, refused),
    };
    let stored = state.databases.entry(db.to_owned()).or_default();
    match nature {
        Nature::Keeps(keep) => keep(stored, good, refused),
        _ => store(stored, good),
    }
    if let Nature::ForgetsAfter(word) = nature
        && request.body.contains(word)
    {
        state.databases.iter_mut().filter(|(name, _)| *name != db).for_each(|(_, old)| old.clear());
    }
    let Some((number, line, _)) = bad.first() else { return Answer::new(204, "") };
    let body = match state.kind {
        Kind::V1 => {
            json!({"error": format!("partial write: unable to parse '{line}': invalid number dropped=0")})
        }
        Kind::V2 => {
            json!({"code": "invalid", "message": format!("unable to parse '{line}': invalid number")})
        }
        Kind::V3 => json!({
            "error": "partial write of line protocol occurred",
            "data": [{"original_line": line, "line_number": number, "error_message": "invalid number"}],
        }),
    };
    Answer::new(400, body.to_string())
}

/// One point of a series at a time.
pub(crate) fn store(stored: &mut Vec<Point>, points: Vec<Point>) {
    for point in points {
        stored.retain(|old| !old.is_same(&point));
        stored.push(point);
    }
}

fn query(state: &mut State, text: &str, db: &str) -> Answer {
    let quoted = text.split('"').nth(1).unwrap_or_default().to_owned();
    let result = if text.starts_with("CREATE DATABASE") {
        state.databases.entry(quoted).or_default();
        json!({})
    } else if text.starts_with("DROP DATABASE") {
        state.databases.remove(&quoted);
        json!({})
    } else if text == "SHOW DATABASES" {
        let names: Vec<_> = state.databases.keys().map(|name| [name]).collect();
        json!({"series": [{"name": "databases", "columns": ["name"], "values": names}]})
    } else if text == "SHOW USERS" {
        json!({})
    } else if text.starts_with("SELECT") || text.starts_with("SHOW") {
        let points = state.databases.get(db).cloned().unwrap_or_default();
        json!({"series": series(text, &points)})
    } else {
        return Answer::new(400, "{\"error\":\"error parsing query\"}");
    };
    Answer::new(200, json!({"results": [result]}).to_string())
}

/// Organisations and buckets; a bucket's id is its name.
fn v2(state: &mut State, request: &Request) -> Option<Answer> {
    let path = request.path.strip_prefix("/api/v2/")?;
    let json = |status: u16, body: &Json| Some(Answer::new(status, body.to_string()));
    match (request.method.as_str(), path) {
        ("GET", "setup") => json(200, &json!({"allowed": false})),
        ("GET", "orgs") => json(200, &json!({"orgs": [{"name": "o", "id": "1"}]})),
        ("GET", "dbrps") => json(200, &json!({"content": [{}]})),
        ("GET", "buckets") => {
            let names = state.databases.keys().map(|name| json!({"name": name, "id": name}));
            json(200, &json!({"buckets": names.collect::<Vec<_>>()}))
        }
        ("POST", "buckets") => {
            let body: Json = serde_json::from_str(&request.body).ok()?;
            let name = body["name"].as_str()?;
            // A second one of the same name is refused: nothing may be sent twice.
            if state.databases.insert(name.to_owned(), Vec::new()).is_some() {
                return json(422, &json!({"code": "conflict", "message": "there is one already"}));
            }
            json(201, &json!({"name": name, "id": name}))
        }
        ("DELETE", path) => {
            let gone = state.databases.remove(path.strip_prefix("buckets/")?);
            Some(gone.map_or_else(not_found, |_| Answer::new(204, "")))
        }
        _ => None,
    }
}

fn v3(state: &mut State, request: &Request) -> Answer {
    match request.method.as_str() {
        "POST" => {
            let body: Json = serde_json::from_str(&request.body).unwrap_or_default();
            let name = body["db"].as_str().unwrap_or_default().to_owned();
            match state.databases.insert(name, Vec::new()) {
                None => Answer::new(200, ""),
                Some(_) => Answer::new(409, "{\"error\":\"there is one already\"}"),
            }
        }
        "DELETE" => match state.databases.remove(&request.param("db")) {
            Some(_) => Answer::new(200, ""),
            None => not_found(),
        },
        _ => {
            let rows = state.databases.keys().map(|name| json!({"iox::database": name}));
            Answer::new(200, json!(rows.collect::<Vec<_>>()).to_string())
        }
    }
}
