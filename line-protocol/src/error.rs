//! Why a line was refused, where, and what the product says about it.
//!
//! An error holds positions, not text: the texts are made on demand from the input it came from, so
//! a thousand refused lines cost nothing until somebody reads them. Statuses and bodies are not
//! known here.

use crate::dialect::IoxWording;
use crate::text::{ORIGINAL_LINE_BYTES, cut, lossy};
use crate::wording;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use core::str::Utf8Chunk;
use memchr::{memchr_iter, memrchr};

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// Go: the line begins with a comma. IOx: nothing that may begin a name.
    MissingMeasurement,
    /// Go: the line ends before the first field. IOx: no first field of a known form.
    MissingFields,
    /// Go: nothing, or a separator, where a tag key should begin.
    MissingTagKey,
    /// Go: a tag without `=` or without value.
    MissingTagValue,
    /// Go: an unescaped `=` in a tag value.
    InvalidTagFormat,
    /// Go: two tags of one key.
    DuplicateTags,
    /// Go: a tag key that storage needs for itself; the span holds it.
    ReservedTagKey,
    /// Go: fields, commas and equal signs do not add up.
    InvalidFieldFormat,
    /// Go: nothing before the `=` of a field.
    MissingFieldKey,
    /// Go: nothing after the `=` of a field.
    MissingFieldValue,
    /// Go: begins like a number and is none.
    InvalidNumber,
    /// Go: a number of the right letters that is no float, or beyond its range.
    InvalidFloat,
    /// Go: neither number nor string, and no boolean.
    InvalidBoolean,
    /// An integer beyond 64 bits; the span holds it without its `i`.
    IntegerOutOfRange,
    /// An unsigned integer beyond 64 bits; the span holds it without its `u`.
    UnsignedOutOfRange,
    /// Go: a string that is never closed.
    UnbalancedQuotes,
    /// Go: a field that cannot be told apart from its value; the span holds the key as read.
    InvalidValue,
    /// Go: something that is not an integer where the timestamp should be.
    BadTimestamp,
    /// Go: a lone minus where the timestamp should be.
    TimestampSyntax,
    /// A timestamp beyond 64 bits; the span holds it.
    TimestampOutOfRange,
    /// Go: a timestamp that is no time in nanoseconds.
    TimeOutsideRange,
    /// Something after the end of the line's last part; the span holds it.
    TrailingContent,
    /// Go: a series key, or series key and field key together, that storage cannot hold.
    KeyTooLong {
        /// What was found.
        length: usize,
        /// What is allowed.
        limit: usize,
    },
    /// IOx until 3.8: the first tag is malformed.
    TagSetMalformed,
    /// IOx: no space where the fields should begin; the span holds the rest of the line.
    ExpectedSpace,
    /// IOx since 3.9: no tag key; the span holds the rest of the line.
    ExpectedTagKey,
    /// IOx since 3.9: no tag value; the span holds the rest of the line.
    ExpectedTagValue,
    /// IOx since 3.9: a tag key without `=`; the span holds the line from the first tag on.
    ExpectedEquals,
    /// IOx: a name or key or value that ends in a backslash.
    EndsWithBackslash,
    /// A line so long that positions in it could not be told; no product's answer.
    LineTooLong {
        /// What is allowed.
        limit: usize,
    },
    /// IOx: a name, key, value or string that is too long.
    StringTooLong {
        /// What is allowed.
        limit: usize,
    },
}

/// A refused line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// The product's own number of the line, counted as in [`Line`](crate::Line): blank lines and
    /// comments do not count. An editor's is [`position`](Self::position)'s.
    pub line_number: usize,
    /// The line as scanned, as bytes of the input.
    pub line: Range<usize>,
    /// The part that is wrong, as bytes of the input.
    pub span: Range<usize>,
    pub(crate) physical: Range<usize>,
    pub(crate) voice: Voice,
}

/// Whose words an error is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    Go,
    Iox(IoxWording),
}

/// The product's own number of the line and, in plain words of ours, what is wrong. What the product
/// says is [`message`](Self::message), an editor's line number is [`position`](Self::position)'s;
/// both need the input.
impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line_number, self.kind)
    }
}

impl core::error::Error for ParseError {}

/// In plain words of ours, the same for every dialect; the product's are
/// [`ParseError::reason`]'s.
impl fmt::Display for ParseErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingMeasurement => "no measurement",
            Self::MissingFields => "no fields",
            Self::MissingTagKey | Self::ExpectedTagKey => "no tag key where one should be",
            Self::MissingTagValue | Self::ExpectedTagValue => "a tag without a value",
            Self::InvalidTagFormat => "an equal sign in a tag value",
            Self::DuplicateTags => "a tag key that is there twice",
            Self::ReservedTagKey => "a tag key that is reserved",
            Self::InvalidFieldFormat => "fields, commas and equal signs that do not add up",
            Self::MissingFieldKey => "no field key before an equal sign",
            Self::MissingFieldValue => "no field value behind an equal sign",
            Self::InvalidNumber => "a value that begins like a number and is none",
            Self::InvalidFloat => "a number that is no float, or too large for one",
            Self::InvalidBoolean => "a value that is neither number, string nor boolean",
            Self::IntegerOutOfRange => "an integer beyond 64 bits",
            Self::UnsignedOutOfRange => "an unsigned integer beyond 64 bits",
            Self::UnbalancedQuotes => "a string that is never closed",
            Self::InvalidValue => "a field that cannot be told apart from its value",
            Self::BadTimestamp | Self::TimestampSyntax => "a timestamp that is no integer",
            Self::TimestampOutOfRange => "a timestamp beyond 64 bits",
            Self::TimeOutsideRange => "a time that cannot be stored in nanoseconds",
            Self::TrailingContent => "something behind the end of the line",
            Self::TagSetMalformed => "a malformed tag",
            Self::ExpectedSpace => "no space before the fields",
            Self::ExpectedEquals => "a tag key without an equal sign",
            Self::EndsWithBackslash => "a name that ends in a backslash",
            Self::KeyTooLong { length, limit } => {
                return write!(f, "a key of {length} bytes, of which {limit} are allowed");
            }
            Self::LineTooLong { limit } => {
                return write!(f, "a line of more than {limit} bytes");
            }
            Self::StringTooLong { limit } => {
                return write!(f, "a name or string of more than {limit} bytes");
            }
        })
    }
}

impl ParseError {
    /// Where [`span`](Self::span) begins, as an editor counts: line and column, both from 1, the
    /// column in characters (a byte that is not UTF-8 counts as one).
    ///
    /// ```
    /// use line_protocol::{Dialect, Options, parse};
    /// let body = "# two lines\n\ncpu,host=\u{e9} load=\n".as_bytes();
    /// let error = parse(body, &Dialect::GO_V2, &Options::default()).find_map(Result::err).unwrap();
    /// assert_eq!((error.line_number, error.position(body)), (1, (3, 17)));
    /// ```
    pub fn position(&self, input: &[u8]) -> (usize, usize) {
        let before = input.get(..self.span.start).unwrap_or(input);
        let line = 1 + memchr_iter(b'\n', before).count();
        let start = memrchr(b'\n', before).map_or(0, |at| at + 1);
        let chunks = before[start..].utf8_chunks();
        let characters =
            |chunk: Utf8Chunk<'_>| chunk.valid().chars().count() + chunk.invalid().len();
        (line, 1 + chunks.map(characters).sum::<usize>())
    }

    /// The product's reason alone, `missing fields`. Like all that takes the input, it needs the one
    /// that was parsed; another gives some other text.
    pub fn reason(&self, input: &[u8]) -> String {
        lossy(&self.reason_bytes(input))
    }

    /// The product's whole text: Go `unable to parse '<line>': <reason>`, IOx the reason.
    pub fn message(&self, input: &[u8]) -> String {
        lossy(&self.message_bytes(input))
    }

    /// [`reason`](Self::reason) with the line's bytes as they are, UTF-8 or not.
    pub fn reason_bytes(&self, input: &[u8]) -> Vec<u8> {
        let part = input.get(self.span.clone()).unwrap_or_default();
        match self.voice {
            Voice::Go => wording::go_reason(self.kind, part),
            Voice::Iox(wording) => wording::iox_reason(self.kind, wording, part),
        }
    }

    /// [`message`](Self::message) with the line's bytes as they are, UTF-8 or not.
    pub fn message_bytes(&self, input: &[u8]) -> Vec<u8> {
        let reason = self.reason_bytes(input);
        match self.voice {
            Voice::Go => {
                let line = input.get(self.line.clone()).unwrap_or_default();
                [b"unable to parse '", line, b"': ", &reason].concat()
            }
            Voice::Iox(_) => reason,
        }
    }

    /// What IOx shows as the line, which may be another one: the first 20 bytes of
    /// [`physical_line`](Self::physical_line).
    pub fn original_line<'a>(&self, input: &'a [u8]) -> &'a [u8] {
        cut(self.physical_line(input), ORIGINAL_LINE_BYTES)
    }

    /// The k-th physical line of the input, where k is this line's number. With blank lines,
    /// comments or line breaks in strings before it, that is not the line that was refused.
    pub fn physical_line<'a>(&self, input: &'a [u8]) -> &'a [u8] {
        input.get(self.physical.clone()).unwrap_or_default()
    }
}
