//! A parsed line while it is in the parser's hands.

use crate::line::{FieldValue, Line, Text};
use crate::tape::{Name, TagNames, Tape, Value};
use alloc::borrow::Cow;
use core::fmt;
use core::iter::FusedIterator;
use core::ops::Range;
use core::slice;

/// One accepted line, borrowed from its parser (`'p`) until the next line is asked for, and from the
/// input (`'i`).
///
/// The same facts as [`Line`], without buffers of its own.
#[derive(Clone, Copy)]
pub struct LineView<'p, 'i> {
    tape: &'p Tape,
    /// What the tape's positions are relative to.
    base: &'i [u8],
    /// Where `base` begins in the input.
    offset: usize,
    start: usize,
    end: usize,
    number: usize,
}

impl<'p, 'i: 'p> LineView<'p, 'i> {
    /// `raw` is the whole line as a range of the input, in which `base` begins at `offset`.
    #[inline(always)]
    pub(crate) fn new(
        tape: &'p Tape,
        base: &'i [u8],
        offset: usize,
        raw: Range<usize>,
        number: usize,
    ) -> Self {
        Self { tape, base, offset, start: raw.start - offset, end: raw.end - offset, number }
    }

    /// The product's own number of the line; see [`Line::number`].
    pub fn number(&self) -> usize {
        self.number
    }

    /// The whole line as scanned, from its first byte that is not blank.
    pub fn raw(&self) -> &'i [u8] {
        &self.base[self.start..self.end]
    }

    /// Where [`raw`](Self::raw) stands in the input.
    pub fn span(&self) -> Range<usize> {
        self.offset + self.start..self.offset + self.end
    }

    /// The measurement, unescaped.
    #[inline]
    pub fn measurement(&self) -> &'p [u8] {
        self.tape.text(self.base, self.tape.measurement)
    }

    /// The tags, keys and values unescaped. Go: sorted by the key as written. IOx: in the order of
    /// the line, repeated keys kept.
    #[inline]
    pub fn tags(&self) -> Tags<'p> {
        Tags { tape: self.tape, base: self.base, rest: self.tape.tags.iter() }
    }

    /// The fields in the order of the line, keys unescaped, values decoded. Repeated keys are kept.
    #[inline]
    pub fn fields(&self) -> Fields<'p> {
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

    /// Measurement and tags in escaped form; see [`Line::series_key`]. Allocates only where the Go
    /// grammar had to sort the tags.
    pub fn series_key(&self) -> Text<'i> {
        self.tape.series_key(self.base, self.start)
    }

    /// Measurement and tags as they stand in the line.
    #[inline]
    pub fn key_as_written(&self) -> &'i [u8] {
        &self.base[self.start..self.tape.key_end]
    }

    /// The line with vectors of its own, to be kept beyond the parser's next line. Its texts are
    /// still the input's where nothing had to be unescaped.
    pub fn to_line(&self) -> Line<'i> {
        let line = self.tape.to_line(self.base, self.start..self.end);
        Line { number: self.number, span: self.span(), ..line }
    }
}

impl fmt::Debug for LineView<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineView")
            .field("number", &self.number)
            .field("span", &self.span())
            .field("raw", &format_args!("{}", self.raw().escape_ascii()))
            .finish()
    }
}

/// The tags of a [`LineView`]: keys and values.
#[derive(Clone)]
pub struct Tags<'a> {
    tape: &'a Tape,
    base: &'a [u8],
    rest: slice::Iter<'a, TagNames>,
}

impl<'a> Iterator for Tags<'a> {
    type Item = (&'a [u8], &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.rest.next().map(|tag| self.resolve(tag))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}

impl DoubleEndedIterator for Tags<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.rest.next_back().map(|tag| self.resolve(tag))
    }
}

impl ExactSizeIterator for Tags<'_> {}
impl FusedIterator for Tags<'_> {}

impl<'a> Tags<'a> {
    #[inline]
    fn resolve(&self, (key, value): &TagNames) -> (&'a [u8], &'a [u8]) {
        (self.tape.text(self.base, *key), self.tape.text(self.base, *value))
    }
}

impl fmt::Debug for Tags<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// The fields of a [`LineView`]: keys and values. Strings are always borrowed.
#[derive(Clone)]
pub struct Fields<'a> {
    tape: &'a Tape,
    base: &'a [u8],
    rest: slice::Iter<'a, (Name, Value)>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a [u8], FieldValue<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.rest.next().map(|field| self.resolve(field))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}

impl DoubleEndedIterator for Fields<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.rest.next_back().map(|field| self.resolve(field))
    }
}

impl ExactSizeIterator for Fields<'_> {}
impl FusedIterator for Fields<'_> {}

impl<'a> Fields<'a> {
    #[inline]
    fn resolve(&self, (key, value): &(Name, Value)) -> (&'a [u8], FieldValue<'a>) {
        let value = match *value {
            Value::Float(v) => FieldValue::Float(v),
            Value::Integer(v) => FieldValue::Integer(v),
            Value::Unsigned(v) => FieldValue::Unsigned(v),
            Value::Boolean(v) => FieldValue::Boolean(v),
            Value::String(name) => {
                FieldValue::String(Cow::Borrowed(self.tape.text(self.base, name)))
            }
        };
        (self.tape.text(self.base, *key), value)
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
