//! What lies on disk, held against a second reading of the format: own checksums, own layout.

#![allow(clippy::unwrap_used)]

mod support;

use support::{Disk, folder};
use write_ahead_log::{Fault, OpenError, Options, verify_with};

/// CRC-32 as ISO-HDLC has it, bit by bit.
fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    (!crc).to_le_bytes()
}

fn frame_header(id: u64, length: u32, sequence: u64, synced: u64, payload: &[u8]) -> Vec<u8> {
    let mut header = vec![0xf5, 0x9e, 0xc3, 0x97];
    header.extend(length.to_le_bytes());
    header.extend(sequence.to_le_bytes());
    header.extend(synced.to_le_bytes());
    header.extend(crc(&[&id.to_le_bytes(), payload].concat()));
    header.extend(crc(&[&id.to_le_bytes()[..], &header].concat()));
    header
}

fn segment_header(id: u64, first: u64, follows: u64) -> Vec<u8> {
    let mut header = b"\xf5LP-WAL\n\x01\0\0\0".to_vec();
    header.extend(id.to_le_bytes());
    header.extend(first.to_le_bytes());
    header.extend(follows.to_le_bytes());
    header.extend(crc(&header));
    header
}

/// The id that the `FORMAT` file says.
fn id(disk: &Disk) -> u64 {
    let text = String::from_utf8(disk.files()[&folder().join("FORMAT")].clone()).unwrap();
    let line = text.lines().nth(1).unwrap();
    u64::from_str_radix(line.strip_prefix("id ").unwrap(), 16).unwrap()
}

fn segment(first: u64) -> std::path::PathBuf {
    folder().join(format!("log/{first:020}.wal"))
}

#[test]
fn the_checksum_is_the_well_known_one() {
    assert_eq!(crc(b"123456789"), 0xcbf4_3926_u32.to_le_bytes());
}

#[test]
fn the_files_are_as_documented() {
    let disk = Disk::new(1);
    let options = Options { segment_bytes: 40 + 2 * 37, ..Options::default() };
    let (log, ..) = disk.open_log(options).unwrap();
    for payload in [b"first", b"secon", b"third"] {
        log.wait(log.append(&[payload]).unwrap()).unwrap();
    }
    drop(log);
    let id = id(&disk);
    let files = disk.files();
    let format = format!("lineproof write-ahead log, format 1\nid {id:016x}\n");
    let sum = u32::from_le_bytes(crc(format.as_bytes()));
    let format = format!("{format}checksum {sum:08x}\n");
    assert_eq!(files[&folder().join("FORMAT")], format.as_bytes());
    let first = [
        segment_header(id, 1, 0),
        frame_header(id, 5, 1, 0, b"first"),
        b"first".to_vec(),
        frame_header(id, 5, 2, 1, b"secon"),
        b"secon".to_vec(),
    ];
    assert_eq!(files[&segment(1)], first.concat());
    let second = [
        segment_header(id, 3, 2),
        frame_header(id, 5, 3, 2, b"third"),
        b"third".to_vec(),
        frame_header(id, 0, 0, 3, b""),
    ];
    assert_eq!(files[&segment(3)], second.concat());
    assert_eq!(files.len(), 3);
}

/// The most memory that this process ever asked the system for, in kB.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn an_enormous_length_is_not_allocated() {
    let disk = Disk::new(1);
    let (log, ..) = disk.open_log(Options::default()).unwrap();
    log.wait(log.append(&[b"good"]).unwrap()).unwrap();
    drop(log);
    let id = id(&disk);
    // Up to the mark that closed the log.
    let good = disk.files()[&segment(1)][..40 + 32 + 4].to_vec();
    // With a checksum that is right, and with one that is not.
    for enormous in [
        frame_header(id, u32::MAX, 2, 0, b""),
        frame_header(id ^ 1, u32::MAX, 2, 1, b""),
        frame_header(id, u32::MAX, u64::MAX, 1, b""),
    ] {
        let mut files = disk.files();
        files.insert(segment(1), [&good[..], &enormous, b"some"].concat());
        let before = peak();
        let (_, recovery, entries) = Disk::with(&files).open_log(Options::default()).unwrap();
        assert_eq!((entries.len(), recovery.torn.unwrap().bytes), (1, 36));
        let report = verify_with(std::sync::Arc::new(Disk::with(&files)), folder()).unwrap();
        assert_eq!(report.torn.unwrap().bytes, 36);
        assert!(peak() - before < 1 << 20, "{} kB more than before", peak() - before);
    }
}

#[test]
fn numbers_at_their_end_are_damage() {
    let disk = Disk::new(1);
    drop(disk.open_log(Options::default()).unwrap());
    let id = id(&disk);
    // An entry that is far too far, and segments that claim to begin there.
    let far = [segment_header(id, 1, 0), frame_header(id, 0, u64::MAX >> 1, 0, b"")].concat();
    let headers = [(1, 1), (1, u64::MAX), (u64::MAX, u64::MAX), (0, 0)];
    let contents = headers.map(|(first, follows)| segment_header(id, first, follows));
    for content in contents.into_iter().chain([far]) {
        let mut files = disk.files();
        files.insert(segment(1), content);
        let error = Disk::with(&files).open_log(Options::default()).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
        let disk = Disk::with(&files);
        let report = verify_with(std::sync::Arc::new(disk.clone()), folder()).unwrap();
        assert_eq!(report.damage.len(), 1);
        assert_ne!(report.damage[0].what, Fault::Format);
    }
}
