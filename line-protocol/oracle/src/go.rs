//! The Go grammar but for the fields: blocks, measurement, tags, timestamp.
//!
//! Here a byte is escaped if the byte before it is a backslash, whatever is before that; only the
//! search for blocks and the check of the fields step over pairs.

use crate::go_fields;
use crate::{Item, Point, Times};

const LONGEST_KEY: usize = 65_535;
const LATEST: i64 = i64::MAX - 1;
const EARLIEST: i64 = i64::MIN + 2;
const RESERVED: [(&[u8], &str); 5] = [
    (b"\xff", "\\xff"),
    (b"\x00", "\\x00"),
    (b"_field", "_field"),
    (b"_measurement", "_measurement"),
    (b"time", "time"),
];

pub(crate) type Refused<T> = Result<T, Vec<u8>>;

pub(crate) fn read(body: &[u8], unsigned: bool, reserved: bool, times: Times) -> Vec<Item> {
    let mut items = Vec::new();
    for block in blocks(body) {
        let Some(start) = block.iter().position(|byte| !is_blank(*byte)) else { continue };
        if block[start] == b'#' {
            continue;
        }
        let line = block.strip_suffix(b"\n").unwrap_or(block).get(start..).unwrap_or_default();
        items.push(match point(line, unsigned, reserved, times) {
            Ok(Some(point)) => Item::Point(point),
            Ok(None) => Item::Unknown,
            Err(reason) => Item::Error {
                message: [b"unable to parse '", line, b"': ", &reason].concat(),
                shown: None,
            },
        });
    }
    items
}

/// The body cut at the line breaks that are neither escaped nor in a string.
fn blocks(body: &[u8]) -> Vec<&[u8]> {
    let mut blocks = Vec::new();
    let mut start = 0;
    while start < body.len() {
        let end = end_of_block(body, start);
        blocks.push(&body[start..end]);
        start = end + 1;
    }
    blocks
}

fn end_of_block(body: &[u8], mut at: usize) -> usize {
    let (mut in_string, mut space_seen, mut equals, mut commas) = (false, false, 0, 0);
    while at < body.len() {
        match body[at] {
            // The last two bytes of a body are not taken for a pair.
            b'\\' if at + 2 < body.len() => at += 1,
            b' ' => space_seen = true,
            b'=' if space_seen && !in_string => equals += 1,
            b',' if space_seen && !in_string => commas += 1,
            b'"' if space_seen && equals > commas => in_string = !in_string,
            b'\n' if !in_string => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0)
}

/// The first of these bytes, from `from` on, that has no backslash before it.
pub(crate) fn find_bare(text: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    (from..text.len()).find(|&at| wanted.contains(&text[at]) && (at == 0 || text[at - 1] != b'\\'))
}

/// `None` for what is accepted and cannot be read.
fn point(line: &[u8], unsigned: bool, reserved: bool, times: Times) -> Refused<Option<Point>> {
    if line.first() == Some(&b',') {
        return Err(b"missing measurement".to_vec());
    }
    let name_end = find_bare(line, 1, b", ").ok_or(b"missing fields")?;
    let (tags, key_end) = match line[name_end] {
        b',' => tags(line, name_end + 1)?,
        _ => (Vec::new(), name_end),
    };
    let tags = checked(tags, reserved)?;
    if key_end > LONGEST_KEY {
        return Err(too_long(key_end));
    }

    let fields_start = skip_blanks(line, key_end);
    let fields_end = go_fields::check(line, fields_start, unsigned)?;
    let (pairs, unreadable) = go_fields::split(&line[fields_start..fields_end]);
    for (key, _) in &pairs {
        let length = key_end + 4 + key.len();
        if length > LONGEST_KEY {
            return Err(too_long(length));
        }
    }
    if let Some(key) = unreadable {
        return Err([b"invalid value: field-key=", key].concat());
    }

    let timestamp = time(line, fields_end, times)?;
    let Some(fields) = go_fields::values(&pairs) else { return Ok(None) };
    Ok(Some(Point {
        measurement: unescaped(&line[..name_end], b",\" ="),
        tags: tags
            .iter()
            .map(|(key, value)| (unescaped(key, b", ="), unescaped(value, b", =")))
            .collect(),
        fields,
        timestamp: Some(timestamp),
    }))
}

fn too_long(length: usize) -> Vec<u8> {
    format!("max key length exceeded: {length} > {LONGEST_KEY}").into_bytes()
}

type Tag<'a> = (&'a [u8], &'a [u8]);

/// The tags as written, and where the space behind them is.
fn tags(line: &[u8], mut at: usize) -> Refused<(Vec<Tag<'_>>, usize)> {
    let is_one_of = |at: usize, bytes: &[u8]| line.get(at).is_none_or(|byte| bytes.contains(byte));
    let mut tags = Vec::new();
    loop {
        if is_one_of(at, b" ,=") {
            return Err(b"missing tag key".to_vec());
        }
        let key_end = find_bare(line, at + 1, b" ,=").filter(|&end| line[end] == b'=');
        let key_end = key_end.ok_or(b"missing tag value")?;
        let value = key_end + 1;
        if is_one_of(value, b" ,") {
            return Err(b"missing tag value".to_vec());
        }
        let value_end = find_bare(line, value + 1, b" ,=").ok_or(b"missing fields")?;
        tags.push((&line[at..key_end], &line[value..value_end]));
        match line[value_end] {
            b'=' => return Err(b"invalid tag format".to_vec()),
            b' ' => return Ok((tags, value_end)),
            _ => at = value_end + 1,
        }
    }
}

/// The tags sorted by key, none of them reserved or there twice.
fn checked(mut tags: Vec<Tag<'_>>, reserved: bool) -> Refused<Vec<Tag<'_>>> {
    for (key, _) in tags.iter().filter(|_| reserved) {
        if let Some((_, shown)) = RESERVED.iter().find(|(name, _)| name == key) {
            return Err(format!("cannot use reserved tag key \"{shown}\"").into_bytes());
        }
    }
    tags.sort_by_key(|(key, _)| *key);
    match tags.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        true => Err(b"duplicate tags".to_vec()),
        false => Ok(tags),
    }
}

fn skip_blanks(line: &[u8], from: usize) -> usize {
    (from..line.len()).find(|&at| !is_blank(line[at])).unwrap_or(line.len())
}

fn time(line: &[u8], fields_end: usize, times: Times) -> Refused<i64> {
    let start = skip_blanks(line, fields_end);
    let length = line[start..].iter().take_while(|byte| !matches!(byte, b'\n' | b' ')).count();
    let (text, rest) = line[start..].split_at(length);
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(b"bad timestamp".to_vec());
    }
    if text.is_empty() {
        return Ok(times.default - times.default.rem_euclid(times.unit));
    }
    let text = String::from_utf8_lossy(text);
    let number: i64 = text.parse().map_err(|_| {
        let why = if text == "-" { "invalid syntax" } else { "value out of range" };
        format!("strconv.ParseInt: parsing \"{text}\": {why}").into_bytes()
    })?;
    let time = number.checked_mul(times.unit).filter(|time| (EARLIEST..=LATEST).contains(time));
    let time = time.ok_or_else(|| format!("time outside range {EARLIEST} - {LATEST}"))?;
    match rest.iter().all(|byte| *byte == b' ') {
        true => Ok(time),
        false => Err(b"point is invalid".to_vec()),
    }
}

/// Without the backslashes that stand before one of these bytes.
pub(crate) fn unescaped(text: &[u8], escapable: &[u8]) -> Vec<u8> {
    let escapes = |at: usize| {
        text[at] == b'\\' && text.get(at + 1).is_some_and(|next| escapable.contains(next))
    };
    (0..text.len()).filter(|&at| !escapes(at)).map(|at| text[at]).collect()
}
