//! Points that lie in files: Parquet, one file for the points of a measurement in a shard (v3: of a
//! table) that one snapshot wrote.
//!
//! A series' points are put there in [`Rows`]: some of its rows that follow one another in time, each
//! with a value in each of the fields that were written together. Of rows in memory there are only
//! their first and last time and their place; what is in them is read when a query wants it.

mod checked;
mod columns;
mod file;
mod group;
mod moved;
mod names;
mod page;
mod recently;
mod run;
mod saved;
mod sink;
mod stream;
mod tag_column;
mod writer;

use super::chunk::Chunk;
use super::partitions::PartitionedTables;
use super::series::{SeriesPoints, TagSet};
use super::series_map::Reading;
use super::shards::ShardedBucket;
use super::tables::TableSet;
use super::value::{FieldType, Name};
use super::waiting::Waiting;
use std::sync::Arc;

pub(crate) use checked::check;
pub(super) use file::Room;
pub(crate) use file::{Reads, SnapshotFile};
pub(crate) use moved::Moved;
pub(super) use moved::MovedAs;
pub(super) use saved::SeriesToSave;
pub(crate) use saved::{Index, SavedSeries, SavedStore, StoreToSave};
pub(crate) use writer::Writer;

/// Rows of one series in a file, ascending in time.
#[derive(Debug)]
pub(crate) struct Rows {
    file: Arc<SnapshotFile>,
    /// Counted from the beginning of the file.
    first_row: u64,
    count: u32,
    first: i64,
    last: i64,
    pub(super) moved_as: MovedAs,
}

/// The values that one field has in some rows: in each of them one.
#[derive(Clone, Debug)]
pub(crate) struct StoredColumn {
    rows: Arc<Rows>,
    /// Its place among the columns of the file.
    column: u32,
}

/// What a snapshot is of: all points of a bucket, or of a database, or what is not there yet.
#[derive(Debug)]
pub(crate) enum Store {
    /// Of a Go product.
    Shards(ShardedBucket),
    /// Of v3.
    Tables(TableSet),
    /// Of the IOx router.
    Partitions(PartitionedTables),
    /// What a product has acknowledged and will store: in no file but in the manifest itself, since it
    /// is there for a moment only.
    Waiting(Waiting),
}

/// Of what a series is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section<'s> {
    /// The start of its shard, where there are shards.
    pub(super) shard: Option<i64>,
    /// Its measurement or table.
    pub(super) measurement: &'s Name,
    /// Whether all tags of its shard, or table, are known to be UTF-8.
    pub(super) tags_are_text: bool,
}

impl Store {
    /// Shows each series, those of a section one after another.
    fn each_series(
        &mut self,
        reading: Reading,
        visit: &mut dyn FnMut(Section<'_>, &TagSet, &mut SeriesPoints),
    ) {
        match self {
            Self::Shards(bucket) => bucket.each_series(reading, visit),
            Self::Tables(tables) => tables.each_series(reading, visit),
            Self::Partitions(tables) => tables.each_series(reading, visit),
            Self::Waiting(_) => {}
        }
    }
}

impl Rows {
    /// Those of a file from a row on, with the times of the first and the last one.
    fn new(
        file: &Arc<SnapshotFile>,
        first_row: u64,
        count: u32,
        (first, last): (i64, i64),
    ) -> Self {
        let (file, moved_as) = (Arc::clone(file), MovedAs::default());
        Self { file, first_row, count, first, last, moved_as }
    }

    /// That these are their times.
    ///
    /// # Errors
    /// They are others.
    fn check_times(&self, times: &[i64]) -> Result<(), String> {
        let same = times.first() == Some(&self.first) && times.last() == Some(&self.last);
        same.then_some(())
            .ok_or_else(|| format!("the times of its row {} are others", self.first_row))
    }

    /// The number of their file.
    pub(super) fn file_id(&self) -> u64 {
        self.file.id()
    }

    /// The first one, counted from the beginning of the file.
    pub(super) const fn first_row(&self) -> u64 {
        self.first_row
    }

    /// How many there are.
    pub(super) const fn count(&self) -> usize {
        self.count as usize
    }

    /// The time of the first one.
    pub(super) const fn first(&self) -> i64 {
        self.first
    }

    /// The time of the last one.
    pub(super) const fn last(&self) -> i64 {
        self.last
    }
}

impl StoredColumn {
    /// One of these rows.
    pub(super) fn new(rows: &Arc<Rows>, column: u32) -> Self {
        Self { rows: Arc::clone(rows), column }
    }

    /// Where its rows are.
    pub(super) const fn rows(&self) -> &Arc<Rows> {
        &self.rows
    }

    /// Its points, read, to be changed. Nothing where the file is damaged, which is then known of all of
    /// the store.
    pub(super) fn taken(&self, field_type: FieldType) -> Option<Arc<Chunk>> {
        self.rows.file.taken(&self.rows, self.column, field_type)
    }

    /// Its points, read. A chunk without points where the file is damaged, which is then known of all
    /// of the store: whoever answers from it asks for that.
    pub(super) fn chunk(&self, field_type: FieldType) -> Arc<Chunk> {
        self.rows.file.chunk(&self.rows, self.column, field_type)
    }

    /// Room to hold so many bytes of it for a query, if there is any.
    pub(super) fn room(&self, bytes: usize) -> Option<Room> {
        self.rows.file.room(bytes)
    }

    /// Its times, read, without values.
    pub(super) fn times(&self) -> Arc<Chunk> {
        self.rows.file.times(&self.rows)
    }
}
