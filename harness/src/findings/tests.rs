//! From what came of a case to its result, on transcripts made by hand.

use super::*;
use crate::claim::Claim;
use crate::ledger::{Entry, Fate, Ledger};
use crate::transcript::Transcript;

fn case(level: &str) -> Case {
    let text = format!(
        "id = 'batch/b'\nsummary = 'S.'\nlevel = '{level}'\nclauses = []\nneeds = ['write']\n[[step]]\nwrite = 'a f=1'\n"
    );
    crate::load::parse("cases/batch/b.toml", &text).unwrap()
}

fn done(transcript: &str) -> Executed {
    Executed { transcript: Transcript::parse(transcript).unwrap(), ..Executed::default() }
}

/// With a ledger, so that there is something to judge without a snapshot.
fn judged(transcript: &str) -> Executed {
    let entry =
        Entry { line: 1, text: "a f=1".to_owned(), claim: Claim::Accepted, fate: Fate::Stored };
    let ledger = Ledger { entries: vec![entry], strays: Vec::new() };
    Executed { ledgers: vec![(1, ledger)], ..done(transcript) }
}

fn snapshot(transcript: &str, basis: Basis) -> Snapshot {
    Snapshot {
        description: String::new(),
        basis,
        seen: basis == Basis::Recorded,
        from: "a test".to_owned(),
        case: String::new(),
        transcript: Transcript::parse(transcript).unwrap(),
    }
}

fn result(level: &str, done: Executed, snapshot: Option<&Snapshot>) -> CaseResult {
    let setting = Setting { profile: "p@1", strict: 1, known: None };
    of_executed(&setting, &case(level), done, snapshot, &Losses::default())
}

/// An entry of the list of known failures, for a failure of any kind.
fn listed(reason: &str) -> crate::known::Entry {
    crate::known::Entry {
        pattern: "batch/b".to_owned(),
        kinds: Vec::new(),
        reason: reason.to_owned(),
    }
}

fn kinds(result: &CaseResult) -> Vec<(usize, Kind)> {
    result.findings.iter().map(|finding| (finding.step, finding.kind)).collect()
}

const WROTE: &str = "1 write\n  status 204\n";

#[test]
fn a_case_that_is_as_expected_passes_and_says_on_what_ground() {
    let snapshot = snapshot(WROTE, Basis::Recorded);
    let mut done = judged(WROTE);
    done.left_behind = Some("a bucket".to_owned());
    done.unread = true;
    let result = result("must", done, Some(&snapshot));
    assert_eq!((result.verdict, result.basis), (Verdict::Pass, Some(Basis::Recorded)));
    assert_eq!(result.from.as_deref(), Some("a test"));
    assert_eq!(result.notes, ["not given back: a bucket"]);
    assert_eq!((result.profile.as_str(), result.id.as_str()), ("p@1", "batch/b"));
    assert_eq!((result.transcript.as_str(), result.ledgers.len()), (WROTE, 1));
    assert!(result.unread && result.reason.is_none());
}

#[test]
fn what_counts_is_sorted_and_the_rest_is_left_out() {
    let expected = "1 write\n  status 400\n  | x\n2 write\n  status 204\n";
    let got = "1 write\n  status 422\n  | y\n2 write\n  status 404\n  ! line 1 LOST: a\n";
    let snapshot = snapshot(expected, Basis::Recorded);
    let of = |strict| {
        let setting = Setting { profile: "p@1", strict, known: None };
        kinds(&of_executed(
            &setting,
            &case("must"),
            judged(got),
            Some(&snapshot),
            &Losses::default(),
        ))
    };
    assert_eq!(of(0), [(2, Kind::Honesty), (2, Kind::StatusClass)]);
    assert_eq!(of(1), [(1, Kind::Status), (2, Kind::Honesty), (2, Kind::StatusClass)]);
    assert_eq!(of(2)[1], (1, Kind::Message));
}

#[test]
fn without_a_snapshot_the_ledger_judges_and_says_so() {
    let passed = result("must", judged(WROTE), None);
    assert_eq!((passed.verdict, passed.basis), (Verdict::Pass, None));
    assert!(passed.notes[0].contains("judged by the ledger alone"), "{:?}", passed.notes);
    // Neither a snapshot nor a ledger: nobody can judge, unless there is a fault on any server.
    let skipped = result("must", done(WROTE), None);
    assert_eq!(skipped.verdict, Verdict::Skipped);
    assert!(skipped.reason.unwrap().contains("nobody has said"));
    assert_eq!(skipped.notes, [""; 0]);
    let broken = result("must", done("1 write\n  status 500\n"), None);
    assert_eq!(broken.verdict, Verdict::Fail);
    let lies = result("may", judged("1 write\n  status 204\n  ! line 1 LOST: a f=1\n"), None);
    assert_eq!((lies.verdict, kinds(&lies)), (Verdict::Fail, vec![(1, Kind::Honesty)]));
}

#[test]
fn a_server_that_fails_is_at_fault_on_any_profile() {
    let kinds = |transcript: &str| kinds(&result("must", judged(transcript), None));
    assert_eq!(kinds("1 write\n  status 500\n  | oops\n"), [(1, Kind::StatusClass)]);
    assert_eq!(kinds("1 write\n  status 599\n"), [(1, Kind::StatusClass)]);
    assert_eq!(kinds("1 write\n  status 499\n"), []);
    assert_eq!(kinds("1 request\n  status 500\n"), []);
    assert_eq!(kinds("1 wait\n  waited\n2 write\n  no answer: reset\n"), [(2, Kind::NoAnswer)]);
    // Busy, and it says for how long.
    assert_eq!(kinds("1 write\n  status 503\n  retry-after: 3\n"), []);
    assert_eq!(kinds("1 write\n  status 503\n"), [(1, Kind::StatusClass)]);
    assert_eq!(kinds("1 write\n  status 500\n  retry-after: 3\n"), [(1, Kind::StatusClass)]);
    assert_eq!(kinds("1 write\n  status 503\n  allow: 3\n"), [(1, Kind::StatusClass)]);
    let said = result("must", judged("1 write\n  status 500\n  | oops\n"), None).findings;
    assert_eq!(said[0].got, "500 oops");
}

#[test]
fn what_came_too_late_is_unknown_whatever_else_is_wrong() {
    let snapshot = snapshot("1 write\n  status 204\n", Basis::Recorded);
    let mut late = judged("1 write\n  no answer: no answer within 1 s\n");
    late.timed_out = true;
    let result = result("must", late, Some(&snapshot));
    assert_eq!(result.verdict, Verdict::Unknown);
    assert_eq!(result.reason.as_deref(), Some("no answer in time"));
}

#[test]
fn a_known_failure_tells_its_reason() {
    let entry = listed("tracker/1");
    let setting = Setting { profile: "p@1", strict: 1, known: Some(&entry) };
    let snapshot = snapshot(WROTE, Basis::Recorded);
    let of = |got: &str| {
        of_executed(&setting, &case("must"), judged(got), Some(&snapshot), &Losses::default())
    };
    let failed = of("1 write\n  status 400\n");
    assert_eq!(failed.verdict, Verdict::Xfail);
    assert_eq!(failed.reason.as_deref(), Some("known: tracker/1"));
    let passed = of(WROTE);
    assert_eq!(passed.verdict, Verdict::Xpass);
    assert_eq!(passed.reason.as_deref(), Some("known: tracker/1"));
    let mut late = judged(WROTE);
    late.timed_out = true;
    let late = of_executed(&setting, &case("must"), late, Some(&snapshot), &Losses::default());
    assert_eq!(late.reason.as_deref(), Some("no answer in time"));
}

/// Whoever wrote the list must hear that this is not the failure that it speaks of.
#[test]
fn a_known_failure_hides_no_other() {
    let entry = crate::known::Entry { kinds: vec![Kind::Status], ..listed("tracker/1") };
    let setting = Setting { profile: "p@1", strict: 1, known: Some(&entry) };
    let snapshot = snapshot("1 write\n  status 400\n", Basis::Recorded);
    let of = |level: &str, got: &str| {
        let done = judged(got);
        let result = of_executed(&setting, &case(level), done, Some(&snapshot), &Losses::default());
        (result.verdict, result.reason.unwrap_or_default())
    };
    let known = of("must", "1 write\n  status 422\n");
    assert_eq!(known, (Verdict::Xfail, "known: tracker/1".to_owned()));
    for (level, verdict) in [("must", Verdict::Fail), ("may", Verdict::Warn)] {
        let other = of(level, "1 write\n  status 204\n");
        assert_eq!(other.0, verdict, "{level}");
        assert!(other.1.starts_with("not as it is known to fail"), "{other:?}");
        assert!(other.1.contains("batch/b") && other.1.contains("tracker/1"), "{other:?}");
    }
}

/// What is not held against a server, step by step.
#[test]
fn what_a_step_may_do_no_other_may() {
    let broken = "1 write\n  status 500\n2 write\n  status 500\n";
    let mut done = judged(broken);
    done.may_fail = vec![2];
    assert_eq!(kinds(&result("must", done, None)), [(1, Kind::StatusClass)]);
    let lies = "1 write\n  status 204\n  ! line 1 LOST: a f=1\n";
    let mut done = judged(&format!("{lies}2{}", &lies[1..]));
    done.may_lie = vec![2];
    done.tolerated = vec!["a tag is cut".to_owned()];
    done.broken = vec![(2, (Kind::Promise, "a promise", "broken".to_owned()))];
    let said = result("must", done, None);
    assert_eq!(kinds(&said), [(1, Kind::Honesty), (2, Kind::Promise)]);
    assert_eq!(said.notes[0], "step 2: line 1 LOST: a f=1 (real products do so too)");
    assert_eq!(said.notes[1], "a tag is cut");
}

#[test]
fn a_must_weighs_less_where_only_words_differ() {
    let level = |level: &str, expected: &str, got: &str| {
        let snapshot = snapshot(expected, Basis::Recorded);
        result(level, judged(got), Some(&snapshot)).level
    };
    let bad = "1 write\n  status 400\n";
    assert_eq!(level("must", bad, bad), Level::Must);
    assert_eq!(level("must", bad, "1 write\n  status 422\n"), Level::Should);
    assert_eq!(level("may", bad, "1 write\n  status 422\n"), Level::May);
    assert_eq!(level("should", bad, "1 write\n  status 422\n"), Level::Should);
    for (expected, got) in [
        (bad, WROTE),
        (bad, "1 write\n  no answer: reset\n"),
        (bad, "1 write\n  status 400\n  ! line 1 PHANTOM: a\n"),
        ("1 read_back\n  = m f=1 1\n", "1 read_back\n  nothing stored\n"),
        ("1 query\n  status 200\n  | [1]\n", "1 query\n  status 200\n  | [2]\n"),
        ("1 write\n  promised 400\n  body <empty>\n", "1 write\n  status 400\n  | x\n"),
    ] {
        assert_eq!(level("must", expected, got), Level::Must, "{got}");
    }
    let both = "1 write\n  status 422\n2 read_back\n  nothing stored\n";
    let expected = "1 write\n  status 400\n2 read_back\n  = m f=1 1\n";
    assert_eq!(level("must", expected, both), Level::Must);
}

#[test]
fn what_did_not_run_says_why() {
    let entry = listed("x");
    let setting = Setting { profile: "p@1", strict: 1, known: Some(&entry) };
    let result = not_run(&setting, &case("must"), &Course::Unsupported, "it lacks x".to_owned());
    assert_eq!(result.verdict, Verdict::Unsupported);
    assert_eq!(result.reason.as_deref(), Some("it lacks x"));
    assert_eq!((result.level, result.summary.as_str()), (Level::Must, "S."));
}

#[test]
fn only_what_the_product_was_seen_to_do_excuses_a_lie() {
    let lie = "1 write\n  status 204\n  ! line 1 LOST: a f=1\n";
    let other = lie.replace("line 1", "line 2");
    let of = |known: &Snapshot, got: &str| result("must", judged(got), Some(known));
    let seen = of(&snapshot(lie, Basis::Recorded), lie);
    assert_eq!((seen.verdict, kinds(&seen)), (Verdict::Pass, vec![]));
    assert_eq!(seen.notes, ["step 1: line 1 LOST: a f=1 (the product does so too)"]);
    let read = of(&snapshot(lie, Basis::Source), lie);
    assert_eq!((read.verdict, kinds(&read)), (Verdict::Fail, vec![(1, Kind::Honesty)]));
    let another = of(&snapshot(&other, Basis::Recorded), lie);
    assert_eq!(kinds(&another), [(1, Kind::Honesty)]);
    assert_eq!(another.findings[0].got, "line 1 LOST: a f=1");
    // The same lie at another step is another lie.
    let later = format!("1 wait\n  waited\n2{}", &lie[1..]);
    let early = format!("{lie}2 write\n  status 204\n");
    assert_eq!(kinds(&of(&snapshot(&early, Basis::Recorded), &later))[0].0, 1);
    assert!(kinds(&of(&snapshot(&early, Basis::Recorded), &later)).contains(&(2, Kind::Honesty)));
}

/// What is said of a store that cannot be read after this step.
fn unreadable_at(step: usize, expected: &str, basis: Basis) -> Vec<(usize, Kind)> {
    let mut done = judged(expected);
    done.unreadable = vec![(step, "out of order".to_owned())];
    kinds(&result("must", done, Some(&snapshot(expected, basis))))
}

#[test]
fn a_store_that_cannot_be_read_is_a_fault_unless_it_is_the_products() {
    let honest = (1, Kind::Honesty);
    let readable = "1 write\n  status 400\n2 read_back\n  nothing stored\n";
    let not = "1 write\n  status 400\n2 read_back\n  ? broken\n";
    let unasked = "1 write\n  status 400\n2 read_back\n  not asked\n";
    assert_eq!(unreadable_at(1, readable, Basis::Recorded), [honest]);
    for basis in [Basis::Recorded, Basis::Source] {
        assert_eq!(unreadable_at(1, not, basis), [], "{basis:?}");
        assert_eq!(unreadable_at(1, unasked, basis), [], "{basis:?}");
        assert_eq!(unreadable_at(2, not, basis), [], "{basis:?}");
    }
    assert_eq!(unreadable_at(1, not, Basis::Documented), [honest]);
    // The reading before counts as well as the one after.
    let before = "1 read_back\n  ? broken\n2 write\n  status 204\n3 read_back\n  nothing stored\n";
    assert_eq!(unreadable_at(2, before, Basis::Recorded), []);
    let good = "1 read_back\n  nothing stored\n2 write\n  status 204\n3 write\n  status 400\n";
    assert_eq!(unreadable_at(2, good, Basis::Recorded), [(2, Kind::Honesty)]);
    // Where nobody read back, a refused line may have spoilt the store, an accepted one may not.
    assert_eq!(unreadable_at(1, "1 write\n  status 400\n", Basis::Recorded), []);
    assert_eq!(unreadable_at(1, "1 write\n  status 399\n", Basis::Recorded), [honest]);
    assert_eq!(unreadable_at(1, WROTE, Basis::Recorded), [honest]);
    let second = "1 write\n  status 400\n2 write\n  status 204\n";
    assert_eq!(unreadable_at(2, second, Basis::Recorded), [(2, Kind::Honesty)]);
    assert_eq!(unreadable_at(3, second, Basis::Recorded), [(3, Kind::Honesty)]);
    let mut done = judged(WROTE);
    done.unreadable = vec![(1, "out of order".to_owned())];
    let said = result("must", done, None).findings;
    assert_eq!(said[0].got, "what is stored cannot be read: out of order");
}
