//! Writes while data is persisted (page 000): slower, and nothing is lost.

use crate::wire::send;
use reference_server::Server;
use reference_server::clock::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// A clock that is set by hand.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_write_during_persistence_is_answered_after_it() {
    const TENTH: i64 = 100_000_000;
    let clock = Arc::new(Hand(AtomicI64::new(TENTH)));
    let builder = Server::builder(profiles::find("v3-core").unwrap());
    let builder = builder.token("owner").database("e", None).clock(clock.clone());
    let builder = builder.set("gen1-duration", "1s").unwrap();
    // What is written first takes 0.4 s.
    let server = builder.set("exec-mem-pool-bytes", "100B").unwrap().start().await.unwrap();
    let to = "POST /api/v3/write_lp?db=e";
    let first = format!("m f=1 1700000000000000001\n#{}", "x".repeat(13));
    assert_eq!(first.len(), 40);
    assert_eq!(send(&server, to, Some("owner"), &first).await.status, 204);
    clock.0.store(11 * TENTH, Ordering::Relaxed);
    let asked = Instant::now();
    let answer = send(&server, to, Some("owner"), "m f=2 1700000000000000002").await;
    assert_eq!(answer.status, 204);
    assert!(asked.elapsed() >= Duration::from_millis(300), "{:?}", asked.elapsed());
    let stored =
        send(&server, "GET /query?db=e&q=SELECT+f+FROM+m&epoch=ns", Some("owner"), "").await;
    let values = stored.json()["results"][0]["series"][0]["values"].to_string();
    assert_eq!(values, "[[1700000000000000001,1.0],[1700000000000000002,2.0]]");
}
