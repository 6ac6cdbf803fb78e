//! Lists and runs, and the lists that must come of them.

use super::{Change, update};
use crate::event::CaseResult;
use crate::known::Known;

/// `id verdict kind,kind`
fn run(results: &[&str]) -> Vec<CaseResult> {
    let result = |text: &&str| {
        let mut words = text.split(' ');
        let (id, verdict) = (words.next().unwrap(), words.next().unwrap());
        let kinds = words.next().map_or_else(Vec::new, |kinds| kinds.split(',').collect());
        let findings: Vec<_> = kinds
            .into_iter()
            .map(|kind| {
                serde_json::json!({ "step": 2, "kind": kind, "expected": "204", "got": "400\nno" })
            })
            .collect();
        serde_json::from_value(serde_json::json!({
            "profile": "p@1", "id": id, "level": "must", "summary": "", "clauses": [],
            "verdict": verdict, "reason": null, "findings": findings, "ledgers": [],
            "curl": [], "notes": [], "unread": false, "milliseconds": 1
        }))
        .unwrap()
    };
    results.iter().map(result).collect()
}

const ALL: [&str; 6] = ["a/one", "a/three", "a/two", "b/one", "b/two", "c/one"];

#[track_caller]
fn check(before: &str, results: &[&str], after: &str, changes: usize) -> Vec<Change> {
    let results = run(results);
    let results: Vec<_> = results.iter().collect();
    let (text, changed) = update(before, &ALL, &results).unwrap();
    assert_eq!(text, after);
    assert_eq!(changed.len(), changes, "{changed:?}");
    // What came out says nothing new of the same run.
    let (again, more) = update(&text, &ALL, &results).unwrap();
    assert_eq!((again.as_str(), more.as_slice()), (after, &[][..]));
    let known = Known::parse(&text).unwrap();
    for result in results {
        let fails = result.verdict == crate::verdict::Verdict::Fail;
        let is_known = known.entry(&result.id).is_some_and(|e| e.covers(&result.findings));
        assert!(is_known || !fails, "{} fails and is not known", result.id);
    }
    changed
}

#[test]
fn new_failures_come_to_the_end_with_how_they_fail() {
    check(
        "# ours\n\nb/one  # tracker/1\n",
        &["a/two fail status,stored", "a/one fail honesty", "b/one xfail status", "c/one pass"],
        "# ours\n\nb/one  # tracker/1\na/one  [honesty]  # new: step 2, 400 no\n\
         a/two  [status, stored]  # new: step 2, status: expected 204, got 400 no\n",
        2,
    );
    // The last line had no end; the file has that of another system.
    check(
        "# ours\r\nb/one # x",
        &["a/two fail status"],
        "# ours\r\nb/one # x\r\na/two  [status]  # new: step 2, status: expected 204, got 400 no\r\n",
        1,
    );
}

#[test]
fn what_passes_and_what_is_stale_goes_and_the_rest_stays_as_written() {
    check(
        "# head\n  c/one #why   so\n# about b\nb/one # x\na/gone # y\n\nb/two   [stored]  # z\n# end",
        &["c/one xfail status", "b/one xpass", "b/two xfail stored"],
        "# head\n  c/one #why   so\n# about b\n\nb/two   [stored]  # z\n# end",
        2,
    );
}

#[test]
fn what_did_not_run_or_has_no_certain_result_stays() {
    let list = "a # x\nb/one # y\nc/one # z\n";
    check(list, &["a/one unsupported", "b/one unknown", "c/one warn status"], list, 0);
    check(list, &[], list, 0);
    // And what only warns is not added.
    check("", &["a/one warn status", "b/one error"], "", 0);
}

#[test]
fn a_pattern_of_which_some_pass_is_taken_apart() {
    let changes = check(
        "a/*  [status]  # slow disk\n",
        &["a/one pass", "a/two xfail status"],
        "a/three  [status]  # slow disk\na/two  [status]  # slow disk\n",
        1,
    );
    assert_eq!(
        changes[0].to_string(),
        "- a/*  [status]  # slow disk\n+ a/three  [status]  # slow disk\n+ a/two  [status]  # slow disk"
    );
    check("a # x\n", &["a/one xpass", "a/two xpass", "a/three pass"], "", 1);
}

#[test]
fn another_failure_than_the_pinned_one_is_written_down() {
    check(
        "a/one  [status]  # tracker/3\n",
        &["a/one fail honesty,status"],
        "a/one  [honesty, status]  # tracker/3; new: step 2, 400 no\n",
        1,
    );
    // Of a pattern the others stay under it.
    check(
        "a  [status]  # tracker/3\n",
        &["a/one fail stored", "a/two fail status"],
        "a/one  [stored]  # tracker/3; new: step 2, stored: expected 204, got 400 no\na  [status]  # tracker/3\n",
        1,
    );
}

#[test]
fn the_first_entry_speaks() {
    // What stands behind it is not blamed for what the first one says.
    let list = "a/one  # x\na/one  # again\n";
    check(list, &["a/one fail status"], list, 0);
    // It goes with the case that it names.
    check(list, &["a/one xpass"], "", 2);
}

#[test]
fn runs_of_several_profiles_are_refused() {
    let mut results = run(&["a/one fail status", "a/one pass"]);
    results[1].profile = "q@1".to_owned();
    let results: Vec<_> = results.iter().collect();
    let why = update("", &ALL, &results).unwrap_err();
    assert!(why.contains("one profile, and this run is of p@1, q@1"), "{why}");
    assert!(update("a/one\n", &ALL, &[]).unwrap_err().contains("line 1"));
}
