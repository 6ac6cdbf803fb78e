//! The model of tables: columns with types, a group key, rows.

use crate::store::{FieldType, Name, Value as Stored};
use std::cmp::Ordering;

/// The type of a column. The order is that in which keys of different types compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Boolean,
    Integer,
    Unsigned,
    Float,
    Text,
    Time,
}

impl Kind {
    /// The word in messages.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Boolean => "bool",
            Self::Integer => "int",
            Self::Unsigned => "uint",
            Self::Float => "float",
            Self::Text => "string",
            Self::Time => "time",
        }
    }
}

impl From<FieldType> for Kind {
    fn from(field: FieldType) -> Self {
        match field {
            FieldType::Float => Self::Float,
            FieldType::Integer => Self::Integer,
            FieldType::Unsigned => Self::Unsigned,
            FieldType::String => Self::Text,
            FieldType::Boolean => Self::Boolean,
        }
    }
}

/// One value of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Boolean(bool),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Text(Name),
    Time(i64),
}

impl Cell {
    /// Its type; none for null.
    pub(super) const fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Null => return None,
            Self::Boolean(_) => Kind::Boolean,
            Self::Integer(_) => Kind::Integer,
            Self::Unsigned(_) => Kind::Unsigned,
            Self::Float(_) => Kind::Float,
            Self::Text(_) => Kind::Text,
            Self::Time(_) => Kind::Time,
        })
    }

    pub(super) const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The order of values of one type, null before all others.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::Integer(a), Self::Integer(b)) | (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Unsigned(a), Self::Unsigned(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => self.kind().cmp(&other.kind()),
        }
    }
}

impl From<&Stored> for Cell {
    fn from(value: &Stored) -> Self {
        match value {
            Stored::Float(v) => Self::Float(*v),
            Stored::Integer(v) => Self::Integer(*v),
            Stored::Unsigned(v) => Self::Unsigned(*v),
            Stored::String(v) => Self::Text(v.clone()),
            Stored::Boolean(v) => Self::Boolean(*v),
        }
    }
}

/// A column's label and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) label: Name,
    pub(super) kind: Kind,
}

impl Column {
    pub(super) fn new(label: impl Into<Name>, kind: Kind) -> Self {
        Self { label: label.into(), kind }
    }
}

/// A label that is known beforehand.
pub(super) fn label(text: &str) -> Name {
    text.as_bytes().into()
}

/// The columns that are the same in all rows of a table, with their values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct GroupKey(pub(super) Vec<(Column, Cell)>);

impl GroupKey {
    pub(super) fn value(&self, label: &[u8]) -> Option<&Cell> {
        self.0.iter().find(|(c, _)| *c.label == *label).map(|(_, v)| v)
    }

    pub(super) fn has(&self, label: &[u8]) -> bool {
        self.value(label).is_some()
    }

    /// The order of tables: columns by label; at the first difference, the key that lacks a column
    /// comes first, then the smaller type, then null, then the smaller value.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let (a, b) = (self.sorted(), other.sorted());
        for ((ac, av), (bc, bv)) in a.iter().zip(&b) {
            let order = bc
                .label
                .cmp(&ac.label)
                .then_with(|| ac.kind.cmp(&bc.kind))
                .then_with(|| av.order(bv));
            if order.is_ne() {
                return order;
            }
        }
        a.len().cmp(&b.len())
    }

    fn sorted(&self) -> Vec<&(Column, Cell)> {
        let mut columns: Vec<_> = self.0.iter().collect();
        columns.sort_by(|a, b| a.0.label.cmp(&b.0.label));
        columns
    }
}

/// One row: a value for each column.
pub(super) type Row = Vec<Cell>;

/// About how many bytes a row of so many columns takes.
pub(super) const fn kept(columns: usize) -> usize {
    size_of::<Row>() + columns * size_of::<Cell>()
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table {
    pub(super) key: GroupKey,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
    /// How many rows each part has that came from another table; what sorting does to rows that
    /// compare as equal depends on it.
    pub(super) parts: Vec<usize>,
}

impl Table {
    /// A table of one part.
    pub(super) fn new(key: GroupKey, columns: Vec<Column>, rows: Vec<Row>) -> Self {
        let parts = vec![rows.len()];
        Self { key, columns, rows, parts }
    }

    /// About how many bytes its rows take.
    pub(super) fn kept(&self) -> usize {
        self.rows.len() * kept(self.columns.len())
    }

    /// The first column of this label.
    pub(super) fn position(&self, label: &[u8]) -> Option<usize> {
        self.columns.iter().position(|c| *c.label == *label)
    }
}
