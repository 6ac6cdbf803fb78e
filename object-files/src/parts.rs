//! A file that grows, in parts: one object for each sync.
//!
//! | bytes of a part | hold (little endian) |
//! |---|---|
//! | 0..8 | [`MAGIC`] |
//! | 8..16 | the place in the file at which its bytes belong |
//! | 16..24 | whoever wrote it |
//! | 24..28 | checksum of the 24 bytes before |
//! | 28.. | the bytes |
//!
//! A part says: the file is cut off at this place, and goes on with these bytes. So a sync is one
//! object, put at once or not at all, whatever it changes. Parts are numbered, and each number is
//! taken once: of two who write the same file one finds its number taken.
//!
//! A log that is written to slowly would have as many parts as entries. So every sixteenth part of
//! some size has in it the fifteen before it, which are removed then; each byte is written a few
//! times, and there are no more than a few dozen parts for each [`RECENT`] bytes.
//!
//! A file that is removed gets a mark first, which hides its parts: these may go one by one.

use crate::bridge::Bridge;
use crate::objects::Objects;
use crate::{Shared, remove_later};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path as ObjectPath;
use std::io;
use std::sync::Arc;
use write_ahead_log::File;

/// What a part begins with.
const MAGIC: [u8; 8] = *b"\xf5LPpart\n";

/// The length of what is before the bytes.
const HEADER: usize = 28;

/// The name of the mark of a file that was removed.
pub(crate) const REMOVED: &str = "removed";

/// How many parts of a size become one.
const TOGETHER: usize = 16;

/// How many bytes are kept in memory to be put together, about.
const RECENT: usize = 4 << 20;

/// How many parts are read at once.
const AT_ONCE: usize = 16;

/// How far a file is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct View {
    /// The number of the next part.
    pub(crate) next: u64,
    /// The bytes of the file.
    pub(crate) length: u64,
}

/// The object of a part.
pub(crate) fn name(folder: &ObjectPath, number: u64) -> ObjectPath {
    folder.clone().join(format!("{number:012}"))
}

/// The number of a part.
pub(crate) fn number(part: &ObjectPath) -> Option<u64> {
    part.filename().filter(|name| name.len() == 12)?.parse().ok()
}

/// A part.
pub(crate) fn part(writer: u64, offset: u64, bytes: &[u8]) -> Vec<u8> {
    let mut part = Vec::with_capacity(HEADER + bytes.len());
    part.extend_from_slice(&MAGIC);
    part.extend_from_slice(&offset.to_le_bytes());
    part.extend_from_slice(&writer.to_le_bytes());
    part.extend_from_slice(&crc32fast::hash(&part).to_le_bytes());
    part.extend_from_slice(bytes);
    part
}

/// The place and the bytes of a part, if its header is whole.
fn parsed(part: &[u8]) -> Option<(usize, &[u8])> {
    let (header, bytes) = part.split_at_checked(HEADER)?;
    let (head, sum) = header.split_at(24);
    let is_whole = head[..8] == MAGIC && crc32fast::hash(head).to_le_bytes() == sum;
    let offset = u64::from_le_bytes(*head[8..].first_chunk()?);
    is_whole.then(|| Some((usize::try_from(offset).ok()?, bytes)))?
}

/// Does to a file what a part says.
fn apply(file: &mut Vec<u8>, part: &[u8]) {
    match parsed(part) {
        // A part before it is lost if the file is shorter: whoever looks finds that nothing is there.
        Some((offset, bytes)) if offset <= file.len() + LARGEST_HOLE => {
            file.resize(offset, 0);
            file.extend_from_slice(bytes);
        }
        // It is damaged. As it is, it is not what was written, and whoever looks sees that.
        _ => file.extend_from_slice(part),
    }
}

/// No part is larger, so nothing larger is lost with one.
const LARGEST_HOLE: usize = 4 << 30;

/// All of a file.
///
/// # Errors
/// There is none, or the store failed.
pub(crate) async fn read(objects: &Objects, folder: &ObjectPath) -> io::Result<(Vec<u8>, View)> {
    let found = objects.list(folder).await?;
    let mark = folder.clone().join(REMOVED);
    let mut parts: Vec<(u64, ObjectPath)> =
        found.iter().filter_map(|found| Some((number(&found.at)?, found.at.clone()))).collect();
    parts.sort_unstable();
    let Some((last, _)) = parts.last().filter(|_| found.iter().all(|found| found.at != mark))
    else {
        return Err(io::ErrorKind::NotFound.into());
    };
    let next = last + 1;
    let mut contents = futures::stream::iter(parts)
        .map(|(_, at)| async move {
            objects.get(&at).await.map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => {
                    let what = format!("{at} was removed while it was read: is a server running?");
                    io::Error::other(what)
                }
                _ => error,
            })
        })
        .buffered(AT_ONCE);
    let mut bytes = Vec::new();
    while let Some((part, _)) = contents.try_next().await? {
        apply(&mut bytes, &part);
    }
    let length = bytes.len() as u64;
    Ok((bytes, View { next, length }))
}

/// A file that is written to.
pub(crate) struct PartsFile {
    shared: Arc<Shared>,
    bridge: Arc<Bridge>,
    folder: ObjectPath,
    /// The number of the next part.
    next: u64,
    /// Where what is not synced begins.
    start: u64,
    /// What is not synced; none where nothing was done.
    pending: Option<Vec<u8>>,
    /// The parts that can be put together with what comes, and their bytes.
    steps: Vec<Step>,
    recent: Vec<u8>,
    /// Why nothing is written any more.
    failure: Option<(io::ErrorKind, String)>,
}

/// A part that was written.
#[derive(Clone, Copy)]
struct Step {
    number: u64,
    offset: u64,
    /// How many times it was put together.
    level: u8,
}

impl PartsFile {
    pub(crate) fn new(
        shared: Arc<Shared>,
        bridge: Arc<Bridge>,
        folder: ObjectPath,
        View { next, length }: View,
    ) -> Self {
        // Its first part is written even if there is nothing in it: it takes the number that one who
        // does not know of us would take.
        let (start, pending) = (length, Some(Vec::new()));
        let (steps, recent, failure) = (Vec::new(), Vec::new(), None);
        Self { shared, bridge, folder, next, start, pending, steps, recent, failure }
    }

    /// Where the file ends.
    fn end(&self) -> u64 {
        self.start + self.pending.as_ref().map_or(0, |pending| pending.len() as u64)
    }

    /// What is not synced, from this place on or from one before it.
    fn pending_from(&mut self, offset: u64) -> io::Result<(usize, &mut Vec<u8>)> {
        let pending = self.pending.get_or_insert_default();
        if offset < self.start {
            // All behind it has to be written again.
            pending.clear();
            self.start = offset;
        }
        let place = usize::try_from(offset - self.start).map_err(io::Error::other)?;
        Ok((place, pending))
    }

    /// Writes what is pending as one part, with those before it that are to be in it.
    fn write(&mut self, pending: &[u8]) -> io::Result<()> {
        self.shared.ensure_held()?;
        let follows = self.steps.first().map_or(self.start, |step| step.offset)
            + self.recent.len() as u64
            == self.start;
        if !follows || self.recent.len() > RECENT {
            self.steps.clear();
            self.recent.clear();
        }
        let recent_start = self.steps.first().map_or(self.start, |step| step.offset);
        let before = self.recent.len();
        self.recent.extend_from_slice(pending);
        let (mut from, mut level, mut kept) = (self.start, 0, self.steps.len());
        loop {
            let same = self.steps[..kept].iter().rev().take_while(|step| step.level == level);
            let same = same.count();
            if same + 1 < TOGETHER {
                break;
            }
            kept -= same;
            from = self.steps[kept].offset;
            level += 1;
        }
        let place = usize::try_from(from - recent_start).map_err(io::Error::other)?;
        let part = part(self.shared.writer, from, &self.recent[place..]);
        let at = name(&self.folder, self.next);
        let shared = Arc::clone(&self.shared);
        let put = self.bridge.wait(async move { shared.objects.create(&at, part).await });
        // What took longer than the lock was sure to be held may be another's to say.
        if let Err(error) = put.and_then(|_| self.shared.ensure_held()) {
            self.recent.truncate(before);
            return Err(error);
        }
        let old = self.steps.drain(kept..).map(|step| name(&self.folder, step.number)).collect();
        self.steps.push(Step { number: self.next, offset: from, level });
        self.next += 1;
        remove_later(&self.bridge, &self.shared, old);
        Ok(())
    }
}

impl File for PartsFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let is_inside = offset < self.start && offset + (bytes.len() as u64) < self.end();
        if is_inside {
            // Nobody writes into the middle of a log.
            return Err(io::ErrorKind::Unsupported.into());
        }
        let (place, pending) = self.pending_from(offset)?;
        pending.resize(pending.len().max(place + bytes.len()), 0);
        pending[place..place + bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        if bytes == self.end() {
            return Ok(());
        }
        let (place, pending) = self.pending_from(bytes)?;
        pending.resize(place, 0);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if let Some((kind, why)) = &self.failure {
            return Err(io::Error::new(*kind, why.clone()));
        }
        let Some(pending) = self.pending.take() else { return self.shared.ensure_held() };
        if let Err(error) = self.write(&pending) {
            // It may be there or not: nothing may follow.
            self.failure = Some((error.kind(), error.to_string()));
            self.pending = Some(pending);
            return Err(error);
        }
        self.start += pending.len() as u64;
        Ok(())
    }
}
