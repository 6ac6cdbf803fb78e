//! Every bit of a small log is changed, its end is cut everywhere, files go missing: each is told,
//! none is taken for other entries, and a repair keeps all that was not hit.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use support::{Disk, Entries, Fault as Failing, Keeps, Plan, folder};
use write_ahead_log::{Fault, OpenError, Options, Report, repair_with, verify_with};

type FilesOf = BTreeMap<PathBuf, Vec<u8>>;

const SEGMENT_HEADER: usize = 40;
const FRAME_HEADER: usize = 32;

fn options() -> Options {
    Options { segment_bytes: 200, ..Options::default() }
}

fn payload(sequence: u64) -> Vec<u8> {
    vec![b'a' + sequence as u8; 3 + sequence as usize % 5]
}

/// Entries 5 to 15 in three segments, the last two of one write; the log was not closed.
fn small_log() -> (FilesOf, Entries) {
    let (mut files, entries) = closed_log();
    cut_mark(&mut files);
    (files, entries)
}

/// Takes from a log the mark that closed it.
fn cut_mark(files: &mut FilesOf) {
    let bytes = files.get_mut(segments(files).last().unwrap()).unwrap();
    bytes.truncate(bytes.len() - FRAME_HEADER);
}

/// The same log, closed.
fn closed_log() -> (FilesOf, Entries) {
    let disk = Disk::new(1);
    let (log, ..) = disk.open_log(options()).unwrap();
    for sequence in 1..=12 {
        log.wait(log.append(&[&payload(sequence)]).unwrap()).unwrap();
    }
    log.forget_before(5).unwrap();
    disk.shut_gate();
    log.append(&[&payload(13)]).unwrap();
    disk.await_gate();
    (14..=15).for_each(|sequence| assert_eq!(log.append(&[&payload(sequence)]), Ok(sequence)));
    disk.open_gate();
    drop(log);
    let files = disk.files();
    (files, disk.open_log(options()).unwrap().2)
}

fn segments(files: &FilesOf) -> Vec<PathBuf> {
    files.keys().filter(|path| path.extension().is_some()).cloned().collect()
}

/// Where in the files the frames are, found by their lengths alone.
fn frames(files: &FilesOf) -> Vec<(u64, PathBuf, Range<usize>)> {
    let mut frames = Vec::new();
    for path in segments(files) {
        let bytes = &files[&path];
        let mut at = SEGMENT_HEADER;
        while at < bytes.len() {
            let length = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap());
            let sequence = u64::from_le_bytes(bytes[at + 8..at + 16].try_into().unwrap());
            let end = at + FRAME_HEADER + length as usize;
            frames.push((sequence, path.clone(), at..end));
            at = end;
        }
    }
    frames
}

fn verify(files: &FilesOf) -> Result<Report, OpenError> {
    verify_with(Arc::new(Disk::with(files)), folder())
}

/// Repairs and opens; the entries that are left, and the files that were copied aside.
fn repair(files: &FilesOf) -> (Entries, Report, FilesOf) {
    let disk = Disk::with(files);
    let report = repair_with(Arc::new(disk.clone()), folder()).unwrap();
    let again = verify_with(Arc::new(disk.clone()), folder()).unwrap();
    assert_eq!((&again.damage, &again.torn), (&vec![], &None), "after the repair");
    assert_eq!(again.entries, report.entries, "what verify calls good is kept");
    assert_eq!(again.lost, report.lost + lost(&report), "what was lost stays known");
    assert_eq!(again.follows, report.follows, "and what there was before");
    let (log, recovery, entries) = disk.open_log(options()).unwrap();
    assert_eq!(recovery.torn, None);
    assert_eq!((recovery.lost, recovery.follows), (again.lost, again.follows));
    // It can be written again, and no sequence comes twice, not even that of a lost entry.
    assert_eq!(log.append(&[b"after"]), Ok(report.next_sequence));
    assert!(entries.last().is_none_or(|(last, _)| *last < report.next_sequence));
    drop(log);
    assert_eq!(disk.open_log(options()).unwrap().2.len(), entries.len() + 1);
    (entries, report, disk.files())
}

fn lost(report: &Report) -> u64 {
    report.damage.iter().filter_map(|damage| damage.entries_lost).sum()
}

/// What must be there behind a change that hit only the entry of this sequence, if any.
fn without(entries: &Entries, sequence: Option<u64>) -> Entries {
    entries.iter().filter(|(other, _)| Some(*other) != sequence).cloned().collect()
}

#[test]
fn the_small_log_is_as_the_tests_need_it() {
    let (files, entries) = small_log();
    let sequences: Vec<u64> = entries.iter().map(|(sequence, _)| *sequence).collect();
    assert_eq!(sequences, [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    assert_eq!(segments(&files).len(), 3);
    let report = verify(&files).unwrap();
    assert_eq!((report.entries, report.first_sequence, report.next_sequence), (11, 5, 16));
    assert_eq!((report.damage, report.torn), (vec![], None));
    // A repair of what is good changes nothing.
    let disk = Disk::with(&files);
    repair_with(Arc::new(disk.clone()), folder()).unwrap();
    assert_eq!(disk.files(), files);
}

#[test]
fn how_many_entries_are_lost_is_told_where_something_says_it() {
    let (files, entries) = closed_log();
    let told = |change: &dyn Fn(&mut FilesOf)| {
        let mut changed = files.clone();
        change(&mut changed);
        let damage = verify(&changed).unwrap().damage;
        assert_eq!(damage.len(), 1, "{damage:#?}");
        damage[0].entries_lost
    };
    let frames = frames(&files);
    let (mark, frames) = frames.split_last().unwrap();
    assert_eq!((frames.len(), mark.2.len()), (entries.len(), FRAME_HEADER));
    for (sequence, path, at) in frames {
        for place in [at.start, at.end - 1] {
            let told = told(&|files| files.get_mut(path).unwrap()[place] ^= 1);
            assert_eq!(told, Some(1), "{sequence}, byte {place}");
        }
    }
    let format = folder().join("FORMAT");
    assert_eq!(told(&|files| files.get_mut(&format).unwrap()[0] ^= 1), Some(0));
    assert_eq!(told(&|files| files.retain(|path, _| path.extension().is_none())), None);
}

#[test]
fn every_changed_bit_is_told() {
    let (files, entries) = small_log();
    all_bits(&files, &entries);
}

#[test]
fn every_changed_bit_of_a_closed_log_is_told_and_all_entries_are_known_to_be_synced() {
    let (files, entries) = closed_log();
    all_bits(&files, &entries);
}

/// Changes every bit; only in the last frame, if nothing behind it proves that it was synced, this
/// may look like a torn tail.
fn all_bits(files: &FilesOf, entries: &Entries) {
    let frames = frames(files);
    let last = frames.last().unwrap();
    // A closing mark lies where a frame would, with sequence 0.
    let hit_entry = |sequence: u64| Some(sequence).filter(|sequence| *sequence > 0);
    for (path, bytes) in files {
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = files.clone();
                changed.get_mut(path).unwrap()[at] ^= 1 << bit;
                let told = format!("{} byte {at} bit {bit}", path.display());
                let hit =
                    frames.iter().find(|(_, file, place)| file == path && place.contains(&at));
                let is_last = hit == Some(last);
                match Disk::with(&changed).open_log(options()) {
                    Ok((_, recovery, left)) => {
                        assert!(is_last && recovery.torn.is_some(), "{told}: opened");
                        assert_eq!(left, without(entries, hit_entry(last.0)), "{told}");
                    }
                    Err(OpenError::Damaged { file, offset, .. }) => {
                        assert_eq!(&file, path, "{told}");
                        let start = hit.map_or(0, |(.., place)| place.start as u64);
                        assert_eq!(offset, start, "{told}");
                    }
                    // Of the version's digits some are larger.
                    Err(OpenError::NewerFormat { .. }) if path.ends_with("FORMAT") => continue,
                    Err(error) => panic!("{told}: {error}"),
                }
                let report = verify(&changed).unwrap();
                assert_eq!(report.torn.is_some(), is_last, "{told}");
                assert_eq!(report.damage.is_empty(), is_last, "{told}");
                let hit = hit.and_then(|(sequence, ..)| hit_entry(*sequence));
                assert_eq!(lost(&report), u64::from(hit.is_some() && !is_last), "{told}");
                let (kept, report, after) = repair(&changed);
                assert_eq!(kept, without(entries, hit), "{told}");
                assert_eq!(report.copies.len(), 1, "{told}");
                let copy = &after[&report.copies[0]];
                assert!(changed[path].windows(copy.len()).any(|stretch| stretch == copy));
                assert!(hit.is_none() || copy.len() >= FRAME_HEADER, "{told}");
            }
        }
    }
}

#[test]
fn a_last_frame_that_is_cut_anywhere_is_a_torn_tail() {
    let (files, entries) = small_log();
    let (_, path, place) = frames(&files).pop().unwrap();
    for end in place.clone() {
        for zeros in [0, 1, 100, 5000] {
            let mut changed = files.clone();
            let bytes = changed.get_mut(&path).unwrap();
            bytes.truncate(end);
            bytes.resize(end + zeros, 0);
            let torn = end + zeros - place.start;
            let disk = Disk::with(&changed);
            let (log, recovery, left) = disk.open_log(options()).unwrap();
            assert_eq!(left, without(&entries, Some(15)), "cut at {end}");
            let found = recovery.torn.map(|torn| (torn.file, torn.offset, torn.bytes));
            let expected = (path.clone(), place.start as u64, torn as u64);
            assert_eq!(found, (torn > 0).then_some(expected));
            // The place is free for another.
            assert_eq!(log.append(&[b"another"]), Ok(15));
            drop(log);
            let (_, recovery, left) = disk.open_log(options()).unwrap();
            assert_eq!(recovery.torn, None);
            assert_eq!(left.last(), Some(&(15, b"another".to_vec())));
        }
    }
}

#[test]
fn a_cut_that_took_what_was_synced_is_damage_where_a_later_frame_says_so() {
    let (files, _) = small_log();
    let frames = frames(&files);
    let place = |wanted: u64| {
        let (_, path, place) = frames.iter().find(|(sequence, ..)| *sequence == wanted).unwrap();
        (path, place.clone())
    };
    // Entry 13 was synced when 14 was written. Of 14 the header is left, and it says so.
    let ((path, hole), (_, next)) = (place(13), place(14));
    let mut changed = files.clone();
    let bytes = changed.get_mut(path).unwrap();
    bytes[hole.clone()].fill(0);
    bytes.truncate(next.start + FRAME_HEADER + 1);
    let what = Fault::NoFrame { sequence: 13 };
    assert_eq!(damage(&changed).2, what);
    // Nor is a hole of whole sectors an excuse.
    let bytes = changed.get_mut(path).unwrap();
    let holes = vec![0; 2048];
    bytes.splice(hole.clone(), holes);
    assert_eq!(damage(&changed).2, what);
    // Without that header nothing tells.
    let bytes = changed.get_mut(path).unwrap();
    bytes.truncate(hole.start + 2048 + FRAME_HEADER - 1);
    let (_, recovery, _) = Disk::with(&changed).open_log(options()).unwrap();
    assert_eq!(recovery.torn.unwrap().offset, hole.start as u64);
}

#[test]
fn unwritten_sectors_of_the_last_write_are_a_torn_tail() {
    let disk = Disk::new(1);
    let (log, ..) = disk.open_log(Options::default()).unwrap();
    disk.shut_gate();
    log.append(&[b"synced"]).unwrap();
    disk.await_gate();
    log.append(&[&[b'x'; 2000]]).unwrap();
    log.append(&[b"behind"]).unwrap();
    disk.open_gate();
    drop(log);
    let mut files = disk.files();
    cut_mark(&mut files);
    let (path, long) = (segments(&files)[0].clone(), frames(&files)[1].2.clone());
    // All sectors but one were written.
    let mut changed = files.clone();
    changed.get_mut(&path).unwrap()[1024..1536].fill(0);
    let (_, recovery, left) = Disk::with(&changed).open_log(Options::default()).unwrap();
    assert_eq!(left, [(1, b"synced".to_vec())]);
    assert_eq!(recovery.torn.unwrap().offset, long.start as u64);
    // Other zeros are none that a crash leaves.
    for zeros in [1025..1537, 1024..1535, 1000..1100] {
        let mut changed = files.clone();
        changed.get_mut(&path).unwrap()[zeros].fill(0);
        let error = Disk::with(&changed).open_log(Options::default()).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { what: Fault::Payload { sequence: 2 }, .. }));
    }
}

/// The bytes of a segment's frames.
fn bytes_of(files: &FilesOf, path: &Path) -> u64 {
    (files[path].len() - SEGMENT_HEADER) as u64
}

/// What opening says of these files.
fn damage(files: &FilesOf) -> (String, u64, Fault) {
    match Disk::with(files).open_log(options()) {
        Err(OpenError::Damaged { file, offset, what, .. }) => {
            (file.file_name().unwrap().to_str().unwrap().to_owned(), offset, what)
        }
        other => panic!("{:?}", other.map(|(_, recovery, _)| recovery)),
    }
}

#[test]
fn what_is_missing_or_there_twice_is_told() {
    let (files, entries) = small_log();
    let paths = segments(&files);
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let first_in = |path: &Path| name(path)[..20].parse::<u64>().unwrap();
    let (second, third) = (first_in(&paths[1]), first_in(&paths[2]));

    let mut gone = files.clone();
    gone.remove(&paths[1]);
    let what = Fault::Missing { first: second, last: third - 1 };
    assert_eq!(damage(&gone), (name(&paths[2]), 0, what));
    assert_eq!(lost(&verify(&gone).unwrap()), third - second);
    let kept: Entries =
        entries.iter().filter(|(n, _)| !(second..third).contains(n)).cloned().collect();
    assert_eq!(repair(&gone).0, kept);

    let mut gone = files.clone();
    gone.remove(&folder().join("FORMAT"));
    assert_eq!(damage(&gone), ("FORMAT".to_owned(), 0, Fault::Format));
    assert_eq!(repair(&gone).0, entries);

    let mut gone = files.clone();
    paths.iter().for_each(|path| drop(gone.remove(path)));
    assert_eq!(damage(&gone), ("log".to_owned(), 0, Fault::NoSegment));
    assert_eq!(repair(&gone).0, []);

    // The last frame once more.
    let (_, _, place) = frames(&files).pop().unwrap();
    let mut twice = files.clone();
    let bytes = twice.get_mut(&paths[2]).unwrap();
    bytes.extend_from_within(place.clone());
    let what = Fault::Repeated { sequence: 15, expected: 16 };
    assert_eq!(damage(&twice), (name(&paths[2]), place.end as u64, what));
    assert_eq!(repair(&twice).0, entries);

    // All of its segment once more is one stretch.
    let mut twice = files.clone();
    let bytes = twice.get_mut(&paths[2]).unwrap();
    bytes.extend_from_within(SEGMENT_HEADER..);
    let report = verify(&twice).unwrap();
    assert_eq!((report.damage.len(), report.damage[0].bytes), (1, bytes_of(&files, &paths[2])));
    assert_eq!(repair(&twice).0, entries);

    // Anything behind the mark that closed the log.
    let (closed, entries) = closed_log();
    for more in [vec![0], vec![b'x'; 600], files[&paths[2]][SEGMENT_HEADER..].to_vec()] {
        let mut longer = closed.clone();
        longer.get_mut(&paths[2]).unwrap().extend(more);
        let end = closed[&paths[2]].len() - FRAME_HEADER;
        assert_eq!(damage(&longer), (name(&paths[2]), end as u64, Fault::BehindMark));
        assert_eq!(repair(&longer).0, entries);
    }

    // A frame cut out, so that the next one lies in its place.
    let (sequence, path, place) = frames(&files)[1].clone();
    let mut shifted = files.clone();
    shifted.get_mut(&path).unwrap().drain(place.clone());
    let report = verify(&shifted).unwrap();
    assert_eq!(lost(&report), 1);
    assert_eq!(repair(&shifted).0, without(&entries, Some(sequence)));

    // A byte put in.
    let mut shifted = files.clone();
    shifted.get_mut(&path).unwrap().insert(place.start + 10, 0);
    let what = Fault::NoFrame { sequence };
    assert_eq!(damage(&shifted), (name(&path), place.start as u64, what));
    assert_eq!(repair(&shifted).0, without(&entries, Some(sequence)));
}

#[test]
fn segments_of_another_log_or_under_another_name_are_told() {
    let (files, entries) = small_log();
    let (others, _) = small_log();
    let paths = segments(&files);
    let mut mixed = files.clone();
    mixed.insert(paths[1].clone(), others[&paths[1]].clone());
    assert_eq!(damage(&mixed).2, Fault::OtherLog);
    let kept = repair(&mixed).0;
    let in_second: Vec<u64> = frames(&files)
        .into_iter()
        .filter(|(_, path, _)| *path == paths[1])
        .map(|(sequence, ..)| sequence)
        .collect();
    let expected: Entries =
        entries.iter().filter(|(sequence, _)| !in_second.contains(sequence)).cloned().collect();
    assert_eq!(kept, expected);

    let mut renamed = files.clone();
    let last = renamed.remove(&paths[2]).unwrap();
    renamed.insert(folder().join("log/00000000000000000099.wal"), last);
    assert!(matches!(damage(&renamed).2, Fault::Misnamed { .. }));
    assert_eq!(repair(&renamed).0, entries);

    // The FORMAT of another log: the segments agree against it.
    let format = folder().join("FORMAT");
    let mut other = files.clone();
    other.insert(format.clone(), others[&format].clone());
    assert_eq!(damage(&other).2, Fault::OtherLog);
    let (left, report, after) = repair(&other);
    assert_eq!(left, entries);
    assert_eq!(after[&report.copies[0]], others[&format]);
}

#[test]
fn the_text_says_what_to_do() {
    let (mut files, _) = small_log();
    let path = segments(&files)[0].clone();
    files.get_mut(&path).unwrap()[SEGMENT_HEADER + FRAME_HEADER] ^= 1;
    let error = Disk::with(&files).open_log(options()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{} is damaged at byte 40: the bytes of entry 5 were changed; see what is lost with \
             `lineproof data verify /data`, then keep the rest with `lineproof data repair /data`",
            path.display()
        )
    );
}

#[test]
fn what_a_repair_copied_aside_is_never_written_over() {
    let (mut files, entries) = small_log();
    let path = segments(&files)[0].clone();
    let mut copies = Vec::new();
    for byte in [3, 4, 5] {
        files.get_mut(&path).unwrap()[byte] ^= 1;
        let disk = Disk::with(&files);
        let report = repair_with(Arc::new(disk.clone()), folder()).unwrap();
        copies.push((report.copies[0].clone(), files[&path][..SEGMENT_HEADER].to_vec()));
        files = disk.files();
        assert_eq!(disk.open_log(options()).unwrap().2, entries);
    }
    for (copy, bytes) in copies {
        assert_eq!(files[&copy], bytes);
    }
}

#[test]
fn a_repair_that_is_interrupted_anywhere_can_be_begun_again() {
    let (files, entries) = small_log();
    let places = frames(&files);
    let paths = segments(&files);
    let change = |path: &Path, at: usize| {
        let mut changed = files.clone();
        changed.get_mut(path).unwrap()[at] ^= 1;
        changed
    };
    let mut renamed = files.clone();
    let last = renamed.remove(&paths[2]).unwrap();
    renamed.insert(folder().join("log/00000000000000000099.wal"), last);
    let mut cases = vec![(renamed, None), (change(&paths[1], 3), None)];
    for (sequence, path, place) in [&places[1], &places[6], &places[9]] {
        cases.push((change(path, place.start), Some(*sequence)));
    }
    cases.push((change(&folder().join("FORMAT"), 40), None));
    for (n, (damaged, hit)) in cases.iter().enumerate() {
        for fault in [Failing::Power, Failing::Full, Failing::Io, Failing::Sync] {
            for keeps in [Keeps::Front, Keeps::Sectors] {
                for call in 1.. {
                    let disk = Disk::with(damaged);
                    disk.settle();
                    disk.plan(Plan { call, fault, forever: true });
                    let first = repair_with(Arc::new(disk.clone()), folder());
                    let fired = disk.mend();
                    assert_eq!(first.is_err(), fired);
                    disk.lose_power(keeps);
                    repair_with(Arc::new(disk.clone()), folder()).unwrap();
                    let (_, _, left) = disk.open_log(options()).unwrap();
                    let told = format!("case {n}, {fault:?} at {call}, {keeps:?}");
                    assert_eq!(left, without(&entries, *hit), "{told}");
                    if !fired {
                        assert!(call > 10, "{told}");
                        break;
                    }
                }
            }
        }
    }
}
