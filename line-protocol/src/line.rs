//! One parsed line: borrowed from the input wherever nothing had to be unescaped.
//!
//! This module holds the result only; which bytes become what is the grammars' matter.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

/// Bytes as they are meant: escapes resolved, borrowed where there were none.
pub type Text<'a> = Cow<'a, [u8]>;

/// A tag: key and value.
pub type Tag<'a> = (Text<'a>, Text<'a>);

/// A field: key and value.
pub type Field<'a> = (Text<'a>, FieldValue<'a>);

/// One accepted line.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Line<'a> {
    /// The product's own number of the line, from 1: items that hold something are counted, blank
    /// lines and comments are not, and a string that spans lines does not add any.
    pub number: usize,
    /// The whole line as scanned, from its first byte that is not blank.
    pub raw: Text<'a>,
    /// Where `raw` stands in the input.
    pub span: Range<usize>,
    /// The measurement.
    pub measurement: Text<'a>,
    /// Go: sorted by the key as written. IOx: in the order of the line, repeated keys kept.
    pub tags: Vec<Tag<'a>>,
    /// In the order of the line, repeated keys kept.
    pub fields: Vec<Field<'a>>,
    /// Go: always there, in nanoseconds. IOx: as written, in the unit of the request, or none.
    pub timestamp: Option<i64>,
    /// Whether the line itself held the timestamp.
    pub has_timestamp: bool,
    /// Measurement and tags in escaped form: Go with the tags sorted, which is the series key that
    /// storage names in its messages; IOx as written.
    pub series_key: Text<'a>,
}

/// A field's value, decoded.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue<'a> {
    /// `1`, `1.5`, `1e3`
    Float(f64),
    /// `1i`
    Integer(i64),
    /// `1u`
    Unsigned(u64),
    /// `t`, `true`, …
    Boolean(bool),
    /// `"…"`, unescaped
    String(Text<'a>),
}

impl Line<'_> {
    /// Measurement and tags as they stand in the line.
    pub fn key_as_written(&self) -> &[u8] {
        // Where the tags were sorted, the key has the same bytes in another order.
        self.raw.get(..self.series_key.len()).unwrap_or_default()
    }

    /// The same line, owning all its bytes, to be kept beyond the input.
    pub fn into_owned(self) -> Line<'static> {
        Line {
            number: self.number,
            raw: own(self.raw),
            span: self.span,
            measurement: own(self.measurement),
            tags: own_tags(self.tags),
            fields: own_fields(self.fields),
            timestamp: self.timestamp,
            has_timestamp: self.has_timestamp,
            series_key: own(self.series_key),
        }
    }
}

pub(crate) fn own(text: Text<'_>) -> Text<'static> {
    Cow::Owned(text.into_owned())
}

pub(crate) fn own_tags(tags: Vec<Tag<'_>>) -> Vec<Tag<'static>> {
    tags.into_iter().map(|(key, value)| (own(key), own(value))).collect()
}

pub(crate) fn own_fields(fields: Vec<Field<'_>>) -> Vec<Field<'static>> {
    fields.into_iter().map(|(key, value)| (own(key), value.into_owned())).collect()
}

impl FieldValue<'_> {
    /// The same value, owning its bytes.
    pub fn into_owned(self) -> FieldValue<'static> {
        match self {
            Self::Float(v) => FieldValue::Float(v),
            Self::Integer(v) => FieldValue::Integer(v),
            Self::Unsigned(v) => FieldValue::Unsigned(v),
            Self::Boolean(v) => FieldValue::Boolean(v),
            Self::String(v) => FieldValue::String(own(v)),
        }
    }
}
