//! A parsed line while it is in the parser's hands.

use crate::line::{FieldValue, Text};
use crate::tape::{Name, TagNames, Tape, Value};
use alloc::borrow::Cow;
use core::fmt;
use core::ops::Range;
use core::slice;

/// One accepted line, borrowed from its parser until the next line is asked for.
///
/// The same facts as [`Line`](crate::Line), without buffers of its own.
#[derive(Clone, Copy)]
pub struct LineView<'a> {
    tape: &'a Tape,
    /// What the tape's positions are relative to.
    base: &'a [u8],
    /// Where `base` begins in the input.
    offset: usize,
    start: usize,
    end: usize,
    number: usize,
}

impl<'a> LineView<'a> {
    /// `raw` is the whole line as a range of the input, in which `base` begins at `offset`.
    #[inline(always)]
    pub(crate) fn new(
        tape: &'a Tape,
        base: &'a [u8],
        offset: usize,
        raw: Range<usize>,
        number: usize,
    ) -> Self {
        Self { tape, base, offset, start: raw.start - offset, end: raw.end - offset, number }
    }

    /// The product's own number of the line; see [`Line::number`](crate::Line::number).
    pub fn number(&self) -> usize {
        self.number
    }

    /// The whole line as scanned, from its first byte that is not blank.
    pub fn raw(&self) -> &'a [u8] {
        &self.base[self.start..self.end]
    }

    /// Where [`raw`](Self::raw) stands in the input.
    pub fn span(&self) -> Range<usize> {
        self.offset + self.start..self.offset + self.end
    }

    /// The measurement, unescaped.
    #[inline]
    pub fn measurement(&self) -> &'a [u8] {
        self.tape.text(self.base, self.tape.measurement)
    }

    /// The tags, keys and values unescaped. Go: sorted by the key as written. IOx: in the order of
    /// the line, repeated keys kept.
    #[inline]
    pub fn tags(&self) -> Tags<'a> {
        Tags { tape: self.tape, base: self.base, rest: self.tape.tags.iter() }
    }

    /// The fields in the order of the line, keys unescaped, values decoded. Repeated keys are kept.
    #[inline]
    pub fn fields(&self) -> Fields<'a> {
        Fields { tape: self.tape, base: self.base, rest: self.tape.fields.iter() }
    }

    /// Go: always there, in nanoseconds. IOx: as written, in the unit of the request, or none.
    #[inline]
    pub fn timestamp(&self) -> Option<i64> {
        self.tape.timestamp
    }

    /// Whether the line itself held the timestamp.
    #[inline]
    pub fn has_timestamp(&self) -> bool {
        self.tape.has_timestamp
    }

    /// Measurement and tags in escaped form; see [`Line::series_key`](crate::Line::series_key).
    /// Allocates only where the Go grammar had to sort the tags.
    pub fn series_key(&self) -> Text<'a> {
        self.tape.series_key(self.base, self.start)
    }
}

impl fmt::Debug for LineView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineView")
            .field("number", &self.number)
            .field("span", &self.span())
            .field("raw", &format_args!("{}", self.raw().escape_ascii()))
            .finish()
    }
}

/// The tags of a [`LineView`]: keys and values.
#[derive(Clone, Debug)]
pub struct Tags<'a> {
    tape: &'a Tape,
    base: &'a [u8],
    rest: slice::Iter<'a, TagNames>,
}

impl<'a> Iterator for Tags<'a> {
    type Item = (&'a [u8], &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.rest.next()?;
        Some((self.tape.text(self.base, *key), self.tape.text(self.base, *value)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}

impl ExactSizeIterator for Tags<'_> {}

/// The fields of a [`LineView`]: keys and values. Strings are always borrowed.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    tape: &'a Tape,
    base: &'a [u8],
    rest: slice::Iter<'a, (Name, Value)>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a [u8], FieldValue<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.rest.next()?;
        let value = match *value {
            Value::Float(v) => FieldValue::Float(v),
            Value::Integer(v) => FieldValue::Integer(v),
            Value::Unsigned(v) => FieldValue::Unsigned(v),
            Value::Boolean(v) => FieldValue::Boolean(v),
            Value::String(name) => {
                FieldValue::String(Cow::Borrowed(self.tape.text(self.base, name)))
            }
        };
        Some((self.tape.text(self.base, *key), value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}

impl ExactSizeIterator for Fields<'_> {}
