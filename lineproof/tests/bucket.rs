//! `lineproof serve --data s3://…` and `lineproof data` on it, from the outside and over real sockets:
//! the promises are those of a folder.
#![cfg(unix)]

#[path = "bucket/s3.rs"]
mod s3;

use s3::{KEY, S3, SECRET};
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const DATA: &str = "s3://kept/servers/one";

/// What all keys begin with.
const PREFIX: &str = "servers/one/";

fn lineproof(s3: &S3, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    command.args(arguments).stdin(Stdio::null()).env_remove("LINEPROOF_TOKEN");
    for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTP_PROXY", "http_proxy"] {
        command.env_remove(name);
    }
    command.env("AWS_ENDPOINT_URL", &s3.address).env("AWS_ALLOW_HTTP", "true");
    command.env("AWS_ACCESS_KEY_ID", KEY).env("AWS_SECRET_ACCESS_KEY", SECRET);
    command.env("AWS_REGION", "us-east-1");
    command
}

fn serve(s3: &S3, more: &[&str]) -> Command {
    let arguments = ["serve", "--profile", "oss-v1@1.6", "--bucket", "first", "--data", DATA];
    let mut command = lineproof(s3, &[&arguments, more].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Exit code, standard output and standard error.
fn ended(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, said) = (text(output.stdout), text(output.stderr));
    assert!(!said.contains(SECRET) && !said.contains(KEY), "{said}");
    (output.status.code().unwrap(), out, said)
}

/// Runs to its end, in time.
fn run(mut command: Command) -> (i32, String, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait(&mut child);
    ended(child.wait_with_output().unwrap())
}

fn wait(child: &mut Child) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("it goes on");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(s3: &S3, more: &[&str]) -> Self {
        let mut child = serve(s3, more).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some((_, address)) = line.trim_end().rsplit_once("http://") else {
            panic!("{:?}", child.wait_with_output().unwrap())
        };
        Self { child, address: address.to_owned() }
    }

    /// Status and body.
    fn send(&self, method: &str, target: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn write(&self, lines: &str) {
        let (status, body) = self.send("POST", "/write?db=first", lines);
        assert_eq!(status, 204, "{body}");
    }

    /// What a query answers: its rows, or its error.
    fn ask(&self, query: &str) -> Result<Vec<Json>, String> {
        let target = format!("/query?db=first&q={}", query.replace(' ', "+"));
        let (status, body) = self.send("GET", &target, "");
        let json = body.lines().find(|line| line.starts_with('{'));
        let json: Json = serde_json::from_str(json.unwrap_or("{}")).unwrap();
        if status != 200 {
            return Err(format!("{status} {json}"));
        }
        let rows = json["results"][0]["series"][0]["values"].as_array().cloned();
        Ok(rows.unwrap_or_default())
    }

    /// The values of `m` in the order of their times.
    fn values(&self) -> Vec<i64> {
        let rows = self.ask("SELECT v FROM m").unwrap();
        rows.iter().map(|row| row[1].as_i64().unwrap()).collect()
    }

    /// Ends it without a word.
    fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.said()
    }

    /// Ends it in order.
    fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        wait(&mut self.child);
        assert!(self.child.wait().unwrap().success());
        self.said()
    }

    fn said(&mut self) -> String {
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(!said.contains(SECRET) && !said.contains(KEY), "{said}");
        said
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Waits until it is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_server_that_is_killed_has_lost_nothing() {
    let s3 = S3::start();
    let server = Server::start(&s3, &[]);
    for value in 1..=40 {
        server.write(&format!("m v={value}i {value}"));
    }
    server.kill();
    assert!(s3.objects(PREFIX).contains_key("servers/one/lock"));
    let begun = Instant::now();
    let server = Server::start(&s3, &[]);
    assert!(begun.elapsed() > Duration::from_secs(8), "it may have been alive");
    let all: Vec<i64> = (1..=40).collect();
    assert_eq!(server.values(), all);
    server.write("m v=41i 41");
    let said = server.stop();
    assert!(said.contains("a lock that was not given back") && said.contains(DATA), "{said}");
    // Nothing stays where it should not, and nobody waits after an end in order.
    assert!(!s3.objects(PREFIX).contains_key("servers/one/lock"));
    assert!(s3.objects("").keys().all(|key| key.starts_with(PREFIX)));
    let begun = Instant::now();
    let server = Server::start(&s3, &[]);
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    assert_eq!(server.values().len(), 41);
    assert_eq!(server.stop(), "");
}

#[test]
fn one_server_at_a_time() {
    let s3 = S3::start();
    let first = Server::start(&s3, &[]);
    first.write("m v=1i 1");
    let (code, _, said) = run(serve(&s3, &[]));
    assert!(code == 2 && said.contains(&format!("{DATA} is in use")), "{code} {said}");
    for command in ["verify", "repair"] {
        let (code, _, said) = run(lineproof(&s3, &["data", command, DATA]));
        assert!(code == 2 && said.contains("in use"), "{code} {said}");
    }
    first.write("m v=2i 2");
    assert_eq!(first.values(), [1, 2]);
    // Another prefix is another server's.
    let mut other = lineproof(&s3, &["serve", "--profile", "oss-v1@1.6", "--data"]);
    let mut other = other.arg("s3://kept/servers/two").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(other.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("listening"), "{line}");
    other.kill().unwrap();
    other.wait().unwrap();
}

/// Writes until a snapshot has put some of it into Parquet files; how many values there are.
fn write_until_snapshot(s3: &S3, server: &Server) -> i64 {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut written = 0;
    while parquet(s3).is_empty() || s3.objects("servers/one/snapshots/manifest.json").is_empty() {
        assert!(Instant::now() < deadline, "no snapshot was made");
        let lines = (written..written + 500).map(|n| format!("m,t=a v={n}i {n}\n"));
        server.write(&lines.collect::<String>());
        written += 500;
    }
    written
}

fn parquet(s3: &S3) -> Vec<String> {
    let keys = s3.objects("servers/one/snapshots/").into_keys();
    keys.filter(|key| key.ends_with(".parquet")).collect()
}

/// The bytes of the log.
fn log_bytes(s3: &S3) -> usize {
    s3.objects("servers/one/log/").values().map(Vec::len).sum()
}

#[test]
fn a_snapshot_makes_the_log_short_and_its_damage_is_found() {
    let s3 = S3::start();
    let short = ["--log-bytes", "65536"];
    let server = Server::start(&s3, &short);
    let written = write_until_snapshot(&s3, &server);
    until("the log is not forgotten", || log_bytes(&s3) < 64 << 10);
    let all: Vec<i64> = (0..written).collect();
    assert_eq!(server.values(), all);
    server.kill();
    let server = Server::start(&s3, &short);
    assert_eq!(server.values(), all);
    server.write(&format!("m,t=a v={written}i {written}"));
    assert!(server.stop().contains("not given back"));

    let (code, out, said) = run(lineproof(&s3, &["data", "verify", DATA]));
    assert!(code == 0 && out.contains(&format!("{DATA}/snapshots: good")), "{code} {out} {said}");
    let file = parquet(&s3)[0].clone();
    s3.change(&file, |bytes| {
        let middle = bytes.len() / 3;
        bytes[middle] ^= 1;
    });
    let before = s3.objects("");
    let (code, out, _) = run(lineproof(&s3, &["data", "verify", DATA]));
    assert!(code == 1 && out.contains(&format!("s3://kept/{file}: ")), "{code} {out}");
    assert!(s3.objects("") == before, "who only looks changes nothing");
    let (code, _, said) = run(serve(&s3, &short));
    assert!(code == 2 && said.contains(&format!("s3://kept/{file}: ")), "{code} {said}");
    let (code, out, said) = run(lineproof(&s3, &["data", "repair", DATA]));
    assert!(code == 0 && out.contains("mended"), "{code} {out} {said}");
    let name = file.rsplit('/').next().unwrap();
    assert!(s3.objects("").contains_key(&format!("{PREFIX}damaged/{name}.1")), "{out}");
    let server = Server::start(&s3, &short);
    let left = server.values();
    assert!(left.len() <= all.len() && left.iter().all(|value| (0..=written).contains(value)));
    assert_eq!(left.last(), Some(&written));
}

#[test]
fn damage_to_the_log_is_refused_named_and_mended() {
    let s3 = S3::start();
    let server = Server::start(&s3, &[]);
    for value in 1..=5 {
        server.write(&format!("m v={value}i {value}"));
    }
    server.stop();
    let log = s3.objects("servers/one/log/");
    let holds = |bytes: &[u8]| bytes.windows(6).any(|text| text == b"m v=3i");
    let (part, _) = log.iter().find(|(_, bytes)| holds(bytes)).unwrap();
    s3.change(part, |bytes| {
        let place = bytes.windows(6).position(|text| text == b"m v=3i").unwrap();
        bytes[place + 4] = b'8';
    });
    let before = s3.objects("");
    let (code, _, said) = run(serve(&s3, &[]));
    assert_eq!(code, 2, "{said}");
    let segment = part.rsplit_once('/').unwrap().0;
    for part in [format!("s3://kept/{segment}"), format!("lineproof data verify {DATA}")] {
        assert!(said.contains(&part), "{part}: {said}");
    }
    let (code, out, _) = run(lineproof(&s3, &["data", "verify", DATA]));
    assert!(code == 1 && out.contains("1 entry lost"), "{out}");
    assert!(s3.objects("") == before, "neither changes anything");
    let (code, out, said) = run(lineproof(&s3, &["data", "repair", DATA]));
    assert!(code == 0 && out.contains(&format!("copied to {DATA}/damaged/")), "{out} {said}");
    let server = Server::start(&s3, &[]);
    assert_eq!(server.values(), [1, 2, 4, 5]);
}

#[test]
fn a_newer_format_is_refused() {
    let s3 = S3::start();
    let server = Server::start(&s3, &[]);
    server.write("m v=1i 1");
    server.stop();
    s3.change("servers/one/FORMAT", |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = text.replacen("format 1\n", "format 2\n", 1).into_bytes();
    });
    let (code, _, said) = run(serve(&s3, &[]));
    assert!(code == 2 && said.contains("format 2") && said.contains("newer version"), "{said}");
    assert_eq!(run(lineproof(&s3, &["data", "verify", DATA])).0, 2);
}

#[test]
fn a_store_that_refuses_ends_writing_and_nothing_else() {
    let s3 = S3::start();
    let server = Server::start(&s3, &[]);
    server.write("m v=1i 1");
    s3.forbid(true);
    let (status, body) = server.send("POST", "/write?db=first", "m v=2i 2");
    assert_eq!(status, 500, "{body}");
    s3.forbid(false);
    // It may not go on: what was written before it is not known to be there.
    let (status, body) = server.send("POST", "/write?db=first", "m v=3i 3");
    assert_eq!(status, 500, "{body}");
    assert_eq!(server.values().first(), Some(&1));
    let said = server.stop();
    assert!(said.contains("read-only") && said.contains("AccessDenied"), "{said}");
    assert_eq!(Server::start(&s3, &[]).values(), [1]);
}

#[test]
fn what_is_no_place_is_told() {
    let s3 = S3::start();
    for (data, says) in [
        ("gs://kept/one", "only s3://bucket/prefix"),
        ("s3://", "a bucket"),
        ("s3://key:secret@kept/one", "come from the environment"),
        ("s3://other/one", "NoSuchBucket"),
    ] {
        let command = lineproof(&s3, &["serve", "--profile", "oss-v1@1.6", "--data", data]);
        let (code, _, said) = run(command);
        assert!(
            code == 2 && said.contains(says) && !said.contains("key:"),
            "{data}: {code} {said}"
        );
    }
    assert!(s3.objects("").is_empty());
}

#[test]
fn what_cannot_be_reached_or_used_is_said_with_what_to_do() {
    let s3 = S3::start();
    let refused = |name: &str, value: &str| {
        let mut command = serve(&s3, &[]);
        command.env(name, value);
        let (code, _, said) = run(command);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("servers/one") && !said.contains("disk failed"), "{said}");
        said
    };
    let said = refused("AWS_ALLOW_HTTP", "false");
    assert!(said.contains("AWS_ALLOW_HTTP=true"), "{said}");
    // A port on which nobody listens any more.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = refused("AWS_ENDPOINT_URL", &format!("http://{gone}"));
    assert!(said.contains("cannot be reached: AWS_ENDPOINT_URL"), "{said}");
    s3.forbid(true);
    let said = refused("AWS_SECRET_ACCESS_KEY", "e");
    assert!(said.contains("does not let these keys"), "{said}");
    assert!(said.contains("object storage") && said.contains("AccessDenied"), "{said}");
}

/// A start that waits for a store which takes connections and says nothing.
#[test]
fn a_store_that_does_not_answer_is_named_while_it_is_waited_for() {
    let s3 = S3::start();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = serve(&s3, &[]);
    command.env("AWS_ENDPOINT_URL", format!("http://{}", silent.local_addr().unwrap()));
    let begun = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?} {line}", begun.elapsed());
    assert!(line.contains("has not answered for 5 s") && line.contains("servers/one"), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
}
