//! A disk that exists in memory only: it fails when it is told to, and can lose its power.
//!
//! What is written stays in a cache until it is synced. When the power goes, a random part of what
//! was not synced is kept. A sync that fails forgets what it had to write: the next one does
//! nothing, and yet the cache shows it, as Linux does.

#![allow(dead_code, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;
use write_ahead_log::{File, Files, Lock, Log, OpenError, Options, Recovery};

/// Entries with their sequences.
pub(crate) type Entries = Vec<(u64, Vec<u8>)>;

/// Where the log is on such a disk.
pub(crate) fn folder() -> &'static Path {
    Path::new("/data")
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No space left; nothing is done.
    Full,
    /// An input/output error; it may have been done or not.
    Io,
    /// A write writes a part and says so; the next has no space.
    Short,
    /// A sync fails, and what it had to write is forgotten.
    Sync,
    /// The power goes: from here on nothing works.
    Power,
}

/// How the power treats what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// What was written first, up to any byte.
    Front,
    /// Any of the sectors.
    Sectors,
}

/// A fault at one call, or from it on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) call: usize,
    pub(crate) fault: Fault,
    pub(crate) forever: bool,
}

#[derive(Clone, Default)]
struct Inode {
    cache: Vec<u8>,
    disk: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    SetLen(usize),
}

/// A change of the names in one folder.
#[derive(Clone)]
struct Renaming {
    removed: Option<PathBuf>,
    added: Option<(PathBuf, usize)>,
}

#[derive(Default)]
struct State {
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    names_on_disk: BTreeMap<PathBuf, usize>,
    unsynced: Vec<Renaming>,
    folders: BTreeSet<PathBuf>,
    locked: BTreeSet<PathBuf>,
    plan: Option<Plan>,
    calls: usize,
    fired: bool,
    is_off: bool,
    short: bool,
    random: u64,
    syncs: usize,
    is_gate_shut: bool,
    may_pass: usize,
    at_gate: usize,
}

/// The disk; clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    state: Arc<Mutex<State>>,
    gate: Arc<Condvar>,
}

fn full() -> io::Error {
    io::Error::from_raw_os_error(28)
}

fn broken() -> io::Error {
    io::Error::from_raw_os_error(5)
}

impl State {
    fn random(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as usize % below.max(1)
    }

    /// Counts a call; the fault if it is to fail.
    fn call(&mut self, is_write: bool, is_sync: bool) -> Option<Fault> {
        if self.is_off {
            return Some(Fault::Power);
        }
        self.calls += 1;
        if std::mem::take(&mut self.short) && is_write {
            return Some(Fault::Full);
        }
        let plan = self.plan?;
        let fits = match plan.fault {
            Fault::Short => is_write,
            Fault::Sync => is_sync,
            _ => true,
        };
        if self.calls < plan.call || !fits || (self.fired && !plan.forever) {
            return None;
        }
        self.fired = true;
        self.short = plan.fault == Fault::Short;
        self.is_off = plan.fault == Fault::Power;
        Some(plan.fault)
    }

    /// Does something with the names, or fails before or after it.
    fn rename_call(
        &mut self,
        change: impl FnOnce(&mut Self) -> io::Result<Renaming>,
    ) -> io::Result<()> {
        let fault = self.call(false, false);
        let is_done = match fault {
            None | Some(Fault::Power) => true,
            Some(Fault::Io) => self.random(2) == 0,
            Some(_) => false,
        };
        if is_done {
            let renaming = change(self)?;
            renaming.apply(&mut self.names);
            self.unsynced.push(renaming);
        }
        fault.map_or(Ok(()), |fault| Err(error(fault)))
    }

    /// What of a file is on the disk after the power was gone, or after a sync that failed.
    fn keep_some(&mut self, inode: usize, keeps: Keeps) {
        let changes = std::mem::take(&mut self.inodes[inode].unsynced);
        let kept = self.random(changes.len() + 1);
        for (n, change) in changes.into_iter().enumerate() {
            match (change, keeps) {
                (change, Keeps::Front) if n < kept => change.apply(&mut self.inodes[inode].disk),
                (Change::Write(at, bytes), Keeps::Front) if n == kept => {
                    let length = self.random(bytes.len() + 1);
                    let front = Change::Write(at, bytes[..length].to_vec());
                    front.apply(&mut self.inodes[inode].disk);
                }
                (_, Keeps::Front) => {}
                (Change::Write(at, bytes), Keeps::Sectors) => {
                    let mut start = 0;
                    while start < bytes.len() {
                        let end = bytes.len().min(((at + start) / 512 + 1) * 512 - at);
                        if self.random(2) == 0 {
                            let sector = Change::Write(at + start, bytes[start..end].to_vec());
                            sector.apply(&mut self.inodes[inode].disk);
                        }
                        start = end;
                    }
                }
                (change, Keeps::Sectors) => {
                    if self.random(2) == 0 {
                        change.apply(&mut self.inodes[inode].disk);
                    }
                }
            }
        }
    }

    fn inode(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(_, new) if new.is_empty() => {}
            Self::Write(at, new) => {
                bytes.resize(bytes.len().max(at + new.len()), 0);
                bytes[*at..at + new.len()].copy_from_slice(new);
            }
            Self::SetLen(length) => bytes.resize(*length, 0),
        }
    }
}

impl Renaming {
    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        if let Some(name) = &self.removed {
            names.remove(name);
        }
        if let Some((name, inode)) = &self.added {
            names.insert(name.clone(), *inode);
        }
    }

    fn is_in(&self, folder: &Path) -> bool {
        let added = self.added.as_ref().map(|(name, _)| name);
        self.removed.iter().chain(added).any(|name| name.parent() == Some(folder))
    }
}

fn error(fault: Fault) -> io::Error {
    if matches!(fault, Fault::Full | Fault::Short) { full() } else { broken() }
}

impl Disk {
    /// An empty disk whose chances follow from a seed.
    pub(crate) fn new(seed: u64) -> Self {
        let disk = Self::default();
        disk.state().random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        disk
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// From now on things go wrong as planned.
    pub(crate) fn plan(&self, plan: Plan) {
        let mut state = self.state();
        (state.plan, state.calls, state.fired) = (Some(plan), 0, false);
    }

    /// Nothing goes wrong any more; whether the plan came to something.
    pub(crate) fn mend(&self) -> bool {
        let mut state = self.state();
        (state.plan, state.short) = (None, false);
        state.fired
    }

    /// Takes the power away, and gives it back.
    pub(crate) fn lose_power(&self, keeps: Keeps) {
        let mut state = self.state();
        for inode in 0..state.inodes.len() {
            state.keep_some(inode, keeps);
            let inode = &mut state.inodes[inode];
            inode.cache = inode.disk.clone();
        }
        let renamings = std::mem::take(&mut state.unsynced);
        let kept = state.random(renamings.len() + 1);
        for (n, renaming) in renamings.into_iter().enumerate() {
            let is_kept = match keeps {
                Keeps::Front => n < kept,
                Keeps::Sectors => state.random(2) == 0,
            };
            if is_kept {
                renaming.apply(&mut state.names_on_disk);
            }
        }
        state.names = state.names_on_disk.clone();
        state.locked.clear();
        state.is_off = false;
    }

    /// All that was done so far would survive.
    pub(crate) fn settle(&self) {
        let mut state = self.state();
        for inode in &mut state.inodes {
            inode.unsynced.clear();
            inode.disk = inode.cache.clone();
        }
        state.unsynced.clear();
        state.names_on_disk = state.names.clone();
    }

    /// How many files were synced so far.
    pub(crate) fn syncs(&self) -> usize {
        self.state().syncs
    }

    /// Lets no sync of a file return until the gate is open again.
    pub(crate) fn shut_gate(&self) {
        self.state().is_gate_shut = true;
    }

    /// Returns when a sync waits at the gate.
    pub(crate) fn await_gate(&self) {
        let mut state = self.state();
        while state.at_gate == 0 {
            state = self.gate.wait(state).unwrap();
        }
    }

    /// Lets one sync through the gate that is shut.
    pub(crate) fn pass_one(&self) {
        self.state().may_pass = 1;
        self.gate.notify_all();
    }

    /// Lets syncs go on.
    pub(crate) fn open_gate(&self) {
        self.state().is_gate_shut = false;
        self.gate.notify_all();
    }

    /// The files and what is in them, without the lock.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.state();
        let files = state.names.iter().filter(|(path, _)| !path.ends_with("lock"));
        files.map(|(path, inode)| (path.clone(), state.inodes[*inode].cache.clone())).collect()
    }

    /// A disk that holds these files.
    pub(crate) fn with(files: &BTreeMap<PathBuf, Vec<u8>>) -> Self {
        let disk = Self::new(1);
        disk.make_folder(&folder().join("log")).unwrap();
        for (path, bytes) in files {
            disk.create(path).unwrap().write_at(0, bytes).unwrap();
        }
        disk
    }

    /// Opens the log on this disk.
    pub(crate) fn open_log(&self, options: Options) -> Result<(Log, Recovery, Entries), OpenError> {
        let mut entries = Vec::new();
        let files = Arc::new(self.clone());
        let (log, recovery) =
            Log::open_with(files, folder(), options, |sequence, payload: &[u8]| {
                entries.push((sequence, payload.to_vec()));
                Ok::<_, Infallible>(())
            })?;
        Ok((log, recovery, entries))
    }
}

impl Files for Disk {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        if let Some(fault) = state.call(false, false) {
            return Err(error(fault));
        }
        state.folders.extend(path.ancestors().map(Path::to_owned));
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut state = self.state();
        if let Some(fault) = state.call(false, false) {
            return Err(error(fault));
        }
        if !state.folders.contains(folder) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let names = state.names.keys().filter(|name| name.parent() == Some(folder));
        Ok(names.map(|name| name.file_name().unwrap().to_str().unwrap().to_owned()).collect())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut state = self.state();
        if let Some(fault) = state.call(false, false) {
            return Err(error(fault));
        }
        state.inode(path).map(|inode| state.inodes[inode].cache.clone())
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        self.read(path).map(|bytes| bytes.len() as u64)
    }

    fn read_at(&self, path: &Path, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let bytes = self.read(path)?;
        let stretch = bytes.get(offset as usize..).and_then(|rest| rest.get(..length));
        stretch.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut state = self.state();
        state.rename_call(|state| {
            state.inodes.push(Inode::default());
            let inode = state.inodes.len() - 1;
            Ok(Renaming { removed: None, added: Some((path.to_owned(), inode)) })
        })?;
        let inode = state.inode(path)?;
        Ok(Box::new(DiskFile { disk: self.clone(), inode }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut state = self.state();
        if let Some(fault) = state.call(false, false) {
            return Err(error(fault));
        }
        let inode = state.inode(path)?;
        Ok(Box::new(DiskFile { disk: self.clone(), inode }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.state().rename_call(|state| {
            let added = Some((to.to_owned(), state.inode(from)?));
            Ok(Renaming { removed: Some(from.to_owned()), added })
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.state().rename_call(|state| {
            state.inode(path)?;
            Ok(Renaming { removed: Some(path.to_owned()), added: None })
        })
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        if let Some(fault) = state.call(false, true) {
            return Err(error(fault));
        }
        let renamings = std::mem::take(&mut state.unsynced);
        for renaming in renamings {
            if renaming.is_in(folder) {
                renaming.apply(&mut state.names_on_disk);
            } else {
                state.unsynced.push(renaming);
            }
        }
        Ok(())
    }

    fn lock(&self, path: &Path, create: bool) -> io::Result<Box<dyn Lock>> {
        let mut state = self.state();
        if let Some(fault) = state.call(false, false) {
            return Err(error(fault));
        }
        if !create && state.inode(path).is_err() {
            return Err(io::ErrorKind::NotFound.into());
        }
        if !state.locked.insert(path.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if state.inode(path).is_err() {
            state.inodes.push(Inode::default());
            let inode = state.inodes.len() - 1;
            state.names.insert(path.to_owned(), inode);
        }
        Ok(Box::new(DiskLock { disk: self.clone(), path: path.to_owned() }))
    }
}

struct DiskFile {
    disk: Disk,
    inode: usize,
}

impl DiskFile {
    fn change(state: &mut State, inode: usize, change: Change) {
        let inode = &mut state.inodes[inode];
        change.apply(&mut inode.cache);
        inode.unsynced.push(change);
    }
}

impl File for DiskFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        let fault = state.call(true, false);
        let written = match fault {
            None | Some(Fault::Power) => bytes.len(),
            Some(Fault::Short) => bytes.len() / 2,
            Some(Fault::Io) => state.random(bytes.len() + 1),
            Some(_) => 0,
        };
        let change = Change::Write(offset as usize, bytes[..written].to_vec());
        Self::change(&mut state, self.inode, change);
        match fault {
            None => Ok(written),
            Some(Fault::Short) if written > 0 => Ok(written),
            Some(fault) => Err(error(fault)),
        }
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        let fault = state.call(false, false);
        if fault.is_none() || fault == Some(Fault::Power) {
            Self::change(&mut state, self.inode, Change::SetLen(bytes as usize));
        }
        fault.map_or(Ok(()), |fault| Err(error(fault)))
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        state.at_gate += 1;
        self.disk.gate.notify_all();
        // A test that fails with the gate shut must end all the same.
        let deadline = Duration::from_secs(10);
        let is_shut = |state: &mut State| state.is_gate_shut && state.may_pass == 0;
        (state, _) = self.disk.gate.wait_timeout_while(state, deadline, is_shut).unwrap();
        state.may_pass = state.may_pass.saturating_sub(1);
        state.at_gate -= 1;
        match state.call(false, true) {
            Some(Fault::Power) => return Err(broken()),
            Some(fault) => {
                // Forgotten: neither on the disk nor to be written by the next sync.
                state.keep_some(self.inode, Keeps::Sectors);
                return Err(error(fault));
            }
            None => {}
        }
        state.syncs += 1;
        let inode = &mut state.inodes[self.inode];
        for change in std::mem::take(&mut inode.unsynced) {
            change.apply(&mut inode.disk);
        }
        Ok(())
    }
}

struct DiskLock {
    disk: Disk,
    path: PathBuf,
}

impl Lock for DiskLock {}

impl Drop for DiskLock {
    fn drop(&mut self) {
        self.disk.state().locked.remove(&self.path);
    }
}
