//! A server's folder: from the log in it to the state that it had, and from then on into it.

use crate::journal::{self, Origin};
use crate::server::Service;
use std::io;
use std::path::Path;
use write_ahead_log::Log;

/// Does again what the log in the folder says, and makes the server keep what follows. What a new
/// folder begins with is made by `provision`.
///
/// # Errors
/// The folder cannot be used: it is damaged, of a newer format, in use, of another profile, or no
/// folder. The text says what can be done.
pub(crate) fn open(
    folder: &Path,
    origin: &Origin,
    service: &Service,
    provision: impl FnOnce(&Service) -> io::Result<()>,
) -> io::Result<()> {
    if !service.keeps() {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("{} cannot keep its data in a folder yet", origin.profile),
        ));
    }
    let redo = |sequence: u64, payload: &[u8]| {
        if sequence == 1 {
            let (made, _) = journal::read::<Origin>(payload)?;
            return made.check(origin);
        }
        service.redo(payload)
    };
    let (log, recovery) = Log::open(folder, journal::options(), redo).map_err(io::Error::other)?;
    if let Some(torn) = &recovery.torn {
        let (file, offset, bytes) = (torn.file.display(), torn.offset, torn.bytes);
        tracing::warn!(
            "{file}: {bytes} bytes at {offset} of a write that was not finished are cut off"
        );
    }
    service.journal().open(log.clone());
    if recovery.next_sequence > 1 {
        return Ok(());
    }
    // Its first entries are on disk before anybody is served.
    service.journal().record_origin(origin);
    provision(service)?;
    service.record_beginning();
    log.wait(log.next_sequence() - 1).map_err(io::Error::other)
}
