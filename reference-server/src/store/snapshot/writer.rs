//! Puts what a store holds in memory into Parquet files: a file for each section, its rows by series
//! and time.

use super::checked::Sums;
use super::file::{FileFacts, Reads, SnapshotFile, TIME_COLUMN};
use super::tag_column::TagColumn;
use super::{Identity, Rows, Section, Store, StoredColumn};
use crate::store::chunk::{Chunk, Values};
use crate::store::points::{CHUNK, Part, TAIL};
use crate::store::series::{SeriesPoints, TagSet};
use crate::store::value::{FieldType, Name};
use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use write_ahead_log::{File, Files};

/// How many rows a row group has at most: so many that what is said of it costs nothing, so few that
/// they are gathered in little memory.
const GROUP: usize = 64 << 10;

/// How many rows and columns of a group there are at most, one times the other.
const CELLS: usize = 4 << 20;

/// How many bytes the tags of a group have at most, each value of a tag counted once.
const TAG_BYTES: usize = 16 << 20;

/// How many rows a page has, about: nobody reads fewer at once.
const PAGE: usize = 4096;

/// So many rows of a series are not written again to lie beside new ones.
const ENOUGH: usize = 1024;

/// What goes to the file system at once.
const BUFFER: usize = 1 << 20;

/// Writes the files of one snapshot.
pub(crate) struct Writer<'w> {
    files: &'w dyn Files,
    folder: &'w Path,
    /// What the names of the files begin with; no other snapshot has it.
    prefix: String,
    made: u64,
    reads: &'w Arc<Reads>,
    /// Whether it is to end before it is done.
    is_ended: &'w dyn Fn() -> bool,
    /// Files of which more than half is not needed any more: what is goes into a new one.
    thin: HashSet<u64>,
    moved: Moved,
}

/// What was put into files: by the first of the parts that it was, with all of them.
#[derive(Debug, Default)]
pub(crate) struct Moved(HashMap<Identity, (Vec<Part>, StoredColumn)>);

/// A series, and what of it is to be written.
struct Waiting {
    tags: TagSet,
    runs: Vec<Run>,
}

/// Parts of several fields that have the same times.
struct Run(Vec<OfField>);

/// Parts of one field that follow one another, and become one.
struct OfField {
    name: Name,
    kind: FieldType,
    parts: Vec<Part>,
}

/// What of a field was written, the place of its run, and its column.
struct Placed {
    parts: Vec<Part>,
    run: usize,
    column: u32,
}

/// Where a run lies in its file.
struct Place {
    first_row: u64,
    count: u32,
    first: i64,
    last: i64,
}

impl<'w> Writer<'w> {
    /// One for the files in a folder, whose names begin as no others do.
    pub(crate) fn new(
        files: &'w dyn Files,
        folder: &'w Path,
        prefix: String,
        reads: &'w Arc<Reads>,
        is_ended: &'w dyn Fn() -> bool,
    ) -> Self {
        let (thin, moved) = (HashSet::new(), Moved::default());
        Self { files, folder, prefix, made: 0, reads, is_ended, thin, moved }
    }

    /// Looks at all stores before any is written: which files have little left that is needed.
    pub(crate) fn survey<'s>(&mut self, stores: impl IntoIterator<Item = &'s mut Store>) {
        let mut needed: HashMap<u64, (u64, u64)> = HashMap::new();
        for store in stores {
            store.each_series(&mut |_, _, series| {
                for (_, points) in series.fields() {
                    for part in points.parts() {
                        let Part::Stored(StoredColumn { rows, .. }) = part else { continue };
                        let file = &rows.file;
                        let all = file.facts().values;
                        let known = needed.entry(file.id()).or_insert((0, all));
                        known.0 += u64::from(rows.count);
                    }
                }
            });
        }
        let is_thin = |(_, (needed, all)): &(u64, (u64, u64))| 2 * needed < *all;
        self.thin = needed.into_iter().filter(is_thin).map(|(file, _)| file).collect();
    }

    /// Nothing is left in these files.
    pub(crate) fn replace(&mut self, files: &[Arc<SnapshotFile>]) {
        self.thin.extend(files.iter().map(|file| file.id()));
    }

    /// Writes what of a store is in memory, and what is in files that are to go; the store then has
    /// all of it in files.
    ///
    /// # Errors
    /// The file system failed; what was written is of no use.
    pub(crate) fn write(&mut self, store: &mut Store) -> io::Result<()> {
        let mut section: Option<(Option<i64>, Name)> = None;
        let mut waiting = Vec::new();
        let mut done = Ok(());
        store.each_series(&mut |(shard, measurement), tags, series| {
            let same = |(s, m): &(Option<i64>, Name)| *s == shard && m == measurement;
            if !section.as_ref().is_some_and(same) {
                if let (Some((shard, name)), Ok(())) = (&section, &done) {
                    done = self.write_file((*shard, name), std::mem::take(&mut waiting));
                }
                section = Some((shard, Name::clone(measurement)));
            }
            let runs = self.runs(series);
            if !runs.is_empty() {
                waiting.push(Waiting { tags: tags.clone(), runs });
            }
        });
        done?;
        if let Some((shard, name)) = &section {
            self.write_file((*shard, name), waiting)?;
        }
        store.each_series(&mut |_, _, series| self.moved.apply(series));
        Ok(())
    }

    /// What was put where, once it is all synced.
    ///
    /// # Errors
    /// The file system failed.
    pub(crate) fn finish(self) -> io::Result<Moved> {
        self.files.sync_folder(self.folder)?;
        Ok(self.moved)
    }

    /// What of a series is to be written.
    fn runs(&self, series: &SeriesPoints) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (name, points) in series.fields() {
            for parts in self.stretches(points.parts()) {
                let same = |run: &&mut Run| {
                    let first = run.0.first();
                    first.is_some_and(|first| has_times_of(&first.parts, parts))
                };
                let (name, kind) = (Name::clone(name), points.field_type());
                let one = OfField { name, kind, parts: parts.to_vec() };
                match runs.iter_mut().find(same) {
                    Some(run) => run.0.push(one),
                    None => runs.push(Run(vec![one])),
                }
            }
        }
        runs.sort_by_key(|run| run.0.first().map(OfField::first));
        runs
    }

    /// What of a field's parts is to be written, as stretches of which each becomes one part. What is
    /// new is put together with what lies before it in files where that is no more than twice as
    /// much: so a series that gets few points at a time has few parts, and each of its points is
    /// written a few times only.
    fn stretches<'p>(&self, parts: &'p [Part]) -> Vec<&'p [Part]> {
        let mut stretches = Vec::new();
        let mut end = parts.len();
        while let Some(mut start) = end.checked_sub(1) {
            let mut is_new = self.is_new(&parts[start]);
            let mut total = parts[start].len();
            while let Some(before) = start.checked_sub(1).map(|index| &parts[index]) {
                let (count, is_also) = (before.len(), self.is_new(before));
                let is_worth_it = match (is_also, is_new) {
                    // What was cut off for late points would take the rest with it when they come.
                    (true, true) => total > TAIL || count <= TAIL,
                    (false, true) => count <= 2 * total && total < ENOUGH,
                    (true, false) => total <= 2 * count,
                    (false, false) => false,
                };
                if !is_worth_it || total + count > CHUNK {
                    break;
                }
                (start, total, is_new) = (start - 1, total + count, true);
            }
            if is_new {
                stretches.push(&parts[start..end]);
            }
            end = start;
        }
        stretches.reverse();
        stretches
    }

    /// Whether a part is in no file that stays.
    fn is_new(&self, part: &Part) -> bool {
        match part {
            Part::Held(_) => true,
            Part::Stored(column) => self.thin.contains(&column.rows.file.id()),
        }
    }

    fn write_file(&mut self, section: Section<'_>, series: Vec<Waiting>) -> io::Result<()> {
        if series.is_empty() {
            return Ok(());
        }
        if (self.is_ended)() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let columns = Columns::of(&series);
        let name = format!("{}-{:06}.parquet", self.prefix, self.made);
        self.made += 1;
        let path = self.folder.join(&name);
        let schema = columns.schema().map_err(io::Error::other)?;
        let sink = Sink::new(self.files.create(&path)?);
        let properties = Arc::new(columns.properties(&schema, section));
        let mut writer =
            SerializedFileWriter::new(sink, schema, properties).map_err(io::Error::other)?;
        let mut group = Group::new(&columns);
        let most_rows = columns.most_rows();
        let (mut placed, mut places) = (Vec::new(), Vec::new());
        let (mut first_row, mut values) = (0, 0);
        for one in series {
            for Run(fields) in one.runs {
                let chunks: Vec<_> = fields.iter().map(OfField::chunk).collect();
                let Some(times) = chunks.first().map(|chunk| chunk.times.as_slice()) else {
                    continue;
                };
                let count = times.len();
                if let Some(why) = self.reads.damage() {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, why));
                }
                if group.rows + count > most_rows || group.tag_bytes() > TAG_BYTES {
                    group.write(&mut writer).map_err(io::Error::other)?;
                }
                group.push_keys(&columns, &one.tags, times);
                let mut filled = BTreeSet::new();
                for (OfField { name, kind, parts }, chunk) in fields.into_iter().zip(&chunks) {
                    let Some(index) = columns.field(&name, kind) else { continue };
                    group.push_values(index, &chunk.values);
                    filled.insert(index);
                    values += count as u64;
                    let column = u32::try_from(columns.place(index)).map_err(io::Error::other)?;
                    placed.push(Placed { parts, run: places.len(), column });
                }
                group.fill(&filled, count);
                places.push(Place {
                    first_row,
                    count: u32::try_from(count).map_err(io::Error::other)?,
                    first: times.first().copied().unwrap_or_default(),
                    last: times.last().copied().unwrap_or_default(),
                });
                first_row += count as u64;
            }
        }
        group.write(&mut writer).map_err(io::Error::other)?;
        writer.finish().map_err(io::Error::other)?;
        let (bytes, sums) = writer.inner_mut().finish()?;
        let facts = FileFacts { name, bytes, values, sums };
        let file = Arc::new(SnapshotFile::open(self.folder, facts, self.reads)?);
        let rows = |place: &Place| {
            let Place { first_row, count, first, last } = *place;
            Arc::new(Rows { file: Arc::clone(&file), first_row, count, first, last })
        };
        let rows: Vec<Arc<Rows>> = places.iter().map(rows).collect();
        for Placed { parts, run, column } in placed {
            let stored = StoredColumn { rows: Arc::clone(&rows[run]), column };
            let Some(identity) = parts.first().map(Identity::of) else { continue };
            self.moved.0.insert(identity, (parts, stored));
        }
        Ok(())
    }
}

impl OfField {
    fn first(&self) -> Option<i64> {
        self.parts.first().map(Part::first)
    }

    /// The points of all parts.
    fn chunk(&self) -> Arc<Chunk> {
        match self.parts.as_slice() {
            [one] => one.chunk(self.kind),
            parts => {
                let mut all = Chunk::empty(self.kind);
                parts.iter().for_each(|part| all.append(&part.chunk(self.kind)));
                Arc::new(all)
            }
        }
    }
}

fn has_times_of(parts: &[Part], others: &[Part]) -> bool {
    let mut pairs = parts.iter().zip(others);
    parts.len() == others.len() && pairs.all(|(part, other)| part.has_times_of(other))
}

impl Moved {
    /// How many parts of points they are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Lets go of the memory of what is in files by now, and was not changed since it was written.
    pub(in crate::store) fn apply(&self, series: &mut SeriesPoints) {
        for (_, points) in series.fields_mut() {
            points.replace(|parts| {
                let (moved, stored) = self.0.get(&Identity::of(parts.first()?))?;
                let same = |(part, moved)| Identity::of(part) == Identity::of(moved);
                let are_same = parts.len() >= moved.len() && parts.iter().zip(moved).all(same);
                are_same.then(|| (moved.len(), Part::Stored(stored.clone())))
            });
        }
    }
}

/// The columns of a file: the time, the tags, the fields.
struct Columns {
    tags: Vec<Name>,
    fields: Vec<(Name, FieldType)>,
    by_field: HashMap<(Name, FieldType), usize>,
    /// Whether all values of a tag, or of a field, are UTF-8.
    are_text: Vec<bool>,
    /// Whether a field has a value in each row.
    are_full: Vec<bool>,
}

impl Columns {
    fn of(series: &[Waiting]) -> Self {
        let mut tags: BTreeMap<&Name, bool> = BTreeMap::new();
        let mut fields: BTreeMap<(&Name, FieldType), (bool, usize)> = BTreeMap::new();
        let mut runs = 0;
        for one in series {
            for (key, value) in &one.tags {
                *tags.entry(key).or_insert(true) &= std::str::from_utf8(value).is_ok();
            }
            runs += one.runs.len();
            for OfField { name, kind, parts } in one.runs.iter().flat_map(|run| &run.0) {
                let (is_all_text, count) = fields.entry((name, *kind)).or_insert((true, 0));
                *is_all_text &= parts.iter().all(is_text);
                *count += 1;
            }
        }
        let field_is_text = fields.values().map(|(is_text, _)| is_text);
        let are_text = tags.values().chain(field_is_text).copied().collect();
        let are_full = fields.values().map(|(_, count)| *count == runs).collect();
        let tags = tags.into_keys().cloned().collect();
        let fields: Vec<_> = fields.into_keys().map(|(name, kind)| (name.clone(), kind)).collect();
        let by_field = fields.iter().cloned().zip(0..).collect();
        Self { tags, fields, by_field, are_text, are_full }
    }

    /// How many rows a group has at most: fewer where they are wide.
    fn most_rows(&self) -> usize {
        (CELLS / (1 + self.tags.len() + self.fields.len())).clamp(CHUNK, GROUP)
    }

    fn field(&self, name: &Name, kind: FieldType) -> Option<usize> {
        self.by_field.get(&(Name::clone(name), kind)).copied()
    }

    /// The place of a field among the columns.
    fn place(&self, field: usize) -> usize {
        TIME_COLUMN as usize + 1 + self.tags.len() + field
    }

    fn schema(&self) -> Result<TypePtr, ParquetError> {
        let unit = TimeUnit::NANOS;
        let time = Type::primitive_type_builder("time", Physical::INT64)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(Some(LogicalType::timestamp(true, unit)));
        let mut columns = vec![Arc::new(time.build()?)];
        // A tag and a field may have the same name, and a field two types.
        let mut taken = BTreeSet::from(["time".to_owned()]);
        let tags = self.tags.iter().map(|name| (name, "tag", Physical::BYTE_ARRAY, None));
        let fields = self.fields.iter().map(|(name, kind)| {
            let unsigned = (*kind == FieldType::Unsigned).then(|| LogicalType::integer(64, false));
            (name, kind.word(), physical(*kind), unsigned)
        });
        let are_full = self.tags.iter().map(|_| &false).chain(&self.are_full);
        let columns_of = tags.chain(fields).zip(&self.are_text).zip(are_full);
        for (((name, word, physical, logical), is_text), is_full) in columns_of {
            let plain = String::from_utf8_lossy(name).into_owned();
            let numbered = (2..).map(|number| format!("{plain} ({word} {number})"));
            let mut names =
                [plain.clone(), format!("{plain} ({word})")].into_iter().chain(numbered);
            let Some(name) = names.find(|name| !taken.contains(name)) else { continue };
            let text =
                (physical == Physical::BYTE_ARRAY && *is_text).then_some(LogicalType::String);
            let column = Type::primitive_type_builder(&name, physical)
                .with_repetition(match is_full {
                    true => Repetition::REQUIRED,
                    false => Repetition::OPTIONAL,
                })
                .with_logical_type(logical.or(text));
            columns.push(Arc::new(column.build()?));
            taken.insert(name);
        }
        Ok(Arc::new(Type::group_type_builder("points").with_fields(columns).build()?))
    }

    /// Numbers as differences, words by number, all else compressed.
    fn properties(&self, schema: &Type, (shard, measurement): Section<'_>) -> WriterProperties {
        let mut told = vec![("measurement", String::from_utf8_lossy(measurement).into_owned())];
        told.extend(shard.map(|start| ("shard_start", start.to_string())));
        told.push(("sorted_by", "series, time".to_owned()));
        let told = told.into_iter();
        let told = told.map(|(key, value)| {
            parquet::file::metadata::KeyValue::new(format!("lineproof.{key}"), value)
        });
        let mut properties = WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_2_0)
            .set_data_page_row_count_limit(PAGE)
            .set_dictionary_enabled(false)
            .set_compression(Compression::LZ4_RAW)
            .set_key_value_metadata(Some(told.collect()));
        for column in schema.get_fields() {
            let path = ColumnPath::new(vec![column.name().to_owned()]);
            properties = match column.get_physical_type() {
                Physical::INT64 => {
                    properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED)
                }
                Physical::BYTE_ARRAY => properties.set_column_dictionary_enabled(path, true),
                _ => properties,
            };
        }
        properties.build()
    }
}

const fn physical(kind: FieldType) -> Physical {
    match kind {
        FieldType::Float => Physical::DOUBLE,
        FieldType::Integer | FieldType::Unsigned => Physical::INT64,
        FieldType::String => Physical::BYTE_ARRAY,
        FieldType::Boolean => Physical::BOOLEAN,
    }
}

/// Whether all values are UTF-8; of those that are not in memory nobody knows.
fn is_text(part: &Part) -> bool {
    match part {
        Part::Stored(_) => false,
        Part::Held(chunk) => match &chunk.values {
            Values::String(list) => list.iter().all(|value| std::str::from_utf8(value).is_ok()),
            _ => true,
        },
    }
}

/// Rows that are being gathered.
struct Group {
    rows: usize,
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
    fn new(columns: &Columns) -> Self {
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

    fn tag_bytes(&self) -> usize {
        self.tags.iter().map(TagColumn::bytes).sum()
    }

    /// Adds rows of a series: their times and tags.
    fn push_keys(&mut self, columns: &Columns, tags: &TagSet, times: &[i64]) {
        self.rows += times.len();
        self.times.extend_from_slice(times);
        for (key, column) in columns.tags.iter().zip(&mut self.tags) {
            let value = tags.iter().find(|(known, _)| known == key).map(|(_, value)| value);
            column.push(value, times.len());
        }
    }

    /// Adds the values that a field has in them.
    fn push_values(&mut self, field: usize, values: &Values) {
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
        let count = column.values.len() - before;
        if let Some(levels) = &mut column.levels {
            levels.extend(std::iter::repeat_n(1, count));
        }
    }

    /// The other fields have nothing in these rows.
    fn fill(&mut self, filled: &BTreeSet<usize>, count: usize) {
        let fields = self.fields.iter_mut().enumerate();
        for (_, column) in fields.filter(|(index, _)| !filled.contains(index)) {
            if let Some(levels) = &mut column.levels {
                levels.extend(std::iter::repeat_n(0, count));
            }
        }
    }

    /// Writes what was gathered as a row group.
    fn write<W: Write + Send>(
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

/// A file that is written from its beginning to its end.
struct Sink {
    file: Box<dyn File>,
    buffer: Vec<u8>,
    written: u64,
    sums: Sums,
}

impl Sink {
    fn new(file: Box<dyn File>) -> Self {
        Self { file, buffer: Vec::with_capacity(BUFFER), written: 0, sums: Sums::default() }
    }

    /// Its length and checksums, once all of it is on disk.
    fn finish(&mut self) -> io::Result<(u64, Vec<u32>)> {
        self.flush()?;
        self.file.sync()?;
        Ok((self.written, std::mem::take(&mut self.sums).finish()))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut rest = self.buffer.as_slice();
        while !rest.is_empty() {
            match self.file.write_at(self.written, rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.sums.update(&rest[..count]);
                    self.written += count as u64;
                    rest = &rest[count..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.buffer.clear();
        Ok(())
    }
}
