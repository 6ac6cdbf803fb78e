//! One Parquet file of a snapshot, to be read: some rows of one column at a time.

use super::Rows;
use super::checked::CheckedFile;
use super::page::{Page, PageKey};
use super::recently::Recently;
use crate::lock::lock;
use crate::store::chunk::{Chunk, Values};
use crate::store::value::{FieldType, Name};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::ReaderProperties;
use parquet::file::reader::RowGroupReader;
use parquet::file::serialized_reader::SerializedRowGroupReader;
use serde::{Deserialize, Serialize};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use write_ahead_log::{Files, RealFiles};

/// The column of the times in every file.
pub(super) const TIME_COLUMN: u32 = 0;

/// How many bytes of points are kept that were read, and as many of pages.
const KEPT: usize = 32 << 20;

/// So many rows are worth to be decoded by themselves; fewer are taken out of a page that is kept, since
/// those of the next series are there, too.
const MANY: usize = 1024;

/// How many bytes all queries together hold of what they look at again and again.
const HELD: usize = 512 << 20;

/// What is known of a file without opening it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FileFacts {
    /// Its name in the folder of the snapshots.
    pub(crate) name: String,
    /// Its length in bytes.
    pub(crate) bytes: u64,
    /// How many values of fields it has.
    pub(crate) values: u64,
    /// The checksums of its blocks.
    pub(crate) sums: Vec<u32>,
}

/// What all files of a store share: what was read last, and whether one of them is damaged.
pub(crate) struct Reads {
    /// Where they are.
    system: Arc<dyn Files>,
    chunks: Mutex<Recently<Place, Arc<Chunk>>>,
    pages: Mutex<Recently<PageKey, Arc<Page>>>,
    damage: OnceLock<String>,
    /// How many bytes were brought back into memory, since they were changed.
    brought_back: AtomicU64,
    /// How many files there have been.
    files: AtomicU64,
    /// How many bytes queries hold.
    held: AtomicUsize,
}

/// Room that a query has for what it holds, until it is dropped.
#[derive(Debug)]
pub(in crate::store) struct Room {
    bytes: usize,
    reads: Arc<Reads>,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.reads.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// File, first row, column.
type Place = (u64, u64, u32);

/// One file.
#[derive(Debug)]
pub(crate) struct SnapshotFile {
    /// Of all files of this process another one.
    id: u64,
    facts: FileFacts,
    bytes: Arc<CheckedFile>,
    metadata: ParquetMetaData,
    /// The first row of each row group.
    groups: Vec<u64>,
    reads: Arc<Reads>,
    /// Whether no snapshot needs it any more.
    is_done_with: AtomicBool,
}

impl Default for Reads {
    fn default() -> Self {
        Self::on(Arc::new(RealFiles))
    }
}

impl std::fmt::Debug for Reads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reads").field("damage", &self.damage).finish_non_exhaustive()
    }
}

impl Reads {
    /// What the files on this file system share.
    pub(crate) fn on(system: Arc<dyn Files>) -> Self {
        Self {
            system,
            chunks: Mutex::new(Recently::of_bytes(KEPT)),
            pages: Mutex::new(Recently::of_bytes(KEPT)),
            damage: OnceLock::new(),
            brought_back: AtomicU64::new(0),
            files: AtomicU64::new(0),
            held: AtomicUsize::new(0),
        }
    }

    /// What is wrong with a file that somebody wanted to read: file, place, and what can be done.
    pub(crate) fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }

    /// How many bytes of memory took since the last time what is in files and was changed.
    pub(crate) fn brought_back(&self) -> u64 {
        self.brought_back.load(Ordering::Relaxed)
    }

    /// So many of them are in files again.
    pub(crate) fn forget_brought_back(&self, bytes: u64) {
        self.brought_back.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl SnapshotFile {
    /// Opens a file in this folder; reads what Parquet keeps at its end.
    ///
    /// # Errors
    /// It is not there, or not the one that was written.
    pub(crate) fn open(folder: &Path, facts: FileFacts, reads: &Arc<Reads>) -> io::Result<Self> {
        let path = folder.join(&facts.name);
        let there = reads.system.length(&path)?;
        if there != facts.bytes {
            let what = format!("it has {there} bytes, and was written with {}", facts.bytes);
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        let system = Arc::clone(&reads.system);
        let bytes = Arc::new(CheckedFile::new(system, path, facts.bytes, facts.sums.clone()));
        let metadata = ParquetMetaDataReader::new()
            .with_offset_index_policy(PageIndexPolicy::Required)
            .with_column_index_policy(PageIndexPolicy::Skip)
            .parse_and_finish(&*bytes)
            .map_err(io::Error::other)?;
        let mut next = 0;
        let mut groups = Vec::new();
        for group in metadata.row_groups() {
            groups.push(next);
            next += u64::try_from(group.num_rows()).unwrap_or_default();
        }
        let id = reads.files.fetch_add(1, Ordering::Relaxed);
        let (reads, is_done_with) = (Arc::clone(reads), AtomicBool::new(false));
        Ok(Self { id, facts, bytes, metadata, groups, reads, is_done_with })
    }

    pub(super) const fn id(&self) -> u64 {
        self.id
    }

    /// What a snapshot says of it.
    pub(crate) const fn facts(&self) -> &FileFacts {
        &self.facts
    }

    /// It is removed when nobody reads it any more, unless a snapshot names it until then.
    pub(crate) fn be_done_with(&self) {
        self.is_done_with.store(true, Ordering::Relaxed);
    }

    /// A snapshot names it, or may.
    pub(crate) fn be_needed(&self) {
        self.is_done_with.store(false, Ordering::Relaxed);
    }

    /// Room to hold so many bytes for a query, if there is any.
    pub(super) fn room(&self, bytes: usize) -> Option<Room> {
        let room = Room { bytes, reads: Arc::clone(&self.reads) };
        // Where it is too much, it is given back at once.
        let before = self.reads.held.fetch_add(bytes, Ordering::Relaxed);
        (before + bytes <= HELD).then_some(room)
    }

    /// The points of some rows and a column, to be changed; none where they cannot be read.
    pub(super) fn taken(&self, rows: &Rows, column: u32, kind: FieldType) -> Option<Arc<Chunk>> {
        let chunk = self.read(rows, column, kind).inspect_err(|why| self.fail(why)).ok()?;
        self.reads.brought_back.fetch_add(chunk.bytes() as u64, Ordering::Relaxed);
        Some(chunk)
    }

    /// The times of some rows, with any values; none of both where they cannot be read.
    pub(super) fn times(&self, rows: &Rows) -> Arc<Chunk> {
        self.read(rows, TIME_COLUMN, FieldType::Integer).unwrap_or_else(|why| {
            self.fail(&why);
            Arc::new(Chunk::empty(FieldType::Integer))
        })
    }

    /// The points of some rows and a column; none where they cannot be read.
    pub(super) fn chunk(&self, rows: &Rows, column: u32, field_type: FieldType) -> Arc<Chunk> {
        self.read(rows, column, field_type).unwrap_or_else(|why| {
            self.fail(&why);
            Arc::new(Chunk::empty(field_type))
        })
    }

    /// The points of some rows and a column.
    ///
    /// # Errors
    /// What is wrong with the file, without its name.
    pub(super) fn read(
        &self,
        rows: &Rows,
        column: u32,
        kind: FieldType,
    ) -> Result<Arc<Chunk>, String> {
        let place = (self.id, rows.first_row, column);
        if let Some(chunk) = lock(&self.reads.chunks).get(&place) {
            return Ok(chunk);
        }
        let chunk = if column == TIME_COLUMN {
            let times = match self.column(rows, column, kind)? {
                Values::Integer(times) => times,
                _ => return Err("its times are not what they were".to_owned()),
            };
            rows.check_times(&times)?;
            Chunk { values: Values::Integer(Vec::new()), times: Arc::new(times) }
        } else {
            let times = Arc::clone(&self.read(rows, TIME_COLUMN, FieldType::Integer)?.times);
            Chunk { times, values: self.column(rows, column, kind)? }
        };
        let chunk = Arc::new(chunk);
        lock(&self.reads.chunks).put(place, Arc::clone(&chunk), chunk.bytes());
        Ok(chunk)
    }

    /// The values of a column in some rows, each of which has one.
    fn column(&self, rows: &Rows, column: u32, kind: FieldType) -> Result<Values, String> {
        let (group, first) = self.place_of(rows)?;
        let behind = first + rows.count();
        let mut values = Values::empty(kind);
        let mut next = first;
        while next < behind {
            let page =
                if rows.count() < MANY { self.page_around(group, column, next) } else { None };
            let Some(page) = page else {
                let mut reader = self.column_reader(group, column)?;
                return values_of(&mut reader, kind, first, rows.count());
            };
            next = self.page((group, column), kind, page)?.add_to(&mut values, next..behind)?;
        }
        Ok(values)
    }

    /// A page of a column of a row group, decoded: one that is kept, or kept from now on.
    fn page(
        &self,
        (group, column): (usize, u32),
        kind: FieldType,
        rows: Range<usize>,
    ) -> Result<Arc<Page>, String> {
        let key = (self.id, column, group, rows.start);
        if let Some(page) = lock(&self.reads.pages).get(&key) {
            return Ok(page);
        }
        let mut reader = self.column_reader(group, column)?;
        let page = Arc::new(Page::decode(&mut reader, kind, rows.start, rows)?);
        lock(&self.reads.pages).put(key, Arc::clone(&page), page.bytes());
        Ok(page)
    }

    pub(super) const fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }

    /// The row group that has some rows, and the first of them there.
    pub(super) fn place_of(&self, rows: &Rows) -> Result<(usize, usize), String> {
        let group = self.groups.partition_point(|start| *start <= rows.first_row);
        let group = group.checked_sub(1).ok_or("it has no rows")?;
        let row = usize::try_from(rows.first_row - self.groups[group]);
        Ok((group, row.map_err(|error| error.to_string())?))
    }

    /// Reads a column of a row group from its beginning.
    pub(super) fn column_reader(&self, group: usize, column: u32) -> Result<ColumnReader, String> {
        let index = self.metadata.offset_index().and_then(|index| index.get(group));
        let reader = SerializedRowGroupReader::new(
            Arc::clone(&self.bytes),
            self.metadata.row_group(group),
            index.map(Vec::as_slice),
            Arc::new(ReaderProperties::builder().set_read_bloom_filter(false).build()),
        );
        let place = usize::try_from(column).map_err(|error| error.to_string())?;
        reader.and_then(|reader| reader.get_column_reader(place)).map_err(told)
    }

    /// From now on the store is known to be damaged: nobody is to take what is left for all.
    pub(super) fn fail(&self, why: &str) {
        let why = format!(
            "{}: {why}; stop the server, then see what `lineproof data verify` says of the folder",
            self.bytes.path().display()
        );
        if self.reads.damage.set(why.clone()).is_ok() {
            tracing::error!(why, "a snapshot cannot be read");
        }
    }
}

impl Drop for SnapshotFile {
    fn drop(&mut self) {
        if !self.is_done_with.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.bytes.files().remove(self.bytes.path()) {
            // The next start removes what no snapshot names.
            tracing::warn!(path = %self.bytes.path().display(), %error, "a file is left behind");
        }
    }
}

/// So many values of this type behind the next ones.
pub(super) fn values_of(
    reader: &mut ColumnReader,
    kind: FieldType,
    before: usize,
    count: usize,
) -> Result<Values, String> {
    let (values, _) = records_of(reader, kind, before, count)?;
    if values.len() != count {
        return Err(format!("of {count} values after {before} it has {}", values.len()));
    }
    Ok(values)
}

/// The values of this type that so many rows behind the next ones have, and for each row whether it has one
/// (1) or not (0): nothing where all have.
pub(super) fn records_of(
    reader: &mut ColumnReader,
    kind: FieldType,
    before: usize,
    count: usize,
) -> Result<(Values, Vec<i16>), String> {
    let mut levels = Vec::new();
    let values = match (kind, reader) {
        (FieldType::Float, ColumnReader::DoubleColumnReader(reader)) => {
            Values::Float(records(reader, before, count, &mut levels)?)
        }
        (FieldType::Integer, ColumnReader::Int64ColumnReader(reader)) => {
            Values::Integer(records(reader, before, count, &mut levels)?)
        }
        (FieldType::Unsigned, ColumnReader::Int64ColumnReader(reader)) => {
            let values = records(reader, before, count, &mut levels)?;
            Values::Unsigned(values.into_iter().map(i64::cast_unsigned).collect())
        }
        (FieldType::Boolean, ColumnReader::BoolColumnReader(reader)) => {
            Values::Boolean(records(reader, before, count, &mut levels)?)
        }
        (FieldType::String, ColumnReader::ByteArrayColumnReader(reader)) => {
            let values = records(reader, before, count, &mut levels)?;
            Values::String(values.iter().map(|value| Name::from(value.data())).collect())
        }
        _ => return Err("a column is of another type".to_owned()),
    };
    Ok((values, levels))
}

fn records<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    before: usize,
    count: usize,
    levels: &mut Vec<i16>,
) -> Result<Vec<T::T>, String> {
    let skipped = reader.skip_records(before).map_err(told)?;
    let mut values = Vec::with_capacity(count);
    let mut rows = 0;
    while rows < count {
        match reader.read_records(count - rows, Some(levels), None, &mut values).map_err(told)? {
            (0, _, _) => break,
            (more, _, _) => rows += more,
        }
    }
    if skipped != before || rows != count {
        return Err(format!("of {count} rows after {before} it has {rows} after {skipped}"));
    }
    Ok(values)
}

fn told(error: ParquetError) -> String {
    match error {
        // Our own words about the bytes.
        ParquetError::External(error) => error.to_string(),
        error => error.to_string(),
    }
}
