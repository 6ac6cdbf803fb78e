//! The series of a shard: in order for those who read, by the bytes of a line's key for those who
//! write.

use super::super::series::{SeriesPoints, TagSet};
use super::super::value::Name;
use super::shard::key_of;
use hashbrown::HashMap;
use line_protocol::Line;
use std::collections::BTreeMap;

/// Series, each in a slot of its own that stays the same until series are dropped.
#[derive(Clone, Debug, Default)]
pub(super) struct SeriesMap {
    order: BTreeMap<(Name, TagSet), usize>,
    slots: Vec<SeriesPoints>,
    known: Known,
}

/// Slots by [`Line::series_key`]. Lines can write one key in several ways: it is a memory of some, not
/// of all.
#[derive(Debug, Default)]
struct Known(HashMap<Box<[u8]>, usize>);

/// A copy is for reading, which needs none.
impl Clone for Known {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl SeriesMap {
    /// The slot of a line's series, made if there is none.
    pub(super) fn slot_of(&mut self, line: &Line<'_>) -> usize {
        if let Some(slot) = self.known.0.get(&*line.series_key) {
            return *slot;
        }
        let slot = self.slot(key_of(line));
        // Nobody makes it much larger than what it is a memory of.
        if self.known.0.len() > 2 * self.slots.len() + 1024 {
            self.known.0.clear();
        }
        self.known.0.insert(Box::from(&*line.series_key), slot);
        slot
    }

    /// The slot of a series, made if there is none.
    pub(super) fn slot(&mut self, key: (Name, TagSet)) -> usize {
        let next = self.slots.len();
        let slot = *self.order.entry(key).or_insert(next);
        if slot == next {
            self.slots.push(SeriesPoints::default());
        }
        slot
    }

    /// What is in a slot.
    pub(super) fn points(&mut self, slot: usize) -> &mut SeriesPoints {
        &mut self.slots[slot]
    }

    /// All series in order: measurement, tags, points.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Name, &TagSet, &SeriesPoints)> {
        self.order.iter().map(|((name, tags), slot)| (name, tags, &self.slots[*slot]))
    }

    /// Puts what was written last to the rest, in all series.
    pub(super) fn settle(&mut self) {
        self.slots.iter_mut().for_each(SeriesPoints::settle);
    }

    /// Drops the series that `keep` does not want.
    pub(super) fn retain(
        &mut self,
        mut keep: impl FnMut(&Name, &TagSet, &mut SeriesPoints) -> bool,
    ) {
        let before = std::mem::take(&mut self.order);
        let mut slots = std::mem::take(&mut self.slots);
        self.known = Known::default();
        for ((name, tags), slot) in before {
            let mut points = std::mem::take(&mut slots[slot]);
            if keep(&name, &tags, &mut points) {
                self.order.insert((name, tags), self.slots.len());
                self.slots.push(points);
            }
        }
    }
}
