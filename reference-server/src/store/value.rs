//! Names, values and types as they are stored.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A measurement, tag key, tag value, field key or string value: bytes, since the Go products
/// store what is not UTF-8 too. Shared, so that a copy costs a count.
pub type Name = Arc<[u8]>;

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FieldType {
    /// 64-bit floating point.
    Float,
    /// Signed 64-bit integer.
    Integer,
    /// Unsigned 64-bit integer.
    Unsigned,
    /// Bytes, UTF-8 by custom.
    String,
    /// True or false.
    Boolean,
}

impl FieldType {
    /// The word that InfluxQL and the Go products' messages use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Float => "float",
            Self::Integer => "integer",
            Self::Unsigned => "unsigned",
            Self::String => "string",
            Self::Boolean => "boolean",
        }
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The value of one field of one point.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// 64-bit floating point; v3 stores infinities too.
    Float(f64),
    /// Signed 64-bit integer.
    Integer(i64),
    /// Unsigned 64-bit integer.
    Unsigned(u64),
    /// Bytes, UTF-8 by custom.
    String(Name),
    /// True or false.
    Boolean(bool),
}

impl Value {
    /// The value that these 64 bits are; a string is none.
    pub(super) fn of_word(kind: FieldType, word: u64) -> Self {
        match kind {
            FieldType::Float => Self::Float(f64::from_bits(word)),
            FieldType::Integer => Self::Integer(word.cast_signed()),
            FieldType::Unsigned => Self::Unsigned(word),
            FieldType::Boolean => Self::Boolean(word != 0),
            FieldType::String => Self::String(Name::default()),
        }
    }

    /// The value's type.
    pub const fn field_type(&self) -> FieldType {
        match self {
            Self::Float(_) => FieldType::Float,
            Self::Integer(_) => FieldType::Integer,
            Self::Unsigned(_) => FieldType::Unsigned,
            Self::String(_) => FieldType::String,
            Self::Boolean(_) => FieldType::Boolean,
        }
    }
}
