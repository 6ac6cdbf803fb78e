//! A write-ahead log in object storage: whatever goes wrong, what was acknowledged is there, and of two
//! who write only one is told that it did.

#![allow(clippy::unwrap_used)]

mod support;

use object_files::Times;
use object_store::memory::InMemory;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use support::{Fault, Plan, SHORT, Way, files_in, folder, objects, open, put, remove};
use write_ahead_log::{Files, Log, OpenError, Options, State, repair_with, verify_with};

/// Segments of a few entries.
fn small() -> Options {
    Options { segment_bytes: 300, ..Options::default() }
}

fn payload(number: u64) -> Vec<u8> {
    format!("entry {number} {}", "x".repeat(number as usize % 50)).into_bytes()
}

/// Writes entries one by one until it cannot; the last that was acknowledged, none where there is none.
fn write(log: &Log, entries: u64) -> u64 {
    let mut acknowledged = 0;
    for _ in 0..entries {
        let Ok(sequence) = log.append(&[&payload(log.next_sequence())]) else { break };
        if log.wait(sequence).is_err() {
            break;
        }
        acknowledged = sequence;
    }
    acknowledged
}

#[test]
fn what_was_synced_is_found_again() {
    let store = Arc::new(InMemory::new());
    let way = Way::to(&store);
    let mut expected = 0;
    for _ in 0..3 {
        let (log, recovery, found) = open(&files_in(&way, SHORT), small()).unwrap();
        assert_eq!(recovery.torn, None);
        let all: Vec<_> = (1..=expected).map(|number| (number, payload(number))).collect();
        assert_eq!(found, all);
        expected = write(&log, 20);
        assert_eq!(expected % 20, 0);
    }
    // A part of it is forgotten, and stays so.
    let (log, ..) = open(&files_in(&way, SHORT), small()).unwrap();
    log.forget_before(41).unwrap();
    let first = log.first_sequence();
    assert!((30..=41).contains(&first), "{first}");
    drop(log);
    let (log, recovery, found) = open(&files_in(&way, SHORT), small()).unwrap();
    assert_eq!((recovery.first_sequence, found[0].0), (first, first));
    assert_eq!(recovery.next_sequence, 61);
    drop(log);
    // The parts of what was removed are gone too, and so is the lock.
    let left = objects(&store);
    let name = |object: &String| object.starts_with("data/log/00000000000000000001.wal/");
    let left_of_first: Vec<_> = left.keys().filter(|object| name(object)).collect();
    assert_eq!(left_of_first, ["data/log/00000000000000000001.wal/removed"]);
    assert!(!left.contains_key("data/lock"), "{:?}", left.keys());
}

/// Each request in turn goes wrong: nothing that was acknowledged may be lost.
fn each_request_fails(fault: Fault, forever: bool) {
    let mut all_acknowledged = 0;
    let mut read_only = 0;
    for request in 0.. {
        let store = Arc::new(InMemory::new());
        let way = Way::to(&store);
        let (log, ..) = open(&files_in(&way, SHORT), small()).unwrap();
        let before = write(&log, 5);
        assert_eq!(before, 5);
        drop(log);
        // One that fails for good is not tried for long.
        let limit = if forever { Duration::from_millis(50) } else { SHORT.limit };
        let files = files_in(&way, Times { limit, ..SHORT });
        way.plan(Plan { request, fault, forever });
        let (mut acknowledged, mut forgotten) = (before, 1);
        let opened = open(&files, small());
        if let Ok((log, _, found)) = &opened {
            assert_eq!(found.len(), 5, "{request} {fault:?}");
            acknowledged = acknowledged.max(write(log, 7));
            // It may fail and be done.
            forgotten = 4;
            let _ = log.forget_before(forgotten);
            acknowledged = acknowledged.max(write(log, 7));
            if let State::ReadOnly { .. } = log.state() {
                read_only += 1;
            } else {
                assert_eq!(acknowledged, 19);
            }
        }
        let is_through = way.requests() <= request;
        way.mend();
        drop(opened);
        all_acknowledged += usize::from(acknowledged == 19);

        let (_, recovery, found) = open(&files_in(&way, SHORT), small())
            .unwrap_or_else(|error| panic!("{request} {fault:?} {forever}: {error}"));
        let what = format!("{request} {fault:?} {forever}: {acknowledged} and {recovery:?}");
        assert!(recovery.first_sequence <= forgotten, "{what}");
        assert!(recovery.next_sequence > acknowledged, "{what}");
        for (sequence, bytes) in &found {
            assert_eq!(*bytes, payload(*sequence), "{what}");
        }
        assert_eq!(
            found.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(),
            (recovery.first_sequence..recovery.next_sequence).collect::<Vec<_>>(),
            "{what}"
        );
        if is_through {
            assert!(request > 30, "there are more requests than {request}");
            break;
        }
    }
    if forever {
        assert!(read_only > 10, "{read_only}");
    } else {
        assert!(all_acknowledged > 20, "one fault in a put is overcome: {all_acknowledged}");
    }
}

#[test]
fn each_request_is_refused_once() {
    each_request_fails(Fault::Refused, false);
}

#[test]
fn from_each_request_on_all_are_refused() {
    each_request_fails(Fault::Refused, true);
}

#[test]
fn each_answer_is_lost_once() {
    each_request_fails(Fault::AnswerLost, false);
}

#[test]
fn from_each_request_on_all_answers_are_lost() {
    each_request_fails(Fault::AnswerLost, true);
}

#[test]
fn a_store_that_does_not_answer_hangs_nobody() {
    let way = Way::to(&Arc::new(InMemory::new()));
    let times = Times { limit: Duration::from_millis(300), ..SHORT };
    let (log, ..) = open(&files_in(&way, times), Options::default()).unwrap();
    assert_eq!(write(&log, 1), 1);
    way.plan(Plan { request: 0, fault: Fault::Silence, forever: true });
    let begun = Instant::now();
    assert_eq!(write(&log, 1), 0, "it is not acknowledged");
    assert!(matches!(log.state(), State::ReadOnly { .. }));
    drop(log);
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    way.mend();
    let (_, recovery, _) = open(&files_in(&way, times), Options::default()).unwrap();
    assert_eq!(recovery.entries, 1);
}

#[test]
fn one_at_a_time_and_the_next_after_a_crash() {
    let store = Arc::new(InMemory::new());
    let way = Way::to(&store);
    let (log, ..) = open(&files_in(&way, SHORT), small()).unwrap();
    assert_eq!(write(&log, 4), 4);
    let other = Way::to(&store);
    let refused = open(&files_in(&other, SHORT), small()).unwrap_err();
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused}");
    assert!(refused.to_string().contains("s3://bucket/data is in use"), "{refused}");
    // Its machine is gone.
    way.cut();
    let begun = Instant::now();
    let (next, _, found) = open(&files_in(&other, SHORT), small()).unwrap();
    assert!(begun.elapsed() >= SHORT.lease, "{:?}", begun.elapsed());
    assert_eq!(found.len(), 4);
    assert_eq!(write(&next, 4), 8);
    // The machine is back: what it wanted to say is of no use, also after a while.
    way.mend();
    assert!(log.append(&[b"late"]).is_err() || log.wait(5).is_err());
    drop(log);
    assert_eq!(write(&next, 1), 9);
    drop(next);
    let (_, recovery, found) = open(&files_in(&other, SHORT), small()).unwrap();
    assert_eq!((recovery.next_sequence, found.len()), (10, 9));
    assert!(found.iter().all(|(sequence, bytes)| *bytes == payload(*sequence)));
}

#[test]
fn of_two_who_believe_in_their_lock_one_writes() {
    // How many entries there are when the other one comes: its next writes a part, or a segment.
    for entries in 0..12 {
        let store = Arc::new(InMemory::new());
        let sure = Times { lease: Duration::from_secs(3600), ..SHORT };
        let (old, ..) = open(&files_in(&Way::to(&store), sure), small()).unwrap();
        assert_eq!(write(&old, entries), entries);
        // It does not wait for as long as it should.
        let hasty = Times { lease: Duration::from_millis(200), ..SHORT };
        let (new, _, found) = open(&files_in(&Way::to(&store), hasty), small()).unwrap();
        assert_eq!(found.len() as u64, entries);
        assert_eq!(write(&old, 1), 0, "the old one is told nothing");
        let State::ReadOnly { why } = old.state() else { panic!("it goes on: {entries}") };
        assert!(why.to_string().contains("another server"), "{why}");
        // What it would forget, or say when it ends, is nothing any more.
        drop(old);
        drop(new);
        let (new, _, found) = open(&files_in(&Way::to(&store), SHORT), small()).unwrap();
        assert_eq!(found.len() as u64, entries);
        assert_eq!(write(&new, 3), entries + 3);
    }
}

#[test]
fn a_file_that_another_has_replaced_is_not() {
    let store = Arc::new(InMemory::new());
    let sure = Times { lease: Duration::from_secs(3600), ..SHORT };
    let hasty = Times { lease: Duration::from_millis(200), ..SHORT };
    let manifest = folder().join("snapshots/manifest.json");
    let unfinished = folder().join("snapshots/manifest.tmp");
    let replace = |files: &Arc<object_files::ObjectFiles>, text: &[u8]| {
        let mut file = files.create(&unfinished).unwrap();
        file.write_at(0, text).unwrap();
        file.sync().unwrap();
        files.rename(&unfinished, &manifest)
    };
    let old = files_in(&Way::to(&store), sure);
    let _held = old.lock(&folder().join("lock"), true).unwrap();
    replace(&old, b"first").unwrap();
    replace(&old, b"second").unwrap();
    let new = files_in(&Way::to(&store), hasty);
    let _also = new.lock(&folder().join("lock"), true).unwrap();
    assert!(replace(&new, b"unread").is_err(), "it does not know what it replaces");
    assert_eq!(new.read(&manifest).unwrap(), b"second");
    replace(&new, b"third").unwrap();
    let refused = replace(&old, b"of the old one").unwrap_err();
    assert!(refused.to_string().contains("another server"), "{refused}");
    assert_eq!(new.read(&manifest).unwrap(), b"third");
}

#[test]
fn a_store_without_conditions_is_refused() {
    let way = Way::to(&Arc::new(InMemory::new()));
    way.ignores_conditions.store(true, Ordering::SeqCst);
    let refused = open(&files_in(&way, SHORT), small()).unwrap_err().to_string();
    assert!(refused.contains("If-None-Match"), "{refused}");
}

#[test]
fn nothing_is_written_by_one_who_only_looks() {
    let store = Arc::new(InMemory::new());
    let files = files_in(&Way::to(&store), SHORT);
    assert!(matches!(verify_with(files.clone(), folder()), Err(OpenError::NoLog { .. })));
    assert!(matches!(repair_with(files.clone(), folder()), Err(OpenError::NoLog { .. })));
    assert_eq!(objects(&store).len(), 0);
    assert!(files.remove(&folder().join("FORMAT")).is_err(), "it has no lock");
    let (log, ..) = open(&files, small()).unwrap();
    write(&log, 3);
    drop(log);
    let before = objects(&store);
    let report = verify_with(files, folder()).unwrap();
    assert_eq!((report.entries, report.damage.len()), (3, 0));
    assert_eq!(objects(&store), before);
}

#[test]
fn small_parts_become_large_ones() {
    let store = Arc::new(InMemory::new());
    let files = files_in(&Way::to(&store), SHORT);
    let (log, ..) = open(&files, Options::default()).unwrap();
    assert_eq!(write(&log, 1000), 1000);
    drop(log);
    let parts = objects(&store);
    // Of each size fewer than sixteen, and the first and the last ones of the segments.
    let count = parts.keys().filter(|name| name.contains(".wal/")).count();
    assert!(count < 3 * 16 + 5, "{count}");
    let (_, _, found) = open(&files, Options::default()).unwrap();
    let all: Vec<_> = (1..=1000).map(|number| (number, payload(number))).collect();
    assert_eq!(found, all);
}

#[test]
fn damage_to_any_part_is_found_and_mended() {
    let store = Arc::new(InMemory::new());
    let files = files_in(&Way::to(&store), SHORT);
    // Twice, so that there are parts which cut something off.
    for _ in 0..2 {
        let (log, ..) = open(&files, small()).unwrap();
        write(&log, 10);
    }
    let good = objects(&store);
    let parts: Vec<&String> = good.keys().filter(|name| name.contains(".wal/")).collect();
    assert!(parts.len() > 10, "{parts:?}");
    let mut found = 0;
    for name in parts {
        let bytes = &good[name];
        // Each byte of the header, and some of the rest; and then all of it.
        let places = (0..28).chain((28..bytes.len()).step_by(37)).map(Some).chain([None]);
        for place in places {
            match place {
                Some(place) => {
                    let mut changed = bytes.clone();
                    changed[place] ^= 0x20;
                    put(&store, name, &changed);
                }
                None => remove(&store, name),
            }
            // One that has seen nothing of all that yet.
            let files = files_in(&Way::to(&store), SHORT);
            let report = verify_with(files.clone(), folder()).unwrap();
            let what = format!("{name} at {place:?}: {report:?}");
            let is_found = !report.damage.is_empty();
            found += usize::from(is_found);
            // What is not found is without effect, but for the end: a mark, or a part that only cut
            // the mark off.
            assert!(is_found || report.entries == 20, "{what}");
            let opened = open(&files, small());
            assert_eq!(opened.is_err(), is_found, "{what}");
            drop(opened);
            if is_found && place.is_none_or(|place| place % 5 == 0) {
                repair_with(files.clone(), folder()).unwrap();
                let (_, recovery, kept) = open(&files, small()).unwrap();
                assert!(kept.len() as u64 + recovery.lost >= 18, "{what}: {recovery:?}");
                assert!(
                    kept.iter().all(|(sequence, bytes)| *bytes == payload(*sequence)),
                    "{what}"
                );
            }
            for name in objects(&store).keys() {
                remove(&store, name);
            }
            for (name, bytes) in &good {
                put(&store, name, bytes);
            }
        }
    }
    assert!(found > 100, "{found}");
}

#[test]
fn a_log_works_from_inside_any_runtime() {
    let store = Arc::new(InMemory::new());
    for (expected, threads) in [0, 1, 2].into_iter().enumerate() {
        let mut builder = match threads {
            0 => tokio::runtime::Builder::new_current_thread(),
            _ => tokio::runtime::Builder::new_multi_thread(),
        };
        if threads > 0 {
            builder.worker_threads(threads);
        }
        let way = Way::to(&store);
        let runtime = builder.build().unwrap();
        let work = async move {
            let files = files_in(&way, SHORT);
            let (log, _, found) = open(&files, small()).unwrap();
            assert_eq!(found.len(), expected);
            let sequence = log.append(&[b"entry"]).unwrap();
            log.synced(sequence).await.unwrap();
            log.forget_before(1).unwrap();
            files.list(&folder().join("log")).unwrap();
        };
        if threads > 0 {
            runtime.block_on(async { tokio::spawn(work).await.unwrap() });
        } else {
            runtime.block_on(work);
        }
    }
}
