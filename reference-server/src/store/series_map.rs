//! The series of a shard or a table: in order for those who read, by the bytes of a line's key for
//! those who write.

mod known;

use super::series::{SeriesPoints, TagSet};
use super::snapshot::{Index, SavedSeries};
use super::value::Name;
use super::view::{Columns, Series};
use crate::lock::lock;
use known::{Known, MANY};
use line_protocol::Line;
use smallvec::SmallVec;
use std::collections::btree_map::{BTreeMap, Entry};
use std::hint::black_box;
use std::num::NonZero;
use std::ops::Bound;
use std::sync::{Arc, Mutex};

pub(super) use known::{AHEAD, hash_of};

/// The longest key that is remembered; no grammar refuses it, whatever the field is.
pub(super) const LONGEST_KEY: usize = 32 << 10;

/// Series by their keys, each in a slot of its own that stays the same until series are dropped.
#[derive(Clone, Debug)]
pub(super) struct SeriesMap<K> {
    /// Shared with copies until there is another series.
    order: Arc<BTreeMap<K, usize>>,
    slots: Vec<SeriesPoints>,
    known: Known,
    /// Whether the tags of all series that ever were there are UTF-8: seen when a series comes, when they
    /// are at hand.
    tags_are_text: bool,
}

/// What series have as a key; a copy costs counts.
pub(super) trait Key: Ord + Clone {
    /// The tags in it.
    fn tags(&self) -> &TagSet;
}

impl Key for TagSet {
    fn tags(&self) -> &TagSet {
        self
    }
}

/// With the measurement.
impl Key for (Name, TagSet) {
    fn tags(&self) -> &TagSet {
        &self.1
    }
}

impl<K> Default for SeriesMap<K> {
    fn default() -> Self {
        let (order, slots, known) = (Arc::default(), Vec::new(), Known::default());
        Self { order, slots, known, tags_are_text: true }
    }
}

impl<K: Key> SeriesMap<K> {
    /// The slot of a line's series, where a line that wrote its key in the same way was seen.
    pub(super) fn known(&self, line: &Line<'_>) -> Option<usize> {
        let key = line.key_as_written();
        self.known_by(hash_of(key), key)
    }

    /// The slot of the series whose key was seen written like this; `hash` is [its hash](hash_of).
    pub(super) fn known_by(&self, hash: u64, key: &[u8]) -> Option<usize> {
        self.known.get(hash, key)
    }

    /// Asks for what [`known_by`](Self::known_by) of these keys is going to need, for all of them
    /// before it is there for the first: [`AHEAD`] of them are enough.
    pub(super) fn look_ahead_for_keys<'m>(keys: impl Iterator<Item = (&'m Self, u64)>)
    where
        K: 'm,
    {
        Known::look_ahead(keys.map(|(series, hash)| (&series.known, hash)));
    }

    /// The same for what a row that is [pushed](SeriesPoints::push_numbered) to these slots is going to
    /// need.
    pub(super) fn look_ahead_at_slots<'m>(slots: impl Iterator<Item = (&'m Self, usize)>)
    where
        K: 'm,
    {
        let slots = slots.filter(|(series, _)| series.known.has_many());
        let ends = slots.map(|(series, slot)| series.slots[slot].load_end());
        black_box(ends.fold(0, |all, end| all ^ end));
    }

    /// From now on a line's key in these bytes leads to this slot.
    pub(super) fn remember(&mut self, key: &[u8], slot: usize) {
        // Where a line ends, and whether it is too long, may depend on how its key is written. The log
        // names a series in one way only, so those that are written like that are never taken as rows.
        if key.len() > LONGEST_KEY || key.contains(&b'"') {
            return;
        }
        // Nobody makes it much larger than what it is a memory of.
        if self.known.len() > 2 * self.slots.len() + 1024 {
            self.known.clear();
        }
        self.known.insert(hash_of(key), key, slot);
    }

    /// The slot of a series, made if there is none.
    pub(super) fn slot(&mut self, key: K) -> usize {
        self.order.get(&key).copied().unwrap_or_else(|| self.slot_of_new(key))
    }

    /// The same where the series most likely is new.
    fn slot_of_new(&mut self, key: K) -> usize {
        // Nothing is copied for a series that is there. For the first one that is not, while a snapshot
        // holds a copy, the whole order is.
        if Arc::strong_count(&self.order) > 1
            && let Some(slot) = self.order.get(&key)
        {
            return *slot;
        }
        // One search: of a million series each step of it waits for memory.
        match Arc::make_mut(&mut self.order).entry(key) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let mut values = new.key().tags().iter().map(|(_, value)| value);
                self.tags_are_text &= values.all(|value| std::str::from_utf8(value).is_ok());
                let slot = *new.insert(self.slots.len());
                self.slots.push(SeriesPoints::default());
                slot
            }
        }
    }

    /// The slot of a series by a line's key in these bytes, made if there is none; they lead to it from
    /// now on.
    pub(super) fn slot_of(&mut self, written: &[u8], key: K) -> usize {
        if let Some(slot) = self.known_by(hash_of(written), written) {
            return slot;
        }
        let slot = self.slot_of_new(key);
        self.remember(written, slot);
        slot
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether all tags are known to be UTF-8.
    pub(super) const fn tags_are_text(&self) -> bool {
        self.tags_are_text
    }

    /// What is in a slot.
    pub(super) fn points(&mut self, slot: usize) -> &mut SeriesPoints {
        &mut self.slots[slot]
    }

    /// Gives a series these points.
    pub(super) fn put(&mut self, key: K, points: SeriesPoints) {
        let slot = self.slot(key);
        self.slots[slot] = points;
    }

    /// All series in the order of their keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &SeriesPoints)> {
        let mut order = self.order.iter();
        let mut next = Window::new().into_iter();
        std::iter::from_fn(move || {
            if next.len() == 0 {
                next = window(&mut order, &self.slots, self.order.len(), Reading::Tags).into_iter();
            }
            next.next().map(|(key, slot)| (key, &self.slots[slot]))
        })
    }

    /// Shows each series in the order of their keys.
    pub(super) fn each(&mut self, reading: Reading, mut visit: impl FnMut(&K, &mut SeriesPoints)) {
        let mut order = self.order.iter();
        loop {
            let next = window(&mut order, &self.slots, self.order.len(), reading);
            if next.is_empty() {
                return;
            }
            for (key, slot) in next {
                visit(key, &mut self.slots[slot]);
            }
        }
    }

    /// Shows each series from a bound on, until `visit` says no.
    pub(super) fn each_from(
        &mut self,
        from: Bound<&K>,
        reading: Reading,
        mut visit: impl FnMut(&K, &mut SeriesPoints) -> bool,
    ) {
        let mut order = self.order.range((from, Bound::Unbounded));
        loop {
            let next = window(&mut order, &self.slots, self.order.len(), reading);
            if next.is_empty() {
                return;
            }
            for (key, slot) in next {
                if !visit(key, &mut self.slots[slot]) {
                    return;
                }
            }
        }
    }

    /// The key of the first series from a bound on.
    pub(super) fn first_from(&self, from: Bound<&K>) -> Option<&K> {
        self.order.range((from, Bound::Unbounded)).next().map(|(key, _)| key)
    }

    /// Makes all series ready for a snapshot.
    pub(super) fn seal(&mut self) {
        // Writers wait for it, so all processors have a share in it where it takes long.
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let threads = self.slots.len().div_ceil(MANY).min(processors);
        let shares = Mutex::new(self.slots.chunks_mut(MANY));
        let work = || {
            loop {
                let next = lock(&shares).next();
                let Some(slots) = next else { return };
                slots.iter_mut().for_each(SeriesPoints::seal);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                // Where no thread can be had, those that there are do it.
                let _ = std::thread::Builder::new().spawn_scoped(scope, work);
            }
            work();
        });
    }

    /// Drops the series that `keep` does not want.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&K, &mut SeriesPoints) -> bool) {
        let before = std::mem::take(&mut self.order);
        let mut order = BTreeMap::new();
        let mut slots = std::mem::take(&mut self.slots);
        self.known = Known::default();
        for (key, slot) in before.iter() {
            let mut points = std::mem::take(&mut slots[*slot]);
            if keep(key, &mut points) {
                order.insert(key.clone(), self.slots.len());
                self.slots.push(points);
            }
        }
        self.order = Arc::new(order);
    }
}

/// Some series that follow one another in the order of their keys, and their slots.
type Window<'m, K> = SmallVec<[(&'m K, usize); AHEAD]>;

/// What of series those read who go through many of them: their tags alone, where their blocks lie, their
/// tags as well, or their tags and all of their rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reading {
    TagsAlone,
    Blocks,
    Tags,
    Rows,
}

/// The next ones of the `all` that there are. What is going to be read of them is asked of memory for all of
/// them, and nothing made of it, as [`Known::look_ahead`] does for those who write.
fn window<'m, K: Key>(
    order: &mut impl Iterator<Item = (&'m K, &'m usize)>,
    slots: &[SeriesPoints],
    all: usize,
    reading: Reading,
) -> Window<'m, K> {
    let next: Window<'m, K> = order.take(AHEAD).map(|(key, slot)| (key, *slot)).collect();
    if all > MANY {
        let blocks = || next.iter().map(|(_, slot)| slots[*slot].blocks());
        if reading >= Reading::Blocks {
            black_box(blocks().fold(0, |all, blocks| all ^ blocks.as_slice().len()));
            black_box(blocks().fold(0, |all, blocks| all ^ blocks.load()));
        }
        if reading != Reading::Blocks {
            let tags = next.iter().filter_map(|(key, _)| key.tags().first());
            black_box(tags.fold(0, |all, (key, _)| all ^ key.len()));
        }
        if reading >= Reading::Rows {
            black_box(blocks().fold(0, |all, blocks| all ^ blocks.load_rows()));
        }
    }
    next
}

/// Those of a table, whose keys are their tags.
impl SeriesMap<TagSet> {
    /// What queries see of those that are asked for, all of them [settled](Self::settle).
    pub(super) fn view(&self, points: bool, is_meant: impl Fn(&TagSet) -> bool) -> Vec<Series> {
        let meant = self.iter().filter(|(tags, _)| is_meant(tags));
        let seen = meant.map(|(tags, of)| {
            let columns = if points { of.columns(i64::MIN) } else { Columns::default() };
            Series { tags: tags.clone(), columns, ..Series::default() }
        });
        seen.collect()
    }

    /// Those that were saved.
    ///
    /// # Errors
    /// They name what the snapshot does not have.
    pub(super) fn restore(saved: Vec<SavedSeries>, index: &Index) -> Result<Self, String> {
        let mut series = Self::default();
        for one in saved {
            let (tags, points) = one.restore(index)?;
            series.put(tags, points);
        }
        Ok(series)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_text_until_one_is_not() {
        let tags = |value: &[u8]| TagSet::from([(Name::from(&b"t"[..]), Name::from(value))]);
        let mut series = SeriesMap::default();
        series.slot(tags("\u{e9}t\u{e9}".as_bytes()));
        assert!(series.tags_are_text());
        series.slot(tags(b"\xe9t\xe9"));
        assert!(!series.tags_are_text());
        series.slot(tags(b"text"));
        assert!(!series.tags_are_text());
    }

    #[test]
    fn a_copy_has_the_series_that_were_there_when_it_was_made() {
        let tags =
            |value: &str| TagSet::from([(Name::from(&b"t"[..]), Name::from(value.as_bytes()))]);
        let mut series = SeriesMap::default();
        let slots = [("b", 0), ("a", 1)];
        for (value, slot) in slots {
            assert_eq!(series.slot(tags(value)), slot);
        }
        let copy = series.clone();
        for (value, slot) in [("a", 1), ("b", 0)] {
            assert_eq!(series.slot(tags(value)), slot);
            assert_eq!(series.slot_of(value.as_bytes(), tags(value)), slot);
        }
        assert!(Arc::ptr_eq(&series.order, &copy.order), "copied for series that were there");
        for (value, slot) in [("c", 2), ("a", 1), ("c", 2)] {
            assert_eq!(series.slot(tags(value)), slot);
        }
        let values = |series: &SeriesMap<TagSet>| -> Vec<Vec<u8>> {
            series.iter().map(|(tags, _)| tags[0].1.to_vec()).collect()
        };
        assert_eq!(values(&copy), [b"a", b"b"]);
        assert_eq!(values(&series), [b"a", b"b", b"c"]);
        let copy = series.clone();
        series.retain(|tags, _| *tags[0].1 != *b"b");
        assert_eq!(values(&copy), [b"a", b"b", b"c"]);
        assert_eq!(values(&series), [b"a", b"c"]);
        for (value, slot) in [("c", 1), ("b", 2), ("a", 0)] {
            assert_eq!(series.slot_of(value.as_bytes(), tags(value)), slot);
        }
    }
}
