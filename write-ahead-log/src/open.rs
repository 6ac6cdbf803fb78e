//! Reading a log when it is opened: every entry once and in order, a torn tail cut off, anything
//! else that is wrong refused.

use crate::error::OpenError;
use crate::fault::Fault;
use crate::files::{File, write_all};
use crate::folder::{Folder, Format, io_error};
use crate::frame;
use crate::segment::{self, Header, Piece, Pieces};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;

/// What was found when a log was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovery {
    /// How many entries were handed to `replay`.
    pub entries: u64,
    /// How many segments there are.
    pub segments: usize,
    /// The bytes of all segments.
    pub bytes: u64,
    /// The first entry that is there, or the next that will be if there is none.
    pub first_sequence: u64,
    /// The last entry before the first segment, as that says. It is the one before the first entry, unless
    /// a repair could not keep those between them.
    pub follows: u64,
    /// What the next entry will have. If it is not behind all that the caller has stored
    /// elsewhere, the end of the log is lost.
    pub next_sequence: u64,
    /// How many entries are missing since an earlier repair could not keep them.
    pub lost: u64,
    /// What was cut off.
    pub torn: Option<Torn>,
}

/// The rest of a write that a crash cut off; it was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// The segment.
    pub file: PathBuf,
    /// Where in the file it began, in bytes.
    pub offset: u64,
    /// How many bytes were cut off.
    pub bytes: u64,
}

/// A segment that is in the folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    /// The sequence of its first entry.
    pub(crate) first: u64,
    /// The length of its file, in bytes.
    pub(crate) bytes: u64,
}

/// All that is needed to go on writing.
pub(crate) struct Recovered {
    pub(crate) id: u64,
    pub(crate) segments: Vec<Segment>,
    pub(crate) file: Box<dyn File>,
    pub(crate) next: u64,
}

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Reads the log, which is locked; makes it if there is none.
pub(crate) fn recover(
    folder: &Folder,
    mut replay: impl FnMut(u64, &[u8]) -> Result<(), Source>,
) -> Result<(Recovered, Recovery), OpenError> {
    let id = match folder.format()? {
        Format::Id(id) => id,
        Format::Bad => return Err(folder.damaged(folder.format_file(), 0, Fault::Format)),
        Format::Missing => make(folder)?,
    };
    let firsts = folder.segments()?;
    let mut segments = Vec::with_capacity(firsts.len());
    let mut recovery = Recovery::default();
    let mut next = None;
    let mut last = None;
    for (index, &first) in firsts.iter().enumerate() {
        let path = folder.segment(first);
        let bytes = folder.read(&path)?;
        let header = check_header(folder, id, first, next, &bytes)?;
        recovery.lost += first - next.unwrap_or(header.follows + 1);
        if index == 0 {
            (recovery.first_sequence, recovery.follows) = (first, header.follows);
        }
        let mut expected = first;
        let mut end = segment::HEADER;
        let mut synced = header.first - 1;
        for piece in Pieces::new(&bytes, id, first) {
            match piece {
                Piece::Entry { offset, frame } => {
                    replay(expected, frame.payload)
                        .map_err(|source| OpenError::Replay { sequence: expected, source })?;
                    recovery.entries += 1;
                    expected += 1;
                    end = offset + frame.bytes();
                    synced = synced.max(frame.header.synced);
                }
                Piece::Bad { offset, fault, .. } => {
                    let is_last = index + 1 == firsts.len();
                    if !is_last || !segment::is_torn(&bytes, id, offset, expected) {
                        return Err(folder.damaged(path, offset, fault));
                    }
                    let (offset, torn) = (offset as u64, (bytes.len() - offset) as u64);
                    recovery.torn = Some(Torn { file: path.clone(), offset, bytes: torn });
                    break;
                }
            }
        }
        segments.push(Segment { first, bytes: end as u64 });
        next = Some(expected);
        last = Some((path, bytes, end, synced));
    }
    let (Some(next), Some((path, bytes, end, synced))) = (next, last) else {
        return Err(folder.damaged(folder.log(), 0, Fault::NoSegment));
    };
    folder.remove_unfinished()?;
    let bytes = &bytes[..end];
    let tail = &bytes[end_of(bytes, id, synced)..];
    let file = settle(folder, path, end, tail, recovery.torn.as_ref())?;
    recovery.segments = segments.len();
    recovery.bytes = segments.iter().map(|segment| segment.bytes).sum();
    recovery.next_sequence = next;
    Ok((Recovered { id, segments, file, next }, recovery))
}

/// Makes an empty log. `FORMAT` comes last: without it, nothing can have been written yet.
fn make(folder: &Folder) -> Result<u64, OpenError> {
    let log = folder.log();
    folder.files.make_folder(&log).map_err(io_error("make", &log))?;
    let first = folder.segment(1);
    if !folder.is_blank(&folder.segments()?)? {
        return Err(folder.damaged(folder.format_file(), 0, Fault::Format));
    }
    // A random number, which the standard library has no other way to give.
    let id = RandomState::new().build_hasher().finish();
    folder
        .write_unfinished(&first, &[&Header { id, first: 1, follows: 0 }.bytes()])
        .and_then(|()| folder.finish(&first))
        .and_then(|()| folder.files.sync_folder(&log))
        .map_err(io_error("write", &first))?;
    folder.write_format(id)?;
    Ok(id)
}

/// Checks that the segment of this name is of this log and goes on where the one before ended.
fn check_header(
    folder: &Folder,
    id: u64,
    first: u64,
    next: Option<u64>,
    bytes: &[u8],
) -> Result<Header, OpenError> {
    header_fault(id, first, next, Header::read(bytes))
        .map_err(|fault| folder.damaged(folder.segment(first), 0, fault))
}

/// The header, if it is that of the segment of this name in the log, behind an entry of sequence
/// `next - 1`.
pub(crate) fn header_fault(
    id: u64,
    first: u64,
    next: Option<u64>,
    header: Option<Header>,
) -> Result<Header, Fault> {
    let header = header.ok_or(Fault::SegmentHeader)?;
    if header.id != id {
        return Err(Fault::OtherLog);
    }
    if header.first != first {
        return Err(Fault::Misnamed { first: header.first });
    }
    match next {
        Some(next) if header.follows >= next => {
            Err(Fault::Missing { first: next, last: header.follows })
        }
        Some(next) if header.follows + 1 < next => {
            Err(Fault::Repeated { sequence: header.follows + 1, expected: next })
        }
        _ => Ok(header),
    }
}

/// Where the frames end that are known to be synced.
fn end_of(segment: &[u8], id: u64, synced: u64) -> usize {
    let mut end = segment::HEADER;
    while let Some(header) = segment.get(end..).and_then(|rest| frame::header(rest, id)) {
        if header.sequence > synced {
            break;
        }
        end += frame::HEADER + header.length as usize;
    }
    end
}

/// Cuts off what is torn and makes sure that what was read is on disk.
///
/// The `tail` is what may not be: a process that was killed, or whose sync failed, can leave bytes
/// that are in the system's cache only, and after a failed sync the next one may not write them.
/// So they are written again, as they are, and the length with them.
fn settle(
    folder: &Folder,
    path: PathBuf,
    end: usize,
    tail: &[u8],
    torn: Option<&Torn>,
) -> Result<Box<dyn File>, OpenError> {
    let mut file = folder.files.open(&path).map_err(io_error("open", &path))?;
    if let Some(torn) = torn {
        tracing::warn!(
            file = %path.display(), offset = torn.offset, bytes = torn.bytes,
            "cut off the end of a write that was never finished"
        );
    }
    file.set_len(end as u64).map_err(io_error("cut", &path))?;
    write_all(&mut *file, (end - tail.len()) as u64, tail).map_err(io_error("write", &path))?;
    file.sync().map_err(io_error("sync", &path))?;
    for names in [folder.log(), folder.path.clone()] {
        folder.files.sync_folder(&names).map_err(io_error("sync", &names))?;
    }
    Ok(file)
}
