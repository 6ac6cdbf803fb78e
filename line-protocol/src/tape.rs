//! One line as parsed, in buffers that are used again for the next.
//!
//! Names are positions, relative to a base that whoever keeps the tape knows; only what had to be
//! unescaped is a copy. Both grammars and the plain path write here, and [`LineView`] and
//! [`Line`](crate::Line) are made from it.
//!
//! [`LineView`]: crate::LineView

use crate::line::{FieldValue, Line, Text};
use crate::unescape::unescape_onto;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

/// The longest line: what a position can name. No product takes a body of that size.
pub(crate) const MAX_LINE: usize = (ESCAPED - 1) as usize;

/// Set in the start of a name that had to be unescaped.
const ESCAPED: u32 = 1 << 31;

/// A name or a string: where it is written, or which of the tape's unescaped ones it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Name {
    start: u32,
    end: u32,
}

impl Name {
    /// What is written is what is meant.
    #[inline(always)]
    pub(crate) fn plain(written: Range<usize>) -> Self {
        Self { start: written.start as u32, end: written.end as u32 }
    }

    fn is_escaped(self) -> bool {
        self.start & ESCAPED != 0
    }
}

/// A name with escapes: where it is written, and where in the tape's own bytes what it means ends,
/// which is where the next one begins.
#[derive(Clone, Copy, Debug)]
struct EscapedName {
    written: Name,
    meant_start: usize,
    meant_end: usize,
}

/// A field's value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    Float(f64),
    Integer(i64),
    Unsigned(u64),
    Boolean(bool),
    String(Name),
}

/// A tag: key and value.
pub(crate) type TagNames = (Name, Name);

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape {
    pub(crate) measurement: Name,
    pub(crate) tags: Vec<TagNames>,
    pub(crate) fields: Vec<(Name, Value)>,
    pub(crate) timestamp: Option<i64>,
    pub(crate) has_timestamp: bool,
    /// Where measurement and tags end.
    pub(crate) key_end: usize,
    /// Whether the tags stand here in the order in which they are written.
    pub(crate) tags_as_written: bool,
    escaped: Vec<EscapedName>,
    unescaped: Vec<u8>,
}

impl Tape {
    /// Makes ready for the next line; the buffers stay.
    #[inline(always)]
    pub(crate) fn clear(&mut self) {
        self.tags.clear();
        self.fields.clear();
        self.escaped.clear();
        self.unescaped.clear();
        self.tags_as_written = true;
    }

    /// A name as written in `base`, with the backslashes before any of `special` dropped.
    pub(crate) fn name(&mut self, base: &[u8], written: Range<usize>, special: &[u8]) -> Name {
        let meant_start = self.unescaped.len();
        let plain = Name::plain(written.clone());
        if !unescape_onto(&base[written], special, &mut self.unescaped) {
            return plain;
        }
        let name = Name { start: ESCAPED | self.escaped.len() as u32, end: 0 };
        let meant_end = self.unescaped.len();
        self.escaped.push(EscapedName { written: plain, meant_start, meant_end });
        name
    }

    /// The bytes that a name means.
    #[inline(always)]
    pub(crate) fn text<'a>(&'a self, base: &'a [u8], name: Name) -> &'a [u8] {
        if name.is_escaped() {
            self.meant(name)
        } else {
            &base[name.start as usize..name.end as usize]
        }
    }

    fn meant(&self, name: Name) -> &[u8] {
        let escaped = self.escaped[(name.start & !ESCAPED) as usize];
        &self.unescaped[escaped.meant_start..escaped.meant_end]
    }

    /// Where a name is written.
    #[inline(always)]
    pub(crate) fn written(&self, name: Name) -> Range<usize> {
        let Name { start, end } = if name.is_escaped() {
            self.escaped[(name.start & !ESCAPED) as usize].written
        } else {
            name
        };
        start as usize..end as usize
    }

    /// Measurement and tags as written, in the order in which the tags stand here. `line` is where
    /// the line begins.
    pub(crate) fn series_key<'a>(&self, base: &'a [u8], line: usize) -> Text<'a> {
        if self.tags_as_written {
            return Cow::Borrowed(&base[line..self.key_end]);
        }
        let mut key = Vec::with_capacity(self.key_end - line);
        key.extend_from_slice(&base[self.written(self.measurement)]);
        for (tag, value) in &self.tags {
            key.push(b',');
            key.extend_from_slice(&base[self.written(*tag).start..self.written(*value).end]);
        }
        Cow::Owned(key)
    }

    /// The line with buffers of its own, but without its number. `raw` is all of it, as a range of
    /// `base`, and so is the line's span.
    pub(crate) fn to_line<'a>(&self, base: &'a [u8], raw: Range<usize>) -> Line<'a> {
        let text = |name: Name| -> Text<'a> {
            if name.is_escaped() {
                Cow::Owned(self.meant(name).to_vec())
            } else {
                Cow::Borrowed(&base[self.written(name)])
            }
        };
        let value = |value: Value| match value {
            Value::String(name) => FieldValue::String(text(name)),
            Value::Float(v) => FieldValue::Float(v),
            Value::Integer(v) => FieldValue::Integer(v),
            Value::Unsigned(v) => FieldValue::Unsigned(v),
            Value::Boolean(v) => FieldValue::Boolean(v),
        };
        Line {
            number: 0,
            series_key: self.series_key(base, raw.start),
            span: raw.clone(),
            raw: Cow::Borrowed(&base[raw]),
            measurement: text(self.measurement),
            tags: self.tags.iter().map(|(key, meant)| (text(*key), text(*meant))).collect(),
            fields: self.fields.iter().map(|(key, meant)| (text(*key), value(*meant))).collect(),
            timestamp: self.timestamp,
            has_timestamp: self.has_timestamp,
        }
    }
}
