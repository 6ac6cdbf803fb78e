//! A server of the v1 family that reads line protocol strictly and stores it well, or has exactly
//! one fault. It is small and slow, and knows nothing of the harness.

use super::lines::{self, Field, Point};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// The second point of a write is not stored.
    LosesSecond,
    /// What it calls refused is stored.
    StoresRefused,
    /// One digit behind the point is kept.
    Rounds,
    /// The fields that a point had go when it is written again.
    Forgets,
    /// A tag value with a comma is refused.
    RefusesCommas,
    /// Every write is answered with success.
    AlwaysFine,
    /// The connection ends when a string has a space.
    Dies,
    /// A boolean is a server error.
    Fails,
    /// Every write is a server error, and a body that was sent before is never answered.
    Hangs,
}

#[derive(Default)]
struct State {
    databases: BTreeMap<String, Vec<Point>>,
    /// Each write: what stands behind the database's name in the target, and the body.
    writes: Vec<(String, Vec<u8>)>,
    /// How many requests it will never answer.
    left: usize,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub(crate) async fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, fault, Arc::clone(&shared)));
            }
        });
        Self { url, state }
    }

    /// How many requests it will never answer.
    pub(crate) fn left(&self) -> usize {
        self.state.lock().unwrap().left
    }

    pub(crate) fn databases(&self) -> usize {
        self.state.lock().unwrap().databases.len()
    }

    /// The writes but for canaries, whose names are a run's own.
    pub(crate) fn writes(&self) -> Vec<(String, Vec<u8>)> {
        let writes = self.state.lock().unwrap().writes.clone();
        let is_canary = |body: &[u8]| String::from_utf8_lossy(body).contains("canary");
        writes.into_iter().filter(|(_, body)| !is_canary(body)).collect()
    }
}

/// Whether this body was sent before, but for canaries.
fn is_known(request: &Request, state: &mut State) -> bool {
    let known = state.writes.iter().any(|(_, body)| *body == request.body);
    let is_write = request.target.starts_with("/write") && !request.target.contains("canary");
    state.left += usize::from(known && is_write);
    known && is_write
}

struct Request {
    target: String,
    head: String,
    body: Vec<u8>,
}

async fn serve(mut stream: TcpStream, fault: Fault, state: Arc<Mutex<State>>) {
    let mut buffer = Vec::new();
    while let Some(request) = next(&mut stream, &mut buffer).await {
        if fault == Fault::Hangs && is_known(&request, &mut state.lock().unwrap()) {
            return std::future::pending().await;
        }
        let Some((status, body)) = answer(&request, fault, &mut state.lock().unwrap()) else {
            return;
        };
        let length = match status {
            204 => String::new(),
            _ => format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()),
        };
        let text = format!("HTTP/1.1 {status} X\r\n{length}\r\n{body}");
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn next(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
            let body = &buffer[end + 4..];
            let chunked = head.contains("transfer-encoding: chunked");
            let complete = if chunked { unchunked(body) } else { counted(&head, body) };
            if let Some((body, length)) = complete {
                let line = String::from_utf8_lossy(&buffer[..end]).into_owned();
                let target = line.split(' ').nth(1).unwrap().to_owned();
                buffer.drain(..end + 4 + length);
                return Some(Request { target, head, body });
            }
        }
        let mut more = [0; 16_384];
        match stream.read(&mut more).await {
            Ok(count) if count > 0 => buffer.extend_from_slice(&more[..count]),
            _ => return None,
        }
    }
}

fn counted(head: &str, body: &[u8]) -> Option<(Vec<u8>, usize)> {
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |text| text.parse().unwrap());
    body.get(..length).map(|body| (body.to_vec(), length))
}

fn unchunked(mut rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    let all = rest.len();
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        let data = rest.get(end + 2..end + 2 + size)?;
        rest = rest.get(end + 4 + size..)?;
        body.extend_from_slice(data);
        if size == 0 {
            return Some((body, all - rest.len()));
        }
    }
}

/// None ends the connection.
fn answer(request: &Request, fault: Fault, state: &mut State) -> Option<(u16, String)> {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let param = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| *key == name).map_or("", |(_, value)| value);
        percent_encoding::percent_decode_str(value).decode_utf8().unwrap().into_owned()
    };
    match path {
        "/query" => Some((200, statement(state, &param("q"), &param("db")))),
        "/write" => {
            let rest = query.split_once('&').map_or("", |(_, rest)| rest);
            state.writes.push((rest.to_owned(), request.body.clone()));
            let mut body = request.body.clone();
            if request.head.contains("content-encoding: gzip") {
                body.clear();
                flate2::read::GzDecoder::new(&request.body[..]).read_to_end(&mut body).unwrap();
            }
            write(state, &param("db"), &body, lines::unit(&param("precision")), fault)
        }
        _ => Some((404, String::new())),
    }
}

fn write(
    state: &mut State,
    db: &str,
    body: &[u8],
    unit: i64,
    fault: Fault,
) -> Option<(u16, String)> {
    let text = String::from_utf8_lossy(body);
    let fault = if text.contains("canary") { Fault::None } else { fault };
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for line in lines::split(&text) {
        let point = lines::parse(&line, unit);
        let refused = |point: &Point| {
            fault == Fault::RefusesCommas && point.tags.values().any(|v| v.contains(','))
        };
        match point.filter(|point| !refused(point)) {
            Some(point) => good.push(point),
            None => bad.push(format!("unable to parse '{line}': no")),
        }
    }
    let any = |is: fn(&Field) -> bool| good.iter().flat_map(|p| p.fields.values()).any(is);
    if fault == Fault::Dies && any(|field| matches!(field, Field::Text(t) if t.contains(' '))) {
        return None;
    }
    if fault == Fault::Fails && any(|field| matches!(field, Field::Boolean(_))) {
        return Some((500, "{\"error\":\"oops\"}".to_owned()));
    }
    if fault == Fault::Hangs {
        return Some((500, "{\"error\":\"oops\"}".to_owned()));
    }
    if fault == Fault::LosesSecond && good.len() > 1 {
        good.remove(1);
    }
    let all_refused = fault == Fault::StoresRefused && !bad.is_empty();
    let stored = state.databases.entry(db.to_owned()).or_default();
    let is_empty = good.is_empty();
    for mut point in good {
        if fault == Fault::Rounds {
            point.fields.values_mut().for_each(Field::round);
        }
        match stored.iter_mut().find(|other| other.key() == point.key()) {
            Some(other) if fault == Fault::Forgets => *other = point,
            Some(other) => other.fields.extend(point.fields),
            None => stored.push(point),
        }
    }
    if bad.is_empty() || fault == Fault::AlwaysFine {
        return Some((204, String::new()));
    }
    let bad = bad.join("\n");
    let partial = !is_empty && !all_refused;
    let error = if partial { format!("partial write: {bad} dropped=0") } else { bad };
    Some((400, json!({ "error": error }).to_string()))
}

fn statement(state: &mut State, text: &str, db: &str) -> String {
    let quoted = text.split('"').nth(1).unwrap_or_default().to_owned();
    let result = if text.starts_with("CREATE DATABASE") {
        state.databases.insert(quoted, Vec::new());
        json!({})
    } else if text.starts_with("DROP DATABASE") {
        state.databases.remove(&quoted);
        json!({})
    } else if text == "SHOW DATABASES" {
        let names: Vec<_> = state.databases.keys().map(|name| [name]).collect();
        json!({"series": [{"name": "databases", "columns": ["name"], "values": names}]})
    } else if text == "SHOW USERS" {
        json!({})
    } else if let Some(points) = state.databases.get(db) {
        let one = text.starts_with("SELECT") && !quoted.is_empty();
        let named = points.iter().filter(|point| !one || point.measurement == quoted);
        json!({ "series": named.map(|point| series(text, point)).collect::<Vec<_>>() })
    } else {
        return "{\"error\":\"error parsing query\"}".to_owned();
    };
    json!({ "results": [result] }).to_string()
}

/// Each point as a series of its own: legal, and needs no table of columns.
fn series(text: &str, point: &Point) -> Json {
    let (columns, rows): (Vec<&str>, Vec<Vec<Json>>) = match text {
        "SHOW FIELD KEYS" => {
            let row = |(key, field): (&String, &Field)| vec![json!(key), json!(field.kind())];
            (vec!["fieldKey", "fieldType"], point.fields.iter().map(row).collect())
        }
        "SHOW TAG KEYS" => {
            (vec!["tagKey"], point.tags.keys().map(|key| vec![json!(key)]).collect())
        }
        _ => {
            let names = point.fields.keys().chain(point.tags.keys()).map(String::as_str);
            let mut row = vec![json!(point.time)];
            row.extend(point.fields.values().map(Field::json));
            row.extend(point.tags.values().map(|value| json!(value)));
            (["time"].into_iter().chain(names).collect(), vec![row])
        }
    };
    json!({"name": point.measurement, "columns": columns, "values": rows})
}
