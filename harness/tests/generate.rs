//! Random batches against servers with one fault each: it is found, made small, and saved as a case
//! that fails by itself; and nothing is found on a server that has none.

#[path = "generate/lines.rs"]
mod lines;
#[path = "generate/server.rs"]
mod server;

use harness::event::{CaseResult, Event};
use harness::generate::{self, Plan};
use harness::known::Known;
use harness::report::github;
use harness::run::{Deadline, uninterrupted};
use harness::snapshot::Snapshots;
use harness::target::Target;
use harness::verdict::{Ending, Verdict};
use rstest::rstest;
use server::{Fault, Server};
use std::path::Path;
use std::time::Duration;

fn target(server: &Server) -> Target {
    let mut target = Target::new(&server.url, profiles::find("oss-v1@1.6").unwrap()).unwrap();
    target.timeout = Duration::from_secs(5);
    target
}

async fn run(
    server: &Server,
    batches: u64,
    jobs: usize,
    save: Option<&Path>,
) -> (Ending, Vec<CaseResult>) {
    let plan = Plan {
        batches,
        seed: 5,
        jobs,
        strict: 1,
        fail_fast: false,
        save: save.map(Path::to_owned),
        deadline: None,
    };
    let (_sender, interrupt) = uninterrupted();
    let mut results = Vec::new();
    let mut done = 0;
    let on_event = |event: &Event| {
        if let Event::Case(result) = event {
            results.push(result.as_ref().clone());
        }
    };
    let ending = generate::run(&target(server), plan, interrupt, on_event, || done += 1).await;
    assert_eq!(done, batches);
    (ending, results)
}

#[tokio::test]
async fn nothing_is_found_where_nothing_is_wrong() {
    let server = Server::start(Fault::None).await;
    let (ending, results) = run(&server, 100, 4, None).await;
    assert_eq!(ending, Ending::Conformant, "{results:#?}");
    let [all] = results.as_slice() else { panic!("{results:#?}") };
    assert_eq!((all.id.as_str(), all.verdict), ("generated/s5", Verdict::Pass));
    assert_eq!(all.reason.as_deref(), Some("100 of 100 batches without a finding"));
    assert_eq!(server.databases(), 0, "what was made is given back");
}

/// More batches than there is time for: what was done by then is told.
#[tokio::test]
async fn a_deadline_ends_it() {
    let server = Server::start(Fault::None).await;
    let after = Duration::from_millis(800);
    let plan = Plan {
        batches: 1_000_000,
        seed: 5,
        jobs: 2,
        strict: 1,
        fail_fast: false,
        save: None,
        deadline: Some(Deadline::after(after)),
    };
    let (_sender, interrupt) = uninterrupted();
    let (mut reasons, mut done) = (Vec::new(), 0);
    let on_event = |event: &Event| match event {
        Event::Case(result) => reasons.push((result.verdict, result.reason.clone())),
        Event::Finished(finished) => reasons.push((Verdict::Error, finished.reason.clone())),
        _ => {}
    };
    let target = target(&server);
    let run = generate::run(&target, plan, interrupt, on_event, || done += 1);
    let ending = tokio::time::timeout(Duration::from_secs(30), run).await.unwrap();
    assert_eq!(ending, Ending::Interrupted);
    let [(verdict, all), (_, end)] = reasons.as_slice() else { panic!("{reasons:?}") };
    assert_eq!(*verdict, Verdict::Skipped);
    assert!(all.as_ref().unwrap().contains(" not begun"), "{all:?}");
    let told = "the deadline of 0.8 s has passed: the report is partial";
    assert_eq!(end.as_deref(), Some(told));
    assert!(done > 0);
    assert_eq!(server.databases(), 0, "what was made is given back");
}

/// Making it small may take long: who stops that has not found it in vain.
#[tokio::test]
async fn what_was_found_before_it_is_stopped_is_told() {
    let server = Server::start(Fault::Hangs).await;
    let dir = tempfile::tempdir().unwrap();
    let plan = Plan {
        batches: 50,
        seed: 5,
        jobs: 1,
        strict: 1,
        fail_fast: false,
        save: Some(dir.path().to_owned()),
        deadline: None,
    };
    let (sender, interrupt) = uninterrupted();
    let mut found = Vec::new();
    let on_event = |event: &Event| match event {
        Event::Case(result) if result.verdict == Verdict::Fail => {
            found.push(result.as_ref().clone());
        }
        _ => {}
    };
    let mut target = target(&server);
    target.timeout = Duration::from_secs(60);
    let run = generate::run(&target, plan, interrupt, on_event, || {});
    let stops = async {
        // It is sent once more, or made small.
        while server.left() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        sender.send(true).unwrap();
    };
    let both = async { tokio::join!(run, stops).0 };
    let ending = tokio::time::timeout(Duration::from_secs(30), both).await.unwrap();
    assert_eq!(ending, Ending::Interrupted);
    let first = found.iter().find(|result| result.id.starts_with("generated/s5-")).unwrap();
    assert!(!first.curl.is_empty() && !first.findings.is_empty());
    let told = "stopped before it was made small";
    assert!(first.notes.iter().any(|note| note == told), "{:?}", first.notes);
    assert!(dir.path().join(format!("{}.toml", first.id)).is_file());
    assert_eq!(server.databases(), 0, "what was made is given back");
}

#[tokio::test]
async fn a_seed_sends_the_same_bytes() {
    let mut sent = Vec::new();
    for _ in 0..2 {
        let server = Server::start(Fault::None).await;
        run(&server, 30, 1, None).await;
        sent.push(server.writes());
    }
    assert!(sent[0].len() >= 30);
    assert_eq!(sent[0], sent[1]);
}

/// The fault, what is said of it, and how many bytes are enough to show it.
#[rstest]
#[case::loses(Fault::LosesSecond, "LOST", 13)]
#[case::stores_refused(Fault::StoresRefused, "PHANTOM", 16)]
#[case::alters(Fault::Rounds, "MUTATED", 12)]
#[case::forgets(Fault::Forgets, "LOST, stored before this write", 80)]
#[case::refuses(Fault::RefusesCommas, "400", 16)]
#[case::always_fine(Fault::AlwaysFine, "is no line in any grammar", 2)]
#[case::dies(Fault::Dies, "without an answer", 12)]
#[case::fails(Fault::Fails, "500", 12)]
#[tokio::test]
async fn a_fault_is_found_and_made_small(
    #[case] fault: Fault,
    #[case] says: &str,
    #[case] enough: usize,
) {
    let server = Server::start(fault).await;
    let dir = tempfile::tempdir().unwrap();
    let (ending, results) = run(&server, 60, 4, Some(dir.path())).await;
    assert_eq!(ending, Ending::NotConformant, "{results:#?}");
    let speaks = |result: &&CaseResult| result.findings.iter().any(|f| f.got.contains(says));
    let found: Vec<_> = results.iter().filter(speaks).collect();
    assert!(!found.is_empty(), "{results:#?}");

    // An annotation points at the file that was saved; that of all batches together at none.
    let events: Vec<_> = results.iter().map(|r| Event::Case(Box::new(r.clone()))).collect();
    let annotations = github::report(&events, &dir.path().display().to_string());
    for result in &results {
        let title = format!("title={} {} [", result.verdict.word().to_uppercase(), result.id);
        let line = annotations.lines().find(|line| line.contains(&title)).unwrap();
        let file = line.split("file=").nth(1).and_then(|rest| rest.split(',').next());
        assert_eq!(
            file.map(|file| Path::new(file).is_file()),
            (result.id != "generated/s5").then_some(true)
        );
    }

    // Each is a case of its own, that fails by itself and has little in it.
    let cases = harness::load::load(Some(dir.path())).unwrap();
    let smallest = cases.iter().map(|case| {
        let steps = case.steps.iter().map(|step| match &step.action {
            harness::case::Action::Write(harness::case::Body::Text(text)) => text.len(),
            _ => usize::MAX / 9,
        });
        steps.sum::<usize>()
    });
    assert!(smallest.clone().min().unwrap() <= enough, "{:?}", smallest.collect::<Vec<_>>());
    let plan = harness::run::Plan {
        cases: cases.into(),
        snapshots: Snapshots::new(Some("/nonexistent".into())),
        strict: 1,
        jobs: 4,
        fail_fast: false,
        shuffle: None,
        known: Known::default(),
        stale: Vec::new(),
        part: harness::run::Part::default(),
        deadline: None,
    };
    let (_sender, interrupt) = uninterrupted();
    let mut verdicts = Vec::new();
    harness::run::run(&target(&server), plan, interrupt, |event| {
        if let Event::Case(result) = event {
            verdicts.push(result.verdict);
        }
    })
    .await;
    assert!(!verdicts.is_empty() && verdicts.iter().all(|v| *v == Verdict::Fail), "{verdicts:?}");
    assert_eq!(server.databases(), 0, "what was made is given back");
}
