//! A measurement as the engine sees it: an arrow schema, and the rows of the columns asked for.
//!
//! Columns are sorted by name, `time` among them. A row is a series at a time; what has no value
//! there is null. Rows stand in the order of their primary key: tags, nulls first, then time.

use crate::store::points::Points;
use crate::store::view::{Measurement, Series, Unreadable};
use crate::store::{FieldType, Name, TagSet, Value};
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
    StringDictionaryBuilder, TimestampNanosecondArray, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::error::ArrowError;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// The name of the column of timestamps.
pub const TIME: &str = "time";

/// The columns of a measurement, sorted by name.
pub fn schema(measurement: &Measurement) -> SchemaRef {
    let mut fields: Vec<Field> =
        measurement
            .tag_keys
            .iter()
            .map(|tag| tagged(Field::new(text(tag), tag_type(), true), "tag"))
            .chain(measurement.fields.iter().map(|(name, of)| {
                tagged(Field::new(text(name), data_type(*of), true), column(*of))
            }))
            .collect();
    if measurement.unreadable != Some(Unreadable::NoTimeColumn) {
        let time = Field::new(TIME, DataType::Timestamp(TimeUnit::Nanosecond, None), false);
        fields.push(tagged(time, "timestamp"));
    }
    fields.sort_by(|a, b| a.name().cmp(b.name()));
    Arc::new(Schema::new(fields))
}

/// A column that says what it is in the product's data model, by which clients read it
/// (influxdata/influxdb3_core f1bc156:schema/src/lib.rs:1143-1156).
pub(crate) fn tagged(field: Field, what: &str) -> Field {
    let entry = ("iox::column::type".to_owned(), format!("iox::column_type::{what}"));
    field.with_metadata([entry].into())
}

/// What a field's column is in the product's data model.
const fn column(of: FieldType) -> &'static str {
    match of {
        FieldType::Float => "field::float",
        FieldType::Integer => "field::integer",
        FieldType::Unsigned => "field::uinteger",
        FieldType::String => "field::string",
        FieldType::Boolean => "field::boolean",
    }
}

fn tag_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

const fn data_type(of: FieldType) -> DataType {
    match of {
        FieldType::Float => DataType::Float64,
        FieldType::Integer => DataType::Int64,
        FieldType::Unsigned => DataType::UInt64,
        FieldType::String => DataType::Utf8,
        FieldType::Boolean => DataType::Boolean,
    }
}

/// Names and strings are UTF-8 where v3 stored them; anything else is shown, not hidden.
pub(super) fn text(name: &Name) -> Cow<'_, str> {
    String::from_utf8_lossy(name)
}

/// How many rows a batch has, but for the first ones of a table and the last one.
const BATCH: usize = 8192;

/// How many the first one has.
const FIRST_BATCH: usize = 256;

/// What a query reads of a measurement.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Tags and the value that each must have.
    pub tags: Vec<(Name, Name)>,
    /// The first time, in nanoseconds.
    pub first: i64,
    /// The last one.
    pub last: i64,
}

impl Wanted {
    /// Every row.
    pub(super) const ALL: Self = Self { tags: Vec::new(), first: i64::MIN, last: i64::MAX };

    /// Whether a series has the tags.
    fn has(&self, series: &Series) -> bool {
        has_tags(&series.tags, &self.tags)
    }

    /// The time of the last row that is left when the wanted rows of a measurement are put in the order
    /// of their times and so many are taken. None where there are not so many.
    pub(super) fn bound(
        &self,
        measurement: &Measurement,
        order: Order,
        rows: usize,
    ) -> Option<i64> {
        let mut taken = Taken { order, rows, ranks: BinaryHeap::new() };
        for series in measurement.series.iter().filter(|series| self.has(series)) {
            taken.add(series, self.first, self.last);
        }
        taken.bound()
    }
}

/// In which order of their times rows are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The first ones first.
    Ascending,
    /// The last ones first.
    Descending,
}

impl Order {
    /// A number that is the greater, the earlier a time comes in this order; of a rank, its time.
    const fn rank(self, time: i64) -> i64 {
        match self {
            Self::Ascending => !time,
            Self::Descending => time,
        }
    }
}

/// The first rows in an order of time, of those series that were looked at.
struct Taken {
    order: Order,
    /// How many there are at most.
    rows: usize,
    /// The ranks of their times, the least one on top.
    ranks: BinaryHeap<Reverse<i64>>,
}

impl Taken {
    fn add(&mut self, series: &Series, mut first: i64, mut last: i64) {
        // Once there are as many as are asked for, only earlier ones in this order count.
        match (self.bound(), self.order) {
            (Some(bound), Order::Ascending) => last = last.min(bound.saturating_sub(1)),
            (Some(bound), Order::Descending) => first = first.max(bound.saturating_add(1)),
            (None, _) => {}
        }
        let mut times = Vec::new();
        for points in own_times(series) {
            self.read(&points, first, last, &mut times);
        }
        times.sort();
        times.dedup();
        for rank in times.into_iter().map(|time| self.order.rank(time)) {
            if self.ranks.len() < self.rows {
                self.ranks.push(Reverse(rank));
            } else if let Some(mut least) = self.ranks.peek_mut()
                && least.0 < rank
            {
                *least = Reverse(rank);
            }
        }
    }

    /// The times of a column that may be taken, at most so many as there are rows. What is in a file is
    /// not read where it is known that there is none.
    fn read(&self, points: &Points, first: i64, last: i64, into: &mut Vec<i64>) {
        let outermost = match self.order {
            Order::Ascending => points.first().map(|time| time.max(first)),
            Order::Descending => points.last().map(|time| time.min(last)),
        };
        let Some(outermost) = outermost else { return };
        let is_full = self.ranks.len() == self.rows;
        let is_late = |least: &Reverse<i64>| self.order.rank(outermost) <= least.0;
        if is_full && self.ranks.peek().is_none_or(is_late) {
            return;
        }
        let is_known = (first..=last).contains(&outermost)
            && [points.first(), points.last()].contains(&Some(outermost));
        match self.order {
            _ if is_known && self.rows == 1 => into.push(outermost),
            Order::Ascending => into.extend(points.times(first, last).take(self.rows)),
            Order::Descending => into.extend(points.times(first, last).rev().take(self.rows)),
        }
    }

    fn bound(&self) -> Option<i64> {
        let least = self.ranks.peek().filter(|_| self.ranks.len() == self.rows)?;
        Some(self.order.rank(least.0))
    }
}

/// Points whose times are those of all of a series: fields are mostly written together.
fn own_times(series: &Series) -> Vec<Cow<'_, Points>> {
    let mut times = series.columns.times();
    let Some(first) = times.next() else { return Vec::new() };
    let others: Vec<_> = times.filter(|points| !points.has_times_of(&first)).collect();
    std::iter::once(first).chain(others).collect()
}

/// The rows of a measurement, batch by batch: no more is read, nor in memory, than one batch has.
pub struct Batches {
    measurement: Arc<Measurement>,
    schema: SchemaRef,
    wanted: Wanted,
    /// The series that are left, by their numbers, the next one last.
    left: Vec<usize>,
    /// The one that the batch before ended in.
    open: Option<Open>,
    /// How many rows the next batch has, and any at most: whoever wants few finds them in the first
    /// ones.
    size: usize,
    most: usize,
}

/// A series of which rows are left.
struct Open {
    series: usize,
    /// Its [`own_times()`].
    points: Vec<Points>,
    /// The rows that are left have this time, or a later one.
    from: i64,
}

/// Rows of one series.
struct Piece {
    series: usize,
    times: Vec<i64>,
}

impl Batches {
    /// The wanted rows, with the columns of `schema`, which are some of those of [`schema()`].
    pub fn new(measurement: Arc<Measurement>, schema: SchemaRef, wanted: Wanted) -> Self {
        let series = measurement.series.iter().enumerate();
        let mut left: Vec<usize> = series.filter(|(_, s)| wanted.has(s)).map(|(n, _)| n).collect();
        left.sort_by_cached_key(|number| {
            let series = &measurement.series[*number];
            let key: Vec<_> =
                measurement.tag_keys.iter().map(|key| tag(series, key).cloned()).collect();
            key
        });
        left.reverse();
        Self { measurement, schema, wanted, left, open: None, size: FIRST_BATCH, most: BATCH }
    }

    /// The same where no more than so many rows are asked for: a batch has no more.
    #[must_use]
    pub fn for_at_most(mut self, rows: usize) -> Self {
        self.most = rows.clamp(1, BATCH);
        self.size = self.size.min(self.most);
        self
    }

    /// The next rows of one series, at most so many.
    fn piece(&mut self, room: usize) -> Option<Piece> {
        let open = match self.open.take() {
            Some(open) => open,
            None => {
                let number = self.left.pop()?;
                Open::of(&self.measurement.series[number], number, self.wanted.first)
            }
        };
        let times = open.times(self.wanted.last, room);
        let series = open.series;
        if times.len() == room
            && let Some(from) = times.last().and_then(|last| last.checked_add(1))
        {
            self.open = Some(Open { from, ..open });
        }
        Some(Piece { series, times })
    }
}

impl Open {
    fn of(series: &Series, number: usize, from: i64) -> Self {
        let points = own_times(series).into_iter().map(Cow::into_owned).collect();
        Self { series: number, points, from }
    }

    /// The first times that are left, up to the last one that is wanted: those at which any field has
    /// a value, ascending.
    fn times(&self, last: i64, room: usize) -> Vec<i64> {
        // The first of all of them are among the first of each.
        let first_ones = self.points.iter().flat_map(|of| of.times(self.from, last).take(room));
        let mut times: Vec<i64> = first_ones.collect();
        if self.points.len() > 1 {
            times.sort();
            times.dedup();
            times.truncate(room);
        }
        times
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut pieces = Vec::new();
        let mut count = 0;
        while count < self.size
            && let Some(piece) = self.piece(self.size - count)
        {
            count += piece.times.len();
            // Of many series few may have a row.
            if !piece.times.is_empty() {
                pieces.push(piece);
            }
        }
        if count == 0 {
            return None;
        }
        self.size = (self.size * 2).min(self.most);
        let pieces: Vec<_> = pieces
            .iter()
            .map(|piece| (&self.measurement.series[piece.series], piece.times.as_slice()))
            .collect();
        let rows = Rows(&pieces);
        let columns = self.schema.fields().iter().map(|field| rows.column(field)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        Some(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options))
    }
}

/// Some rows: series in their order, each with times.
struct Rows<'a>(&'a [(&'a Series, &'a [i64])]);

impl Rows<'_> {
    /// A column by its name and type; a dictionary is a tag, a timestamp is the time.
    fn column(&self, field: &Field) -> ArrayRef {
        let name = field.name().as_bytes();
        match field.data_type() {
            DataType::Dictionary(_, _) => self.tags(field.name()),
            DataType::Timestamp(_, _) => Arc::new(TimestampNanosecondArray::from_iter_values(
                self.0.iter().flat_map(|(_, times)| times.iter().copied()),
            )),
            DataType::Float64 => Arc::new(Float64Array::from_iter(
                self.values(name, FieldType::Float).map(|value| match value {
                    Some(Value::Float(value)) => Some(value),
                    _ => None,
                }),
            )),
            DataType::Int64 => Arc::new(Int64Array::from_iter(
                self.values(name, FieldType::Integer).map(|value| match value {
                    Some(Value::Integer(value)) => Some(value),
                    _ => None,
                }),
            )),
            DataType::UInt64 => Arc::new(UInt64Array::from_iter(
                self.values(name, FieldType::Unsigned).map(|value| match value {
                    Some(Value::Unsigned(value)) => Some(value),
                    _ => None,
                }),
            )),
            DataType::Boolean => Arc::new(BooleanArray::from_iter(
                self.values(name, FieldType::Boolean).map(|value| match value {
                    Some(Value::Boolean(value)) => Some(value),
                    _ => None,
                }),
            )),
            _ => Arc::new(StringArray::from_iter(self.values(name, FieldType::String).map(
                |value| match value {
                    Some(Value::String(value)) => Some(text(&value).into_owned()),
                    _ => None,
                },
            ))),
        }
    }

    fn tags(&self, key: &str) -> ArrayRef {
        let mut builder = StringDictionaryBuilder::<Int32Type>::new();
        for (series, times) in self.0 {
            match tag(series, key.as_bytes()) {
                Some(value) => builder.append_values(text(value), times.len()),
                None => builder.append_nulls(times.len()),
            }
        }
        Arc::new(builder.finish())
    }

    /// The values of one field, row by row.
    fn values(&self, name: &[u8], of: FieldType) -> impl Iterator<Item = Option<Value>> {
        self.0.iter().flat_map(move |(series, times)| {
            let column = series.columns.named(name).find(|c| c.field_type == of);
            let first = times.first().copied().unwrap_or(i64::MAX);
            let last = times.last().copied().unwrap_or(i64::MIN);
            let points = column.into_iter().flat_map(move |c| c.points.between(first, last));
            let mut points = points.peekable();
            times.iter().map(move |time| points.next_if(|(at, _)| at == time).map(|(_, v)| v))
        })
    }
}

/// Whether all of these tags are among those of a series.
pub(super) fn has_tags(of_series: &TagSet, tags: &[(Name, Name)]) -> bool {
    tags.iter().all(|(key, value)| tag_of(of_series, key) == Some(value))
}

fn tag<'a>(series: &'a Series, key: &[u8]) -> Option<&'a Name> {
    tag_of(&series.tags, key)
}

fn tag_of<'a>(tags: &'a TagSet, key: &[u8]) -> Option<&'a Name> {
    tags.iter().find(|(k, _)| &**k == key).map(|(_, value)| value)
}
