//! What becomes of a command whose output nobody reads, or nobody can keep; and what is looked at
//! before anything is sent.

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

fn lineproof(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    command.args(arguments);
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// As `| head -1` leaves them.
#[test]
fn streams_that_nobody_reads_are_no_failure() {
    for arguments in [&["list"][..], &["list", "--profiles"], &["clauses"]] {
        let closed = || {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            Stdio::from(writer)
        };
        let status = lineproof(arguments).stdout(closed()).stderr(closed()).status().unwrap();
        assert_eq!(status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_result_that_cannot_be_kept_is_a_failure() {
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    for arguments in [&["list"][..], &["clauses"], &["explain", "batch/bad-line-between"]] {
        let output = lineproof(arguments).stdout(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = said(&output);
        assert!(said.contains("standard output cannot be written"), "{arguments:?}: {said}");
    }
    let status = lineproof(&["list"]).stdout(Stdio::null()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(0), "what is said beside the result may be lost");
}

#[test]
fn nothing_is_sent_for_a_package_that_is_there_or_a_program_that_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let there = dir.path().join("write-issue-2026-01-01T00:00:00+00:00.tar.gz");
    std::fs::write(&there, "mine").unwrap();
    std::fs::write(dir.path().join("body.lp"), "m f=1\n").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    for (arguments, says) in [
        (&["bundle", "--database", "d", "--body", "body.lp"][..], "is there already"),
        (&["run", "--read-back", "no-such-program-9"], "no-such-program-9 is not there"),
    ] {
        let mut command = lineproof(arguments);
        command.args(["--target", &url, "--profile", "oss-v1@1.6"]).current_dir(dir.path());
        let output = command.env("SOURCE_DATE_EPOCH", "1767225600").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(says), "{arguments:?}: {}", said(&output));
        assert!(listener.accept().is_err(), "{arguments:?}: the target was asked");
    }
    assert_eq!(std::fs::read_to_string(there).unwrap(), "mine");
}

#[test]
fn a_folder_that_cannot_be_written_is_told_before_a_server_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap());
    let output = Command::new(env!("CARGO_BIN_EXE_lineproof"))
        .args(["record", "--target", &target, "--profile", "oss-v2@2.7", "--edition", "2.8"])
        .args(["--from", "a test", "--snapshots-dir"])
        .arg(file.join("below"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("choose another with --snapshots-dir"), "{}", said(&output));
    assert!(listener.accept().is_err(), "the target was asked");
}
