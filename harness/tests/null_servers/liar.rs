//! Servers that do not keep what they say.

use crate::honest::store;
use crate::points::Point;
use crate::server::{Kind, Nature};
use crate::{GOOD, case, judge, judge_for};
use harness::verdict::Verdict;
use rstest::rstest;
use std::time::Duration;

/// A canary, which some liars know.
fn is_canary(points: &[Point]) -> bool {
    points.iter().any(|point| point.measurement.ends_with("canary"))
}

#[rstest]
#[tokio::test]
async fn stores_nothing(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let judged = judge(kind, Nature::Keeps(|_, _, _| {})).await;
    judged.is_unusable(&["takes a write and does not show it afterwards", "nothing is there"]);
    assert_eq!(judged.results.len(), 0);
}

#[rstest]
#[tokio::test]
async fn stores_nothing_but_the_canary(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let keeps = |stored: &mut Vec<Point>, good: Vec<Point>, _| {
        if is_canary(&good) {
            store(stored, good);
        }
    };
    judge(kind, Nature::Keeps(keeps)).await.is_caught(&["line 1 LOST", "line 2 LOST"]);
}

#[rstest]
#[tokio::test]
async fn stores_what_it_refuses_too(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let keeps = |stored: &mut Vec<Point>, good, refused| {
        store(stored, good);
        store(stored, refused);
    };
    let judged = judge(kind, Nature::Keeps(keeps)).await;
    judged.is_caught(&["PHANTOM"]);
    assert_eq!(judged.verdict("one-bad"), Verdict::Fail);
    assert_eq!(judged.verdict("many"), Verdict::Pass);
}

#[rstest]
#[tokio::test]
async fn loses_one_line_of_a_hundred(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let keeps = |stored: &mut Vec<Point>, good: Vec<Point>, _| {
        let kept = (1..).zip(good).filter(|(n, _)| n % 100 != 0).map(|(_, point)| point);
        store(stored, kept.collect());
    };
    let judged = judge(kind, Nature::Keeps(keeps)).await;
    judged.is_caught(&["line 100 LOST", "line 200 LOST", "line 300 LOST"]);
    assert_eq!(judged.said().matches("LOST").count(), 3, "{}", judged.said());
    assert_eq!(judged.verdict("good"), Verdict::Pass);
}

#[rstest]
#[tokio::test]
async fn stores_twice(#[values(Kind::V1, Kind::V2, Kind::V3)] kind: Kind) {
    let keeps = |stored: &mut Vec<Point>, good: Vec<Point>, _| {
        let twice = if is_canary(&good) { Vec::new() } else { good.clone() };
        store(stored, good);
        stored.extend(twice);
    };
    judge(kind, Nature::Keeps(keeps))
        .await
        .is_caught(&["line 1 DUPLICATED", "line 300 DUPLICATED"]);
}

/// The case finds nothing wrong; what had been taken first is gone in the end.
#[rstest]
#[tokio::test]
async fn forgets_after_a_while(#[values(Kind::V1, Kind::V2)] kind: Kind) {
    let forgets = Nature::ForgetsAfter("cpu,host=b");
    let judged = judge_for(Duration::from_secs(5), kind, forgets, vec![case("good", GOOD)]).await;
    judged.is_unusable(&["at the end of the run", "does not show any more", "it forgets"]);
    assert_eq!(judged.verdict("good"), Verdict::Pass);
}
