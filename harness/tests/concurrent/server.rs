//! A server of the v1 family for many connections at once: a small line store that is honest, or has
//! exactly one fault that only shows when writers meet, come again, or go in mid-body. It knows nothing
//! of the harness.

use super::lines::{self, Field, Point};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Nothing: whole lines are stored as they come, also those of a body whose end never comes.
    Streams,
    /// Nothing: each connection ends after one answer.
    Closes,
    /// Of two writes at the same time one is lost: each changes a copy of what was there.
    LosesOverlap,
    /// The value that a field has already stays.
    KeepsOlder,
    /// What came of a body whose end never comes is taken for all of it.
    StoresCut,
    /// A body that came before is acknowledged, and what it says is gone.
    ForgetsRetried,
    /// Where a line is refused all lines are called refused, and stored.
    StoresRefused,
    /// A body that came before is stored once more.
    Duplicates,
    /// After a connection has ended in mid-body nothing is answered any more.
    LocksUp,
    /// What is written is seen when it is looked for a second time.
    Late,
    /// A write fails where another one is under way.
    FailsBusy,
    /// A fifth field of a point does not fit in.
    FullRow,
}

type Key = (String, BTreeMap<String, String>, i64);

#[derive(Clone, Default)]
struct Database {
    points: BTreeMap<Key, BTreeMap<String, Field>>,
    /// Those that are there once more.
    copies: Vec<Point>,
    /// Those that nobody has looked for yet.
    waiting: Vec<Point>,
    /// The bodies that came, by their hash.
    seen: BTreeSet<u64>,
}

#[derive(Default)]
struct State {
    databases: BTreeMap<String, Database>,
    writing: usize,
    is_locked: bool,
}

type Shared = Arc<Mutex<State>>;

/// A running server.
pub(crate) struct Server {
    pub(crate) url: String,
    state: Shared,
}

impl Server {
    pub(crate) async fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Shared::default();
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, fault, Arc::clone(&shared)));
            }
        });
        Self { url, state }
    }

    pub(crate) fn databases(&self) -> usize {
        self.state.lock().unwrap().databases.len()
    }
}

struct Request {
    target: String,
    head: String,
    body: Vec<u8>,
    is_whole: bool,
}

impl Request {
    fn param(&self, name: &str) -> String {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| *key == name).map_or("", |(_, value)| value);
        percent_encoding::percent_decode_str(value).decode_utf8().unwrap().into_owned()
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    /// The lines of its body, inflated as far as that goes.
    fn lines(&self) -> String {
        let mut body = self.body.clone();
        if self.head.contains("content-encoding: gzip") {
            body.clear();
            // It ends in an error where it was cut.
            flate2::read::GzDecoder::new(&self.body[..]).read_to_end(&mut body).ok();
        }
        let text = String::from_utf8_lossy(&body);
        let lines = text.split('\n').filter(|line| !line.starts_with('#'));
        lines.collect::<Vec<_>>().join("\n")
    }
}

async fn serve(mut stream: TcpStream, fault: Fault, state: Shared) {
    let mut buffer = Vec::new();
    while let Some(request) = next(&mut stream, &mut buffer).await {
        if !request.is_whole {
            broken_off(&request, fault, &state);
            return;
        }
        if state.lock().unwrap().is_locked {
            std::future::pending::<()>().await;
        }
        let (status, body) = match request.path() {
            "/query" => (
                200,
                statement(&mut state.lock().unwrap(), &request.param("q"), &request.param("db")),
            ),
            "/write" => write(&request, fault, &state).await,
            _ => (404, String::new()),
        };
        let length = match status {
            204 => String::new(),
            _ => format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()),
        };
        let closes = if fault == Fault::Closes { "Connection: close\r\n" } else { "" };
        let text = format!("HTTP/1.1 {status} X\r\n{closes}{length}\r\n{body}");
        if stream.write_all(text.as_bytes()).await.is_err() || fault == Fault::Closes {
            return;
        }
    }
}

/// The next request; what there is of it where the connection ends.
async fn next(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    let mut has_ended = false;
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let line = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let head = line.to_lowercase();
            let rest = &buffer[end + 4..];
            let chunked = head.contains("transfer-encoding: chunked");
            let (body, taken) = if chunked { unchunked(rest) } else { counted(&head, rest) };
            if taken.is_some() || has_ended {
                let target = line.split(' ').nth(1).unwrap().to_owned();
                buffer.drain(..end + 4 + taken.unwrap_or(rest.len()));
                return Some(Request { target, head, body, is_whole: taken.is_some() });
            }
        }
        if has_ended {
            return None;
        }
        let mut more = [0; 16_384];
        match stream.read(&mut more).await {
            Ok(count) if count > 0 => buffer.extend_from_slice(&more[..count]),
            _ => has_ended = true,
        }
    }
}

/// A body by its length, and how many bytes it takes once it is whole.
fn counted(head: &str, rest: &[u8]) -> (Vec<u8>, Option<usize>) {
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |text| text.parse().unwrap());
    match rest.get(..length) {
        Some(body) => (body.to_vec(), Some(length)),
        None => (rest.to_vec(), None),
    }
}

fn unchunked(mut rest: &[u8]) -> (Vec<u8>, Option<usize>) {
    let all = rest.len();
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        let Some(data) = rest.get(end + 2..end + 2 + size) else { break };
        body.extend_from_slice(data);
        let Some(after) = rest.get(end + 4 + size..) else { break };
        rest = after;
        if size == 0 {
            return (body, Some(all - rest.len()));
        }
    }
    (body, None)
}

/// The connection has ended in the middle of a body.
fn broken_off(request: &Request, fault: Fault, state: &Shared) {
    if request.path() != "/write" {
        return;
    }
    let mut state = state.lock().unwrap();
    let text = request.lines();
    let taken = match fault {
        Fault::StoresCut => text.as_str(),
        Fault::Streams => text.rsplit_once('\n').map_or("", |(whole, _)| whole),
        _ => "",
    };
    state.is_locked |= fault == Fault::LocksUp;
    if let Some(database) = state.databases.get_mut(&request.param("db")) {
        let points = lines::split(taken).into_iter().filter_map(|line| lines::parse(&line, 1));
        points.for_each(|point| database.insert(point, Fault::None));
    }
}

async fn write(request: &Request, fault: Fault, state: &Shared) -> (u16, String) {
    let text = request.lines();
    let fault = if text.contains("canary") { Fault::None } else { fault };
    let name = request.param("db");
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for line in lines::split(&text) {
        match lines::parse(&line, 1) {
            Some(point) => good.push(point),
            None => bad.push(format!("unable to parse '{line}': no")),
        }
    }
    let (mut copy, others) = {
        let mut state = state.lock().unwrap();
        state.writing += 1;
        (state.databases.get(&name).cloned().unwrap_or_default(), state.writing - 1)
    };
    if matches!(fault, Fault::LosesOverlap | Fault::FailsBusy) {
        // Long enough that another one comes in between.
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let mut state = state.lock().unwrap();
    state.writing -= 1;
    if fault == Fault::FailsBusy && others > 0 {
        return (500, "{\"error\":\"busy\"}".to_owned());
    }
    let Some(database) = state.databases.get_mut(&name) else { return (404, String::new()) };
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let is_known = !database.seen.insert(hasher.finish());
    let all_refused = fault == Fault::StoresRefused && !bad.is_empty();
    let any = !good.is_empty();
    match fault {
        Fault::Late => database.waiting.extend(good),
        Fault::LosesOverlap => {
            good.into_iter().for_each(|point| copy.insert(point, fault));
            *database = copy;
        }
        Fault::ForgetsRetried if is_known => {
            for point in good {
                database.points.remove(&(point.measurement, point.tags, point.time));
            }
        }
        Fault::Duplicates if is_known => database.copies.extend(good),
        _ => good.into_iter().for_each(|point| database.insert(point, fault)),
    }
    if bad.is_empty() {
        return (204, String::new());
    }
    let bad = bad.join("\n");
    let partial = any && !all_refused;
    let error = if partial { format!("partial write: {bad} dropped=0") } else { bad };
    (400, json!({ "error": error }).to_string())
}

impl Database {
    fn insert(&mut self, point: Point, fault: Fault) {
        let key = (point.measurement, point.tags, point.time);
        let fields = self.points.entry(key).or_default();
        for (name, field) in point.fields {
            if fault == Fault::KeepsOlder && fields.contains_key(&name)
                || fault == Fault::FullRow && fields.len() >= 4 && !fields.contains_key(&name)
            {
                continue;
            }
            fields.insert(name, field);
        }
    }

    fn all(&self) -> Vec<Point> {
        let point = |((measurement, tags, time), fields): (&Key, &BTreeMap<String, Field>)| Point {
            measurement: measurement.clone(),
            tags: tags.clone(),
            fields: fields.clone(),
            time: *time,
        };
        self.points.iter().map(point).chain(self.copies.iter().cloned()).collect()
    }
}

fn statement(state: &mut State, text: &str, db: &str) -> String {
    let quoted = text.split('"').nth(1).unwrap_or_default().to_owned();
    let result = if text.starts_with("CREATE DATABASE") {
        state.databases.insert(quoted, Database::default());
        json!({})
    } else if text.starts_with("DROP DATABASE") {
        state.databases.remove(&quoted);
        json!({})
    } else if text == "SHOW DATABASES" {
        let names: Vec<_> = state.databases.keys().map(|name| [name]).collect();
        json!({"series": [{"name": "databases", "columns": ["name"], "values": names}]})
    } else if text == "SHOW USERS" {
        json!({})
    } else if let Some(database) = state.databases.get_mut(db) {
        let one = text.starts_with("SELECT") && !quoted.is_empty();
        let points = database.all();
        if text.starts_with("SELECT") {
            let waiting = std::mem::take(&mut database.waiting);
            waiting.into_iter().for_each(|point| database.insert(point, Fault::None));
        }
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
