//! Making a damaged log one that can be opened, with all entries that can still be read.
//!
//! Each stretch that goes is copied aside before. Entries keep their sequences; where some are
//! lost, a new segment begins whose header says so. A repair that is interrupted can be begun
//! again: segments are written under other names first, then renamed from the last to the first,
//! so that no entry is ever in no segment; one that is in two of them is kept once.

use crate::error::OpenError;
use crate::files::{Files, RealFiles};
use crate::folder::{Folder, io_error};
use crate::segment::Header;
use crate::survey::{Report, Survey, survey};
use std::io;
use std::iter;
use std::path::Path;
use std::sync::Arc;

/// Keeps what is good in the log in a folder and copies the rest to its folder `damaged`, to files
/// named by segment and offset. The report says what was found before. A log that is good is left
/// as it is.
///
/// # Errors
///
/// The log is in use, not there, newer, or the file system failed; then begin again.
pub fn repair(folder: &Path) -> Result<Report, OpenError> {
    repair_with(Arc::new(RealFiles), folder)
}

/// Repairs a log on another file system.
///
/// # Errors
///
/// As [`repair`].
pub fn repair_with(files: Arc<dyn Files>, folder: &Path) -> Result<Report, OpenError> {
    let folder = Folder::new(files, folder);
    let _held = match folder.lock(false) {
        Err(OpenError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            // Where there is no log, no file of ours is to be left.
            survey(&folder)?;
            folder.lock(true)?
        }
        held => held?,
    };
    let mut found = survey(&folder)?;
    if found.report.damage.is_empty() && found.report.torn.is_none() {
        return Ok(found.report);
    }
    copy_aside(&folder, &mut found.report)?;
    write_segments(&folder, &found)?;
    if !found.is_format_good {
        folder.write_format(found.id)?;
    }
    Ok(found.report)
}

/// Copies what goes to files of its own, which no later repair writes over.
fn copy_aside(folder: &Folder, report: &mut Report) -> Result<(), OpenError> {
    let damaged = folder.path.join("damaged");
    folder.files.make_folder(&damaged).map_err(io_error("make", &damaged))?;
    let mut taken = folder.files.list(&damaged).map_err(io_error("list", &damaged))?;
    let damage = report.damage.iter().map(|damage| (&damage.file, damage.offset, damage.bytes));
    let torn = report.torn.iter().map(|torn| (&torn.file, torn.offset, torn.bytes));
    for (file, offset, length) in damage.chain(torn).filter(|(_, _, length)| *length > 0) {
        let bytes = folder.read(file)?;
        let (start, length) = (offset as usize, length as usize);
        let stretch = bytes.get(start..start + length).unwrap_or_default();
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let names = iter::once(format!("{stem}-{offset}.bin"))
            .chain((2..).map(|n| format!("{stem}-{offset}-{n}.bin")));
        let Some(name) = names.into_iter().find(|name| !taken.contains(name)) else { continue };
        let path = damaged.join(&name);
        folder
            .write_unfinished(&path, &[stretch])
            .and_then(|()| folder.finish(&path))
            .map_err(io_error("write", &path))?;
        taken.push(name);
        report.copies.push(path);
    }
    folder.files.sync_folder(&damaged).map_err(io_error("sync", &damaged))
}

/// Writes each segment anew that is not whole, and removes those of which nothing is left.
fn write_segments(folder: &Folder, found: &Survey) -> Result<(), OpenError> {
    let log = folder.log();
    let mut kept = Vec::new();
    let mut written = Vec::new();
    // The sequence behind the last entry so far.
    let mut end = None;
    let mut write = |first: u64, end: Option<u64>, frames: &[&[u8]]| {
        let path = folder.segment(first);
        // What is lost at the front is said, too: who has the entries before it asks for no others.
        let follows = end.map_or_else(|| found.report.follows.min(first - 1), |end| end - 1);
        let header = Header { id: found.id, first, follows }.bytes();
        let parts: Vec<&[u8]> = iter::once(&header[..]).chain(frames.iter().copied()).collect();
        written.push(first);
        folder.write_unfinished(&path, &parts).map_err(io_error("write", &path))
    };
    folder.files.make_folder(&log).map_err(io_error("make", &log))?;
    for segment in &found.segments {
        if segment.is_whole {
            kept.push(segment.name);
            end = Some(segment.runs.last().map_or(segment.name, |run| run.first + run.count));
            continue;
        }
        let bytes = folder.read(&folder.segment(segment.name))?;
        for run in &segment.runs {
            let frames: Vec<&[u8]> =
                run.frames.iter().map(|frames| &bytes[frames.clone()]).collect();
            write(run.first, end, &frames)?;
            end = Some(run.first + run.count);
        }
    }
    // No entry to come may have the sequence of one that is lost.
    let next = found.report.next_sequence;
    if end.is_none_or(|end| end < next) {
        write(next, end, &[])?;
    }
    for &first in written.iter().rev() {
        let path = folder.segment(first);
        folder.finish(&path).map_err(io_error("rename", &path))?;
        // In this order on the disk too.
        folder.files.sync_folder(&log).map_err(io_error("sync", &log))?;
    }
    let is_left = |name: &u64| !kept.contains(name) && !written.contains(name);
    for name in found.segments.iter().map(|segment| segment.name).filter(is_left) {
        let path = folder.segment(name);
        folder.files.remove(&path).map_err(io_error("remove", &path))?;
    }
    folder.files.sync_folder(&log).map_err(io_error("sync", &log))
}
