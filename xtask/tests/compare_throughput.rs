//! `cargo xtask compare-throughput` where something is wrong: with a program in the place of
//! `lineproof` that serves nothing and tells what a test wants to hear, it ends as it says, and leaves
//! nothing running.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take here.
const PATIENCE: Duration = Duration::from_secs(60);

/// One test at a time: a process that another one starts holds a file that is being written for a moment,
/// and such a file cannot be run.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder with a `lineproof` whose bench does this, and with programs of others by name only.
fn folder(bench: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().display();
    let lineproof = format!(
        "#!/bin/sh\ncase $1 in\nserve)\n  echo $$ > '{here}/server'\n  \
         echo '{{\"url\": \"http://127.0.0.1:1\"}}'\n  exec sleep 600;;\nbench)\n  {bench};;\nesac\n"
    );
    program(folder.path().join("lineproof"), &lineproof);
    for peer in ["influxd", "victoria-metrics"] {
        program(folder.path().join(peer), "#!/bin/sh\nexit 7\n");
    }
    folder
}

fn program(path: PathBuf, text: &str) {
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn start(folder: &Path) -> Child {
    let path = std::env::var("PATH").unwrap();
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["compare-throughput", "--rounds", "1", "--lineproof"])
        .arg(folder.join("lineproof"))
        .env("PATH", format!("{}:{path}", folder.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The process that wrote its id into a file.
fn id(file: &Path) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let id = fs::read_to_string(file).unwrap_or_default();
        if id.ends_with('\n') {
            return id.trim().to_owned();
        }
        assert!(Instant::now() < deadline, "{} was not written", file.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn runs(id: &str) -> bool {
    Command::new("kill").args(["-s", "0", id]).stderr(Stdio::null()).status().unwrap().success()
}

#[test]
fn a_server_that_loses_a_line_fails_the_comparison() {
    let _turn = turn();
    let told = r#"{"ledger": {"told": ["MISSING cpu,hostname=host_7"]}}"#;
    let folder = folder(&format!("echo '{told}'; exit 5"));
    let output = start(folder.path()).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("lost lines") && said.contains("MISSING cpu,hostname=host_7"), "{said}");
    // No table where a row is missing.
    assert_eq!(output.stdout, b"");
    assert!(!runs(&id(&folder.path().join("server"))));
}

#[test]
fn a_server_that_is_no_such_server_ends_it_too() {
    let _turn = turn();
    let told = r#"{"profile": "oss-v1@1.6", "lines_per_second": 5, "latency": {"p50_ms": 1, "p99_ms": 1},
        "server": {"cpu_us_per_line": 1, "peak_rss_bytes": 1}, "ledger": {"sampled": 1, "counted": 5}}"#;
    let folder = folder(&format!("echo '{told}'"));
    let output = start(folder.path()).wait_with_output().unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    // Both of ours were measured, and then came a program that is not influxd.
    assert_eq!(said.matches("5 lines/s").count(), 2, "{said}");
    assert!(said.contains("influxd ended at once"), "{said}");
}

#[test]
fn ctrl_c_ends_bench_and_server() {
    let _turn = turn();
    let folder = folder("echo $$ > \"${0%/*}/bench\"; exec sleep 600");
    let child = start(folder.path());
    let (bench, server) = (id(&folder.path().join("bench")), id(&folder.path().join("server")));
    assert!(runs(&bench) && runs(&server));
    let told = Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status();
    assert!(told.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert!(!runs(&bench) && !runs(&server));
}

#[test]
fn a_missing_package_is_said_before_anything_starts() {
    let _turn = turn();
    let folder = folder("exit 0");
    fs::remove_file(folder.path().join("influxd")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["compare-throughput", "--lineproof"])
        .arg(folder.path().join("lineproof"))
        .env("PATH", folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("apt-get install influxdb"), "{said}");
    assert!(!said.contains("victoria-metrics"), "{said}");
    assert!(!folder.path().join("server").exists());
}
