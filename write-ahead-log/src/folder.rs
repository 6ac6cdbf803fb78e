//! The folder of a log: which files are in it, and what its `FORMAT` file says.

use crate::FORMAT_VERSION;
use crate::error::OpenError;
use crate::fault::Fault;
use crate::files::{Files, Lock, write_all};
use crate::segment;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How the `FORMAT` file begins.
const FORMAT_WORDS: &str = "lineproof write-ahead log, format ";
/// The end of the names of files that are not whole yet.
const UNFINISHED: &str = ".tmp";

/// A folder with a log in it, or one that is to get one.
pub(crate) struct Folder {
    pub(crate) files: Arc<dyn Files>,
    pub(crate) path: PathBuf,
}

/// What the `FORMAT` file holds.
pub(crate) enum Format {
    /// There is no such file.
    Missing,
    /// Something that neither this version nor a newer one wrote.
    Bad,
    /// The log's id.
    Id(u64),
}

/// An error of the file system, with what was to be done.
pub(crate) fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::Io { action, path, source }
}

impl Folder {
    pub(crate) fn new(files: Arc<dyn Files>, path: &Path) -> Self {
        Self { files, path: path.to_owned() }
    }

    /// The folder of the segments.
    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// The file of the segment that begins with this entry.
    pub(crate) fn segment(&self, first: u64) -> PathBuf {
        self.log().join(segment::name(first))
    }

    /// The file that says which format the log has.
    pub(crate) fn format_file(&self) -> PathBuf {
        self.path.join("FORMAT")
    }

    /// Takes the lock; makes its file if `create` says so.
    pub(crate) fn lock(&self, create: bool) -> Result<Box<dyn Lock>, OpenError> {
        let path = self.path.join("lock");
        self.files.lock(&path, create).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => OpenError::InUse { folder: self.path.clone() },
            _ => io_error("lock", &path)(error),
        })
    }

    /// All that is in a file.
    pub(crate) fn read(&self, path: &Path) -> Result<Vec<u8>, OpenError> {
        self.files.read(path).map_err(io_error("read", path))
    }

    /// The first entries of the segments by their names, in order.
    pub(crate) fn segments(&self) -> Result<Vec<u64>, OpenError> {
        let names = match self.files.list(&self.log()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            names => names.map_err(io_error("list", &self.log()))?,
        };
        let mut firsts: Vec<u64> =
            names.iter().filter_map(|name| segment::first_by_name(name)).collect();
        firsts.sort_unstable();
        Ok(firsts)
    }

    /// Whether a folder without `FORMAT` and with these segments is not a log yet: it is empty, or
    /// the making of the log was interrupted.
    pub(crate) fn is_blank(&self, segments: &[u64]) -> Result<bool, OpenError> {
        Ok(match segments {
            [] => true,
            [1] => self.read(&self.segment(1))?.len() <= segment::HEADER,
            _ => false,
        })
    }

    /// Removes files that a crash left unfinished.
    pub(crate) fn remove_unfinished(&self) -> Result<(), OpenError> {
        let log = self.log();
        for name in self.files.list(&log).map_err(io_error("list", &log))? {
            if name.ends_with(UNFINISHED) {
                let path = log.join(name);
                self.files.remove(&path).map_err(io_error("remove", &path))?;
            }
        }
        Ok(())
    }

    /// Writes a file under another name and syncs it; [`Self::finish`] gives it its own.
    pub(crate) fn write_unfinished(&self, path: &Path, parts: &[&[u8]]) -> io::Result<()> {
        let mut file = self.files.create(&unfinished(path))?;
        let mut offset = 0;
        for part in parts {
            write_all(&mut *file, offset, part)?;
            offset += part.len() as u64;
        }
        file.sync()
    }

    /// Gives a file that is written whole its name. A sync of the folder has to follow.
    pub(crate) fn finish(&self, path: &Path) -> io::Result<()> {
        self.files.rename(&unfinished(path), path)
    }

    /// Removes what is left of a file that could not be written whole, if that is possible.
    pub(crate) fn give_up(&self, path: &Path) {
        if let Err(error) = self.files.remove(&unfinished(path)) {
            tracing::warn!(file = %path.display(), %error, "an unfinished file is left");
        }
    }

    /// What the `FORMAT` file holds; a newer format is an error.
    pub(crate) fn format(&self) -> Result<Format, OpenError> {
        let path = self.format_file();
        let bytes = match self.files.read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Format::Missing),
            bytes => bytes.map_err(io_error("read", &path))?,
        };
        // A newer format is free to have anything behind its first line.
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.lines();
        let first_line = lines.next().and_then(|line| line.strip_prefix(FORMAT_WORDS));
        match first_line.and_then(|number| number.parse::<u32>().ok()) {
            Some(found) if found > FORMAT_VERSION => {
                return Err(OpenError::NewerFormat {
                    folder: self.path.clone(),
                    found,
                    known: FORMAT_VERSION,
                });
            }
            Some(FORMAT_VERSION) => {}
            _ => return Ok(Format::Bad),
        }
        let id =
            lines.next().and_then(|line| u64::from_str_radix(line.strip_prefix("id ")?, 16).ok());
        Ok(match id {
            Some(id) if format_text(id).as_bytes() == bytes => Format::Id(id),
            _ => Format::Bad,
        })
    }

    /// Writes the `FORMAT` file, which makes the folder a log.
    pub(crate) fn write_format(&self, id: u64) -> Result<(), OpenError> {
        let path = self.format_file();
        self.write_unfinished(&path, &[format_text(id).as_bytes()])
            .and_then(|()| self.finish(&path))
            .and_then(|()| self.files.sync_folder(&self.path))
            .map_err(io_error("write", &path))
    }

    /// That something in the log is damaged.
    pub(crate) fn damaged(&self, file: PathBuf, offset: usize, what: Fault) -> OpenError {
        OpenError::Damaged { folder: self.path.clone(), file, offset: offset as u64, what }
    }
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(UNFINISHED);
    name.into()
}

/// All of the `FORMAT` file; the checksum tells a changed id.
fn format_text(id: u64) -> String {
    let text = format!("{FORMAT_WORDS}{FORMAT_VERSION}\nid {id:016x}\n");
    format!("{text}checksum {:08x}\n", crc32fast::hash(text.as_bytes()))
}
