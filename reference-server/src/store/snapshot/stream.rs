//! Files that are read from their beginning to their end: a snapshot that writes again what lies in
//! others meets their rows in their order, and few at a time. To begin anew for each would cost a page
//! each time.

use super::file::{SnapshotFile, TIME_COLUMN};
use super::page::Page;
use super::{Rows, StoredColumn};
use crate::store::blocks::StoredRows;
use crate::store::chunk::{Chunk, Values};
use crate::store::value::FieldType;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use parquet::column::reader::ColumnReader;
use std::ops::Range;
use std::sync::Arc;

/// How many rows of a column are read at once: so many that a call for them costs nothing beside them, so
/// few that files with thousands of columns take little memory.
const AT_ONCE: usize = if cfg!(test) { 16 } else { 1024 };

/// The columns that are being read, by file and column.
#[derive(Default)]
pub(super) struct Streams(HashMap<(u64, u32), Stream>);

/// A column of a row group, read up to some row.
struct Stream {
    group: usize,
    /// The next row, counted from the beginning of the group.
    row: usize,
    reader: ColumnReader,
    /// Some of what was read last, up to that row: series have few rows each, and a call for each of them
    /// would cost more than they.
    piece: Page,
}

impl Streams {
    /// The points of some rows and a column, without times where nobody wants them; none where they cannot
    /// be read, which is then known of all of the store.
    pub(super) fn chunk(
        &mut self,
        column: &StoredColumn,
        kind: FieldType,
        with_times: bool,
    ) -> Chunk {
        let StoredColumn { rows, column } = column;
        let times = if with_times { self.times(rows) } else { Ok(Vec::new()) };
        let read = times.and_then(|times| {
            Ok(Chunk { times: Arc::new(times), values: self.values(rows, *column, kind)? })
        });
        read.unwrap_or_else(|why| {
            rows.file.fail(&why);
            Chunk::empty(kind)
        })
    }

    /// Some rows: their times, and the values of each of their fields. None where they cannot be read,
    /// which is then known of all of the store.
    pub(super) fn rows(&mut self, stored: &StoredRows) -> Option<(Vec<i64>, Vec<Values>)> {
        let StoredRows { rows, shape } = stored;
        let fields = shape.layout.fields().zip(&shape.columns);
        let read = self.times(rows).and_then(|times| {
            let values = fields.map(|((_, kind), column)| self.values(rows, *column, *kind));
            Ok((times, values.collect::<Result<_, _>>()?))
        });
        read.inspect_err(|why| rows.file.fail(why)).ok()
    }

    fn times(&mut self, rows: &Rows) -> Result<Vec<i64>, String> {
        let Values::Integer(times) = self.values(rows, TIME_COLUMN, FieldType::Integer)? else {
            return Err("its times are not what they were".to_owned());
        };
        rows.check_times(&times)?;
        Ok(times)
    }

    fn values(&mut self, rows: &Rows, column: u32, kind: FieldType) -> Result<Values, String> {
        let file: &SnapshotFile = &rows.file;
        let (group, first) = file.place_of(rows)?;
        let behind = first + rows.count();
        let begin = || Stream::begin(file, group, column, kind);
        let stream = match self.0.entry((file.id(), column)) {
            Entry::Vacant(new) => new.insert(begin()?),
            Entry::Occupied(known) => {
                let known = known.into_mut();
                if known.group != group || known.piece.first() > first {
                    *known = begin()?;
                }
                known
            }
        };
        let mut values = Values::empty(kind);
        let mut next = first;
        while next < behind {
            if next >= stream.row {
                // No further than the page goes that is to be read anyway: the next one may be damaged.
                let page = file.page_around(group, column, next);
                let end = page.map_or(behind, |page| page.end.min(next + AT_ONCE));
                stream.read(kind, next..end)?;
            }
            let read = stream.piece.add_to(&mut values, next..behind)?;
            if read <= next {
                return Err(format!("row {next} of a group is not where it was"));
            }
            next = read;
        }
        Ok(values)
    }
}

impl Stream {
    fn begin(
        file: &SnapshotFile,
        group: usize,
        column: u32,
        kind: FieldType,
    ) -> Result<Self, String> {
        let reader = file.column_reader(group, column)?;
        Ok(Self { group, row: 0, reader, piece: Page::empty(kind) })
    }

    /// Reads these rows, none of which was read yet.
    fn read(&mut self, kind: FieldType, rows: Range<usize>) -> Result<(), String> {
        self.piece = Page::decode(&mut self.reader, kind, rows.start - self.row, rows.clone())?;
        self.row = rows.end;
        Ok(())
    }
}
