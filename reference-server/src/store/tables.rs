//! Storage of v3: one database, its tables with one schema for all time.
//!
//! A line passes in this order (3.6:influxdb3_write/src/write_buffer/validator.rs): table, tags,
//! fields one by one, the time column, the timestamp. Where it fails, the columns that it had made
//! by then stay, if the write as a whole is committed at all; recorded.

mod schema;
mod viewed;

use super::kept::Bytes;
use super::numbers::Numbers;
use super::recent::{Layout, Layouts};
use super::rows::{Rows, Shape, plain_tags};
use super::series::{SeriesPoints, TagSet};
use super::series_map::{AHEAD, Reading, SeriesMap};
use super::shards::stored;
use super::shared_names::shared;
use super::snapshot::{Index, Moved, SavedSeries, Section, SeriesToSave};
use super::value::{Name, Value};
use super::view::{Asked, Measurement, Unreadable};
use crate::query::allowance::Allowance;
use line_protocol::{FieldValue, Line, Precision, Text};
use profiles::storage::{Overflow, RefusedLine, RepeatedTags, Tables as Rules};
use schema::Schema;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

pub use schema::{ColumnType, SchemaFault};
pub(crate) use viewed::Viewed;

/// The unit of the timestamps of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// The caller said it.
    Given(Precision),
    /// Guessed from the size of each timestamp.
    Guessed,
}

/// The tables of one database, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub struct TableSet {
    tables: Vec<Table>,
}

#[derive(Clone, Debug)]
struct Table {
    name: Name,
    schema: Schema,
    series: SeriesMap<TagSet>,
    /// A line with a repeated tag was stored: no query can read the table any more.
    uneven: bool,
    /// The fields of lines that were found to fit: what has the same fits as well.
    fitting: Layouts,
}

/// A line that fits its table, to be stored.
#[derive(Debug)]
pub struct Row {
    table: usize,
    series: SeriesOf,
    time: i64,
    fields: Fields,
}

/// The series of a row.
#[derive(Debug)]
enum SeriesOf {
    /// Lines of it were seen.
    Slot(usize),
    /// Its tags, and its line's key; none where a tag was repeated.
    Tags(TagSet, Option<Box<[u8]>>),
}

/// The fields of a row.
#[derive(Debug)]
enum Fields {
    /// Numbers and booleans.
    Words(Arc<Layout>, Vec<u64>),
    /// Others, or some of which it is not known yet whether they are of a known layout.
    Named(Vec<(Name, Value)>),
}

impl TableSet {
    /// How many tables there are.
    pub fn len(&self) -> usize {
        self.tables.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// The same tables without their points: to try on what may be refused as a whole.
    #[must_use]
    pub fn schemas(&self) -> Self {
        let empty = |table: &Table| Table {
            name: table.name.clone(),
            schema: table.schema.clone(),
            series: SeriesMap::default(),
            uneven: false,
            fitting: Layouts::default(),
        };
        Self { tables: self.tables.iter().map(empty).collect() }
    }

    /// Takes over what was tried on [`schemas`](Self::schemas): the columns, then the rows.
    pub fn adopt(&mut self, tried: Self, rows: Vec<Row>) {
        for (index, tried) in tried.tables.into_iter().enumerate() {
            match self.tables.get_mut(index) {
                Some(table) => table.schema = tried.schema,
                None => self.tables.push(tried),
            }
        }
        for row in rows {
            self.insert(row);
        }
    }

    /// Stores rows, if it knows the fields of each and its series, or at least the tags of that, and each
    /// has a time that is kept: nothing about them can be refused then. Else it stores none of them. `oldest` is the first time
    /// that is kept.
    pub(crate) fn take(
        &mut self,
        rows: &Rows<'_>,
        unit: TimeUnit,
        now: i64,
        oldest: Option<i64>,
        numbers: &mut Numbers,
    ) -> bool {
        let fitting: Option<Vec<_>> =
            rows.shapes().iter().map(|shape| self.fitting_of(shape)).collect();
        let Some(fitting) = fitting else { return false };
        let mut places = Vec::with_capacity(rows.len());
        // The tags of those whose series may be new.
        let mut new: VecDeque<TagSet> = VecDeque::new();
        for (number, (row, key, _)) in rows.iter().enumerate() {
            if number.is_multiple_of(AHEAD) {
                let next = rows.window(number, AHEAD).iter();
                let keys =
                    next.map(|row| (&self.tables[fitting[row.shape()].0].series, row.hash()));
                SeriesMap::look_ahead_for_keys(keys);
            }
            let table = &self.tables[fitting[row.shape()].0];
            let Ok(time) = time_of(row.time(), unit, now) else { return false };
            let slot = table.series.known_by(row.hash(), key);
            if slot.is_none() {
                let Some(tags) = table.tags_of(key) else { return false };
                new.push_back(tags);
            }
            if oldest.is_some_and(|oldest| time < oldest) {
                return false;
            }
            places.push((slot, time));
        }
        for (number, (row, key, words)) in rows.iter().enumerate() {
            if number.is_multiple_of(AHEAD) {
                let next = rows.window(number, AHEAD).iter().zip(&places[number..]);
                let slots = next.filter_map(|(row, (slot, _))| {
                    Some((&self.tables[fitting[row.shape()].0].series, (*slot)?))
                });
                SeriesMap::look_ahead_at_slots(slots);
            }
            let (slot, time) = places[number];
            let (table, layout) = &fitting[row.shape()];
            let series = &mut self.tables[*table].series;
            let slot = slot.or_else(|| Some(series.slot_of(key, new.pop_front()?)));
            let Some(slot) = slot else { continue };
            let points = series.points(slot);
            points.push_numbered(layout, time, words, numbers);
        }
        true
    }

    /// The table of a shape's lines and their layout, if it has all of the fields.
    fn fitting_of(&mut self, shape: &Shape) -> Option<(usize, Arc<Layout>)> {
        let index = self.tables.iter().position(|table| *table.name == *shape.measurement)?;
        let table = &mut self.tables[index];
        if let Some(layout) = table.fitting.find(|layout| *layout == *shape.layout) {
            return Some((index, layout));
        }
        let is_known = |(name, kind): (&[u8], _)| table.schema.has_field(name, kind);
        shape.fields().all(is_known).then_some(())?;
        Some((index, table.fitting.share(Arc::clone(&shape.layout))))
    }

    /// Stores a row that [`row`](Self::row) made.
    pub fn insert(&mut self, row: Row) {
        let Some(table) = self.tables.get_mut(row.table) else { return };
        let slot = match row.series {
            SeriesOf::Slot(slot) => slot,
            SeriesOf::Tags(tags, key) => {
                let slot = table.series.slot(tags);
                match key {
                    Some(key) => table.series.remember(&key, slot),
                    None => table.uneven = true,
                }
                slot
            }
        };
        let points = table.series.points(slot);
        match row.fields {
            Fields::Words(layout, words) => points.push(&layout, row.time, words),
            Fields::Named(fields) => {
                for (key, value) in fields {
                    points.insert(&key, row.time, value);
                }
            }
        }
    }

    /// The row that a line is, or what is wrong with it; columns made on the way stay either way,
    /// where the release keeps them. `oldest` is the first time that is kept.
    ///
    /// # Errors
    /// What the catalog or the clock refuses.
    pub fn row(
        &mut self,
        rules: &Rules,
        tables_elsewhere: usize,
        line: &Line<'_>,
        unit: TimeUnit,
        now: i64,
        oldest: Option<i64>,
    ) -> Result<Row, SchemaFault> {
        let known = self.tables.iter().position(|table| *table.name == *line.measurement);
        let columns = known.map(|index| self.tables[index].schema.len());
        let number = self.tables.len();
        let row =
            self.fit(rules, tables_elsewhere, known, line, unit, now).and_then(
                |row| match oldest {
                    Some(oldest) if row.time < oldest => {
                        Err(SchemaFault::BeyondRetention { time: row.time, oldest })
                    }
                    _ => Ok(row),
                },
            );
        if row.is_err() && rules.refused_line == RefusedLine::LeavesNothing {
            self.tables.truncate(number);
            if let (Some(index), Some(columns)) = (known, columns) {
                self.tables[index].schema.truncate(columns);
                self.tables[index].fitting.clear();
            }
        }
        row
    }

    /// Finds or makes a line's table (`known` is its place) and columns, in the product's order.
    fn fit(
        &mut self,
        rules: &Rules,
        tables_elsewhere: usize,
        known: Option<usize>,
        line: &Line<'_>,
        unit: TimeUnit,
        now: i64,
    ) -> Result<Row, SchemaFault> {
        let number = tables_elsewhere + self.tables.len();
        let room = number < rules.tables;
        let index = known.unwrap_or(self.tables.len());
        let table = match known {
            Some(index) => &mut self.tables[index],
            None if !room => return Err(SchemaFault::too_many_tables(rules, number)),
            None => {
                let table = Table {
                    name: Name::from(&*line.measurement),
                    schema: Schema::default(),
                    series: SeriesMap::default(),
                    uneven: false,
                    fitting: Layouts::default(),
                };
                self.tables.push(table);
                &mut self.tables[index]
            }
        };
        let time = || time_of(line.timestamp, unit, now);
        if let (Some(slot), Some(layout)) = (table.series.known(line), table.fitting_line(line)) {
            let words = Layout::words(line).collect();
            let (series, fields) = (SeriesOf::Slot(slot), Fields::Words(layout, words));
            return Ok(Row { table: index, series, time: time()?, fields });
        }
        for (index, (key, _)) in line.tags.iter().enumerate() {
            let earlier = &line.tags[..index];
            if rules.repeated_tags == RepeatedTags::Refused && earlier.iter().any(|(k, _)| k == key)
            {
                return Err(SchemaFault::RepeatedTag(line_protocol::lossy(key)));
            }
            table.schema.column(rules, key, ColumnType::Tag)?;
        }
        for (index, (key, value)) in line.fields.iter().enumerate() {
            let infinite = matches!(value, FieldValue::Float(float) if float.is_infinite());
            if infinite && rules.overflow == Overflow::Refused {
                return Err(SchemaFault::Overflow(line_protocol::lossy(key)));
            }
            table.schema.column(rules, key, ColumnType::of(value))?;
            if line.fields[..index].iter().any(|(earlier, _)| earlier == key) {
                return Err(SchemaFault::RepeatedField(line_protocol::lossy(key)));
            }
        }
        table.schema.time_column();
        let time = time()?;
        let mut uneven = false;
        let mut tags: Vec<(Name, Name)> = Vec::with_capacity(line.tags.len());
        for (key, value) in &line.tags {
            match tags.iter_mut().find(|(known, _)| **known == **key) {
                Some(_) => uneven = true,
                None => tags.push((shared(key), shared(value))),
            }
        }
        tags.sort();
        let layout = Layout::of(line).map(|layout| table.fitting.share(layout));
        let fields = match layout {
            Some(layout) => Fields::Words(layout, Layout::words(line).collect()),
            None => {
                let named =
                    |(key, value): &(Text<'_>, FieldValue<'_>)| (Name::from(&**key), stored(value));
                Fields::Named(line.fields.iter().map(named).collect())
            }
        };
        let series =
            SeriesOf::Tags(tags.into(), (!uneven).then(|| Box::from(line.key_as_written())));
        Ok(Row { table: index, series, time, fields })
    }

    /// All of them as they are now: what becomes of the ones is not seen in the others.
    pub(crate) fn frozen(&mut self) -> Self {
        self.tables.iter_mut().for_each(|table| table.series.seal());
        self.clone()
    }

    /// How many series there are.
    pub(crate) fn series_count(&self) -> usize {
        self.tables.iter().map(|table| table.series.len()).sum()
    }

    /// Lets go of what is in files by now.
    pub(crate) fn move_out(&mut self, moved: &Moved) {
        self.each_series(Reading::Blocks, &mut |_, _, series| moved.apply(series));
    }

    /// Shows each series, table by table.
    pub(super) fn each_series(
        &mut self,
        reading: Reading,
        visit: &mut dyn FnMut(Section<'_>, &TagSet, &mut SeriesPoints),
    ) {
        for Table { name, series, .. } in &mut self.tables {
            let tags_are_text = series.tags_are_text();
            let section = Section { shard: None, measurement: name, tags_are_text };
            series.each(reading, |tags, points| visit(section, tags, points));
        }
    }

    /// What a snapshot says of them, all of whose points are in files by then.
    pub(super) fn saved<'s>(
        &'s self,
        index: &'s RefCell<Index>,
    ) -> SavedTables<SeriesToSave<'s, TagSet>> {
        let table = |table: &'s Table| {
            let columns = table.schema.columns().iter();
            SavedTable {
                name: Bytes::from(&table.name),
                columns: columns.map(|(name, kind)| (Bytes::from(name), *kind)).collect(),
                uneven: table.uneven,
                series: SeriesToSave::new(&table.series, index),
            }
        };
        SavedTables(self.tables.iter().map(table).collect())
    }

    /// The names of the tables, in the order in which they were made.
    pub fn names(&self) -> Vec<Name> {
        self.tables.iter().map(|table| table.name.clone()).collect()
    }

    /// Adds so many more series to what was seen of a table, of which nothing is seen at first; whether
    /// there are more, or none where there is no such table. What is written between two looks may be
    /// seen or not; what was there before the first one is.
    pub(crate) fn look(
        &mut self,
        name: &[u8],
        viewed: &mut Viewed<'_>,
        most: usize,
    ) -> Option<bool> {
        let table = self.tables.iter_mut().find(|table| *table.name == *name)?;
        // Columns may have come since.
        let series = std::mem::take(&mut viewed.measurement.series);
        viewed.measurement = Measurement { series, ..table.described() };
        Some(viewed.look_at(&mut table.series, most))
    }

    /// What queries see, tables in the order in which they were made.
    pub fn view(&mut self) -> Vec<Measurement> {
        let allowance = Allowance::unlimited();
        let names = self.names();
        let seen = names.iter().filter_map(|name| {
            let mut viewed = Viewed::of(Asked::everything(&allowance));
            self.look(name, &mut viewed, usize::MAX)?;
            Some(viewed.measurement)
        });
        seen.collect()
    }
}

/// The tables of a database without their points.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedTables<S = Vec<SavedSeries>>(Vec<SavedTable<S>>);

#[derive(Debug, Serialize, Deserialize)]
struct SavedTable<S> {
    name: Bytes,
    columns: Vec<(Bytes, ColumnType)>,
    uneven: bool,
    series: S,
}

impl SavedTables {
    /// The tables that were saved.
    ///
    /// # Errors
    /// They contradict themselves.
    pub(super) fn restore(self, index: &Index) -> Result<TableSet, String> {
        let mut tables = Vec::with_capacity(self.0.len());
        for saved in self.0 {
            let columns = saved.columns.into_iter().map(|(name, kind)| (Name::from(name), kind));
            tables.push(Table {
                name: Name::from(saved.name),
                schema: Schema::of(columns),
                series: SeriesMap::restore(saved.series, index)?,
                uneven: saved.uneven,
                fitting: Layouts::default(),
            });
        }
        Ok(TableSet { tables })
    }
}

impl Table {
    /// The tags of a row's key, where nothing about them can be refused, nor makes a column.
    fn tags_of(&self, key: &[u8]) -> Option<TagSet> {
        let tags = plain_tags(key, &self.name)?;
        let are_known = tags.iter().all(|(tag, _)| self.schema.has_tag(tag));
        (are_known && self.schema.has_time()).then_some(tags)
    }

    /// The layout of a line that needs no other look at its fields.
    fn fitting_line(&self, line: &Line<'_>) -> Option<Arc<Layout>> {
        let layout = self.fitting.find(|layout| layout.is_of(line))?;
        let finite =
            |value: &FieldValue<'_>| !matches!(value, FieldValue::Float(v) if v.is_infinite());
        // Those a release may refuse.
        line.fields.iter().all(|(_, value)| finite(value)).then_some(layout)
    }

    /// All that queries see of it but for its series.
    fn described(&self) -> Measurement {
        let unreadable = if self.uneven {
            Some(Unreadable::UnevenColumns)
        } else if !self.schema.has_time() {
            Some(Unreadable::NoTimeColumn)
        } else {
            None
        };
        Measurement {
            name: self.name.clone(),
            tag_keys: self.schema.tag_keys(),
            fields: self.schema.fields(),
            series: Vec::new(),
            declared: Vec::new(),
            unreadable,
        }
    }
}

/// The time of a line, in nanoseconds: its own, or the present one.
fn time_of(timestamp: Option<i64>, unit: TimeUnit, now: i64) -> Result<i64, SchemaFault> {
    match (timestamp, unit) {
        (None, TimeUnit::Guessed) => Ok(now),
        (None, TimeUnit::Given(precision)) => Ok(precision.truncate(now)),
        (Some(time), unit) => scale(time, unit),
    }
}

/// A timestamp in nanoseconds. The guess: fewer than 5·10⁹ is seconds, then a thousand times as
/// many for each finer unit (3.6:influxdb3_types/src/write.rs:96-124).
fn scale(time: i64, unit: TimeUnit) -> Result<i64, SchemaFault> {
    let (multiplier, name) = match unit {
        TimeUnit::Given(precision) => (precision.multiplier(), precision_name(precision)),
        TimeUnit::Guessed => {
            let multiplier = match time.unsigned_abs() / 1_000_000_000 {
                0..5 => 1_000_000_000,
                5..5_000 => 1_000_000,
                5_000..5_000_000 => 1_000,
                _ => 1,
            };
            // The product's `abs` of the least number overflows.
            (if time == i64::MIN { i64::MAX } else { multiplier }, "Auto")
        }
    };
    time.checked_mul(multiplier).ok_or(SchemaFault::TimeOutOfRange { time, precision: name })
}

/// The precision's name in the product's messages: its `Debug` form.
fn precision_name(precision: Precision) -> &'static str {
    match precision {
        Precision::Nanosecond => "Nanosecond",
        Precision::Microsecond => "Microsecond",
        Precision::Millisecond => "Millisecond",
        Precision::Second => "Second",
        Precision::Minute => "Minute",
        Precision::Hour => "Hour",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use line_protocol::{Dialect, Options};

    #[test]
    fn looked_at_piece_by_piece_it_is_what_it_is_at_once() {
        let rules = profiles::ALL.iter().find_map(|profile| match &profile.facts.storage {
            profiles::storage::Storage::Tables(rules) => Some(rules),
            _ => None,
        });
        let mut tables = TableSet::default();
        let text: String =
            (0..60).map(|n| format!("m,h={} f={n},g{}=1i {n}\n", n % 7, n % 2)).collect();
        for line in line_protocol::parse(text.as_bytes(), &Dialect::IOX_3_9, &Options::default()) {
            let unit = TimeUnit::Given(Precision::Nanosecond);
            let row = tables.row(rules.unwrap(), 0, &line.unwrap(), unit, 0, None).unwrap();
            tables.insert(row);
        }
        let whole = tables.view();
        let allowance = Allowance::unlimited();
        assert_eq!(tables.series_count(), 7);
        assert_eq!((whole.len(), whole[0].series.len(), whole[0].fields.len()), (1, 7, 3));
        for most in 1..9 {
            let (mut viewed, mut looks) = (Viewed::of(Asked::everything(&allowance)), 1);
            while tables.look(b"m", &mut viewed, most).unwrap() {
                looks += 1;
            }
            assert_eq!(looks, 7_usize.div_ceil(most), "{most} at once");
            assert_eq!(Some(&viewed.measurement), whole.first());
        }
        let mut viewed = Viewed::of(Asked::everything(&allowance));
        assert_eq!(tables.look(b"none", &mut viewed, 1), None);
    }
}
