//! Storage of the IOx router: the tables of one database, each with its columns, cut into partitions
//! by time. A field has one type per partition; which partition a point belongs to is told by a
//! template of its time, and an empty template makes the table one partition.

use super::kept::Bytes;
use super::series::{SeriesPoints, TagSet};
use super::series_map::{Reading, SeriesMap};
use super::shards::stored;
use super::snapshot::{Index, Moved, SavedSeries, Section, SeriesToSave};
use super::tables::ColumnType;
use super::value::{FieldType, Name, Value};
use super::view::{Asked, Measurement, Names, Which};
use line_protocol::Line;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The column that every table has.
const TIME: &[u8] = b"time";

/// A partition of a table, by its key.
pub type Partition = Arc<str>;

/// The tables of one database.
#[derive(Clone, Debug, Default)]
pub struct PartitionedTables {
    /// In the order in which they were made.
    tables: Vec<Table>,
}

#[derive(Clone, Debug, Default)]
struct Table {
    name: Name,
    /// Each with the first type that it had.
    columns: Arc<BTreeMap<Name, ColumnType>>,
    /// The type that a field has in a partition.
    types: Arc<HashMap<Partition, HashMap<Name, FieldType>>>,
    series: SeriesMap<TagSet>,
}

/// A line that fits its table, to be stored.
#[derive(Clone, Debug)]
pub struct Row {
    table: Name,
    partition: Partition,
    tags: TagSet,
    fields: Vec<(Name, Value)>,
    /// Nanoseconds since 1970.
    pub time: i64,
}

/// Why a line does not fit; `Display` is the product's text
/// (metrico/influxdb_iox ab17bbc9:mutable_batch_lp/src/lib.rs and mutable_batch/src/writer.rs).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// A column has another type.
    #[error("Unable to insert {given} type into column {column} with type {stored}")]
    Type {
        /// Its name.
        column: String,
        /// The type that the line gives.
        given: ColumnType,
        /// The type that it has.
        stored: ColumnType,
    },
    /// A tag twice in one line.
    #[error("the tag '{0}' is specified more than once with conflicting values")]
    RepeatedTag(String),
    /// A field twice in one line, with two types.
    #[error("the field '{0}' is specified more than once with conflicting types")]
    RepeatedField(String),
}

/// How many tables and columns there may be.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Tables of the database.
    pub tables: usize,
    /// Columns of a table, `time` counted.
    pub columns: usize,
}

/// A limit that would be passed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// Another table.
    #[error("there are {existing} tables, and {limit} may be")]
    Tables {
        /// How many there are.
        existing: usize,
        /// How many there would be.
        merged: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Another column.
    #[error("table {table} has {existing} columns, and {limit} may be")]
    Columns {
        /// Of this table.
        table: String,
        /// How many there are.
        existing: usize,
        /// How many there would be.
        merged: usize,
        /// How many there may be.
        limit: usize,
    },
}

impl PartitionedTables {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// The same tables without their points: to try on what may be refused. Columns are shared until
    /// one is noted, so that a write copies those of its own tables only, and only if it adds any.
    #[must_use]
    pub fn columns_only(&self) -> Self {
        let empty = |table: &Table| Table {
            name: table.name.clone(),
            columns: Arc::clone(&table.columns),
            types: Arc::clone(&table.types),
            series: SeriesMap::default(),
        };
        Self { tables: self.tables.iter().map(empty).collect() }
    }

    /// The row that a line is, judged in the product's order: tags, fields from the last to the
    /// first, time. Of a field that is there twice the last value counts.
    ///
    /// # Errors
    /// It does not fit itself or what is there.
    pub fn fit(&self, line: &Line<'_>, time: i64, partition: Partition) -> Result<Row, Misfit> {
        let known = self.table(&line.measurement);
        let mut own: HashMap<&[u8], ColumnType> = HashMap::new();
        let mut column = |key, given| {
            let stored = own
                .get(key)
                .copied()
                .or_else(|| known.and_then(|table| table.in_the_way(key, given, &partition)));
            if let Some(stored) = stored
                && stored != given
            {
                return Err(Misfit::Type { column: line_protocol::lossy(key), given, stored });
            }
            own.insert(key, given);
            Ok(())
        };
        let mut tags: Vec<(Name, Name)> = Vec::with_capacity(line.tags.len());
        for (key, value) in &line.tags {
            if tags.iter().any(|(earlier, _)| **earlier == **key) {
                return Err(Misfit::RepeatedTag(line_protocol::lossy(key)));
            }
            column(key, ColumnType::Tag)?;
            tags.push((Name::from(&**key), Name::from(&**value)));
        }
        let mut fields: Vec<(Name, Value)> = Vec::with_capacity(line.fields.len());
        for (key, value) in line.fields.iter().rev() {
            let value = stored(value);
            match fields.iter().find(|(later, _)| **later == **key) {
                Some((_, later)) if later.field_type() == value.field_type() => continue,
                Some(_) => return Err(Misfit::RepeatedField(line_protocol::lossy(key))),
                None => column(key, ColumnType::Field(value.field_type()))?,
            }
            fields.push((Name::from(&**key), value));
        }
        column(TIME, ColumnType::Time)?;
        tags.sort();
        let tags = tags.into();
        Ok(Row { table: Name::from(&*line.measurement), partition, tags, fields, time })
    }

    /// The first column of a row that has another type here: its name, that type, the row's.
    pub fn conflict(&self, row: &Row) -> Option<(String, ColumnType, ColumnType)> {
        let table = self.table(&row.table)?;
        row.columns().find_map(|(name, given)| {
            let stored = table.in_the_way(name, given, &row.partition)?;
            Some((line_protocol::lossy(name), stored, given))
        })
    }

    /// That there is room for all of these rows together.
    ///
    /// # Errors
    /// The first table, in the order of the rows, for which there is none.
    pub fn room(&self, room: Room, rows: &[Row]) -> Result<(), Full> {
        let mut order: Vec<&Name> = Vec::new();
        let mut columns: HashMap<&Name, BTreeSet<&[u8]>> = HashMap::new();
        for row in rows {
            let of_table = columns.entry(&row.table).or_insert_with(|| {
                order.push(&row.table);
                BTreeSet::new()
            });
            of_table.extend(row.columns().map(|(name, _)| name));
        }
        let existing = self.tables.len();
        let mut made = 0;
        for name in order {
            let of_table = &columns[name];
            let known = self.table(name);
            let had = known.map_or(0, |table| table.columns.len());
            let is_new = |key: &&&[u8]| known.is_none_or(|t| !t.columns.contains_key(**key));
            let merged = had + of_table.iter().filter(is_new).count();
            // A table beyond the limit takes what needs no new column.
            if merged > had && merged > room.columns {
                let (table, limit) = (line_protocol::lossy(name), room.columns);
                return Err(Full::Columns { table, existing: had, merged, limit });
            }
            made += usize::from(known.is_none());
            let merged = existing + made;
            if known.is_none() && merged > room.tables {
                return Err(Full::Tables { existing, merged, limit: room.tables });
            }
        }
        Ok(())
    }

    /// Makes the columns of a row known, without its point.
    pub fn note(&mut self, row: &Row) {
        let table = self.table_mut(&row.table);
        for (name, kind) in row.columns() {
            if !table.columns.contains_key(name) {
                Arc::make_mut(&mut table.columns).insert(Name::from(name), kind);
            }
            let ColumnType::Field(kind) = kind else { continue };
            let known = table.types.get(&row.partition).and_then(|types| types.get(name));
            if known != Some(&kind) {
                let types = Arc::make_mut(&mut table.types);
                let types = types.entry(Arc::clone(&row.partition)).or_default();
                types.insert(Name::from(name), kind);
            }
        }
    }

    /// Stores a row.
    pub fn insert(&mut self, row: Row) {
        self.note(&row);
        let series = &mut self.table_mut(&row.table).series;
        let slot = series.slot(row.tags);
        let points = series.points(slot);
        for (key, value) in row.fields {
            points.insert(&key, row.time, value);
        }
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
    ) -> SavedPartitions<SeriesToSave<'s, TagSet>> {
        let table = |table: &'s Table| {
            let columns = table.columns.iter().map(|(name, kind)| (Bytes::from(name), *kind));
            // In an order of their own, so that the same tables are saved as the same text.
            let types: BTreeMap<_, _> = table.types.iter().collect();
            let types = types.into_iter().map(|(partition, fields)| {
                let fields: BTreeMap<_, _> = fields.iter().collect();
                let fields = fields.into_iter().map(|(name, kind)| (Bytes::from(name), *kind));
                (partition.to_string(), fields.collect())
            });
            SavedTable {
                name: Bytes::from(&table.name),
                columns: columns.collect(),
                types: types.collect(),
                series: SeriesToSave::new(&table.series, index),
            }
        };
        SavedPartitions(self.tables.iter().map(table).collect())
    }

    /// What queries see of those tables, in the order in which they were made.
    pub fn view(&self, names: Names<'_>, asked: &Asked<'_>) -> Vec<Measurement> {
        let meant = self.tables.iter().filter(|table| names.has(&table.name));
        meant.map(|table| table.view(asked)).collect()
    }

    /// The names of the tables, in the order in which they were made.
    pub fn names(&self) -> Vec<Name> {
        self.tables.iter().map(|table| Arc::clone(&table.name)).collect()
    }

    /// One table, as queries see it.
    pub fn view_of(&self, name: &[u8], asked: &Asked<'_>) -> Option<Measurement> {
        self.table(name).map(|table| table.view(asked))
    }

    fn table(&self, name: &[u8]) -> Option<&Table> {
        self.tables.iter().find(|table| *table.name == *name)
    }

    fn table_mut(&mut self, name: &Name) -> &mut Table {
        let index = match self.tables.iter().position(|table| table.name == *name) {
            Some(index) => index,
            None => {
                self.tables.push(Table { name: Arc::clone(name), ..Table::default() });
                self.tables.len() - 1
            }
        };
        &mut self.tables[index]
    }
}

/// The tables of a database without their points.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedPartitions<S = Vec<SavedSeries>>(Vec<SavedTable<S>>);

#[derive(Debug, Serialize, Deserialize)]
struct SavedTable<S> {
    name: Bytes,
    columns: Vec<(Bytes, ColumnType)>,
    /// By partition.
    types: Vec<(String, Vec<(Bytes, FieldType)>)>,
    series: S,
}

impl SavedPartitions {
    /// The tables that were saved.
    ///
    /// # Errors
    /// They contradict themselves.
    pub(super) fn restore(self, index: &Index) -> Result<PartitionedTables, String> {
        let table = |saved: SavedTable<Vec<SavedSeries>>| {
            let columns = saved.columns.into_iter().map(|(name, kind)| (Name::from(name), kind));
            let types = saved.types.into_iter().map(|(partition, fields)| {
                let fields = fields.into_iter().map(|(name, kind)| (Name::from(name), kind));
                (Partition::from(partition), fields.collect())
            });
            Ok(Table {
                name: Name::from(saved.name),
                columns: Arc::new(columns.collect()),
                types: Arc::new(types.collect()),
                series: SeriesMap::restore(saved.series, index)?,
            })
        };
        let tables = self.0.into_iter().map(table).collect::<Result<_, String>>()?;
        Ok(PartitionedTables { tables })
    }
}

impl Row {
    /// Its table, as messages name it.
    pub fn table(&self) -> String {
        line_protocol::lossy(&self.table)
    }

    /// Its columns: tags, fields in the order of the line, time.
    fn columns(&self) -> impl Iterator<Item = (&[u8], ColumnType)> {
        let tags = self.tags.iter().map(|(key, _)| (&**key, ColumnType::Tag));
        let fields = self.fields.iter().rev();
        let fields = fields.map(|(key, v)| (&**key, ColumnType::Field(v.field_type())));
        tags.chain(fields).chain([(TIME, ColumnType::Time)])
    }
}

impl Table {
    /// The type of a column that keeps another out of a partition.
    fn in_the_way(&self, key: &[u8], given: ColumnType, partition: &str) -> Option<ColumnType> {
        let first = *self.columns.get(key)?;
        let stored = match (first, given) {
            (ColumnType::Field(_), ColumnType::Field(_)) => {
                ColumnType::Field(*self.types.get(partition)?.get(key)?)
            }
            _ => first,
        };
        (stored != given).then_some(stored)
    }

    fn view(&self, asked: &Asked<'_>) -> Measurement {
        let series = match asked.series {
            Which::None => Vec::new(),
            Which::All => self.series.view(asked.points, |_| true),
            Which::Some(chooser) => {
                let fields =
                    || self.types.values().flat_map(|types| types.keys().cloned()).collect();
                let is_meant = chooser(&self.name, &fields);
                self.series.view(asked.points, is_meant)
            }
        };
        asked.allowance.keeps(series.len() * asked.size_of_series());
        let tag_keys = self.columns.iter().filter(|(_, kind)| **kind == ColumnType::Tag);
        let types: BTreeSet<(Name, FieldType)> = self
            .types
            .values()
            .flat_map(|types| types.iter().map(|(name, kind)| (Arc::clone(name), *kind)))
            .collect();
        Measurement {
            name: Arc::clone(&self.name),
            tag_keys: tag_keys.map(|(name, _)| Arc::clone(name)).collect(),
            fields: types.into_iter().collect(),
            series,
            declared: Vec::new(),
            unreadable: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use line_protocol::{Dialect, Options};

    fn note(tables: &mut PartitionedTables, text: &str) {
        for line in line_protocol::parse(text.as_bytes(), &Dialect::IOX_3_6, &Options::default()) {
            let row = tables.fit(&line.unwrap(), 1, Partition::from("")).unwrap();
            tables.note(&row);
        }
    }

    #[test]
    fn a_copy_shares_what_a_write_does_not_add_to() {
        let mut tables = PartitionedTables::default();
        note(&mut tables, "a f=1\nb f=1\nc f=1");
        let mut copy = tables.columns_only();
        note(&mut copy, "a f=2\nb g=2");
        let shared: Vec<_> = tables.tables.iter().zip(&copy.tables).collect();
        let shared = shared.iter().map(|(one, other)| {
            (Arc::ptr_eq(&one.columns, &other.columns), Arc::ptr_eq(&one.types, &other.types))
        });
        assert!(shared.eq([(true, true), (false, false), (true, true)]));
        assert_eq!(tables.tables[1].columns.len(), 2, "f and time");
    }
}
