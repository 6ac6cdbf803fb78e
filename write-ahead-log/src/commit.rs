//! The one writer: one write and one sync for all that waits, segment after segment.

use crate::error::Failure;
use crate::files::{File, Lock, write_all};
use crate::folder::Folder;
use crate::frame;
use crate::lock::lock;
use crate::open::{Recovered, Segment};
use crate::queue::{Batch, Queue};
use crate::segment::{self, Header};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// What one sync brought to the disk.
struct Committed {
    /// How many entries.
    count: usize,
    /// The bytes of their frames.
    bytes: usize,
    /// The sequence of the last.
    last: u64,
}

/// Writes segments. Whoever holds its lock is the only one to change the folder.
pub(crate) struct Writer {
    folder: Folder,
    id: u64,
    segment_bytes: u64,
    /// In order; the last is the one that is written. Never empty.
    segments: Vec<Segment>,
    file: Box<dyn File>,
    /// The sequence of the next entry that is written; all before it are synced.
    next: u64,
    /// After a failure nothing more is written.
    failure: Option<Failure>,
}

impl Writer {
    pub(crate) fn new(folder: Folder, segment_bytes: u64, recovered: Recovered) -> Self {
        let Recovered { id, segments, file, next } = recovered;
        Self { folder, id, segment_bytes, segments, file, next, failure: None }
    }

    /// The bytes of all segments.
    pub(crate) fn size(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    fn current(&self) -> Segment {
        self.segments[self.segments.len() - 1]
    }

    fn has_entries(&self) -> bool {
        self.next > self.current().first
    }

    /// How many of these frames go into the current segment, and their bytes.
    fn group(&self, lengths: &[usize]) -> (usize, usize) {
        let mut bytes = 0;
        let room = self.segment_bytes.saturating_sub(self.current().bytes);
        let fits = |length: &&usize| {
            let fits = (bytes + **length) as u64 <= room;
            bytes += if fits { **length } else { 0 };
            fits
        };
        let count = lengths.iter().take_while(fits).count();
        (count, bytes)
    }

    /// Writes and syncs frames of these lengths, as many as go into one segment.
    fn commit(&mut self, frames: &mut [u8], lengths: &[usize]) -> Result<Committed, Failure> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let (mut count, mut bytes) = self.group(lengths);
        if count == 0 && self.has_entries() {
            self.prepare_segment(self.next)
                .map_err(|error| self.fail("cannot begin a segment", &error))?;
            self.begin_segment(self.next)?;
            (count, bytes) = self.group(lengths);
        }
        if count == 0 {
            // Longer than a segment: it gets one for itself.
            (count, bytes) = (1, lengths[0]);
        }
        let mut start = 0;
        for (length, sequence) in lengths[..count].iter().zip(self.next..) {
            frame::seal(&mut frames[start..start + length], self.id, sequence, self.next - 1);
            start += length;
        }
        let Segment { first, bytes: end } = self.current();
        let outcome =
            write_all(&mut *self.file, end, &frames[..bytes]).and_then(|()| self.file.sync());
        if let Err(error) = outcome {
            // What was written must not be taken for entries later on. If this fails too, the
            // next opening cuts it off or finds whole entries that nobody was told of.
            if let Err(error) = self.file.set_len(end).and_then(|()| self.file.sync()) {
                tracing::warn!(%error, "the rest of a failed write is left in the log");
            }
            return Err(self.fail(&format!("cannot write {}", segment::name(first)), &error));
        }
        let current = self.segments.len() - 1;
        self.segments[current].bytes += bytes as u64;
        self.next += count as u64;
        Ok(Committed { count, bytes, last: self.next - 1 })
    }

    /// Writes the header of a new segment, which [`Self::begin_segment`] makes part of the log.
    fn prepare_segment(&self, first: u64) -> io::Result<()> {
        let header = Header { id: self.id, first, follows: self.next - 1 };
        let path = self.folder.segment(first);
        self.folder
            .write_unfinished(&path, &[&header.bytes()])
            .inspect_err(|_| self.folder.give_up(&path))
    }

    /// Goes over to the new segment, once it is sure to survive.
    fn begin_segment(&mut self, first: u64) -> Result<(), Failure> {
        let path = self.folder.segment(first);
        let begun = self
            .folder
            .finish(&path)
            .and_then(|()| self.folder.files.sync_folder(&self.folder.log()))
            .and_then(|()| self.folder.files.open(&path));
        // After a failure it is not sure which segment the next opening finds last.
        self.file = begun.map_err(|error| {
            self.fail(&format!("cannot begin {}", segment::name(first)), &error)
        })?;
        self.segments.push(Segment { first, bytes: segment::HEADER as u64 });
        self.next = first;
        Ok(())
    }

    /// Leaves out sequences up to this one, which becomes the next; only before anything waits.
    pub(crate) fn skip_to(&mut self, next: u64) -> io::Result<()> {
        if next > self.next {
            self.prepare_segment(next)?;
            self.begin_segment(next).map_err(io::Error::from)?;
        }
        Ok(())
    }

    /// Goes over to a new segment, unless the one that is there has no entry; only before anything
    /// waits.
    pub(crate) fn begin_anew(&mut self) -> io::Result<()> {
        if self.has_entries() {
            self.prepare_segment(self.next)?;
            self.begin_segment(self.next).map_err(io::Error::from)?;
        }
        Ok(())
    }

    /// Writes down that all is synced, so that damage to the last entries can be told.
    fn close(&mut self) {
        let end = self.current().bytes;
        let mark = frame::closing_mark(self.id, self.next - 1);
        let marked = write_all(&mut *self.file, end, &mark).and_then(|()| self.file.sync());
        if let Err(error) = marked {
            tracing::warn!(%error, "the log is closed without its mark; no entry is lost");
        }
    }

    /// Removes the segments all of whose entries are before this one, the oldest first.
    fn forget_before(&mut self, sequence: u64) -> io::Result<()> {
        let log = self.folder.log();
        let old = self.segments.iter().skip(1).take_while(|next| next.first <= sequence).count();
        if old > 0 {
            // A later removal must never survive a crash that an earlier one does not: the log
            // would have a hole. The one before may have been left unsynced by a failure.
            self.folder.files.sync_folder(&log)?;
        }
        for _ in 0..old {
            match self.folder.files.remove(&self.folder.segment(self.segments[0].first)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => self.segments.remove(0),
            };
            self.folder.files.sync_folder(&log)?;
        }
        if self.failure.is_none() && self.has_entries() && self.next <= sequence {
            self.prepare_segment(self.next)?;
            self.begin_segment(self.next).map_err(io::Error::from)?;
            return self.forget_before(sequence);
        }
        Ok(())
    }

    /// The first entry that is there.
    pub(crate) fn first(&self) -> u64 {
        self.segments[0].first
    }

    /// The sequence of the next entry that is written.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    fn fail(&mut self, action: &str, error: &io::Error) -> Failure {
        let failure = Failure::new(action, error);
        tracing::error!(%failure, "the log is read-only");
        self.failure.insert(failure).clone()
    }
}

/// The writer, the queue before it, and what others may know without waiting for it.
pub(crate) struct Core {
    pub(crate) queue: Queue,
    pub(crate) writer: Mutex<Writer>,
    /// The bytes of all segments.
    pub(crate) size: AtomicU64,
    /// Last, so that it is held as long as anything can be written.
    pub(crate) _lock: Box<dyn Lock>,
}

impl Core {
    /// What the commit thread does until the log is closed or the disk fails.
    pub(crate) fn run(&self) {
        let _told = TellsOfPanic(&self.queue);
        let mut batch = Batch::default();
        while self.queue.take(&mut batch) {
            let (mut frames, mut lengths) = (&mut batch.bytes[..], &batch.lengths[..]);
            while !lengths.is_empty() {
                match self.change(|writer| writer.commit(frames, lengths)) {
                    Ok(Committed { count, bytes, last }) => {
                        frames = &mut frames[bytes..];
                        lengths = &lengths[count..];
                        self.queue.synced(last, bytes);
                    }
                    Err(failure) => return self.queue.failed(failure),
                }
            }
        }
        let mut writer = lock(&self.writer);
        if writer.failure.is_none() {
            writer.close();
        }
    }

    /// Removes the segments all of whose entries are before this one.
    pub(crate) fn forget_before(&self, sequence: u64) -> io::Result<()> {
        let (outcome, failure) = self.change(|writer| {
            let outcome = writer.forget_before(sequence);
            (outcome, writer.failure.clone())
        });
        if let Some(failure) = failure {
            self.queue.failed(failure);
        }
        outcome
    }

    fn change<T>(&self, change: impl FnOnce(&mut Writer) -> T) -> T {
        let mut writer = lock(&self.writer);
        let outcome = change(&mut writer);
        self.size.store(writer.size(), Ordering::Relaxed);
        outcome
    }
}

/// Nobody waits for a thread that is gone.
struct TellsOfPanic<'a>(&'a Queue);

impl Drop for TellsOfPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let error = io::Error::other("a bug ended the thread that writes");
            self.0.failed(Failure::new("cannot write the log", &error));
        }
    }
}
