//! Slots by the bytes of lines' keys.

use hashbrown::{DefaultHashBuilder, HashTable};
use smallvec::SmallVec;
use std::hash::BuildHasher;
use std::hint::black_box;
use std::sync::LazyLock;

/// How many rows are looked ahead at, at most: what they need has a place in the caches next to the
/// processor.
pub(in crate::store) const AHEAD: usize = if cfg!(test) { 4 } else { 128 };

/// Of more keys of one map nothing is in the caches by itself, and what is done for all of them takes long;
/// of fewer much is.
pub(super) const MANY: usize = if cfg!(test) { 8 } else { 16 << 10 };

/// The bytes that come into a cache together.
const LINE: usize = 64;

/// The hash of a key, or of a name, in its bytes: the same in every map, so that a body is hashed once and before any
/// lock. Whoever can find out which keys have the same one can make writes slow.
pub(in crate::store) fn hash_of(key: &[u8]) -> u64 {
    static HASHER: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);
    HASHER.hash_one(key)
}

/// Slots by [`Line::key_as_written`](line_protocol::Line::key_as_written). Lines can write one key in
/// several ways: it is a memory of some, not of all.
#[derive(Debug, Default)]
pub(super) struct Known(HashTable<Remembered>);

#[derive(Debug)]
struct Remembered {
    hash: u64,
    slot: usize,
    key: Box<[u8]>,
}

/// A copy is for reading, which needs none.
impl Clone for Known {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Known {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The slot that a key leads to; `hash` is [its hash](hash_of).
    pub(super) fn get(&self, hash: u64, key: &[u8]) -> Option<usize> {
        let is_it = |known: &Remembered| known.hash == hash && *known.key == *key;
        self.0.find(hash, is_it).map(|known| known.slot)
    }

    /// From now on the key leads to this slot.
    pub(super) fn insert(&mut self, hash: u64, key: &[u8], slot: usize) {
        match self.0.find_mut(hash, |known| known.hash == hash && *known.key == *key) {
            Some(known) => known.slot = slot,
            None => {
                let remembered = Remembered { hash, slot, key: Box::from(key) };
                self.0.insert_unique(hash, remembered, |known| known.hash);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether looking ahead is worth it.
    pub(super) fn has_many(&self) -> bool {
        self.len() > MANY
    }

    /// Reads what looking for these keys is going to read, and makes nothing of it. Of a million series
    /// hardly anything is in the processor's caches, and who looks for one after another waits for each;
    /// these loops do not wait for one before they ask for the next.
    pub(super) fn look_ahead<'m>(keys: impl Iterator<Item = (&'m Self, u64)>) {
        let found: SmallVec<[&Remembered; AHEAD]> = keys
            .filter(|(known, _)| known.has_many())
            .filter_map(|(known, hash)| known.0.find(hash, |known| known.hash == hash))
            .collect();
        let lines = |known: &&'m Remembered| known.key.iter().step_by(LINE).chain(known.key.last());
        let bytes = found.iter().flat_map(lines);
        black_box(bytes.fold(0, |all, byte| all ^ byte));
    }
}
