//! The columns of one table: their types, their limits, and the catalog's words.

use crate::store::value::{FieldType, Name};
use line_protocol::FieldValue;
use profiles::storage::{TableLimit, Tables as Rules};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnType {
    /// A tag.
    Tag,
    /// A field of this type.
    Field(FieldType),
    /// The time.
    Time,
}

impl ColumnType {
    pub(super) fn of(value: &FieldValue<'_>) -> Self {
        Self::Field(match value {
            FieldValue::Float(_) => FieldType::Float,
            FieldValue::Integer(_) => FieldType::Integer,
            FieldValue::Unsigned(_) => FieldType::Unsigned,
            FieldValue::Boolean(_) => FieldType::Boolean,
            FieldValue::String(_) => FieldType::String,
        })
    }

    /// The word of the IOx catalog (metrico/influxdb_iox ab17bbc9:data_types/src/columns.rs).
    pub const fn short(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Time => "time",
            Self::Field(FieldType::Float) => "f64",
            Self::Field(FieldType::Integer) => "i64",
            Self::Field(FieldType::Unsigned) => "u64",
            Self::Field(FieldType::String) => "string",
            Self::Field(FieldType::Boolean) => "bool",
        }
    }
}

impl fmt::Display for ColumnType {
    /// core/schema/src/lib.rs:1164-1180 of 3.10, the same in 3.6 as recorded.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag => f.write_str("iox::column_type::tag"),
            Self::Time => f.write_str("iox::column_type::timestamp"),
            Self::Field(FieldType::Unsigned) => f.write_str("iox::column_type::field::uinteger"),
            Self::Field(other) => write!(f, "iox::column_type::field::{other}"),
        }
    }
}

/// Why a line does not fit the schema or its time the clock; `Display` is the product's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaFault {
    /// A column has another type.
    #[error("invalid column type for column '{column}', expected {expected}, got {got}")]
    ColumnType {
        /// Its name.
        column: String,
        /// The type that it has.
        expected: String,
        /// The type that the line gives.
        got: String,
    },
    /// A column that nobody may make.
    #[error("'{0}' is a reserved column")]
    Reserved(String),
    /// A control character in a key; the word says in which.
    #[error("invalid configuration provided: {0} key cannot contain control characters")]
    ControlCharacter(&'static str),
    /// A field twice in one line.
    #[error("invalid line protocol - multiple instances of '{0}' field found")]
    RepeatedField(String),
    /// A tag twice in one line. The products' own words are not known.
    #[error("multiple instances of the tag '{0}'")]
    RepeatedTag(String),
    /// A float larger than any. No release refuses one; our own words.
    #[error("the value of the field '{0}' is larger than any float")]
    Overflow(String),
    /// A point that is older than the retention period. No release refuses one; our own words.
    #[error("the timestamp {time} falls outside of the retention period, which begins at {oldest}")]
    BeyondRetention {
        /// Its time, in nanoseconds.
        time: i64,
        /// The first time that is kept.
        oldest: i64,
    },
    /// One column too many.
    #[error("Update to schema would exceed number of columns per table limit of {0} columns")]
    TooManyColumns(usize),
    /// One tag column too many.
    #[error("Update to schema would exceed number of tag columns per table limit of {0} columns")]
    TooManyTags(usize),
    /// One table too many.
    #[error("Update to schema would exceed number of tables limit of {0} tables")]
    TooManyTables(usize),
    /// The same, told with the number of those that there are.
    #[error(
        "Update to schema would exceed number of tables limit: attempted to create table but \
         already have {number} table(s) (limit: {limit})"
    )]
    TooManyTablesBeside {
        /// How many there are.
        number: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A time that is none in nanoseconds.
    #[error("timestamp, {time}, out of range for precision: {precision}")]
    TimeOutOfRange {
        /// As the line has it.
        time: i64,
        /// The product's name of the precision.
        precision: &'static str,
    },
}

impl SchemaFault {
    /// One table too many beside so many, in the release's words.
    pub(super) fn too_many_tables(rules: &Rules, number: usize) -> Self {
        match rules.table_limit {
            TableLimit::Limit => Self::TooManyTables(rules.tables),
            TableLimit::NumberAndLimit => Self::TooManyTablesBeside { number, limit: rules.tables },
        }
    }

    /// Whether a limit is reached: those have a status of their own.
    pub fn is_limit(&self) -> bool {
        matches!(
            self,
            Self::TooManyColumns(_)
                | Self::TooManyTags(_)
                | Self::TooManyTables(_)
                | Self::TooManyTablesBeside { .. }
        )
    }
}

/// The columns of a table, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema {
    columns: Vec<(Name, ColumnType)>,
    by_name: HashMap<Name, usize>,
}

impl Schema {
    /// One of these columns.
    pub(super) fn of(columns: impl Iterator<Item = (Name, ColumnType)>) -> Self {
        let mut schema = Self::default();
        columns.for_each(|(name, kind)| schema.push(&name, kind));
        schema
    }

    /// The columns, in the order in which they were made.
    pub(super) fn columns(&self) -> &[(Name, ColumnType)] {
        &self.columns
    }

    /// Whether there is a field of this name and type.
    pub(super) fn has_field(&self, name: &[u8], kind: FieldType) -> bool {
        let index = self.by_name.get(name);
        index.is_some_and(|index| self.columns[*index].1 == ColumnType::Field(kind))
    }

    /// Whether there is a tag of this name.
    pub(super) fn has_tag(&self, name: &[u8]) -> bool {
        let index = self.by_name.get(name);
        index.is_some_and(|index| self.columns[*index].1 == ColumnType::Tag)
    }

    /// Finds or makes a column of this type.
    pub(super) fn column(
        &mut self,
        rules: &Rules,
        key: &[u8],
        kind: ColumnType,
    ) -> Result<(), SchemaFault> {
        let name = || line_protocol::lossy(key);
        if let Some(index) = self.by_name.get(key) {
            let known = self.columns[*index].1;
            if known == kind {
                return Ok(());
            }
            let (expected, got) = (known.to_string(), kind.to_string());
            return Err(SchemaFault::ColumnType { column: name(), expected, got });
        }
        if rules.reserved.iter().any(|reserved| reserved.as_bytes() == key) {
            return Err(SchemaFault::Reserved(name()));
        }
        if rules.refuses_control_characters && name().chars().any(char::is_control) {
            let word = if kind == ColumnType::Tag { "tag" } else { "field" };
            return Err(SchemaFault::ControlCharacter(word));
        }
        let counted = self.columns.len() - usize::from(self.has_time() && !rules.counts_time);
        if counted >= rules.columns {
            return Err(SchemaFault::TooManyColumns(rules.columns));
        }
        if kind == ColumnType::Tag && self.tags().count() >= rules.tag_columns {
            return Err(SchemaFault::TooManyTags(rules.tag_columns));
        }
        self.push(key, kind);
        Ok(())
    }

    /// Makes the time column if it is not there; no limit holds for it.
    pub(super) fn time_column(&mut self) {
        if !self.has_time() {
            self.push(b"time", ColumnType::Time);
        }
    }

    /// How many columns there are.
    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// Forgets the columns after the first ones.
    pub(super) fn truncate(&mut self, columns: usize) {
        for (name, _) in self.columns.drain(columns.min(self.columns.len())..) {
            self.by_name.remove(&name);
        }
    }

    pub(super) fn has_time(&self) -> bool {
        let time = self.by_name.get(&b"time"[..]);
        time.is_some_and(|index| self.columns[*index].1 == ColumnType::Time)
    }

    pub(super) fn tag_keys(&self) -> Vec<Name> {
        let mut keys: Vec<Name> = self.tags().cloned().collect();
        keys.sort();
        keys
    }

    pub(super) fn fields(&self) -> Vec<(Name, FieldType)> {
        let field = |(name, kind): &(Name, ColumnType)| match kind {
            ColumnType::Field(field_type) => Some((name.clone(), *field_type)),
            ColumnType::Tag | ColumnType::Time => None,
        };
        let mut fields: Vec<_> = self.columns.iter().filter_map(field).collect();
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        fields
    }

    fn tags(&self) -> impl Iterator<Item = &Name> {
        self.columns.iter().filter(|(_, kind)| *kind == ColumnType::Tag).map(|(name, _)| name)
    }

    fn push(&mut self, key: &[u8], kind: ColumnType) {
        let name = Name::from(key);
        self.by_name.insert(name.clone(), self.columns.len());
        self.columns.push((name, kind));
    }
}
