//! A file that is written from its beginning to its end.

use super::checked::Sums;
use std::io::{self, Write};
use write_ahead_log::File;

/// What goes to the file system at once.
const BUFFER: usize = 1 << 20;

/// A file that is written from its beginning to its end.
pub(super) struct Sink {
    file: Box<dyn File>,
    buffer: Vec<u8>,
    written: u64,
    sums: Sums,
}

impl Sink {
    pub(super) fn new(file: Box<dyn File>) -> Self {
        Self { file, buffer: Vec::with_capacity(BUFFER), written: 0, sums: Sums::default() }
    }

    /// Its length and checksums, once all of it is on disk.
    pub(super) fn finish(&mut self) -> io::Result<(u64, Vec<u32>)> {
        self.flush()?;
        self.file.sync()?;
        Ok((self.written, std::mem::take(&mut self.sums).finish()))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut rest = self.buffer.as_slice();
        while !rest.is_empty() {
            match self.file.write_at(self.written, rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.sums.update(&rest[..count]);
                    self.written += count as u64;
                    rest = &rest[count..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.buffer.clear();
        Ok(())
    }
}
