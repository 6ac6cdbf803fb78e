//! Why a point cannot be written.

use crate::dialect::Precision;
use crate::text::lossy;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A part of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The measurement.
    Measurement,
    /// A tag's key.
    TagKey,
    /// A tag's value.
    TagValue,
    /// A field's key.
    FieldKey,
    /// A string value.
    String,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Measurement => "measurement",
            Self::TagKey => "tag key",
            Self::TagValue => "tag value",
            Self::FieldKey => "field key",
            Self::String => "string",
        })
    }
}

/// What the dialect cannot hold.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EncodeError {
    /// A name without a byte.
    Empty(Part),
    /// A point without fields.
    NoFields,
    /// A byte that no escape can bring into this part.
    Byte {
        /// Where.
        part: Part,
        /// Which.
        byte: u8,
    },
    /// A byte that this part cannot begin with.
    FirstByte {
        /// Where.
        part: Part,
        /// Which.
        byte: u8,
    },
    /// A backslash at the end would escape the separator behind it.
    TrailingBackslash(Part),
    /// A backslash before a byte that needs an escape: the escapes would be read as a pair.
    BackslashBefore {
        /// Where.
        part: Part,
        /// The byte after the backslash.
        byte: u8,
    },
    /// Text that must be UTF-8 and is not.
    NotUtf8(Part),
    /// A part that is too long.
    TooLong {
        /// Which.
        part: Part,
        /// What is allowed.
        limit: usize,
    },
    /// A series key, or it and a field key together, that is too long.
    KeyTooLong {
        /// What it would be.
        length: usize,
        /// What is allowed.
        limit: usize,
    },
    /// Two tags of one key.
    DuplicateTag(Vec<u8>),
    /// A tag key that the product keeps for itself.
    ReservedTagKey(Vec<u8>),
    /// NaN or an infinite number.
    NotFinite(f64),
    /// An unsigned integer in a dialect without them.
    Unsigned(u64),
    /// A time that storage cannot hold.
    TimeOutOfRange(i64),
    /// A time that is no whole number of units.
    TimeNotInUnit(i64, Precision),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty(part) => write!(f, "a {part} cannot be empty"),
            Self::NoFields => f.write_str("a point needs at least one field"),
            Self::Byte { part, byte } => write!(f, "a {part} cannot hold {}", shown(*byte)),
            Self::FirstByte { part, byte } => {
                write!(f, "a {part} cannot begin with {}", shown(*byte))
            }
            Self::TrailingBackslash(part) => write!(f, "a {part} cannot end with a backslash"),
            Self::BackslashBefore { part, byte } => {
                write!(f, "a {part} cannot hold a backslash before {}", shown(*byte))
            }
            Self::NotUtf8(part) => write!(f, "a {part} must be UTF-8"),
            Self::TooLong { part, limit } => {
                write!(f, "a {part} cannot be longer than {limit} bytes")
            }
            Self::KeyTooLong { length, limit } => {
                write!(f, "measurement, tags and field key take {length} bytes of {limit}")
            }
            Self::DuplicateTag(key) => write!(f, "the tag {:?} is there twice", lossy(key)),
            Self::ReservedTagKey(key) => write!(f, "the tag key {:?} is reserved", lossy(key)),
            Self::NotFinite(value) => write!(f, "a float cannot be {value}"),
            Self::Unsigned(value) => write!(f, "no unsigned integers here: {value}"),
            Self::TimeOutOfRange(time) => write!(f, "the time {time} is out of range"),
            Self::TimeNotInUnit(time, precision) => {
                write!(f, "the time {time} is no whole number of {precision}s")
            }
        }
    }
}

fn shown(byte: u8) -> String {
    format!("'{}'", byte.escape_ascii())
}

impl core::error::Error for EncodeError {}
