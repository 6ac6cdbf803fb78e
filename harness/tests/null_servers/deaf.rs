//! Servers that answer alike whatever they are asked, or as it happens.

use crate::server::{Answer, Kind, Nature, Request};
use crate::{judge, judge_for};
use harness::verdict::{Ending, Verdict};
use rstest::rstest;
use std::time::Duration;

#[rstest]
#[tokio::test]
async fn the_honest_server_passes(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let judged = judge(kind, Nature::Honest).await;
    assert_eq!(judged.ending, Ending::Conformant, "{judged:#?}");
    assert!(judged.results.iter().all(|result| result.verdict == Verdict::Pass), "{judged:#?}");
    assert_eq!(judged.notes, [""; 0]);
}

#[rstest]
#[tokio::test]
async fn always_the_same_status(
    #[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind,
    #[values(204, 200, 400, 500)] status: u16,
) {
    let says: fn(&Request, Answer) -> Answer = match status {
        204 => |_, _| Answer::new(204, ""),
        200 => |_, _| Answer::new(200, "{}"),
        400 => |_, _| Answer::new(400, "{\"error\":\"no\"}"),
        _ => |_, _| Answer::new(500, ""),
    };
    let judged = judge(kind, Nature::Says(says)).await;
    judged.is_unusable(&[&format!("answers {status} to anything"), "a path that is not there"]);
    assert_eq!(judged.results.len(), 0);
    if status < 300 {
        judged.is_unusable(&["nothing shows that it is stored"]);
    }
}

#[rstest]
#[tokio::test]
async fn an_echo(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let echo = |request: &Request, _| Answer::new(200, request.body.clone());
    judge(kind, Nature::Says(echo)).await.is_unusable(&["sends back what it is sent: an echo"]);
}

/// Five statuses in an order that no plan is behind.
fn some_status(number: usize) -> u16 {
    let mixed = (number + 1).wrapping_mul(2_654_435_761) >> 7;
    [204, 400, 500, 302, 200][mixed % 5]
}

#[rstest]
#[tokio::test]
async fn a_random_status(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let random = |request: &Request, _| Answer::new(some_status(request.number), "{}");
    let judged = judge(kind, Nature::Says(random)).await;
    judged.is_unusable(&["one and the same request", ", then "]);
}

#[tokio::test]
async fn a_random_status_of_writes() {
    let random = |request: &Request, mut answer: Answer| {
        if request.is_of_case() {
            answer.status = some_status(request.number);
        }
        answer
    };
    let cases = (0..12).map(|n| crate::case(&format!("good-{n}"), crate::GOOD)).collect();
    let judged = judge_for(Duration::from_secs(5), Kind::V1, Nature::Says(random), cases).await;
    judged.is_caught(&["PHANTOM", "500"]);
}

#[rstest]
#[tokio::test]
async fn a_page_to_log_in(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let judged = judge(kind, Nature::Says(|_, _| Answer::page())).await;
    judged.is_unusable(&["page for people (HTML, status 200), perhaps to log in", "port"]);
    assert!(!judged.reason.contains("JSON"), "{}", judged.reason);
}

#[rstest]
#[tokio::test]
async fn a_page_to_log_in_elsewhere(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let elsewhere = |_: &Request, _| {
        let mut answer = Answer::new(302, "");
        answer.headers.push(("Location", "https://sso.example/login".to_owned()));
        answer
    };
    let judged = judge(kind, Nature::Says(elsewhere)).await;
    judged.is_unusable(&["status 302, Location: https://sso.example/login", "--target", "log in"]);
}

/// Writes go through, and who wants to read has to log in.
#[rstest]
#[tokio::test]
async fn a_page_to_log_in_before_reading(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let page = |request: &Request, answer| {
        let reads = request.path == "/query" && request.param("q").starts_with("SELECT");
        if reads { Answer::page() } else { answer }
    };
    let judged = judge(kind, Nature::Says(page)).await;
    judged.is_unusable(&["a query is answered with a page for people", "perhaps to log in"]);
    assert!(!judged.reason.contains("JSON"), "{}", judged.reason);
}
