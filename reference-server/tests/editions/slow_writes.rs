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

#[tokio::test]
async fn a_token_is_one_until_it_expires_and_its_number_is_never_anothers() {
    let clock = Arc::new(Hand(AtomicI64::new(0)));
    let builder = Server::builder(profiles::find("v3-enterprise").unwrap());
    let builder = builder.token("owner").database("e", None).clock(clock.clone());
    let server = builder.start().await.unwrap();
    let make = async |name: &str| {
        let body = format!(
            "{{\"token_name\":\"{name}\",\"expiry_secs\":60,\"permissions\":[{{\"resource_type\":\
             \"db\",\"resource_identifier\":[\"e\"],\"actions\":[\"write\"]}}]}}"
        );
        let to = "POST /api/v3/enterprise/configure/token";
        send(&server, to, Some("owner"), &body).await.json()
    };
    let (first, second) = (make("first").await, make("second").await);
    let delete = "DELETE /api/v3/configure/token?token_name=first";
    assert_eq!(send(&server, delete, Some("owner"), "").await.status, 200);
    let third = make("third").await;
    assert!(first["id"] != second["id"] && second["id"] != third["id"], "{second} {third}");
    let token = second["token"].as_str();
    let to = "POST /api/v3/write_lp?db=e";
    clock.0.store(59_999_999_999, Ordering::Relaxed);
    assert_eq!(send(&server, to, token, "m f=1 1").await.status, 204);
    clock.0.store(60_000_000_000, Ordering::Relaxed);
    assert_eq!(send(&server, to, token, "m f=1 1").await.status, 401);
}

#[tokio::test]
async fn who_may_not_write_is_told_so_at_once() {
    let clock = Arc::new(Hand(AtomicI64::new(0)));
    let builder = Server::builder(profiles::find("v3-core").unwrap());
    let builder = builder.token("owner").database("e", None).clock(clock.clone());
    let builder = builder.set("gen1-duration", "1s").unwrap();
    let server = builder.set("exec-mem-pool-bytes", "1B").unwrap().start().await.unwrap();
    let to = "POST /api/v3/write_lp?db=e";
    assert_eq!(send(&server, to, Some("owner"), "m f=1 1700000000000000001").await.status, 204);
    clock.0.store(2_000_000_000, Ordering::Relaxed);
    let asked = send(&server, "POST /api/v3/write_lp?db=nowhere", Some("owner"), "m f=1");
    let answer = tokio::time::timeout(Duration::from_secs(5), asked).await;
    assert_eq!(answer.unwrap().status, 404);
}
