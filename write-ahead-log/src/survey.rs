//! Looking at a whole log without changing it: what is good, what is torn, what is damaged.

use crate::error::OpenError;
use crate::fault::Fault;
use crate::files::{Files, RealFiles};
use crate::folder::{Folder, Format};
use crate::frame;
use crate::open::{Torn, header_fault};
use crate::segment::{self, Header, Piece, Pieces};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a log holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many entries are good.
    pub entries: u64,
    /// How many segments there are.
    pub segments: usize,
    /// The bytes of all segments.
    pub bytes: u64,
    /// The first entry that was in the log, as far as can be told.
    pub first_sequence: u64,
    /// The last entry before the first segment, as that says, or as far as can be told: it is the one
    /// before the first entry, unless a repair could not keep those between them.
    pub follows: u64,
    /// What the next entry will have.
    pub next_sequence: u64,
    /// How many entries an earlier repair could not keep.
    pub lost: u64,
    /// The end of a write that was never finished: nobody was told that it is on disk.
    pub torn: Option<Torn>,
    /// What is gone or was changed, in the order of the log.
    pub damage: Vec<Damage>,
    /// The files that a repair made for the bytes that it took out of the log.
    pub copies: Vec<PathBuf>,
}

/// A stretch of a log that is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// Where in the file it begins, in bytes.
    pub offset: u64,
    /// How long it is, in bytes; 0 if something is missing and nothing lies in its place.
    pub bytes: u64,
    /// What is wrong.
    pub what: Fault,
    /// How many entries are lost, as far as what comes behind says it. None where nothing does, and where
    /// the next damage begins before another entry: that has those of both.
    pub entries_lost: Option<u64>,
}

impl Damage {
    /// Whether it is bytes that end there.
    fn ends_at(&self, file: &Path, offset: usize) -> bool {
        self.bytes > 0 && self.file == file && self.offset + self.bytes == offset as u64
    }
}

/// Looks at the log in a folder and changes nothing.
///
/// # Errors
///
/// The log is in use, not there, newer, or cannot be read. Damage is no error but in the report.
pub fn verify(folder: &Path) -> Result<Report, OpenError> {
    verify_with(Arc::new(RealFiles), folder)
}

/// Looks at a log on another file system.
///
/// # Errors
///
/// As [`verify`].
pub fn verify_with(files: Arc<dyn Files>, folder: &Path) -> Result<Report, OpenError> {
    let folder = Folder::new(files, folder);
    let _held = match folder.lock(false) {
        // A log that is open has such a file.
        Err(OpenError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => None,
        held => Some(held?),
    };
    Ok(survey(&folder)?.report)
}

/// Good entries whose sequences follow one another, in one file.
#[derive(Debug)]
pub(crate) struct Run {
    /// The sequence of the first.
    pub(crate) first: u64,
    /// How many there are.
    pub(crate) count: u64,
    /// Where in the file their frames are.
    pub(crate) frames: Vec<Range<usize>>,
}

/// A segment, as it was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// The sequence in its name.
    pub(crate) name: u64,
    /// Whether all of it is good and in its place.
    pub(crate) is_whole: bool,
    /// The entries that can be kept.
    pub(crate) runs: Vec<Run>,
}

/// What a look at the whole log found.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) report: Report,
    pub(crate) id: u64,
    pub(crate) is_format_good: bool,
    pub(crate) segments: Vec<Found>,
    /// The sequence behind the last that is known; nothing before the first segment.
    next: Option<u64>,
}

/// Looks at the whole log.
pub(crate) fn survey(folder: &Folder) -> Result<Survey, OpenError> {
    let format = folder.format()?;
    let names = folder.segments()?;
    if matches!(format, Format::Missing) && folder.is_blank(&names)? {
        return Err(OpenError::NoLog { folder: folder.path.clone() });
    }
    let (id, is_format_good) = id(folder, &format, &names)?;
    let report = Report { segments: names.len(), first_sequence: 1, ..Report::default() };
    let mut survey = Survey { report, id, is_format_good, segments: Vec::new(), next: None };
    if !is_format_good {
        let path = folder.format_file();
        let bytes = if let Format::Missing = format { 0 } else { folder.read(&path)?.len() };
        survey.damage(path, 0, bytes, Fault::Format);
    }
    if names.is_empty() {
        survey.damage(folder.log(), 0, 0, Fault::NoSegment);
    }
    for (index, &name) in names.iter().enumerate() {
        let path = folder.segment(name);
        let bytes = folder.read(&path)?;
        survey.segment(name, &path, &bytes, index + 1 == names.len());
    }
    survey.report.next_sequence = survey.next.unwrap_or(1);
    Ok(survey)
}

/// The log's id, and whether `FORMAT` has it. If that is lost, the segments still say it.
fn id(folder: &Folder, format: &Format, names: &[u64]) -> Result<(u64, bool), OpenError> {
    let by_format = if let Format::Id(id) = format { Some(*id) } else { None };
    let mut by_header = None;
    for &name in names {
        let header = Header::read(&folder.read(&folder.segment(name))?);
        let id = header.map(|header| header.id);
        if id.is_some() && id == by_format {
            return Ok((id.unwrap_or_default(), true));
        }
        by_header = by_header.or(id);
    }
    Ok((by_header.or(by_format).unwrap_or_default(), by_header.is_none() && by_format.is_some()))
}

impl Survey {
    fn damage(&mut self, file: PathBuf, offset: usize, bytes: usize, what: Fault) {
        let (offset, bytes) = (offset as u64, bytes as u64);
        self.report.damage.push(Damage { file, offset, bytes, what, entries_lost: None });
    }

    /// Goes on to an entry; those before it that did not come are lost to the last damage.
    fn go_to(&mut self, sequence: u64) {
        let lost = self.next.map_or(0, |next| sequence.saturating_sub(next));
        if let Some(damage) = self.report.damage.last_mut() {
            damage.entries_lost = Some(damage.entries_lost.unwrap_or_default() + lost);
        }
        self.next = self.next.max(Some(sequence));
    }

    fn segment(&mut self, name: u64, path: &Path, bytes: &[u8], is_last: bool) {
        self.report.bytes += bytes.len() as u64;
        let header = Header::read(bytes);
        let first =
            header.filter(|header| header.id == self.id).map_or(name, |header| header.first);
        let mut found = Found { name, is_whole: true, runs: Vec::new() };
        match header_fault(self.id, name, self.next, header) {
            Ok(header) => {
                self.report.lost += first - self.next.unwrap_or(header.follows + 1);
                self.next = Some(first);
            }
            Err(fault) => {
                found.is_whole = false;
                self.header(path, bytes, fault);
                self.go_to(first);
            }
        }
        if self.segments.is_empty() {
            self.report.first_sequence = first;
            let own = header.filter(|header| header.id == self.id);
            self.report.follows = own.map_or(first - 1, |header| header.follows);
        }
        let expected = self.next.unwrap_or(first);
        for piece in Pieces::new(bytes, self.id, expected) {
            match piece {
                Piece::Entry { offset, frame } => {
                    self.go_to(frame.header.sequence);
                    self.next = Some(frame.header.sequence + 1);
                    self.report.entries += 1;
                    found.add(frame.header.sequence, offset..offset + frame.bytes());
                }
                // They are those that the damage before took.
                Piece::Bad { offset, bytes: 0, fault: Fault::Missing { .. } }
                    if self
                        .report
                        .damage
                        .last()
                        .is_some_and(|damage| damage.ends_at(path, offset)) => {}
                Piece::Bad { offset, bytes: length, fault } => {
                    found.is_whole = false;
                    let expected = self.next.unwrap_or(first);
                    if is_last && segment::is_torn(bytes, self.id, offset, expected) {
                        self.report.torn = Some(Torn {
                            file: path.to_owned(),
                            offset: offset as u64,
                            bytes: (bytes.len() - offset) as u64,
                        });
                        break;
                    }
                    self.damage(path.to_owned(), offset, length, fault);
                    if is_last && offset + length == bytes.len() {
                        let behind = behind_headers(&bytes[offset..], self.id);
                        if behind > expected {
                            self.go_to(behind);
                        }
                    }
                }
            }
        }
        self.segments.push(found);
    }

    fn header(&mut self, path: &Path, bytes: &[u8], fault: Fault) {
        let before = self.report.damage.last();
        match fault {
            // They are those that the damage at the end of the segment before took.
            Fault::Missing { .. }
                if self.segments.last().is_some_and(|segment| !segment.is_whole)
                    && before.is_some_and(|before| before.bytes > 0) => {}
            Fault::Missing { .. } | Fault::Repeated { .. } | Fault::Misnamed { .. } => {
                self.damage(path.to_owned(), 0, 0, fault);
            }
            _ => self.damage(path.to_owned(), 0, segment::HEADER.min(bytes.len()), fault),
        }
    }
}

impl Found {
    fn add(&mut self, sequence: u64, frame: Range<usize>) {
        match self.runs.last_mut() {
            Some(run) if run.first + run.count == sequence => {
                run.count += 1;
                match run.frames.last_mut() {
                    Some(before) if before.end == frame.start => before.end = frame.end,
                    _ => run.frames.push(frame),
                }
            }
            _ => self.runs.push(Run { first: sequence, count: 1, frames: vec![frame] }),
        }
    }
}

/// The sequence behind the last of which an intact header speaks.
fn behind_headers(bytes: &[u8], id: u64) -> u64 {
    frame::markers(bytes)
        .filter_map(|at| frame::header(&bytes[at..], id))
        .map(|header| header.sequence.max(header.synced) + 1)
        .max()
        .unwrap_or(0)
}
