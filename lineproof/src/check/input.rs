//! A file or standard input, as bytes.
//!
//! All of it is held in memory: a quoted string may reach over any number of lines, and the carets
//! need the line. What does not say how large it is (a pipe, gzip) is read up to a limit.

use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

/// How much is taken from a pipe, or inflated.
const LIMIT: u64 = 1 << 30;

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What is checked.
#[derive(Debug)]
pub(crate) struct Source {
    /// How it is named in reports.
    pub(crate) name: String,
    pub(crate) is_file: bool,
    pub(crate) bytes: Vec<u8>,
}

/// Reads what the user has named.
pub(crate) fn read(path: &Path) -> Result<Source, String> {
    let is_file = path != Path::new("-");
    let bytes = if is_file { from_file(path) } else { from_stdin() };
    bytes.map(|bytes| Source { name: name(path), is_file, bytes }).map_err(|error| {
        // Without `(os error 2)`, which tells nobody anything.
        let text = error.to_string();
        text.split(" (os error").next().unwrap_or(&text).to_owned()
    })
}

/// How it is named in reports.
pub(crate) fn name(path: &Path) -> String {
    if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() }
}

fn from_file(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    let (limit, room) = if about.is_file() { (u64::MAX, about.len()) } else { (LIMIT, 0) };
    inflated(file, limit, room)
}

fn from_stdin() -> io::Result<Vec<u8>> {
    let stdin = io::stdin().lock();
    if stdin.is_terminal() {
        eprintln!("lineproof: reading line protocol from the terminal, until Ctrl-D");
    }
    inflated(stdin, LIMIT, 0)
}

fn inflated(mut from: impl Read, limit: u64, room: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    (&mut from).take(GZIP.len() as u64).read_to_end(&mut bytes)?;
    if bytes == GZIP {
        let inflater = MultiGzDecoder::new(GZIP.chain(from));
        return limited(inflater, LIMIT, "inflates to", Vec::new()).map_err(|error| {
            let broken = !matches!(error.kind(), io::ErrorKind::Other);
            if broken { io::Error::other(format!("broken gzip: {error}")) } else { error }
        });
    }
    // One allocation where the size is known, and the byte that shows that nothing follows.
    bytes.reserve_exact(usize::try_from(room).unwrap_or(0).saturating_add(1));
    limited(from, limit, "is", bytes)
}

fn limited(from: impl Read, limit: u64, what: &str, mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let size = limit >> 20;
        return Err(io::Error::other(format!("{what} more than {size} MiB; check it in parts")));
    }
    Ok(bytes)
}
