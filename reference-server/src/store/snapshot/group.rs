//! A row group while it is gathered: column by column, series by series.

use super::columns::{Columns, physical};
use super::file::TIME_COLUMN;
use super::tag_column::TagColumn;
use crate::store::chunk::Values;
use crate::store::series::TagSet;
use crate::store::value::{FieldType, Name};
use parquet::basic::Type as Physical;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use std::io::Write;

/// Rows that are being gathered.
pub(super) struct Group {
    pub(super) rows: usize,
    times: Vec<i64>,
    tags: Vec<TagColumn>,
    fields: Vec<Gathered>,
}

/// The values of a field, and of each row whether it has one.
struct Gathered {
    values: Typed,
    /// None where all have.
    levels: Option<Vec<i16>>,
}

/// Values as Parquet takes them.
enum Typed {
    Doubles(Vec<f64>),
    Longs(Vec<i64>),
    Bytes(Vec<ByteArray>),
    Booleans(Vec<bool>),
}

impl Group {
    pub(super) fn new(columns: &Columns) -> Self {
        let gathered = |((_, kind), is_full): (&(Name, FieldType), &bool)| Gathered {
            values: match physical(*kind) {
                Physical::DOUBLE => Typed::Doubles(Vec::new()),
                Physical::INT64 => Typed::Longs(Vec::new()),
                Physical::BOOLEAN => Typed::Booleans(Vec::new()),
                _ => Typed::Bytes(Vec::new()),
            },
            levels: (!is_full).then(Vec::new),
        };
        Self {
            rows: 0,
            times: Vec::new(),
            tags: columns.tags.iter().map(|_| TagColumn::default()).collect(),
            fields: columns.fields.iter().zip(&columns.are_full).map(gathered).collect(),
        }
    }

    /// How many bytes the tags have, each value of a tag counted once.
    pub(super) fn tag_bytes(&self) -> usize {
        self.tags.iter().map(TagColumn::bytes).sum()
    }

    /// Adds rows of a series: their tags.
    pub(super) fn push_keys(&mut self, columns: &Columns, tags: &TagSet, count: usize) {
        self.rows += count;
        let keys = columns.tags.iter().zip(&mut self.tags).enumerate();
        for (index, (key, column)) in keys {
            // Nearly always all series have the same tags.
            let same = tags.get(index).filter(|(known, _)| known == key);
            let tag = same.or_else(|| tags.iter().find(|(known, _)| known == key));
            column.push(tag.map(|(_, value)| value), count);
        }
    }

    /// Their times.
    pub(super) fn push_times(&mut self, times: &[i64]) {
        self.times.extend_from_slice(times);
    }

    /// The values that a field has in them, as words.
    pub(super) fn push_words(&mut self, field: usize, words: impl Iterator<Item = u64>) {
        let Some(column) = self.fields.get_mut(field) else { return };
        let before = column.values.len();
        match &mut column.values {
            Typed::Doubles(all) => all.extend(words.map(f64::from_bits)),
            Typed::Longs(all) => all.extend(words.map(u64::cast_signed)),
            Typed::Booleans(all) => all.extend(words.map(|word| word != 0)),
            // Strings are no words.
            Typed::Bytes(_) => {}
        }
        column.note_values_since(before);
    }

    /// Adds the values that a field has in them.
    pub(super) fn push_values(&mut self, field: usize, values: &Values) {
        let Some(column) = self.fields.get_mut(field) else { return };
        let before = column.values.len();
        match (&mut column.values, values) {
            (Typed::Doubles(all), Values::Float(list)) => all.extend_from_slice(list),
            (Typed::Longs(all), Values::Integer(list)) => all.extend_from_slice(list),
            (Typed::Longs(all), Values::Unsigned(list)) => {
                all.extend(list.iter().map(|value| value.cast_signed()));
            }
            (Typed::Booleans(all), Values::Boolean(list)) => all.extend_from_slice(list),
            (Typed::Bytes(all), Values::String(list)) => {
                all.extend(list.iter().map(|value| ByteArray::from(value.to_vec())));
            }
            // The columns were made of these fields.
            _ => {}
        }
        column.note_values_since(before);
    }

    /// The other fields have nothing in these rows.
    pub(super) fn fill(&mut self, filled: &[usize], count: usize) {
        let fields = self.fields.iter_mut().enumerate();
        for (index, column) in fields {
            if let Some(levels) = &mut column.levels
                && !filled.contains(&index)
            {
                levels.extend(std::iter::repeat_n(0, count));
            }
        }
    }

    /// Writes what was gathered as a row group.
    ///
    /// # Errors
    /// Parquet cannot have it, or the file system failed.
    pub(super) fn write<W: Write + Send>(
        &mut self,
        writer: &mut SerializedFileWriter<W>,
    ) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        let described: Vec<_> = writer.schema_descr().columns().to_vec();
        let mut group = writer.next_row_group()?;
        if let Some(mut column) = group.next_column()? {
            column.typed::<Int64Type>().write_batch(&self.times, None, None)?;
            column.close()?;
        }
        let described = described.into_iter().skip(TIME_COLUMN as usize + 1);
        for (tag, column) in self.tags.iter_mut().zip(described) {
            tag.write(column, &mut group)?;
        }
        for gathered in &mut self.fields {
            let Some(column) = group.next_column()? else { break };
            gathered.write(column)?;
        }
        group.close()?;
        self.times.clear();
        self.rows = 0;
        Ok(())
    }
}

impl Gathered {
    /// The rows behind so many values have one, too.
    fn note_values_since(&mut self, before: usize) {
        let count = self.values.len() - before;
        if let Some(levels) = &mut self.levels {
            levels.extend(std::iter::repeat_n(1, count));
        }
    }

    fn write(&mut self, mut column: SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = self.levels.as_deref();
        match &mut self.values {
            Typed::Doubles(list) => {
                column.typed::<DoubleType>().write_batch(list, levels, None)?;
                list.clear();
            }
            Typed::Longs(list) => {
                column.typed::<Int64Type>().write_batch(list, levels, None)?;
                list.clear();
            }
            Typed::Booleans(list) => {
                column.typed::<BoolType>().write_batch(list, levels, None)?;
                list.clear();
            }
            Typed::Bytes(list) => {
                column.typed::<ByteArrayType>().write_batch(list, levels, None)?;
                list.clear();
            }
        }
        if let Some(levels) = &mut self.levels {
            levels.clear();
        }
        column.close()
    }
}

impl Typed {
    const fn len(&self) -> usize {
        match self {
            Self::Doubles(list) => list.len(),
            Self::Longs(list) => list.len(),
            Self::Bytes(list) => list.len(),
            Self::Booleans(list) => list.len(),
        }
    }
}
