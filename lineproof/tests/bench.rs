//! `lineproof bench` as it is typed: exit codes, what it prints, and bodies that the products' own
//! grammars read.

#[path = "../../harness/tests/bench/server.rs"]
#[allow(dead_code, reason = "other tests meet its other faults")]
mod server;

use line_protocol::{Dialect, FieldValue, Options, Parser};
use serde_json::Value as Json;
use server::{Nature, Server};
use std::process::{Command, Output};
use std::time::Duration;

fn bench(url: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lineproof"))
        .args(["bench", "--target", url, "--profile", "oss-v1@1.6", "--warmup", "0"])
        .args(["--connections", "2", "--duration", "0.7"])
        .args(arguments)
        .env_remove("LINEPROOF_TOKEN")
        .env_remove("LINEPROOF_USER")
        .env_remove("LINEPROOF_PASSWORD")
        .output()
        .unwrap()
}

fn small(nature: Nature, arguments: &[&str]) -> (Option<i32>, String, String) {
    let server = Server::start(nature);
    let output = bench(&server.url, &[&["--batch", "10", "--series", "25"], arguments].concat());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn an_honest_server_ends_with_0() {
    let (code, stdout, stderr) = small(Nature::Honest, &["--sample", "50"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("50 read back by influxql, all as written, and it counts"), "{stdout}");
    assert!(stdout.contains("version 1.6.7") && stdout.contains("closed loop"), "{stdout}");
    // Nobody looks: nothing is said while it runs.
    assert_eq!(stderr, "");
    let (code, stdout, _) = small(Nature::GoesBlind(1), &["--no-sample"]);
    assert_eq!(code, Some(0), "{stdout}");
    assert!(stdout.contains("none was read back (--no-sample)"), "{stdout}");
}

#[test]
fn a_server_that_loses_lines_ends_with_5() {
    let (code, stdout, stderr) = small(Nature::Loses(100), &["--sample", "2000"]);
    assert_eq!(code, Some(5), "{stdout}{stderr}");
    assert!(stdout.contains("MISSING cpu,arch=") && stdout.contains("are missing and 0 changed"));
    assert!(stdout.contains("acknowledged lines: the server counts"), "{stdout}");
}

#[test]
fn errors_end_with_1_unless_they_are_allowed() {
    let (code, stdout, stderr) = small(Nature::Fails(5), &[]);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stdout.contains("× status 500: {\"error\":\"no room\"}"), "{stdout}");
    assert_eq!(small(Nature::Fails(5), &["--allow-errors"]).0, Some(0));
    // Where nothing at all succeeds, nothing is measured.
    assert_eq!(small(Nature::Babbles, &["--allow-errors"]).0, Some(1));
}

#[test]
fn what_cannot_be_used_or_read_ends_with_3() {
    assert_eq!(bench("http://127.0.0.1:1", &[]).status.code(), Some(3));
    let (code, _, stderr) = small(Nature::GoesBlind(1), &[]);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("out of sight") && stderr.contains("--no-sample"), "{stderr}");
}

#[test]
fn what_makes_no_sense_ends_with_2() {
    for (arguments, said) in [
        (&["--rate", "0"][..], "it is a number above 0"),
        (&["--connections", "0"], "--connections"),
        (&["--server-pid", "4294967295"], "there is no process 4294967295"),
        (&["--series", "10000000", "--fields", "1000"], "would take some"),
        (&["--rate", "10", "--duration", "1"], "not one body of 1000 lines is due within 1s"),
        (&["--warmup", "-1"], "--warmup"),
        (&["--no-sample", "--sample", "5"], "cannot be used with"),
    ] {
        let mut all = vec!["bench", "--target", "http://127.0.0.1:1", "--profile", "oss-v1@1.6"];
        all.extend(arguments);
        let output = Command::new(env!("CARGO_BIN_EXE_lineproof")).args(all).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {stderr}");
        assert!(stderr.contains(said), "{arguments:?} {stderr}");
    }
}

#[test]
fn json_has_everything() {
    let pid = std::process::id().to_string();
    let mut arguments = vec!["--format", "json", "--rate", "1000", "--seed", "7", "--gzip"];
    if cfg!(target_os = "linux") {
        arguments.extend(["--server-pid", &pid]);
    }
    let (code, stdout, stderr) = small(Nature::Honest, &arguments);
    assert_eq!(code, Some(0), "{stderr}");
    let json: Json = serde_json::from_str(&stdout).unwrap();
    assert_eq!(json["options"]["loop"], "open");
    assert_eq!(json["options"]["rate"], 1000.0);
    assert_eq!(json["options"]["seed"], 7);
    assert_eq!(json["requests"].as_u64().unwrap() + json["not_sent_in_time"].as_u64().unwrap(), 70);
    assert_eq!(json["ledger"]["counted"], json["ledger"]["acknowledged"]);
    assert!(json["latency"]["p999_ms"].as_f64().unwrap() > 0.0, "{stdout}");
    assert!(json["generator"]["cpu_us_per_line"].as_f64().unwrap() > 0.0, "{stdout}");
    assert!(json["sent_bytes"].as_u64().unwrap() < json["bytes"].as_u64().unwrap());
    assert_eq!(json["by_second"].as_array().unwrap().len(), 1);
    if cfg!(target_os = "linux") {
        // The server is in this process.
        assert!(json["server"]["peak_rss_bytes"].as_u64().unwrap() > 1 << 20, "{stdout}");
        assert!(json["server"]["cpu_seconds"].as_f64().is_some(), "{stdout}");
    }
}

/// Read by the grammars of the products, which the bench has nothing of.
#[test]
fn every_line_is_one_that_all_products_read_alike() {
    let server = Server::start(Nature::Honest);
    let output = bench(&server.url, &["--no-sample"]);
    assert_eq!(output.status.code(), Some(0));
    let bodies = server.bodies();
    assert!(!bodies.is_empty());
    let mut points = std::collections::BTreeSet::new();
    for body in &bodies {
        assert!((334..=354).contains(&(body.len() / 1000)), "{} bytes", body.len());
        for dialect in [Dialect::GO_V1_12, Dialect::GO_V2, Dialect::IOX_3_6, Dialect::IOX_3_9] {
            let mut parser = Parser::new(dialect);
            let mut lines = parser.lines(body.as_bytes(), &Options::default());
            let mut count = 0;
            while let Some(line) = lines.next_line() {
                let line = line.unwrap();
                assert_eq!((line.tags().count(), line.fields().count()), (10, 10));
                let integer = |value| matches!(value, FieldValue::Integer(0..=100));
                assert!(line.fields().all(|(_, value)| integer(value)));
                let host = line.tags().find(|(key, _)| *key == b"hostname").unwrap().1.to_vec();
                points.insert((host, line.timestamp().unwrap()));
                count += 1;
            }
            assert_eq!(count, 1000);
        }
    }
    assert_eq!(points.len(), bodies.len() * 1000);
}

#[cfg(unix)]
#[test]
fn who_interrupts_gets_130_and_what_is_known() {
    let server = Server::start(Nature::Honest);
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    command.args(["bench", "--target", &server.url, "--profile", "oss-v1@1.6"]);
    command.args(["--duration", "600", "--batch", "10", "--format", "json", "--rate", "500"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while server.writes() < 10 {
        assert!(std::time::Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let json: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["partial"], true);
    assert!(json["ledger"]["acknowledged"].as_u64().unwrap() >= 90, "{json}");
    assert!(server.databases().is_empty());
}
