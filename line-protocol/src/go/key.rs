//! Measurement and tags of a Go line.
//!
//! A separator counts unless the byte before it is a backslash, however many backslashes there are.

use super::before;
use crate::dialect::GoDialect;
use crate::error::ParseErrorKind as Kind;
use crate::fault::Fault;
use crate::tape::{TagNames, Tape};
use core::mem;

/// What storage uses for itself. Compared with the key as written, escapes and all.
pub(crate) const RESERVED: [&[u8]; 5] = [b"\xff", b"\x00", b"_field", b"_measurement", b"time"];

/// What a backslash may stand before in a measurement, and in the key or value of a tag.
pub(crate) const IN_MEASUREMENT: &[u8] = b",\" =";
pub(crate) const IN_TAG: &[u8] = b", =";

/// ```text
/// key         = measurement *( "," tag )
/// measurement = any byte but ",", then bytes up to an unescaped "," or " "
/// tag         = tag-key "=" tag-value
/// ```
/// Nothing but the end of the line is looked at twice: `m\t` is a measurement, `m="x` too.
pub(super) fn scan(line: &[u8], dialect: &GoDialect, tape: &mut Tape) -> Result<(), Fault> {
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
    tape.measurement = tape.name(line, 0..at, IN_MEASUREMENT);
    while line[at] == b',' {
        at = scan_tag(line, at + 1, tape)?;
    }
    tape.key_end = at;
    // Out of the tape for a moment, which says where they are written.
    let mut tags = mem::take(&mut tape.tags);
    let as_written = put_in_order(line, &mut tags, tape, dialect);
    tape.tags = tags;
    tape.tags_as_written = as_written?;
    Ok(())
}

/// Sorts the tags by their keys as written, and says whether they were.
fn put_in_order(
    line: &[u8],
    tags: &mut [TagNames],
    tape: &Tape,
    dialect: &GoDialect,
) -> Result<bool, Fault> {
    let key = |tag: &TagNames| &line[tape.written(tag.0)];
    if dialect.reserved_tag_keys
        && let Some((name, _)) = tags.iter().find(|tag| RESERVED.contains(&key(tag)))
    {
        return Err(Fault::new(Kind::ReservedTagKey, tape.written(*name)));
    }
    let as_written = tags.is_sorted_by(|a, b| key(a) <= key(b));
    if !as_written {
        tags.sort_by(|a, b| key(a).cmp(key(b)));
    }
    if let Some(pair) = tags.windows(2).find(|pair| key(&pair[0]) == key(&pair[1])) {
        let (name, value) = pair[1];
        let span = tape.written(name).start..tape.written(value).end;
        return Err(Fault::new(Kind::DuplicateTags, span));
    }
    Ok(as_written)
}

/// ```text
/// tag-key   = any byte but " " "," "=", then bytes up to an unescaped "="
/// tag-value = any byte but " " ",", then bytes up to an unescaped "," or " "
/// ```
/// An unescaped `=` inside the value is an error; as its first byte it is a byte like any other.
/// Puts the tag on the tape and returns where it ends.
fn scan_tag(line: &[u8], start: usize, tape: &mut Tape) -> Result<usize, Fault> {
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
            Some(b' ' | b',') => break,
            Some(_) => {}
        }
    }
    let key = tape.name(line, start..equals, IN_TAG);
    let value = tape.name(line, equals + 1..at, IN_TAG);
    tape.tags.push((key, value));
    Ok(at)
}
