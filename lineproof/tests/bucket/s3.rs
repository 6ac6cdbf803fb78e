//! As much of S3 as data takes: objects are put on conditions, read in ranges, listed some at a time,
//! and removed one by one or many at once. Sources:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>, `API_GetObject.html`,
//! `API_ListObjectsV2.html`, `API_DeleteObjects.html`, and for conditions
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// The key of whoever may come in.
pub(crate) const KEY: &str = "AKIDKEPT";

/// The secret that belongs to it.
pub(crate) const SECRET: &str = "secret-that-nobody-tells";

/// How many keys a page of a list has.
const PAGE: usize = 7;

/// A server with the bucket `kept` in it.
#[derive(Clone)]
pub(crate) struct S3 {
    pub(crate) address: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    objects: Mutex<BTreeMap<String, (Vec<u8>, u64)>>,
    versions: AtomicU64,
    forbids: AtomicBool,
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

struct Answer {
    status: &'static str,
    headers: String,
    body: Vec<u8>,
}

impl S3 {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let of_all = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&of_all);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { address, state }
    }

    /// From now on nobody may do anything, or they may again.
    pub(crate) fn forbid(&self, is_so: bool) {
        self.state.forbids.store(is_so, Ordering::SeqCst);
    }

    /// The objects under a prefix.
    pub(crate) fn objects(&self, prefix: &str) -> BTreeMap<String, Vec<u8>> {
        let objects = self.state.objects.lock().unwrap();
        let found = objects.iter().filter(|(key, _)| key.starts_with(prefix));
        found.map(|(key, (bytes, _))| (key.clone(), bytes.clone())).collect()
    }

    /// Changes an object behind everybody's back.
    pub(crate) fn change(&self, key: &str, change: impl FnOnce(&mut Vec<u8>)) {
        change(&mut self.state.objects.lock().unwrap().get_mut(key).unwrap().0);
    }
}

fn read(from: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    from.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let path = percent_encoding::percent_decode_str(path).decode_utf8().ok()?.into_owned();
    Some(Request { method, path, query: query.to_owned(), headers, body })
}

fn serve(mut stream: TcpStream, state: &State) {
    stream.set_nodelay(true).ok();
    let mut from = BufReader::new(stream.try_clone().unwrap());
    while let Some(request) = read(&mut from) {
        let Answer { status, headers, body } = answer(&request, state);
        let length = match headers.contains("Content-Length") {
            true => String::new(),
            false => format!("Content-Length: {}\r\n", body.len()),
        };
        let head = format!("HTTP/1.1 {status}\r\n{length}{headers}\r\n");
        let mut whole = head.into_bytes();
        if request.method != "HEAD" {
            whole.extend(body);
        }
        if stream.write_all(&whole).is_err() {
            return;
        }
    }
}

fn plain(status: &'static str, body: String) -> Answer {
    Answer { status, headers: String::new(), body: body.into_bytes() }
}

fn error(status: &'static str, code: &str) -> Answer {
    // What it was asked with is in the error, as S3 does it.
    plain(
        status,
        format!("<Error><Code>{code}</Code><AWSAccessKeyId>{KEY}</AWSAccessKeyId></Error>"),
    )
}

fn answer(request: &Request, state: &State) -> Answer {
    let is_known = request.headers.get("authorization").is_some_and(|said| said.contains(KEY));
    if !is_known || state.forbids.load(Ordering::SeqCst) {
        return error("403 Forbidden", "AccessDenied");
    }
    let Some(path) = request.path.strip_prefix("/kept") else {
        return error("404 Not Found", "NoSuchBucket");
    };
    let key = path.trim_start_matches('/');
    let mut objects = state.objects.lock().unwrap();
    match (request.method.as_str(), request.query.as_str()) {
        ("GET", query) if query.contains("list-type=2") => list(query, &objects),
        ("GET" | "HEAD", "") => get(request, objects.get(key)),
        ("PUT", "") => {
            let there = objects.get(key).map(|(_, version)| format!("\"{version}\""));
            let refuses =
                match (request.headers.get("if-none-match"), request.headers.get("if-match")) {
                    (Some(_), _) => there.is_some(),
                    (_, Some(asked)) => there.as_ref() != Some(asked),
                    _ => false,
                };
            if refuses {
                return error("412 Precondition Failed", "PreconditionFailed");
            }
            let version = state.versions.fetch_add(1, Ordering::SeqCst);
            objects.insert(key.to_owned(), (request.body.clone(), version));
            let headers = format!("ETag: \"{version}\"\r\n");
            Answer { status: "200 OK", headers, body: Vec::new() }
        }
        ("DELETE", "") => {
            objects.remove(key);
            plain("204 No Content", String::new())
        }
        ("POST", "delete" | "delete=") => {
            let asked = String::from_utf8(request.body.clone()).unwrap();
            let mut done = String::new();
            for key in asked.split("<Key>").skip(1) {
                let key = key.split("</Key>").next().unwrap();
                objects.remove(key);
                done += &format!("<Deleted><Key>{key}</Key></Deleted>");
            }
            plain("200 OK", format!("<DeleteResult>{done}</DeleteResult>"))
        }
        _ => error("501 Not Implemented", "NotImplemented"),
    }
}

fn get(request: &Request, object: Option<&(Vec<u8>, u64)>) -> Answer {
    let Some((bytes, version)) = object else { return error("404 Not Found", "NoSuchKey") };
    let mut headers =
        format!("ETag: \"{version}\"\r\nLast-Modified: Sat, 01 Jan 2022 00:00:00 GMT\r\n");
    if request.method == "HEAD" {
        headers += &format!("Content-Length: {}\r\n", bytes.len());
    }
    let Some(range) = request.headers.get("range").and_then(|r| r.strip_prefix("bytes=")) else {
        return Answer { status: "200 OK", headers, body: bytes.clone() };
    };
    let (first, last) = range.split_once('-').unwrap();
    let first: usize = first.parse().unwrap();
    let last = last.parse().unwrap_or(usize::MAX).min(bytes.len().saturating_sub(1));
    if first > last {
        return error("416 Range Not Satisfiable", "InvalidRange");
    }
    headers += &format!("Content-Range: bytes {first}-{last}/{}\r\n", bytes.len());
    Answer { status: "206 Partial Content", headers, body: bytes[first..=last].to_vec() }
}

fn list(query: &str, objects: &BTreeMap<String, (Vec<u8>, u64)>) -> Answer {
    let parameter = |name: &str| {
        let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        let found = percent_encoding::percent_decode_str(found.unwrap_or_default());
        found.decode_utf8().unwrap().into_owned()
    };
    let (prefix, after) = (parameter("prefix"), parameter("continuation-token"));
    let mut keys = objects.keys().filter(|key| key.starts_with(&prefix) && **key > after);
    let page: Vec<_> = keys.by_ref().take(PAGE).collect();
    let contents = page.iter().map(|key| {
        let (bytes, version) = &objects[*key];
        format!(
            "<Contents><Key>{key}</Key><LastModified>2022-01-01T00:00:00.000Z</LastModified>\
             <ETag>&quot;{version}&quot;</ETag><Size>{}</Size></Contents>",
            bytes.len()
        )
    });
    let contents: String = contents.collect();
    let next = match (keys.next(), page.last()) {
        (Some(_), Some(last)) => format!(
            "<IsTruncated>true</IsTruncated><NextContinuationToken>{last}</NextContinuationToken>"
        ),
        _ => "<IsTruncated>false</IsTruncated>".to_owned(),
    };
    plain(
        "200 OK",
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult>{next}<KeyCount>{}</KeyCount>\
             {contents}</ListBucketResult>",
            page.len()
        ),
    )
}
