//! What waits for the disk, and who waits for it.

use crate::error::{Failed, Failure, Refused};
use crate::frame;
use crate::lock::lock;
use crate::log::Options;
use std::mem;
use std::sync::{Condvar, Mutex, PoisonError};
use tokio::sync::watch;

/// Frames that are written together. The headers are filled in by the commit thread, so that an
/// appender holds the queue's lock only while its payload is copied.
#[derive(Default)]
pub(crate) struct Batch {
    /// Frame after frame.
    pub(crate) bytes: Vec<u8>,
    /// The length of each frame, in bytes.
    pub(crate) lengths: Vec<usize>,
}

/// How far the log is on disk.
#[derive(Clone)]
struct Progress {
    /// All up to this entry are on disk.
    synced: u64,
    /// Since this failure nothing is.
    failure: Option<Failure>,
}

impl Progress {
    /// What becomes of an entry, once it is known.
    fn of(&self, sequence: u64) -> Option<Result<(), Failed>> {
        if sequence <= self.synced {
            return Some(Ok(()));
        }
        self.failure.as_ref().map(|why| Err(Failed { why: why.clone() }))
    }
}

struct Inner {
    batch: Batch,
    /// Bytes that are not on disk yet, with those that are being written.
    waiting: usize,
    /// The sequence of the next entry.
    next: u64,
    progress: Progress,
    closing: bool,
}

/// The entries between [`crate::Log::append`] and the disk.
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    /// Tells the commit thread that there is something to do.
    work: Condvar,
    /// Tells blocked waiters that there was progress.
    done: Condvar,
    /// Tells tasks that there was progress.
    watch: watch::Sender<Progress>,
    options: Options,
}

impl Queue {
    /// An empty queue behind a log that is on disk up to the entry before `next`.
    pub(crate) fn new(next: u64, options: Options) -> Self {
        let progress = Progress { synced: next - 1, failure: None };
        Self {
            watch: watch::Sender::new(progress.clone()),
            inner: Mutex::new(Inner {
                batch: Batch::default(),
                waiting: 0,
                next,
                progress,
                closing: false,
            }),
            work: Condvar::new(),
            done: Condvar::new(),
            options,
        }
    }

    /// Whether an entry of this many bytes would be taken.
    pub(crate) fn admits(&self, bytes: usize) -> Result<(), Refused> {
        self.admit(&lock(&self.inner), bytes)
    }

    fn admit(&self, inner: &Inner, bytes: usize) -> Result<(), Refused> {
        if let Some(why) = &inner.progress.failure {
            return Err(Refused::ReadOnly { why: why.clone() });
        }
        // The length of a frame has 32 bits.
        let limit = self.options.largest_entry.min(u32::MAX as usize);
        if bytes > limit {
            return Err(Refused::TooLong { bytes, limit });
        }
        let (waiting, limit) = (inner.waiting, self.options.waiting_bytes);
        // Where nothing waits, even an entry that is longer than the limit finds room.
        if waiting > 0 && waiting + frame::HEADER + bytes > limit {
            return Err(Refused::Full { waiting, limit });
        }
        Ok(())
    }

    /// Gives an entry its place.
    pub(crate) fn append(&self, parts: &[&[u8]]) -> Result<u64, Refused> {
        let bytes = parts.iter().map(|part| part.len()).sum();
        let mut inner = lock(&self.inner);
        self.admit(&inner, bytes)?;
        let length = frame::HEADER + bytes;
        let batch = &mut inner.batch;
        batch.bytes.reserve(length);
        batch.bytes.extend_from_slice(&[0; frame::HEADER]);
        parts.iter().for_each(|part| batch.bytes.extend_from_slice(part));
        batch.lengths.push(length);
        inner.waiting += length;
        let sequence = inner.next;
        inner.next += 1;
        drop(inner);
        self.work.notify_one();
        Ok(sequence)
    }

    /// Takes all that waits, as soon as there is something, and leaves an empty batch in its
    /// place; false when there will be nothing more.
    pub(crate) fn take(&self, batch: &mut Batch) -> bool {
        batch.bytes.clear();
        batch.lengths.clear();
        // After one huge batch its memory is not kept.
        batch.bytes.shrink_to(KEPT_BYTES);
        let mut inner = lock(&self.inner);
        loop {
            if inner.progress.failure.is_some() {
                return false;
            }
            if !inner.batch.lengths.is_empty() {
                mem::swap(&mut inner.batch, batch);
                return true;
            }
            if inner.closing {
                return false;
            }
            inner = self.work.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Says that all up to this entry are on disk, these bytes among them.
    pub(crate) fn synced(&self, sequence: u64, bytes: usize) {
        let mut inner = lock(&self.inner);
        inner.waiting = inner.waiting.saturating_sub(bytes);
        inner.progress.synced = sequence;
        self.tell(&inner);
    }

    /// Says that no more entries will be on disk. The first failure is the one that is told.
    pub(crate) fn failed(&self, failure: Failure) {
        let mut inner = lock(&self.inner);
        inner.progress.failure.get_or_insert(failure);
        inner.batch = Batch::default();
        self.tell(&inner);
        self.work.notify_all();
    }

    fn tell(&self, inner: &Inner) {
        self.watch.send_replace(inner.progress.clone());
        self.done.notify_all();
    }

    /// Lets the commit thread end when nothing waits any more.
    pub(crate) fn close(&self) {
        lock(&self.inner).closing = true;
        self.work.notify_all();
    }

    /// Blocks until the entry is on disk.
    pub(crate) fn wait(&self, sequence: u64) -> Result<(), Failed> {
        let mut inner = lock(&self.inner);
        loop {
            if let Some(outcome) = inner.progress.of(sequence) {
                return outcome;
            }
            inner = self.done.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until the entry is on disk.
    pub(crate) async fn wait_async(&self, sequence: u64) -> Result<(), Failed> {
        let mut progress = self.watch.subscribe();
        loop {
            if let Some(outcome) = progress.borrow_and_update().of(sequence) {
                return outcome;
            }
            // The sender lives as long as `self`, so this ends only with news.
            let _ = progress.changed().await;
        }
    }

    /// The sequence of the next entry.
    pub(crate) fn next(&self) -> u64 {
        lock(&self.inner).next
    }

    /// How many bytes are not on disk yet.
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.inner).waiting
    }

    /// The failure after which nothing is taken.
    pub(crate) fn failure(&self) -> Option<Failure> {
        lock(&self.inner).progress.failure.clone()
    }
}

/// How much memory the queue keeps for the next batch, in bytes.
const KEPT_BYTES: usize = 8 << 20;
