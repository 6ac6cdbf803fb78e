//! A server's folder, on whatever file system: from snapshot and log in it to the state that it had, and from then on into them.

use crate::journal::{self, Origin};
use crate::server::Service;
use crate::snapshots::{self, Snapshots};
use crate::store::snapshot::Reads;
use profiles::storage::Storage;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use write_ahead_log::{Files, Log, OpenError, Options};

/// How often a start that takes long says how far it is.
const TELL: Duration = Duration::from_secs(2);

/// What is to be opened.
pub(crate) struct Opening {
    /// The file system.
    pub(crate) files: Arc<dyn Files>,
    /// The server's folder on it.
    pub(crate) folder: PathBuf,
    /// What the server is.
    pub(crate) origin: Origin,
    /// Whether somebody said that no credentials are to be asked for.
    pub(crate) open_to_all: bool,
    /// How long the log becomes, in bytes, before there is a snapshot.
    pub(crate) log_bytes: u64,
    /// How the product stores points.
    pub(crate) storage: &'static Storage,
}

/// A folder that is open.
pub(crate) struct Opened {
    /// Whether there was nothing in it.
    pub(crate) was_new: bool,
    /// Makes its log shorter from now on.
    pub(crate) snapshots: snapshots::Running,
}

/// Takes what the snapshot in the folder has, does again what the log says from there on, and makes the
/// server keep what follows. What a new folder begins with is made by `provision`.
///
/// # Errors
/// The folder cannot be used: it is damaged, of a newer format, in use, of another profile, or no
/// folder. The text says what can be done.
pub(crate) fn open(
    opening: Opening,
    service: &Arc<Service>,
    provision: impl FnOnce(&Service) -> io::Result<()>,
) -> io::Result<Opened> {
    let Opening { files, folder, origin, open_to_all, log_bytes, storage } = opening;
    let folder = folder.as_path();
    let reads = Arc::new(Reads::on(Arc::clone(&files)));
    let mut made_as = None;
    let restored = snapshots::find(&*files, folder).and_then(|found| {
        let Some(found) = found else {
            check_that_nothing_is_lost(&*files, folder)?;
            return Ok((1, Vec::new()));
        };
        let checked = found.origin().check(&origin, open_to_all);
        checked.map_err(|why| refused(folder, &why))?;
        made_as = Some(found.origin().clone());
        Ok((found.next(), found.restore(folder, storage, service, &reads)?))
    });
    let (next, current) = restored.map_err(|error| in_use(&*files, folder).unwrap_or(error))?;
    let mut lost = Lost::after(next - 1);
    let mut told = Instant::now();
    let redo = |sequence: u64, payload: &[u8]| {
        if told.elapsed() > TELL {
            told = Instant::now();
            tracing::info!(folder = %folder.display(), sequence, "doing the log again");
        }
        // The snapshot has it.
        if sequence < next {
            return Ok(());
        }
        let done = if sequence == 1 {
            journal::read::<Origin>(payload).and_then(|(made, _)| {
                made.check(&origin, open_to_all)?;
                made_as = Some(made);
                Ok(())
            })
        } else {
            let done = service.redo(payload);
            service.journal().is_whole().and(done)
        };
        lost.judge(sequence, done)
    };
    let options = Options { next_at_least: next, ..journal::options_for(log_bytes) };
    let (log, recovery) =
        Log::open_with(Arc::clone(&files), folder, options, redo).map_err(io::Error::other)?;
    // The folder is ours only from here on: another server may have used it a moment ago.
    if snapshots::find(&*files, folder)?.map_or(1, |found| found.next()) != next {
        return Err(refused(folder, "another server has just used it; start again"));
    }
    // Those that a repair could not keep are another matter, and were told.
    if recovery.follows >= next {
        let last = recovery.follows;
        let why = format!(
            "the entries {next} to {last} of its log are gone, and no snapshot has them: is its \
             snapshots/manifest.json lost?"
        );
        return Err(refused(folder, &why));
    }
    lost.tell(folder);
    service.journal().open(log.clone(), Arc::clone(&reads));
    // A start that was cut off may have left the first entry alone.
    let was_new = next == 1 && recovery.next_sequence <= 2;
    if was_new {
        // Its first entries are on disk before anybody is served.
        if recovery.next_sequence == 1 {
            service.journal().record_origin(&origin);
        }
        provision(service)?;
        service.record_beginning();
        log.wait(log.next_sequence() - 1).map_err(io::Error::other)?;
    }
    // What a crash left of a log that was to be forgotten.
    if let Err(error) = log.forget_before(next) {
        tracing::warn!(folder = %folder.display(), %error, "the log stays longer than it need be");
    }
    let made_as = made_as.unwrap_or(origin);
    let on = Arc::clone(service);
    let snapshots = Snapshots::new(files, folder, on, made_as, reads, next, current);
    if recovery.lost == 0 {
        snapshots.tidy();
    }
    Ok(Opened { was_new, snapshots: snapshots.run(log, log_bytes)? })
}

fn refused(folder: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", folder.display()))
}

/// That a folder without a snapshot is one of ours, or empty: nobody's files are to be among a server's, which
/// removes what it does not know.
fn check_that_nothing_is_lost(files: &dyn Files, folder: &Path) -> io::Result<()> {
    let is_missing = |path: &Path| {
        files.length(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    };
    if !is_missing(&folder.join("FORMAT")) {
        return Ok(());
    }
    // What cannot be listed is told by who writes there.
    let names = files.list(folder).unwrap_or_default();
    // Those that a start makes before FORMAT, and those of file systems.
    let is_foreign = |name: &&String| {
        let ours = ["FORMAT.tmp", "lock", "log", snapshots::FOLDER, "lost+found"];
        !ours.contains(&name.as_str()) && !name.starts_with('.')
    };
    if let Some(name) = names.iter().find(is_foreign) {
        let why = format!(
            "it is no folder of lineproof's (there is no FORMAT), and not empty: there is {name:?}; name an \
             empty folder, or one that is not there yet"
        );
        return Err(refused(folder, &why));
    }
    let left = files.list(&folder.join(snapshots::FOLDER)).unwrap_or_default();
    if left.iter().any(|name| snapshots::is_of_one(name)) {
        let why = "FORMAT and snapshots/manifest.json are lost, and without them the files in snapshots/ cannot \
                   be served: put a copy of the folder in its place, or name an empty one";
        return Err(refused(folder, why));
    }
    Ok(())
}

/// That another server uses the folder, and so may have changed it under our eyes.
fn in_use(files: &dyn Files, folder: &Path) -> Option<io::Error> {
    // Nothing is opened that nobody holds: that would change it.
    let held = files.lock(&folder.join("lock"), false).err()?;
    if held.kind() != io::ErrorKind::WouldBlock {
        return None;
    }
    Some(io::Error::other(OpenError::InUse { folder: folder.to_owned() }))
}

/// What cannot be done again since what it rests on is lost: a repair keeps every entry that can be
/// read, and a batch may be there whose database is not.
#[derive(Default)]
struct Lost {
    /// The sequence of the last entry.
    last: u64,
    /// Whether entries are missing before it.
    is_after_a_gap: bool,
    /// How many entries could not be done.
    entries: u64,
    /// The first of them, and why.
    first: Option<(u64, String)>,
}

impl Lost {
    /// Entries are expected from the one behind this on.
    fn after(last: u64) -> Self {
        Self { last, ..Self::default() }
    }

    /// Passes on what came of an entry; a failure behind a gap is no reason to lose the rest as well.
    fn judge(&mut self, sequence: u64, done: Result<(), String>) -> Result<(), String> {
        self.is_after_a_gap |= sequence != self.last + 1;
        self.last = sequence;
        match done {
            Err(why) if self.is_after_a_gap => {
                self.entries += 1;
                self.first.get_or_insert((sequence, why));
                Ok(())
            }
            done => done,
        }
    }

    fn tell(&self, folder: &Path) {
        if let Some((sequence, why)) = &self.first {
            tracing::warn!(
                "{}: {} entries cannot be done again as they were, since entries before them are lost; \
                 the first is entry {sequence}: {why}",
                folder.display(),
                self.entries
            );
        }
    }
}
