//! The points of one field and type of a series: times and values in columns, cut into chunks that
//! queries share with the store.
//!
//! A write at the end costs an append; one in the past moves at most a chunk. A query takes the
//! chunks as they are, and a write that then comes to one of them copies that one first, so that
//! neither waits for the other.

use super::value::{FieldType, Name, Value};
use std::sync::Arc;

/// How many points a chunk has at most. Large enough that a chunk costs nothing beside its points,
/// small enough that a point in its middle, or a copy of it, costs little.
const CHUNK: usize = 4096;

/// Points by time, each time once.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// None of them empty, one after another in time.
    chunks: Vec<Arc<Chunk>>,
    field_type: FieldType,
}

/// Some of the points: as many times as values, times ascending.
#[derive(Clone, Debug, PartialEq)]
struct Chunk {
    times: Vec<i64>,
    values: Values,
}

/// Values of one type.
#[derive(Clone, Debug, PartialEq)]
enum Values {
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

impl Points {
    /// No point yet, for values of this type.
    pub const fn new(field_type: FieldType) -> Self {
        Self { chunks: Vec::new(), field_type }
    }

    /// The type of all values.
    pub const fn field_type(&self) -> FieldType {
        self.field_type
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.times.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The first time.
    pub fn first(&self) -> Option<i64> {
        self.chunks.first().and_then(|chunk| chunk.times.first()).copied()
    }

    /// The last time.
    pub fn last(&self) -> Option<i64> {
        self.chunks.last().and_then(|chunk| chunk.times.last()).copied()
    }

    /// All points, by time.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (i64, Value)> {
        self.between(i64::MIN, i64::MAX)
    }

    /// The points between two times, both included, by time.
    pub fn between(&self, first: i64, last: i64) -> impl DoubleEndedIterator<Item = (i64, Value)> {
        self.pieces(first, last).flat_map(|(chunk, from, to)| {
            (from..to).map(move |index| (chunk.times[index], chunk.values.get(index)))
        })
    }

    /// The times between two times, both included.
    pub fn times(&self, first: i64, last: i64) -> impl DoubleEndedIterator<Item = i64> {
        self.pieces(first, last).flat_map(|(chunk, from, to)| chunk.times[from..to].iter().copied())
    }

    /// How many points there are between two times, both included.
    pub fn count(&self, first: i64, last: i64) -> usize {
        self.pieces(first, last).map(|(_, from, to)| to - from).sum()
    }

    /// Times and values between two times, both included, as they lie in memory.
    pub fn slices(&self, first: i64, last: i64) -> impl Iterator<Item = (&[i64], Slice<'_>)> {
        self.pieces(first, last)
            .map(|(chunk, from, to)| (&chunk.times[from..to], chunk.values.slice(from, to)))
    }

    /// Whether it has the same times as other points. Of those that were not written side by side it
    /// may say no though they have.
    pub fn has_times_of(&self, other: &Self) -> bool {
        let mut pairs = self.chunks.iter().zip(&other.chunks);
        self.chunks.len() == other.chunks.len() && pairs.all(|(a, b)| a.times == b.times)
    }

    /// The value at a time.
    pub fn at(&self, time: i64) -> Option<Value> {
        let chunk = self.chunks.get(self.chunk_of(time))?;
        let index = chunk.times.binary_search(&time).ok()?;
        Some(chunk.values.get(index))
    }

    /// Stores a value; `false` where it is of another type. The last one written for a time wins.
    pub(super) fn insert(&mut self, time: i64, value: Value) -> bool {
        if value.field_type() != self.field_type {
            return false;
        }
        let place = self.chunk_of(time);
        // What comes after everything goes to the last chunk while that has room.
        let place = match self.chunks.last() {
            Some(last) if place == self.chunks.len() && last.times.len() < CHUNK => place - 1,
            _ => place,
        };
        let Some(shared) = self.chunks.get_mut(place) else {
            self.chunks.push(Arc::new(Chunk::of(time, value)));
            return true;
        };
        let chunk = Arc::make_mut(shared);
        chunk.insert(time, value);
        if chunk.times.len() > CHUNK {
            let behind = chunk.split_off(CHUNK / 2);
            self.chunks.insert(place + 1, Arc::new(behind));
        }
        true
    }

    /// Stores points whose values are words, times ascending; the new value of a time wins.
    pub(super) fn merge(&mut self, times: &[i64], words: &[u64]) {
        let Some(first) = times.first() else { return };
        if self.last() < Some(*first) {
            return self.extend(times, words);
        }
        let reaches = |chunk: &Arc<Chunk>| chunk.times.first().is_some_and(|start| start <= first);
        let Some(last) = self.chunks.last_mut().filter(|chunk| reaches(chunk)) else {
            // Far behind: rare, and few at a time.
            for (time, word) in times.iter().zip(words) {
                self.insert(*time, Value::of_word(self.field_type, *word));
            }
            return;
        };
        // Writers that are not quite level: what lies behind the first of them is taken out of the
        // last chunk and put back together with them.
        let last = Arc::make_mut(last);
        let behind = last.split_off(last.times.partition_point(|time| time < first));
        let (mut old, mut new) = (0, 0);
        let (mut all_times, mut all_words) = (Vec::new(), Vec::new());
        while let Some(time) = times.get(new) {
            match behind.times.get(old) {
                Some(other) if other < time => {
                    all_times.push(*other);
                    all_words.push(behind.values.word(old));
                    old += 1;
                }
                other => {
                    old += usize::from(other == Some(time));
                    all_times.push(*time);
                    all_words.push(words[new]);
                    new += 1;
                }
            }
        }
        all_times.extend_from_slice(&behind.times[old..]);
        all_words.extend((old..behind.times.len()).map(|index| behind.values.word(index)));
        if last.times.is_empty() {
            self.chunks.pop();
        }
        self.extend(&all_times, &all_words);
    }

    /// Adds points that come after all others, times ascending.
    fn extend(&mut self, mut times: &[i64], mut words: &[u64]) {
        while !times.is_empty() {
            if self.chunks.last().is_none_or(|last| last.times.len() >= CHUNK) {
                self.chunks.push(Arc::new(Chunk::empty(self.field_type)));
            }
            let Some(last) = self.chunks.last_mut() else { return };
            let last = Arc::make_mut(last);
            let fit = times.len().min(CHUNK.saturating_sub(last.times.len()));
            last.times.extend_from_slice(&times[..fit]);
            last.values.extend(words[..fit].iter().copied());
            (times, words) = (&times[fit..], &words[fit..]);
        }
    }

    /// Forgets the points between two times, both included.
    pub(super) fn remove(&mut self, first: i64, last: i64) {
        for shared in &mut self.chunks {
            let (from, to) = shared.range(first, last);
            if from < to {
                Arc::make_mut(shared).remove(from, to);
            }
        }
        self.chunks.retain(|chunk| !chunk.times.is_empty());
    }

    /// Adds points of the same type that are all later: those of the next shard.
    pub(super) fn append(&mut self, later: &Self) {
        self.chunks.extend(later.chunks.iter().cloned());
    }

    /// The number of the first chunk that does not end before a time.
    fn chunk_of(&self, time: i64) -> usize {
        // Nearly always a point comes behind all others.
        match self.chunks.last().and_then(|last| last.times.last()) {
            Some(end) if *end < time => self.chunks.len(),
            _ => self.chunks.partition_point(|c| c.times.last().is_some_and(|end| *end < time)),
        }
    }

    /// The chunks with points between two times, and from where to where these lie.
    fn pieces(
        &self,
        first: i64,
        last: i64,
    ) -> impl DoubleEndedIterator<Item = (&Chunk, usize, usize)> {
        let begin = self.chunk_of(first);
        let behind = |chunk: &Arc<Chunk>| chunk.times.first().is_some_and(|start| *start <= last);
        let end = begin + self.chunks[begin..].partition_point(behind);
        let pieces = self.chunks[begin..end.max(begin)].iter().map(move |chunk| {
            let (from, to) = chunk.range(first, last);
            (&**chunk, from, to)
        });
        // Between two points there may be none.
        pieces.filter(|(_, from, to)| from < to)
    }
}

impl From<Vec<(i64, Value)>> for Points {
    /// Of values of one type, that of the first; any other is left out.
    fn from(points: Vec<(i64, Value)>) -> Self {
        let field_type = points.first().map_or(FieldType::Float, |(_, value)| value.field_type());
        let mut made = Self::new(field_type);
        for (time, value) in points {
            made.insert(time, value);
        }
        made
    }
}

impl Chunk {
    /// No point yet; only to be filled.
    fn empty(field_type: FieldType) -> Self {
        let values = match field_type {
            FieldType::Float => Values::Float(Vec::new()),
            FieldType::Integer => Values::Integer(Vec::new()),
            FieldType::Unsigned => Values::Unsigned(Vec::new()),
            FieldType::String => Values::String(Vec::new()),
            FieldType::Boolean => Values::Boolean(Vec::new()),
        };
        Self { times: Vec::new(), values }
    }

    fn of(time: i64, value: Value) -> Self {
        let values = match value {
            Value::Float(v) => Values::Float(vec![v]),
            Value::Integer(v) => Values::Integer(vec![v]),
            Value::Unsigned(v) => Values::Unsigned(vec![v]),
            Value::String(v) => Values::String(vec![v]),
            Value::Boolean(v) => Values::Boolean(vec![v]),
        };
        Self { times: vec![time], values }
    }

    /// Stores a value of the chunk's type.
    fn insert(&mut self, time: i64, value: Value) {
        let place = match self.times.last() {
            Some(end) if *end < time => Err(self.times.len()),
            _ => self.times.binary_search(&time),
        };
        match place {
            Ok(index) => self.values.put(index, value, true),
            Err(index) => {
                self.times.insert(index, time);
                self.values.put(index, value, false);
            }
        }
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.times.drain(from..to);
        each!(&mut self.values, list => { list.drain(from..to); });
    }

    fn split_off(&mut self, at: usize) -> Self {
        let values = match &mut self.values {
            Values::Float(list) => Values::Float(list.split_off(at)),
            Values::Integer(list) => Values::Integer(list.split_off(at)),
            Values::Unsigned(list) => Values::Unsigned(list.split_off(at)),
            Values::String(list) => Values::String(list.split_off(at)),
            Values::Boolean(list) => Values::Boolean(list.split_off(at)),
        };
        Self { times: self.times.split_off(at), values }
    }

    /// From where to where the points between two times lie.
    fn range(&self, first: i64, last: i64) -> (usize, usize) {
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
    /// The bits of a value; those of strings are none.
    fn word(&self, index: usize) -> u64 {
        match self {
            Self::Float(list) => list[index].to_bits(),
            Self::Integer(list) => list[index].cast_unsigned(),
            Self::Unsigned(list) => list[index],
            Self::Boolean(list) => u64::from(list[index]),
            Self::String(_) => 0,
        }
    }

    /// Adds values by their bits; strings have none.
    fn extend(&mut self, words: impl Iterator<Item = u64>) {
        match self {
            Self::Float(list) => list.extend(words.map(f64::from_bits)),
            Self::Integer(list) => list.extend(words.map(u64::cast_signed)),
            Self::Unsigned(list) => list.extend(words),
            Self::Boolean(list) => list.extend(words.map(|word| word != 0)),
            Self::String(_) => {}
        }
    }

    fn get(&self, index: usize) -> Value {
        match self {
            Self::Float(list) => Value::Float(list[index]),
            Self::Integer(list) => Value::Integer(list[index]),
            Self::Unsigned(list) => Value::Unsigned(list[index]),
            Self::String(list) => Value::String(Name::clone(&list[index])),
            Self::Boolean(list) => Value::Boolean(list[index]),
        }
    }

    fn slice(&self, from: usize, to: usize) -> Slice<'_> {
        match self {
            Self::Float(list) => Slice::Float(&list[from..to]),
            Self::Integer(list) => Slice::Integer(&list[from..to]),
            Self::Unsigned(list) => Slice::Unsigned(&list[from..to]),
            Self::String(list) => Slice::String(&list[from..to]),
            Self::Boolean(list) => Slice::Boolean(&list[from..to]),
        }
    }

    /// Puts a value of this type before or instead of another.
    fn put(&mut self, index: usize, value: Value, replaces: bool) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const MANY: i64 = 3 * CHUNK as i64;

    /// Times in an order that is neither rising nor falling, some of them twice.
    fn scattered() -> impl Iterator<Item = i64> {
        (0..MANY).map(|i| (i * 7919) % (MANY - 5))
    }

    #[test]
    fn whatever_the_order_of_writes_points_are_by_time_and_the_last_one_wins() {
        let mut points = Points::new(FieldType::Integer);
        let mut expected = BTreeMap::new();
        for (n, time) in (0..).zip(scattered()) {
            assert!(points.insert(time, Value::Integer(n)));
            expected.insert(time, Value::Integer(n));
        }
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(points.iter().collect::<Vec<_>>(), expected);
        assert_eq!(points.len(), expected.len());
        assert!(points.chunks.iter().all(|c| (1..=CHUNK).contains(&c.times.len())));
        let backwards: Vec<_> = points.iter().rev().collect();
        assert!(backwards.iter().eq(expected.iter().rev()));
    }

    #[test]
    fn merged_many_at_a_time_they_are_what_they_are_one_by_one() {
        for level in [1, 7, 64, 5000] {
            let mut merged = Points::new(FieldType::Integer);
            let mut expected = BTreeMap::new();
            let numbered: Vec<_> = (0..).zip(scattered()).collect();
            // Pieces that rise, pieces that overlap the end by a little, pieces from far behind.
            for piece in numbered.chunks(level) {
                let piece: BTreeMap<i64, i64> = piece.iter().map(|(n, time)| (*time, *n)).collect();
                let times: Vec<i64> = piece.keys().copied().collect();
                let words: Vec<u64> = piece.values().map(|n| n.cast_unsigned()).collect();
                merged.merge(&times, &words);
                expected.extend(piece);
            }
            let expected: Vec<_> =
                expected.into_iter().map(|(time, n)| (time, Value::Integer(n))).collect();
            assert_eq!(merged.iter().collect::<Vec<_>>(), expected, "{level} at a time");
            assert!(merged.chunks.iter().all(|c| (1..=CHUNK).contains(&c.times.len())));
        }
    }

    #[test]
    fn two_writers_that_are_nearly_level_merge_at_the_end() {
        let mut merged = Points::new(FieldType::Float);
        for start in 0..200 {
            // Each second piece lies half in the one before.
            let times: Vec<i64> = (0..64).map(|i| start * 32 + i).collect();
            let words = vec![(start as f64).to_bits(); 64];
            merged.merge(&times, &words);
        }
        let at = |time: i64| Value::Float((time / 32).min(199) as f64);
        let expected: Vec<_> = (0..199 * 32 + 64).map(|time| (time, at(time))).collect();
        assert_eq!(merged.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_range_has_both_its_ends() {
        let points =
            Points::from((0..MANY).map(|t| (2 * t, Value::Integer(t))).collect::<Vec<_>>());
        for (first, last) in [(0, 0), (-9, 4), (3, 3), (8190, 8194), (10, 2 * MANY), (9, 3)] {
            let expected: Vec<_> =
                (0..MANY).map(|t| 2 * t).filter(|t| first <= *t && *t <= last).collect();
            assert_eq!(
                points.times(first, last).collect::<Vec<_>>(),
                expected,
                "{first} to {last}"
            );
            assert!(points.slices(first, last).all(|(times, _)| !times.is_empty()));
            let slices = points.slices(first, last).flat_map(|(times, _)| times.iter().copied());
            assert_eq!(slices.collect::<Vec<_>>(), expected);
        }
        assert_eq!(points.at(8192), Some(Value::Integer(4096)));
        assert_eq!(points.at(8193), None);
    }

    #[test]
    fn what_a_query_has_taken_does_not_change() {
        let mut points = Points::new(FieldType::Float);
        points.insert(1, Value::Float(1.0));
        let taken = points.clone();
        points.insert(1, Value::Float(2.0));
        points.insert(2, Value::Float(3.0));
        assert_eq!(taken.iter().collect::<Vec<_>>(), [(1, Value::Float(1.0))]);
        points.remove(1, 2);
        assert!(points.is_empty() && !taken.is_empty());
    }

    #[test]
    fn a_value_of_another_type_is_not_taken() {
        let mut points = Points::new(FieldType::Float);
        assert!(!points.insert(1, Value::Integer(1)));
        assert!(points.is_empty());
    }
}
