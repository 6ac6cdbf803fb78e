//! `--read-back` and `lineproof read-back` as they are typed.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::mpsc;

/// A server that gives these answers, one a connection, and hands over what it was asked.
fn server(answers: &'static [&'static str]) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, heads) = mpsc::channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            sender.send(String::from_utf8(head).unwrap()).unwrap();
            let (status, body) = answer.split_once(' ').unwrap();
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}")
                .unwrap();
        }
    });
    (url, heads)
}

fn lineproof(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lineproof"))
        .args(arguments)
        .env_remove("LINEPROOF_TOKEN")
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_program_is_checked_before_the_run() {
    let run = ["run", "--target", "http://127.0.0.1:1", "--profile", "oss-v1@1.6", "--read-back"];
    for (more, said) in [
        (&["'open"][..], "a quote is not closed"),
        (&[" "], "it names no program"),
        (&["reader", "--lacks", "read-back"], "exclude each other"),
    ] {
        let output = lineproof(&[&run[..], more].concat(), &[]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}

// The answers are those of release 1.79.5.
#[test]
fn victoria_metrics_is_flushed_and_exported() {
    let (url, heads) = server(&[
        "200 ",
        "200 {\"metric\":{\"__name__\":\"cpu:v\",\"db\":\"lp_a\",\"a b\":\"c\"},\"values\":[1],\"timestamps\":[5]}\n",
    ]);
    let place = [
        ("LINEPROOF_TARGET", url.as_str()),
        ("LINEPROOF_DATABASE", "lp_a"),
        ("LINEPROOF_USER", "ann"),
        ("LINEPROOF_PASSWORD", "hunter22"),
    ];
    let output = lineproof(&["read-back", "victoria-metrics", "--separator", ":"], &place);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "# quoting: json\n\
         # lossy: integers-are-floats, booleans-are-numbers, strings-are-zeros, times-in-ms\n\
         cpu,\"a b\"=c v=1 5000000\n"
    );
    let asked: Vec<_> = heads.iter().collect();
    assert!(asked[0].starts_with("GET /internal/force_flush HTTP/1.1\r\n"), "{asked:?}");
    let export = "GET /api/v1/export?match%5B%5D=%7Bdb%3D%22lp%5Fa%22%7D&start=";
    assert!(asked[1].starts_with(export), "{asked:?}");
    // ann:hunter22
    assert!(asked.iter().all(|head| head.contains("Basic YW5uOmh1bnRlcjIy")), "{asked:?}");
}

#[test]
fn what_cannot_be_read_is_said_and_nothing_printed() {
    let read = ["read-back", "victoria-metrics", "--separator", "@@"];
    for (answers, said) in [
        (&["401 who are you"][..], "/internal/force_flush: status 401 who are you"),
        (&["200 ", "200 <html>"], "/api/v1/export: not the form that is known: <html>"),
    ] {
        let (url, _heads) = server(answers);
        let place = [("LINEPROOF_TARGET", url.as_str()), ("LINEPROOF_DATABASE", "lp_a")];
        let output = lineproof(&read, &place);
        assert_eq!(output.status.code(), Some(3));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
    let nowhere = [("LINEPROOF_TARGET", "http://127.0.0.1:1"), ("LINEPROOF_DATABASE", "lp_a")];
    let output = lineproof(&read, &nowhere);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("nothing listens"), "{}", stderr(&output));
}

/// With the server's own separator `disk_io` reads as `disk`, and nobody must meet that by leaving a
/// word out.
#[test]
fn a_separator_is_no_matter_of_luck() {
    let place = [("LINEPROOF_TARGET", "http://127.0.0.1:1"), ("LINEPROOF_DATABASE", "lp_a")];
    for more in [&[][..], &["--separator", ""]] {
        let output = lineproof(&[&["read-back", "victoria-metrics"], more].concat(), &place);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        for said in ["--separator", "-influxMeasurementFieldSeparator=@@", "disk_io"] {
            assert!(stderr(&output).contains(said), "{}", stderr(&output));
        }
    }
}

/// Whoever copies an example gets a sound reading: in each, and in each line that starts the server,
/// stands the separator.
#[test]
fn every_example_names_the_separator() {
    let help = |words: &[&str]| {
        let help = lineproof(&[words, &["--help"]].concat(), &[]).stdout;
        // Wrapped as it is, a line of an example may stand on two.
        String::from_utf8(help).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let file = |name: &str| {
        std::fs::read_to_string(format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    for text in [
        file("README.md"),
        file("docs/read-back.md"),
        help(&["run"]),
        help(&["read-back"]),
        help(&["read-back", "victoria-metrics"]),
    ] {
        let examples: Vec<_> = text.split("lineproof read-back victoria-metrics").skip(1).collect();
        assert!(!examples.is_empty(), "{text}");
        for rest in examples.iter().filter(|rest| !rest.starts_with(" [OPTIONS]")) {
            assert!(rest.starts_with(" --separator @@"), "{text}");
        }
        assert!(!text.contains("FieldSeparator=:"), "{text}");
    }
}
