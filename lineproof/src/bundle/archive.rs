//! The archive: the same files at the same time are the same bytes, and it is there whole or not at
//! all.

use crate::exit::Failure;
use flate2::{Compression, GzBuilder};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What a package is called, and its folder inside.
pub(super) struct Name(String);

impl Name {
    /// Of a package that is made at this time.
    pub(super) fn at(at: Timestamp) -> Self {
        // What `date -Iseconds` prints, which the page names it by.
        let time = at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        // Windows knows no colon in a file's name.
        Self(format!("write-issue-{}", if cfg!(windows) { time.replace(':', "-") } else { time }))
    }

    /// Whether there is none of this name yet: asked before anything is sent.
    pub(super) fn free_in(&self, dir: &Path) -> Result<(), Failure> {
        let path = self.path(dir);
        if path.exists() { Err(taken(&path)) } else { Ok(()) }
    }

    fn path(&self, dir: &Path) -> PathBuf {
        dir.join(format!("{}.tar.gz", self.0))
    }
}

fn taken(path: &Path) -> Failure {
    Failure::usage(format!(
        "{} is there already: move it away, or name another folder with --dir",
        path.display()
    ))
}

/// A package that can be written.
pub(super) struct Package {
    name: Name,
    files: Vec<(&'static str, String)>,
    at: Timestamp,
}

impl Package {
    /// Of these files, made at this time.
    pub(super) fn new(name: Name, files: &[(&'static str, String)], at: Timestamp) -> Self {
        Self { name, files: files.to_vec(), at }
    }

    /// What is inside: names and bytes.
    pub(super) fn inside(&self) -> impl Iterator<Item = (String, usize)> {
        self.files.iter().map(|(name, text)| (format!("{}/{name}", self.name.0), text.len()))
    }

    /// Writes it into the folder; what is there stays.
    pub(super) fn write(&self, dir: &Path) -> Result<PathBuf, Failure> {
        let path = self.name.path(dir);
        let fail = |error: io::Error| match error.kind() {
            ErrorKind::AlreadyExists => taken(&path),
            _ => Failure::usage(format!("{}: {error}", path.display())),
        };
        let bytes = self.bytes().map_err(fail)?;
        let mut file =
            tempfile::Builder::new().prefix(".write-issue-").tempfile_in(dir).map_err(fail)?;
        file.write_all(&bytes).and_then(|()| file.as_file().sync_all()).map_err(fail)?;
        file.persist_noclobber(&path).map_err(|error| fail(error.error))?;
        Ok(path)
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        let seconds = u64::try_from(self.at.as_second()).unwrap_or_default();
        let time = u32::try_from(seconds).unwrap_or_default();
        let gzip = GzBuilder::new().mtime(time).write(Vec::new(), Compression::best());
        let mut tar = tar::Builder::new(gzip);
        let header = |kind, mode, size| {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(kind);
            header.set_mode(mode);
            header.set_size(size);
            header.set_mtime(seconds);
            header
        };
        let mut folder = header(tar::EntryType::Directory, 0o755, 0);
        tar.append_data(&mut folder, format!("{}/", self.name.0), io::empty())?;
        for (name, text) in &self.files {
            let mut header = header(tar::EntryType::Regular, 0o644, text.len() as u64);
            tar.append_data(&mut header, format!("{}/{name}", self.name.0), text.as_bytes())?;
        }
        tar.into_inner()?.finish()
    }
}
