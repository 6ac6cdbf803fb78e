//! `lineproof serve --data` and `lineproof data`, from the outside: what is kept, what is refused and
//! in which words, what is told of damage, and what is left after it was mended.
#![cfg(unix)]

use rstest::rstest;
use serde_json::Value as Json;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

const TOKEN: &str = "apiv3_kept";

/// What a server is given each time that it is started.
const OPTIONS: [&str; 4] = ["--token", TOKEN, "--bucket", "first"];

fn lineproof(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    command.args(arguments).arg(folder).env_remove("LINEPROOF_TOKEN").stdin(Stdio::null());
    command
}

fn serve(profile: &str, folder: &Path) -> Command {
    let mut command = lineproof(&["serve", "--profile", profile, "--data"], folder);
    command.args(OPTIONS).stdout(Stdio::piped()).stderr(Stdio::piped());
    if profile.starts_with("oss-v2") {
        command.args(["--org", "acme"]);
    }
    command
}

/// A server that does not start: its exit code, and what it says.
fn refused(profile: &str, folder: &Path) -> (i32, String) {
    does_not_start(serve(profile, folder))
}

fn does_not_start(mut command: Command) -> (i32, String) {
    let mut child = command.spawn().unwrap();
    if end(&mut child).is_none() {
        child.kill().unwrap();
        panic!("it goes on: {:?}", child.wait_with_output().unwrap());
    }
    ended(&child.wait_with_output().unwrap())
}

/// How a process ended, if it does so in time.
fn end(child: &mut Child) -> Option<ExitStatus> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

/// The exit code, and what is on standard error.
fn ended(output: &Output) -> (i32, String) {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    (output.status.code().unwrap(), said)
}

/// `lineproof data …`: its exit code, and what is on standard output.
fn data(arguments: &[&str], folder: &Path) -> (i32, String) {
    let output = lineproof(&[&["data"], arguments].concat(), folder).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

struct Server {
    child: Child,
    address: String,
    profile: String,
}

impl Server {
    fn start(profile: &str, folder: &Path) -> Self {
        Self::of(profile, serve(profile, folder))
    }

    fn of(profile: &str, mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim_end().rsplit_once("http://");
        let address = url.unwrap_or_else(|| panic!("{line}")).1.to_owned();
        Self { child, address, profile: profile.to_owned() }
    }

    /// Status and body.
    fn send(&self, method: &str, target: &str, body: &str) -> (u16, String) {
        let scheme = match self.profile.split('-').next() {
            Some("v3" | "clustered@docs") => "Bearer ",
            _ if self.profile.starts_with("oss-v2") => "Token ",
            _ => "Token admin:",
        };
        // In 1.6 only the parameters name a user.
        let user = match self.profile.starts_with("oss-v1") {
            true => format!("&u=admin&p={TOKEN}"),
            false => String::new(),
        };
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {target}{user} HTTP/1.1\r\nHost: x\r\nAuthorization: {scheme}{TOKEN}\r\n\
             Connection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn write(&self, line: &str) {
        self.write_to("first", line);
    }

    fn write_to(&self, database: &str, line: &str) {
        let target = match self.profile.split('-').next() {
            Some("v3") => format!("/api/v3/write_lp?db={database}"),
            _ if self.profile.starts_with("oss-v2") => {
                format!("/api/v2/write?org=acme&bucket={database}")
            }
            _ => format!("/write?db={database}"),
        };
        let (status, body) = self.send("POST", &target, line);
        assert_eq!(status, 204, "{body}");
    }

    /// Makes a database.
    fn make(&self, name: &str) {
        let (status, body) = match self.profile.split('-').next() {
            Some("v3") => {
                let body = format!("{{\"db\": \"{name}\"}}");
                self.send("POST", "/api/v3/configure/database?", &body)
            }
            _ if self.profile.starts_with("oss-v2") => {
                let (_, orgs) = self.send("GET", "/api/v2/orgs?org=acme", "");
                let orgs = orgs.lines().filter(|line| !line.starts_with(char::is_alphanumeric));
                let orgs: Json = serde_json::from_str(&orgs.collect::<String>()).unwrap();
                let id = orgs["orgs"][0]["id"].as_str().unwrap();
                let body = format!(
                    "{{\"orgID\": \"{id}\", \"name\": \"{name}\", \"retentionRules\": []}}"
                );
                self.send("POST", "/api/v2/buckets?", &body)
            }
            _ => self.send("POST", &format!("/query?q=CREATE+DATABASE+{name}"), ""),
        };
        assert!(matches!(status, 200 | 201), "{status} {body}");
    }

    /// The values of `m` in the order of their times, as long as they are there.
    fn values(&self) -> Vec<i64> {
        let (status, body) = self.send("GET", "/query?db=first&q=SELECT+v+FROM+m", "");
        assert_eq!(status, 200, "{body}");
        // Chunked bodies have their lengths between.
        let json = body.lines().find(|line| line.starts_with('{')).unwrap();
        let json: Json = serde_json::from_str(json).unwrap();
        assert!(json["results"][0].get("error").is_none(), "{json}");
        let rows = json["results"][0]["series"][0]["values"].as_array().cloned();
        rows.unwrap_or_default().iter().map(|row| row[1].as_i64().unwrap()).collect()
    }

    /// Ends it in order; what it has said on standard error.
    fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = end(&mut self.child).expect("it ends");
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(status.success(), "{status} {said}");
        said
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Writes so many lines, a batch each, and ends.
fn written(profile: &str, folder: &Path, lines: i64) {
    let server = Server::start(profile, folder);
    for value in 1..=lines {
        server.write(&line(value));
    }
    server.stop();
}

/// A line that stands in the log as it is: what is numbers alone is packed there.
fn line(value: i64) -> String {
    format!("m v={value}i,s=\"\" {value}")
}

/// The only segment of its log.
fn segment(folder: &Path) -> PathBuf {
    let mut files = fs::read_dir(folder.join("log")).unwrap();
    let path = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none(), "more than one segment");
    path
}

/// Where in a segment the line with this value is, the last time.
fn place(bytes: &[u8], value: i64) -> usize {
    let line = line(value).into_bytes();
    bytes.windows(line.len()).rposition(|window| window == line).unwrap()
}

/// Changes the line with this value in the log, and says where the line is.
fn damage(folder: &Path, value: i64) -> usize {
    let path = segment(folder);
    let mut bytes = fs::read(&path).unwrap();
    let at = place(&bytes, value);
    bytes[at] ^= 0x20;
    fs::write(&path, bytes).unwrap();
    at
}

#[rstest]
#[case("oss-v1@1.6")]
#[case("oss-v2@2.7")]
#[case("v3-core@3.6")]
#[case("clustered@docs")]
fn what_was_written_is_there_after_a_restart(#[case] profile: &str) {
    let folder = tempfile::tempdir().unwrap();
    // It is made where it is not there.
    let data = folder.path().join("of/data");
    written(profile, &data, 3);
    let server = Server::start(profile, &data);
    assert_eq!(server.values(), [1, 2, 3]);
    server.write("m v=4i 4");
    assert_eq!(server.stop(), "");
    let server = Server::start(profile, &data);
    assert_eq!(server.values(), [1, 2, 3, 4]);
}

#[rstest]
#[case("oss-v1@1.6")]
#[case("oss-v2@2.7")]
#[case("v3-core@3.6")]
#[case("clustered@docs")]
#[case("cloud-serverless@docs")]
fn a_token_that_the_folder_does_not_know_is_told_of(#[case] profile: &str) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("of");
    let start = |token: &str| {
        let mut command = lineproof(&["serve", "--profile", profile, "--data"], &data);
        command.args(["--token", token, "--bucket", "first"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().rsplit_once("http://").unwrap().1.to_owned();
        let server = Server { child, address, profile: profile.to_owned() };
        // It listens to signals by the time that it answers.
        server.send("GET", "/ping?", "");
        server.stop()
    };
    assert_eq!(start("apiv3_first"), "");
    let said = start("apiv3_second");
    assert!(said.contains("made with another token") && said.contains("Start it"), "{said}");
    assert!(said.contains(&data.display().to_string()), "{said}");
    assert!(!said.contains("apiv3_"), "{said}");
    assert_eq!(start("apiv3_first"), "");
}

#[test]
fn sizes_and_times_have_units_and_nothing_is_no_size() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |options: &[&str]| {
        let mut command = lineproof(&["serve", "--profile", "oss-v1@1.6", "--data"], folder.path());
        command.args(options).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    for (option, value, why) in [
        ("--log-bytes", "0", "0 would leave no room"),
        ("--query-memory", "0MiB", "0 would leave no room"),
        ("--query-memory", "5 apples", "KiB, MiB, GiB"),
        ("--query-timeout", "0s", "ms, s, m or h"),
    ] {
        let (code, said) = does_not_start(serve(&[option, value]));
        assert!(code == 2 && said.contains(why) && said.contains(option), "{code} {said}");
    }
    let options = ["--log-bytes", "64k", "--query-memory", "512MiB", "--query-timeout", "500ms"];
    let mut child = serve(&options).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("listening"), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_folder_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = Server::start("oss-v1@1.6", folder.path());
    first.write("m v=1i 1");
    let (code, said) = refused("oss-v1@1.6", folder.path());
    assert_eq!(code, 2, "{said}");
    let name = folder.path().display().to_string();
    assert!(said.contains(&format!("{name} is in use")), "{said}");
    for command in ["verify", "repair"] {
        let output = lineproof(&["data", command], folder.path()).output().unwrap();
        let (code, said) = ended(&output);
        assert!(code == 2 && said.contains("in use"), "{code} {said}");
    }
    assert_eq!(first.values(), [1]);
}

#[test]
fn a_folder_of_another_product_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    written("oss-v1@1.6", folder.path(), 1);
    let (code, said) = refused("oss-v1@1.12", folder.path());
    assert!(code == 2 && said.contains("oss-v1@1.6"), "{code} {said}");
    assert_eq!(Server::start("oss-v1@1.6", folder.path()).values(), [1]);
}

#[test]
fn one_folder_is_for_one_profile() {
    let folder = tempfile::tempdir().unwrap();
    let mut two = serve("oss-v1@1.6", folder.path());
    two.args(["--profile", "v3-core@3.6"]);
    let (code, said) = does_not_start(two);
    assert!(code == 2 && said.contains("--data is for one server"), "{code} {said}");
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing was begun there");
}

#[test]
fn a_url_is_no_folder() {
    let (code, said) = does_not_start(serve("oss-v1@1.6", Path::new("gs://bucket/data")));
    assert!(code == 2 && said.contains("gs://bucket/data: "), "{code} {said}");
    assert!(!Path::new("gs:").exists());
}

#[test]
fn a_newer_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    written("oss-v1@1.6", folder.path(), 1);
    let path = folder.path().join("FORMAT");
    let text = fs::read_to_string(&path).unwrap();
    let newer = text.replacen("format 1\n", "format 2\n", 1);
    assert_ne!(newer, text);
    fs::write(&path, newer).unwrap();
    let (code, said) = refused("oss-v1@1.6", folder.path());
    assert!(code == 2 && said.contains("format 2") && said.contains("newer version"), "{said}");
    for command in ["verify", "repair"] {
        let (code, _) = data(&[command], folder.path());
        assert_eq!(code, 2, "{command}");
    }
}

#[test]
fn a_torn_end_is_cut_off_and_told() {
    let folder = tempfile::tempdir().unwrap();
    written("oss-v1@1.6", folder.path(), 3);
    let path = segment(folder.path());
    // What is behind the last entry may be room for others.
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(place(&bytes, 3) + 5);
    fs::write(&path, bytes).unwrap();

    let (code, said) = data(&["verify"], folder.path());
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("good") && said.contains("a write that was not finished"), "{said}");
    assert!(said.contains("unless somebody has cut the file"), "{said}");

    let server = Server::start("oss-v1@1.6", folder.path());
    assert_eq!(server.values(), [1, 2]);
    server.write("m v=4i 4");
    let said = server.stop();
    let path = path.display().to_string();
    assert!(said.contains("never finished") && said.contains(&path), "{said}");
    let server = Server::start("oss-v1@1.6", folder.path());
    assert_eq!(server.values(), [1, 2, 4]);
    assert_eq!(server.stop(), "", "cut off once");
}

#[test]
fn damage_is_refused_named_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    written("oss-v1@1.6", folder.path(), 5);
    let at = damage(folder.path(), 3) as u64;
    let before = fs::read(segment(folder.path())).unwrap();

    let (code, said) = refused("oss-v1@1.6", folder.path());
    let name = folder.path().display().to_string();
    assert_eq!(code, 2, "{said}");
    for part in [
        segment(folder.path()).display().to_string(),
        format!("lineproof data verify {name}"),
        format!("lineproof data repair {name}"),
    ] {
        assert!(said.contains(&part), "{part}: {said}");
    }
    let begin = said.split("at byte ").nth(1).unwrap();
    let begin: u64 = begin.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
    // The damage is somewhere in its entry, and that is not larger than a kilobyte here.
    assert!((begin..begin + 1024).contains(&at), "{said}: {at}");
    assert_eq!(
        fs::read(segment(folder.path())).unwrap(),
        before,
        "a refused start changes nothing"
    );

    let (code, text) = data(&["verify"], folder.path());
    assert_eq!(code, 1, "{text}");
    assert!(text.contains(&format!("at byte {begin}, ")) && text.contains("damaged"), "{text}");
    assert!(text.contains("1 entry lost"), "{text}");
    let (code, json) = data(&["verify", "--format", "json"], folder.path());
    let json: Json = serde_json::from_str(&json).unwrap();
    assert_eq!((code, json["good"].as_bool()), (1, Some(false)), "{json}");
    let stretch = &json["damage"][0];
    assert_eq!(stretch["offset"], begin, "{json}");
    let lost = json["damage"].as_array().unwrap().iter().map(|d| d["entries_lost"].clone());
    assert_eq!(lost.collect::<Vec<_>>(), [1], "{json}");

    let (code, text) = data(&["repair"], folder.path());
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("mended"), "{text}");
    let copy = text.split("copied to ").nth(1).unwrap().lines().next().unwrap();
    let copied = fs::read(copy).unwrap();
    let (from, length) = (begin as usize, stretch["bytes"].as_u64().unwrap() as usize);
    assert_eq!(copied, before[from..from + length]);

    let (code, text) = data(&["verify"], folder.path());
    assert!(code == 0 && text.contains("1 entry was lost before"), "{code} {text}");
    let server = Server::start("oss-v1@1.6", folder.path());
    assert_eq!(server.values(), [1, 2, 4, 5]);
    server.write("m v=6i 6");
    server.stop();
    assert_eq!(Server::start("oss-v1@1.6", folder.path()).values(), [1, 2, 4, 5, 6]);
}

/// The entries before it are in the snapshot, and nothing in the log has them.
#[test]
fn damage_right_behind_a_snapshot_is_mended() {
    let (profile, folder) = ("oss-v1@1.6", tempfile::tempdir().unwrap());
    let mut command = serve(profile, folder.path());
    command.args(["--log-bytes", "1"]);
    let server = Server::of(profile, command);
    server.write(&line(1));
    let deadline = Instant::now() + Duration::from_secs(60);
    while !fs::read_dir(folder.path().join("log")).unwrap().flatten().all(|entry| {
        // All of the log was forgotten but for a segment without entries.
        entry.metadata().unwrap().len() <= 40 && entry.file_name() != "00000000000000000001.wal"
    }) {
        assert!(Instant::now() < deadline, "no snapshot was made");
        std::thread::sleep(Duration::from_millis(5));
    }
    server.stop();
    written(profile, folder.path(), 4);
    damage(folder.path(), 1);
    let (code, text) = data(&["repair"], folder.path());
    assert!(code == 0 && text.contains("; 1 entry lost"), "{code}: {text}");
    let (code, text) = data(&["verify"], folder.path());
    assert!(code == 0 && text.contains("1 entry was lost before"), "{code} {text}");
    let server = Server::start(profile, folder.path());
    assert_eq!(server.values(), [1, 2, 3, 4], "the first one is in the snapshot, too");
    server.stop();
}

/// The rest is served, whatever rests on what is lost.
#[rstest]
#[case("oss-v1@1.6")]
#[case("oss-v2@2.7")]
#[case("v3-core@3.6")]
fn what_rests_on_what_is_lost_does_not_take_the_rest_with_it(#[case] profile: &str) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(profile, folder.path());
    server.write("m v=1i 1");
    server.make("second");
    for value in 2..=3 {
        server.write_to("second", &format!("m v={value}i {value}"));
    }
    server.write("m v=4i 4");
    server.stop();
    // The entry that made the database is the first that names it.
    let path = segment(folder.path());
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(6).position(|window| window == b"second").unwrap();
    bytes[at] ^= 0x20;
    fs::write(&path, bytes).unwrap();
    assert_eq!(data(&["repair"], folder.path()).0, 0);
    let server = Server::start(profile, folder.path());
    assert_eq!(server.values(), [1, 4]);
    let said = server.stop();
    // A product that makes databases when they are written to needs no other entry.
    let is_made_by_writes = profile.starts_with("v3");
    assert_eq!(said.contains("2 entries cannot be done again"), !is_made_by_writes, "{said}");
}

/// Entries of numbers name a series once for those that follow.
#[test]
fn rows_of_a_series_that_a_lost_entry_named_are_told_of() {
    let folder = tempfile::tempdir().unwrap();
    // Of few lines the text is shorter, and stays.
    let batch = |value: i64| {
        let others = (0..20).map(|n| format!("others,tag=of_some_length v={n}i {}\n", value + n));
        format!("m v={value}i {value}\n") + &others.collect::<String>()
    };
    let server = Server::start("oss-v1@1.6", folder.path());
    server.write(&batch(1));
    // The first entry of rows: until then nothing was known of the series.
    server.write(&batch(2));
    server.write("m v=3i 3\nn v=3i 3");
    server.write(&batch(4));
    server.stop();
    let path = segment(folder.path());
    let mut bytes = fs::read(&path).unwrap();
    let heads = || bytes.windows(7).enumerate().filter(|(_, window)| window == b"\"Lines\"");
    assert_eq!(heads().count(), 4);
    let at = heads().nth(1).unwrap().0;
    bytes[at] ^= 0x20;
    fs::write(&path, bytes).unwrap();
    assert_eq!(data(&["repair"], folder.path()).0, 0);
    let server = Server::start("oss-v1@1.6", folder.path());
    // The third entry has all its lines as they came, since one series was new in it.
    assert_eq!(server.values(), [1, 3]);
    server.write("m v=5i 5");
    server.write("m v=6i 6");
    let said = server.stop();
    assert!(said.contains("1 entries cannot be done again"), "{said}");
    assert!(said.contains("21 of its rows are of series that a lost entry named"), "{said}");
    assert_eq!(Server::start("oss-v1@1.6", folder.path()).values(), [1, 3, 5, 6]);
}

#[test]
fn what_is_good_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    written("v3-core@3.6", folder.path(), 2);
    let before = fs::read(segment(folder.path())).unwrap();
    for command in ["verify", "repair"] {
        let (code, said) = data(&[command], folder.path());
        assert!(code == 0 && said.contains("good"), "{said}");
        assert!(!said.contains("damage"), "{said}");
    }
    let (code, json) = data(&["repair", "--format", "json"], folder.path());
    let json: Json = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &json["good"], &json["torn"]), (0, &Json::Bool(true), &Json::Null));
    assert_eq!(json["bytes"], before.len());
    assert_eq!(fs::read(segment(folder.path())).unwrap(), before);
}

#[test]
fn nobody_is_sent_to_a_repair_that_cannot_help() {
    let folder = tempfile::tempdir().unwrap();
    written("v3-core@3.6", folder.path(), 2);
    fs::create_dir(folder.path().join("snapshots")).unwrap();
    fs::write(folder.path().join("snapshots/manifest.json"), "no head").unwrap();
    let (code, said) = data(&["verify"], folder.path());
    assert!(code == 1 && said.contains("put a copy of the folder in its place"), "{said}");
    assert!(!said.contains("lineproof data repair"), "{said}");
    let (code, said) = data(&["repair"], folder.path());
    assert!(code == 1 && said.contains("cannot be mended"), "{said}");
}

#[test]
fn a_folder_without_data_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["verify", "repair"] {
        let output = lineproof(&["data", command], folder.path()).output().unwrap();
        let (code, said) = ended(&output);
        assert!(code == 2 && said.contains("there is no log in"), "{code} {said}");
    }
}
