//! A tag as a column of a row group. Rows come series by series, and a series has one value of a tag:
//! so a column is a few runs, and is written as such, page and all. Parquet's own writer takes a value
//! for each row, which costs more than all fields together.

use super::names::place_of;
use crate::store::series_map::hash_of;
use crate::store::value::Name;
use bytes::Bytes;
use hashbrown::HashTable;
use parquet::basic::{BoundaryOrder, Encoding, Type as Physical};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ColumnIndexBuilder, OffsetIndexBuilder};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, SerializedRowGroupWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use std::io::Write;
use std::sync::Arc;

/// How many bytes a value has at most that goes into the statistics, of which a reader learns whether
/// it need look at the rows.
const TOLD: usize = 64;

/// In how many places a value is looked for by where it is in memory.
const PLACES: usize = 1 << 10;

/// The values of a tag in the rows that are being gathered.
#[derive(Debug, Default)]
pub(super) struct TagColumn {
    /// Numbers of values by where they are in memory, which is looked at first: values that many series
    /// have are mostly in one place. Of two values that meet here the last one is known; one that is
    /// elsewhere in memory a second time is found by its content.
    places: Vec<u32>,
    /// The hash of each value, and its number.
    numbers: HashTable<(u64, u32)>,
    /// Each value once.
    values: Vec<Name>,
    /// The bytes of all values.
    bytes: usize,
    /// Which value, or none, in how many rows that follow one another.
    runs: Vec<(Option<u32>, usize)>,
}

impl TagColumn {
    /// Adds rows that all have this value, or all none.
    pub(super) fn push(&mut self, value: Option<&Name>, rows: usize) {
        let number = value.map(|value| self.number(value));
        match self.runs.last_mut() {
            Some((last, count)) if *last == number => *count += rows,
            _ => self.runs.push((number, rows)),
        }
    }

    /// How many bytes its values have, each counted once.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    fn number(&mut self, value: &Name) -> u32 {
        self.places.resize(PLACES, 0);
        let place = place_of(value.as_ptr().addr(), PLACES);
        let known = self.places[place];
        if self.values.get(known as usize).is_some_and(|known| Arc::ptr_eq(known, value)) {
            return known;
        }
        let number = self.number_by_content(value);
        self.places[place] = number;
        number
    }

    fn number_by_content(&mut self, value: &Name) -> u32 {
        let Self { numbers, values, bytes, .. } = self;
        let hash = hash_of(value);
        let is_it = |(other, number): &(u64, u32)| {
            *other == hash && values.get(*number as usize) == Some(value)
        };
        if let Some((_, number)) = numbers.find(hash, is_it) {
            return *number;
        }
        let number = u32::try_from(values.len()).unwrap_or(u32::MAX);
        numbers.insert_unique(hash, (hash, number), |(hash, _)| *hash);
        values.push(Name::clone(value));
        *bytes += value.len();
        number
    }

    /// Writes it as the next column of a row group, and begins anew.
    ///
    /// # Errors
    /// Parquet cannot have it, or the file system failed.
    pub(super) fn write<W: Write + Send>(
        &mut self,
        column: ColumnDescPtr,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ParquetError> {
        let Self { values, runs, .. } = std::mem::take(self);
        let rows: usize = runs.iter().map(|(_, count)| count).sum();
        let nulls: usize =
            runs.iter().filter(|(value, _)| value.is_none()).map(|(_, count)| count).sum();
        let mut sink = TrackedWrite::new(Vec::new());
        let mut pages = SerializedPageWriter::new(&mut sink);
        let dictionary = pages.write_page(dictionary_page(&values)?)?;
        let data = pages.write_page(data_page(&values, &runs, rows, nulls)?)?;
        let compressed = dictionary.compressed_size + data.compressed_size;
        let mut offsets = OffsetIndexBuilder::new();
        offsets.append_row_count(i64::try_from(rows)?);
        offsets.append_offset_and_size(
            i64::try_from(data.offset)?,
            i32::try_from(data.compressed_size)?,
        );
        let metadata = ColumnChunkMetaData::builder(column)
            .set_encodings(vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY])
            .set_num_values(i64::try_from(rows)?)
            .set_total_compressed_size(i64::try_from(compressed)?)
            .set_total_uncompressed_size(i64::try_from(compressed)?)
            .set_dictionary_page_offset(Some(i64::try_from(dictionary.offset)?))
            .set_data_page_offset(i64::try_from(data.offset)?)
            .set_statistics(statistics(&values, nulls))
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: sink.bytes_written() as u64,
            rows_written: rows as u64,
            metadata,
            bloom_filter: None,
            column_index: column_index(&values, nulls)?,
            offset_index: Some(offsets.build()),
        };
        group.append_column(&Bytes::from(sink.into_inner()?), close)
    }
}

/// All values, in the order of their numbers.
fn dictionary_page(values: &[Name]) -> Result<CompressedPage, ParquetError> {
    let mut bytes = Vec::new();
    for value in values {
        bytes.extend_from_slice(&u32::try_from(value.len())?.to_le_bytes());
        bytes.extend_from_slice(value);
    }
    let uncompressed = bytes.len();
    let page = Page::DictionaryPage {
        buf: Bytes::from(bytes),
        num_values: u32::try_from(values.len())?,
        encoding: Encoding::PLAIN,
        is_sorted: false,
    };
    Ok(CompressedPage::new(page, uncompressed))
}

/// For each row whether it has a value, then the numbers of the values, both as runs.
fn data_page(
    values: &[Name],
    runs: &[(Option<u32>, usize)],
    rows: usize,
    nulls: usize,
) -> Result<CompressedPage, ParquetError> {
    let mut bytes = Vec::new();
    // A run of rows that all have a value, whichever, is one here.
    let mut levels: Vec<(u32, usize)> = Vec::new();
    for (value, count) in runs {
        let level = u32::from(value.is_some());
        match levels.last_mut() {
            Some((last, rows)) if *last == level => *rows += count,
            _ => levels.push((level, *count)),
        }
    }
    levels.iter().for_each(|(level, count)| push_run(&mut bytes, *level, *count, 1));
    let level_bytes = u32::try_from(bytes.len())?;
    let highest = u32::try_from(values.len().saturating_sub(1))?;
    let width = (u32::BITS - highest.leading_zeros()).max(1);
    bytes.push(u8::try_from(width)?);
    for (value, count) in runs {
        if let Some(value) = value {
            push_run(&mut bytes, *value, *count, width);
        }
    }
    let uncompressed = bytes.len();
    let page = Page::DataPageV2 {
        buf: Bytes::from(bytes),
        num_values: u32::try_from(rows)?,
        encoding: Encoding::RLE_DICTIONARY,
        num_nulls: u32::try_from(nulls)?,
        num_rows: u32::try_from(rows)?,
        def_levels_byte_len: level_bytes,
        rep_levels_byte_len: 0,
        is_compressed: false,
        statistics: None,
    };
    Ok(CompressedPage::new(page, uncompressed))
}

/// A run of Parquet's hybrid encoding: twice its length in groups of seven bits, then the value in as
/// many bytes as its width takes.
fn push_run(bytes: &mut Vec<u8>, value: u32, count: usize, width: u32) {
    let mut header = (count as u64) << 1;
    while header >= 0x80 {
        bytes.push((header & 0x7f) as u8 | 0x80);
        header >>= 7;
    }
    bytes.push(header as u8);
    bytes.extend_from_slice(&value.to_le_bytes()[..width.div_ceil(8) as usize]);
}

/// The least and the greatest value; none where there is none, or one is too long to be told.
fn bounds(values: &[Name]) -> Option<(&Name, &Name)> {
    let bounds = values.iter().min().zip(values.iter().max());
    bounds.filter(|(least, greatest)| least.len() <= TOLD && greatest.len() <= TOLD)
}

fn statistics(values: &[Name], nulls: usize) -> Statistics {
    let bytes = |value: &Name| ByteArray::from(value.to_vec());
    let (least, greatest) =
        bounds(values).map(|(least, greatest)| (bytes(least), bytes(greatest))).unzip();
    Statistics::new(least, greatest, Some(values.len() as u64), Some(nulls as u64), false)
}

/// What is said of the only page.
fn column_index(
    values: &[Name],
    nulls: usize,
) -> Result<Option<ColumnIndexMetaData>, ParquetError> {
    let mut index = ColumnIndexBuilder::new(Physical::BYTE_ARRAY);
    let nulls = i64::try_from(nulls)?;
    match bounds(values) {
        Some((least, greatest)) => index.append(false, least.to_vec(), greatest.to_vec(), nulls),
        None if values.is_empty() => index.append(true, Vec::new(), Vec::new(), nulls),
        None => return Ok(None),
    }
    index.set_boundary_order(BoundaryOrder::ASCENDING);
    index.build().map(Some)
}
