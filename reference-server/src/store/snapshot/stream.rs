//! Files that are read from their beginning to their end: a snapshot that writes again what lies in
//! others meets their rows in their order, and few at a time. To begin anew for each would cost a page
//! each time.

use super::file::{SnapshotFile, TIME_COLUMN};
use super::{Rows, StoredColumn};
use crate::store::blocks::StoredRows;
use crate::store::chunk::{Chunk, Values};
use crate::store::value::FieldType;
use hashbrown::HashMap;
use parquet::column::reader::ColumnReader;
use std::sync::Arc;

/// The columns that are being read, by file and column.
#[derive(Default)]
pub(super) struct Streams(HashMap<(u64, u32), Stream>);

/// A column, read up to some row.
struct Stream {
    group: usize,
    /// The next row, counted from the beginning of the group.
    row: usize,
    reader: ColumnReader,
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
        let (group, row) = file.place_of(rows)?;
        let place = (file.id(), column);
        let known = self.0.remove(&place).filter(|known| known.group == group && known.row <= row);
        let mut stream = match known {
            Some(known) => known,
            None => Stream { group, row: 0, reader: file.column_reader(group, column)? },
        };
        let skipped = row - stream.row;
        let values = super::file::values_of(&mut stream.reader, kind, skipped, rows.count())?;
        stream.row = row + rows.count();
        self.0.insert(place, stream);
        Ok(values)
    }
}
