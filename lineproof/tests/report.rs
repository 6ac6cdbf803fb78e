//! The binary and saved runs: forms, files, exit codes.

use std::path::Path;
use std::process::{Command, Output};

const RUN: &str = r#"{"event":"started","lineproof":"0.1.0","profile":"p@1","target":"http://h:1","cases":1,"strict":1,"lacks":[],"read_back":null,"notes":[]}
{"event":"case","profile":"p@1","id":"a/x","level":"must","summary":"s","clauses":[],"verdict":"fail","reason":null,"basis":null,"from":null,"findings":[],"ledgers":[],"curl":[],"notes":[],"unread":false,"milliseconds":1}
{"event":"finished","profile":"p@1","ending":"not-conformant","reason":null,"left_behind":null,"stale":[],"milliseconds":1}
"#;

fn lineproof(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    command.current_dir(folder).args(arguments).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn one_run_is_written_in_every_form_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("run.ndjson"), RUN).unwrap();
    let forms = ["json", "junit", "markdown", "github", "html", "badge", "badge-json", "text"];
    let reports: Vec<_> = forms.iter().map(|form| format!("--report={form}=out.{form}")).collect();
    let mut arguments = vec!["report", "render", "run.ndjson"];
    arguments.extend(reports.iter().map(String::as_str));
    let output = lineproof(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let read =
        |form: &str| std::fs::read_to_string(folder.path().join(format!("out.{form}"))).unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), read("text"));
    for (form, begins) in [
        ("json", "{\"event\":\"started\""),
        ("junit", "<?xml"),
        ("markdown", "### lineproof"),
        ("github", "::error "),
        ("html", "<!doctype html>"),
        ("badge", "<svg "),
        ("badge-json", "{\"schemaVersion\":1,"),
        ("text", "FAIL a/x"),
    ] {
        assert!(read(form).starts_with(begins), "{form}: {}", read(form));
    }
    // What was saved once more gives the same again.
    let again = lineproof(folder.path(), &["report", "render", "out.json", "--format", "html"]);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), read("html"));
}

#[test]
fn what_cannot_be_done_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("run.ndjson", RUN);
    write("empty.ndjson", "\n");
    write("broken.ndjson", &RUN.replacen("\"case\"", "\"case\", {", 1));
    write("partial.ndjson", RUN.rsplit_once("{\"event\":\"fin").unwrap().0);
    write("headless.ndjson", RUN.split_once('\n').unwrap().1);
    let finished = r#"{"event":"finished","profile":"p@1","ending":"conformant","reason":null,"left_behind":null,"stale":[],"milliseconds":1}"#;
    write("end.ndjson", &format!("{finished}\n"));
    for (arguments, code, says) in [
        (&["partial.ndjson"][..], 130, "p@1: the events end before the run does"),
        (&["headless.ndjson"], 130, "p@1: the beginning of the run is missing"),
        (&["end.ndjson"], 130, "p@1: the beginning of the run is missing"),
        (&["broken.ndjson"], 2, "broken.ndjson: line 2: not a line of JSON"),
        (&["empty.ndjson"], 2, "empty.ndjson: there is no event in it"),
        (&["missing.ndjson"], 2, "missing.ndjson: "),
        (&["."], 2, ".: "),
        (&["run.ndjson", "run.ndjson"], 2, "a/x is there twice on p@1"),
        (&["run.ndjson", "--report=htm=x"], 2, "there is no form \"htm\"; known are text, json, "),
        (&["run.ndjson", "--report=html"], 2, "say FORMAT=FILE"),
        (&["run.ndjson", "--report=html=x", "--output=x"], 2, "two reports cannot go into x"),
        (&["run.ndjson", "--output=no/such/folder"], 2, "no/such/folder: "),
        (&[], 2, "<FILE|->"),
    ] {
        let arguments = [&["report", "render"], arguments].concat();
        let output = lineproof(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", told(&output));
        assert!(told(&output).contains(says), "{arguments:?}: {}", told(&output));
    }
}
