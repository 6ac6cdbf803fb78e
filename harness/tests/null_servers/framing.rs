//! Servers whose answers do not end where they say, and connections that end after each answer, which
//! HTTP allows: RFC 9112, section 9.6, and 9.3 for what is older than HTTP/1.1.

use crate::server::{Kind, Manner, Nature, Request};
use crate::{judge, judge_for, usual};
use harness::verdict::{Ending, Verdict};
use rstest::rstest;
use std::time::Duration;

const LITTLE: Duration = Duration::from_millis(400);

#[rstest]
#[tokio::test]
async fn declares_more_than_it_sends(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let waits = Nature::Answers(|_| Manner::Length { off: 7, then_closes: false });
    let judged = judge_for(LITTLE, kind, waits, usual()).await;
    judged.is_unusable(&["was not done within 0.4 s", " bytes that its Content-Length declares"]);
    let closes = Nature::Answers(|_| Manner::Length { off: 7, then_closes: true });
    let judged = judge(kind, closes).await;
    judged.is_unusable(&["the answer broke off", " bytes that its Content-Length declares"]);
}

#[rstest]
#[tokio::test]
async fn declares_less_than_it_sends(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let less = |request: &Request| match request.path.as_str() {
        "/ping" => Manner::Plain,
        _ => Manner::Length { off: -2, then_closes: false },
    };
    let judged = judge(kind, Nature::Answers(less)).await;
    judged.is_unusable(&["'s Content-Length declares ", " bytes, and more came"]);
}

/// Only where a line is refused: the run goes on, and the case tells.
#[rstest]
#[case::longer(7, "bytes that its Content-Length declares had come")]
#[case::shorter(-7, "bytes, and more came")]
#[tokio::test]
async fn a_wrong_length_in_one_answer(#[case] off: isize, #[case] words: &str) {
    let longer = |r: &Request| {
        if r.is_bad() { Manner::Length { off: 7, then_closes: true } } else { Manner::Plain }
    };
    let shorter = |r: &Request| {
        if r.is_bad() { Manner::Length { off: -7, then_closes: false } } else { Manner::Plain }
    };
    let how: fn(&Request) -> Manner = if off > 0 { longer } else { shorter };
    let judged = judge(Kind::V1, Nature::Answers(how)).await;
    judged.is_caught(&[words]);
    assert_eq!(judged.verdict("good"), Verdict::Pass);
}

/// The same fault, whatever the network makes of it: the excess comes after the answer, in a segment
/// of its own.
#[rstest]
#[tokio::test]
async fn declares_less_and_sends_the_rest_later(
    #[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind,
) {
    let bad = |r: &Request| if r.is_bad() { Manner::Trails } else { Manner::Plain };
    let judged = judge(kind, Nature::Answers(bad)).await;
    judged.is_caught(&["bytes, and more came"]);
    assert_eq!(judged.verdict("one-bad"), Verdict::Fail);
    assert_eq!(judged.verdict("good"), Verdict::Pass);
    let all = |r: &Request| if r.path == "/ping" { Manner::Plain } else { Manner::Trails };
    let judged = judge(kind, Nature::Answers(all)).await;
    judged.is_unusable(&["'s Content-Length declares ", " bytes, and more came"]);
}

#[rstest]
#[tokio::test]
async fn a_connection_for_each_request_is_no_fault(
    #[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind,
    #[values(0, 1, 2)] how: usize,
) {
    let manners: [fn(&Request) -> Manner; 3] =
        [|_| Manner::ClosesAndSaysSo, |_| Manner::ClosesSilently, |_| Manner::OldVersion];
    let judged = judge(kind, Nature::Answers(manners[how])).await;
    assert_eq!(judged.ending, Ending::Conformant, "{judged:#?}");
    assert!(judged.results.iter().all(|result| result.verdict == Verdict::Pass), "{judged:#?}");
}
