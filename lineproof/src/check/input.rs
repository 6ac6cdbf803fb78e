//! A file or standard input, as bytes.
//!
//! All of it is held in memory: a quoted string may reach over any number of lines, and the carets
//! need the line. What does not say how large it is (a pipe, gzip) is read up to a limit.

use flate2::bufread::GzDecoder;
use memchr::memrchr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
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
    /// Why this is not all of it.
    pub(crate) broken: Option<String>,
}

type Content = (Vec<u8>, Option<String>);

/// Reads what the user has named.
pub(crate) fn read(path: &Path) -> Result<Source, String> {
    let is_file = path != Path::new("-");
    let content = if is_file { from_file(path) } else { from_stdin() };
    let source = |(bytes, broken)| Source { name: name(path), is_file, bytes, broken };
    content.map(source).map_err(|error| {
        // Without `(os error 2)`, which tells nobody anything.
        let text = error.to_string();
        text.split(" (os error").next().unwrap_or(&text).to_owned()
    })
}

/// How it is named in reports.
pub(crate) fn name(path: &Path) -> String {
    if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() }
}

fn from_file(path: &Path) -> io::Result<Content> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    let (limit, room) = if about.is_file() { (u64::MAX, about.len()) } else { (LIMIT, 0) };
    inflated(file, limit, room)
}

fn from_stdin() -> io::Result<Content> {
    let stdin = io::stdin().lock();
    if stdin.is_terminal() {
        say!("lineproof: reading line protocol from the terminal, until Ctrl-D");
    }
    inflated(stdin, LIMIT, 0)
}

fn inflated(mut from: impl Read, limit: u64, room: u64) -> io::Result<Content> {
    let mut bytes = Vec::new();
    (&mut from).take(GZIP.len() as u64).read_to_end(&mut bytes)?;
    if bytes == GZIP {
        return members(BufReader::new(GZIP.chain(from)));
    }
    // One allocation where the size is known, and the byte that shows that nothing follows.
    bytes.reserve_exact(usize::try_from(room).unwrap_or(0).saturating_add(1));
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    within(limit, "is", &bytes)?;
    Ok((bytes, None))
}

/// The members of a gzip file, which are one text, as far as they can be inflated.
fn members(mut from: impl BufRead) -> io::Result<Content> {
    let mut bytes = Vec::new();
    let why = loop {
        let room = (LIMIT + 1).saturating_sub(bytes.len() as u64);
        let read = GzDecoder::new(&mut from).take(room).read_to_end(&mut bytes);
        within(LIMIT, "inflates to", &bytes)?;
        if let Err(error) = read {
            // The last line is most likely cut off, and cannot be judged.
            bytes.truncate(memrchr(b'\n', &bytes).map_or(0, |at| at + 1));
            break format!("broken gzip: {error}");
        }
        match from.fill_buf()?.first() {
            None => return Ok((bytes, None)),
            Some(first) if *first == GZIP[0] => {}
            Some(_) => break "bytes that are no gzip follow the gzip".to_owned(),
        }
    };
    Ok((bytes, Some(format!("{why}; only what could be inflated was checked"))))
}

fn within(limit: u64, what: &str, bytes: &[u8]) -> io::Result<()> {
    if bytes.len() as u64 > limit {
        let size = limit >> 20;
        return Err(io::Error::other(format!("{what} more than {size} MiB; check it in parts")));
    }
    Ok(())
}
