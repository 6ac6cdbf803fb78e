//! Measurement and tags of a Go line.
//!
//! A separator counts unless the byte before it is a backslash, however many backslashes there are.

use super::before;
use crate::dialect::GoDialect;
use crate::error::ParseErrorKind as Kind;
use crate::fault::Fault;
use crate::line::{Tag, Text};
use crate::unescape::unescape;
use std::borrow::Cow;

/// What storage uses for itself. Compared with the key as written, escapes and all.
pub(crate) const RESERVED: [&[u8]; 5] = [b"\xff", b"\x00", b"_field", b"_measurement", b"time"];

/// Where the parts of a key stand.
pub(super) struct Key {
    /// Where measurement and tags end: at the space before the fields.
    pub(super) end: usize,
    measurement_end: usize,
    /// Sorted by the key as written.
    tags: Vec<TagSpan>,
    sorted_as_written: bool,
}

#[derive(Clone, Copy)]
struct TagSpan {
    start: usize,
    equals: usize,
    end: usize,
}

impl TagSpan {
    fn key(self, line: &[u8]) -> &[u8] {
        &line[self.start..self.equals]
    }
}

/// ```text
/// key         = measurement *( "," tag )
/// measurement = any byte but ",", then bytes up to an unescaped "," or " "
/// tag         = tag-key "=" tag-value
/// ```
/// Nothing but the end of the line is looked at twice: `m\t` is a measurement, `m="x` too.
pub(super) fn scan(line: &[u8], dialect: &GoDialect) -> Result<Key, Fault> {
    if matches!(line.first(), None | Some(b',')) {
        return Err(Fault::at(Kind::MissingMeasurement, 0));
    }
    let mut at = 1;
    while !(matches!(line.get(at), Some(b',' | b' ')) && before(line, at) != b'\\') {
        if at >= line.len() {
            return Err(Fault::at(Kind::MissingFields, at));
        }
        at += 1;
    }
    let measurement_end = at;
    let mut tags = Vec::new();
    while line[at] == b',' {
        let tag = scan_tag(line, at + 1)?;
        at = tag.end;
        tags.push(tag);
    }
    if dialect.reserved_tag_keys {
        for tag in &tags {
            if RESERVED.contains(&tag.key(line)) {
                return Err(Fault::new(Kind::ReservedTagKey, tag.start..tag.equals));
            }
        }
    }
    let sorted_as_written = tags.is_sorted_by(|a, b| a.key(line) <= b.key(line));
    if !sorted_as_written {
        tags.sort_by(|a, b| a.key(line).cmp(b.key(line)));
    }
    if let Some(pair) = tags.windows(2).find(|pair| pair[0].key(line) == pair[1].key(line)) {
        return Err(Fault::new(Kind::DuplicateTags, pair[1].start..pair[1].end));
    }
    Ok(Key { end: at, measurement_end, tags, sorted_as_written })
}

/// ```text
/// tag-key   = any byte but " " "," "=", then bytes up to an unescaped "="
/// tag-value = any byte but " " ",", then bytes up to an unescaped "," or " "
/// ```
/// An unescaped `=` inside the value is an error; as its first byte it is a byte like any other.
fn scan_tag(line: &[u8], start: usize) -> Result<TagSpan, Fault> {
    if matches!(line.get(start), None | Some(b' ' | b',' | b'=')) {
        return Err(Fault::at(Kind::MissingTagKey, start));
    }
    let mut at = start + 1;
    let equals = loop {
        match line.get(at) {
            None => return Err(Fault::at(Kind::MissingTagValue, at)),
            Some(_) if before(line, at) == b'\\' => {}
            Some(b' ' | b',') => return Err(Fault::at(Kind::MissingTagValue, at)),
            Some(b'=') => break at,
            Some(_) => {}
        }
        at += 1;
    };
    at = equals + 1;
    if matches!(line.get(at), None | Some(b' ' | b',')) {
        return Err(Fault::at(Kind::MissingTagValue, at));
    }
    loop {
        at += 1;
        match line.get(at) {
            None => return Err(Fault::at(Kind::MissingFields, at)),
            Some(_) if before(line, at) == b'\\' => {}
            Some(b'=') => return Err(Fault::new(Kind::InvalidTagFormat, at..at + 1)),
            Some(b' ' | b',') => return Ok(TagSpan { start, equals, end: at }),
            Some(_) => {}
        }
    }
}

impl Key {
    /// The name, `\,` `\ ` `\=` and `\"` resolved.
    pub(super) fn measurement<'a>(&self, line: &'a [u8]) -> Text<'a> {
        unescape(&line[..self.measurement_end], b",\" =")
    }

    /// The tags, `\,` `\ ` and `\=` resolved.
    pub(super) fn tags<'a>(&self, line: &'a [u8]) -> Vec<Tag<'a>> {
        let text = |range: std::ops::Range<usize>| unescape(&line[range], b", =");
        self.tags
            .iter()
            .map(|tag| (text(tag.start..tag.equals), text(tag.equals + 1..tag.end)))
            .collect()
    }

    /// Measurement and tags as written, but in the order of the keys.
    pub(super) fn series_key<'a>(&self, line: &'a [u8]) -> Text<'a> {
        if self.sorted_as_written {
            return Cow::Borrowed(&line[..self.end]);
        }
        let mut key = Vec::with_capacity(self.end);
        key.extend_from_slice(&line[..self.measurement_end]);
        for tag in &self.tags {
            key.push(b',');
            key.extend_from_slice(&line[tag.start..tag.end]);
        }
        Cow::Owned(key)
    }
}
