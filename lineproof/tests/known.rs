//! `lineproof known update` on files: what it writes, what it leaves alone, what it refuses.

use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// A case of the suite, which is not going away.
const CASE: &str = "batch/bad-line-between";

fn run(folder: &Path, profile: &str, verdict: &str) {
    let finding = json!({"step": 1, "kind": "status", "expected": "400", "got": "204"});
    let findings = if verdict == "fail" { vec![finding] } else { Vec::new() };
    let case = json!({
        "event": "case", "profile": profile, "id": CASE, "level": "must", "summary": "",
        "clauses": [], "verdict": verdict, "findings": findings, "ledgers": [], "curl": [],
        "notes": [], "unread": false, "milliseconds": 5
    });
    let file = folder.join("run.ndjson");
    let before = fs::read_to_string(&file).unwrap_or_default();
    fs::write(file, format!("{before}{case}\n")).unwrap();
}

fn update(folder: &Path, more: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    command.current_dir(folder).args(["known", "update", "run.ndjson"]).args(more);
    if !more.contains(&"--known-failing") {
        command.args(["--known-failing", "known.txt"]);
    }
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_list_is_made_and_mended_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("known.txt");
    run(folder.path(), "p@1", "fail");
    let (code, said) = update(folder.path(), &["--check"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(!list.exists(), "--check writes nothing");
    let line = format!("{CASE}  [status]  # new: step 1, status: expected 400, got 204");
    let (code, said) = update(folder.path(), &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("+ {line}\n")), "{said}");
    let text = fs::read_to_string(&list).unwrap();
    assert!(text.starts_with("# Cases that are known to fail"), "{text}");
    assert!(text.ends_with(&format!("{line}\n")), "{text}");
    assert_eq!(update(folder.path(), &["--check"]).0, Some(0));
    // What somebody writes stays, what passes and what is no case goes.
    fs::write(&list, format!("# ours\n{CASE}  # tracker/9\nno/case  # old\n# end\n")).unwrap();
    fs::remove_file(folder.path().join("run.ndjson")).unwrap();
    run(folder.path(), "p@1", "pass");
    let (code, said) = update(folder.path(), &["--check"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("tracker/9    (passes)") && said.contains("old    (no such case)"),
        "{said}"
    );
    assert_eq!(update(folder.path(), &[]).0, Some(0));
    assert_eq!(fs::read_to_string(&list).unwrap(), "# ours\n# end\n");
    assert_eq!(names(folder.path()), ["known.txt", "run.ndjson"]);
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_rights_stay_as_they_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real.txt");
    fs::write(&real, "no/case  # old\n").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.txt", folder.path().join("known.txt")).unwrap();
    run(folder.path(), "p@1", "pass");
    let (code, said) = update(folder.path(), &[]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(fs::read_to_string(&real).unwrap(), "");
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(folder.path().join("known.txt")).unwrap().is_symlink());
}

#[test]
fn what_cannot_be_read_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("known.txt");
    let (code, said) = update(folder.path(), &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("run.ndjson: No such file"), "{said}");
    run(folder.path(), "p@1", "fail");
    fs::write(&list, "# ours\nbatch/x\n").unwrap();
    let (code, said) = update(folder.path(), &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("known.txt: line 2: \"batch/x\" needs a reason"), "{said}");
    fs::write(&list, "").unwrap();
    run(folder.path(), "q@1", "fail");
    let (code, said) = update(folder.path(), &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("belongs to one profile, and this run is of p@1, q@1"), "{said}");
    assert_eq!(fs::read_to_string(&list).unwrap(), "");
    let (code, said) = update(folder.path(), &["--known-failing", "none/known.txt"]);
    assert_eq!(code, Some(2), "{said}");
}
