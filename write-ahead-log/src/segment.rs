//! A segment: a header of [`HEADER`] bytes, then frames whose sequences follow one another.
//!
//! | bytes of the header | hold (little endian) |
//! |---|---|
//! | 0..8 | [`MAGIC`] |
//! | 8..12 | version of the format |
//! | 12..20 | the log's id |
//! | 20..28 | sequence of the first entry |
//! | 28..36 | sequence of the last entry of the segment before; a repair may leave a gap |
//! | 36..40 | checksum of the 36 bytes before |
//!
//! A segment gets its name only when its header is synced, so a named segment without a whole
//! header is never what a crash left.

use crate::fault::Fault;
use crate::frame::{self, Frame, LAST_SEQUENCE, u32_at, u64_at};

/// The length of a segment's header, in bytes.
pub(crate) const HEADER: usize = 40;
/// What a segment begins with.
const MAGIC: [u8; 8] = *b"\xf5LP-WAL\n";
/// What a disk writes as a whole; a crash leaves whole ones of these unwritten.
const SECTOR: usize = 512;

/// What the header of a segment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The log to which the segment belongs.
    pub(crate) id: u64,
    /// The sequence of the first entry.
    pub(crate) first: u64,
    /// The sequence of the last entry in the segment before.
    pub(crate) follows: u64,
}

impl Header {
    /// The header as it is written.
    pub(crate) fn bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&crate::FORMAT_VERSION.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.id.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.first.to_le_bytes());
        bytes[28..36].copy_from_slice(&self.follows.to_le_bytes());
        let sum = crc32fast::hash(&bytes[..36]);
        bytes[36..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// The header at the front of a segment, if it is whole.
    pub(crate) fn read(segment: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEADER] = segment.first_chunk()?;
        let good = bytes[..8] == MAGIC
            && u32_at(bytes, 8) == crate::FORMAT_VERSION
            && crc32fast::hash(&bytes[..36]) == u32_at(bytes, 36);
        let (first, follows) = (u64_at(bytes, 20), u64_at(bytes, 28));
        (good && follows < first && first <= LAST_SEQUENCE).then(|| Self {
            id: u64_at(bytes, 12),
            first,
            follows,
        })
    }
}

/// The name of the segment that begins with this entry.
pub(crate) fn name(first: u64) -> String {
    format!("{first:020}.wal")
}

/// The first entry of a segment by its name; nothing if it is not the name of a segment.
pub(crate) fn first_by_name(name: &str) -> Option<u64> {
    let number = name.strip_suffix(".wal")?;
    if number.len() != 20 || !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    number.parse().ok().filter(|first| (1..=LAST_SEQUENCE).contains(first))
}

/// A stretch of a segment.
#[derive(Debug)]
pub(crate) enum Piece<'a> {
    /// The entry that had to come here.
    Entry { offset: usize, frame: Frame<'a> },
    /// Something else; `bytes` is 0 if nothing lies here but entries are missing.
    Bad { offset: usize, bytes: usize, fault: Fault },
}

/// What lies in a segment behind its header.
pub(crate) struct Pieces<'a> {
    bytes: &'a [u8],
    id: u64,
    offset: usize,
    expected: u64,
}

impl<'a> Pieces<'a> {
    /// Begins behind the header, where an entry of sequence `first` is expected.
    pub(crate) fn new(bytes: &'a [u8], id: u64, first: u64) -> Self {
        Self { bytes, id, offset: HEADER.min(bytes.len()), expected: first }
    }

    /// The next valid frame from an offset on that an expected entry could be.
    fn next_frame(&self, from: usize) -> Option<usize> {
        let rest = self.bytes.get(from..)?;
        frame::markers(rest).map(|at| from + at).find(|&at| {
            frame::frame(&self.bytes[at..], self.id)
                .is_some_and(|frame| frame.header.sequence >= self.expected)
        })
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let offset = self.offset;
        let rest = self.bytes.get(offset..).filter(|rest| !rest.is_empty())?;
        let expected = self.expected;
        let fault = match frame::frame(rest, self.id) {
            Some(frame) if frame.header.sequence == expected => {
                self.offset += frame.bytes();
                self.expected += 1;
                return Some(Piece::Entry { offset, frame });
            }
            // The mark of a log that was closed, if nothing is behind it.
            Some(frame) if frame.header.sequence == 0 && rest.len() == frame.bytes() => {
                return None;
            }
            Some(frame) if frame.header.sequence > expected => {
                self.expected = frame.header.sequence;
                let fault = Fault::Missing { first: expected, last: frame.header.sequence - 1 };
                return Some(Piece::Bad { offset, bytes: 0, fault });
            }
            Some(frame) if frame.header.sequence == 0 => Fault::BehindMark,
            Some(frame) => Fault::Repeated { sequence: frame.header.sequence, expected },
            None => Fault::of_frame(rest, self.id, expected),
        };
        let end = self.next_frame(offset + 1).unwrap_or(self.bytes.len());
        self.offset = end;
        Some(Piece::Bad { offset, bytes: end - offset, fault })
    }
}

/// Whether what lies from `offset` on, where the entry `expected` should begin, can be the rest of
/// a write that a crash cut off: bytes of which nobody was told that they are on disk.
///
/// - A header anywhere behind that says that `expected` was synced proves that it was whole; a
///   closing mark is one.
/// - A valid frame behind may be of the same write, of which the disk had written the end first.
///   Then whole sectors before it were never written and hold zeros; else they were changed later.
pub(crate) fn is_torn(bytes: &[u8], id: u64, offset: usize, expected: u64) -> bool {
    let rest = &bytes[offset..];
    let headers = frame::markers(rest).filter_map(|at| Some((at, frame::header(&rest[at..], id)?)));
    let mut next = None;
    for (at, header) in headers {
        if header.synced >= expected {
            return false;
        }
        if next.is_none() && frame::frame(&rest[at..], id).is_some() {
            next = Some(at);
        }
    }
    match next {
        // A valid frame in the wrong place is no rest of anything.
        Some(0) => false,
        Some(at) => has_unwritten_sector(bytes, offset, offset + at),
        None => true,
    }
}

/// Whether a sector that ends in this stretch holds only zeros, as far as it is in the stretch.
fn has_unwritten_sector(bytes: &[u8], start: usize, end: usize) -> bool {
    let mut from = start;
    while from < end {
        let to = (from / SECTOR + 1) * SECTOR;
        if to <= end && bytes[from..to].iter().all(|&byte| byte == 0) {
            return true;
        }
        from = to;
    }
    false
}
