//! Files whose bytes are checked when they are read: a checksum for each block of them, kept apart.
//! Parquet itself would decode a page with a bit too many.

use bytes::{Buf, Bytes};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use write_ahead_log::Files;

/// How many bytes have a checksum of their own: about what a page has, which is read at once.
const BLOCK: usize = 16 << 10;

/// The checksums (CRC-32) of the blocks of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    blocks: Vec<u32>,
    /// Of the block that is not full yet.
    open: crc32fast::Hasher,
    filled: usize,
}

impl Sums {
    /// Adds what was written next.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let fit = bytes.len().min(BLOCK - self.filled);
            self.open.update(&bytes[..fit]);
            self.filled += fit;
            bytes = &bytes[fit..];
            if self.filled == BLOCK {
                self.close_block();
            }
        }
    }

    /// All of them, the last one of what is left.
    pub(super) fn finish(mut self) -> Vec<u32> {
        if self.filled > 0 {
            self.close_block();
        }
        self.blocks
    }

    fn close_block(&mut self) {
        self.blocks.push(std::mem::take(&mut self.open).finalize());
        self.filled = 0;
    }
}

/// A file of which each block that is read is held against its checksum. It is opened for each read:
/// there may be more files than a process may have open.
pub(super) struct CheckedFile {
    files: Arc<dyn Files>,
    path: PathBuf,
    length: u64,
    sums: Vec<u32>,
}

impl CheckedFile {
    pub(super) const fn new(
        files: Arc<dyn Files>,
        path: PathBuf,
        length: u64,
        sums: Vec<u32>,
    ) -> Self {
        Self { files, path, length, sums }
    }

    pub(super) fn files(&self) -> &dyn Files {
        &*self.files
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of a range, with those of the blocks around it that had to be read as well cut off.
    fn read(&self, start: u64, length: usize) -> io::Result<Bytes> {
        let end = start.saturating_add(length as u64);
        if end > self.length {
            let what = format!("it has no bytes {start} to {end}, only {}", self.length);
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
        }
        let first_block = start / BLOCK as u64;
        let from = first_block * BLOCK as u64;
        let to = end.next_multiple_of(BLOCK as u64).min(self.length);
        let whole = usize::try_from(to - from).map_err(io::Error::other)?;
        let bytes = read_at(&*self.files, &self.path, from, whole)?;
        let first_sum = usize::try_from(first_block).map_err(io::Error::other)?;
        for (index, block) in bytes.chunks(BLOCK).enumerate() {
            if self.sums.get(first_sum + index) != Some(&crc32fast::hash(block)) {
                let offset = from + (index * BLOCK) as u64;
                let what = format!(
                    "the {} bytes at {offset} are not those that were written",
                    block.len()
                );
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
        }
        let skipped = usize::try_from(start - from).map_err(io::Error::other)?;
        Ok(Bytes::from(bytes).slice(skipped..skipped + length))
    }
}

/// Reads of a file; while the process has as many open as it may have, it waits for others to be closed.
fn read_at(files: &dyn Files, path: &Path, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let begin = Instant::now();
    loop {
        match files.read_at(path, offset, length) {
            Err(error) if is_for_want_of_descriptors(&error) && begin.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            read => return read,
        }
    }
}

/// How long it waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// EMFILE and ENFILE, which have no names in the standard library.
fn is_for_want_of_descriptors(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

impl std::fmt::Debug for CheckedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CheckedFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Length for CheckedFile {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for CheckedFile {
    type T = bytes::buf::Reader<Bytes>;

    /// Only headers are read like this, where there is no index: no more than a few blocks.
    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let length = (4 * BLOCK as u64).min(self.length.saturating_sub(start));
        self.get_bytes(start, usize::try_from(length)?).map(Buf::reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.read(start, length).map_err(|error| ParquetError::External(Box::new(error)))
    }
}

/// Reads all of a file and holds it against its checksums.
///
/// # Errors
/// It cannot be read, or is not what was written: where that begins.
pub(crate) fn check(
    files: &Arc<dyn Files>,
    path: &Path,
    length: u64,
    sums: &[u32],
) -> io::Result<()> {
    let there = files.length(path)?;
    if there != length {
        let what = format!("it has {there} bytes, and was written with {length}");
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let file = CheckedFile::new(Arc::clone(files), path.to_owned(), length, sums.to_vec());
    let piece = 64 * BLOCK;
    for start in (0..length).step_by(piece) {
        let rest = usize::try_from(length - start).unwrap_or(usize::MAX);
        file.read(start, piece.min(rest))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use write_ahead_log::RealFiles;

    fn written(content: &[u8]) -> (tempfile::TempDir, CheckedFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some");
        std::fs::write(&path, content).unwrap();
        let mut sums = Sums::default();
        // However it was written.
        content.chunks(7001).for_each(|piece| sums.update(piece));
        let files = Arc::new(RealFiles);
        (folder, CheckedFile::new(files, path, content.len() as u64, sums.finish()))
    }

    #[test]
    fn any_range_is_read() {
        let content: Vec<u8> = (0..3 * BLOCK + 100).map(|i| (i % 251) as u8).collect();
        let (_folder, file) = written(&content);
        for (start, length) in
            [(0, 1), (0, content.len()), (BLOCK - 1, 2), (3 * BLOCK, 100), (5, 0)]
        {
            let read = file.get_bytes(start as u64, length).unwrap();
            assert_eq!(read, content[start..start + length], "{length} from {start}");
        }
        assert!(file.get_bytes(3 * BLOCK as u64, 101).is_err());
    }

    #[test]
    fn a_changed_bit_is_found_by_who_reads_its_block() {
        let content = vec![7; 3 * BLOCK];
        let (_folder, file) = written(&content);
        for place in [0, BLOCK, 3 * BLOCK - 1] {
            let mut changed = content.clone();
            changed[place] ^= 0x10;
            std::fs::write(file.path(), &changed).unwrap();
            let block = (place / BLOCK * BLOCK) as u64;
            let error = file.get_bytes(block + 9, 5).unwrap_err().to_string();
            assert!(error.contains(&format!("at {block} are not")), "{error}");
            let error =
                check(&file.files, file.path(), file.len(), &file.sums).unwrap_err().to_string();
            assert!(error.contains(&format!("at {block} are not")), "{error}");
            // The other blocks are as good as they were.
            let other = if block == 0 { BLOCK as u64 } else { 0 };
            assert!(file.get_bytes(other, 5).is_ok());
        }
        std::fs::write(file.path(), &content[1..]).unwrap();
        assert!(check(&file.files, file.path(), file.len(), &file.sums).is_err());
    }
}
