//! A server's folder: from the log in it to the state that it had, and from then on into it.

use crate::journal::{self, Origin};
use crate::server::Service;
use std::io;
use std::path::Path;
use write_ahead_log::Log;

/// Does again what the log in the folder says, and makes the server keep what follows. What a new
/// folder begins with is made by `provision`; whether it was new is what is given back. `open_to_all`
/// is that somebody said that no credentials are to be asked for.
///
/// # Errors
/// The folder cannot be used: it is damaged, of a newer format, in use, of another profile, or no
/// folder. The text says what can be done.
pub(crate) fn open(
    folder: &Path,
    origin: &Origin,
    open_to_all: bool,
    service: &Service,
    provision: impl FnOnce(&Service) -> io::Result<()>,
) -> io::Result<bool> {
    if !service.keeps() {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("{} cannot keep its data in a folder yet", origin.profile),
        ));
    }
    let mut lost = Lost::default();
    let redo = |sequence: u64, payload: &[u8]| {
        let done = if sequence == 1 {
            journal::read::<Origin>(payload).and_then(|(made, _)| made.check(origin, open_to_all))
        } else {
            service.redo(payload)
        };
        lost.judge(sequence, done)
    };
    let (log, recovery) = Log::open(folder, journal::options(), redo).map_err(io::Error::other)?;
    lost.tell(folder);
    service.journal().open(log.clone());
    // A start that was cut off may have left the first entry alone.
    if recovery.next_sequence > 2 {
        return Ok(false);
    }
    // Its first entries are on disk before anybody is served.
    if recovery.next_sequence == 1 {
        service.journal().record_origin(origin);
    }
    provision(service)?;
    service.record_beginning();
    log.wait(log.next_sequence() - 1).map_err(io::Error::other)?;
    Ok(true)
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
                "{}: {} entries cannot be done again, since entries before them are lost; the first \
                 is entry {sequence}: {why}",
                folder.display(),
                self.entries
            );
        }
    }
}
