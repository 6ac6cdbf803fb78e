//! One entry as it lies in a segment: a header of [`HEADER`] bytes, then the payload.
//!
//! | bytes | hold (little endian) |
//! |---|---|
//! | 0..4 | [`MARKER`] |
//! | 4..8 | length of the payload |
//! | 8..16 | sequence |
//! | 16..24 | the sequence up to which all was synced when this was written |
//! | 24..28 | checksum of the log's id and the payload |
//! | 28..32 | checksum of the log's id and the 28 bytes before |
//!
//! A log that is closed ends with a mark: a frame of sequence 0 without a payload, which says that
//! all was synced. Opening cuts it off again.
//!
//! A header has a checksum of its own so that a length is known to be right before the payload is
//! looked at, and so that a header speaks even when its payload is lost. The log's id is in the
//! checksums, not in the frame: whoever writes a payload cannot know it, so no payload can hold
//! what looks like a frame of this log.

use crc32fast::Hasher;

/// The length of a header, in bytes.
pub(crate) const HEADER: usize = 32;
/// No sequence is larger, so that one can be added to each.
pub(crate) const LAST_SEQUENCE: u64 = u64::MAX >> 1;
/// What a frame begins with. No byte is zero, nor a letter of a text.
pub(crate) const MARKER: [u8; 4] = [0xf5, 0x9e, 0xc3, 0x97];

/// What the header of a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The length of the payload, in bytes.
    pub(crate) length: u32,
    /// The place of the entry in the log; the first has 1.
    pub(crate) sequence: u64,
    /// All entries up to this one were synced when the frame was written.
    pub(crate) synced: u64,
    payload_checksum: u32,
}

/// A frame whose checksums are right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) header: Header,
    pub(crate) payload: &'a [u8],
}

impl Frame<'_> {
    /// Header and payload, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        HEADER + self.payload.len()
    }
}

/// The checksum of bytes in the log of this id.
pub(crate) fn checksum(id: u64, bytes: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(&id.to_le_bytes());
    hasher.update(bytes);
    hasher.finalize()
}

/// The mark at the end of a log that was closed when all up to `synced` was on disk.
pub(crate) fn closing_mark(id: u64, synced: u64) -> [u8; HEADER] {
    let mut mark = [0; HEADER];
    seal(&mut mark, id, 0, synced);
    mark
}

/// Fills in the header of a frame whose payload is already in its place.
pub(crate) fn seal(frame: &mut [u8], id: u64, sequence: u64, synced: u64) {
    let (header, payload) = frame.split_at_mut(HEADER);
    header[..4].copy_from_slice(&MARKER);
    header[4..8].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    header[8..16].copy_from_slice(&sequence.to_le_bytes());
    header[16..24].copy_from_slice(&synced.to_le_bytes());
    header[24..28].copy_from_slice(&checksum(id, payload).to_le_bytes());
    let sum = checksum(id, &header[..28]);
    header[28..].copy_from_slice(&sum.to_le_bytes());
}

/// The header at the front of these bytes, if there is a whole one.
pub(crate) fn header(bytes: &[u8], id: u64) -> Option<Header> {
    let bytes: &[u8; HEADER] = bytes.first_chunk()?;
    if bytes[..4] != MARKER || checksum(id, &bytes[..28]) != u32_at(bytes, 28) {
        return None;
    }
    let header = Header {
        length: u32_at(bytes, 4),
        sequence: u64_at(bytes, 8),
        synced: u64_at(bytes, 16),
        payload_checksum: u32_at(bytes, 24),
    };
    (header.sequence.max(header.synced) <= LAST_SEQUENCE).then_some(header)
}

/// The frame at the front of these bytes, if there is a whole one.
pub(crate) fn frame(bytes: &[u8], id: u64) -> Option<Frame<'_>> {
    let header = header(bytes, id)?;
    // The length is compared with what is there before anything is done with it.
    let payload = bytes[HEADER..].get(..header.length as usize)?;
    (checksum(id, payload) == header.payload_checksum).then_some(Frame { header, payload })
}

/// Where the bytes of a marker are, from the front to the back.
pub(crate) fn markers(bytes: &[u8]) -> impl Iterator<Item = usize> {
    bytes.windows(MARKER.len()).enumerate().filter(|(_, at)| *at == MARKER).map(|(at, _)| at)
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
