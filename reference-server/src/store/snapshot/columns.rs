//! The columns of a file of a snapshot, and how each is written.

use super::Section;
use super::file::TIME_COLUMN;
use super::run::{OfField, Run};
use crate::store::blocks::{Block, StoredShape};
use crate::store::chunk::Values;
use crate::store::points::{CHUNK, Part};
use crate::store::recent::Layout;
use crate::store::series::TagSet;
use crate::store::value::{FieldType, Name};
use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::schema::types::{ColumnPath, Type, TypePtr};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// How many rows a row group has at most: so many that what is said of it costs nothing, so few that
/// they are gathered in little memory.
pub(super) const GROUP: usize = if cfg!(test) { CHUNK } else { 64 << 10 };

/// How many rows and columns of a group there are at most, one times the other.
const CELLS: usize = 4 << 20;

/// How many rows a page has, about: nobody reads fewer at once.
const PAGE: usize = 4096;

/// What is known of the columns of a file before it is written: what its series bring.
#[derive(Default)]
pub(super) struct Needed {
    /// The tags, sorted, and whether all values of each are UTF-8.
    tags: Vec<(Name, bool)>,
    /// Of each field whether all values are UTF-8, and how many runs have it.
    fields: BTreeMap<(Name, FieldType), (bool, usize)>,
    /// The fields that runs have as a whole, and how many runs.
    layouts: HashMap<*const Layout, (Arc<Layout>, usize)>,
    runs: usize,
}

impl Needed {
    /// Some runs of a series are going to be written.
    pub(super) fn note(&mut self, tags: &TagSet, tags_are_text: bool, runs: &[Run<'_>]) {
        self.note_tags(tags, tags_are_text);
        self.runs += runs.len();
        for run in runs {
            match run {
                Run::Fields(of_fields) => {
                    for OfField { name, kind, parts } in of_fields {
                        let field = (Name::clone(name), *kind);
                        let known = self.fields.entry(field).or_insert((true, 0));
                        known.0 &= parts.iter().all(is_text);
                        known.1 += 1;
                    }
                }
                Run::Blocks(blocks) => {
                    let Some(layout) = blocks.first().map(Block::layout) else { continue };
                    let known = self.layouts.entry(Arc::as_ptr(layout));
                    known.or_insert_with(|| (Arc::clone(layout), 0)).1 += 1;
                }
            }
        }
    }

    fn note_tags(&mut self, tags: &TagSet, are_text: bool) {
        let is_text = |value: &Name| are_text || std::str::from_utf8(value).is_ok();
        // Nearly always all series have the same tags.
        let same = self.tags.len() == tags.len()
            && self.tags.iter().zip(tags.iter()).all(|((known, _), (key, _))| known == key);
        if same && are_text {
            return;
        }
        if same {
            for ((_, are_text), (_, value)) in self.tags.iter_mut().zip(tags.iter()) {
                *are_text &= is_text(value);
            }
            return;
        }
        for (key, value) in tags.iter() {
            match self.tags.binary_search_by(|(known, _)| known.cmp(key)) {
                Ok(index) => self.tags[index].1 &= is_text(value),
                Err(index) => self.tags.insert(index, (Name::clone(key), is_text(value))),
            }
        }
    }

    /// How many runs there are going to be.
    pub(super) const fn runs(&self) -> usize {
        self.runs
    }

    /// The columns.
    pub(super) fn columns(self) -> Columns {
        let Self { tags, mut fields, layouts, runs } = self;
        for (layout, count) in layouts.into_values() {
            for (name, kind) in layout.fields() {
                fields.entry((Name::clone(name), *kind)).or_insert((true, 0)).1 += count;
            }
        }
        let tags_are_text = tags.iter().map(|(_, are_text)| *are_text);
        let fields_are_text = fields.values().map(|(are_text, _)| *are_text);
        let are_text = tags_are_text.chain(fields_are_text).collect();
        let are_full = fields.values().map(|(_, count)| *count == runs).collect();
        let tags = tags.into_iter().map(|(key, _)| key).collect();
        let fields: Vec<_> = fields.into_keys().collect();
        let by_field = fields.iter().cloned().zip(0..).collect();
        Columns { tags, fields, by_field, are_text, are_full }
    }
}

/// The columns of a file: the time, the tags, the fields.
pub(super) struct Columns {
    pub(super) tags: Vec<Name>,
    pub(super) fields: Vec<(Name, FieldType)>,
    by_field: HashMap<(Name, FieldType), usize>,
    /// Whether all values of a tag, or of a field, are UTF-8.
    are_text: Vec<bool>,
    /// Whether a field has a value in each row.
    pub(super) are_full: Vec<bool>,
}

impl Columns {
    /// Where the fields of a layout are: among the fields, and among the columns.
    pub(super) fn shape(&self, layout: &Arc<Layout>) -> (Vec<usize>, Arc<StoredShape>) {
        let fields = layout.fields().filter_map(|(name, kind)| self.field(name, *kind));
        let fields: Vec<usize> = fields.collect();
        let columns = fields.iter().map(|field| self.place(*field)).collect();
        (fields, Arc::new(StoredShape { layout: Arc::clone(layout), columns }))
    }

    /// How many rows a group has at most: fewer where they are wide.
    pub(super) fn most_rows(&self) -> usize {
        (CELLS / (1 + self.tags.len() + self.fields.len())).clamp(CHUNK, GROUP)
    }

    pub(super) fn field(&self, name: &Name, kind: FieldType) -> Option<usize> {
        self.by_field.get(&(Name::clone(name), kind)).copied()
    }

    /// The place of a field among the columns; a file has far fewer than there are numbers.
    pub(super) fn place(&self, field: usize) -> u32 {
        let before = u32::try_from(self.tags.len() + field).unwrap_or(u32::MAX);
        before.saturating_add(TIME_COLUMN + 1)
    }

    /// # Errors
    /// Parquet cannot have it.
    pub(super) fn schema(&self) -> Result<TypePtr, ParquetError> {
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
    pub(super) fn properties(
        &self,
        schema: &Type,
        Section { shard, measurement, .. }: Section<'_>,
    ) -> WriterProperties {
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

/// The type that Parquet has for it.
pub(super) const fn physical(kind: FieldType) -> Physical {
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
        // No strings.
        Part::Rows(_) => true,
        Part::Held(chunk) => match &chunk.values {
            Values::String(list) => list.iter().all(|value| std::str::from_utf8(value).is_ok()),
            _ => true,
        },
    }
}
