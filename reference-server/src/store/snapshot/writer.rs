//! Puts what a store holds in memory into Parquet files: a file for each section, its rows by series
//! and time.

use super::columns::{Columns, Needed};
use super::file::{FileFacts, Reads, SnapshotFile};
use super::group::Group;
use super::moved::Moved;
use super::run::{Few, OfField, Run};
use super::sink::Sink;
use super::stream::Streams;
use super::{Rows, Section, Store, StoredColumn};
use crate::store::blocks::{Block, StoredRows, StoredShape};
use crate::store::points::Part;
use crate::store::recent::Layout;
use crate::store::series::{SeriesPoints, TagSet};
use crate::store::series_map::Reading;
use crate::store::value::Name;
use hashbrown::{HashMap, HashSet};
use parquet::file::writer::SerializedFileWriter;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Arc;
use write_ahead_log::Files;

/// How many bytes the tags of a group have at most, each value of a tag counted once.
const TAG_BYTES: usize = 16 << 20;

/// Writes the files of one snapshot.
pub(crate) struct Writer<'w> {
    files: &'w dyn Files,
    folder: &'w Path,
    /// What the names of the files begin with; no other snapshot has it.
    prefix: String,
    made: u64,
    reads: &'w Arc<Reads>,
    /// Whether it is to end before it is done.
    is_ended: &'w dyn Fn() -> bool,
    /// Files of which more than half is not needed any more: what is goes into a new one.
    thin: HashSet<u64>,
    /// What of the store that is being written goes into a file of its own, each, and what is known of
    /// that.
    sections: VecDeque<(OwnSection, Needed)>,
    open: Option<Writing>,
    moved: Moved,
}

/// A section by itself.
type OwnSection = (Option<i64>, Name);

fn is_same((shard, measurement): &OwnSection, section: Section<'_>) -> bool {
    *shard == section.shard && measurement == section.measurement
}

/// A file that is being written.
struct Writing {
    name: String,
    section: OwnSection,
    columns: Columns,
    group: Group,
    writer: SerializedFileWriter<Sink>,
    most_rows: usize,
    first_row: u64,
    /// How many values were written.
    values: u64,
    /// Where the fields of a layout are, which most runs share.
    shapes: HashMap<*const Layout, Shape>,
    /// What is read of other files, of which none has rows of two sections.
    streams: Streams,
    places: Vec<Place>,
    placed: Vec<Placed>,
}

/// The fields of a layout among those of the file, and the same for who reads it.
type Shape = (Vec<usize>, Arc<StoredShape>);

/// What was written, and the place of its run.
enum Placed {
    /// Of a field, in this column.
    Parts(Vec<Part>, usize, u32),
    Blocks(Few<Block>, usize, Arc<StoredShape>),
}

/// Where a run lies in its file.
struct Place {
    first_row: u64,
    count: u32,
    first: i64,
    last: i64,
}

impl<'w> Writer<'w> {
    /// One for the files in a folder, whose names begin as no others do.
    pub(crate) fn new(
        files: &'w dyn Files,
        folder: &'w Path,
        prefix: String,
        reads: &'w Arc<Reads>,
        is_ended: &'w dyn Fn() -> bool,
    ) -> Self {
        let (thin, sections, moved) = (HashSet::new(), VecDeque::new(), Moved::default());
        Self { files, folder, prefix, made: 0, reads, is_ended, thin, sections, open: None, moved }
    }

    /// Looks at all stores before any is written: which files have little left that is needed.
    pub(crate) fn survey<'s>(&mut self, stores: impl IntoIterator<Item = &'s mut Store>) {
        let mut needed: HashMap<u64, (u64, u64)> = HashMap::new();
        for store in stores {
            store.each_series(Reading::Blocks, &mut |_, _, series| {
                let mut need = |rows: &Rows, fields: usize| {
                    let all = rows.file.facts().values;
                    let known = needed.entry(rows.file.id()).or_insert((0, all));
                    known.0 += u64::from(rows.count) * fields as u64;
                };
                for block in series.blocks().as_slice() {
                    let Block::Stored(stored) = block else { continue };
                    need(&stored.rows, stored.shape.columns.len());
                }
                for part in series.fields().flat_map(|(_, points)| points.parts()) {
                    let Part::Stored(StoredColumn { rows, .. }) = part else { continue };
                    need(rows, 1);
                }
            });
        }
        let is_thin = |(_, (needed, all)): &(u64, (u64, u64))| 2 * needed < *all;
        self.thin = needed.into_iter().filter(is_thin).map(|(file, _)| file).collect();
    }

    /// Nothing is left in these files.
    pub(crate) fn replace(&mut self, files: &[Arc<SnapshotFile>]) {
        self.thin.extend(files.iter().map(|file| file.id()));
    }

    /// Writes what of a store is in memory, and what is in files that are to go; the store then has
    /// all of it in files.
    ///
    /// # Errors
    /// The file system failed; what was written is of no use.
    pub(crate) fn write(&mut self, store: &mut Store) -> io::Result<()> {
        let thin = &self.thin;
        let sections = &mut self.sections;
        store.each_series(Reading::Tags, &mut |section, tags, series| {
            let runs = Run::all_of(series, thin);
            if runs.is_empty() {
                return;
            }
            if !sections.back().is_some_and(|(known, _)| is_same(known, section)) {
                let own = (section.shard, Name::clone(section.measurement));
                sections.push_back((own, Needed::default()));
            }
            if let Some((_, needed)) = sections.back_mut() {
                needed.note(tags, section.tags_are_text, &runs);
            }
        });
        let mut done = Ok(());
        store.each_series(Reading::Rows, &mut |section, tags, series| {
            if done.is_ok() {
                done = self.write_series(section, tags, series);
            }
        });
        done?;
        self.end_file()?;
        store.each_series(Reading::Blocks, &mut |_, _, series| self.moved.apply(series));
        Ok(())
    }

    /// What was put where, once it is all synced.
    ///
    /// # Errors
    /// The file system failed.
    pub(crate) fn finish(self) -> io::Result<Moved> {
        self.files.sync_folder(self.folder)?;
        Ok(self.moved)
    }

    /// Writes what of a series is to be written, in the file of its section.
    fn write_series(
        &mut self,
        section: Section<'_>,
        tags: &TagSet,
        series: &SeriesPoints,
    ) -> io::Result<()> {
        let runs = Run::all_of(series, &self.thin);
        if runs.is_empty() {
            return Ok(());
        }
        if !self.open.as_ref().is_some_and(|open| is_same(&open.section, section)) {
            self.end_file()?;
            self.begin_file(section)?;
        }
        let Some(file) = &mut self.open else { return Ok(()) };
        runs.into_iter().try_for_each(|run| file.write(tags, run, self.reads))
    }

    fn begin_file(&mut self, section: Section<'_>) -> io::Result<()> {
        if (self.is_ended)() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let (_, needed) = self.sections.pop_front().unwrap_or_default();
        let name = format!("{}-{:06}.parquet", self.prefix, self.made);
        self.made += 1;
        let sink = Sink::new(self.files.create(&self.folder.join(&name))?);
        self.open = Some(Writing::begin(name, sink, needed, section)?);
        Ok(())
    }

    fn end_file(&mut self) -> io::Result<()> {
        let Some(mut file) = self.open.take() else { return Ok(()) };
        let (bytes, sums) = file.finish()?;
        let Writing { name, placed, places, values, .. } = file;
        let facts = FileFacts { name, bytes, values, sums };
        let file = Arc::new(SnapshotFile::open(self.folder, facts, self.reads)?);
        let rows = |place: &Place| {
            let Place { first_row, count, first, last } = *place;
            Arc::new(Rows::new(&file, first_row, count, (first, last)))
        };
        let rows: Vec<Arc<Rows>> = places.iter().map(rows).collect();
        self.moved.reserve(places.len());
        for placed in placed {
            match placed {
                Placed::Parts(parts, run, column) => {
                    let stored = StoredColumn { rows: Arc::clone(&rows[run]), column };
                    self.moved.add_parts(parts, stored);
                }
                Placed::Blocks(blocks, run, shape) => {
                    let stored = StoredRows { rows: Arc::clone(&rows[run]), shape };
                    self.moved.add_blocks(blocks, stored);
                }
            }
        }
        Ok(())
    }
}

impl Writing {
    fn begin(name: String, sink: Sink, needed: Needed, section: Section<'_>) -> io::Result<Self> {
        let runs = needed.runs();
        let columns = needed.columns();
        let schema = columns.schema().map_err(io::Error::other)?;
        let properties = Arc::new(columns.properties(&schema, section));
        let writer =
            SerializedFileWriter::new(sink, schema, properties).map_err(io::Error::other)?;
        Ok(Self {
            name,
            section: (section.shard, Name::clone(section.measurement)),
            group: Group::new(&columns),
            most_rows: columns.most_rows(),
            columns,
            writer,
            first_row: 0,
            values: 0,
            shapes: HashMap::new(),
            streams: Streams::default(),
            places: Vec::with_capacity(runs),
            placed: Vec::with_capacity(runs),
        })
    }

    /// Adds the rows of a run.
    fn write(&mut self, tags: &TagSet, run: Run<'_>, reads: &Reads) -> io::Result<()> {
        match run {
            Run::Blocks(blocks) => self.write_blocks(tags, blocks, reads),
            Run::Fields(fields) => {
                let chunks: Vec<_> = (0..)
                    .zip(&fields)
                    .map(|(n, field)| field.chunk(&mut self.streams, n == 0))
                    .collect();
                let Some(times) = chunks.first().map(|chunk| chunk.times.as_slice()) else {
                    return Ok(());
                };
                self.begin_run(tags, times.len(), reads)?;
                self.group.push_times(times);
                let mut filled = Vec::with_capacity(fields.len());
                for (OfField { name, kind, parts }, chunk) in fields.into_iter().zip(&chunks) {
                    let Some(field) = self.columns.field(&name, kind) else { continue };
                    self.group.push_values(field, &chunk.values);
                    filled.push(field);
                    let column = self.columns.place(field);
                    self.placed.push(Placed::Parts(parts, self.places.len(), column));
                }
                self.group.fill(&filled, times.len());
                self.values += (times.len() * filled.len()) as u64;
                let ends = (times.first().copied(), times.last().copied());
                self.end_run(times.len(), ends)
            }
        }
    }

    fn write_blocks(&mut self, tags: &TagSet, blocks: &[Block], reads: &Reads) -> io::Result<()> {
        let Some(layout) = blocks.first().map(Block::layout) else { return Ok(()) };
        let (fields, shape) = self
            .shapes
            .entry(Arc::as_ptr(layout))
            .or_insert_with(|| self.columns.shape(layout))
            .clone();
        // Those that are in files are read before anything of the run is written.
        let read = |block: &Block| match block {
            Block::Held(_) => None,
            Block::Stored(stored) => self.streams.rows(stored),
        };
        let read: Few<_> = blocks.iter().map(read).collect();
        let count = blocks.iter().map(Block::len).sum();
        self.begin_run(tags, count, reads)?;
        for (block, read) in blocks.iter().zip(&read) {
            match (block, read) {
                (Block::Held(rows), _) => {
                    self.group.push_times(rows.times());
                    for (index, field) in fields.iter().enumerate() {
                        self.group.push_words(*field, rows.words(index));
                    }
                }
                (Block::Stored(_), Some((times, values))) => {
                    self.group.push_times(times);
                    for (values, field) in values.iter().zip(&fields) {
                        self.group.push_values(*field, values);
                    }
                }
                // The damage was seen above.
                (Block::Stored(_), None) => {}
            }
        }
        self.group.fill(&fields, count);
        self.values += (count * fields.len()) as u64;
        let ends = (blocks.first().map(Block::first), blocks.last().map(Block::last));
        self.placed.push(Placed::Blocks(
            blocks.iter().cloned().collect(),
            self.places.len(),
            shape,
        ));
        self.end_run(count, ends)
    }

    fn begin_run(&mut self, tags: &TagSet, count: usize, reads: &Reads) -> io::Result<()> {
        if let Some(why) = reads.damage() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        if self.group.rows + count > self.most_rows || self.group.tag_bytes() > TAG_BYTES {
            self.group.write(&mut self.writer).map_err(io::Error::other)?;
        }
        self.group.push_keys(&self.columns, tags, count);
        Ok(())
    }

    fn end_run(&mut self, count: usize, ends: (Option<i64>, Option<i64>)) -> io::Result<()> {
        self.places.push(Place {
            first_row: self.first_row,
            count: u32::try_from(count).map_err(io::Error::other)?,
            first: ends.0.unwrap_or_default(),
            last: ends.1.unwrap_or_default(),
        });
        self.first_row += count as u64;
        Ok(())
    }

    /// Writes what is left; length and checksums are the file's, all of which is on disk.
    fn finish(&mut self) -> io::Result<(u64, Vec<u32>)> {
        self.group.write(&mut self.writer).map_err(io::Error::other)?;
        self.writer.finish().map_err(io::Error::other)?;
        self.writer.inner_mut().finish()
    }
}
