//! Snapshots: what a server stores, put into Parquet files once its log is long, so that the log can
//! be forgotten up to there, and the memory be given back.
//!
//! A snapshot is what was there between two entries of the log. Under the lock that gives changes
//! their order the stores are copied (they share their points, so nothing of these is); without it
//! their points are written, then the manifest that names all files. Only when that is on disk is the
//! log forgotten, and what is in memory replaced by its place in a file. A crash at any time leaves
//! the manifest before or the one after; files that it does not name are removed by the next start.

mod mend;

use crate::journal::Origin;
use crate::lock::lock;
use crate::server::Service;
use crate::store::snapshot::{
    Index, Moved, Reads, SavedStore, SnapshotFile, Store, StoreToSave, Writer,
};
use profiles::storage::Storage;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use write_ahead_log::{File, Files, Log};

pub use mend::{
    SnapshotReport, repair_snapshot, repair_snapshot_with, verify_snapshot, verify_snapshot_with,
};

/// The folder of the snapshots in a server's folder.
pub(crate) const FOLDER: &str = "snapshots";

/// What says which files are of the snapshot.
const MANIFEST: &str = "manifest.json";

/// The same until all of it is there.
const UNFINISHED: &str = "manifest.tmp";

/// The version of the manifest's form. In the first one what is said of its body stood before it, so
/// that it had to be made twice.
const FORMAT: u32 = 2;

/// How long the log becomes, in bytes, before there is a snapshot, unless something else is said.
pub(crate) const LOG_BYTES: u64 = 512 << 20;

/// A snapshot costs something for each series, however few points that has got: so it waits until so many
/// bytes of lines came for each, but not for more than so many times as much as it would else.
const BYTES_EACH_SERIES: u64 = 2 << 10;
const MOST_TIMES: u64 = 4;

/// What of a manifest goes to the file system at once.
const BUFFER: usize = 1 << 20;

/// How often the log is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How long nothing is tried after a snapshot that failed.
const PAUSE: Duration = Duration::from_secs(10);

/// The key of a store among those of its server, and the store.
pub(crate) type Keyed<S> = (Vec<String>, S);

/// What a server holds between two changes.
pub(crate) struct Frozen {
    /// The catalog.
    pub(crate) catalog: serde_json::Value,
    /// Its stores.
    pub(crate) stores: Vec<Keyed<Store>>,
}

/// What a snapshot is.
#[derive(Deserialize)]
struct Manifest {
    /// The first entry of the log that is not in it.
    next: u64,
    origin: Origin,
    catalog: serde_json::Value,
    index: Index,
    stores: Vec<Keyed<SavedStore>>,
}

/// One that is to be written, piece by piece: with all series in memory again it would be the largest
/// thing there.
#[derive(Serialize)]
struct ManifestToWrite<'m> {
    next: u64,
    origin: &'m Origin,
    catalog: &'m serde_json::Value,
    stores: Vec<(&'m [String], StoreToSave<'m>)>,
    /// Behind the stores, since they fill it.
    index: &'m RefCell<Index>,
}

impl<'m> ManifestToWrite<'m> {
    /// That of stores all of whose points are in files; `index` is filled while it is written.
    fn new(
        next: u64,
        origin: &'m Origin,
        catalog: &'m serde_json::Value,
        stores: &'m [Keyed<Store>],
        index: &'m RefCell<Index>,
    ) -> Self {
        let stores = stores.iter().map(|(key, store)| (key.as_slice(), store.saved(index)));
        Self { next, origin, catalog, stores: stores.collect(), index }
    }
}

/// What was put into files, and the files of the snapshot.
struct Written {
    moved: Moved,
    opened: Vec<Arc<SnapshotFile>>,
}

/// The first line of the file of a manifest.
#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
}

/// The last line: of all before it. In the first form it was the first line, of all behind it.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Sum {
    bytes: u64,
    crc32: u32,
}

/// The snapshot that was found in a folder.
pub(crate) struct Found(Manifest);

/// The snapshots of a running server.
pub(crate) struct Snapshots {
    service: Arc<Service>,
    files: Arc<dyn Files>,
    folder: PathBuf,
    origin: Origin,
    reads: Arc<Reads>,
    /// The files of the snapshot that is there.
    current: Mutex<Vec<Arc<SnapshotFile>>>,
    /// Files that the manifest on disk may name, since putting it there failed halfway.
    uncertain: Mutex<Vec<Arc<SnapshotFile>>>,
    /// Files that are to be removed once a manifest of ours is there.
    left: Mutex<Vec<PathBuf>>,
    /// The first entry of the log that is not in it.
    next: AtomicU64,
    /// How many were begun.
    attempts: AtomicU64,
    ending: Arc<Ending>,
}

/// Whether the thread that makes snapshots is to end.
#[derive(Debug, Default)]
struct Ending {
    asked: Mutex<bool>,
    woken: Condvar,
}

/// The thread that makes snapshots; it ends with this.
#[derive(Debug)]
pub(crate) struct Running {
    ending: Arc<Ending>,
    thread: Option<JoinHandle<()>>,
}

/// Looks for the snapshot in a server's folder.
///
/// # Errors
/// There is one, and it cannot be read: of a newer format ([`io::ErrorKind::Unsupported`]), or damaged
/// ([`io::ErrorKind::InvalidData`]).
pub(crate) fn find(files: &dyn Files, folder: &Path) -> io::Result<Option<Found>> {
    let path = folder.join(FOLDER).join(MANIFEST);
    let told = |why: String| {
        io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", path.display()))
    };
    let bytes = match files.read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(io::Error::new(error.kind(), format!("{}: {error}", path.display())));
        }
    };
    let line = memchr::memchr(b'\n', &bytes).unwrap_or(bytes.len());
    let (first, behind) = bytes.split_at(line);
    let head: Head = serde_json::from_slice(first)
        .map_err(|error| told(format!("its first line cannot be read: {error}")))?;
    if head.format > FORMAT {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!(
                "{}: it is of the newer format {}, and this lineproof knows {FORMAT}",
                path.display(),
                head.format
            ),
        ));
    }
    let behind = behind.get(1..).unwrap_or_default();
    let body = match head.format {
        1 => (Sum::read(first) == Some(Sum::of(behind))).then_some(behind),
        _ => body_of(&bytes, line + 1),
    };
    let Some(body) = body else {
        let what = "damaged: it is not what was written, and without it no file of the snapshot can be read; \
             put a copy of the folder in its place";
        return Err(told(what.to_owned()));
    };
    let manifest = serde_json::from_slice(body).map_err(|error| told(error.to_string()))?;
    Ok(Some(Found(manifest)))
}

/// What stands between the first and the last line, if the last one is the sum of all before it.
fn body_of(bytes: &[u8], from: usize) -> Option<&[u8]> {
    let lines = bytes.strip_suffix(b"\n")?;
    let last = memchr::memrchr(b'\n', lines)? + 1;
    (Sum::read(&lines[last..]) == Some(Sum::of(&bytes[..last]))).then(|| bytes.get(from..last))?
}

impl Sum {
    fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, crc32: crc32fast::hash(bytes) }
    }

    fn read(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }
}

impl Found {
    /// The first entry of the log that is not in it.
    pub(crate) const fn next(&self) -> u64 {
        self.0.next
    }

    /// What the folder is of.
    pub(crate) const fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// Gives the server what is in the snapshot, and itself to those that follow.
    ///
    /// # Errors
    /// A file is missing or damaged, or the snapshot contradicts itself.
    pub(crate) fn restore(
        mut self,
        folder: &Path,
        storage: &Storage,
        service: &Service,
        reads: &Arc<Reads>,
    ) -> io::Result<Vec<Arc<SnapshotFile>>> {
        let server = folder.display().to_string();
        let folder = folder.join(FOLDER);
        self.0.index.open(&folder, reads).map_err(|error| {
            let advice = format!("{error}; see what `lineproof data verify {server}` says of it");
            io::Error::new(error.kind(), advice)
        })?;
        let path = folder.join(MANIFEST);
        let told = |why: String| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", path.display()))
        };
        let stores = self.0.stores.into_iter().map(|(key, saved)| {
            let store = saved.restore(storage, &self.0.index).map_err(told)?;
            Ok((key, store))
        });
        let stores = stores.collect::<io::Result<_>>()?;
        service.thaw(Frozen { catalog: self.0.catalog, stores }).map_err(told)?;
        Ok(self.0.index.opened())
    }
}

impl Snapshots {
    /// Those of a server whose folder was opened; `current` are the files of the snapshot there, and
    /// `next` is the first entry that is not in it.
    pub(crate) fn new(
        files: Arc<dyn Files>,
        folder: &Path,
        service: Arc<Service>,
        origin: Origin,
        reads: Arc<Reads>,
        next: u64,
        current: Vec<Arc<SnapshotFile>>,
    ) -> Self {
        Self {
            service,
            files,
            folder: folder.join(FOLDER),
            origin,
            reads,
            current: Mutex::new(current),
            uncertain: Mutex::default(),
            left: Mutex::default(),
            next: AtomicU64::new(next),
            attempts: AtomicU64::new(0),
            ending: Arc::default(),
        }
    }

    /// Makes a snapshot whenever the log has so many bytes, until what is returned is dropped.
    ///
    /// # Errors
    /// No thread can be made.
    pub(crate) fn run(self, log: Log, log_bytes: u64) -> io::Result<Running> {
        let ending = Arc::clone(&self.ending);
        self.service.journal().expect_snapshots(Some(log_bytes));
        let work = move || {
            let work = AssertUnwindSafe(|| self.work(&log, log_bytes));
            let journal = self.service.journal();
            match catch_unwind(work) {
                // Nobody is to wait for another one.
                Ok(()) => journal.expect_snapshots(None),
                Err(_) => journal.snapshot_failed("its thread has ended; start again".to_owned()),
            }
        };
        let thread = std::thread::Builder::new().name("snapshots".to_owned()).spawn(work)?;
        Ok(Running { ending, thread: Some(thread) })
    }

    /// Makes snapshots until it is to end.
    fn work(&self, log: &Log, log_bytes: u64) {
        let mut wait = LOOK;
        while !self.ending.is_asked_within(wait) {
            wait = LOOK;
            let has_grown = log.next_sequence() > self.next.load(Ordering::Relaxed);
            let journal = self.service.journal();
            let taken = journal.taken().max(self.reads.brought_back());
            if !has_grown || !self.are_due(log.size().max(taken), log_bytes) {
                continue;
            }
            match self.make(log) {
                Ok(()) => {}
                Err(_) if self.ending.is_asked_within(Duration::ZERO) => return,
                Err(error) => {
                    tracing::error!(%error, "no snapshot could be made; the log stays as long as it is");
                    journal.snapshot_failed(error.to_string());
                    wait = PAUSE;
                }
            }
        }
    }

    /// Whether so many bytes that are in none are enough for one, where `usual` are what is said; writers are
    /// told how many are, for the series that there are now.
    fn are_due(&self, held: u64, usual: u64) -> bool {
        if held <= usual {
            return false;
        }
        let enough = enough_for(self.service.series() as u64, usual);
        self.service.journal().expect_snapshots(Some(enough));
        held > enough
    }

    /// Makes a snapshot of what is there now, and forgets the log up to there.
    ///
    /// # Errors
    /// The file system failed, or nothing may be taken for kept. The snapshot before is as it was.
    pub(crate) fn make(&self, log: &Log) -> io::Result<()> {
        let began = std::time::Instant::now();
        let journal = self.service.journal();
        let (taken, brought_back) = (journal.taken(), self.reads.brought_back());
        let frozen = journal.between_changes(|next| (next, self.service.freeze()));
        let Some((next, frozen)) = frozen else {
            return Err(io::Error::other("the server takes nothing any more"));
        };
        // Nobody is told of a snapshot what the log may not have.
        log.wait(next - 1).map_err(io::Error::other)?;
        self.files.make_folder(&self.folder)?;
        // An attempt that failed late may be the one that the manifest names all the same.
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("{next:020}-{attempt}");
        let written = self.write(next, frozen, &prefix).inspect_err(|_| self.clean_up(&prefix));
        let (files, parts) = self.put_in_place(next, written?, log, || {
            // Only now: after a failure it is still too much.
            self.reads.forget_brought_back(brought_back);
            journal.forget_taken(taken);
        })?;
        let seconds = began.elapsed().as_secs_f64();
        tracing::info!(next, files, parts, seconds, "snapshot");
        Ok(())
    }

    /// Makes what was written the snapshot that counts; gives its files and what was moved into them.
    /// Does `then` once that is so, whatever becomes of the log.
    fn put_in_place(
        &self,
        next: u64,
        written: Written,
        log: &Log,
        then: impl FnOnce(),
    ) -> io::Result<(usize, usize)> {
        let Written { moved, opened } = written;
        if let Err(error) = publish(&*self.files, &self.folder) {
            // Which of the two manifests is there nobody knows.
            lock(&self.uncertain).extend(opened);
            return Err(error);
        }
        self.next.store(next, Ordering::Relaxed);
        self.service.move_out(&moved);
        then();
        let (files, parts) = (opened.len(), moved.len());
        self.succeed(opened);
        for path in lock(&self.left).drain(..) {
            if let Err(error) = self.files.remove(&path) {
                tracing::warn!(path = %path.display(), %error, "a file is left behind");
            }
        }
        if let Err(error) = log.forget_before(next) {
            // All is kept, twice. The next snapshot tries again.
            tracing::error!(%error, "the log stays as long as it is");
        }
        Ok((files, parts))
    }

    /// Writes all files of a snapshot, and a manifest that is none yet.
    fn write(&self, next: u64, frozen: Frozen, prefix: &str) -> io::Result<Written> {
        let Frozen { catalog, mut stores } = frozen;
        let is_ended = || self.ending.is_asked_within(Duration::ZERO);
        let prefix = prefix.to_owned();
        let mut writer = Writer::new(&*self.files, &self.folder, prefix, &self.reads, &is_ended);
        writer.survey(stores.iter_mut().map(|(_, store)| store));
        for (_, store) in &mut stores {
            writer.write(store)?;
        }
        let moved = writer.finish()?;
        let index = RefCell::default();
        let manifest = ManifestToWrite::new(next, &self.origin, &catalog, &stores, &index);
        write_manifest(&*self.files, &self.folder, &manifest)?;
        let opened = index.borrow().opened();
        // One of them may have been done with, and be named again.
        opened.iter().for_each(|file| file.be_needed());
        Ok(Written { moved, opened })
    }

    /// Removes the files of an attempt that failed before any manifest could name them.
    fn clean_up(&self, prefix: &str) {
        let names = self.files.list(&self.folder).unwrap_or_default();
        for name in names.iter().filter(|name| name.starts_with(prefix)) {
            if let Err(error) = self.files.remove(&self.folder.join(name)) {
                tracing::warn!(name, %error, "a file is left behind");
            }
        }
    }

    /// From now on these are the files; the others are removed when nobody reads them any more.
    fn succeed(&self, opened: Vec<Arc<SnapshotFile>>) {
        let mut before = std::mem::replace(&mut *lock(&self.current), opened);
        before.append(&mut lock(&self.uncertain));
        let current = lock(&self.current);
        for file in before {
            if !current.iter().any(|other| Arc::ptr_eq(other, &file)) {
                file.be_done_with();
            }
        }
    }

    /// Removes what a snapshot left behind that was not finished, or could not be removed.
    pub(crate) fn tidy(&self) {
        let removed = self.unnamed().and_then(|left| {
            if self.files.may_lose_locks() {
                // Who has lost the lock may be about to name them. It cannot any more when there is a
                // manifest that it has not seen. Until then their names are taken.
                let attempts = left.iter().filter_map(|path| attempt(path)).max();
                self.attempts.store(attempts.map_or(0, |last| last + 1), Ordering::Relaxed);
                *lock(&self.left) = left;
                return Ok(());
            }
            left.iter().try_for_each(|path| self.files.remove(path))
        });
        if let Err(error) = removed {
            tracing::warn!(folder = %self.folder.display(), %error, "files are left behind");
        }
    }

    /// The files that no manifest names.
    fn unnamed(&self) -> io::Result<Vec<PathBuf>> {
        let names = match self.files.list(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            names => names?,
        };
        let mut left = Vec::new();
        let current = lock(&self.current);
        let is_known =
            |name: &str| name == MANIFEST || current.iter().any(|file| file.facts().name == *name);
        for name in names {
            let is_ours = name == UNFINISHED || is_of_one(&name);
            if is_ours && !is_known(&name) {
                left.push(self.folder.join(name));
            }
        }
        Ok(left)
    }
}

/// How many bytes begin a snapshot of so many series where `usual` are what is said.
fn enough_for(series: u64, usual: u64) -> u64 {
    let most = usual.saturating_mul(MOST_TIMES);
    series.saturating_mul(BYTES_EACH_SERIES).clamp(usual, most)
}

/// Whether a file's name is one that snapshots give: the next entry, the attempt, the number of the file.
pub(crate) fn is_of_one(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".parquet") else { return false };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    stem.split('-').count() == 3 && stem.split('-').all(is_number)
}

/// The number of the attempt that a file is of, by its name.
fn attempt(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.split('-').nth(1)?.parse().ok()
}

/// Writes a manifest beside the one that is there.
fn write_manifest(
    files: &dyn Files,
    folder: &Path,
    manifest: &ManifestToWrite<'_>,
) -> io::Result<()> {
    let mut file = files.create(&folder.join(UNFINISHED))?;
    let all = Appended { file: &mut *file, bytes: 0, sum: crc32fast::Hasher::new() };
    let mut all = io::BufWriter::with_capacity(BUFFER, all);
    serde_json::to_writer(&mut all, &Head { format: FORMAT })?;
    all.write_all(b"\n")?;
    serde_json::to_writer(&mut all, manifest)?;
    all.write_all(b"\n")?;
    let Appended { bytes, sum, .. } = all.into_inner().map_err(io::IntoInnerError::into_error)?;
    let mut last = serde_json::to_vec(&Sum { bytes, crc32: sum.finalize() })?;
    last.push(b'\n');
    write_all(&mut *file, bytes, &last)?;
    file.sync()
}

/// Bytes that are written one after another, counted and summed up.
struct Appended<'f> {
    file: &'f mut dyn File,
    bytes: u64,
    sum: crc32fast::Hasher,
}

impl Write for Appended<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_all(self.file, self.bytes, bytes)?;
        self.sum.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes all bytes at a place in a file.
fn write_all(file: &mut dyn File, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(offset, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                offset += count as u64;
                bytes = &bytes[count..];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Puts the manifest that was written in the place of the one before, in one step.
fn publish(files: &dyn Files, folder: &Path) -> io::Result<()> {
    files.rename(&folder.join(UNFINISHED), &folder.join(MANIFEST))?;
    files.sync_folder(folder)
}

impl Ending {
    /// Whether it is, by the time that this has passed.
    fn is_asked_within(&self, time: Duration) -> bool {
        let asked = lock(&self.asked);
        match self.woken.wait_timeout_while(asked, time, |asked| !*asked) {
            Ok((asked, _)) => *asked,
            Err(poisoned) => *poisoned.into_inner().0,
        }
    }

    fn ask(&self) {
        *lock(&self.asked) = true;
        self.woken.notify_all();
    }
}

impl Running {
    /// Ends it, and waits until it has: what it was at is left, and the folder free.
    pub(crate) fn end(mut self) {
        self.ending.ask();
        if let Some(thread) = self.thread.take() {
            // A panic was told by itself.
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.ending.ask();
    }
}

#[cfg(test)]
mod tests;
