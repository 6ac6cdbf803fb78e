//! A small server of the v1 family that is honest, or has exactly one fault.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    Always(u16),
    Html,
    Hangs,
    Resets,
    SpeaksTls,
    Babbles,
    StoresNothing,
    WantsCredentials,
    LosesSecondLine,
    Duplicates,
    IntegersAsFloats,
    ShiftsTime,
    Late,
    StoresWhatItRefuses,
    HangsOnBadLines,
    CrashesOnBadLines,
    DiesAfterCanary,
    NoInfluxql,
    ForgetsOnceRead,
    UnreadableAfterBadLines,
    SlowToReadAfterBadLines,
}

/// A stored point: measurement, tags, fields, time; and when it shows.
#[derive(Clone)]
struct Point {
    measurement: String,
    tags: BTreeMap<String, String>,
    fields: BTreeMap<String, String>,
    time: i64,
    from: Instant,
}

#[derive(Default)]
struct State {
    databases: BTreeMap<String, Vec<Point>>,
    writes: usize,
    connections: usize,
    dead: bool,
    /// The databases to which a bad line has come.
    spoilt: Vec<String>,
    /// The databases that were read.
    read: Vec<String>,
}

/// A running server.
pub(crate) struct Fake {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Fake {
    pub(crate) async fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                tokio::spawn(serve(stream, fault, Arc::clone(&shared)));
            }
        });
        Self { url, state }
    }

    pub(crate) fn databases(&self) -> Vec<String> {
        self.state.lock().unwrap().databases.keys().cloned().collect()
    }

    /// How many connections have come.
    #[allow(dead_code, reason = "the tests of the binary ask")]
    pub(crate) fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    /// How many writes have come.
    #[allow(dead_code, reason = "not every test counts them")]
    pub(crate) fn writes(&self) -> usize {
        self.state.lock().unwrap().writes
    }

    /// How many writes with a bad line have come.
    pub(crate) fn bad_writes(&self) -> usize {
        self.state.lock().unwrap().spoilt.len()
    }
}

async fn serve(mut stream: TcpStream, fault: Fault, state: Arc<Mutex<State>>) {
    match fault {
        Fault::Hangs => return std::future::pending().await,
        Fault::Resets => {
            stream.set_zero_linger().ok();
            return;
        }
        Fault::SpeaksTls => {
            let _ = stream.read(&mut [0; 64]).await;
            stream.write_all(b"\x15\x03\x01\x00\x02\x02\x46").await.ok();
            return;
        }
        Fault::Babbles => {
            stream.write_all(b"220 mail.example ESMTP\r\n").await.ok();
            return;
        }
        _ => {}
    }
    let mut buffer = Vec::new();
    while let Some((head, body)) = request(&mut stream, &mut buffer).await {
        let answer = answer(&head, &body, fault, &state);
        match answer {
            Reply::Answer(status, body) => {
                let kind = if body.starts_with('<') { "text/html" } else { "application/json" };
                let length = if status == 204 {
                    String::new()
                } else {
                    format!("Content-Length: {}\r\n", body.len())
                };
                let text =
                    format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{length}\r\n{body}");
                if stream.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
            Reply::Hang => return std::future::pending().await,
            Reply::Close => return,
        }
    }
}

async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, String)> {
    loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            let length: usize = length.map_or(0, |text| text.parse().unwrap());
            if buffer.len() >= end + 4 + length {
                let body = String::from_utf8_lossy(&buffer[end + 4..end + 4 + length]).into_owned();
                buffer.drain(..end + 4 + length);
                return Some((head, body));
            }
        }
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(count) if count > 0 => buffer.extend_from_slice(&more[..count]),
            _ => return None,
        }
    }
}

enum Reply {
    Answer(u16, String),
    Hang,
    Close,
}

fn answer(head: &str, body: &str, fault: Fault, state: &Mutex<State>) -> Reply {
    let target = head.split(' ').nth(1).unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let param = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| *key == name).map_or("", |(_, value)| value);
        percent_encoding::percent_decode_str(value).decode_utf8().unwrap().into_owned()
    };
    let mut state = state.lock().unwrap();
    if state.dead {
        return Reply::Close;
    }
    match fault {
        Fault::Always(status) => return Reply::Answer(status, String::new()),
        Fault::Html => return Reply::Answer(200, "<html><body>Welcome</body></html>".to_owned()),
        // admin:hunter22
        Fault::WantsCredentials if !head.contains("Authorization: Basic YWRtaW46aHVudGVyMjI=") => {
            return Reply::Answer(
                401,
                "{\"error\":\"unable to parse authentication credentials\"}".to_owned(),
            );
        }
        Fault::UnreadableAfterBadLines if state.spoilt.contains(&param("db")) => {
            return Reply::Answer(500, "{\"error\":\"out of order\"}".to_owned());
        }
        Fault::SlowToReadAfterBadLines if state.spoilt.contains(&param("db")) => {
            return Reply::Hang;
        }
        Fault::NoInfluxql if path == "/query" => return Reply::Answer(404, String::new()),
        _ => {}
    }
    match path {
        "/query" => {
            let (text, db) = (param("q"), param("db"));
            if fault == Fault::ForgetsOnceRead && text.starts_with("SELECT") {
                // The first reading comes right after the write.
                if state.read.contains(&db) {
                    state
                        .databases
                        .entry(db.clone())
                        .or_default()
                        .retain(|p| p.measurement != "cpu");
                }
            }
            if text == "SHOW TAG KEYS" {
                state.read.push(db.clone());
            }
            Reply::Answer(200, statement(&mut state, &text, &db))
        }
        "/write" => write(&mut state, &param("db"), body, fault),
        _ => Reply::Answer(404, "404 page not found\n".to_owned()),
    }
}

fn write(state: &mut State, db: &str, body: &str, fault: Fault) -> Reply {
    state.writes += 1;
    if fault == Fault::DiesAfterCanary && state.writes > 1 {
        state.dead = true;
        return Reply::Close;
    }
    let is_canary = body.contains("canary");
    let mut bad = Vec::new();
    let mut points = Vec::new();
    for line in body.lines().filter(|line| !line.is_empty()) {
        match point(line) {
            Some(point) => points.push(point),
            None => bad.push(format!("unable to parse '{line}': missing fields")),
        }
    }
    if !bad.is_empty() {
        state.spoilt.push(db.to_owned());
    }
    match fault {
        Fault::HangsOnBadLines if !bad.is_empty() => return Reply::Hang,
        Fault::CrashesOnBadLines if !bad.is_empty() => return Reply::Close,
        Fault::StoresNothing => points.clear(),
        Fault::LosesSecondLine if !is_canary && points.len() > 1 => {
            points.remove(1);
        }
        Fault::IntegersAsFloats if !is_canary => {
            for value in points.iter_mut().flat_map(|p| p.fields.values_mut()) {
                *value = value.trim_end_matches('i').to_owned();
            }
        }
        Fault::ShiftsTime if !is_canary => points.iter_mut().for_each(|p| p.time += 1_000),
        Fault::Late if !is_canary => {
            points.iter_mut().for_each(|p| p.from = Instant::now() + Duration::from_millis(150));
        }
        Fault::Duplicates if !is_canary => points.extend(points.clone()),
        _ => {}
    }
    let stored = state.databases.entry(db.to_owned()).or_default();
    let all_refused = fault == Fault::StoresWhatItRefuses && !bad.is_empty();
    stored.extend(points);
    if fault == Fault::NoInfluxql {
        state.databases.clear();
    }
    if all_refused {
        return Reply::Answer(400, "{\"error\":\"unable to parse anything\"}".to_owned());
    }
    if bad.is_empty() {
        return Reply::Answer(204, String::new());
    }
    let error = format!("partial write: {} dropped=0", bad.join("\n"));
    Reply::Answer(400, serde_json::json!({ "error": error }).to_string())
}

fn point(line: &str) -> Option<Point> {
    let (series, rest) = line.split_once(' ')?;
    let (fields, time) = rest.rsplit_once(' ')?;
    let mut parts = series.split(',');
    let pair = |text: &str| text.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()));
    Some(Point {
        measurement: parts.next()?.to_owned(),
        tags: parts.map(pair).collect::<Option<_>>()?,
        fields: fields.split(',').map(pair).collect::<Option<_>>()?,
        time: time.parse().ok()?,
        from: Instant::now(),
    })
}

fn statement(state: &mut State, text: &str, db: &str) -> String {
    let quoted = text.split('"').nth(1).unwrap_or_default().to_owned();
    let result = if text.starts_with("CREATE DATABASE") {
        state.databases.entry(quoted).or_default();
        serde_json::json!({})
    } else if text.starts_with("DROP DATABASE") {
        state.databases.remove(&quoted);
        serde_json::json!({})
    } else if text == "SHOW DATABASES" {
        let names: Vec<_> = state.databases.keys().map(|name| [name]).collect();
        serde_json::json!({"series": [{"name": "databases", "columns": ["name"], "values": names}]})
    } else if text == "SHOW USERS" {
        serde_json::json!({})
    } else if let Some(points) = state.databases.get(db) {
        let now = Instant::now();
        let points: Vec<_> = points.iter().filter(|p| p.from <= now).collect();
        serde_json::json!({ "series": series(text, &points) })
    } else {
        return "{\"error\":\"error parsing query\"}".to_owned();
    };
    serde_json::json!({ "results": [result] }).to_string()
}

/// Each point as a series of its own: legal, and needs no table of columns.
fn series(text: &str, points: &[&Point]) -> Vec<serde_json::Value> {
    let value = |text: &str| match text.trim_end_matches('i').trim_matches('"') {
        number if number.parse::<f64>().is_ok() => serde_json::from_str(number).unwrap(),
        string => serde_json::Value::from(string),
    };
    let kind = |text: &str| match text {
        text if text.ends_with('i') => "integer",
        text if text.starts_with('"') => "string",
        _ => "float",
    };
    let of_point = |point: &&Point| {
        let (columns, row): (Vec<String>, Vec<Vec<serde_json::Value>>) = match text {
            "SHOW FIELD KEYS" => (
                vec!["fieldKey".to_owned(), "fieldType".to_owned()],
                point.fields.iter().map(|(k, v)| vec![k.as_str().into(), kind(v).into()]).collect(),
            ),
            "SHOW TAG KEYS" => (
                vec!["tagKey".to_owned()],
                point.tags.keys().map(|k| vec![k.as_str().into()]).collect(),
            ),
            _ => {
                let names = ["time".to_owned()].into_iter();
                let names =
                    names.chain(point.fields.keys().cloned()).chain(point.tags.keys().cloned());
                let mut row = vec![point.time.into()];
                row.extend(point.fields.values().map(|v| value(v)));
                row.extend(point.tags.values().map(|v| serde_json::Value::from(v.as_str())));
                (names.collect(), vec![row])
            }
        };
        serde_json::json!({"name": point.measurement, "columns": columns, "values": row})
    };
    points.iter().map(of_point).collect()
}
