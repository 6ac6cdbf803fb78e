//! Why a log cannot be opened, written or waited for.

use crate::fault::Fault;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a log cannot be opened, looked at or repaired.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another log, in this process or another, has the folder open.
    #[error("{} is in use by another process; stop it, or use another folder", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no log in the folder (only [`crate::verify`] and [`crate::repair`] say this).
    #[error("there is no log in {}; check the name of the folder", folder.display())]
    NoLog {
        /// The folder.
        folder: PathBuf,
    },
    /// A newer version of this program made the log.
    #[error(
        "{} has format {found}, and this version knows up to {known}; use a newer version",
        folder.display()
    )]
    NewerFormat {
        /// The folder.
        folder: PathBuf,
        /// The version of the log's format.
        found: u32,
        /// The newest version that is known here.
        known: u32,
    },
    /// Something that was on disk is gone or was changed.
    #[error(
        "{} is damaged at byte {offset}: {what}; see what is lost with \
         `lineproof data verify {1}`, then keep the rest with `lineproof data repair {1}`",
        file.display(),
        folder.display()
    )]
    Damaged {
        /// The folder of the log.
        folder: PathBuf,
        /// The file in it.
        file: PathBuf,
        /// Where in the file the damage begins, in bytes.
        offset: u64,
        /// What is wrong there.
        what: Fault,
    },
    /// The caller's `replay` failed.
    #[error("entry {sequence} of the log cannot be used, nothing was changed: {source}")]
    Replay {
        /// The sequence of the entry.
        sequence: u64,
        /// What `replay` said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file system failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What could not be done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The first failure of the disk, after which a log is read-only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    kind: io::ErrorKind,
    text: Arc<str>,
}

impl Failure {
    pub(crate) fn new(action: &str, error: &io::Error) -> Self {
        Self { kind: error.kind(), text: format!("{action}: {error}").into() }
    }

    /// What kind of failure it was, as [`io::ErrorKind::StorageFull`].
    pub fn kind(&self) -> io::ErrorKind {
        self.kind
    }
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        Self::new(failure.kind, failure.to_string())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why an entry is not taken. Nothing was written and no sequence was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The disk is behind. Later there may be room again.
    #[error("{waiting} bytes wait for the disk, more than the {limit} that may; try again later")]
    Full {
        /// The bytes that wait, with the headers of their frames.
        waiting: usize,
        /// [`crate::Options::waiting_bytes`].
        limit: usize,
    },
    /// The entry is larger than any may be.
    #[error("an entry of {bytes} bytes is longer than the longest, {limit}; split it")]
    TooLong {
        /// The length of the entry.
        bytes: usize,
        /// [`crate::Options::largest_entry`].
        limit: usize,
    },
    /// What it is kept on has failed, and the log takes nothing until it is opened again.
    #[error(
        "the log is read-only since it could not be written ({why}); mend that and start again"
    )]
    ReadOnly {
        /// The failure.
        why: Failure,
    },
}

/// The entry is not known to be on disk: it may be there after a restart, or not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the entry is not known to be on disk ({why})")]
pub struct Failed {
    /// The failure of the disk.
    pub why: Failure,
}
