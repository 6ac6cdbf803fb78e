//! `lineproof run --shard` over real sockets: the shards of a run, each a process of its own, joined.

#[path = "../../harness/tests/self/fake.rs"]
#[allow(dead_code, reason = "other tests meet its other faults")]
mod fake;

use fake::{Fake, Fault};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

/// A folder of nine cases, each longer than the one before.
fn cases() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let area = folder.path().join("batch");
    std::fs::create_dir(&area).unwrap();
    for n in 0..9 {
        let lines = "cpu v=1i 1700000000000000001\n".repeat(n * n + 1);
        let text = format!(
            "id = 'batch/{n}'\nsummary = 'A case of the test.'\nlevel = 'must'\nclauses = []\n\
             needs = ['write', 'read-back']\n[[step]]\nwrite = '''\n{lines}'''\n[[step]]\nread_back = true\n"
        );
        std::fs::write(area.join(format!("{n}.toml")), text).unwrap();
    }
    folder
}

fn lineproof(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    command.env_remove("LINEPROOF_TOKEN").env_remove("LINEPROOF_RUN_ID");
    command.args(arguments).output().unwrap()
}

fn run(url: &str, cases: &Path, more: &[&str]) -> (Output, Vec<Json>) {
    let base = ["run", "--target", url, "--profile", "oss-v1@1.6", "--format", "json"];
    let dirs = ["--snapshots-dir", "/nonexistent", "--cases-dir", cases.to_str().unwrap()];
    let output = lineproof(&[&base, &dirs[..], more].concat());
    let lines = String::from_utf8(output.stdout.clone()).unwrap();
    let events = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output, events)
}

fn results(events: &[Json]) -> BTreeSet<(String, String)> {
    let cases = events.iter().filter(|event| event["event"] == "case");
    cases.map(|case| (case["id"].to_string(), case["verdict"].to_string())).collect()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn joined(folder: &Path) -> (Output, Vec<Json>) {
    let output = lineproof(&["report", "merge", folder.to_str().unwrap()]);
    let lines = String::from_utf8(output.stdout.clone()).unwrap();
    (output, lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shards_of_a_run_are_the_run() {
    let (fake, cases) = (Fake::start(Fault::None).await, cases());
    let (whole, events) = run(&fake.url, cases.path(), &[]);
    let folder = tempfile::tempdir().unwrap();
    let durations = folder.path().join("durations.json");
    std::fs::write(&durations, &whole.stdout).unwrap();
    let durations = ["--durations", durations.to_str().unwrap()];
    let mut together = BTreeSet::new();
    for index in 1..=3 {
        let shard = format!("{index}/3");
        let more = [&["--shard", &shard, "--run-id", "one"], &durations[..]].concat();
        let (output, own) = run(&fake.url, cases.path(), &more);
        assert_eq!(
            own[0]["shard"],
            serde_json::json!({"index": index, "of": 3}),
            "{}",
            said(&output)
        );
        let of_shard = results(&own);
        assert_eq!(own[0]["cases"], of_shard.len());
        assert!(of_shard.iter().all(|result| together.insert(result.clone())));
        std::fs::write(folder.path().join(format!("{index}.ndjson")), &output.stdout).unwrap();
    }
    assert_eq!(together, results(&events), "the same cases with the same verdicts");
    let (output, all) = joined(folder.path());
    assert_eq!(output.status.code(), whole.status.code(), "{}", said(&output));
    assert_eq!(results(&all), together);
    // Counted from 0 it is the same shard.
    let more =
        [&["--shard", "1/3", "--shard-from", "0", "--run-id", "one"], &durations[..]].concat();
    let (output, second) = run(&fake.url, cases.path(), &more);
    let before = std::fs::read_to_string(folder.path().join("2.ndjson")).unwrap();
    let before: Json = serde_json::from_str(before.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&second[0]["shard"], &second[0]["selection"]),
        (&before["shard"], &before["selection"])
    );
    // One that is of another run is no part of it.
    std::fs::remove_file(folder.path().join("2.ndjson")).unwrap();
    assert_eq!(joined(folder.path()).0.status.code(), Some(130));
    let (other, _) = run(
        &fake.url,
        cases.path(),
        &[&["--shard", "2/3", "--run-id", "two"], &durations[..]].concat(),
    );
    std::fs::write(folder.path().join("2.ndjson"), &other.stdout).unwrap();
    let (refused, _) = joined(folder.path());
    assert_eq!(refused.status.code(), Some(2), "{}", said(&output));
    assert!(said(&refused).contains("--run-id \"one\" and \"two\""), "{}", said(&refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_that_cannot_reach_its_target_says_which_one_it_is() {
    let (fake, cases) = (Fake::start(Fault::Html).await, cases());
    let (output, events) = run(&fake.url, cases.path(), &["--shard", "2/2"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(events[0]["shard"]["index"], 2);
    assert_eq!(events[1]["ending"], "unusable");
}

#[test]
fn what_is_no_shard_is_wrong_usage() {
    let cases = cases();
    for (more, says) in [
        (
            &["--shard", "0/4"][..],
            "--shard \"0/4\": the shards are 1/4 to 4/4; give --shard-from 0",
        ),
        (&["--shard", "5/4"], "the shards are 1/4 to 4/4"),
        (&["--shard", "four"], "is not of the form i/n"),
        (&["--shard", "1/9999"], "some would have nothing to do; take at most"),
        (&["--shard", "1/2", "--durations", "/nonexistent"], "/nonexistent: No such file"),
        (&["--shard", "1/2", "--durations", "/"], "/: this is a folder"),
        (&["--durations", "/nonexistent"], "--shard"),
    ] {
        let (output, _) = run("http://127.0.0.1:1", cases.path(), more);
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        assert!(said(&output).contains(says), "{says}: {}", said(&output));
    }
}
