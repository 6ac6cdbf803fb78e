//! What a log does while nothing fails: order, limits, segments, forgetting, one user at a time.

#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use tempfile::TempDir;
use write_ahead_log::{Log, OpenError, Options, Recovery, Refused, State};

type Entries = Vec<(u64, Vec<u8>)>;

fn open(folder: &Path, options: Options) -> (Log, Recovery, Entries) {
    let mut entries = Vec::new();
    let (log, recovery) = Log::open(folder, options, |sequence, payload: &[u8]| {
        entries.push((sequence, payload.to_vec()));
        Ok::<_, Infallible>(())
    })
    .unwrap();
    (log, recovery, entries)
}

/// Segments that hold some entries of some bytes.
fn small() -> Options {
    Options { segment_bytes: 200, ..Options::default() }
}

fn segments(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder.join("log"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn what_was_appended_is_replayed_in_order() {
    let folder = TempDir::new().unwrap();
    let (log, recovery, entries) = open(folder.path(), small());
    assert_eq!((recovery.entries, recovery.next_sequence), (0, 1));
    assert!(entries.is_empty());
    for text in ["a", "", "ccc"] {
        log.append(&[text.as_bytes()]).unwrap();
    }
    let last = log.append(&[b"in ", b"three ", b"parts"]).unwrap();
    assert_eq!(last, 4);
    log.wait(last).unwrap();
    let size = log.size();
    drop(log);
    let expected: Entries = [(1, "a"), (2, ""), (3, "ccc"), (4, "in three parts")]
        .map(|(sequence, text)| (sequence, text.as_bytes().to_vec()))
        .to_vec();
    let (log, recovery, entries) = open(folder.path(), small());
    assert_eq!(entries, expected);
    assert_eq!((recovery.entries, recovery.next_sequence, recovery.bytes), (4, 5, size));
    assert_eq!(recovery.torn, None);
    assert_eq!(log.append(&[b"e"]).unwrap(), 5);
}

#[test]
fn dropping_the_last_clone_syncs_what_waits() {
    let folder = TempDir::new().unwrap();
    let (log, ..) = open(folder.path(), Options::default());
    let clone = log.clone();
    for n in 0..100 {
        log.append(&[format!("{n}").as_bytes()]).unwrap();
    }
    drop(log);
    clone.append(&[b"last"]).unwrap();
    drop(clone);
    let (_, recovery, entries) = open(folder.path(), Options::default());
    assert_eq!(recovery.entries, 101);
    assert_eq!(entries[100].1, b"last");
}

#[test]
fn a_full_segment_is_followed_by_one_named_by_its_first_entry() {
    let folder = TempDir::new().unwrap();
    let (log, ..) = open(folder.path(), small());
    // A header of 40 bytes, frames of 32 + 48: two go into 200 bytes.
    for _ in 0..5 {
        log.wait(log.append(&[&[7; 48]]).unwrap()).unwrap();
    }
    let expected =
        ["00000000000000000001.wal", "00000000000000000003.wal", "00000000000000000005.wal"];
    assert_eq!(segments(folder.path()), expected);
    assert_eq!(log.size(), 3 * 40 + 5 * 80);
    // One that is longer than a segment has one for itself.
    log.wait(log.append(&[&[8; 500]]).unwrap()).unwrap();
    log.wait(log.append(&[&[9; 1]]).unwrap()).unwrap();
    drop(log);
    assert_eq!(
        segments(folder.path())[3..],
        ["00000000000000000006.wal", "00000000000000000007.wal"]
    );
    let (_, recovery, entries) = open(folder.path(), small());
    assert_eq!((recovery.segments, recovery.entries), (5, 7));
    assert_eq!(entries[5], (6, vec![8; 500]));
}

#[test]
fn a_first_entry_that_is_longer_than_a_segment_is_written_into_the_first_segment() {
    let folder = TempDir::new().unwrap();
    let (log, ..) = open(folder.path(), small());
    log.wait(log.append(&[&[8; 500]]).unwrap()).unwrap();
    assert_eq!(segments(folder.path()), ["00000000000000000001.wal"]);
    assert_eq!(log.size(), 40 + 532);
}

#[test]
fn forgetting_removes_whole_segments_only() {
    let folder = TempDir::new().unwrap();
    let (log, ..) = open(folder.path(), small());
    for _ in 0..5 {
        log.wait(log.append(&[&[7; 48]]).unwrap()).unwrap();
    }
    log.forget_before(4).unwrap();
    assert_eq!(
        segments(folder.path()),
        ["00000000000000000003.wal", "00000000000000000005.wal"],
        "entry 4 is in the segment of entry 3"
    );
    assert_eq!((log.first_sequence(), log.size()), (3, 2 * 40 + 3 * 80));
    // All of it: an empty segment keeps the count.
    log.forget_before(6).unwrap();
    assert_eq!(segments(folder.path()), ["00000000000000000006.wal"]);
    log.forget_before(99).unwrap();
    assert_eq!((log.size(), log.next_sequence()), (40, 6));
    drop(log);
    let (log, recovery, entries) = open(folder.path(), small());
    assert_eq!(entries, []);
    assert_eq!((recovery.first_sequence, recovery.next_sequence), (6, 6));
    assert_eq!(log.append(&[b"six"]).unwrap(), 6);
}

#[test]
fn what_is_gone_already_is_forgotten() {
    let folder = TempDir::new().unwrap();
    let (log, ..) = open(folder.path(), small());
    for _ in 0..5 {
        log.wait(log.append(&[&[7; 48]]).unwrap()).unwrap();
    }
    // As a removal leaves it that was done and said to have failed.
    std::fs::remove_file(folder.path().join("log/00000000000000000001.wal")).unwrap();
    log.forget_before(5).unwrap();
    assert_eq!(segments(folder.path()), ["00000000000000000005.wal"]);
    assert_eq!((log.first_sequence(), log.size()), (5, 40 + 80));
}

#[test]
fn an_unfinished_segment_is_removed_and_other_files_stay() {
    let folder = TempDir::new().unwrap();
    open(folder.path(), small());
    for name in ["00000000000000000002.wal.tmp", "notes.txt", "7.wal"] {
        std::fs::write(folder.path().join("log").join(name), "something").unwrap();
    }
    open(folder.path(), small());
    assert_eq!(segments(folder.path()), ["00000000000000000001.wal", "7.wal", "notes.txt"]);
}

#[test]
fn a_caller_that_is_ahead_leaves_sequences_out() {
    let folder = TempDir::new().unwrap();
    let (log, ..) = open(folder.path(), small());
    log.append(&[b"one"]).unwrap();
    drop(log);
    let ahead = Options { next_at_least: 10, ..small() };
    let (log, recovery, _) = open(folder.path(), ahead.clone());
    assert_eq!((recovery.next_sequence, log.next_sequence()), (2, 10));
    assert_eq!(log.append(&[b"ten"]).unwrap(), 10);
    drop(log);
    let (log, recovery, entries) = open(folder.path(), ahead);
    assert_eq!(entries, [(1, b"one".to_vec()), (10, b"ten".to_vec())]);
    assert_eq!((recovery.lost, log.next_sequence()), (8, 11));
}

#[test]
fn a_log_has_one_user() {
    let folder = TempDir::new().unwrap();
    let (log, ..) = open(folder.path(), Options::default());
    let again = Log::open(folder.path(), Options::default(), |_, _| Ok::<_, Infallible>(()));
    assert!(matches!(again, Err(OpenError::InUse { .. })), "{again:?}");
    assert!(matches!(write_ahead_log::verify(folder.path()), Err(OpenError::InUse { .. })));
    assert!(matches!(write_ahead_log::repair(folder.path()), Err(OpenError::InUse { .. })));
    drop(log);
    open(folder.path(), Options::default());
}

/// What the test below runs in another process: it opens the folder and says how that went.
#[test]
#[ignore = "only as the other process"]
fn other_process() {
    let Some(folder) = std::env::var_os("LOG_OF_ANOTHER_PROCESS") else { return };
    let opened = Log::open(folder.as_ref(), Options::default(), |_, _| Ok::<_, Infallible>(()));
    println!("opened: {}", opened.map_or_else(|error| error.to_string(), |_| "yes".to_owned()));
}

#[test]
fn a_log_has_one_user_in_all_processes() {
    let folder = TempDir::new().unwrap();
    let elsewhere = || {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "other_process"])
            .env("LOG_OF_ANOTHER_PROCESS", folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_once("opened: ").unwrap().1.lines().next().unwrap().to_owned()
    };
    let (log, ..) = open(folder.path(), Options::default());
    assert!(elsewhere().contains("is in use by another process"), "{}", elsewhere());
    drop(log);
    assert_eq!(elsewhere(), "yes");
}

#[test]
fn a_newer_format_is_named() {
    let folder = TempDir::new().unwrap();
    open(folder.path(), Options::default());
    let text = std::fs::read_to_string(folder.path().join("FORMAT")).unwrap();
    let newer = text.replace("format 1", "format 7") + "something = new\n";
    assert_ne!(text, newer);
    std::fs::write(folder.path().join("FORMAT"), newer).unwrap();
    let error = Log::open(folder.path(), Options::default(), |_, _| Ok::<_, Infallible>(()));
    let error = error.unwrap_err();
    assert!(matches!(error, OpenError::NewerFormat { found: 7, known: 1, .. }), "{error}");
    assert!(error.to_string().contains("has format 7, and this version knows up to 1"));
    assert!(matches!(write_ahead_log::repair(folder.path()), Err(OpenError::NewerFormat { .. })));
}

#[test]
fn an_error_of_replay_names_the_entry() {
    let folder = TempDir::new().unwrap();
    let (log, ..) = open(folder.path(), Options::default());
    log.append(&[b"good"]).unwrap();
    log.append(&[b"odd"]).unwrap();
    drop(log);
    let replay = |_, payload: &[u8]| if payload == b"odd" { Err("what is odd?") } else { Ok(()) };
    let error = Log::open(folder.path(), Options::default(), replay).unwrap_err();
    let says = "entry 2 of the log cannot be used, nothing was changed: what is odd?";
    assert_eq!(error.to_string(), says);
}

#[test]
fn where_no_log_is_nothing_is_made() {
    let folder = TempDir::new().unwrap();
    assert!(matches!(write_ahead_log::verify(folder.path()), Err(OpenError::NoLog { .. })));
    assert!(matches!(write_ahead_log::repair(folder.path()), Err(OpenError::NoLog { .. })));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_log_whose_making_was_interrupted_is_made_again() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("log")).unwrap();
    let segment = folder.path().join("log/00000000000000000001.wal");
    std::fs::write(&segment, [0; 40]).unwrap();
    assert!(matches!(write_ahead_log::verify(folder.path()), Err(OpenError::NoLog { .. })));
    let (log, ..) = open(folder.path(), Options::default());
    log.append(&[b"one"]).unwrap();
    drop(log);
    assert_eq!(open(folder.path(), Options::default()).2, [(1, b"one".to_vec())]);
}

#[test]
fn an_entry_that_is_too_long_is_refused() {
    let folder = TempDir::new().unwrap();
    let options = Options { largest_entry: 10, ..Options::default() };
    let (log, ..) = open(folder.path(), options);
    assert_eq!(log.admits(10), Ok(()));
    let refused = Err(Refused::TooLong { bytes: 11, limit: 10 });
    assert_eq!(log.admits(11), refused.clone().map(drop));
    assert_eq!(log.append(&[&[0; 6], &[0; 5]]), refused);
    assert_eq!(log.append(&[&[0; 10]]), Ok(1));
    assert_eq!(log.state(), State::Writable);
}

#[test]
fn appenders_in_threads_keep_their_order() {
    const THREADS: u32 = 8;
    const EACH: u32 = 100;
    let folder = TempDir::new().unwrap();
    let options = Options { segment_bytes: 4096, ..Options::default() };
    let (log, ..) = open(folder.path(), options.clone());
    let acknowledged: Vec<(u64, Vec<u8>)> = thread::scope(|scope| {
        let appenders: Vec<_> = (0..THREADS)
            .map(|thread| {
                let log = log.clone();
                scope.spawn(move || {
                    let mut acknowledged = Vec::new();
                    for n in 0..EACH {
                        let payload = [thread.to_le_bytes(), n.to_le_bytes()].concat();
                        let sequence = log.append(&[&payload]).unwrap();
                        if n % 10 == 9 {
                            log.wait(sequence).unwrap();
                        }
                        acknowledged.push((sequence, payload));
                    }
                    acknowledged
                })
            })
            .collect();
        appenders.into_iter().flat_map(|appender| appender.join().unwrap()).collect()
    });
    drop(log);
    let (_, _, entries) = open(folder.path(), options);
    let mut sorted = acknowledged.clone();
    sorted.sort();
    assert_eq!(entries, sorted, "each under the sequence that its appender was told, once");
    for thread in acknowledged.chunks(EACH as usize) {
        assert!(thread.is_sorted(), "the order of one appender");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_wait_too() {
    let folder = TempDir::new().unwrap();
    let (log, ..) = open(folder.path(), Options::default());
    let log = Arc::new(log);
    let tasks: Vec<_> = (0..50u8)
        .map(|n| {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let sequence = log.append(&[&[n]]).unwrap();
                log.synced(sequence).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    log.synced(50).await.unwrap();
}
