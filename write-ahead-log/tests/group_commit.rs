//! One sync serves all who wait, and what waits has a limit.

#![allow(clippy::unwrap_used)]

mod support;

use support::{Disk, Fault, Plan};
use write_ahead_log::{Options, Refused, State};

#[test]
fn one_sync_serves_all_who_wait() {
    let disk = Disk::new(1);
    let (log, ..) = disk.open_log(Options::default()).unwrap();
    let before = disk.syncs();
    disk.shut_gate();
    log.append(&[b"first"]).unwrap();
    disk.await_gate();
    for n in 0..100_u8 {
        log.append(&[&[n]]).unwrap();
    }
    disk.open_gate();
    log.wait(101).unwrap();
    assert_eq!(disk.syncs() - before, 2, "one for the first, one for the hundred");
}

#[test]
fn more_than_may_wait_is_refused_until_the_disk_is_ahead() {
    let disk = Disk::new(1);
    let options = Options { waiting_bytes: 1000, ..Options::default() };
    let (log, ..) = disk.open_log(options).unwrap();
    disk.shut_gate();
    log.append(&[&[0; 100]]).unwrap();
    disk.await_gate();
    // What is being written waits too: a frame is 32 bytes longer than its payload.
    log.append(&[&[1; 368]]).unwrap();
    log.append(&[&[2; 368]]).unwrap();
    let waiting = 132 + 400 + 400;
    assert_eq!(log.admits(1000 - waiting - 32), Ok(()));
    assert_eq!(log.admits(1000 - waiting - 31), Err(Refused::Full { waiting, limit: 1000 }));
    assert_eq!(log.append(&[&[3; 100]]), Err(Refused::Full { waiting, limit: 1000 }));
    assert_eq!(log.state(), State::Writable);
    // The first is on disk, the others are not yet.
    disk.pass_one();
    log.wait(1).unwrap();
    assert_eq!(log.admits(1000), Err(Refused::Full { waiting: 800, limit: 1000 }));
    disk.open_gate();
    log.wait(3).unwrap();
    assert_eq!(log.append(&[&[3; 5000]]), Ok(4), "the first that waits may be of any length");
    log.wait(4).unwrap();
    drop(log);
    let (_, _, entries) = disk.open_log(Options::default()).unwrap();
    assert_eq!(
        entries.iter().map(|(_, payload)| payload.len()).collect::<Vec<_>>(),
        [100, 368, 368, 5000]
    );
}

#[test]
fn whoever_waits_when_the_disk_fails_is_told_why() {
    let disk = Disk::new(1);
    let (log, ..) = disk.open_log(Options::default()).unwrap();
    log.wait(log.append(&[b"good"]).unwrap()).unwrap();
    disk.shut_gate();
    log.append(&[b"being synced"]).unwrap();
    disk.await_gate();
    log.append(&[b"waits"]).unwrap();
    disk.plan(Plan { call: 1, fault: Fault::Full, forever: true });
    disk.open_gate();
    for sequence in [2, 3] {
        let failed = log.wait(sequence).unwrap_err();
        assert_eq!(failed.why.kind(), std::io::ErrorKind::StorageFull);
    }
    assert_eq!(log.wait(1), Ok(()), "it was on disk before");
    let refused = log.append(&[b"late"]).unwrap_err().to_string();
    assert!(refused.to_lowercase().contains("no space left on device"), "{refused}");
    assert_eq!(log.admits(1).unwrap_err().to_string(), refused);
    let State::ReadOnly { why } = log.state() else { panic!("it is not read-only") };
    assert!(refused.contains(&why.to_string()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_are_told_of_a_failure() {
    let disk = Disk::new(1);
    let (log, ..) = disk.open_log(Options::default()).unwrap();
    disk.shut_gate();
    let sequence = log.append(&[b"being synced"]).unwrap();
    disk.await_gate();
    let waits = tokio::spawn({
        let log = log.clone();
        async move { log.synced(sequence).await }
    });
    disk.plan(Plan { call: 1, fault: Fault::Io, forever: true });
    disk.open_gate();
    assert!(waits.await.unwrap().is_err());
    assert!(log.synced(sequence).await.is_err());
    assert!(log.synced(0).await.is_ok());
}

#[test]
fn what_failed_is_cut_off() {
    for fault in [Fault::Sync, Fault::Short] {
        let disk = Disk::new(1);
        let (log, ..) = disk.open_log(Options::default()).unwrap();
        log.wait(log.append(&[b"good"]).unwrap()).unwrap();
        let size = log.size();
        disk.plan(Plan { call: 1, fault, forever: false });
        log.wait(log.append(&[b"not on disk"]).unwrap()).unwrap_err();
        assert!(disk.mend());
        assert_eq!(log.size(), size);
        // Nothing more is begun either.
        log.forget_before(99).unwrap();
        drop(log);
        let (_, recovery, entries) = disk.open_log(Options::default()).unwrap();
        assert_eq!((entries, recovery.torn), (vec![(1, b"good".to_vec())], None), "{fault:?}");
    }
}
