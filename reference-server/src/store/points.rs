//! The points of one field and type of a series: times and values in columns, cut into chunks that
//! queries share with the store.
//!
//! A write at the end costs an append; one in the past moves at most a chunk. A query takes the
//! chunks as they are, and a write that then comes to one of them copies that one first, so that
//! neither waits for the other. What a snapshot holds is not in memory at all: a part of the points is
//! known by its place in a file, and read when it is wanted.

use super::blocks::FieldOfRows;
use super::chunk::{Chunk, Slice};
use super::last_read::LastRead;
use super::snapshot::StoredColumn;
use super::value::{FieldType, Value};
use std::sync::Arc;

/// How many points a chunk has at most. Large enough that a chunk costs nothing beside its points,
/// small enough that a point in its middle, or a copy of it, costs little.
pub(super) const CHUNK: usize = 4096;

/// Of fewer points a copy costs less than one part more.
pub(super) const SMALL: usize = 256;

/// So many of the last points are still in motion: writers that are not quite level come back to them.
pub(super) const TAIL: usize = 64;

/// Points by time, each time once.
#[derive(Clone, Debug)]
pub struct Points {
    /// None of them empty, one after another in time.
    parts: Vec<Part>,
    field_type: FieldType,
    /// Of a part that is in a file.
    last_read: LastRead,
}

/// Some of the points.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// In memory.
    Held(Arc<Chunk>),
    /// In memory with other fields of the same rows; only queries have such parts.
    Rows(FieldOfRows),
    /// In a file, and read when somebody wants to see them.
    Stored(StoredColumn),
}

/// Points that lie one after another in memory.
#[derive(Clone, Debug)]
pub struct Piece {
    chunk: Arc<Chunk>,
    from: usize,
    to: usize,
}

impl Points {
    /// No point yet, for values of this type.
    pub fn new(field_type: FieldType) -> Self {
        Self { parts: Vec::new(), field_type, last_read: LastRead::default() }
    }

    /// Those of parts that follow one another in time.
    pub(super) fn of_parts(field_type: FieldType, parts: Vec<Part>) -> Self {
        Self { parts, field_type, last_read: LastRead::default() }
    }

    /// The type of all values.
    pub const fn field_type(&self) -> FieldType {
        self.field_type
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.parts.iter().map(Part::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The first time.
    pub fn first(&self) -> Option<i64> {
        self.parts.first().map(Part::first)
    }

    /// The last time.
    pub fn last(&self) -> Option<i64> {
        self.parts.last().map(Part::last)
    }

    /// All points, by time.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (i64, Value)> {
        self.between(i64::MIN, i64::MAX)
    }

    /// The points between two times, both included, by time.
    pub fn between(&self, first: i64, last: i64) -> impl DoubleEndedIterator<Item = (i64, Value)> {
        self.pieces(first, last).flat_map(|Piece { chunk, from, to }| {
            (from..to).map(move |index| (chunk.times[index], chunk.values.get(index)))
        })
    }

    /// The times between two times, both included.
    pub fn times(&self, first: i64, last: i64) -> impl DoubleEndedIterator<Item = i64> {
        self.touched(first, last).iter().flat_map(move |part| {
            let chunk = part.times();
            let (from, to) = chunk.range(first, last);
            (from..to).map(move |index| chunk.times[index])
        })
    }

    /// The first time that is not before another.
    pub fn next_time(&self, from: i64) -> Option<i64> {
        let part = self.parts.get(self.part_of(from))?;
        let is_inside = part.first() < from;
        if is_inside { self.times(from, i64::MAX).next() } else { Some(part.first()) }
    }

    /// Whether there is a point between two times, both included.
    pub fn any_between(&self, first: i64, last: i64) -> bool {
        self.next_time(first).is_some_and(|time| time <= last)
    }

    /// How many points there are between two times, both included.
    pub fn count(&self, first: i64, last: i64) -> usize {
        let count = |part: &Part| {
            if first <= part.first() && part.last() <= last {
                return part.len();
            }
            let (from, to) = part.times().range(first, last);
            // A range may end before it begins.
            to.saturating_sub(from)
        };
        self.touched(first, last).iter().map(count).sum()
    }

    /// The points between two times, both included, as they lie in memory.
    pub fn pieces(&self, first: i64, last: i64) -> impl DoubleEndedIterator<Item = Piece> {
        let pieces = self.touched(first, last).iter().map(move |part| {
            let chunk = part.chunk(self.field_type);
            let (from, to) = chunk.range(first, last);
            Piece { chunk, from, to }
        });
        // Between two points there may be none.
        pieces.filter(|piece| !piece.is_empty())
    }

    /// Whether it has the same times as other points. Of those that were not written side by side it
    /// may say no though they have.
    pub fn has_times_of(&self, other: &Self) -> bool {
        let mut pairs = self.parts.iter().zip(&other.parts);
        self.parts.len() == other.parts.len() && pairs.all(|(one, other)| one.has_times_of(other))
    }

    /// The value at a time.
    pub fn at(&self, time: i64) -> Option<Value> {
        let part = self.parts.get(self.part_of(time)).filter(|part| part.first() <= time)?;
        let chunk = match part {
            Part::Held(chunk) => Arc::clone(chunk),
            Part::Rows(rows) => rows.chunk(),
            Part::Stored(column) => self.last_read.chunk(column, self.field_type),
        };
        let index = chunk.times.binary_search(&time).ok()?;
        Some(chunk.values.get(index))
    }

    /// Stores a value; `false` where it is of another type. The last one written for a time wins.
    pub(super) fn insert(&mut self, time: i64, value: Value) -> bool {
        if value.field_type() != self.field_type {
            return false;
        }
        let place = self.part_of(time);
        // What comes after everything goes to the last part while that has room.
        let place = match self.parts.last() {
            Some(last) if place == self.parts.len() && last.has_room() => place - 1,
            _ => place,
        };
        let Some(part) = self.parts.get_mut(place) else {
            self.parts.push(Part::Held(Arc::new(Chunk::of(time, value))));
            return true;
        };
        // Where it cannot be read all is refused from now on.
        let Some(chunk) = part.change(self.field_type) else { return true };
        chunk.insert(time, value);
        if chunk.times.len() > CHUNK {
            let behind = chunk.split_off(CHUNK / 2);
            self.parts.insert(place + 1, Part::Held(Arc::new(behind)));
        }
        true
    }

    /// Stores points whose values are words, times ascending; the new value of a time wins.
    pub(super) fn merge(&mut self, times: &[i64], words: &[u64]) {
        let Some(first) = times.first() else { return };
        if self.last() < Some(*first) {
            return self.extend(times, words);
        }
        let Some(last) = self.parts.last_mut().filter(|part| part.first() <= *first) else {
            // Far behind: rare, and few at a time.
            for (time, word) in times.iter().zip(words) {
                self.insert(*time, Value::of_word(self.field_type, *word));
            }
            return;
        };
        // Writers that are not quite level: what lies behind the first of them is taken out of the
        // last part and put back together with them.
        let Some(last) = last.change(self.field_type) else { return };
        let behind = last.split_off(last.times.partition_point(|time| time < first));
        let is_emptied = last.times.is_empty();
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
        if is_emptied {
            self.parts.pop();
        }
        self.extend(&all_times, &all_words);
    }

    /// Adds points that come after all others, times ascending.
    fn extend(&mut self, mut times: &[i64], mut words: &[u64]) {
        while !times.is_empty() {
            if self.parts.last().is_none_or(|last| !last.has_room()) {
                self.parts.push(Part::Held(Arc::new(Chunk::empty(self.field_type))));
            }
            let Some(last) = self.parts.last_mut() else { return };
            let Some(last) = last.change(self.field_type) else { return };
            let fit = times.len().min(CHUNK.saturating_sub(last.times.len()));
            last.times_mut().extend_from_slice(&times[..fit]);
            last.values.extend(words[..fit].iter().copied());
            (times, words) = (&times[fit..], &words[fit..]);
        }
    }

    /// Forgets the points between two times, both included.
    pub(super) fn remove(&mut self, first: i64, last: i64) {
        let mut is_emptied = false;
        for part in &mut self.parts {
            if part.last() < first || last < part.first() {
                continue;
            }
            if first <= part.first() && part.last() <= last {
                *part = Part::Held(Arc::new(Chunk::empty(self.field_type)));
            } else {
                let (from, to) = part.times().range(first, last);
                let changed = if from < to { part.change(self.field_type) } else { None };
                if let Some(chunk) = changed {
                    chunk.remove(from, to);
                }
            }
            is_emptied |= part.is_empty();
        }
        if is_emptied {
            self.parts.retain(|part| !part.is_empty());
        }
    }

    /// Adds points of the same type that are all later: those of the next shard.
    pub(super) fn append(&mut self, later: &Self) {
        self.parts.extend(later.parts.iter().cloned());
    }

    /// Cuts off the last points, to which late ones will come: what lies before them then stays as it
    /// is, and can leave memory once it is in a file.
    pub(super) fn seal(&mut self) {
        let Some(Part::Held(last)) = self.parts.last_mut() else { return };
        let count = last.times.len();
        if count >= SMALL {
            let tail = Arc::make_mut(last).split_off(count - TAIL);
            self.parts.push(Part::Held(Arc::new(tail)));
        }
    }

    /// Its parts, by time.
    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Puts parts elsewhere, which changes nothing for those who read: `find` looks at the parts from
    /// some place on, and says how many of them have become which one.
    pub(super) fn replace(&mut self, find: impl Fn(&[Part]) -> Option<(usize, Part)>) {
        let mut index = 0;
        while index < self.parts.len() {
            if let Some((count, part)) = find(&self.parts[index..]) {
                self.parts.splice(index..index + count, [part]);
            }
            index += 1;
        }
    }

    /// The same, each part by itself.
    pub(super) fn by_itself(mut self) -> Self {
        for part in &mut self.parts {
            if let Part::Rows(rows) = part {
                *part = Part::Held(rows.chunk());
            }
        }
        self
    }

    /// Adds a part that comes after all others.
    pub(super) fn push_part(&mut self, part: Part) {
        self.parts.push(part);
    }

    /// The number of the first part that does not end before a time.
    fn part_of(&self, time: i64) -> usize {
        // Nearly always a point comes behind all others.
        match self.parts.last() {
            Some(last) if last.last() < time => self.parts.len(),
            _ => self.parts.partition_point(|part| part.last() < time),
        }
    }

    /// The parts that may have points between two times.
    fn touched(&self, first: i64, last: i64) -> &[Part] {
        let begin = self.part_of(first);
        let end = begin + self.parts[begin..].partition_point(|part| part.first() <= last);
        &self.parts[begin..end]
    }
}

/// However they are kept.
impl PartialEq for Points {
    fn eq(&self, other: &Self) -> bool {
        self.field_type == other.field_type && self.iter().eq(other.iter())
    }
}

impl Part {
    /// How many points there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Held(chunk) => chunk.times.len(),
            Self::Rows(of) => of.rows().len(),
            Self::Stored(column) => column.rows().count(),
        }
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first time; a part is not empty.
    pub(super) fn first(&self) -> i64 {
        match self {
            Self::Held(chunk) => chunk.times.first().copied().unwrap_or_default(),
            Self::Rows(of) => of.rows().times().first().copied().unwrap_or_default(),
            Self::Stored(column) => column.rows().first(),
        }
    }

    /// The last time; a part is not empty.
    pub(super) fn last(&self) -> i64 {
        match self {
            Self::Held(chunk) => chunk.times.last().copied().unwrap_or_default(),
            Self::Rows(of) => of.rows().times().last().copied().unwrap_or_default(),
            Self::Stored(column) => column.rows().last(),
        }
    }

    /// Whether points that come after all others may be added. Where somebody else holds them they
    /// would be copied first: a new part costs less, unless it were one of many small ones.
    fn has_room(&self) -> bool {
        match self {
            Self::Held(chunk) => {
                let count = chunk.times.len();
                count < CHUNK && (count < SMALL || chunk.is_growing())
            }
            Self::Rows(_) | Self::Stored(_) => false,
        }
    }

    /// The points.
    pub(super) fn chunk(&self, field_type: FieldType) -> Arc<Chunk> {
        match self {
            Self::Held(chunk) => Arc::clone(chunk),
            Self::Rows(rows) => rows.chunk(),
            Self::Stored(column) => column.chunk(field_type),
        }
    }

    /// The times, and who knows which values.
    fn times(&self) -> Arc<Chunk> {
        match self {
            Self::Held(chunk) => Arc::clone(chunk),
            Self::Rows(rows) => Arc::new(rows.rows().times_alone()),
            Self::Stored(column) => column.times(),
        }
    }

    /// The points, to be changed: in memory from now on, and nobody else's. None where they cannot be
    /// read: then it stays as it is.
    fn change(&mut self, field_type: FieldType) -> Option<&mut Chunk> {
        match self {
            Self::Held(_) => {}
            Self::Rows(rows) => *self = Self::Held(rows.chunk()),
            Self::Stored(column) => *self = Self::Held(column.taken(field_type)?),
        }
        match self {
            Self::Held(chunk) => Some(Arc::make_mut(chunk)),
            Self::Rows(_) | Self::Stored(_) => None,
        }
    }

    /// Whether it has the same times as another, as far as that is known without reading.
    pub(super) fn has_times_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Held(one), Self::Held(other)) => {
                Arc::ptr_eq(&one.times, &other.times) || one.times == other.times
            }
            (Self::Rows(one), Self::Rows(other)) => std::ptr::eq(one.rows(), other.rows()),
            (Self::Stored(one), Self::Stored(other)) => Arc::ptr_eq(one.rows(), other.rows()),
            _ => false,
        }
    }
}

impl Piece {
    /// Nanoseconds since 1970, ascending.
    pub fn times(&self) -> &[i64] {
        &self.chunk.times[self.from..self.to]
    }

    /// As many values as times.
    pub fn values(&self) -> Slice<'_> {
        self.chunk.values.slice(self.from, self.to)
    }

    /// Whether nothing is left of it.
    pub const fn is_empty(&self) -> bool {
        self.from >= self.to
    }

    /// Leaves out so many points at its beginning.
    pub const fn skip(&mut self, count: usize) {
        self.from += count;
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
        assert!(points.parts.iter().all(|part| (1..=CHUNK).contains(&part.len())));
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
            assert!(merged.parts.iter().all(|part| (1..=CHUNK).contains(&part.len())));
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
            assert!(points.pieces(first, last).all(|piece| !piece.is_empty()));
            let pieces = points.pieces(first, last).flat_map(|piece| piece.times().to_vec());
            assert_eq!(pieces.collect::<Vec<_>>(), expected);
            assert_eq!(points.count(first, last), expected.len());
            assert_eq!(points.any_between(first, last), !expected.is_empty());
        }
        assert_eq!(points.at(8192), Some(Value::Integer(4096)));
        assert_eq!(points.at(8193), None);
        assert_eq!(points.count(100, 50), 0, "a range that ends before it begins");
        assert!(!points.any_between(101, 99));
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
