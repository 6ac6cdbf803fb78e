//! The answer of an InfluxQL statement as a record batch: the measurement first, the tags that rows
//! are grouped by after the time, and each column in the one type that its values have.

use crate::query::influxql::result::{Cell, Outcome, Series};
use crate::query::sql::table::{TIME, schema, tagged};
use crate::store::view::Measurement;
use crate::store::{Name, Value};
use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, NullArray, RecordBatch,
    RecordBatchOptions, StringArray, TimestampNanosecondArray, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use std::borrow::Cow;
use std::sync::Arc;

/// The name of the first column.
const MEASUREMENT: &str = "iox::measurement";

/// A table by its name, to ask for the type of a column without values.
type Tables<'a> = &'a dyn Fn(&str) -> Option<Measurement>;

/// The rows of all series in one batch.
///
/// # Errors
/// What this server cannot put into columns.
pub(super) fn batch(outcome: &Outcome, tables: Tables<'_>) -> Result<RecordBatch, String> {
    let all = &outcome.series;
    let mut fields = vec![Field::new(MEASUREMENT, DataType::Utf8, false)];
    let names = all.iter().flat_map(|series| repeated(series, Some(text(&series.name))));
    let mut columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from_iter(names))];

    if let Some(first) = all.first() {
        let tags =
            |series: &Series| series.tags.iter().map(|tag| tag.0.clone()).collect::<Vec<_>>();
        let alike =
            |series: &Series| series.columns == first.columns && tags(series) == tags(first);
        if !all.iter().all(alike) {
            return Err("rows of unlike columns are outside the Flight of this server".to_owned());
        }
        let mut tags = Some(tags(first));
        for (index, name) in first.columns.iter().enumerate() {
            let (field, column) = column(all, index, name, tables)?;
            let is_time = matches!(field.data_type(), DataType::Timestamp(..));
            fields.push(field);
            columns.push(column);
            // As in the answers of `/api/v3/query_influxql`.
            if let Some(tags) = is_time.then(|| tags.take()).flatten() {
                for (index, key) in tags.iter().enumerate() {
                    fields.push(tagged(Field::new(text(key), DataType::Utf8, true), "tag"));
                    columns.push(tag(all, index));
                }
            }
        }
    } else {
        // Which columns would have been there is known to the planner of the products only.
        let time = DataType::Timestamp(TimeUnit::Nanosecond, None);
        fields.push(tagged(Field::new(TIME, time, false), "timestamp"));
        columns.push(Arc::new(TimestampNanosecondArray::from_iter_values([])));
    }
    let rows = all.iter().map(|series| series.rows.len()).sum();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|error| error.to_string())
}

/// Something of a series, once for each of its rows.
fn repeated<T: Clone>(series: &Series, value: T) -> impl Iterator<Item = T> {
    std::iter::repeat_n(value, series.rows.len())
}

/// A tag that rows are grouped by; one that a series does not have is null.
fn tag(all: &[Series], index: usize) -> ArrayRef {
    let values = all.iter().flat_map(|series| {
        let value = series.tags.get(index).map(|tag| &tag.1).filter(|value| !value.is_empty());
        repeated(series, value.map(|value| text(value)))
    });
    Arc::new(StringArray::from_iter(values))
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// One column, by the type of its first value.
fn column(
    all: &[Series],
    index: usize,
    name: &Name,
    tables: Tables<'_>,
) -> Result<(Field, ArrayRef), String> {
    let cells = || all.iter().flat_map(move |series| &series.rows).map(move |row| row.get(index));
    let first = cells().flatten().find(|cell| !matches!(cell, Cell::Null));
    /// All cells as this kind of value; others become null, which is noticed below.
    macro_rules! values {
        ($array:ident, $value:ident, $pattern:pat => $taken:expr) => {
            Arc::new($array::from_iter(cells().map(|cell| match cell {
                Some($pattern) => Some($taken),
                _ => None,
            }))) as ArrayRef
        };
    }
    let column = match first {
        Some(Cell::Time(_)) => values!(TimestampNanosecondArray, at, Cell::Time(at) => *at),
        Some(Cell::Value(Value::Float(_))) => {
            values!(Float64Array, n, Cell::Value(Value::Float(n)) => *n)
        }
        Some(Cell::Value(Value::Integer(_))) => {
            values!(Int64Array, n, Cell::Value(Value::Integer(n)) => *n)
        }
        Some(Cell::Value(Value::Unsigned(_))) => {
            values!(UInt64Array, n, Cell::Value(Value::Unsigned(n)) => *n)
        }
        Some(Cell::Value(Value::Boolean(_))) => {
            values!(BooleanArray, b, Cell::Value(Value::Boolean(b)) => *b)
        }
        Some(Cell::Value(Value::String(_))) => {
            values!(StringArray, s, Cell::Value(Value::String(s)) => text(s))
        }
        Some(Cell::Null) | None => return Ok(without_values(all, name, cells().count(), tables)),
    };
    let nulls = cells().filter(|cell| matches!(cell, Some(Cell::Null) | None)).count();
    let name = text(name);
    if column.null_count() != nulls {
        return Err(format!(
            "the column {name:?} has values of several types, which is outside the Flight of this \
             server"
        ));
    }
    let is_time = matches!(first, Some(Cell::Time(_)));
    let field = Field::new(name, column.data_type().clone(), true);
    Ok((if is_time { tagged(field, "timestamp") } else { field }, column))
}

/// A column of nulls, in the type that the stored column of this name has.
fn without_values(
    all: &[Series],
    name: &Name,
    rows: usize,
    tables: Tables<'_>,
) -> (Field, ArrayRef) {
    let name = text(name);
    let stored = all.iter().find_map(|series| {
        let table = tables(&text(&series.name))?;
        let field = schema(&table).field_with_name(&name).ok()?.clone();
        let plain = match field.data_type() {
            DataType::Dictionary(_, values) => (**values).clone(),
            other => other.clone(),
        };
        Some(field.with_data_type(plain))
    });
    match stored {
        Some(field) => {
            let column = datafusion::arrow::array::new_null_array(field.data_type(), rows);
            (field.with_nullable(true), column)
        }
        None => (Field::new(name, DataType::Null, true), Arc::new(NullArray::new(rows))),
    }
}
