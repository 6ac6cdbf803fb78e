//! A run that is stopped before its end, from the outside: the exit code, what the report says, and
//! what is left on the target.
#![cfg(unix)]

#[path = "../../harness/tests/self/fake.rs"]
#[allow(dead_code, reason = "other tests meet its other faults")]
mod fake;

use fake::{Fake, Fault};
use rstest::rstest;
use serde_json::Value as Json;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// One case that ends, and behind it one whose answer never comes.
const CASES: [(&str, &str); 2] = [("a-good", "cpu v=1i 1700000000000000001"), ("b-bad", "bad")];

fn cases(folder: &Path) {
    let area = folder.join("batch");
    std::fs::create_dir_all(&area).unwrap();
    for (name, line) in CASES {
        let text = format!(
            "id = 'batch/{name}'\nsummary = 'A case of the test.'\nlevel = 'must'\nclauses = []\n\
             needs = ['write', 'read-back']\n[[step]]\nwrite = '''\n{line}\n'''\n[[step]]\nread_back = true\n"
        );
        std::fs::write(area.join(format!("{name}.toml")), text).unwrap();
    }
}

struct Run {
    child: Child,
    folder: tempfile::TempDir,
}

impl Run {
    fn start(fake: &Fake, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        cases(folder.path());
        let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
        command.args(["run", "--target", &fake.url, "--profile", "oss-v1@1.6", "--jobs", "1"]);
        command.args(["--timeout", "600", "--snapshots-dir", "/nonexistent", "--cases-dir"]);
        command
            .arg(folder.path())
            .args(arguments)
            .arg("--output")
            .arg(folder.path().join("report"));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child, folder }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// How it ended, and the report.
    fn end(self) -> (Output, String) {
        let output = self.child.wait_with_output().unwrap();
        let report = std::fs::read_to_string(self.folder.path().join("report"));
        (output, report.unwrap_or_default())
    }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "never came to pass: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[rstest]
#[case::ctrl_c("-INT")]
#[case::terminated("-TERM")]
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_in_the_middle_of_a_case(#[case] signal: &str) {
    let fake = Fake::start(Fault::HangsOnBadLines).await;
    let run = Run::start(&fake, &["--format", "json"]);
    until("the second case hangs", || fake.bad_writes() > 0).await;
    assert!(!fake.databases().is_empty(), "there is something to drop");
    run.signal(signal);
    let (output, report) = run.end();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("stopping; what was made on the target is dropped"), "{said}");
    assert_eq!(fake.databases(), [""; 0]);
    let events: Vec<Json> =
        report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [started, case, finished] = events.as_slice() else { panic!("{report}") };
    assert_eq!(started["cases"], 2);
    assert_eq!((&case["id"], &case["verdict"]), (&"batch/a-good".into(), &"pass".into()));
    assert_eq!(finished["ending"], "interrupted");
    assert_eq!(finished["reason"], "interrupted: the report is partial");
}

/// Every form says that it is not all.
#[rstest]
#[case::text("text", "the deadline of 0.4 s has passed: the report is partial\n")]
#[case::text_too("text", "interrupted, this report is partial")]
#[case::json("json", "\"ending\":\"interrupted\"")]
#[case::markdown("markdown", "interrupted, this report is partial")]
#[case::html("html", "the deadline of 0.4 s has passed: the report is partial")]
#[case::github("github", "the deadline of 0.4 s has passed: the report is partial")]
#[case::junit("junit", "message=\"the deadline of 0.4 s has passed: the report is partial\"/>")]
#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_a_run_that_hangs(#[case] format: &str, #[case] says: &str) {
    let fake = Fake::start(Fault::HangsOnBadLines).await;
    let (output, report) = Run::start(&fake, &["--deadline", "0.4", "--format", format]).end();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(report.contains(says), "{report}");
    assert_eq!(fake.databases(), [""; 0]);
}

/// Nothing is asked of a target, and nothing made there, for which there is no time.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_has_passed_before_the_run() {
    let fake = Fake::start(Fault::None).await;
    let (output, report) =
        Run::start(&fake, &["--deadline", "0.000001", "--shard", "2/2", "--format", "json"]).end();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(fake.connections(), 0);
    let events: Vec<Json> =
        report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ends: Vec<_> = events.iter().filter(|event| event["event"] == "finished").collect();
    assert_eq!((ends.len(), &ends[0]["ending"]), (1, &"interrupted".into()), "{report}");
    assert!(ends[0]["reason"].as_str().unwrap().contains("0.000001 s has passed"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_is_far_away_changes_nothing() {
    let fake = Fake::start(Fault::None).await;
    let (output, report) = Run::start(&fake, &["--deadline", "500", "--format", "json"]).end();
    assert_eq!(output.status.code(), Some(0), "{report}");
}

/// A target that never answers holds up the end for a few seconds, and a second signal does not wait.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_signal_ends_at_once() {
    let fake = Fake::start(Fault::Hangs).await;
    let mut run = Run::start(&fake, &["--format", "json"]);
    // A line on standard error says that the first one was heard.
    let mut heard = std::io::BufReader::new(run.child.stderr.take().unwrap());
    // It listens for signals before it asks for anything.
    until("it asks", || fake.connections() > 0).await;
    run.signal("-INT");
    let mut line = String::new();
    while !line.contains("Ctrl-C again ends at once") {
        line.clear();
        assert_ne!(std::io::BufRead::read_line(&mut heard, &mut line).unwrap(), 0);
    }
    let began = Instant::now();
    run.signal("-INT");
    let (output, report) = run.end();
    assert_eq!((output.status.code(), report.as_str()), (Some(130), ""));
    assert!(began.elapsed() < Duration::from_secs(4), "the first one alone takes five seconds");
}

/// Interrupted before the target has said a word.
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_before_the_first_answer() {
    let fake = Fake::start(Fault::Hangs).await;
    let run = Run::start(&fake, &["--format", "junit"]);
    until("it asks", || fake.connections() > 0).await;
    run.signal("-TERM");
    let (output, report) = run.end();
    assert_eq!(output.status.code(), Some(130));
    assert!(report.contains("message=\"interrupted: the report is partial\"/>"), "{report}");
}

#[rstest]
#[case("0")]
#[case("-1")]
#[case("nan")]
fn a_deadline_is_a_number_of_seconds(#[case] seconds: &str) {
    let deadline = format!("--deadline={seconds}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    let output = command
        .args(["run", "--target", "http://127.0.0.1:1", "--profile", "oss-v1@1.6", &deadline])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--deadline is a number of seconds above 0"), "{said}");
}

/// Random batches have the same deadline.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_for_random_batches() {
    let fake = Fake::start(Fault::Hangs).await;
    let output = Command::new(env!("CARGO_BIN_EXE_lineproof"))
        .args(["run", "--target", &fake.url, "--profile", "oss-v1@1.6", "--generate", "1000000"])
        .args(["--deadline", "0.8", "--timeout", "600", "--format", "json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let report = String::from_utf8(output.stdout).unwrap();
    let end: Json = serde_json::from_str(report.lines().last().unwrap()).unwrap();
    assert_eq!(end["reason"], "the deadline of 0.8 s has passed: the report is partial");
}

/// On the servers in the binary: every profile says what became of it.
#[cfg(feature = "embedded")]
#[test]
fn a_deadline_over_all_profiles() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    let output = command.args(["run", "--format", "json", "--deadline", "0.05"]).output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let report = String::from_utf8(output.stdout).unwrap();
    let events: Vec<Json> =
        report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ends: Vec<_> = events.iter().filter(|event| event["event"] == "finished").collect();
    assert_eq!(ends.len(), profiles::ALL.len());
    assert!(ends.iter().all(|end| end["ending"] == "interrupted"), "{ends:?}");
}
