//! A server of the v1 family that is quick enough for a load: it keeps lines as texts, and is honest or
//! has exactly one fault. It knows nothing of the harness.

use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Nature {
    Honest,
    /// One of so many lines is acknowledged and not kept.
    Loses(u64),
    /// Of one in so many lines a value is kept as another.
    Changes(u64),
    /// One of so many writes is answered with 500, and not kept.
    Fails(u64),
    /// The write of this number keeps all writes waiting for so long.
    Stalls(u64, Duration),
    /// Every write takes so long.
    Slow(Duration),
    /// Writes are answered with something that is not HTTP.
    Babbles,
    /// Each connection ends after one answer, without a word.
    Closes,
    /// One of so many writes is never answered: the connection ends.
    HangsUp(u64),
    /// Once so many writes came queries are answered with 500.
    GoesBlind(u64),
    /// Each statement that picks lines takes so long.
    Ponders(Duration),
    /// An answer has no more than so many lines.
    CutsOff(usize),
}

#[derive(Default)]
struct Database {
    lines: Vec<String>,
    /// Where the lines of a time are.
    by_time: BTreeMap<i64, Vec<usize>>,
}

struct State {
    nature: Nature,
    databases: Mutex<BTreeMap<String, Database>>,
    writes: AtomicU64,
    lines: AtomicU64,
    statements: AtomicU64,
    gate: Mutex<()>,
    bodies: Mutex<Vec<String>>,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<State>,
}

impl Server {
    pub(crate) fn start(nature: Nature) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            nature,
            databases: Mutex::default(),
            writes: AtomicU64::new(0),
            lines: AtomicU64::new(0),
            statements: AtomicU64::new(0),
            gate: Mutex::default(),
            bodies: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, shared) = (stream.unwrap(), Arc::clone(&shared));
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { url, state }
    }

    /// The databases that are there now.
    pub(crate) fn databases(&self) -> Vec<String> {
        self.state.databases.lock().unwrap().keys().cloned().collect()
    }

    /// The first bodies of the load.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.state.bodies.lock().unwrap().clone()
    }

    /// How many statements have picked lines.
    pub(crate) fn statements(&self) -> u64 {
        self.state.statements.load(Ordering::Relaxed)
    }

    /// How many writes of the load have come.
    pub(crate) fn writes(&self) -> u64 {
        self.state.writes.load(Ordering::Relaxed)
    }
}

fn serve(mut stream: TcpStream, state: &State) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::new();
    while let Some((target, body)) = request(&mut stream, &mut buffer) {
        let path = target.split('?').next().unwrap();
        let is_load = path == "/write" && !body.contains("canary");
        let (status, text) = match path {
            "/write" if is_load => match write(state, &param(&target, "db"), &body) {
                Some(answer) => answer,
                None => return,
            },
            "/write" => {
                keep(state, &param(&target, "db"), body.lines().map(str::to_owned).collect());
                (204, String::new())
            }
            "/query" => {
                let blind = matches!(state.nature, Nature::GoesBlind(after)
                    if state.writes.load(Ordering::Relaxed) >= after);
                if blind && param(&target, "q").starts_with("SELECT") {
                    (500, json!({"error": "out of sight"}).to_string())
                } else {
                    (200, query(state, &param(&target, "q"), &param(&target, "db")))
                }
            }
            "/ping" => (204, String::new()),
            _ => (404, String::new()),
        };
        let answer = if is_load && state.nature == Nature::Babbles {
            "good day to you\r\n\r\n".to_owned()
        } else if status == 204 {
            "HTTP/1.1 204 X\r\nX-Influxdb-Version: 1.6.7\r\n\r\n".to_owned()
        } else {
            format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{text}", text.len())
        };
        if stream.write_all(answer.as_bytes()).is_err() || state.nature == Nature::Closes {
            return;
        }
    }
}

fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, String)> {
    let mut more = [0; 65_536];
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            let length: usize = length.map_or(0, |text| text.parse().unwrap());
            while buffer.len() < end + 4 + length {
                match stream.read(&mut more) {
                    Ok(count) if count > 0 => buffer.extend_from_slice(&more[..count]),
                    _ => return None,
                }
            }
            let mut body = buffer[end + 4..end + 4 + length].to_vec();
            buffer.drain(..end + 4 + length);
            if head.contains("Content-Encoding: gzip") {
                let mut inflated = Vec::new();
                flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut inflated).unwrap();
                body = inflated;
            }
            let target = head.split(' ').nth(1).unwrap().to_owned();
            return Some((target, String::from_utf8(body).unwrap()));
        }
        match stream.read(&mut more) {
            Ok(count) if count > 0 => buffer.extend_from_slice(&more[..count]),
            _ => return None,
        }
    }
}

fn param(target: &str, name: &str) -> String {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let value = pairs.find(|(key, _)| *key == name).map_or("", |(_, value)| value);
    percent_encoding::percent_decode_str(value).decode_utf8().unwrap().into_owned()
}

fn keep(state: &State, database: &str, lines: Vec<String>) {
    let mut databases = state.databases.lock().unwrap();
    let database = databases.entry(database.to_owned()).or_default();
    for line in lines {
        let time = line.rsplit(' ').next().unwrap().parse().unwrap();
        database.by_time.entry(time).or_default().push(database.lines.len());
        database.lines.push(line);
    }
}

/// A write of the load; none where it is not answered.
fn write(state: &State, database: &str, body: &str) -> Option<(u16, String)> {
    let number = state.writes.fetch_add(1, Ordering::Relaxed);
    {
        let mut bodies = state.bodies.lock().unwrap();
        if bodies.len() < 20 {
            bodies.push(body.to_owned());
        }
    }
    {
        let _gate = state.gate.lock().unwrap();
        if let Nature::Stalls(at, long) = state.nature
            && number == at
        {
            std::thread::sleep(long);
        }
    }
    match state.nature {
        Nature::Slow(long) => std::thread::sleep(long),
        Nature::Fails(of) if number % of == of - 1 => {
            return Some((500, "{\"error\":\"no room\"}".to_owned()));
        }
        Nature::HangsUp(of) if number % of == of - 1 => return None,
        _ => {}
    }
    let mut lines = Vec::new();
    for line in body.lines() {
        let count = state.lines.fetch_add(1, Ordering::Relaxed);
        match state.nature {
            Nature::Loses(of) if count % of == of - 1 => {}
            Nature::Changes(of) if count % of == of - 1 => {
                let (before, after) = line.split_once("usage_user=").unwrap();
                let (value, after) = after.split_once('i').unwrap();
                let other = value.parse::<i64>().unwrap() + 1;
                lines.push(format!("{before}usage_user={other}i{after}"));
            }
            _ => lines.push(line.to_owned()),
        }
    }
    keep(state, database, lines);
    Some((204, String::new()))
}

fn query(state: &State, text: &str, database: &str) -> String {
    let mut databases = state.databases.lock().unwrap();
    let quoted = text.split('"').nth(1).unwrap_or_default().to_owned();
    if text.starts_with("CREATE DATABASE") {
        databases.insert(quoted, Database::default());
    } else if text.starts_with("DROP DATABASE") {
        databases.remove(&quoted);
    } else if text == "SHOW DATABASES" {
        let names: Vec<_> = databases.keys().map(|name| [name]).collect();
        let series = json!([{"name": "databases", "columns": ["name"], "values": names}]);
        return json!({"results": [{"series": series}]}).to_string();
    } else if let Some(database) = databases.get(database) {
        let results: Vec<_> =
            text.split("; ").map(|text| statement(text, database, state)).collect();
        return json!({ "results": results }).to_string();
    } else if text.starts_with("LINEPROOF") {
        return json!({"error": "error parsing query"}).to_string();
    }
    json!({"results": [{}]}).to_string()
}

/// One statement on the lines of a database; each is a series of its own.
fn statement(text: &str, database: &Database, state: &State) -> Json {
    let lines = &database.lines;
    if text.starts_with("LINEPROOF") {
        return json!({"error": "error parsing query"});
    }
    if text.starts_with("SELECT count") {
        let name = text.rsplit('"').nth(1).unwrap();
        let count = lines.iter().filter(|line| line.starts_with(name)).count();
        let series = json!([{"name": name, "columns": ["time", "count"], "values": [[0, count]]}]);
        return json!({ "series": series });
    }
    let picked: Vec<_> = match text.split_once(" WHERE ") {
        Some((_, which)) => {
            if let Nature::Ponders(long) = state.nature {
                std::thread::sleep(long);
            }
            state.statements.fetch_add(1, Ordering::Relaxed);
            let mut hosts: Vec<_> = which.split('\'').skip(1).step_by(2).collect();
            hosts.sort_unstable();
            // `time = …`, or `time >= … AND time <= …`.
            let (_, times) = which.split_once("time ").unwrap();
            let mut times = times.split(' ').filter_map(|word| word.parse::<i64>().ok());
            let from = times.next().unwrap();
            let until = times.next().unwrap_or(from);
            let of_time = database.by_time.range(from..=until).flat_map(|(_, at)| at);
            let is_of = |line: &&String| {
                let host = line.split_once("hostname=").unwrap().1.split(',').next().unwrap();
                hosts.binary_search(&host).is_ok()
            };
            let most = if let Nature::CutsOff(most) = state.nature { most } else { usize::MAX };
            of_time.map(|at| &lines[*at]).filter(is_of).take(most).collect()
        }
        // Of which types columns are, one line tells.
        None if text.starts_with("SHOW") => lines.iter().take(1).collect(),
        None => lines.iter().collect(),
    };
    json!({ "series": picked.into_iter().map(|line| series(text, line)).collect::<Vec<_>>() })
}

fn series(text: &str, line: &str) -> Json {
    // The canary's string has a space in it, and nothing else has.
    let (key, rest) = line.split_once(' ').unwrap();
    let (fields, time) = rest.rsplit_once(' ').unwrap();
    let (name, tags) = key.split_once(',').unwrap();
    let pairs = |text: &str| -> Vec<(String, String)> {
        let pair = |text: &str| {
            let (key, value) = text.split_once('=').unwrap();
            (key.to_owned(), value.to_owned())
        };
        text.split(',').map(pair).collect()
    };
    let is_integer = |value: &str| value.ends_with('i') && !value.starts_with('"');
    let (columns, values): (Vec<String>, Vec<Vec<Json>>) = if text.starts_with("SHOW FIELD KEYS") {
        let kind = |value: &str| if is_integer(value) { "integer" } else { "string" };
        let rows = pairs(fields).into_iter().map(|(k, v)| vec![json!(k), json!(kind(&v))]);
        (vec!["fieldKey".to_owned(), "fieldType".to_owned()], rows.collect())
    } else if text.starts_with("SHOW TAG KEYS") {
        let rows = pairs(tags).into_iter().map(|(key, _)| vec![json!(key)]);
        (vec!["tagKey".to_owned()], rows.collect())
    } else {
        let mut columns = vec!["time".to_owned()];
        let mut row = vec![json!(time.parse::<i64>().unwrap())];
        for (key, value) in pairs(fields) {
            columns.push(key);
            row.push(if is_integer(&value) {
                json!(value.trim_end_matches('i').parse::<i64>().unwrap())
            } else {
                json!(value.trim_matches('"'))
            });
        }
        for (key, value) in pairs(tags) {
            columns.push(key);
            row.push(json!(value));
        }
        (columns, vec![row])
    };
    json!({"name": name, "columns": columns, "values": values})
}
