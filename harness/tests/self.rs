//! A harness that cannot fail proves nothing: here it meets servers that lie, die and babble, and
//! must say so, each time with the right verdict and the right exit code.

#[path = "self/fake.rs"]
mod fake;

use fake::{Fake, Fault};
use harness::case::Case;
use harness::event::{CaseResult, Event};
use harness::known::Known;
use harness::run::{Part, Plan, run, uninterrupted};
use harness::snapshot::Snapshots;
use harness::target::{Credentials, Target};
use harness::verdict::{Ending, Verdict};
use rstest::rstest;
use std::time::Duration;

const GOOD: &str = r"
[[step]]
write = '''
cpu,host=a v=1i 1700000000000000001
cpu,host=b v=2i 1700000000000000002
'''
[[step]]
read_back = true
";

const ONE_BAD: &str = r"
[[step]]
write = '''
cpu,host=a v=1i 1700000000000000001
bad
'''
[[step]]
read_back = true
";

fn case(name: &str, level: &str, steps: &str) -> Case {
    let text = format!(
        "id = 'batch/{name}'\nsummary = 'A case of the test.'\nlevel = '{level}'\nclauses = []\nneeds = ['write', 'read-back']\n{steps}"
    );
    harness::load::parse(&format!("cases/batch/{name}.toml"), &text).unwrap()
}

fn plan(cases: Vec<Case>) -> Plan {
    Plan {
        cases: cases.into(),
        snapshots: Snapshots::new(Some("/nonexistent".into())),
        strict: 1,
        jobs: 4,
        fail_fast: false,
        shuffle: None,
        known: Known::default(),
        stale: Vec::new(),
        part: Part::default(),
        deadline: None,
    }
}

fn target(url: &str) -> Target {
    let profile = profiles::find("oss-v1@1.6").unwrap();
    let mut target = Target::new(url, profile).unwrap();
    target.timeout = Duration::from_millis(500);
    target
}

async fn judge(target: &Target, plan: Plan) -> (Ending, Vec<CaseResult>, String) {
    let (_sender, interrupt) = uninterrupted();
    let mut results = Vec::new();
    let mut reason = String::new();
    let ending = run(target, plan, interrupt, |event| match event {
        Event::Case(result) => results.push(result.as_ref().clone()),
        Event::Finished(finished) => reason = finished.reason.clone().unwrap_or_default(),
        Event::Started(_) | Event::Begun { .. } => {}
    });
    let ending = ending.await;
    results.sort_by(|a, b| a.id.cmp(&b.id));
    (ending, results, reason)
}

#[tokio::test]
async fn an_honest_server_passes_and_keeps_nothing() {
    let fake = Fake::start(Fault::None).await;
    let cases = vec![case("good", "must", GOOD), case("one-bad", "must", ONE_BAD)];
    let (ending, results, reason) = judge(&target(&fake.url), plan(cases)).await;
    assert_eq!(ending, Ending::Conformant, "{results:#?} {reason}");
    assert!(results.iter().all(|r| r.verdict == Verdict::Pass));
    assert_eq!(fake.databases(), [""; 0], "what was made is given back");
}

#[rstest]
#[case::loses(Fault::LosesSecondLine, GOOD, "LOST")]
#[case::duplicates(Fault::Duplicates, GOOD, "DUPLICATED")]
#[case::wrong_type(Fault::IntegersAsFloats, GOOD, "MUTATED (v is 1)")]
#[case::wrong_time(Fault::ShiftsTime, GOOD, "MUTATED (its time is")]
#[case::late(Fault::Late, GOOD, "LATE")]
#[case::phantom(Fault::StoresWhatItRefuses, ONE_BAD, "PHANTOM")]
#[tokio::test]
async fn a_lie_in_the_ledger_fails(#[case] fault: Fault, #[case] steps: &str, #[case] word: &str) {
    let fake = Fake::start(fault).await;
    // Even a case that only may hold: what is claimed and what is stored is never optional.
    let (ending, results, reason) =
        judge(&target(&fake.url), plan(vec![case("x", "may", steps)])).await;
    assert_eq!(ending, Ending::NotConformant, "{results:#?} {reason}");
    assert_eq!(results[0].verdict, Verdict::Fail);
    let said: Vec<_> = results[0].findings.iter().map(|f| f.got.as_str()).collect();
    assert!(said.iter().any(|got| got.contains(word)), "{said:?}");
}

#[rstest]
#[case::always_204(Fault::Always(204), "")]
#[case::always_400(Fault::Always(400), "")]
#[case::always_500(Fault::Always(500), "")]
#[case::html(Fault::Html, "page for people")]
#[case::hangs(Fault::Hangs, "did not answer within")]
#[case::resets(Fault::Resets, "without an answer")]
#[case::tls(Fault::SpeaksTls, "speaks TLS: try --target https://")]
#[case::not_http(Fault::Babbles, "does not speak HTTP")]
#[case::stores_nothing(Fault::StoresNothing, "does not show it afterwards")]
#[case::wants_token(Fault::WantsCredentials, "give --user and --password")]
#[tokio::test]
async fn a_target_that_cannot_be_judged_is_no_verdict(#[case] fault: Fault, #[case] says: &str) {
    let fake = Fake::start(fault).await;
    let (ending, results, reason) =
        judge(&target(&fake.url), plan(vec![case("x", "must", GOOD)])).await;
    assert_eq!((ending.code(), results.len()), (3, 0), "{reason}");
    assert!(reason.contains(says), "{reason}");
    assert!(!reason.is_empty());
}

#[tokio::test]
async fn a_dead_target_is_no_verdict() {
    let (ending, _, reason) =
        judge(&target("http://127.0.0.1:1"), plan(vec![case("x", "must", GOOD)])).await;
    assert_eq!(ending.code(), 3);
    assert!(reason.contains("nothing listens on http://127.0.0.1:1"), "{reason}");
}

#[tokio::test]
async fn https_to_a_plain_server_says_so() {
    let fake = Fake::start(Fault::None).await;
    let url = fake.url.replace("http://", "https://");
    let (ending, _, reason) = judge(&target(&url), plan(vec![case("x", "must", GOOD)])).await;
    assert_eq!(ending.code(), 3);
    assert!(reason.contains("try --target http://"), "{reason}");
}

#[tokio::test]
async fn credentials_open_the_door_and_are_never_shown() {
    let fake = Fake::start(Fault::WantsCredentials).await;
    let mut target = target(&fake.url);
    target.credentials = Credentials {
        token: None,
        user: Some("admin".to_owned()),
        password: Some("hunter22".to_owned()),
    };
    let (ending, results, reason) = judge(&target, plan(vec![case("x", "must", GOOD)])).await;
    assert_eq!(ending, Ending::Conformant, "{results:#?} {reason}");
    let shown = format!("{}{reason}{target:?}", serde_json::to_string(&results).unwrap());
    for secret in ["hunter22", "YWRtaW46aHVudGVyMjI="] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(results[0].curl[0].contains("-u \"$LINEPROOF_USER:$LINEPROOF_PASSWORD\""));
}

#[tokio::test]
async fn a_server_that_dies_on_the_way_cannot_be_judged() {
    let fake = Fake::start(Fault::DiesAfterCanary).await;
    let (ending, _, reason) = judge(&target(&fake.url), plan(vec![case("x", "must", GOOD)])).await;
    assert_eq!(ending.code(), 3);
    assert!(reason.contains("at the end of the run"), "{reason}");
}

#[tokio::test]
async fn an_answer_that_never_comes_is_unknown() {
    let fake = Fake::start(Fault::HangsOnBadLines).await;
    let cases = vec![case("good", "must", GOOD), case("one-bad", "must", ONE_BAD)];
    let (ending, results, _) = judge(&target(&fake.url), plan(cases)).await;
    assert_eq!(ending.code(), 4);
    assert_eq!((results[0].verdict, results[1].verdict), (Verdict::Pass, Verdict::Unknown));
}

#[tokio::test]
async fn a_crash_is_never_a_refusal() {
    let fake = Fake::start(Fault::CrashesOnBadLines).await;
    let (ending, results, _) =
        judge(&target(&fake.url), plan(vec![case("one-bad", "must", ONE_BAD)])).await;
    assert_eq!((ending.code(), results[0].verdict), (1, Verdict::Fail));
    assert_eq!(fake.bad_writes(), 1, "a write is never sent twice");
}

#[rstest]
#[case::broken(Fault::UnreadableAfterBadLines, 1, Verdict::Fail)]
#[case::slow(Fault::SlowToReadAfterBadLines, 4, Verdict::Unknown)]
#[tokio::test]
async fn what_cannot_be_read_does_not_go_unseen(
    #[case] fault: Fault,
    #[case] code: u8,
    #[case] verdict: Verdict,
) {
    let steps = ONE_BAD.split("[[step]]\nread_back").next().unwrap();
    let fake = Fake::start(fault).await;
    let one_bad = case("one-bad", "may", steps);
    let (ending, results, _) = judge(&target(&fake.url), plan(vec![one_bad])).await;
    assert_eq!((ending.code(), results[0].verdict), (code, verdict), "{results:#?}");
}

#[tokio::test]
async fn what_the_product_itself_makes_unreadable_is_no_fault() {
    let fake = Fake::start(Fault::UnreadableAfterBadLines).await;
    let transcript = "1 write\n  status 400\n2 read_back\n  ? broken\n";
    let dir = snapshots("one-bad", transcript, "recorded");
    let mut plan = plan(vec![case("one-bad", "must", ONE_BAD)]);
    plan.snapshots = Snapshots::new(Some(dir.path().to_owned()));
    plan.strict = 0;
    let (_, results, _) = judge(&target(&fake.url), plan).await;
    assert_eq!(results[0].verdict, Verdict::Pass, "{results:#?}");
}

#[tokio::test]
async fn a_read_back_shows_what_is_there_now() {
    let fake = Fake::start(Fault::ForgetsOnceRead).await;
    let stored =
        "  = cpu,host=a v=1i 1700000000000000001\n  = cpu,host=b v=2i 1700000000000000002\n";
    let transcript = format!("1 write\n  status 204\n2 read_back\n{stored}");
    let dir = snapshots("good", &transcript, "recorded");
    let mut plan = plan(vec![case("good", "must", GOOD)]);
    plan.snapshots = Snapshots::new(Some(dir.path().to_owned()));
    let (ending, results, _) = judge(&target(&fake.url), plan).await;
    assert_eq!(ending, Ending::NotConformant, "{results:#?}");
    assert_eq!(results[0].findings[0].got.trim(), "nothing stored");
}

#[tokio::test]
async fn a_server_without_influxql_is_judged_on_its_answers() {
    let fake = Fake::start(Fault::NoInfluxql).await;
    let (ending, results, _) =
        judge(&target(&fake.url), plan(vec![case("good", "must", GOOD)])).await;
    assert_eq!(ending, Ending::Usage, "nothing says what to expect, so nothing was judged");
    assert!(results[0].unread);
    let dir = snapshots("good", "1 write\n  status 400\n2 read_back\n  = m f=1 1\n", "recorded");
    let mut plan = plan(vec![case("good", "must", GOOD)]);
    plan.snapshots = Snapshots::new(Some(dir.path().to_owned()));
    let (ending, results, _) = judge(&target(&fake.url), plan).await;
    assert_eq!(ending, Ending::NotConformant);
    assert_eq!(results[0].findings.len(), 1, "the answer is judged, what is stored is not");
}

/// A folder with one snapshot.
fn snapshots(name: &str, transcript: &str, basis: &str) -> TempDir {
    let dir = TempDir::new();
    let folder = dir.path().join("oss-v1/1.6/batch");
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "---\nsource: cases\ndescription: x\ninfo:\n  basis: {basis}\n  from: a test\n  case: x\n---\n{transcript}"
    );
    std::fs::write(folder.join(format!("{name}.snap")), text).unwrap();
    dir
}

struct TempDir(std::path::PathBuf);

impl TempDir {
    fn new() -> Self {
        static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let next = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("lineproof-self-{}-{next}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

#[rstest]
#[case::must_fails("must", "recorded", 1, Verdict::Fail)]
#[case::should_fails("should", "documented", 1, Verdict::Fail)]
#[case::may_warns("may", "recorded", 0, Verdict::Warn)]
#[case::a_guess_warns("must", "inferred", 0, Verdict::Warn)]
#[tokio::test]
async fn another_status_counts_by_level_and_basis(
    #[case] level: &str,
    #[case] basis: &str,
    #[case] code: u8,
    #[case] verdict: Verdict,
) {
    let fake = Fake::start(Fault::None).await;
    let dir = snapshots("good", "1 write\n  status 400\n", basis);
    let mut plan = plan(vec![case("good", level, GOOD)]);
    plan.snapshots = Snapshots::new(Some(dir.path().to_owned()));
    let (ending, results, _) = judge(&target(&fake.url), plan).await;
    assert_eq!((ending.code(), results[0].verdict), (code, verdict), "{results:#?}");
}

#[tokio::test]
async fn a_known_lie_of_the_product_is_a_note() {
    let fake = Fake::start(Fault::LosesSecondLine).await;
    let lie = "1 write\n  status 204\n  ! line 2 LOST: cpu,host=b v=2i 1700000000000000002\n2 read_back\n  = cpu,host=a v=1i 1700000000000000001\n";
    let dir = snapshots("good", lie, "recorded");
    let mut plan = plan(vec![case("good", "must", GOOD)]);
    plan.snapshots = Snapshots::new(Some(dir.path().to_owned()));
    let (ending, results, _) = judge(&target(&fake.url), plan).await;
    assert_eq!(ending, Ending::Conformant, "{results:#?}");
    assert!(results[0].notes[0].contains("the product does so too"));
}

#[tokio::test]
async fn known_failures_must_fail_and_their_list_must_not_rot() {
    let listed = |text: &str| {
        let mut plan = plan(vec![case("good", "must", GOOD)]);
        plan.known = Known::parse(text).unwrap();
        plan.stale = plan.known.stale(&plan.cases);
        plan
    };
    let honest = Fake::start(Fault::None).await;
    let lossy = Fake::start(Fault::LosesSecondLine).await;
    let (ending, results, _) = judge(&target(&lossy.url), listed("batch/good # tracker/1")).await;
    assert_eq!((ending.code(), results[0].verdict), (0, Verdict::Xfail));
    let (ending, results, _) = judge(&target(&honest.url), listed("batch/good # tracker/1")).await;
    assert_eq!((ending.code(), results[0].verdict), (1, Verdict::Xpass));
    // An entry that says how it fails does not hide another failure.
    let (ending, results, _) =
        judge(&target(&lossy.url), listed("batch/good [honesty] # tracker/1")).await;
    assert_eq!((ending.code(), results[0].verdict), (0, Verdict::Xfail));
    let (ending, results, _) =
        judge(&target(&lossy.url), listed("batch/good [status, stored] # tracker/1")).await;
    assert_eq!((ending.code(), results[0].verdict), (1, Verdict::Fail));
    let reason = results[0].reason.as_deref();
    assert_eq!(
        reason,
        Some("not as it is known to fail: batch/good  [status, stored]  # tracker/1")
    );
    let (ending, results, _) =
        judge(&target(&honest.url), listed("batch/good [honesty] # tracker/1")).await;
    assert_eq!((ending.code(), results[0].verdict), (1, Verdict::Xpass));
    let (ending, _, _) = judge(&target(&honest.url), listed("batch/gone # tracker/1")).await;
    assert_eq!(ending.code(), 1);
}

#[tokio::test]
async fn fail_fast_begins_no_new_case() {
    let fake = Fake::start(Fault::LosesSecondLine).await;
    let names = ["a", "b", "c"];
    let mut plan = plan(names.iter().map(|name| case(name, "must", GOOD)).collect());
    plan.jobs = 1;
    plan.fail_fast = true;
    let (ending, results, _) = judge(&target(&fake.url), plan).await;
    let verdicts: Vec<_> = results.iter().map(|r| r.verdict).collect();
    assert_eq!(verdicts, [Verdict::Fail, Verdict::Skipped, Verdict::Skipped]);
    assert_eq!(ending.code(), 1);
}

#[tokio::test]
async fn an_interrupt_keeps_what_is_known_and_gives_everything_back() {
    let fake = Fake::start(Fault::HangsOnBadLines).await;
    let cases = vec![case("good", "must", GOOD), case("one-bad", "must", ONE_BAD)];
    let mut target = target(&fake.url);
    target.timeout = Duration::from_secs(60);
    let (sender, interrupt) = uninterrupted();
    let mut results = 0;
    let ending = run(&target, plan(cases), interrupt, |event| {
        if let Event::Case(_) = event {
            results += 1;
            // The other case hangs, so it is still under way.
            sender.send(true).ok();
        }
    });
    assert_eq!(ending.await.code(), 130);
    assert_eq!(results, 1);
    assert_eq!(fake.databases(), [""; 0]);
}
