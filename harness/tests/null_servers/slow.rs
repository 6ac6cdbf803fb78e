//! Servers that take their time. Slow is not wrong: only an answer that is later than the time that
//! it has leaves something unknown.

use crate::server::{Answer, Kind, Manner, Nature, Request};
use crate::{GOOD, case, judge, judge_for, usual};
use harness::verdict::{Ending, Verdict};
use rstest::rstest;
use std::time::{Duration, Instant};

const LITTLE: Duration = Duration::from_millis(400);

#[rstest]
#[tokio::test]
async fn late_and_right(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let late = |_: &_| Manner::After(Duration::from_millis(60));
    let judged = judge(kind, Nature::Answers(late)).await;
    assert_eq!(judged.ending, Ending::Conformant, "{judged:#?}");
    assert!(judged.results.iter().all(|result| result.verdict == Verdict::Pass), "{judged:#?}");
}

#[rstest]
#[tokio::test]
async fn later_than_it_may_be(
    #[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind,
    #[values(true, false)] drips: bool,
) {
    let how: fn(&_) -> Manner = match drips {
        false => |r: &Request| {
            if r.is_bad() { Manner::After(Duration::from_secs(2)) } else { Manner::Plain }
        },
        true => |r: &Request| {
            if r.is_bad() { Manner::Drip(Duration::from_millis(100)) } else { Manner::Plain }
        },
    };
    let judged = judge_for(Duration::from_secs(1), kind, Nature::Answers(how), usual()).await;
    assert_eq!(judged.ending.code(), 4, "{judged:#?}");
    assert_eq!(judged.verdict("one-bad"), Verdict::Unknown);
    assert_eq!(judged.verdict("good"), Verdict::Pass);
    let result = judged.results.iter().find(|r| r.verdict == Verdict::Unknown).unwrap();
    let said = format!("{} {}", result.reason.as_deref().unwrap_or_default(), result.transcript);
    let words = if drips { "no whole answer within 1 s: " } else { "no answer within 1 s" };
    assert!(said.contains(words) && said.contains("no answer in time"), "{said}");
}

#[rstest]
#[tokio::test]
async fn never_answers(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let never = Nature::Answers(|_| Manner::Never);
    let began = Instant::now();
    let judged = judge_for(LITTLE, kind, never, usual()).await;
    judged.is_unusable(&["did not answer within 0.4 s", "--timeout"]);
    assert!(began.elapsed() < LITTLE * 8, "one wait is enough: {:?}", began.elapsed());
}

#[rstest]
#[tokio::test]
async fn a_byte_now_and_then(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let drip = Nature::Answers(|_| Manner::Drip(Duration::from_millis(100)));
    let began = Instant::now();
    let judged = judge_for(LITTLE, kind, drip, usual()).await;
    judged.is_unusable(&["began to answer and was not done within 0.4 s", "--timeout"]);
    assert!(began.elapsed() < LITTLE * 8, "each answer has its time: {:?}", began.elapsed());
}

/// A server whose own storage is slow and that says so has answered: the words are its, not ours.
#[tokio::test]
async fn a_failure_that_speaks_of_time_is_no_silence() {
    let says = |request: &Request, honest: Answer| {
        let asks = request.path == "/query" && !request.param("db").is_empty();
        if asks && !request.query.contains("canary") {
            return Answer::new(500, "{\"error\":\"no answer within 5 s\"}");
        }
        honest
    };
    let (time, cases) = (Duration::from_secs(5), vec![case("good", GOOD)]);
    let judged = judge_for(time, Kind::V1, Nature::Says(says), cases).await;
    judged.is_caught(&["what is stored cannot be read", "status 500", "no answer within 5 s"]);
    assert_eq!(judged.verdict("good"), Verdict::Fail);
}
