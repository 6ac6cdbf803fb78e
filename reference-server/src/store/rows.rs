//! A body as rows: what nearly every body is, lines of numbers, read without a line of them being made.
//!
//! It is read on the connection's own thread before any lock is taken. A store that knows all of its
//! fields, and all that its series could be refused for, takes the rows one after another; where it does not, or where the body has
//! anything that needs a closer look (a string, a repeated field, a line that is none), the body goes
//! line by line the way that decides everything. So rows are a short cut that judges nothing.

use super::recent::{Layout, word};
use super::series::TagSet;
use super::series_map::{LONGEST_KEY, hash_of};
use super::shared_names::shared;
use super::value::{FieldType, Name};
use line_protocol::{Dialect, FieldValue, LineView, Options, Parser};
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

/// How many shapes a body has at most: those that have more gain nothing.
const MOST_SHAPES: usize = 64;

thread_local! {
    /// A parser's buffers are used again.
    static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
}

/// The rows of a body.
#[derive(Debug)]
pub(crate) struct Rows<'t> {
    text: &'t [u8],
    shapes: Vec<Shape>,
    rows: Vec<Row>,
    words: Vec<u64>,
}

/// What lines have in common: measurement, names and types of the fields.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(super) measurement: Box<[u8]>,
    pub(super) layout: Arc<Layout>,
}

/// A line.
#[derive(Debug)]
pub(crate) struct Row {
    /// Where measurement and tags stand in the text.
    key: Range<u32>,
    /// [Of its bytes](hash_of).
    hash: u64,
    shape: u32,
    /// As the parser has it: in the unit of the text or in nanoseconds, where there is one.
    time: Option<i64>,
    /// Whether the line itself has it.
    has_time: bool,
}

impl<'t> Rows<'t> {
    /// Reads a body; none where it is not all rows.
    pub(crate) fn read(text: &'t [u8], dialect: &Dialect, options: &Options) -> Option<Self> {
        // Positions are kept in 32 bits.
        u32::try_from(text.len()).ok()?;
        PARSER.with_borrow_mut(|kept| {
            if kept.as_ref().is_none_or(|parser| parser.dialect() != dialect) {
                *kept = Some(Parser::new(*dialect));
            }
            Self::read_with(kept.as_mut()?, text, options)
        })
    }

    fn read_with(parser: &mut Parser, text: &'t [u8], options: &Options) -> Option<Self> {
        let mut read = Self { text, shapes: Vec::new(), rows: Vec::new(), words: Vec::new() };
        let mut lines = parser.lines(text, options);
        let mut last = 0;
        while let Some(line) = lines.next_line() {
            let line = line.ok()?;
            let shape = match read.shapes.get(last) {
                Some(shape) if shape.is_of(&line) => last,
                _ => read.shape_of(&line)?,
            };
            last = shape;
            let key = line.key_as_written();
            let start = line.span().start;
            for (_, value) in line.fields() {
                if matches!(value, FieldValue::Float(float) if !float.is_finite()) {
                    return None;
                }
                read.words.push(word(&value));
            }
            read.rows.push(Row {
                key: u32::try_from(start).ok()?..u32::try_from(start + key.len()).ok()?,
                hash: hash_of(key),
                shape: u32::try_from(shape).ok()?,
                time: line.timestamp(),
                has_time: line.has_timestamp(),
            });
        }
        (!read.rows.is_empty()).then_some(read)
    }

    /// The number of a line's shape, which is noted if it is new; none where it is no row.
    fn shape_of(&mut self, line: &LineView<'_, '_>) -> Option<usize> {
        if let Some(known) = self.shapes.iter().position(|shape| shape.is_of(line)) {
            return Some(known);
        }
        let layout = Layout::of_view(line).filter(|_| self.shapes.len() < MOST_SHAPES)?;
        layout.fields().all(|(name, _)| is_plain(name)).then_some(())?;
        self.shapes.push(Shape { measurement: Box::from(line.measurement()), layout });
        Some(self.shapes.len() - 1)
    }

    /// How many there are; never none.
    pub(crate) const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Those from the one with a number on, at most so many.
    pub(super) fn window(&self, from: usize, most: usize) -> &[Row] {
        let rows = self.rows.get(from..).unwrap_or_default();
        &rows[..most.min(rows.len())]
    }

    pub(crate) fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// Each row with the bytes of its key and its words, as many as its shape has fields.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Row, &'t [u8], &[u64])> {
        let mut words = self.words.as_slice();
        self.rows.iter().map(move |row| {
            let key = &self.text[row.key.start as usize..row.key.end as usize];
            let width = self.shapes[row.shape as usize].layout.len();
            let (own, rest) = words.split_at(width);
            words = rest;
            (row, key, own)
        })
    }
}

impl Shape {
    fn is_of(&self, line: &LineView<'_, '_>) -> bool {
        *self.measurement == *line.measurement() && self.layout.is_of_view(line)
    }

    /// The types of the fields, in the order of the lines.
    pub(crate) fn kinds(&self) -> Vec<FieldType> {
        self.fields().map(|(_, kind)| kind).collect()
    }

    /// The fields, in the order of the lines.
    pub(crate) fn fields(&self) -> impl ExactSizeIterator<Item = (&[u8], FieldType)> {
        self.layout.fields().map(|(name, kind)| (&**name, *kind))
    }
}

/// The longest name of a field; with it no key that is remembered is too long.
const LONGEST_NAME: usize = 16 << 10;

/// Whether a name is written as it is meant, and no grammar refuses it beside any key.
fn is_plain(name: &[u8]) -> bool {
    name.len() <= LONGEST_NAME
        && !name
            .iter()
            .any(|byte| matches!(byte, b',' | b'=' | b' ' | b'"' | b'\\') || *byte < b' ')
}

/// The tags of a row's key, sorted, where it is written as it is meant, and each tag is there once: none
/// where that is not sure.
pub(super) fn plain_tags(key: &[u8], measurement: &[u8]) -> Option<TagSet> {
    let is_special = |byte: &u8| matches!(byte, b' ' | b'"' | b'\\') || *byte < b' ';
    if key.len() > LONGEST_KEY || key.iter().any(is_special) {
        return None;
    }
    let written = key.strip_prefix(measurement)?;
    let commas = written.iter().filter(|byte| **byte == b',');
    let mut tags: Vec<(Name, Name)> = Vec::with_capacity(commas.count());
    for tag in written.split(|byte| *byte == b',').skip(1) {
        let equals = tag.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (&tag[..equals], &tag[equals + 1..]);
        if name.is_empty() || value.is_empty() || value.contains(&b'=') {
            return None;
        }
        tags.push((shared(name), shared(value)));
    }
    // The measurement is all before the first comma.
    if !(written.is_empty() || written.starts_with(b",")) {
        return None;
    }
    tags.sort_by(|(one, _), (other, _)| one.cmp(other));
    tags.is_sorted_by(|(one, _), (next, _)| one < next).then(|| tags.into())
}

impl Row {
    /// The number of its shape.
    pub(crate) const fn shape(&self) -> usize {
        self.shape as usize
    }

    /// The hash of its key, by [`hash_of`].
    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    /// Its time as the parser has it.
    pub(super) const fn time(&self) -> Option<i64> {
        self.time
    }

    /// The same, where the line itself has it.
    pub(crate) const fn time_as_written(&self) -> Option<i64> {
        if self.has_time { self.time } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use line_protocol::Precision;

    const DIALECTS: [Dialect; 2] = [Dialect::GO_V2, Dialect::IOX_3_9];

    #[test]
    fn rows_are_what_the_lines_are() {
        let body =
            "# none\nm,b=1,a=2 f=1.5,g=2i 7\n\nm,b=1,a=2 f=2,g=-3i\nn h=t,u=9u -1\nm f=1,g=1i 3\n";
        for dialect in DIALECTS {
            let options = Options { precision: Precision::Second, default_time: 5_000_000_000 };
            let rows = Rows::read(body.as_bytes(), &dialect, &options).unwrap();
            let lines: Vec<_> = line_protocol::parse(body.as_bytes(), &dialect, &options)
                .map(Result::unwrap)
                .collect();
            assert_eq!(rows.len(), lines.len());
            for ((row, key, words), line) in rows.iter().zip(&lines) {
                assert_eq!(key, line.key_as_written());
                assert_eq!(row.hash(), hash_of(key));
                assert_eq!(row.time(), line.timestamp);
                assert_eq!(row.time_as_written().is_some(), line.has_timestamp);
                let shape = &rows.shapes()[row.shape()];
                assert_eq!(*shape.measurement, *line.measurement);
                assert!(shape.layout.is_of(line), "{line}");
                assert_eq!(words, Layout::words(line).collect::<Vec<_>>());
            }
            assert_eq!(rows.shapes().len(), 2, "two measurements, each with fields of its own");
        }
    }

    #[test]
    fn what_needs_a_closer_look_is_no_rows() {
        let bodies: [&[u8]; 10] = [
            b"",
            b"# a comment\n",
            b"m f=1\nm f=\"text\"\n",
            b"m f=1\nm f=\n",
            b"m f=1,f=2\n",
            b"m f=1\nm f=1e999\n",
            b"m f\\,g=1\n",
            b"m f\\=g=1\n",
            b"m f\\g=1\n",
            b"m \x01=1\n",
        ];
        for dialect in DIALECTS {
            for body in bodies {
                let rows = Rows::read(body, &dialect, &Options::default());
                assert!(rows.is_none(), "{}", body.escape_ascii());
            }
        }
    }

    #[test]
    fn tags_are_taken_from_keys_that_are_written_as_they_are_meant() {
        let tags = |key: &str| {
            let tags = plain_tags(key.as_bytes(), b"m")?;
            let tags = tags.iter().map(|(key, value)| [key, value].map(|text| text.to_vec()));
            Some(tags.map(|tag| tag.map(|text| String::from_utf8(text).unwrap())).collect())
        };
        let some =
            |tags: &[[&str; 2]]| Some(tags.iter().map(|tag| tag.map(str::to_owned)).collect());
        assert_eq!(tags("m"), some(&[]));
        assert_eq!(tags("m,b=2,a=1"), some(&[["a", "1"], ["b", "2"]]));
        assert_eq!(tags("m,a=1,b=1"), some(&[["a", "1"], ["b", "1"]]));
        for key in
            ["mm,a=1", "n,a=1", "m,a", "m,a=", "m,=1", "m,", "m,a=1,a=2", "m,a=1=2", "m,a=\\ "]
        {
            assert_eq!(tags(key), None::<Vec<[String; 2]>>, "{key}");
        }
        let [one, other] = [&b"m,a=1,b=2"[..], b"m,a=1,b=3"].map(|k| plain_tags(k, b"m").unwrap());
        assert!(Arc::ptr_eq(&one[1].0, &other[1].0) && Arc::ptr_eq(&one[0].1, &other[0].1));
        assert_eq!(&*other[1].1, b"3");
    }

    #[test]
    fn a_body_of_many_shapes_is_no_rows() {
        let body = |count: usize| (0..count).map(|n| format!("m f{n}=1\n")).collect::<String>();
        let read = |count| {
            Rows::read(body(count).as_bytes(), &Dialect::IOX_3_9, &Options::default()).is_some()
        };
        assert!(read(MOST_SHAPES));
        assert!(!read(MOST_SHAPES + 1));
    }
}
