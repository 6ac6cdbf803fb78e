//! `lineproof diff` of saved runs in which not everything was done: what cannot be compared is named.

use std::process::Command;

fn diff(arguments: &[&str]) -> (Option<i32>, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_lineproof")).arg("diff").args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// A server that lost a language or hangs has no difference in what it still answers.
#[test]
fn an_upgrade_that_leaves_cases_undone_is_no_upgrade_without_a_difference() {
    let dir = tempfile::tempdir().unwrap();
    let save = |name: &str, cases: &[(&str, &str, &str)]| {
        let mut text = String::new();
        for (id, verdict, transcript) in cases {
            let case = serde_json::json!({
                "event": "case", "profile": "oss-v2@2.7", "id": id, "level": "must",
                "summary": "s", "clauses": [], "verdict": verdict, "reason": null, "basis": null,
                "from": null, "findings": [], "ledgers": [], "curl": [], "transcript": transcript,
                "notes": [], "unread": false, "milliseconds": 1,
            });
            text += &format!("{case}\n");
        }
        let finished = serde_json::json!({
            "event": "finished", "profile": "oss-v2@2.7", "ending": "conformant", "reason": null,
            "left_behind": null, "stale": [], "milliseconds": 1,
        });
        let path = dir.path().join(name);
        std::fs::write(&path, format!("{text}{finished}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (good, late) = ("1 write\n  status 204\n", "1 write\n  no answer: no answer within 10 s\n");
    let old = save("old", &[("x/a", "pass", good), ("x/b", "pass", good)]);
    let lost = save("lost", &[("x/a", "pass", good), ("x/b", "unsupported", "")]);
    let hangs = save("hangs", &[("x/a", "pass", good), ("x/b", "unknown", late)]);
    assert_eq!(diff(&[&old, &old]).0, Some(0));
    let (exit, said) = diff(&[&old, &lost]);
    assert_eq!(exit, Some(4), "{said}");
    assert!(said.contains("no difference in what could be compared") && said.contains("x/b"));
    let (exit, said) = diff(&[&old, &hangs]);
    assert_eq!(exit, Some(1), "{said}");
    assert!(said.contains("no answer within 10 s"), "{said}");
    let (exit, said) = diff(&[&hangs, &hangs]);
    assert_eq!(exit, Some(4), "{said}");
    assert!(said.contains("x/b"), "{said}");
}
