//! Results that are longer than what is made of an answer before it is sent.

use super::fake::{ask_of, store};
use crate::http::{BrokenOff, FIRST};
use crate::query::sql::run::Limits;
use crate::query::sql::{Answer, Request};
use std::time::{Duration, Instant};

const ROWS: usize = 400_000;

async fn asked(q: &str, format: &str, limits: Limits) -> Answer {
    let body = serde_json::json!({ "db": "db", "q": q, "format": format }).to_string();
    ask_of(store(), Request::Post(body.as_bytes()), None, limits).await
}

/// The whole body, how many pieces came after its beginning, and whether it broke off.
async fn read(answer: Answer) -> (String, usize, bool) {
    let (mut body, mut pieces, mut more) = (answer.body, 0, answer.more);
    while let Some(rest) = more.as_mut() {
        match rest.next().await {
            Ok(Some(piece)) => body.extend(piece),
            Ok(None) => break,
            Err(BrokenOff) => return (String::from_utf8(body).unwrap(), pieces, true),
        }
        pieces += 1;
    }
    (String::from_utf8(body).unwrap(), pieces, false)
}

/// In the forms of the products, in which a row is a line, or an object of a list.
#[tokio::test]
async fn long_results_come_in_parts_and_are_what_short_ones_are() {
    let numbers = || 1..=ROWS;
    let object = |n: usize| format!("{{\"value\":{n}}}");
    let csv: String = numbers().map(|n| format!("{n}\n")).collect();
    let objects: Vec<String> = numbers().map(object).collect();
    for (format, expected) in [
        ("csv", format!("value\n{csv}")),
        ("jsonl", format!("{}\n", objects.join("\n"))),
        ("json", format!("[{}]", objects.join(","))),
    ] {
        let q = format!("SELECT value FROM generate_series(1, {ROWS})");
        // As a whole it would be more than this.
        let limits = Limits { result: 1 << 20, ..Limits::DEFAULT };
        let answer = asked(&q, format, limits).await;
        assert_eq!((answer.status, answer.more.is_some()), (200, true), "{format}");
        assert!(answer.body.len() < 2 * FIRST, "{format}: {}", answer.body.len());
        let (body, pieces, is_broken) = read(answer).await;
        assert!(pieces > 2 && !is_broken, "{format}: {pieces} {is_broken}");
        assert!(body == expected, "{format}: {} of {} bytes", body.len(), expected.len());
    }
}

/// What fails before there is much has the status of that; later only the end of the body can say it.
#[tokio::test]
async fn what_fails_after_rows_were_sent_breaks_the_body_off() {
    for (at, status) in [(5, 500), (ROWS, 200)] {
        let q = format!("SELECT value, 1/(value-{at}) AS n FROM generate_series(1, {ROWS})");
        let answer = asked(&q, "csv", Limits::DEFAULT).await;
        assert_eq!(answer.status, status, "{at}");
        let (body, _, is_broken) = read(answer).await;
        assert_eq!(is_broken, status == 200, "{at}");
        assert_eq!(body.contains("Divide by zero"), status == 500, "{at}");
    }
}

/// Of what nobody takes no more is made than lies between the engine and the client, and nobody waits for
/// ever.
#[tokio::test]
async fn of_an_endless_result_that_nobody_reads_little_is_made() {
    let limits = Limits { stalled: Duration::from_secs(3), ..Limits::DEFAULT };
    let text = "x".repeat(90);
    let endless = format!(
        "SELECT '{text}' AS text FROM generate_series(1, 100000) a CROSS JOIN \
         generate_series(1, 100000) b"
    );
    let answer = asked(&endless, "csv", limits).await;
    assert_eq!(answer.status, 200);
    tokio::time::sleep(limits.stalled * 2).await;
    let (body, _, is_broken) = read(answer).await;
    assert!(is_broken);
    // The beginning, and some batches of 8192 rows.
    assert!(body.len() < FIRST + 10 * 8192 * 91, "{} bytes", body.len());
}

/// Who reads slowly is not cut off by the time that a query has.
#[tokio::test]
async fn what_a_client_takes_its_time_for_is_not_the_querys_time() {
    let limits = Limits { deadline: Duration::from_secs(4), ..Limits::DEFAULT };
    let q = format!("SELECT value FROM generate_series(1, {ROWS})");
    let Answer { mut body, more, .. } = asked(&q, "csv", limits).await;
    let (mut more, began) = (more.unwrap(), Instant::now());
    // Most of it is not made yet.
    tokio::time::sleep(limits.deadline * 2).await;
    while let Some(piece) = more.next().await.unwrap() {
        body.extend(piece);
    }
    assert!(began.elapsed() > limits.deadline);
    assert_eq!(body.iter().filter(|byte| **byte == b'\n').count(), ROWS + 1);
}

/// Those who read slowly do not keep others from their answers.
#[tokio::test]
async fn many_that_are_not_read_keep_nobody_waiting() {
    let long = format!("SELECT value FROM generate_series(1, {ROWS})");
    let mut unread = Vec::new();
    for _ in 0..20 {
        unread.push(asked(&long, "csv", Limits::DEFAULT).await);
    }
    let limits = Limits { deadline: Duration::from_secs(20), ..Limits::DEFAULT };
    let answer = asked("SELECT 1 AS one", "csv", limits).await;
    assert_eq!((answer.status, &*answer.body), (200, &b"one\n1\n"[..]));
    assert!(unread.iter().all(|answer| answer.more.is_some()));
}
