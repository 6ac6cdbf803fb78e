//! Files that are written once: small ones, and those that are sent in pieces.

#![allow(clippy::unwrap_used)]

mod support;

use object_store::memory::InMemory;
use std::io;
use std::sync::Arc;
use support::{SHORT, Way, files_in, folder, objects};
use write_ahead_log::Files;

#[test]
fn any_length_is_read_back_in_stretches() {
    let store = Arc::new(InMemory::new());
    let files = files_in(&Way::to(&store), SHORT);
    let _held = files.lock(&folder().join("lock"), true).unwrap();
    for length in [0, 1, 1 << 20, (8 << 20) + 1, 20 << 20] {
        let path = folder().join(format!("snapshots/{length}.parquet"));
        let content: Vec<u8> = (0..length).map(|i: usize| (i % 251) as u8).collect();
        let mut file = files.create(&path).unwrap();
        let mut offset = 0;
        for piece in content.chunks(1 << 20) {
            assert_eq!(file.write_at(offset, piece).unwrap(), piece.len());
            offset += piece.len() as u64;
        }
        assert_eq!(files.length(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        file.sync().unwrap();
        assert_eq!(files.length(&path).unwrap(), length as u64);
        assert!(files.read(&path).unwrap() == content);
        for (start, count) in [(0, length), (length / 2, length / 3), (length, 0)] {
            let read = files.read_at(&path, start as u64, count).unwrap();
            assert!(read == content[start..start + count], "{count} from {start}");
        }
        assert!(files.read_at(&path, 1, length.max(1)).is_err());
        // It is written once.
        let mut again = files.create(&path).unwrap();
        let wrote = again.write_at(0, &vec![9; length + 1]).and_then(|_| again.sync());
        assert_eq!(wrote.unwrap_err().kind(), io::ErrorKind::AlreadyExists, "{length}");
        assert!(files.read(&path).unwrap() == content);
    }
    let mut names = files.list(&folder().join("snapshots")).unwrap();
    assert_eq!(names.len(), 5);
    while let Some(name) = names.pop() {
        files.remove(&folder().join("snapshots").join(name)).unwrap();
        assert_eq!(files.list(&folder().join("snapshots")).unwrap().len(), names.len());
    }
    drop(_held);
    assert_eq!(objects(&store).len(), 0);
}

#[test]
fn a_file_that_is_not_whole_is_in_nobodys_way() {
    let store = Arc::new(InMemory::new());
    let files = files_in(&Way::to(&store), SHORT);
    let _held = files.lock(&folder().join("lock"), true).unwrap();
    let (unfinished, whole) = (folder().join("FORMAT.tmp"), folder().join("FORMAT"));
    let mut file = files.create(&unfinished).unwrap();
    file.write_at(4, b"t").unwrap();
    file.write_at(0, b"firs").unwrap();
    assert_eq!(objects(&store).len(), 1, "the lock");
    file.sync().unwrap();
    assert_eq!(files.read(&whole).unwrap_err().kind(), io::ErrorKind::NotFound);
    files.rename(&unfinished, &whole).unwrap();
    assert_eq!(files.read(&whole).unwrap(), b"first");
    assert_eq!(files.read(&unfinished).unwrap_err().kind(), io::ErrorKind::NotFound);
    assert_eq!(objects(&store)["data/FORMAT"], b"first");
}
