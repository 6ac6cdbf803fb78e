//! `lineproof bundle` as a user runs it, against a server that echoes every secret it is told.

use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What `SOURCE_DATE_EPOCH=1767225600` makes of the name: what `date -Iseconds` prints then.
const NAME: &str = "write-issue-2026-01-01T00:00:00+00:00";

/// A server that refuses each write, and says in header and body all that it was told.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || answer(stream.unwrap()));
        }
    });
    url
}

fn answer(mut stream: TcpStream) {
    let mut told = Vec::new();
    let complete = |told: &[u8]| {
        let text = String::from_utf8_lossy(told).into_owned();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        (body.len() >= length.map_or(0, |text| text.parse().unwrap())).then_some(text)
    };
    while complete(&told).is_none() {
        let mut more = [0; 4096];
        match stream.read(&mut more) {
            Ok(count) if count > 0 => told.extend_from_slice(&more[..count]),
            _ => return,
        }
    }
    let told = complete(&told).unwrap();
    let head = told.lines().find(|line| line.starts_with("Authorization")).unwrap_or_default();
    let body = format!("{{\"error\":\"unable to parse\"}}\n{told}");
    let length = body.len();
    let reply = format!(
        "HTTP/1.1 400 Bad Request\r\nX-Influxdb-Error: {head}\r\nX-Influxdb-Version: 9.9\r\nSet-Cookie: id=c00kie-secret\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(reply.as_bytes()).ok();
}

fn bundle(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    for name in ["LINEPROOF_TOKEN", "LINEPROOF_USER", "LINEPROOF_PASSWORD", "LINEPROOF_ORG"] {
        command.env_remove(name);
    }
    command.arg("bundle").args(arguments).env("SOURCE_DATE_EPOCH", "1767225600");
    command.envs(variables.iter().copied()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The files of a package by their names; each entry has the package's time.
fn unpacked(path: &Path) -> BTreeMap<String, String> {
    let mut archive = tar::Archive::new(GzDecoder::new(std::fs::File::open(path).unwrap()));
    let mut files = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        assert_eq!(entry.header().mtime().unwrap(), 1_767_225_600);
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        if let Some(file) = name.strip_prefix(&format!("{NAME}/")).filter(|file| !file.is_empty()) {
            files.insert(file.to_owned(), content);
        }
    }
    files
}

fn written(folder: &Path) -> PathBuf {
    folder.join(format!("{NAME}.tar.gz"))
}

#[test]
fn no_secret_is_in_any_file() {
    let (folder, url) = (tempfile::tempdir().unwrap(), echo());
    let body = folder.path().join("problem.lp");
    let lines = "cpu,host=a v=1 1700000000\n\
                 cpu,host=pass\\ wo\\=rd v=1 1700000001\n\
                 cpu url=\"http://bob:urlsecret@h/x?token=urltoken1\" 1700000002\n\
                 cpu note=\"variable-of-a-setup and pass wo=rd\" 1700000003\n";
    std::fs::write(&body, lines).unwrap();
    let output = folder.path().to_str().unwrap();
    let arguments = [
        "--target",
        &url,
        "--profile",
        "oss-v1@1.6",
        "--user",
        "admin",
        "--password",
        "pass wo=rd",
        "--database",
        "d",
        "--body",
        body.to_str().unwrap(),
        "--precision",
        "s",
        "--dir",
        output,
    ];
    let variables = [("LINEPROOF_TOKEN_SMALL_TABLES", "variable-of-a-setup")];
    let packed = bundle(&arguments, &variables);
    assert_eq!(packed.status.code(), Some(0), "{}", text(&packed.stderr));
    let said = text(&packed.stdout);
    assert!(said.starts_with(written(folder.path()).to_str().unwrap()), "{said}");
    let files = unpacked(&written(folder.path()));
    let names = [
        "client-logs.txt",
        "environment-details.md",
        "reproduction-steps.md",
        "sample-data.lp",
        "write-error-response.txt",
        "write-patterns.md",
    ];
    assert_eq!(files.keys().collect::<Vec<_>>(), names);
    assert!(names.iter().all(|name| said.contains(name)), "{said}");
    for (name, content) in &files {
        for secret in [
            "pass wo=rd",
            "pass\\ wo",
            "pass%20wo",
            // admin:pass wo=rd
            "YWRtaW46cGFzcyB3bz1yZA==",
            "urlsecret",
            "urltoken1",
            "variable-of-a-setup",
            "c00kie-secret",
        ] {
            assert!(!content.contains(secret), "{secret} is in {name}:\n{content}");
        }
    }
    assert!(files["write-error-response.txt"].contains("\nHTTP Status: 400\nResponse Time: 0."));
    assert!(files["sample-data.lp"].contains("# Step 1: precision s\n"));
    assert!(files["sample-data.lp"].contains("\ncpu,host=a v=1 1700000000\n"));
    assert!(files["environment-details.md"].contains("x-influxdb-version: 9.9"));
    let steps = &files["reproduction-steps.md"];
    assert!(steps.contains("-u \"$LINEPROOF_USER:$LINEPROOF_PASSWORD\""), "{steps}");

    // What is there stays, and nothing else is left.
    let before = std::fs::read(written(folder.path())).unwrap();
    let again = bundle(&arguments, &variables);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("is there already"), "{}", text(&again.stderr));
    assert_eq!(std::fs::read(written(folder.path())).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// A saved run of a case that the binary has.
const RUN: &str = r#"{"event":"started","lineproof":"0.1.0","profile":"oss-v1@1.6","target":"http://h:8086","cases":1,"strict":1,"lacks":[],"read_back":"influxql","notes":[]}
{"event":"begun","profile":"oss-v1@1.6","id":"batch/bad-line-between"}
{"event":"case","profile":"oss-v1@1.6","id":"batch/bad-line-between","level":"must","summary":"One malformed line between two good ones","clauses":[],"verdict":"fail","reason":null,"basis":"recorded","from":"InfluxDB 1.6.7","findings":[{"step":1,"kind":"status-class","expected":"400","got":"204"}],"ledgers":[],"curl":["curl -sS -i 'http://h:8086/write?db=lineproof_repro' -H 'Authorization: Token abcdefgh' --data-binary 'cpu'"],"transcript":"1 write\n  status 204\n2 read_back\n  nothing stored\n","notes":[],"unread":false,"milliseconds":3}
{"event":"finished","profile":"oss-v1@1.6","ending":"not-conformant","reason":null,"left_behind":null,"stale":[],"milliseconds":9}
"#;

#[test]
fn a_saved_run_gives_the_same_bytes_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run.ndjson");
    std::fs::write(&run, RUN).unwrap();
    let pack = |name: &str| {
        let output = folder.path().join(name);
        std::fs::create_dir(&output).unwrap();
        let arguments =
            ["--run", run.to_str().unwrap(), "--case", "batch/bad-line-between", "--dir"];
        let packed = bundle(&[&arguments[..], &[output.to_str().unwrap()]].concat(), &[]);
        assert_eq!(packed.status.code(), Some(0), "{}", text(&packed.stderr));
        written(&output)
    };
    let (first, second) = (pack("one"), pack("two"));
    assert_eq!(std::fs::read(&first).unwrap(), std::fs::read(&second).unwrap());
    let files = unpacked(&first);
    assert!(files["write-error-response.txt"].contains("\nHTTP Status: 204\n"));
    // The case is in the binary: its lines are known.
    assert!(
        files["sample-data.lp"].contains("\ncpu v=1 1700000000000000000\n"),
        "{}",
        files["sample-data.lp"]
    );
    let steps = &files["reproduction-steps.md"];
    assert!(steps.contains("*expected*\n\n```text\n400\n```"), "{steps}");
    assert!(!steps.contains("abcdefgh") && steps.contains("Authorization: Token {hidden}"));
}

#[test]
fn what_cannot_be_packed_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (run, broken) = (file("run", RUN.as_bytes()), file("broken", b"{\"event\":\"started\"}\n"));
    let (noise, gzip) = (file("noise", &[0xff; 4_096]), file("gzip", &[0x1f, 0x8b, 8, 0]));
    let passes = file("passes", RUN.replace("\"fail\"", "\"pass\"").as_bytes());
    let twice = file("twice", RUN.replace("1.6\",\"id", "1.12\",\"id").as_bytes());
    let twice =
        file("both", (RUN.to_owned() + &std::fs::read_to_string(twice).unwrap()).as_bytes());
    let output = folder.path().to_str().unwrap();
    let case = ["--case", "batch/bad-line-between", "--dir", output];
    let url = "http://127.0.0.1:1";
    for (arguments, code, says) in [
        (vec!["--run", &run, "--case", "batch/other", "--dir", output], 2, "no result of the case"),
        (
            [&["--run", &broken][..], &case].concat(),
            2,
            "line 1: an event that cannot be read (missing field",
        ),
        ([&["--run", &noise][..], &case].concat(), 2, "line 1: not a line of JSON"),
        ([&["--run", output][..], &case].concat(), 2, "directory"),
        ([&["--run", "/nonexistent"][..], &case].concat(), 2, "No such file"),
        ([&["--run", &passes][..], &case].concat(), 2, "passes on oss-v1@1.6: nothing to report"),
        ([&["--run", &twice][..], &case].concat(), 2, "choose with --profile"),
        (vec!["--run", &run, "--case", "x", "--dir", "/nonexistent"], 2, "no such folder"),
        // Elsewhere `--from` is a text, and `--output` a file.
        (vec!["--from", &run, "--case", "x"], 2, "unexpected argument '--from'"),
        (vec!["--run", &run, "--case", "x", "--output", output], 2, "unexpected argument"),
        (vec!["--run", &run], 2, "--case <ID>"),
        ([&["--target", url, "--profile", "oss-v1@1.6"][..], &case].concat(), 3, "nothing listens"),
        ([&["--target", url][..], &case].concat(), 2, "--target needs --profile"),
        (
            vec!["--target", url, "--profile", "oss-v1@1.6", "--case", "no/such"],
            2,
            "no case has the id",
        ),
        (vec!["--target", url, "--profile", "oss-v1@1.6", "--body", &gzip], 2, "it is compressed"),
        (
            vec!["--target", url, "--profile", "oss-v2@2.7", "--database", "d", "--body", &run],
            2,
            "--org",
        ),
    ] {
        let output = bundle(&arguments, &[]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
    let left = std::fs::read_dir(folder.path()).unwrap();
    assert!(
        left.flatten().all(|entry| !text(entry.file_name().as_encoded_bytes()).contains("issue"))
    );
}
