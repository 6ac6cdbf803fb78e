//! `lineproof diff`: two releases on the wire, a server beside itself, saved runs.

use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

fn lineproof(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    for variable in ["TOKEN", "USER", "PASSWORD", "ORG"] {
        command.env_remove(format!("LINEPROOF_{variable}"));
        command.env_remove(format!("LINEPROOF_{variable}_A"));
        command.env_remove(format!("LINEPROOF_{variable}_B"));
    }
    command.args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn rows(output: &Output) -> Vec<Json> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Case, step, kind and what either side says.
type Row = (String, u64, String, String, String);

fn row(row: &Json, first: &Json, second: &Json) -> Row {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let step = row["step"].as_u64().unwrap();
    (text(&row["case"]), step, text(&row["kind"]), text(first), text(second))
}

/// An upgrade shows what the snapshots say of it, and nothing else.
#[test]
fn an_upgrade_shows_just_its_recorded_differences() {
    for strict in ["1", "3"] {
        let close = ["--strict", strict, "--format", "json"];
        let (old, new) = ("oss-v2@2.7", "oss-v2@2.9");
        let live = lineproof(&[&["diff", "--a", old, "--b", new], &close[..]].concat());
        let listed = lineproof(&[&["list", "--differences", old, new], &close[..]].concat());
        let live_rows: BTreeSet<Row> =
            rows(&live).iter().map(|r| row(r, &r["first"], &r["second"])).collect();
        let listed_rows: BTreeSet<Row> = rows(&listed)
            .iter()
            .map(|r| row(r, &r["first"]["says"], &r["second"]["says"]))
            .collect();
        assert_eq!(live_rows, listed_rows, "{}", text(&live.stderr));
        assert!(!live_rows.is_empty());
        assert_eq!(live.status.code(), Some(1));
        let request = rows(&live)[0]["request"].as_str().unwrap().to_owned();
        assert!(
            request.starts_with("curl ") && request.contains("$LINEPROOF_TOKEN_A"),
            "{request}"
        );
    }
}

#[test]
fn a_server_is_no_other_than_itself() {
    // One that does what it took later, and one that does it at once.
    for (profile, cases) in [("cloud@docs", "rejected_points"), ("v3-core@3.6", "batch")] {
        let found =
            lineproof(&["diff", "--a", profile, "--b", profile, "--cases", cases, "--strict", "3"]);
        let said = text(&found.stdout) + &text(&found.stderr);
        assert_eq!(found.status.code(), Some(0), "{said}");
        assert!(said.contains("no difference\n"), "{said}");
    }
}

#[test]
fn saved_runs_are_compared_like_servers() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let save = |profiles: &[&str], name: &str| {
        let path = path(name);
        let mut arguments = vec!["run", "--format", "json", "--output", &path, "--cases", "batch"];
        arguments.extend(profiles.iter().flat_map(|profile| ["--profile", profile]));
        lineproof(&arguments);
    };
    save(&["oss-v1@1.6"], "old.ndjson");
    save(&["oss-v1@1.12", "oss-v2@2.7"], "new.ndjson");
    let (old, new) = (path("old.ndjson"), path("new.ndjson"));
    let two = lineproof(&["diff", &old, &new]);
    assert_eq!(two.status.code(), Some(2), "{}", text(&two.stderr));
    assert!(text(&two.stderr).contains("oss-v1@1.12, oss-v2@2.7: choose one with --profile-b"));

    let close = ["--strict", "2", "--format", "json"];
    let one = ["diff", &old, &new, "--profile-b", "oss-v1@1.12"];
    let saved = lineproof(&[&one[..], &close[..]].concat());
    let live = ["diff", "--a", "oss-v1@1.6", "--b", "oss-v1@1.12", "--cases", "batch"];
    let live = lineproof(&[&live[..], &close[..]].concat());
    let of = |output: &Output| -> BTreeSet<Row> {
        rows(output).iter().map(|r| row(r, &r["first"], &r["second"])).collect()
    };
    assert_eq!(of(&saved), of(&live), "{}", text(&live.stderr));
    assert_eq!(saved.status.code(), Some(1));

    let same = lineproof(&["diff", &old, &old, "--strict", "3"]);
    assert_eq!(same.status.code(), Some(0), "{}", text(&same.stdout));
    let none = lineproof(&["diff", &old, &new, "--profile-b", "oss-v1@1.12", "--cases", "tag"]);
    assert_eq!(none.status.code(), Some(4), "{}", text(&none.stderr));
    assert!(text(&none.stdout).contains("no case ran on both"), "{}", text(&none.stdout));
    let markdown = lineproof(&[&one[..], &["--strict", "2", "--format", "markdown"]].concat());
    assert!(
        text(&markdown.stdout).contains("\n### message: `batch/"),
        "{}",
        text(&markdown.stdout)
    );
}

#[test]
fn what_cannot_be_compared_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let broken = write("broken", "<html>\n");
    let gone = Path::new(&broken).with_file_name("gone").to_str().unwrap().to_owned();
    let why = |arguments: &[&str]| {
        let output = lineproof(&[&["diff"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        text(&output.stderr)
    };
    assert!(why(&[&broken, &broken]).contains("broken: line 1: not a line of JSON"));
    assert!(why(&[&gone, &broken]).contains("gone: "));
    assert!(why(&[&broken]).contains("two servers"));
    assert!(why(&[]).contains("two servers"));
    assert!(why(&["--a", "oss-v9", "--b", "oss-v2"]).contains("oss-v9"));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = lineproof(&["diff", "--a", &format!("http://{nobody}"), "--b", "oss-v2@2.7"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
}
