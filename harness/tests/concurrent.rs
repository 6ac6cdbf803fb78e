//! Concurrent writers against servers with one fault each, that shows only when writers meet, come
//! again, or go in mid-body: it is found and told; and nothing is found on a server that has none.

#[path = "generate/lines.rs"]
#[allow(dead_code, reason = "what random batches need besides")]
mod lines;
#[path = "concurrent/server.rs"]
mod server;

use harness::concurrent::{self, Plan};
use harness::event::{CaseResult, Event};
use harness::run::uninterrupted;
use harness::target::Target;
use harness::verdict::{Ending, Verdict};
use rstest::rstest;
use server::{Fault, Server};
use std::time::{Duration, Instant};

const WRITERS: u16 = 5;

fn target(server: &Server, timeout: Duration) -> Target {
    let mut target = Target::new(&server.url, profiles::find("oss-v1@1.6").unwrap()).unwrap();
    target.timeout = timeout;
    target
}

async fn run(target: &Target, rounds: u64, jobs: usize) -> (Ending, Vec<CaseResult>) {
    let (first, seed) = (0, 1);
    let plan = Plan {
        rounds,
        first,
        writers: WRITERS,
        seed,
        jobs,
        strict: 1,
        fail_fast: false,
        deadline: None,
    };
    let (_sender, interrupt) = uninterrupted();
    let mut results = Vec::new();
    let on_event = |event: &Event| {
        if let Event::Case(result) = event {
            results.push(result.as_ref().clone());
        }
    };
    let ending = concurrent::run(target, plan, interrupt, on_event, || {}).await;
    (ending, results)
}

/// Honest servers differ: in when they store what comes, and in how long a connection lasts.
#[rstest]
#[case::plain(Fault::None)]
#[case::line_by_line(Fault::Streams)]
#[case::one_request_each(Fault::Closes)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_found_where_nothing_is_wrong(#[case] fault: Fault) {
    let server = Server::start(fault).await;
    let (ending, results) = run(&target(&server, Duration::from_secs(20)), 2, 2).await;
    assert_eq!(ending, Ending::Conformant, "{results:#?}");
    let [all] = results.as_slice() else { panic!("{results:#?}") };
    assert_eq!((all.id.as_str(), all.verdict), ("concurrent/s1", Verdict::Pass));
    assert_eq!(all.reason.as_deref(), Some("2 of 2 rounds without a finding"));
    assert_eq!(server.databases(), 0, "what was made is given back");
}

/// The fault, what is said of it, and what else the story has.
#[rstest]
#[case::loses_overlap(Fault::LosesOverlap, "LOST: ", " ms: ")]
#[case::keeps_older(Fault::KeepsOlder, "STALE, ", " and not ")]
#[case::stores_cut(
    Fault::StoresCut,
    "PHANTOM, written by a line that was cut",
    " bytes sent, then "
)]
#[case::forgets_retried(Fault::ForgetsRetried, "LOST: ", "(sending 2)")]
#[case::stores_refused(Fault::StoresRefused, "PHANTOM, said to be refused", "answered 400")]
#[case::duplicates(Fault::Duplicates, "DUPLICATED, ", "(sending 2)")]
#[case::late(Fault::Late, "LATE, it came after all answers", "LOST")]
#[case::fails_busy(Fault::FailsBusy, "500 ", "busy")]
#[case::full_row(Fault::FullRow, "LOST: ", "stored is ")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_is_found_and_told(#[case] fault: Fault, #[case] says: &str, #[case] also: &str) {
    let server = Server::start(fault).await;
    let (ending, results) = run(&target(&server, Duration::from_secs(20)), 2, 2).await;
    assert_eq!(ending, Ending::NotConformant, "{results:#?}");
    let got = results.iter().flat_map(|result| &result.findings).map(|finding| &finding.got);
    let story = got.clone().find(|got| got.starts_with(says) && got.contains(also));
    let story = story.unwrap_or_else(|| panic!("{got:#?}", got = got.collect::<Vec<_>>()));
    assert!(story.contains("writer ") && story.contains(", write "), "{story}");
    let rounds = results.iter().filter(|result| result.id.starts_with("concurrent/s1-"));
    for round in rounds {
        assert_eq!(round.verdict, Verdict::Fail, "{round:#?}");
        let number = round.id.rsplit_once('-').unwrap().1;
        let again = format!("--concurrent 1 --round {number} --seed 1 --writers {WRITERS}");
        assert!(round.notes.iter().any(|note| note.contains(&again)), "{round:#?}");
    }
    assert_eq!(server.databases(), 0, "what was made is given back");
}

/// It is found by the time-outs, and nobody waits for it longer than a few of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_locks_up_is_found_and_left() {
    let server = Server::start(Fault::LocksUp).await;
    let began = Instant::now();
    let (ending, results) = run(&target(&server, Duration::from_secs(1)), 50, 1).await;
    assert_eq!(ending, Ending::NotConformant, "{results:#?}");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let [round, all] = results.as_slice() else { panic!("{results:#?}") };
    let [finding] = round.findings.as_slice() else { panic!("{round:#?}") };
    assert!(
        finding.got.starts_with("the last write has no answer: no answer within 1 s"),
        "{finding:?}"
    );
    assert!(finding.got.contains("bytes sent, then the connection was closed"), "{finding:?}");
    assert!(all.reason.as_deref().unwrap().contains("49 not begun"), "{all:#?}");
}
