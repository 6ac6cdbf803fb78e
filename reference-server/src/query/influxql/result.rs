//! What a query answers, apart from how it is printed.

use super::zone::Zone;
use crate::store::{Name, Value};

/// The value of one cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// A field's or a function's value, or a text.
    Value(Value),
    /// A point in time, in nanoseconds since 1970.
    Time(i64),
}

impl Cell {
    /// A cell with this text.
    pub fn text(text: impl AsRef<[u8]>) -> Self {
        Self::Value(Value::String(text.as_ref().into()))
    }

    /// A cell with this whole number.
    pub const fn integer(n: i64) -> Self {
        Self::Value(Value::Integer(n))
    }

    /// A cell with this truth.
    pub const fn boolean(b: bool) -> Self {
        Self::Value(Value::Boolean(b))
    }

    /// A cell with this number.
    pub const fn float(n: f64) -> Self {
        Self::Value(Value::Float(n))
    }
}

/// About how many bytes a row takes, in memory and once more in the answer.
pub(super) fn kept(row: &[Cell]) -> usize {
    const PRINTED: usize = 32;
    let text = |cell: &Cell| match cell {
        Cell::Value(Value::String(text)) => text.len(),
        _ => 0,
    };
    size_of::<Vec<Cell>>()
        + row.iter().map(|cell| size_of::<Cell>() + PRINTED + text(cell)).sum::<usize>()
}

/// Rows of one measurement and tag set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Its name; empty for none.
    pub name: Vec<u8>,
    /// The tags that it is grouped by, sorted by key.
    pub tags: Vec<(Name, Name)>,
    /// The names of its columns.
    pub columns: Vec<Name>,
    /// Its rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
}

impl Series {
    /// Rows without a measurement, as `SHOW` gives them.
    pub fn table(name: &str, columns: &[&str], rows: Vec<Vec<Cell>>) -> Self {
        let columns = columns.iter().map(|c| Name::from(c.as_bytes())).collect();
        Self { name: name.as_bytes().to_vec(), tags: Vec::new(), columns, rows }
    }
}

/// What one statement answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Its number in the query.
    pub statement: usize,
    /// Warnings.
    pub warnings: Vec<String>,
    /// Its rows.
    pub series: Vec<Series>,
    /// The zone that its times are printed in; `None` for UTC.
    pub zone: Option<Zone>,
    /// Why it failed.
    pub error: Option<String>,
    /// The error is this server's own: the product would answer.
    pub unsupported: bool,
    /// Its series come one by one, each whole, and none says that more are to come: what the Go
    /// products do of their own accord is not cut into chunks.
    pub whole: bool,
}
