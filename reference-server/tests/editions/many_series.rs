//! A query that opens many series: others are answered meanwhile, however few rows it asks for.

use super::start;
use super::wire::send;
use std::fmt::Write as _;

/// More than are opened without a thread for it (`exec/read.rs`, `beside_others`), so many that it takes
/// a while.
const SERIES: usize = 60_000;

/// Without such a thread none is answered, but for what was there before the query.
const ENOUGH: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn others_are_answered_while_many_series_are_opened() {
    let server = start("oss-v1@1.6").await;
    let mut lines = String::new();
    for number in 0..SERIES {
        let _ = writeln!(lines, "m,t={number} v=1 {number}");
    }
    let written = send(&server, "POST /write?db=e&u=x&p=owner", None, &lines).await;
    assert_eq!(written.status, 204, "{}", written.body);
    for (columns, row) in [("v", "[[0,1]]"), ("mean(v),count(v)", "[[0,1,60000]]")] {
        let request = format!("GET /query?db=e&epoch=ns&q=SELECT+{columns}+FROM+m+LIMIT+1");
        let mut pings = 0;
        let answer = tokio::select! {
            answer = send(&server, &request, None, "") => answer.body,
            () = async {
                loop {
                    assert_eq!(send(&server, "GET /ping", None, "").await.status, 204);
                    pings += 1;
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
            } => String::new(),
        };
        assert!(answer.contains(row), "{answer}");
        assert!(pings >= ENOUGH, "{columns}: {pings} pings answered");
    }
}
