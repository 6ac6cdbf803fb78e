//! Queries that are too much: time, memory, nesting.

use super::fake::{ask_of, sql, store};
use crate::query::sql::Request;
use crate::query::sql::run::Limits;
use std::time::{Duration, Instant};

async fn within(q: &str, limits: Limits) -> (u16, String) {
    let body = serde_json::json!({ "db": "db", "q": q }).to_string();
    let answer = ask_of(store(), Request::Post(body.as_bytes()), None, limits).await;
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

/// The planner takes a time that grows faster than the chain, so the sums are short of the bound.
#[tokio::test]
async fn deep_chains_are_answered() {
    for (q, answer) in [
        (format!("SELECT 1{} AS n FROM cpu WHERE host='b'", "+f".repeat(200)), r#"[{"n":401.0}]"#),
        (
            format!("SELECT f FROM cpu WHERE host='b'{}", " OR host='c'".repeat(490)),
            r#"[{"f":2.0}]"#,
        ),
        (format!("SELECT f{} AS n FROM cpu WHERE f=2", "::text".repeat(490)), r#"[{"n":"2.0"}]"#),
    ] {
        let (status, body) = sql(store(), &q, "json").await;
        assert_eq!((status, &*body), (200, answer), "{}", &q[..40]);
    }
}

#[tokio::test]
async fn deeper_ones_are_refused() {
    for q in [
        format!("SELECT 1{}", "+1".repeat(100_000)),
        format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(10_000)),
        format!("SELECT {}1{}", "(".repeat(50_000), ")".repeat(50_000)),
        format!("SELECT {}1", "- ".repeat(50_000)),
        format!("SELECT {}true", "NOT ".repeat(50_000)),
        format!("SELECT {}1", "(SELECT ".repeat(1_000)),
    ] {
        let (status, body) = sql(store(), &q, "json").await;
        assert_eq!(status, 500, "{}: {body}", &q[..40]);
        assert!(body.len() < 1000, "{}", &body[..1000]);
    }
}

#[tokio::test]
async fn time_is_bounded() {
    let limits = Limits { deadline: Duration::from_millis(500), ..Limits::DEFAULT };
    let started = Instant::now();
    let endless = "SELECT count(*) FROM generate_series(1, 10000000000) a";
    let (status, body) = within(endless, limits).await;
    assert_eq!((status, started.elapsed() < Duration::from_secs(5)), (500, true), "{body}");
    assert!(body.contains("no answer within 500ms"), "{body}");
}

/// However many of them there are below one another.
#[tokio::test]
async fn long_chains_of_set_operations_and_joins_are_answered() {
    let limits = Limits { deadline: Duration::from_secs(50), ..Limits::DEFAULT };
    let joins: String = (0..80).map(|n| format!(" JOIN cpu c{n} ON c{n}.host = c.host")).collect();
    for (q, answer) in [
        (
            format!("SELECT host FROM cpu{}", " EXCEPT SELECT 'b' AS host".repeat(150)),
            r#"[{"host":"a"}]"#,
        ),
        (format!("SELECT count(*) AS n FROM cpu c{joins}"), r#"[{"n":2}]"#),
    ] {
        let (status, body) = within(&q, limits).await;
        assert_eq!((status, &*body), (200, answer), "{}", &q[..60]);
    }
}

/// The thread that works for a query ends with it, also where a join makes rows for long: others need its
/// place.
#[tokio::test]
async fn a_join_that_is_ended_leaves_its_place_to_others() {
    let limits = Limits { deadline: Duration::from_millis(300), ..Limits::DEFAULT };
    let many = "(SELECT value FROM generate_series(1, 20000))";
    for endless in [
        format!("SELECT count(*) FROM {many} a, {many} b, {many} c"),
        format!("SELECT sum(a.value * b.value) FROM {many} a, {many} b, {many} c"),
        format!("SELECT count(DISTINCT a.value % 3) FROM {many} a, {many} b, {many} c"),
    ] {
        let all = (0..12).map(|_| within(&endless, limits));
        for (status, body) in futures::future::join_all(all).await {
            assert_eq!(status, 500, "{body}");
        }
        let limits = Limits { deadline: Duration::from_secs(10), ..Limits::DEFAULT };
        let answer = within("SELECT count(*) AS n FROM cpu", limits).await;
        assert_eq!(answer.0, 200, "{endless}: {}", answer.1);
    }
}

#[tokio::test]
async fn memory_is_bounded() {
    let limits = Limits { memory: 1 << 20, ..Limits::DEFAULT };
    let sorted = "SELECT value FROM generate_series(1, 1000000) ORDER BY value DESC";
    let (status, body) = within(sorted, limits).await;
    assert_eq!(status, 500);
    assert!(body.contains("Resources exhausted"), "{body}");
}

/// Of what has to be there as a whole.
#[tokio::test]
async fn a_result_that_cannot_be_sent_in_parts_is_bounded() {
    let limits = Limits { result: 1 << 20, ..Limits::DEFAULT };
    for format in ["pretty", "parquet"] {
        let q = "SELECT value FROM generate_series(1, 1000000)";
        let body = serde_json::json!({ "db": "db", "q": q, "format": format }).to_string();
        let answer = ask_of(store(), Request::Post(body.as_bytes()), None, limits).await;
        let body = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 500, "{format}");
        assert!(body.contains("the result is over 1048576 bytes"), "{format}: {body}");
    }
}

/// What one call makes is seen by no other bound.
#[tokio::test]
async fn a_call_that_would_make_much_is_refused() {
    for q in [
        "SELECT repeat('a', 2000000000)",
        "SELECT length(repeat(host, 2000000000)) FROM cpu",
        "SELECT lpad('a', 2000000000)",
        "SELECT rpad(host, 2000000000, 'xy') FROM cpu",
        "SELECT replace(repeat('a', 100000), 'a', repeat('b', 100000))",
    ] {
        let (status, body) = within(q, Limits::DEFAULT).await;
        assert_eq!((status, body.contains("bytes at once")), (500, true), "{q}: {body}");
    }
    let small = "SELECT repeat('ab', 2) AS a, lpad('x', 3, 'yz') AS b, rpad('x', 2) AS c, \
                 replace('aXa', 'X', 'bb') AS d, repeat('a', -1) AS e, repeat(NULL, 3) AS f";
    let (status, body) = within(small, Limits::DEFAULT).await;
    assert_eq!((status, &*body), (200, r#"[{"a":"abab","b":"yzx","c":"x ","d":"abba","e":""}]"#));
}
