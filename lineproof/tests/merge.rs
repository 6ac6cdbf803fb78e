//! `lineproof report merge` from files, folders and object storage, the last over real sockets.

#[path = "merge/bucket.rs"]
#[cfg(feature = "object-store")]
mod bucket;

use serde_json::{Value as Json, json};
use std::path::Path;
use std::process::{Command, Output};

fn shard(index: usize, verdict: &str) -> String {
    let events = [
        json!({
            "event": "started", "lineproof": "0.1.0", "profile": "p@1", "target": "http://a",
            "cases": 1, "strict": 1, "lacks": [], "read_back": "influxql", "notes": [],
            "shard": {"index": index, "of": 2}, "selection": {"cases": 2, "digest": "d"}
        }),
        json!({
            "event": "case", "profile": "p@1", "id": format!("a/{index}"), "level": "must",
            "summary": "", "clauses": [], "verdict": verdict, "findings": [], "ledgers": [],
            "curl": [], "notes": [], "unread": false, "milliseconds": 5
        }),
        json!({
            "event": "finished", "profile": "p@1", "ending": "conformant", "reason": null,
            "left_behind": null, "stale": [], "milliseconds": 10
        }),
    ];
    events.iter().map(|event| format!("{event}\n")).collect()
}

fn merge(sources: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    command.args(["report", "merge"]).args(sources);
    for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "HTTP_PROXY", "http_proxy"]
    {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn events(output: &Output) -> Vec<Json> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn files_and_folders_are_joined() {
    let folder = tempfile::tempdir().unwrap();
    // As CI systems unpack them: a folder for each.
    let one = write(folder.path(), "report-1/shard.ndjson", &shard(1, "pass"));
    let two = write(folder.path(), "report-2/shard.ndjson", &shard(2, "pass"));
    write(folder.path(), "report-2/notes.txt", "no report");
    let out = folder.path().join("all.json");
    let whole = folder.path().to_str().unwrap();
    for sources in [&[whole][..], &[&two, &one]] {
        let output = merge(sources, &[]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let ids: Vec<_> = events(&output).iter().map(|e| e["id"].to_string()).collect();
        assert_eq!(ids, ["null", "\"a/1\"", "\"a/2\"", "null"]);
    }
    let output = merge(&[whole, "--output", out.to_str().unwrap()], &[]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), String::new()));
    assert_eq!(std::fs::read_to_string(&out).unwrap().lines().count(), 4);
    // A verdict of its own, whatever the shards have ended with.
    write(folder.path(), "report-2/shard.ndjson", &shard(2, "fail"));
    assert_eq!(merge(&[whole], &[]).status.code(), Some(1));
}

#[test]
fn a_url_may_name_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let one = write(folder.path(), "1.ndjson", &shard(1, "pass"));
    let two = write(folder.path(), "2.ndjson", &shard(2, "pass"));
    std::fs::create_dir(folder.path().join("a b")).unwrap();
    let url = format!("file://{}/a%20b", folder.path().display());
    for (from, to) in [(one, "1"), (two, "2")] {
        let output = Command::new(env!("CARGO_BIN_EXE_lineproof"))
            .args(["report", "render", &from, "--format", "json"])
            .arg(format!("--output={url}/{to}.ndjson"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    let output = merge(&[&url], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let output = merge(&["file://a/b"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("begins with /"), "{}", text(&output.stderr));
}

#[test]
fn a_run_without_a_shard_is_not_complete() {
    let folder = tempfile::tempdir().unwrap();
    let two = write(folder.path(), "2.ndjson", &shard(2, "pass"));
    let output = merge(&[&two], &[]);
    assert_eq!(output.status.code(), Some(130));
    let last = events(&output).pop().unwrap();
    assert_eq!(last["ending"], "interrupted");
    assert_eq!(last["reason"], "the report is partial: of 2 shards 1 is missing: 1");
    let said = text(&output.stderr);
    // In the words of every report.
    let words =
        "p@1: interrupted, this report is partial (1 pass); the report is partial: of 2 shards";
    assert!(said.contains(words), "{said}");
}

#[test]
fn what_cannot_be_joined_is_told_and_nothing_written() {
    let folder = tempfile::tempdir().unwrap();
    let one = write(folder.path(), "1.ndjson", &shard(1, "pass"));
    let copy = write(folder.path(), "copy.ndjson", &shard(1, "pass"));
    let whole = shard(2, "pass");
    let broken = write(folder.path(), "broken.ndjson", &whole[..whole.len() - 30]);
    let open = write(folder.path(), "open.ndjson", whole.split_inclusive('\n').next().unwrap());
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let out = folder.path().join("all.ndjson");
    for (sources, says) in [
        (&[one.as_str(), &copy][..], "are both shard 1 of 2"),
        (&[&one, &broken], "broken.ndjson: line 3: not a line of JSON"),
        (&[&one, &open], "open.ndjson: p@1: the run has no end"),
        (&[empty.to_str().unwrap()], "there is no *.ndjson in it"),
        (&["/nonexistent/x.ndjson"], "/nonexistent/x.ndjson: No such file"),
        (&["ftp://host/x"], "ftp://host/x: "),
        (&[""], ": No such file"),
    ] {
        let output = merge(&[sources, &["--output", out.to_str().unwrap()]].concat(), &[]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{says}: {said}");
        assert!(!out.exists());
    }
}

#[test]
fn what_a_file_holds_does_nothing_to_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let spoilt = shard(2, "pass").replace("p@1", "\\u001b[31mp@1");
    let two = write(folder.path(), "2.ndjson", &spoilt);
    for (sources, code) in [(&[two.as_str()][..], 130), (&[&two, &two], 2)] {
        let output = merge(sources, &[]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains("[31mp@1") && !said.contains('\u{1b}'), "{said}");
    }
}

#[cfg(feature = "object-store")]
mod storage {
    use super::bucket::Bucket;
    use super::{events, merge, shard, text};

    const SECRET: &str = "wJalrXUtnFEMI";

    fn environment(endpoint: &str) -> [(&'static str, &str); 5] {
        [
            ("AWS_ENDPOINT", endpoint),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKIATEST"),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
        ]
    }

    #[test]
    fn a_bucket_is_listed_page_by_page_and_read() {
        let bucket = Bucket::start(&[
            ("runs/812/shard-1.ndjson", &shard(1, "pass")),
            ("runs/812/notes.txt", "no report"),
            ("runs/812/deep er/shard-2.ndjson", &shard(2, "pass")),
            ("runs/8123/shard-1.ndjson", &shard(1, "pass")),
        ]);
        let output = merge(&["s3://reports/runs/812/"], &environment(&bucket.url));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert_eq!(events(&output).len(), 4);
        let seen = bucket.seen();
        assert!(seen.iter().filter(|line| line.contains("list-type=2")).count() >= 2, "{seen:?}");
        // Signed, as a real one asks for.
        let signed = |line: &String| line.contains("AWS4-HMAC-SHA256 Credential=AKIATEST/");
        assert!(seen.iter().all(signed), "{seen:?}");
        // One object by its name.
        let output = merge(&["s3://reports/runs/812/shard-1.ndjson"], &environment(&bucket.url));
        assert_eq!(output.status.code(), Some(130));
    }

    #[test]
    fn what_a_bucket_lacks_or_refuses_is_told_without_secrets() {
        let broken = &shard(2, "pass")[..50];
        let bucket = Bucket::start(&[("x/1.ndjson", &shard(1, "pass")), ("x/2.ndjson", broken)]);
        for (source, says) in [
            ("s3://reports/none/", "s3://reports/none/: there is no *.ndjson under it"),
            ("s3://reports/none/1.ndjson", "s3://reports/none/1.ndjson: "),
            ("s3://reports/x", "s3://reports/x/2.ndjson: line 1: not a line of JSON"),
            ("s3://forbidden/x", "AccessDenied"),
            ("s3:///x", "a bucket or host"),
        ] {
            let output = merge(&[source], &environment(&bucket.url));
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{source}: {said}");
            assert!(said.contains(says), "{says}: {said}");
            assert!(!said.contains(SECRET), "{said}");
        }
        let output = merge(&["https://me:pa55@host/x.ndjson"], &[]);
        assert!(!text(&output.stderr).contains("pa55"), "{}", text(&output.stderr));
    }

    #[test]
    fn a_report_is_written_to_a_bucket() {
        let folder = tempfile::tempdir().unwrap();
        let one = super::write(folder.path(), "1.ndjson", &shard(1, "pass"));
        let bucket = Bucket::start(&[]);
        let render = |reports: &[&str]| {
            let mut command = super::Command::new(env!("CARGO_BIN_EXE_lineproof"));
            command.args(["report", "render", &one, "--format", "json"]).args(reports);
            command.envs(environment(&bucket.url)).output().unwrap()
        };
        let output = render(&["--output", "s3://reports/run/1.ndjson"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let two = super::write(folder.path(), "2.ndjson", &shard(2, "pass"));
        let output = merge(&["s3://reports/run/", &two], &environment(&bucket.url));
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        // Where one cannot be written, the others are, and it is told without secrets.
        let beside = folder.path().join("beside.txt");
        let beside = format!("text={}", beside.display());
        let output = render(&["--report", "json=s3://forbidden/1.ndjson", "--report", &beside]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains("s3://forbidden/1.ndjson: ") && said.contains("AccessDenied"),
            "{said}"
        );
        assert!(!said.contains(SECRET), "{said}");
        assert!(
            std::fs::read_to_string(folder.path().join("beside.txt")).unwrap().contains("pass")
        );
        for wrong in ["s3://reports", "s3://reports/run/", "ftp://host/x", "s3:///x", "file://x"] {
            let output = render(&["--output", wrong]);
            assert_eq!(output.status.code(), Some(2), "{wrong}: {}", text(&output.stderr));
        }
    }

    #[test]
    fn a_report_at_a_url_is_read() {
        let bucket =
            Bucket::start(&[("x/1.ndjson", &shard(1, "pass")), ("x/2.ndjson", &shard(2, "warn"))]);
        let urls = [1, 2].map(|n| format!("{}/reports/x/{n}.ndjson", bucket.url));
        let output = merge(&[&urls[0], &urls[1]], &[]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let output = merge(&[&format!("{}/reports/x/3.ndjson", bucket.url)], &[]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    }
}
