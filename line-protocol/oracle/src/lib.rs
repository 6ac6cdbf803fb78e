//! A second reader of line protocol, for tests: what a body holds, line by line, in both grammars.
//!
//! It is written from the products' rules and not from the parser's code, knows nothing of the
//! parser, and is made to be read: it copies every byte it keeps and walks the line again for each
//! question. It has no spans and no speed.

mod go;
mod go_fields;
mod go_number;
mod iox;
mod iox_value;

/// Whose rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// The Go package `models`.
    Go {
        /// Whether `1u` is a value.
        unsigned: bool,
        /// Whether `time`, `_field` and the like are refused as tag keys.
        reserved: bool,
    },
    /// The parser of IOx.
    Iox {
        /// Whether it is that of 3.9 and later: other texts, longer strings, stricter tags.
        since_3_9: bool,
    },
}

/// What the request says about times.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Nanoseconds in one unit of the timestamps.
    pub unit: i64,
    /// The time of a Go line that has none.
    pub default: i64,
}

/// What a line is.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// It is accepted.
    Point(Point),
    /// It is refused.
    Error {
        /// The product's text.
        message: Vec<u8>,
        /// IOx: the line that is shown with it, before it is cut.
        shown: Option<Vec<u8>>,
    },
    /// The product accepts the line and then cannot read what it accepted, or crashes.
    Unknown,
}

/// What an accepted line holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The measurement.
    pub measurement: Vec<u8>,
    /// The tags: Go sorted, IOx as they stand.
    pub tags: Vec<(Vec<u8>, Vec<u8>)>,
    /// The fields as they stand.
    pub fields: Vec<(Vec<u8>, Value)>,
    /// Go: always, in nanoseconds. IOx: the number that was written.
    pub timestamp: Option<i64>,
}

/// A field's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// By its bits, so that two readings are the same or not.
    Float(u64),
    /// `1i`
    Integer(i64),
    /// `1u`
    Unsigned(u64),
    /// `t`
    Boolean(bool),
    /// `"…"`
    String(Vec<u8>),
}

/// Reads a body. Nothing is said about a body that never reaches the parser: IOx is only given
/// UTF-8.
pub fn read(body: &[u8], grammar: Grammar, times: Times) -> Option<Vec<Item>> {
    match grammar {
        Grammar::Go { unsigned, reserved } => Some(go::read(body, unsigned, reserved, times)),
        Grammar::Iox { since_3_9 } => Some(iox::read(std::str::from_utf8(body).ok()?, since_3_9)),
    }
}
