//! What a plan and a server allow.

use crate::server::{Answer, Asked, DELAY};

/// The status, and the seconds that `Retry-After` says.
fn told(answer: &Answer) -> (u16, Option<u64>) {
    (answer.status, answer.header("retry-after").and_then(|seconds| seconds.parse().ok()))
}

#[test]
fn writes_over_the_rate_wait_for_the_next_window() {
    let asked = Asked::with(&[("write-rate", "25B/3s")]);
    assert_eq!(told(&asked.write("b", "m f=1 1\nm f=2 2")), (204, None));
    asked.pass(500);
    let over = asked.write("b", "m f=3 3\nm f=4 4");
    assert_eq!(told(&over), (429, Some(3)), "2.5 seconds are 3");
    assert_eq!(over.json()["code"], "too many requests");
    assert!(over.message().ends_with("has exceeded limited_write plan limit"));
    asked.pass(2_499);
    assert_eq!(told(&asked.write("b", "m f=5 5")), (429, Some(1)));
    asked.pass(1_000);
    assert_eq!(told(&asked.write("b", "m f=6 6")), (204, None));
    asked.pass(DELAY);
    assert_eq!(asked.stored("b"), ["1,f", "2,f", "6,f"]);
}

#[test]
fn writes_over_the_capacity_find_no_server() {
    let asked = Asked::with(&[("write-capacity", "10B/2s")]);
    assert_eq!(told(&asked.write("b", "m f=1 1\nm f=2 2")), (503, Some(2)));
    asked.pass(2_000);
    assert_eq!(told(&asked.write("b", "m f=1 1")), (204, None));
}

#[test]
fn queries_over_the_rate_wait_too() {
    let asked = Asked::with(&[("read-rate", "10B/4s")]);
    let query = || asked.send("POST", "/api/v2/query", "application/vnd.flux", "buckets()");
    assert_eq!(told(&query()), (200, None), "the one that goes over is still answered");
    asked.pass(1_500);
    let over = query();
    assert_eq!(told(&over), (429, Some(3)));
    assert_eq!(over.json()["code"], "too many requests");
    assert!(over.message().ends_with("has exceeded limited_query plan limit"));
    assert_eq!(told(&asked.send("GET", "/query?q=SHOW+DATABASES", "", "")), (429, Some(3)));
    assert_eq!(told(&asked.write("b", "m f=1 1")), (204, None));
    asked.pass(2_500);
    assert_eq!(told(&query()), (200, None));
}

#[test]
fn deletes_over_the_rate_wait_too() {
    let asked = Asked::with(&[("delete-rate", "1/5m")]);
    assert_eq!(told(&asked.delete("b")), (204, None));
    asked.pass(1_000);
    let over = asked.delete("b");
    assert_eq!(told(&over), (429, Some(299)));
    assert!(over.message().ends_with("has exceeded limited_delete_rate plan limit"));
    assert_eq!(told(&asked.write("b", "m f=1 1")), (204, None));
}

#[test]
fn a_series_too_many() {
    let asked = Asked::with(&[("cardinality", "2")]);
    assert_eq!(asked.write("b", "m,t=a f=1 1\nm,t=b f=1 1").status, 204);
    let over = asked.write("b", "m,t=a f=2 2\nm,t=c f=2 2");
    assert_eq!(told(&over), (503, None));
    assert_eq!(over.message(), "Series cardinality exceeds your plan's service quota");
    assert_eq!(asked.write("b", "m,t=a f=3 3").status, 204);
    asked.pass(DELAY);
    assert_eq!(asked.stored("b"), ["1,f", "1,f", "3,f"]);
}

#[test]
fn a_body_above_the_limit_is_refused() {
    let asked = Asked::with(&[("request-limit", "20B")]);
    assert_eq!(asked.write("b", "m f=1 1\n").status, 204);
    let refused = asked.write("b", &"m f=2 2\n".repeat(3));
    assert_eq!(refused.status, 413);
    assert_eq!(refused.message(), "cannot read data: points in batch is too large");
    asked.pass(DELAY);
    assert_eq!(asked.stored("b"), ["1,f"]);
}

#[test]
fn a_malformed_line_can_be_counted() {
    let asked = Asked::with(&[("malformed-line", "counted")]);
    let answer = asked.write("b", "m f=1,g=1 1\nm f= 2");
    assert_eq!(answer.status, 400);
    let start = "partial write error (2 accepted): 1 out of 3 points rejected";
    assert!(answer.message().starts_with(start), "{}", answer.message());
    asked.pass(DELAY);
    assert_eq!(asked.stored("b"), ["1,f", "1,g"]);
    assert_eq!(asked.log("error", &["_value"]).len(), 1);
}

#[test]
fn what_waits_has_an_end() {
    let asked = Asked::with(&[("queue-delay", "1500ms")]);
    let large = format!("m f=\"{}\" 1", "x".repeat(33 << 20));
    assert_eq!(told(&asked.write("b", &large)), (204, None));
    assert_eq!(told(&asked.write("b", &large)), (503, Some(2)), "1.5 seconds are 2");
    assert_eq!(told(&asked.write("b", "m f=\"x\" 2")), (204, None));
    asked.pass(1_500);
    assert_eq!(told(&asked.write("b", &large)), (204, None));
}
