//! A folder of files in object storage, for a write-ahead log and what lies beside it.
//!
//! Object storage has no locks, no appending and no renaming, and two may think that they are the
//! only one. So:
//!
//! | what | is |
//! |---|---|
//! | a file that grows (`*.wal`) | a folder of objects, one for each sync, numbered: see `parts.rs` |
//! | a file that is not whole yet (`*.tmp`) | bytes in memory; an object when it gets its name |
//! | any other file | an object, put when it is synced; a large one is sent in pieces before |
//! | `lock` | an object that its holder writes anew every few seconds: see `lease.rs` |
//!
//! No object is written that may be another's: what is new is put only where there is nothing
//! (`If-None-Match`), what is replaced only where it is what was read (`If-Match`). A store that does
//! not keep to that is refused when the lock is taken. Who finds something in the place of what it
//! wanted to write has lost the lock, whatever it thinks, and writes no more. The parts of a log
//! have numbers without a gap, and the first thing that a new holder does is to take the next one.
//!
//! Requests are made on threads of their own: any thread may wait for them, also one of another
//! runtime. Each has a limit of time, after which it has failed.

mod blocks;
mod bridge;
mod lease;
mod objects;
mod parts;
mod s3;
mod whole;

pub use s3::{BadUrl, s3};

use blocks::Blocks;
use bridge::Bridge;
use lease::Lease;
use object_store::ObjectStore;
use object_store::path::Path as ObjectPath;
use objects::{Objects, Version, io_error};
use parts::{PartsFile, View};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use whole::{UnfinishedFile, WholeFile};
use write_ahead_log::{File, Files, Lock};

/// How long things take.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// For so long nobody else takes the lock of one who does not renew it. Its holder renews it five
    /// times as often, and believes in it for a fifth less.
    pub lease: Duration,
    /// After so long a request has failed; one with many bytes has a second more for each MiB.
    pub limit: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { lease: Duration::from_secs(10), limit: Duration::from_secs(30) }
    }
}

/// How long the mark of a removed file stays, so that nobody who was late makes one of its name.
const MARKED: Duration = Duration::from_secs(3600);

/// What is longer is not kept when it was read.
const LONG: usize = 4 << 20;

/// Files in object storage, under one prefix. When it is dropped, what runs in the background ends.
pub struct ObjectFiles {
    shared: Arc<Shared>,
    bridge: Arc<Bridge>,
}

/// What the files share.
struct Shared {
    objects: Objects,
    times: Times,
    /// The name of the prefix, as it is told.
    root: PathBuf,
    /// The prefix.
    prefix: ObjectPath,
    /// Of all that write another one.
    writer: u64,
    lease: Mutex<Option<Arc<Lease>>>,
    /// The objects that were read or written, and so may be replaced.
    versions: Mutex<HashMap<ObjectPath, Version>>,
    /// The same of files in parts.
    views: Mutex<HashMap<ObjectPath, View>>,
    /// What was read of files that do not change any more.
    blocks: Mutex<Blocks>,
    /// What is not whole yet.
    unfinished: Mutex<HashMap<PathBuf, Vec<u8>>>,
    /// Files that were removed, when, and the marks that say so.
    removed: Mutex<VecDeque<(Instant, ObjectPath)>>,
}

/// How a file is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Parts,
    Unfinished,
    Whole,
}

impl Kind {
    fn of(path: &Path) -> Self {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("wal") => Self::Parts,
            Some("tmp") => Self::Unfinished,
            _ => Self::Whole,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The object of a file.
    fn object(&self, path: &Path) -> io::Result<ObjectPath> {
        let inside = path.strip_prefix(&self.root).map_err(io::Error::other)?;
        let mut object = self.prefix.clone();
        for part in inside {
            object = object.join(part.to_string_lossy().as_ref());
        }
        Ok(object)
    }

    /// That nobody else can have the lock.
    fn ensure_held(&self) -> io::Result<()> {
        match &*lock(&self.lease) {
            Some(lease) => lease.ensure_held(),
            None => Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "nothing is written without the lock",
            )),
        }
    }

    /// Puts an object of which another version is there only if it was read.
    async fn put(&self, object: &ObjectPath, bytes: Vec<u8>) -> io::Result<()> {
        let known = lock(&self.versions).get(object).cloned();
        let version = match known {
            Some(version) => self.objects.replace(object, bytes, version).await?,
            None => self.objects.create(object, bytes).await?,
        };
        lock(&self.versions).insert(object.clone(), version);
        Ok(())
    }

    /// All of an object.
    async fn get(&self, object: &ObjectPath) -> io::Result<Vec<u8>> {
        match self.objects.get(object).await {
            Ok((bytes, version)) => {
                lock(&self.versions).insert(object.clone(), version);
                Ok(bytes)
            }
            Err(error) => {
                if error.kind() == io::ErrorKind::NotFound {
                    lock(&self.versions).remove(object);
                }
                Err(error)
            }
        }
    }

    /// All of a file in parts.
    async fn read_parts(&self, folder: &ObjectPath) -> io::Result<Vec<u8>> {
        let found = parts::read(&self.objects, folder).await;
        match found {
            Ok((bytes, view)) => {
                lock(&self.views).insert(folder.clone(), view);
                Ok(bytes)
            }
            Err(error) => {
                lock(&self.views).remove(folder);
                Err(error)
            }
        }
    }

    /// Makes these bytes all that is in a file in parts, in one step.
    async fn replace_parts(
        &self,
        folder: &ObjectPath,
        bytes: &[u8],
    ) -> io::Result<Vec<ObjectPath>> {
        let next = lock(&self.views).get(folder).map_or(0, |view| view.next);
        let part = parts::part(self.writer, 0, bytes);
        self.objects.create(&parts::name(folder, next), part).await?;
        let view = View { next: next + 1, length: bytes.len() as u64 };
        lock(&self.views).insert(folder.clone(), view);
        // What is before it does not count any more.
        if next == 0 {
            return Ok(Vec::new());
        }
        let before = self.objects.list(folder).await.unwrap_or_default().into_iter();
        let before = before.filter(|found| parts::number(&found.at).is_some_and(|n| n < next));
        Ok(before.map(|found| found.at).collect())
    }

    /// So many bytes of an object that does not change; reads the blocks around them.
    async fn read_around(
        &self,
        object: &ObjectPath,
        offset: u64,
        length: usize,
    ) -> io::Result<Vec<u8>> {
        let around = blocks::around(offset, length);
        let start = around.start * blocks::BLOCK;
        let read = self.objects.read_most(object, start..around.end * blocks::BLOCK).await?;
        lock(&self.blocks).put(object, around.start, &read);
        let place = usize::try_from(offset - start).map_err(io::Error::other)?;
        let found = read.get(place..).and_then(|rest| rest.get(..length));
        found.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// The names of the files in a folder, and what is left of files that are not there any more.
    async fn list(&self, folder: &ObjectPath) -> io::Result<(Vec<String>, Vec<ObjectPath>)> {
        let found = self.objects.list(folder).await?;
        let inside = |at: &ObjectPath| {
            let parts: Option<Vec<String>> =
                at.prefix_match(folder).map(|parts| parts.map(|p| p.as_ref().to_owned()).collect());
            parts.unwrap_or_default()
        };
        let mut names = BTreeSet::new();
        let mut gone = BTreeSet::new();
        for object in &found {
            match inside(&object.at).as_slice() {
                [name] => drop(names.insert(name.clone())),
                [name, part] if Kind::of(Path::new(name)) == Kind::Parts => {
                    if part == parts::REMOVED {
                        gone.insert(name.clone());
                    }
                    names.insert(name.clone());
                }
                _ => {}
            }
        }
        names.retain(|name| !gone.contains(name));
        let is_left = |object: &&objects::Found| {
            let inside = inside(&object.at);
            let of_removed = inside.first().is_some_and(|name| gone.contains(name));
            let is_mark = inside.last().is_some_and(|part| part == parts::REMOVED);
            of_removed && (!is_mark || object.age() > MARKED)
        };
        let left = found.iter().filter(is_left).map(|object| object.at.clone()).collect();
        Ok((names.into_iter().collect(), left))
    }
}

impl ObjectFiles {
    /// Files under this prefix of a store; `root` is how the prefix is told, and what all paths begin
    /// with.
    ///
    /// # Errors
    /// No thread can be made.
    pub fn new(
        store: Arc<dyn ObjectStore>,
        prefix: ObjectPath,
        root: impl Into<PathBuf>,
        times: Times,
    ) -> io::Result<Self> {
        let shared = Shared {
            objects: Objects::new(store, times.limit),
            times,
            root: root.into(),
            prefix,
            writer: objects::chance(),
            lease: Mutex::default(),
            versions: Mutex::default(),
            views: Mutex::default(),
            blocks: Mutex::default(),
            unfinished: Mutex::default(),
            removed: Mutex::default(),
        };
        Ok(Self { shared: Arc::new(shared), bridge: Arc::new(Bridge::new()?) })
    }

    /// Does this with what the files share, and waits for it.
    fn wait<T, W>(&self, work: impl FnOnce(Arc<Shared>) -> W) -> io::Result<T>
    where
        T: Send + 'static,
        W: Future<Output = io::Result<T>> + Send + 'static,
    {
        self.bridge.wait(work(Arc::clone(&self.shared)))
    }

    /// Removes objects that mean nothing any more, while others go on.
    fn remove_later(&self, objects: Vec<ObjectPath>) {
        remove_later(&self.bridge, &self.shared, objects);
    }
}

/// Removes objects that mean nothing any more. If that fails, some are left, which a later start
/// removes or nobody minds.
fn remove_later(bridge: &Bridge, shared: &Arc<Shared>, objects: Vec<ObjectPath>) {
    if objects.is_empty() || shared.ensure_held().is_err() {
        return;
    }
    let shared = Arc::clone(shared);
    bridge.spawn(async move {
        if let Err(error) = shared.objects.remove(objects).await {
            tracing::warn!(%error, "objects are left behind");
        }
    });
}

impl Files for ObjectFiles {
    fn make_folder(&self, _path: &Path) -> io::Result<()> {
        // There are no folders: a name may have any prefix.
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let folder = self.shared.object(folder)?;
        let (names, left) = self.wait(|shared| async move { shared.list(&folder).await })?;
        self.remove_later(left);
        Ok(names)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let object = self.shared.object(path)?;
        match Kind::of(path) {
            Kind::Unfinished => {
                lock(&self.shared.unfinished).get(path).cloned().ok_or_else(not_found)
            }
            Kind::Parts => self.wait(|shared| async move { shared.read_parts(&object).await }),
            Kind::Whole => self.wait(|shared| async move { shared.get(&object).await }),
        }
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        if Kind::of(path) != Kind::Whole {
            return Ok(self.read(path)?.len() as u64);
        }
        let object = self.shared.object(path)?;
        self.wait(|shared| async move { shared.objects.length(&object).await })
    }

    fn read_at(&self, path: &Path, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        if Kind::of(path) != Kind::Whole {
            let bytes = self.read(path)?;
            let stretch = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..));
            let stretch = stretch.and_then(|rest| rest.get(..length));
            return stretch.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
        }
        if length == 0 {
            return Ok(Vec::new());
        }
        let object = self.shared.object(path)?;
        if length > LONG {
            return self.wait(|shared| async move {
                shared.objects.read_at(&object, offset, length).await
            });
        }
        if let Some(bytes) = lock(&self.shared.blocks).get(&object, offset, length) {
            return Ok(bytes);
        }
        self.wait(|shared| async move { shared.read_around(&object, offset, length).await })
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let object = self.shared.object(path)?;
        let (shared, bridge) = (Arc::clone(&self.shared), Arc::clone(&self.bridge));
        Ok(match Kind::of(path) {
            Kind::Unfinished => Box::new(UnfinishedFile::new(shared, path.to_owned())),
            Kind::Whole => Box::new(WholeFile::new(shared, bridge, object)),
            // A log makes its segments under other names.
            Kind::Parts => return Err(io::ErrorKind::Unsupported.into()),
        })
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        if Kind::of(path) != Kind::Parts {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let object = self.shared.object(path)?;
        // What was read is what counts: whatever came since then is another's.
        let known = lock(&self.shared.views).get(&object).copied();
        let view = match known {
            Some(view) => view,
            None => {
                self.read(path)?;
                lock(&self.shared.views).get(&object).copied().ok_or_else(not_found)?
            }
        };
        let (shared, bridge) = (Arc::clone(&self.shared), Arc::clone(&self.bridge));
        Ok(Box::new(PartsFile::new(shared, bridge, object, view)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if Kind::of(from) != Kind::Unfinished {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let bytes = lock(&self.shared.unfinished).get(from).cloned().ok_or_else(not_found)?;
        let object = self.shared.object(to)?;
        self.shared.ensure_held()?;
        match Kind::of(to) {
            Kind::Unfinished => {
                lock(&self.shared.unfinished).insert(to.to_owned(), bytes);
            }
            Kind::Whole => {
                lock(&self.shared.blocks).forget(&object);
                self.wait(|shared| async move { shared.put(&object, bytes).await })?;
            }
            Kind::Parts => {
                let before =
                    self.wait(|shared| async move { shared.replace_parts(&object, &bytes).await })?;
                self.remove_later(before);
            }
        }
        // What took longer than the lock was sure to be held may be another's to say.
        self.shared.ensure_held()?;
        lock(&self.shared.unfinished).remove(from);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let object = self.shared.object(path)?;
        if Kind::of(path) == Kind::Unfinished {
            return lock(&self.shared.unfinished).remove(path).map(drop).ok_or_else(not_found);
        }
        self.shared.ensure_held()?;
        if Kind::of(path) == Kind::Whole {
            lock(&self.shared.versions).remove(&object);
            lock(&self.shared.blocks).forget(&object);
            return self.wait(|shared| async move { shared.objects.remove(vec![object]).await });
        }
        // In one step: a log of which some is gone is damaged.
        let mark = object.clone().join(parts::REMOVED);
        let folder = object.clone();
        let left = self.wait(|shared| async move {
            let content = format!("removed by {:016x}\n", shared.writer).into_bytes();
            match shared.objects.create(&mark, content).await {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => drop(created?),
            }
            let parts = shared.objects.list(&folder).await.unwrap_or_default().into_iter();
            Ok(parts.map(|part| part.at).filter(|part| *part != mark).collect::<Vec<_>>())
        })?;
        lock(&self.shared.views).remove(&object);
        self.remove_later(left);
        let mut removed = lock(&self.shared.removed);
        removed.push_back((Instant::now(), object.join(parts::REMOVED)));
        let mut old = Vec::new();
        while removed.front().is_some_and(|(when, _)| when.elapsed() > MARKED) {
            old.extend(removed.pop_front().map(|(_, mark)| mark));
        }
        drop(removed);
        self.remove_later(old);
        Ok(())
    }

    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        // What was done is done for all.
        Ok(())
    }

    fn lock(&self, path: &Path, create: bool) -> io::Result<Box<dyn Lock>> {
        let object = self.shared.object(path)?;
        let lease = self.wait(|shared| async move {
            let told = shared.root.display().to_string();
            Lease::take(&shared.objects, object, create, shared.times, shared.writer, &told).await
        })?;
        let renewing = self.bridge.spawn_apart(Arc::clone(&lease).renew());
        *lock(&self.shared.lease) = Some(Arc::clone(&lease));
        let (shared, bridge) = (Arc::clone(&self.shared), Arc::clone(&self.bridge));
        Ok(Box::new(HeldLock { lease, renewing, shared, bridge }))
    }

    fn may_lose_locks(&self) -> bool {
        true
    }
}

/// The lock, held until this is dropped.
struct HeldLock {
    lease: Arc<Lease>,
    renewing: tokio::task::JoinHandle<()>,
    shared: Arc<Shared>,
    bridge: Arc<Bridge>,
}

impl Lock for HeldLock {}

impl Drop for HeldLock {
    fn drop(&mut self) {
        self.bridge.finish(self.shared.times.limit);
        let mut held = lock(&self.shared.lease);
        if held.as_ref().is_some_and(|held| Arc::ptr_eq(held, &self.lease)) {
            *held = None;
        }
        drop(held);
        self.renewing.abort();
        let lease = Arc::clone(&self.lease);
        if let Err(error) = self.bridge.wait(async move { lease.give_back().await }) {
            // It runs out by itself.
            tracing::warn!(%error, "the lock is not given back; the next start has to wait for a while");
        }
    }
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}
