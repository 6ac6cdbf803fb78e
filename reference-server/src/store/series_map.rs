//! The series of a shard or a table: in order for those who read, by the bytes of a line's key for
//! those who write.

use super::series::{SeriesPoints, TagSet};
use super::snapshot::{Index, SavedSeries};
use super::value::Name;
use super::view::Series;
use hashbrown::HashMap;
use line_protocol::Line;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

/// The longest key that is remembered; no grammar refuses it, whatever the field is.
pub(super) const LONGEST_KEY: usize = 32 << 10;

/// Series by their keys, each in a slot of its own that stays the same until series are dropped.
#[derive(Clone, Debug)]
pub(super) struct SeriesMap<K> {
    /// A copy shares the keys.
    order: BTreeMap<Arc<K>, usize>,
    slots: Vec<SeriesPoints>,
    known: Known,
    /// Whether the tags of all series that ever were there are UTF-8: seen when a series comes, when they
    /// are at hand.
    tags_are_text: bool,
}

/// What series have as a key.
pub(super) trait Key: Ord {
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

/// Slots by [`Line::key_as_written`]. Lines can write one key in several ways: it is a memory of some,
/// not of all.
#[derive(Debug, Default)]
struct Known(HashMap<Box<[u8]>, usize>);

/// A copy is for reading, which needs none.
impl Clone for Known {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<K> Default for SeriesMap<K> {
    fn default() -> Self {
        let (order, slots, known) = (BTreeMap::new(), Vec::new(), Known::default());
        Self { order, slots, known, tags_are_text: true }
    }
}

impl<K: Key> SeriesMap<K> {
    /// The slot of a line's series, where a line that wrote its key in the same way was seen.
    pub(super) fn known(&self, line: &Line<'_>) -> Option<usize> {
        self.known_by(line.key_as_written())
    }

    /// The slot of the series whose key was seen written like this.
    pub(super) fn known_by(&self, key: &[u8]) -> Option<usize> {
        self.known.0.get(key).copied()
    }

    /// From now on a line's key in these bytes leads to this slot.
    pub(super) fn remember(&mut self, key: &[u8], slot: usize) {
        // Where a line ends, and whether it is too long, may depend on how its key is written. The log
        // names a series in one way only, so those that are written like that are never taken as rows.
        if key.len() > LONGEST_KEY || key.contains(&b'"') {
            return;
        }
        // Nobody makes it much larger than what it is a memory of.
        if self.known.0.len() > 2 * self.slots.len() + 1024 {
            self.known.0.clear();
        }
        self.known.0.insert(Box::from(key), slot);
    }

    /// The slot of a series, made if there is none.
    pub(super) fn slot(&mut self, key: K) -> usize {
        if let Some(slot) = self.order.get(&key) {
            return *slot;
        }
        let slot = self.slots.len();
        let is_text = |text: &Name| std::str::from_utf8(text).is_ok();
        self.tags_are_text &= key.tags().iter().all(|(_, value)| is_text(value));
        self.order.insert(Arc::new(key), slot);
        self.slots.push(SeriesPoints::default());
        slot
    }

    /// The slot of a series by a line's key in these bytes, made if there is none; they lead to it from
    /// now on.
    pub(super) fn slot_of(&mut self, written: &[u8], key: K) -> usize {
        if let Some(slot) = self.known_by(written) {
            return slot;
        }
        let slot = self.slot(key);
        self.remember(written, slot);
        slot
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
        self.order.iter().map(|(key, slot)| (&**key, &self.slots[*slot]))
    }

    /// Shows each series in the order of their keys.
    pub(super) fn each(&mut self, mut visit: impl FnMut(&K, &mut SeriesPoints)) {
        for (key, slot) in &self.order {
            visit(key, &mut self.slots[*slot]);
        }
    }

    /// Shows each series that comes behind another (all without one), until `visit` says no.
    pub(super) fn each_behind(
        &mut self,
        other: Option<&K>,
        mut visit: impl FnMut(&K, &mut SeriesPoints) -> bool,
    ) {
        let from = other.map_or(Bound::Unbounded, Bound::Excluded);
        for (key, slot) in self.order.range::<K, _>((from, Bound::Unbounded)) {
            if !visit(key, &mut self.slots[*slot]) {
                return;
            }
        }
    }

    /// Makes all series ready for a snapshot.
    pub(super) fn seal(&mut self) {
        self.slots.iter_mut().for_each(SeriesPoints::seal);
    }

    /// Drops the series that `keep` does not want.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&K, &mut SeriesPoints) -> bool) {
        let before = std::mem::take(&mut self.order);
        let mut slots = std::mem::take(&mut self.slots);
        self.known = Known::default();
        for (key, slot) in before {
            let mut points = std::mem::take(&mut slots[slot]);
            if keep(&key, &mut points) {
                self.order.insert(key, self.slots.len());
                self.slots.push(points);
            }
        }
    }
}

/// Those of a table, whose keys are their tags.
impl SeriesMap<TagSet> {
    /// What queries see of them, [settled](Self::settle).
    pub(super) fn view(&self) -> Vec<Series> {
        let series = self.iter().map(|(tags, points)| {
            let mut series = Series { tags: tags.clone(), ..Series::default() };
            points.add_to(&mut series, i64::MIN);
            series
        });
        series.collect()
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
        let tags = |value: &[u8]| vec![(Name::from(&b"t"[..]), Name::from(value))];
        let mut series = SeriesMap::default();
        series.slot(tags("\u{e9}t\u{e9}".as_bytes()));
        assert!(series.tags_are_text());
        series.slot(tags(b"\xe9t\xe9"));
        assert!(!series.tags_are_text());
        series.slot(tags(b"text"));
        assert!(!series.tags_are_text());
    }
}
