//! As much of S3 as reports take: ListObjectsV2, two keys a page, GetObject and PutObject. Sources:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>, `API_GetObject.html` and
//! `API_PutObject.html`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A server with the bucket `reports` in it; another, `forbidden`, lets nobody in.
pub(crate) struct Bucket {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Bucket {
    pub(crate) fn start(objects: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let objects: BTreeMap<String, String> =
            objects.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (objects, log) = (Arc::new(Mutex::new(objects)), Arc::clone(&seen));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (objects, log) = (Arc::clone(&objects), Arc::clone(&log));
                std::thread::spawn(move || serve(stream, &objects, &log));
            }
        });
        Self { url, seen }
    }

    /// The requests: target and authorization.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

type Objects = Mutex<BTreeMap<String, String>>;

fn serve(mut stream: TcpStream, objects: &Objects, log: &Mutex<Vec<String>>) {
    let mut from = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if from.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line == "\r\n" {
                break;
            }
            lines.push(line.trim_end().to_owned());
        }
        let target = lines[0].split(' ').nth(1).unwrap().to_owned();
        let is_authorization = |l: &&String| l.to_lowercase().starts_with("authorization:");
        let authorization = lines.iter().find(is_authorization).cloned().unwrap_or_default();
        log.lock().unwrap().push(format!("{target} {authorization}"));
        let length = lines
            .iter()
            .find_map(|l| l.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut sent = vec![0; length.unwrap_or(0)];
        from.read_exact(&mut sent).unwrap();
        let mut objects = objects.lock().unwrap();
        if let Some(key) = target.strip_prefix("/reports/").filter(|_| lines[0].starts_with("PUT "))
        {
            objects.insert(key.to_owned(), String::from_utf8(sent).unwrap());
        }
        let (status, body) = answer(&target, &objects);
        drop(objects);
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nETag: \"1\"\r\n\
             Last-Modified: Sat, 01 Jan 2022 00:00:00 GMT\r\n\r\n",
            body.len()
        );
        if stream.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}

fn answer(target: &str, objects: &BTreeMap<String, String>) -> (&'static str, String) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (bucket, key) = path[1..].split_once('/').unwrap_or_else(|| (&path[1..], ""));
    if bucket != "reports" {
        let why = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
        return ("403 Forbidden", why.to_owned());
    }
    let decoded = |text: &str| text.replace("%2F", "/").replace("%20", " ");
    if !query.contains("list-type=2") {
        return match objects.get(&decoded(key)) {
            Some(text) => ("200 OK", text.clone()),
            None => ("404 Not Found", "<Error><Code>NoSuchKey</Code></Error>".to_owned()),
        };
    }
    let parameter = |name: &str| {
        let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        found.map(decoded).unwrap_or_default()
    };
    let (prefix, after) = (parameter("prefix"), parameter("continuation-token"));
    let mut keys = objects.keys().filter(|key| key.starts_with(&prefix) && **key > after);
    let page: Vec<_> = keys.by_ref().take(2).collect();
    let contents: String = page
        .iter()
        .map(|key| {
            let size = objects[*key].len();
            format!(
                "<Contents><Key>{key}</Key><LastModified>2022-01-01T00:00:00.000Z</LastModified>\
                 <ETag>&quot;1&quot;</ETag><Size>{size}</Size></Contents>"
            )
        })
        .collect();
    let next = match (keys.next(), page.last()) {
        (Some(_), Some(last)) => {
            format!(
                "<IsTruncated>true</IsTruncated><NextContinuationToken>{last}</NextContinuationToken>"
            )
        }
        _ => "<IsTruncated>false</IsTruncated>".to_owned(),
    };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult>{next}<KeyCount>{}</KeyCount>{contents}</ListBucketResult>",
        page.len()
    );
    ("200 OK", body)
}
