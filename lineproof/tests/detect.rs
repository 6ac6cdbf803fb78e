//! `lineproof detect`: the servers of all profiles, a server that lies about its version, a server
//! of something else.

use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

const TOKEN: &str = "a-token-of-this-test";

/// A `lineproof serve` that ends with the test.
struct Served {
    child: Child,
    /// Profile and URL of each server.
    servers: Vec<(String, String)>,
}

impl Served {
    fn start(profiles: &[String], options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
        command.args(["serve", "--format", "json"]).args(options);
        command.args(profiles.iter().flat_map(|profile| ["--profile", profile]));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let server = |line: std::io::Result<String>| {
            let line: Json = serde_json::from_str(&line.unwrap()).unwrap();
            let text = |key: &str| line[key].as_str().unwrap().to_owned();
            (text("profile"), text("url"))
        };
        let servers = lines.take(profiles.len()).map(server).collect();
        Self { child, servers }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn detect(url: &str, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    for variable in ["TOKEN", "USER", "PASSWORD", "ORG"] {
        command.env_remove(format!("LINEPROOF_{variable}"));
    }
    command.args(["detect", "--target", url]).args(options).output().unwrap()
}

fn found(url: &str, options: &[&str]) -> (Option<i32>, Json) {
    let output = detect(url, &[options, &["--format", "json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains(TOKEN) && !String::from_utf8_lossy(&output.stdout).contains(TOKEN));
    let json = serde_json::from_slice(&output.stdout);
    (output.status.code(), json.unwrap_or_else(|error| panic!("{url}: {error}: {said}")))
}

fn names(json: &Json) -> Vec<&str> {
    json.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

/// What the owner says of itself at a server of this profile.
fn credentials(profile: &str) -> Vec<&'static str> {
    if profiles::find(profile).unwrap().family == profiles::Family::V1 {
        vec!["--user", "admin", "--password", TOKEN]
    } else {
        vec!["--token", TOKEN]
    }
}

/// Two editions of which the snapshots say the same, at servers that have one API.
const ALIKE: [&str; 2] = ["v3-core@docs", "v3-enterprise@docs"];

#[test]
fn every_server_is_recognised() {
    let all: Vec<_> = profiles::ALL.iter().map(|profile| profile.name()).collect();
    let served = Served::start(&all, &["--token", TOKEN]);
    assert_eq!(served.servers.len(), all.len());
    thread::scope(|scope| {
        let of_one = |(profile, url): &(String, String)| recognised(profile, url);
        for some in served.servers.chunks(all.len().div_ceil(4)) {
            scope.spawn(move || some.iter().for_each(of_one));
        }
    });
}

fn recognised(profile: &str, url: &str) {
    let (code, json) = found(url, &credentials(profile));
    let alike = ALIKE.contains(&profile);
    let expected = if alike { ALIKE.to_vec() } else { vec![profile] };
    assert_eq!(names(&json["best"]), expected, "{json:#}");
    assert_eq!(code, Some(if alike { 4 } else { 0 }), "{profile}");
    assert_eq!(json["candidates"][0]["percent"], 100.0, "{profile}");
    let next = json["next"].as_str().unwrap();
    assert_eq!(next, format!("lineproof run --target {url} --profile {}", expected[0]));
    // What a server in the binary says of itself is what it is, where it has a number.
    assert_eq!(json["warnings"], Json::Array(Vec::new()), "{json:#}");
}

#[test]
fn nothing_is_left_behind_and_nothing_is_set_up() {
    let profile = "oss-v1@1.6".to_owned();
    let served = Served::start(std::slice::from_ref(&profile), &["--auth", "off"]);
    let url = &served.servers[0].1;
    let (code, _) = found(url, &[]);
    assert_eq!(code, Some(0));
    let databases = get(url, "/query?q=SHOW%20DATABASES");
    assert!(!databases.contains("lp_"), "{databases}");

    let fresh = Served::start(&["oss-v2@2.7".to_owned()], &[]);
    let url = &fresh.servers[0].1;
    let (code, json) = found(url, &["--token", TOKEN]);
    assert_eq!(code, Some(4), "{json:#}");
    assert!(json["notes"][0].as_str().unwrap().contains("waits to be set up"), "{json:#}");
    assert!(
        get(url, "/api/v2/setup").contains("\"allowed\": true"),
        "{}",
        get(url, "/api/v2/setup")
    );
}

#[test]
fn without_credentials_it_says_so() {
    let profile = "oss-v2@2.7".to_owned();
    let served = Served::start(&[profile], &["--token", TOKEN]);
    let url = &served.servers[0].1;
    let (code, json) = found(url, &[]);
    assert_eq!(code, Some(4));
    assert!(json["notes"][0].as_str().unwrap().contains("wants credentials"), "{json:#}");
    assert!(names(&json["best"]).contains(&"oss-v2@2.7"), "{json:#}");
    let (_, json) = found(url, &["--token", "another"]);
    assert!(json["notes"][0].as_str().unwrap().contains("refuses the credentials"), "{json:#}");
}

#[test]
fn credentials_that_nobody_asks_for_are_noted() {
    for profile in ["oss-v1@1.6", "v3-core@3.6"] {
        for (auth, expected) in [("off", true), ("on", false)] {
            let served = Served::start(&[profile.to_owned()], &["--auth", auth, "--token", TOKEN]);
            let (_, json) = found(&served.servers[0].1, &credentials(profile));
            let is_noted = json.to_string().contains("answers without credentials");
            assert_eq!(is_noted, expected, "{profile}, {auth}: {json:#}");
        }
    }
}

#[test]
fn a_server_that_lies_about_its_version_is_found_out() {
    let served = Served::start(&["oss-v1@1.6".to_owned()], &["--auth", "off"]);
    let url = between(&served.servers[0].1, b": 1.6.7~rc0\r\n", b": 2.7.12xyz\r\n");
    let (code, json) = found(&url, &[]);
    assert_eq!((code, names(&json["best"])), (Some(0), vec!["oss-v1@1.6"]), "{json:#}");
    let warning = json["warnings"][0].as_str().unwrap_or_default();
    assert!(
        warning.contains("2.7.12xyz, which is of oss-v2, and acts like oss-v1@1.6"),
        "{json:#}"
    );
    let text = detect(&url, &[]).stdout;
    assert!(String::from_utf8_lossy(&text).contains("warning: it claims to be release 2.7.12xyz"));
}

#[test]
fn what_is_none_of_them_is_shown_as_it_is() {
    let url =
        answering("HTTP/1.1 404 Not Found\r\nServer: teapot/1\r\nContent-Length: 5\r\n\r\nshort");
    let output = detect(&url, &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("status 404, server: teapot/1, \"short\""), "{said}");
    // All profiles are equally far from it: none of them is meant.
    for stub in
        ["HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]
    {
        let output = detect(&answering(stub), &[]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(!said.contains("cannot be told apart"), "{said}");
        assert!(said.is_empty() || said.contains("acts like no"), "{said}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = detect(&format!("http://{nobody}"), &[]);
    assert_eq!(output.status.code(), Some(3));
}

fn get(url: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// A server that gives the same answer to everything.
fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                while matches!(stream.read(&mut [0; 65536]), Ok(read) if read > 0) {
                    if stream.write_all(answer.as_bytes()).is_err() {
                        break;
                    }
                }
            });
        }
    });
    url
}

/// A way to a server on which its answers change: some bytes become others, as many.
fn between(url: &str, from: &'static [u8; 13], to: &'static [u8; 13]) -> String {
    let server = url.strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut server = TcpStream::connect(&server).unwrap();
            let (mut requests, mut onward) =
                (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || {
                std::io::copy(&mut requests, &mut onward).ok();
                onward.shutdown(Shutdown::Write).ok();
            });
            thread::spawn(move || {
                let mut buffer = [0; 65536];
                while let Ok(read @ 1..) = server.read(&mut buffer) {
                    let part = &mut buffer[..read];
                    while let Some(at) = part.windows(from.len()).position(|w| w == from) {
                        part[at..at + to.len()].copy_from_slice(to);
                    }
                    if client.write_all(part).is_err() {
                        break;
                    }
                }
                client.shutdown(Shutdown::Both).ok();
            });
        }
    });
    own
}
