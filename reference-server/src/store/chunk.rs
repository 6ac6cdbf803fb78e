//! A piece of the points of one field: times and values side by side.

use super::value::{FieldType, Name, Value};
use std::ops::Range;
use std::sync::Arc;

/// Some of the points: as many times as values, times ascending.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::store) struct Chunk {
    /// Fields that were written together share them.
    pub(in crate::store) times: Arc<Vec<i64>>,
    pub(in crate::store) values: Values,
}

/// Values of one type.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::store) enum Values {
    Float(Vec<f64>),
    Integer(Vec<i64>),
    Unsigned(Vec<u64>),
    String(Vec<Name>),
    Boolean(Vec<bool>),
}

/// Values that lie one after another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slice<'a> {
    /// 64-bit floating point.
    Float(&'a [f64]),
    /// Signed 64-bit integers.
    Integer(&'a [i64]),
    /// Unsigned 64-bit integers.
    Unsigned(&'a [u64]),
    /// Bytes.
    String(&'a [Name]),
    /// True or false.
    Boolean(&'a [bool]),
}

/// The same for each type of values, whatever their type is.
macro_rules! each {
    ($values:expr, $list:ident => $do:expr) => {
        match $values {
            Values::Float($list) => $do,
            Values::Integer($list) => $do,
            Values::Unsigned($list) => $do,
            Values::String($list) => $do,
            Values::Boolean($list) => $do,
        }
    };
}

impl Chunk {
    /// No point yet; only to be filled.
    pub(in crate::store) fn empty(field_type: FieldType) -> Self {
        Self { times: Arc::default(), values: Values::empty(field_type) }
    }

    /// Adds points of the same type that are all later.
    pub(in crate::store) fn append(&mut self, later: &Self) {
        self.times_mut().extend_from_slice(&later.times);
        self.values.append(&later.values, 0..later.values.len());
    }

    /// About how much memory it takes.
    pub(in crate::store) fn bytes(&self) -> usize {
        size_of::<Self>() + 8 * self.times.len() + self.values.bytes()
    }

    pub(in crate::store) fn of(time: i64, value: Value) -> Self {
        let values = match value {
            Value::Float(v) => Values::Float(vec![v]),
            Value::Integer(v) => Values::Integer(vec![v]),
            Value::Unsigned(v) => Values::Unsigned(vec![v]),
            Value::String(v) => Values::String(vec![v]),
            Value::Boolean(v) => Values::Boolean(vec![v]),
        };
        Self { times: Arc::new(vec![time]), values }
    }

    /// The times, to be changed: nobody else's from then on.
    pub(in crate::store) fn times_mut(&mut self) -> &mut Vec<i64> {
        Arc::make_mut(&mut self.times)
    }

    /// Whether more can be added without a copy of what is there.
    pub(in crate::store) fn is_growing(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) == 1 && Arc::strong_count(&self.times) == 1
    }

    /// Stores a value of the chunk's type.
    pub(in crate::store) fn insert(&mut self, time: i64, value: Value) {
        let place = match self.times.last() {
            Some(end) if *end < time => Err(self.times.len()),
            _ => self.times.binary_search(&time),
        };
        match place {
            Ok(index) => self.values.put(index, value, true),
            Err(index) => {
                self.times_mut().insert(index, time);
                self.values.put(index, value, false);
            }
        }
    }

    pub(in crate::store) fn remove(&mut self, from: usize, to: usize) {
        self.times_mut().drain(from..to);
        each!(&mut self.values, list => { list.drain(from..to); });
    }

    pub(in crate::store) fn split_off(&mut self, at: usize) -> Self {
        let values = match &mut self.values {
            Values::Float(list) => Values::Float(list.split_off(at)),
            Values::Integer(list) => Values::Integer(list.split_off(at)),
            Values::Unsigned(list) => Values::Unsigned(list.split_off(at)),
            Values::String(list) => Values::String(list.split_off(at)),
            Values::Boolean(list) => Values::Boolean(list.split_off(at)),
        };
        Self { times: Arc::new(self.times_mut().split_off(at)), values }
    }

    /// From where to where the points between two times lie.
    pub(in crate::store) fn range(&self, first: i64, last: i64) -> (usize, usize) {
        // Of a long range nearly all chunks lie in it as a whole.
        let from = match self.times.first() {
            Some(start) if *start < first => self.times.partition_point(|time| *time < first),
            _ => 0,
        };
        let to = match self.times.last() {
            Some(end) if *end > last => self.times.partition_point(|time| *time <= last),
            _ => self.times.len(),
        };
        (from, to)
    }
}

impl Values {
    /// None yet.
    pub(in crate::store) const fn empty(kind: FieldType) -> Self {
        match kind {
            FieldType::Float => Self::Float(Vec::new()),
            FieldType::Integer => Self::Integer(Vec::new()),
            FieldType::Unsigned => Self::Unsigned(Vec::new()),
            FieldType::String => Self::String(Vec::new()),
            FieldType::Boolean => Self::Boolean(Vec::new()),
        }
    }

    /// How many there are.
    pub(in crate::store) fn len(&self) -> usize {
        each!(self, list => list.len())
    }

    /// About how much memory they take.
    pub(in crate::store) fn bytes(&self) -> usize {
        match self {
            Self::String(list) => {
                list.iter().map(|value| value.len() + 2 * size_of::<Name>()).sum()
            }
            Self::Boolean(list) => list.len(),
            Self::Float(_) | Self::Integer(_) | Self::Unsigned(_) => 8 * self.len(),
        }
    }

    /// Adds some of other values of the same type.
    pub(in crate::store) fn append(&mut self, other: &Self, some: Range<usize>) {
        match (self, other) {
            (Self::Float(list), Self::Float(more)) => list.extend_from_slice(&more[some]),
            (Self::Integer(list), Self::Integer(more)) => list.extend_from_slice(&more[some]),
            (Self::Unsigned(list), Self::Unsigned(more)) => list.extend_from_slice(&more[some]),
            (Self::String(list), Self::String(more)) => list.extend_from_slice(&more[some]),
            (Self::Boolean(list), Self::Boolean(more)) => list.extend_from_slice(&more[some]),
            // Points of one field have one type.
            _ => {}
        }
    }

    /// Values by their bits; strings have none.
    pub(in crate::store) fn of_words(kind: FieldType, words: impl Iterator<Item = u64>) -> Self {
        match kind {
            FieldType::Float => Self::Float(words.map(f64::from_bits).collect()),
            FieldType::Integer => Self::Integer(words.map(u64::cast_signed).collect()),
            FieldType::Unsigned => Self::Unsigned(words.collect()),
            FieldType::Boolean => Self::Boolean(words.map(|word| word != 0).collect()),
            FieldType::String => Self::String(Vec::new()),
        }
    }

    /// The bits of a value; those of strings are none.
    pub(in crate::store) fn word(&self, index: usize) -> u64 {
        match self {
            Self::Float(list) => list[index].to_bits(),
            Self::Integer(list) => list[index].cast_unsigned(),
            Self::Unsigned(list) => list[index],
            Self::Boolean(list) => u64::from(list[index]),
            Self::String(_) => 0,
        }
    }

    /// Adds values by their bits; strings have none.
    pub(in crate::store) fn extend(&mut self, words: impl Iterator<Item = u64>) {
        match self {
            Self::Float(list) => list.extend(words.map(f64::from_bits)),
            Self::Integer(list) => list.extend(words.map(u64::cast_signed)),
            Self::Unsigned(list) => list.extend(words),
            Self::Boolean(list) => list.extend(words.map(|word| word != 0)),
            Self::String(_) => {}
        }
    }

    pub(in crate::store) fn get(&self, index: usize) -> Value {
        match self {
            Self::Float(list) => Value::Float(list[index]),
            Self::Integer(list) => Value::Integer(list[index]),
            Self::Unsigned(list) => Value::Unsigned(list[index]),
            Self::String(list) => Value::String(Name::clone(&list[index])),
            Self::Boolean(list) => Value::Boolean(list[index]),
        }
    }

    pub(in crate::store) fn slice(&self, from: usize, to: usize) -> Slice<'_> {
        match self {
            Self::Float(list) => Slice::Float(&list[from..to]),
            Self::Integer(list) => Slice::Integer(&list[from..to]),
            Self::Unsigned(list) => Slice::Unsigned(&list[from..to]),
            Self::String(list) => Slice::String(&list[from..to]),
            Self::Boolean(list) => Slice::Boolean(&list[from..to]),
        }
    }

    /// Puts a value of this type before or instead of another.
    pub(in crate::store) fn put(&mut self, index: usize, value: Value, replaces: bool) {
        match (self, value) {
            (Self::Float(list), Value::Float(v)) => put(list, index, v, replaces),
            (Self::Integer(list), Value::Integer(v)) => put(list, index, v, replaces),
            (Self::Unsigned(list), Value::Unsigned(v)) => put(list, index, v, replaces),
            (Self::String(list), Value::String(v)) => put(list, index, v, replaces),
            (Self::Boolean(list), Value::Boolean(v)) => put(list, index, v, replaces),
            // `Points::insert` has looked at the type.
            _ => {}
        }
    }
}

impl<'a> Slice<'a> {
    /// How many values there are.
    pub const fn len(self) -> usize {
        match self {
            Self::Float(list) => list.len(),
            Self::Integer(list) => list.len(),
            Self::Unsigned(list) => list.len(),
            Self::String(list) => list.len(),
            Self::Boolean(list) => list.len(),
        }
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The value at a place.
    pub fn get(self, index: usize) -> Option<Value> {
        match self {
            Self::Float(list) => list.get(index).copied().map(Value::Float),
            Self::Integer(list) => list.get(index).copied().map(Value::Integer),
            Self::Unsigned(list) => list.get(index).copied().map(Value::Unsigned),
            Self::String(list) => list.get(index).cloned().map(Value::String),
            Self::Boolean(list) => list.get(index).copied().map(Value::Boolean),
        }
    }

    /// The values.
    pub fn iter(self) -> impl Iterator<Item = Value> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }

    /// The values before a place, and the others.
    #[must_use]
    pub fn split_at(self, place: usize) -> (Self, Self) {
        macro_rules! split {
            ($of:ident, $list:expr) => {{
                let (before, behind) = $list.split_at(place);
                (Self::$of(before), Self::$of(behind))
            }};
        }
        match self {
            Self::Float(list) => split!(Float, list),
            Self::Integer(list) => split!(Integer, list),
            Self::Unsigned(list) => split!(Unsigned, list),
            Self::String(list) => split!(String, list),
            Self::Boolean(list) => split!(Boolean, list),
        }
    }
}

fn put<T>(list: &mut Vec<T>, index: usize, value: T, replaces: bool) {
    match list.get_mut(index).filter(|_| replaces) {
        Some(old) => *old = value,
        None => list.insert(index, value),
    }
}
