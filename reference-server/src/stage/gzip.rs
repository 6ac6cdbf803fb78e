//! Gzip, read member by member, so that each way in which it can be broken has its own name.
//!
//! The inflating itself is a library's; what the products tell apart (header, data, checksum, what
//! follows) a library's one error would hide.

use flate2::{Crc, Decompress, FlushDecompress, Status};
use profiles::write::Members;

/// How a gzip body is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GzipFault {
    /// There is no byte.
    Empty,
    /// There are fewer bytes than a header has.
    ShortHeader,
    /// It does not begin as gzip.
    Header,
    /// It ends before it should.
    Truncated,
    /// The compressed data is damaged, seen at this byte.
    Corrupt(u64),
    /// Checksum or length do not match.
    Checksum,
    /// What follows a member is no header.
    Trailer,
    /// It inflates to more than allowed.
    TooLarge,
}

const FIXED_HEADER: usize = 10;

/// Whether the body begins as gzip.
pub(super) fn check_header(body: &[u8]) -> Result<(), GzipFault> {
    match body {
        [] => Err(GzipFault::Empty),
        short if short.len() < FIXED_HEADER => Err(GzipFault::ShortHeader),
        [0x1f, 0x8b, 8, ..] => Ok(()),
        _ => Err(GzipFault::Header),
    }
}

/// Inflates a body to at most `limit` bytes.
pub(super) fn inflate(body: &[u8], members: Members, limit: u64) -> Result<Vec<u8>, GzipFault> {
    check_header(body)?;
    let mut output = Vec::new();
    let mut rest = body;
    loop {
        rest = inflate_member(rest, &mut output, limit)?;
        if members == Members::FirstOnly || rest.is_empty() {
            return Ok(output);
        }
        check_header(rest).map_err(|fault| match fault {
            GzipFault::ShortHeader => GzipFault::Truncated,
            _ => GzipFault::Trailer,
        })?;
    }
}

/// Inflates one member and returns what follows it.
fn inflate_member<'b>(
    member: &'b [u8],
    output: &mut Vec<u8>,
    limit: u64,
) -> Result<&'b [u8], GzipFault> {
    let data = skip_header(member)?;
    let start = output.len();
    let mut inflater = Decompress::new(false);
    // By pieces that stay in the processor's cache: a large output is touched once.
    let mut piece = [0; 32 << 10];
    loop {
        let consumed = inflater.total_in();
        let produced = inflater.total_out();
        let input = &data[usize::try_from(consumed).unwrap_or(data.len())..];
        let status = inflater
            .decompress(input, &mut piece, FlushDecompress::None)
            .map_err(|_| GzipFault::Corrupt(inflater.total_in()))?;
        let written = usize::try_from(inflater.total_out() - produced).unwrap_or(piece.len());
        output.extend_from_slice(&piece[..written]);
        if output.len() as u64 > limit {
            return Err(GzipFault::TooLarge);
        }
        let stuck = inflater.total_in() == consumed && inflater.total_out() == produced;
        match status {
            Status::StreamEnd => break,
            Status::Ok | Status::BufError if stuck => return Err(GzipFault::Truncated),
            Status::Ok | Status::BufError => {}
        }
    }
    let trailer = &data[usize::try_from(inflater.total_in()).unwrap_or(data.len())..];
    let (trailer, rest) = trailer.split_first_chunk::<8>().ok_or(GzipFault::Truncated)?;
    let [a, b, c, d, e, f, g, h] = *trailer;
    let mut crc = Crc::new();
    crc.update(&output[start..]);
    let length = u32::from_le_bytes([e, f, g, h]);
    if u32::from_le_bytes([a, b, c, d]) != crc.sum() || length != crc.amount() {
        return Err(GzipFault::Checksum);
    }
    Ok(rest)
}

/// Skips a member's header with its optional parts (RFC 1952, section 2.3).
fn skip_header(member: &[u8]) -> Result<&[u8], GzipFault> {
    const HEADER_CRC: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let flags = member[3];
    let mut rest = &member[FIXED_HEADER..];
    if flags & EXTRA != 0 {
        let (length, after) = rest.split_first_chunk::<2>().ok_or(GzipFault::Truncated)?;
        let length = usize::from(u16::from_le_bytes(*length));
        rest = after.get(length..).ok_or(GzipFault::Truncated)?;
    }
    for part in [NAME, COMMENT] {
        if flags & part != 0 {
            let end = memchr::memchr(0, rest).ok_or(GzipFault::Truncated)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & HEADER_CRC != 0 {
        let (sum, after) = rest.split_first_chunk::<2>().ok_or(GzipFault::Truncated)?;
        let mut crc = Crc::new();
        crc.update(&member[..member.len() - rest.len()]);
        if crc.sum() & 0xffff != u32::from(u16::from_le_bytes(*sum)) {
            return Err(GzipFault::Header);
        }
        rest = after;
    }
    Ok(rest)
}
