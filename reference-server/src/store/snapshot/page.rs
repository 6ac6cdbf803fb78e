//! A page of a column, decoded: what many series have side by side, each a few rows of it. To decode it
//! for each of them anew would cost as much as all of it each time.

use super::file::{self, SnapshotFile};
use crate::store::chunk::Values;
use crate::store::value::FieldType;
use parquet::column::reader::ColumnReader;
use std::ops::Range;

/// Of a page with longer strings only what is wanted is decoded.
const MOST_STRING_BYTES: i64 = 1 << 20;

/// The values of some rows that follow one another in a row group: those of a page, or some of them.
#[derive(Debug)]
pub(super) struct Page {
    /// The first of the rows, counted from the beginning of the group.
    first: usize,
    rows: usize,
    values: Values,
    /// How many values there are before each row, and at the end; none where each row has one.
    ranks: Option<Vec<u32>>,
}

/// By file, column, row group, and the first row there.
pub(super) type PageKey = (u64, u32, usize, usize);

impl Page {
    /// One without rows.
    pub(super) const fn empty(kind: FieldType) -> Self {
        Self { first: 0, rows: 0, values: Values::empty(kind), ranks: None }
    }

    /// The first of its rows.
    pub(super) const fn first(&self) -> usize {
        self.first
    }

    /// Decodes these rows of a column that was read up to so many rows before them.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(super) fn decode(
        reader: &mut ColumnReader,
        kind: FieldType,
        before: usize,
        rows: Range<usize>,
    ) -> Result<Self, String> {
        let (values, levels) = file::records_of(reader, kind, before, rows.len())?;
        let ranks = (values.len() < rows.len()).then(|| {
            let mut rank = 0;
            let behind = levels.iter().map(|level| {
                rank += u32::from(*level > 0);
                rank
            });
            std::iter::once(0).chain(behind).collect::<Vec<_>>()
        });
        if ranks.as_ref().is_some_and(|ranks| ranks.len() != rows.len() + 1) {
            return Err(format!("of the rows {rows:?} of a group it has others"));
        }
        Ok(Self { first: rows.start, rows: rows.len(), values, ranks })
    }

    /// Adds the values of those of some rows that are here, each of which has one; the first row behind
    /// them.
    ///
    /// # Errors
    /// One of them has none.
    pub(super) fn add_to(&self, values: &mut Values, rows: Range<usize>) -> Result<usize, String> {
        let end = rows.end.min(self.first + self.rows);
        let (mut from, mut to) = (rows.start - self.first, end - self.first);
        if let Some(ranks) = &self.ranks {
            (from, to) = (ranks[from] as usize, ranks[to] as usize);
        }
        if to - from != end - rows.start {
            return Err(format!("of the rows {rows:?} of a group not all have a value"));
        }
        values.append(&self.values, from..to);
        Ok(end)
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let ranks = self.ranks.as_ref().map_or(0, |ranks| 4 * ranks.len());
        size_of::<Self>() + self.values.bytes() + ranks
    }
}

impl SnapshotFile {
    /// The rows of the page that has a row, both counted from the beginning of the row group; none where it
    /// is better not decoded as a whole.
    pub(super) fn page_around(
        &self,
        group: usize,
        column: u32,
        row: usize,
    ) -> Option<Range<usize>> {
        let index = self.metadata().offset_index()?.get(group)?.get(column as usize)?;
        let pages = index.page_locations();
        let first_row = |page: usize| usize::try_from(pages.get(page)?.first_row_index).ok();
        let behind = pages.partition_point(|page| page.first_row_index <= row as i64);
        let page = behind.checked_sub(1)?;
        let strings = index.unencoded_byte_array_data_bytes();
        if strings.and_then(|bytes| bytes.get(page)).is_some_and(|b| *b > MOST_STRING_BYTES) {
            return None;
        }
        let all = usize::try_from(self.metadata().row_group(group).num_rows()).ok()?;
        let rows = first_row(page)?..first_row(behind).unwrap_or(all);
        rows.contains(&row).then_some(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(page: &Page, rows: Range<usize>) -> Result<(usize, Vec<i64>), String> {
        let mut values = Values::Integer(vec![-1]);
        let next = page.add_to(&mut values, rows)?;
        let Values::Integer(values) = values else { return Err("of another type".to_owned()) };
        Ok((next, values))
    }

    #[test]
    fn rows_are_counted_from_the_beginning_of_the_group_and_those_without_a_value_are_skipped() {
        let values = Values::Integer(vec![10, 11, 13, 14]);
        let full = Page { first: 100, rows: 4, values: values.clone(), ranks: None };
        assert_eq!(added(&full, 101..103), Ok((103, vec![-1, 11, 13])));
        assert_eq!(added(&full, 103..110), Ok((104, vec![-1, 14])), "the rest is on the next page");
        let ranks = Some(vec![0, 1, 2, 2, 3, 4]);
        let with_gap = Page { first: 100, rows: 5, values, ranks };
        assert_eq!(added(&with_gap, 100..102), Ok((102, vec![-1, 10, 11])));
        assert_eq!(added(&with_gap, 103..200), Ok((105, vec![-1, 13, 14])));
        assert!(added(&with_gap, 101..104).is_err(), "row 102 has no value");
    }
}
