//! The log as its users see it.

use crate::commit::{Core, Writer};
use crate::error::{Failed, Failure, OpenError, Refused};
use crate::files::{Files, RealFiles};
use crate::folder::{Folder, io_error};
use crate::lock::lock;
use crate::open::{Recovery, recover};
use crate::queue::Queue;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

/// How a log is kept. The limits hold for what is written from now on; a log that was written
/// under others is read all the same.
#[derive(Clone, Debug)]
pub struct Options {
    /// A segment that would become longer than this is followed by a new one, in bytes. Opening
    /// reads a segment as a whole.
    pub segment_bytes: u64,
    /// The longest entry, in bytes; never more than `u32::MAX`.
    pub largest_entry: usize,
    /// How many bytes of entries, with 32 of each for its header, may wait for the disk. An entry
    /// that is longer is taken when nothing waits.
    pub waiting_bytes: usize,
    /// The next entry has at least this sequence. For a caller that has stored elsewhere what
    /// entries before this one did, so that after the end of a log was lost no new entry gets the
    /// sequence of an old one.
    pub next_at_least: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            largest_entry: 256 << 20,
            waiting_bytes: 64 << 20,
            next_at_least: 1,
        }
    }
}

/// Whether a log takes entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It does.
    Writable,
    /// It does not, until it is opened again.
    ReadOnly {
        /// The failure since which it does not.
        why: Failure,
    },
}

/// A log that is open. Clones are the same log; when the last is dropped, what waits is synced
/// (the drop blocks for so long), and the folder can be opened again.
#[derive(Clone)]
pub struct Log {
    running: Arc<Running>,
}

/// The commit thread; dropping this ends it.
struct Running {
    core: Arc<Core>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.core.queue.close();
        if let Some(thread) = self.thread.take() {
            // A panic was told to all who waited.
            let _ = thread.join();
        }
    }
}

impl Log {
    /// Opens the log in a folder, or makes one there, and hands each entry to `replay`, in order,
    /// with its sequence. The end of a write that a crash cut off is removed, with a warning.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]. Nothing was changed if the log is in use, newer or damaged; `replay` may
    /// have been called by then.
    pub fn open<E>(
        folder: &Path,
        options: Options,
        replay: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(Self, Recovery), OpenError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self::open_with(Arc::new(RealFiles), folder, options, replay)
    }

    /// Opens a log on another file system.
    ///
    /// # Errors
    ///
    /// As [`Log::open`].
    pub fn open_with<E>(
        files: Arc<dyn Files>,
        folder: &Path,
        options: Options,
        mut replay: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(Self, Recovery), OpenError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        files.make_folder(folder).map_err(io_error("make", folder))?;
        let folder = Folder::new(files, folder);
        let path = folder.path.clone();
        let held = folder.lock(true)?;
        let begins_anew = folder.files.may_lose_locks();
        let (recovered, recovery) =
            recover(&folder, |sequence, payload| replay(sequence, payload).map_err(Into::into))?;
        let mut writer = Writer::new(folder, options.segment_bytes, recovered);
        writer.skip_to(options.next_at_least).map_err(io_error("write", &path))?;
        if begins_anew {
            writer.begin_anew().map_err(io_error("write", &path))?;
        }
        let core = Arc::new(Core {
            queue: Queue::new(writer.next(), options),
            size: AtomicU64::new(writer.size()),
            writer: Mutex::new(writer),
            _lock: held,
        });
        let commits = Arc::clone(&core);
        let thread = Builder::new()
            .name("write-ahead log".to_owned())
            .spawn(move || commits.run())
            .map_err(io_error("start a thread for", &path))?;
        Ok((Self { running: Arc::new(Running { core, thread: Some(thread) }) }, recovery))
    }

    fn core(&self) -> &Core {
        &self.running.core
    }

    /// Fixes an entry's place in the log and returns it; `parts` one after another are its
    /// payload. Never waits for the disk: the entry is durable only when [`Log::synced`] or
    /// [`Log::wait`] says so.
    ///
    /// # Errors
    ///
    /// See [`Refused`].
    pub fn append(&self, parts: &[&[u8]]) -> Result<u64, Refused> {
        self.core().queue.append(parts)
    }

    /// Whether an entry of this many bytes would be taken now. If nobody else appends, the next
    /// [`Log::append`] of so many is refused only if the disk fails before it.
    ///
    /// # Errors
    ///
    /// What [`Log::append`] would answer.
    pub fn admits(&self, bytes: usize) -> Result<(), Refused> {
        self.core().queue.admits(bytes)
    }

    /// Waits until the entry is on disk, and with it all before it. One that was not appended yet
    /// is waited for too. Dropping the future changes nothing for the entry.
    ///
    /// # Errors
    ///
    /// The disk has failed; see [`Failed`].
    pub async fn synced(&self, sequence: u64) -> Result<(), Failed> {
        self.core().queue.wait_async(sequence).await
    }

    /// Blocks until the entry is on disk, and with it all before it.
    ///
    /// # Errors
    ///
    /// The disk has failed; see [`Failed`].
    pub fn wait(&self, sequence: u64) -> Result<(), Failed> {
        self.core().queue.wait(sequence)
    }

    /// Removes the segments all of whose entries are before `sequence`. If the segment that is
    /// written is such a one, a new one is begun. Blocks for a few syncs, and while a commit is
    /// under way.
    ///
    /// # Errors
    ///
    /// The file system failed: some of the segments may be gone, the oldest first. The log stays
    /// as it is and can be written on, but for a failure in going over to the new segment, after
    /// which it is read-only.
    pub fn forget_before(&self, sequence: u64) -> io::Result<()> {
        self.core().forget_before(sequence)
    }

    /// The bytes of all segments on disk.
    pub fn size(&self) -> u64 {
        self.core().size.load(Ordering::Relaxed)
    }

    /// How many bytes wait for the disk, with the headers of their frames.
    pub fn waiting_bytes(&self) -> usize {
        self.core().queue.waiting()
    }

    /// The sequence that the next entry will have.
    pub fn next_sequence(&self) -> u64 {
        self.core().queue.next()
    }

    /// The sequence of the first entry that is still there. Blocks while a commit is under way.
    pub fn first_sequence(&self) -> u64 {
        lock(&self.core().writer).first()
    }

    /// Whether the log takes entries, and if not, why.
    pub fn state(&self) -> State {
        self.core().queue.failure().map_or(State::Writable, |why| State::ReadOnly { why })
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log")
            .field("next_sequence", &self.next_sequence())
            .field("size", &self.size())
            .field("state", &self.state())
            .finish()
    }
}
