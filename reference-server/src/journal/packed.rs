//! A batch of rows in a few bytes: a log of text would be ten times what its points are.
//!
//! ```text
//! batch  = stretch text-bytes shape-count *shape *row
//! shape  = field-count *( kind length name )
//! row    = head [ length key ] [ shape ] [ time ] *word
//! head   = number and three bits: the series is new, the line has a time, the shape is another
//! ```
//!
//! A series is named by a number, and by its key where no entry of the stretch had it before. A time
//! is the difference from the row before. Numbers have seven bits to a byte, the lowest first; signed
//! ones alternate around zero. Floats and the bytes of names are as they are.
//!
//! Unpacked it is line protocol again, with the same values: there is one way to do a batch again.

use crate::store::FieldType;
use crate::store::numbers::Numbers;
use crate::store::rows::Rows;
use std::collections::HashMap;
use std::io::Write;

const NEW: u64 = 1;
const HAS_TIME: u64 = 2;
const OTHER_SHAPE: u64 = 4;
const BITS: u32 = 3;

/// A value is at most so many times as long when it is written out as it may have come.
const LONGER: usize = 8;

/// The rows of a batch; `unit` is what one of their times is in the unit of the text, which is
/// `text_bytes` long.
pub(super) fn pack(
    rows: &Rows<'_>,
    numbers: &mut Numbers,
    unit: i64,
    text_bytes: usize,
) -> Vec<u8> {
    let mut packed = Vec::with_capacity(text_bytes / 4 + 64);
    put(&mut packed, numbers.stretch());
    put(&mut packed, text_bytes as u64);
    put(&mut packed, rows.shapes().len() as u64);
    for shape in rows.shapes() {
        put(&mut packed, shape.fields().len() as u64);
        for (name, kind) in shape.fields() {
            packed.push(code(kind));
            put(&mut packed, name.len() as u64);
            packed.extend_from_slice(name);
        }
    }
    let kinds: Vec<Vec<FieldType>> = rows.shapes().iter().map(|shape| shape.kinds()).collect();
    let (mut last_shape, mut last_time) = (0, 0_i64);
    let mut key_bytes = 0;
    for ((row, key, words), numbered) in rows.iter().zip(numbers.rows()) {
        let time = row.time_as_written().map(|time| time / unit);
        let shape = row.shape();
        let mut head = u64::from(numbered.number) << BITS;
        head |= if numbered.is_new { NEW } else { 0 };
        head |= if time.is_some() { HAS_TIME } else { 0 };
        head |= if shape == last_shape { 0 } else { OTHER_SHAPE };
        put(&mut packed, head);
        if numbered.is_new {
            put(&mut packed, key.len() as u64);
            packed.extend_from_slice(key);
            key_bytes += key.len();
        }
        if shape != last_shape {
            put(&mut packed, shape as u64);
            last_shape = shape;
        }
        if let Some(time) = time {
            put(&mut packed, zigzag(time.wrapping_sub(last_time)));
            last_time = time;
        }
        for (kind, word) in kinds[shape].iter().zip(words) {
            match kind {
                FieldType::Float => packed.extend_from_slice(&word.to_le_bytes()),
                FieldType::Integer => put(&mut packed, zigzag(word.cast_signed())),
                _ => put(&mut packed, *word),
            }
        }
    }
    numbers.add(packed.len(), key_bytes);
    packed
}

/// What is known of the stretch of the log that is being read.
#[derive(Debug, Default)]
pub(super) struct Unpacker {
    stretch: u64,
    /// The keys of its series by number.
    keys: HashMap<u64, Box<[u8]>>,
    /// How many rows were left out, since the entry is lost that named their series.
    left_out: usize,
}

impl Unpacker {
    /// The line protocol that a batch is, without the rows of series that a lost entry named.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn unpack(&mut self, packed: &[u8]) -> Result<Vec<u8>, String> {
        let mut rest = packed;
        self.read(&mut rest).ok_or_else(|| "it is no batch".to_owned())
    }

    /// How many rows were left out since this was asked last.
    pub(super) const fn left_out(&mut self) -> usize {
        std::mem::replace(&mut self.left_out, 0)
    }

    fn read(&mut self, rest: &mut &[u8]) -> Option<Vec<u8>> {
        let stretch = get(rest)?;
        if stretch != self.stretch {
            (self.stretch, self.keys) = (stretch, HashMap::new());
        }
        let most = usize::try_from(get(rest)?).ok()?.checked_mul(LONGER)?;
        let count = usize::try_from(get(rest)?).ok()?;
        let mut shapes = Vec::new();
        for _ in 0..count {
            shapes.push(shape(rest)?);
        }
        let mut text = Vec::new();
        let (mut fields, mut time) = (shapes.first()?, 0_i64);
        while !rest.is_empty() {
            let head = get(rest)?;
            let number = head >> BITS;
            if head & NEW != 0 {
                self.keys.insert(number, Box::from(take_counted(rest)?));
            }
            if head & OTHER_SHAPE != 0 {
                fields = shapes.get(usize::try_from(get(rest)?).ok()?)?;
            }
            let start = text.len();
            let key = self.keys.get(&number);
            text.extend_from_slice(key.map_or(&[], |key| key));
            let at = (head & HAS_TIME != 0).then(|| get(rest)).map(|difference| {
                time = time.wrapping_add(unzigzag(difference?));
                Some(time)
            });
            let mut separator = b' ';
            for (kind, name) in fields {
                text.push(separator);
                separator = b',';
                text.extend_from_slice(name);
                text.push(b'=');
                push_value(&mut text, *kind, rest)?;
            }
            if let Some(at) = at {
                write!(text, " {}", at?).ok()?;
            }
            text.push(b'\n');
            if key.is_none() {
                text.truncate(start);
                self.left_out += 1;
            }
            if text.len() > most {
                return None;
            }
        }
        Some(text)
    }
}

type FieldsOf<'p> = Vec<(FieldType, &'p [u8])>;

fn shape<'p>(rest: &mut &'p [u8]) -> Option<FieldsOf<'p>> {
    let count = usize::try_from(get(rest)?).ok()?;
    let mut fields = Vec::new();
    for _ in 0..count {
        let (first, others) = rest.split_first()?;
        *rest = others;
        fields.push((kind(*first)?, take_counted(rest)?));
    }
    Some(fields)
}

fn push_value(text: &mut Vec<u8>, kind: FieldType, rest: &mut &[u8]) -> Option<()> {
    match kind {
        FieldType::Float => {
            let (word, others) = rest.split_first_chunk()?;
            *rest = others;
            // The shortest digits that are this float and no other.
            write!(text, "{:?}", f64::from_bits(u64::from_le_bytes(*word))).ok()
        }
        FieldType::Integer => write!(text, "{}i", unzigzag(get(rest)?)).ok(),
        FieldType::Unsigned => write!(text, "{}u", get(rest)?).ok(),
        FieldType::Boolean => write!(text, "{}", get(rest)? != 0).ok(),
        FieldType::String => None,
    }
}

const fn code(kind: FieldType) -> u8 {
    match kind {
        FieldType::Float => 0,
        FieldType::Integer => 1,
        FieldType::Unsigned => 2,
        FieldType::Boolean => 3,
        FieldType::String => 4,
    }
}

const fn kind(code: u8) -> Option<FieldType> {
    Some(match code {
        0 => FieldType::Float,
        1 => FieldType::Integer,
        2 => FieldType::Unsigned,
        3 => FieldType::Boolean,
        _ => return None,
    })
}

const fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

#[inline]
fn put(packed: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        packed.push(number as u8 | 0x80);
        number >>= 7;
    }
    packed.push(number as u8);
}

fn get(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, others) = rest.split_first()?;
        *rest = others;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take_counted<'p>(rest: &mut &'p [u8]) -> Option<&'p [u8]> {
    let count = usize::try_from(get(rest)?).ok()?;
    let (taken, others) = rest.split_at_checked(count)?;
    *rest = others;
    Some(taken)
}

#[cfg(test)]
mod tests;
