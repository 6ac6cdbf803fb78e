//! What the log, and what lies beside it, ask of a file system: so that something else can be in its
//! place, as object storage, or one that fails.

use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// A file system. What a call did is sure to survive a crash only after the matching sync:
/// [`File::sync`] for what is in a file, [`Files::sync_folder`] for which names a folder holds.
pub trait Files: Send + Sync {
    /// Makes a folder and those above it, and syncs the folders in which one was made. A folder
    /// that is there is no error.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// The names in a folder, in any order.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// All that is in a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// How many bytes are in a file.
    fn length(&self, path: &Path) -> io::Result<u64>;
    /// So many bytes of a file from a place on; [`io::ErrorKind::UnexpectedEof`] if it has fewer.
    fn read_at(&self, path: &Path, offset: u64, length: usize) -> io::Result<Vec<u8>>;
    /// Makes an empty file, in the place of one that is there.
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>>;
    /// Opens a file that is there, to be written.
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>>;
    /// Gives a file another name in one step, in the place of a file that has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes what was created, renamed and removed in a folder survive a crash.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Takes a lock that no other holder in any process can have until it is dropped;
    /// [`io::ErrorKind::WouldBlock`] if another has it. The file is made if `create` says so.
    fn lock(&self, path: &Path, create: bool) -> io::Result<Box<dyn Lock>>;
    /// Whether one who has lost the lock and does not know it yet may still write. A log that is
    /// opened here goes on in a new segment, which is the one that the other would begin next: so
    /// one of the two finds it there.
    fn may_lose_locks(&self) -> bool {
        false
    }
}

/// A file that is open for writing.
pub trait File: Send {
    /// Writes at a place in the file and returns how many of the bytes it wrote.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize>;
    /// Cuts the file to a length, or fills it up with zeros.
    fn set_len(&mut self, bytes: u64) -> io::Result<()>;
    /// Returns when content and length would survive a crash.
    fn sync(&mut self) -> io::Result<()>;
}

/// A lock that is held until it is dropped.
pub trait Lock: Send + Sync {}

/// Writes all bytes at a place in the file.
pub(crate) fn write_all(file: &mut dyn File, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(offset, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                offset += written as u64;
                bytes = &bytes[written..];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// How a folder is made: what is in a log is nobody else's business.
fn private_folder() -> fs::DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no modes to set"))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// How a file is made, or emptied.
fn private_file() -> OpenOptions {
    let mut options = private_options();
    options.write(true).create(true).truncate(true);
    options
}

/// What a file that is made may be used for, and by whom.
fn private_options() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no modes to set"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The file system of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFiles;

impl Files for RealFiles {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
            self.make_folder(above)?;
        }
        match private_folder().create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            Err(error) => Err(error),
            Ok(()) => match path.parent() {
                Some(above) if above.as_os_str().is_empty() => self.sync_folder(Path::new(".")),
                Some(above) => self.sync_folder(above),
                None => Ok(()),
            },
        }
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(folder)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        Ok(path.metadata()?.len())
    }

    fn read_at(&self, path: &Path, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        read_exact_at(&fs::File::open(path)?, &mut bytes, offset)?;
        Ok(bytes)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        Ok(Box::new(RealFile(private_file().open(path)?)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        Ok(Box::new(RealFile(OpenOptions::new().write(true).open(path)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    #[cfg(unix)]
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        fs::File::open(folder)?.sync_all()
    }

    // Elsewhere a folder cannot be opened as a file; names survive as the file system has it.
    #[cfg(not(unix))]
    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        Ok(())
    }

    fn lock(&self, path: &Path, create: bool) -> io::Result<Box<dyn Lock>> {
        let mut how = private_options();
        // What only looks takes the lock on a file that it need not be able to write.
        let how = if create { how.create(true).append(true) } else { how.read(true) };
        let file = how.open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(RealLock(file))),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(unix)]
fn read_exact_at(file: &fs::File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn read_exact_at(mut file: &fs::File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset))?;
    io::Read::read_exact(&mut file, bytes)
}

/// A file of the machine.
struct RealFile(fs::File);

impl File for RealFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        self.0.seek(SeekFrom::Start(offset))?;
        self.0.write(bytes)
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// A locked file.
struct RealLock(fs::File);

impl Lock for RealLock {}

impl Drop for RealLock {
    fn drop(&mut self) {
        // To close the file is not enough: a process that is just being started has it open too,
        // until it runs its own program. If this fails, closing lets the lock go in the end.
        let _ = self.0.unlock();
    }
}
