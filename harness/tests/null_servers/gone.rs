//! Servers that end in the middle of a run. What they said until then is told; what is left is not asked,
//! case by case, of nobody.

use crate::server::{Kind, Manner, Nature, Request};
use crate::{GOOD, Judged, case, judge_for};
use harness::verdict::Verdict;
use rstest::rstest;
use std::time::{Duration, Instant};

const CASES: usize = 300;

/// Runs many cases; with how long that took.
async fn judge_many(kind: Kind, nature: Nature) -> (Judged, Duration) {
    let cases = (0..CASES).map(|n| case(&format!("good-{n:03}"), GOOD)).collect();
    let began = Instant::now();
    let judged = judge_for(Duration::from_secs(1), kind, nature, cases).await;
    (judged, began.elapsed())
}

#[rstest]
#[case::nothing_listens(Nature::Dies { after: 120 }, "nothing listens on http://127.0.0.1:")]
#[case::hangs_up(
    Nature::Answers(|r| if r.number >= 120 { Manner::HangsUp } else { Manner::Plain }),
    "ends the connection without an answer"
)]
#[case::says_nothing(
    Nature::Answers(|r| if r.number >= 120 { Manner::Never } else { Manner::Plain }),
    "did not answer within 1 s"
)]
#[tokio::test]
async fn a_server_that_ends_in_the_middle(
    #[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind,
    #[case] nature: Nature,
    #[case] words: &str,
) {
    let (judged, took) = judge_many(kind, nature).await;
    let partial = "the target was lost in the middle of the run, ";
    judged.is_unusable(&[partial, words, "the report is partial"]);
    // What was there before the end is told, and little after it.
    let passed = judged.results.iter().filter(|result| result.verdict == Verdict::Pass).count();
    assert!(passed > 0, "{judged:#?}");
    let others = judged.results.len() - passed;
    assert!(others < 20, "{others} cases were run on a server that is gone");
    assert!(took < Duration::from_secs(15), "{took:?}");
}

/// A server that starts again soon is no reason to give up.
#[tokio::test]
async fn a_server_that_comes_back() {
    let away = |r: &Request| {
        if (120..132).contains(&r.number) { Manner::HangsUp } else { Manner::Plain }
    };
    let (judged, _) = judge_many(Kind::V1, Nature::Answers(away)).await;
    assert_eq!(judged.results.len(), CASES);
    assert_ne!(judged.ending.code(), 3, "{}", judged.reason);
    let passed = judged.results.iter().filter(|result| result.verdict == Verdict::Pass).count();
    assert!(passed > CASES - 20 && passed < CASES, "{passed}");
}
