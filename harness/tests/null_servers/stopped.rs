//! Who stops a command while the target is still being opened: it ends soon, and leaves nothing behind.
//! The server has made a database, and asks then to come back in most of a minute.

use crate::server::{Answer, Kind, Nature, Request, Server};
use crate::{GOOD, case};
use harness::detect::{Knowledge, Undetected, detect};
use harness::event::Event;
use harness::run::{Interrupt, Part, Plan, run};
use harness::snapshot::{Basis, Snapshots};
use harness::support::send::{NotSent, of_case};
use harness::target::Target;
use harness::verdict::Ending;
use harness::{generate, record, wire};
use std::time::{Duration, Instant};
use tokio::sync::watch;

fn busy(request: &Request, honest: Answer) -> Answer {
    if request.is_write() {
        let mut busy = Answer::new(429, "{\"error\":\"later\"}");
        busy.headers.push(("Retry-After", "50".to_owned()));
        return busy;
    }
    honest
}

async fn databases(target: &Target) -> String {
    let request = wire::Request::new("POST", "/query?q=SHOW%20DATABASES");
    wire::send(&target.base, &request, target.timeout).await.unwrap().text()
}

/// Stops it once it has made something; it must end soon, and what it made must be gone.
async fn stopped<T>(command: impl AsyncFnOnce(&Target, Interrupt) -> T) -> T {
    let server = Server::start(Kind::V1, Nature::Says(busy)).await;
    let target = Target::new(&server.url, profiles::find("oss-v1@1.6").unwrap()).unwrap();
    let (sender, interrupt) = watch::channel(false);
    let stops = async {
        while !databases(&target).await.contains("lp_") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        sender.send(true).unwrap();
        Instant::now()
    };
    let both = async { tokio::join!(command(&target, interrupt), stops) };
    let (told, at) = tokio::time::timeout(Duration::from_secs(40), both).await.expect("it ends");
    assert!(at.elapsed() < Duration::from_secs(20), "{:?}", at.elapsed());
    let left = databases(&target).await;
    assert!(!left.contains("lp_"), "{left}");
    told
}

#[tokio::test]
async fn a_run() {
    let mut left = None;
    let plan = Plan {
        cases: [case("good", GOOD)].into(),
        snapshots: Snapshots::new(Some("/nonexistent".into())),
        strict: 1,
        jobs: 1,
        fail_fast: false,
        shuffle: None,
        known: harness::known::Known::default(),
        stale: Vec::new(),
        part: Part::default(),
        deadline: None,
    };
    let on_event = |event: &Event| {
        if let Event::Finished(finished) = event {
            left.clone_from(&finished.left_behind);
        }
    };
    let ending = stopped(async |target, interrupt| run(target, plan, interrupt, on_event).await);
    assert_eq!(ending.await, Ending::Interrupted);
    assert_eq!(left, None);
}

#[tokio::test]
async fn random_batches() {
    let plan = generate::Plan {
        batches: 1,
        seed: 1,
        jobs: 1,
        strict: 1,
        fail_fast: false,
        save: None,
        deadline: None,
    };
    let ending = stopped(async |target, interrupt| {
        generate::run(target, plan, interrupt, |_| {}, || {}).await
    });
    assert_eq!(ending.await, Ending::Interrupted);
}

#[tokio::test]
async fn a_recording() {
    let dir = tempfile::tempdir().unwrap();
    let provenance = record::Provenance { basis: Basis::Recorded, from: "a test".to_owned() };
    let place = record::Place { dir: dir.path(), edition: None, dry_run: true };
    let cases = [case("good", GOOD)];
    let ended = stopped(async |target, interrupt| {
        record::record_into(target, &cases, &provenance, place, interrupt, |_, _| {}).await
    });
    let ended = ended.await.unwrap();
    assert!(ended.interrupted);
    assert_eq!(ended.left_behind, None);
}

#[tokio::test]
async fn a_support_package() {
    let case = case("good", GOOD);
    let snapshots = Snapshots::new(Some("/nonexistent".into()));
    let sent = stopped(async |target, interrupt| {
        of_case(target, &case, &snapshots, 1, interrupt).await.map(|_| ())
    });
    assert_eq!(sent.await, Err(NotSent::Interrupted(None)));
}

#[tokio::test]
async fn a_detection() {
    let snapshots = Snapshots::new(Some("/nonexistent".into()));
    let profiles = [profiles::find("oss-v1@1.6").unwrap()];
    let knowledge = Knowledge { cases: &[], snapshots: &snapshots, profiles: &profiles };
    let found = stopped(async |target, interrupt| detect(target, &knowledge, &interrupt).await);
    assert_eq!(found.await.map(|_| ()), Err(Undetected::Interrupted(None)));
}
