//! A measurement as the engine sees it: an arrow schema, and the rows of the columns asked for.
//!
//! Columns are sorted by name, `time` among them. A row is a series at a time; what has no value
//! there is null. Rows stand in the order of their primary key: tags, nulls first, then time.

use crate::store::view::{Measurement, Series, Unreadable};
use crate::store::{FieldType, Name, Value};
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
    StringDictionaryBuilder, TimestampNanosecondArray, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::error::ArrowError;
use std::borrow::Cow;
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

/// The rows of a measurement, with only those columns of [`schema`] that `projection` names.
///
/// # Errors
/// When the columns do not make a batch, as when `projection` is not of this measurement.
pub fn batch(
    measurement: &Measurement,
    projection: Option<&Vec<usize>>,
) -> Result<RecordBatch, ArrowError> {
    let schema = match projection {
        Some(columns) => Arc::new(schema(measurement).project(columns)?),
        None => schema(measurement),
    };
    let rows = Rows::of(measurement);
    let columns = schema.fields().iter().map(|field| rows.column(field)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows.count()));
    RecordBatch::try_new_with_options(schema, columns, &options)
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

/// The series in the order of their rows, each with its times.
struct Rows<'a>(Vec<(&'a Series, Vec<i64>)>);

impl<'a> Rows<'a> {
    fn of(measurement: &'a Measurement) -> Self {
        let mut series: Vec<&Series> = measurement.series.iter().collect();
        series.sort_by_cached_key(|series| {
            let key: Vec<_> = measurement.tag_keys.iter().map(|key| tag(series, key)).collect();
            key
        });
        Self(series.into_iter().map(|series| (series, times(series))).collect())
    }

    fn count(&self) -> usize {
        self.0.iter().map(|(_, times)| times.len()).sum()
    }

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
                    Some(Value::Float(value)) => Some(*value),
                    _ => None,
                }),
            )),
            DataType::Int64 => Arc::new(Int64Array::from_iter(
                self.values(name, FieldType::Integer).map(|value| match value {
                    Some(Value::Integer(value)) => Some(*value),
                    _ => None,
                }),
            )),
            DataType::UInt64 => Arc::new(UInt64Array::from_iter(
                self.values(name, FieldType::Unsigned).map(|value| match value {
                    Some(Value::Unsigned(value)) => Some(*value),
                    _ => None,
                }),
            )),
            DataType::Boolean => Arc::new(BooleanArray::from_iter(
                self.values(name, FieldType::Boolean).map(|value| match value {
                    Some(Value::Boolean(value)) => Some(*value),
                    _ => None,
                }),
            )),
            _ => Arc::new(StringArray::from_iter(self.values(name, FieldType::String).map(
                |value| match value {
                    Some(Value::String(value)) => Some(text(value)),
                    _ => None,
                },
            ))),
        }
    }

    fn tags(&self, key: &str) -> ArrayRef {
        let mut builder = StringDictionaryBuilder::<Int32Type>::new();
        for (series, times) in &self.0 {
            match tag(series, key.as_bytes()) {
                Some(value) => builder.append_values(text(value), times.len()),
                None => builder.append_nulls(times.len()),
            }
        }
        Arc::new(builder.finish())
    }

    /// The values of one field, row by row.
    fn values(&self, name: &[u8], of: FieldType) -> impl Iterator<Item = Option<&'a Value>> {
        self.0.iter().flat_map(move |(series, times)| {
            let column = series.columns.iter().find(|c| &*c.name == name && c.field_type == of);
            let mut points = column.map(|c| c.points.as_slice()).unwrap_or_default();
            times.iter().map(move |time| match points {
                [(at, value), rest @ ..] if at == time => {
                    points = rest;
                    Some(value)
                }
                _ => None,
            })
        })
    }
}

fn tag<'a>(series: &'a Series, key: &[u8]) -> Option<&'a Name> {
    series.tags.iter().find(|(k, _)| &**k == key).map(|(_, value)| value)
}

/// The times at which any field of the series has a value, ascending.
fn times(series: &Series) -> Vec<i64> {
    let mut times: Vec<i64> =
        series.columns.iter().flat_map(|c| c.points.iter().map(|(at, _)| *at)).collect();
    times.sort_unstable();
    times.dedup();
    times
}
