//! What a snapshot says of its stores beside their points: which series there are, where their points
//! lie, and what is known of fields and columns.

use super::file::{FileFacts, Reads, SnapshotFile};
use super::names::Numbered;
use super::{Rows, Store, StoredColumn};
use crate::store::blocks::{Block, Blocks, StoredRows, StoredShape};
use crate::store::kept::Bytes;
use crate::store::partitions::SavedPartitions;
use crate::store::points::Part;
use crate::store::recent::Layout;
use crate::store::series::{SeriesPoints, TagSet};
use crate::store::series_map::SeriesMap;
use crate::store::shards::SavedShards;
use crate::store::tables::SavedTables;
use crate::store::value::{FieldType, Name};
use crate::store::waiting::SavedWaiting;
use hashbrown::HashMap;
use profiles::storage::{Shards as Rules, Storage};
use serde::ser::Error;
use serde::{Deserialize, Serialize, Serializer};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A store, all of whose points are in files: as it was read, or as it is to be written.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum SavedStore<K = Vec<(Bytes, SavedSeries)>, S = Vec<SavedSeries>> {
    /// Of a Go product.
    Shards(SavedShards<K>),
    /// Of v3.
    Tables(SavedTables<S>),
    /// Of the IOx router.
    Partitions(SavedPartitions<S>),
    /// What is not stored yet.
    Waiting(SavedWaiting),
}

/// The files of a snapshot, the fields that rows have together, and the names that many tags have: each
/// named once, and by its number in every series.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Index {
    files: Vec<FileFacts>,
    shapes: Vec<Vec<SavedField>>,
    /// There are none in the first form of manifests.
    #[serde(default)]
    names: Vec<Bytes>,
    #[serde(skip)]
    numbered: Numbered,
    /// Of the names of the tags that were written last those that have a number, by their places there.
    #[serde(skip)]
    before: Vec<Option<(Name, u32)>>,
    /// As many as names, once files are open.
    #[serde(skip)]
    shared_names: Vec<Name>,
    #[serde(skip)]
    by_shape: HashMap<Vec<SavedField>, u32>,
    /// As many as files; none where a repair found that one cannot be opened.
    #[serde(skip)]
    opened: Vec<Option<Arc<SnapshotFile>>>,
    /// The numbers of shapes by their places in memory, which they keep.
    #[serde(skip)]
    by_place: HashMap<usize, (u32, Arc<StoredShape>)>,
    /// As many as shapes: those that whole rows of a series can have.
    #[serde(skip)]
    layouts: Vec<Option<Arc<StoredShape>>>,
    #[serde(skip)]
    by_file: HashMap<u64, u32>,
    /// The files that a repair is to read with care, by their numbers.
    #[serde(skip)]
    damaged: BTreeSet<u32>,
    /// How many values it could not read.
    #[serde(skip)]
    values_lost: AtomicU64,
}

/// One that is to be written.
pub(crate) type StoreToSave<'s> =
    SavedStore<SeriesToSave<'s, (Name, TagSet)>, SeriesToSave<'s, TagSet>>;

/// Series that are to be written, one after another.
pub(crate) struct SeriesToSave<'s, K> {
    series: &'s SeriesMap<K>,
    index: &'s RefCell<Index>,
}

/// One of them.
struct OneToSave<'s> {
    tags: &'s TagSet,
    points: &'s SeriesPoints,
    index: &'s RefCell<Index>,
}

/// The tags of one.
struct TagsToSave<'s>(&'s TagSet, &'s RefCell<Index>);

/// A name that is to be written as [`SavedName`] is read: by its number where it has one.
struct NameOrNumber<'s> {
    name: &'s Name,
    /// Among all of its series.
    place: usize,
    index: &'s RefCell<Index>,
}

/// A name that is to be written as [`Bytes`] are.
struct NameToSave<'s>(&'s Name);

impl<'s, K> SeriesToSave<'s, K> {
    pub(in crate::store) const fn new(series: &'s SeriesMap<K>, index: &'s RefCell<Index>) -> Self {
        Self { series, index }
    }
}

impl<K> std::fmt::Debug for SeriesToSave<'_, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeriesToSave").finish_non_exhaustive()
    }
}

impl Serialize for SeriesToSave<'_, TagSet> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let index = self.index;
        let one = |(tags, points)| OneToSave { tags, points, index };
        to.collect_seq(self.series.iter().map(one))
    }
}

impl Serialize for SeriesToSave<'_, (Name, TagSet)> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let index = self.index;
        to.collect_seq(self.series.iter().map(|((measurement, tags), points)| {
            (NameToSave(measurement), OneToSave { tags, points, index })
        }))
    }
}

/// As [`SavedSeries`] is read.
impl Serialize for OneToSave<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let rows = SavedRows::all_of(self.points, &mut self.index.borrow_mut());
        (TagsToSave(self.tags, self.index), rows.map_err(S::Error::custom)?).serialize(to)
    }
}

impl Serialize for TagsToSave<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self(tags, index) = self;
        let name = |(place, name)| NameOrNumber { name, place, index };
        let tags = (0..).zip(tags.iter());
        to.collect_seq(tags.map(|(n, (key, value))| (name((2 * n, key)), name((2 * n + 1, value)))))
    }
}

impl Serialize for NameOrNumber<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self { name, place, index } = *self;
        let number = index.borrow_mut().number(name, place);
        match number {
            Some(number) => to.serialize_u32(number),
            None => NameToSave(name).serialize(to),
        }
    }
}

impl Serialize for NameToSave<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.0) {
            Ok(text) => to.serialize_str(text),
            Err(_) => to.collect_seq(self.0.iter()),
        }
    }
}

/// Points were left out of all files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("points were left out of all files; this is a bug")]
struct NotInFiles;

/// A field, its type, and its column in the file.
type SavedField = (Bytes, FieldType, u32);

/// A series: its tags, and its rows in files.
#[derive(Debug, Deserialize)]
pub(crate) struct SavedSeries(Vec<(SavedName, SavedName)>, Vec<SavedRows>);

/// A name by its number in the index, or as it is.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum SavedName {
    Number(usize),
    Name(Bytes),
}

/// The number of the file, the first row, how many there are, the first time, how much later the
/// last one is, the number of the shape.
#[derive(Debug, Serialize, Deserialize)]
struct SavedRows(u32, u64, u32, i64, u64, u32);

impl Store {
    /// What a snapshot says of it; all its points are in files by then. It is made series by series while
    /// it is written, and `index` with it, which is to be written behind it.
    pub(crate) fn saved<'s>(&'s self, index: &'s RefCell<Index>) -> StoreToSave<'s> {
        match self {
            Self::Shards(bucket) => SavedStore::Shards(bucket.saved(index)),
            Self::Tables(tables) => SavedStore::Tables(tables.saved(index)),
            Self::Partitions(tables) => SavedStore::Partitions(tables.saved(index)),
            Self::Waiting(waiting) => SavedStore::Waiting(waiting.saved()),
        }
    }
}

impl SavedStore {
    /// The store that was saved; `rules` are those of a Go product.
    ///
    /// # Errors
    /// The snapshot is of another kind of product, or contradicts itself.
    pub(crate) fn restore(self, storage: &Storage, index: &Index) -> Result<Store, String> {
        match (self, storage) {
            (Self::Shards(saved), Storage::Shards(rules)) => {
                let rules: &Rules = rules;
                saved.restore(*rules, index).map(Store::Shards)
            }
            (Self::Tables(saved), Storage::Tables(_)) => saved.restore(index).map(Store::Tables),
            (Self::Partitions(saved), Storage::Partitions(_)) => {
                saved.restore(index).map(Store::Partitions)
            }
            (Self::Waiting(saved), Storage::Shards(_)) => Ok(Store::Waiting(saved.restore())),
            _ => Err("it is of another kind of store".to_owned()),
        }
    }
}

impl Index {
    /// Opens all files.
    ///
    /// # Errors
    /// One of them is not there, or damaged: which.
    pub(crate) fn open(&mut self, folder: &Path, reads: &Arc<Reads>) -> io::Result<()> {
        for facts in &self.files {
            let file = SnapshotFile::open(folder, facts.clone(), reads).map_err(|error| {
                let path = folder.join(&facts.name);
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })?;
            self.opened.push(Some(Arc::new(file)));
        }
        self.prepare();
        Ok(())
    }

    /// Opens the files that can be opened. Of those that are named as damaged, what cannot be read is
    /// left out when a series is restored.
    pub(crate) fn open_what_can_be(
        &mut self,
        folder: &Path,
        reads: &Arc<Reads>,
        damaged: &[&Path],
    ) {
        for (number, facts) in (0..).zip(&self.files) {
            let path = folder.join(&facts.name);
            if damaged.contains(&path.as_path()) {
                self.damaged.insert(number);
            }
            let file = SnapshotFile::open(folder, facts.clone(), reads).ok();
            self.opened.push(file.map(Arc::new));
        }
        self.prepare();
    }

    /// Makes what series share.
    fn prepare(&mut self) {
        self.shared_names = self.names.iter().map(Bytes::shared).collect();
        self.note_layouts();
    }

    /// Makes the layouts of the shapes, the same of those that differ in their columns only.
    fn note_layouts(&mut self) {
        let mut known: HashMap<Vec<(&Bytes, FieldType)>, Option<Arc<Layout>>> = HashMap::new();
        let layouts = self.shapes.iter().map(|shape| {
            let fields: Vec<_> = shape.iter().map(|(name, kind, _)| (name, *kind)).collect();
            let layout = known.entry(fields).or_insert_with_key(|fields| {
                let fields = fields.iter().map(|(name, kind)| (Name::from(*name), *kind));
                Layout::of_fields(fields.collect())
            });
            let columns = shape.iter().map(|(_, _, column)| *column).collect();
            Some(Arc::new(StoredShape { layout: Arc::clone(layout.as_ref()?), columns }))
        });
        self.layouts = layouts.collect();
    }

    /// The damaged files that could be opened.
    pub(crate) fn damaged(&self) -> Vec<Arc<SnapshotFile>> {
        let files = self.damaged.iter().filter_map(|number| self.file_of(*number));
        files.cloned().collect()
    }

    /// How many values could not be read by a repair.
    pub(crate) fn values_lost(&self) -> u64 {
        self.values_lost.load(Ordering::Relaxed)
    }

    fn file_of(&self, number: u32) -> Option<&Arc<SnapshotFile>> {
        self.opened.get(usize::try_from(number).ok()?)?.as_ref()
    }

    /// The blocks that all rows of a series are; none where they are none, or are to be read with care.
    fn blocks(&self, all_rows: &[SavedRows]) -> Option<Blocks> {
        let block = |&SavedRows(file, first_row, count, first, length, shape): &SavedRows| {
            let opened = self.file_of(file).filter(|_| !self.damaged.contains(&file))?;
            let last = first.checked_add_unsigned(length)?;
            let shape = self.layouts.get(usize::try_from(shape).ok()?)?.as_ref()?;
            let rows = Arc::new(Rows::new(opened, first_row, count, (first, last)));
            Some(StoredRows { rows, shape: Arc::clone(shape) })
        };
        Blocks::of_stored(all_rows.iter().map(block).collect::<Option<_>>()?)
    }

    /// Whether a field's values in these rows are there; where it is known that some of their file are
    /// not, they are read to see it.
    fn has(&self, number: u32, rows: &Rows, column: u32, kind: FieldType) -> bool {
        let is_there =
            !self.damaged.contains(&number) || rows.file.read(rows, column, kind).is_ok();
        if !is_there {
            self.values_lost.fetch_add(u64::from(rows.count), Ordering::Relaxed);
        }
        is_there
    }

    /// The files that a snapshot names.
    pub(crate) fn files(&self) -> &[FileFacts] {
        &self.files
    }

    /// Those of them that are open.
    pub(crate) fn opened(&self) -> Vec<Arc<SnapshotFile>> {
        self.opened.iter().flatten().cloned().collect()
    }

    /// The number of a name, for who writes; `place` is where it stands among those of its series. Most
    /// are there what they were in the series before.
    fn number(&mut self, name: &Name, place: usize) -> Option<u32> {
        if self.before.len() <= place {
            self.before.resize(place + 1, None);
        }
        let before = &mut self.before[place];
        if let Some((known, number)) = before
            && Arc::ptr_eq(known, name)
        {
            return Some(*number);
        }
        let number = self.numbered.number(name, &mut self.names)?;
        *before = Some((Name::clone(name), number));
        Some(number)
    }

    /// A name that was saved; none where it has a number of none.
    fn name(&self, saved: SavedName) -> Option<Name> {
        match saved {
            SavedName::Number(number) => self.shared_names.get(number).cloned(),
            SavedName::Name(name) => Some(name.shared()),
        }
    }

    fn file(&mut self, file: &Arc<SnapshotFile>) -> u32 {
        *self.by_file.entry(file.id()).or_insert_with(|| {
            self.files.push(file.facts().clone());
            self.opened.push(Some(Arc::clone(file)));
            u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX)
        })
    }

    fn shape_of(&mut self, stored: &Arc<StoredShape>) -> u32 {
        let place = Arc::as_ptr(stored).addr();
        if let Some((known, _)) = self.by_place.get(&place) {
            return *known;
        }
        let fields = stored.layout.fields().zip(&stored.columns);
        let shape = fields.map(|((name, kind), column)| (Bytes::from(name), *kind, *column));
        let number = self.shape(shape.collect());
        self.by_place.insert(place, (number, Arc::clone(stored)));
        number
    }

    fn shape(&mut self, shape: Vec<SavedField>) -> u32 {
        if let Some(known) = self.by_shape.get(&shape) {
            return *known;
        }
        let number = u32::try_from(self.shapes.len()).unwrap_or(u32::MAX);
        self.shapes.push(shape.clone());
        self.by_shape.insert(shape, number);
        number
    }
}

impl SavedSeries {
    /// The series that was saved.
    ///
    /// # Errors
    /// It names what the snapshot does not have.
    pub(in crate::store) fn restore(self, index: &Index) -> Result<(TagSet, SeriesPoints), String> {
        let Self(tags, all_rows) = self;
        let tags =
            tags.into_iter().map(|(key, value)| Some((index.name(key)?, index.name(value)?)));
        let tags = tags.collect::<Option<_>>().ok_or("it names a name that it has not")?;
        let mut points = SeriesPoints::default();
        if let Some(blocks) = index.blocks(&all_rows) {
            points.put_blocks(blocks);
            return Ok((tags, points));
        }
        for SavedRows(file, first_row, count, first, length, shape) in all_rows {
            let shape = usize::try_from(shape).ok().and_then(|shape| index.shapes.get(shape));
            let shape = shape.ok_or("it names fields that it has not")?;
            let last = first.checked_add_unsigned(length).ok_or("rows end after all time")?;
            let Some(opened) = index.file_of(file) else {
                if !index.damaged.contains(&file) {
                    return Err("it names a file that it has not".to_owned());
                }
                let lost = u64::from(count) * shape.len() as u64;
                index.values_lost.fetch_add(lost, Ordering::Relaxed);
                continue;
            };
            let rows = Arc::new(Rows::new(opened, first_row, count, (first, last)));
            for (name, kind, column) in shape {
                if !index.has(file, &rows, *column, *kind) {
                    continue;
                }
                let stored = StoredColumn { rows: Arc::clone(&rows), column: *column };
                points.push_part(&Name::from(name), *kind, Part::Stored(stored));
            }
        }
        Ok((tags, points))
    }
}

impl SavedRows {
    /// What is said of the points of a series.
    ///
    /// # Errors
    /// Some are not in files: this is a bug, and nothing may be forgotten.
    fn all_of(points: &SeriesPoints, index: &mut Index) -> Result<Vec<Self>, NotInFiles> {
        let mut saved = Vec::with_capacity(points.blocks().as_slice().len());
        for block in points.blocks().as_slice() {
            let Block::Stored(StoredRows { rows, shape }) = block else { return Err(NotInFiles) };
            saved.push(Self::of(rows, index.shape_of(shape), index));
        }
        let mut order: Vec<(&Arc<Rows>, Vec<SavedField>)> = Vec::new();
        let mut places: HashMap<*const Rows, usize> = HashMap::new();
        for (name, points) in points.fields() {
            for part in points.parts() {
                let Part::Stored(StoredColumn { rows, column }) = part else {
                    return Err(NotInFiles);
                };
                let place = *places.entry(Arc::as_ptr(rows)).or_insert_with(|| {
                    order.push((rows, Vec::new()));
                    order.len() - 1
                });
                order[place].1.push((Bytes::from(name), points.field_type(), *column));
            }
        }
        order.sort_by_key(|(rows, _)| rows.first);
        for (rows, shape) in order {
            saved.push(Self::of(rows, index.shape(shape), index));
        }
        Ok(saved)
    }

    fn of(rows: &Rows, shape: u32, index: &mut Index) -> Self {
        let length = rows.last.abs_diff(rows.first);
        Self(index.file(&rows.file), rows.first_row, rows.count, rows.first, length, shape)
    }
}
