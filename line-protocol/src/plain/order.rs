//! The order of a line's tags in the Go grammar, remembered from line to line.
//!
//! Lines that follow each other mostly have the same tag keys in the same order. Then sorting,
//! looking for keys that are there twice and looking for reserved ones is one comparison with the
//! keys of the line before.

use crate::go;
use crate::tape::{TagNames, Tape};
use alloc::vec::Vec;
use core::mem;

/// The keys of the last line, and what sorts them.
#[derive(Clone, Debug, Default)]
pub(crate) struct TagOrder {
    /// The keys as written, one after another.
    keys: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<u32>,
    /// Which tag of the line comes at which place.
    places: Vec<u32>,
    as_written: bool,
    /// A second list of tags, to sort from one into the other.
    spare: Vec<TagNames>,
}

impl TagOrder {
    /// Sorts the tags by their keys as written. None if a key is there twice, or is reserved and
    /// such keys are refused, which must always be the same for one memory.
    #[inline(always)]
    pub(crate) fn apply(
        &mut self,
        base: &[u8],
        tape: &mut Tape,
        refuse_reserved: bool,
    ) -> Option<()> {
        if tape.tags.is_empty() {
            return Some(());
        }
        if !self.is_of(base, tape) {
            self.learn(base, tape, refuse_reserved)?;
        }
        if !self.as_written {
            self.spare.clear();
            self.spare.extend(self.places.iter().map(|place| tape.tags[*place as usize]));
            mem::swap(&mut self.spare, &mut tape.tags);
            tape.tags_as_written = false;
        }
        Some(())
    }

    #[inline(always)]
    fn is_of(&self, base: &[u8], tape: &Tape) -> bool {
        let mut start = 0;
        self.ends.len() == tape.tags.len()
            && self.ends.iter().zip(&tape.tags).all(|(&end, (key, _))| {
                let known = &self.keys[start..end as usize];
                start = end as usize;
                *known == base[tape.written(*key)]
            })
    }

    #[inline(never)]
    fn learn(&mut self, base: &[u8], tape: &Tape, refuse_reserved: bool) -> Option<()> {
        let tags = &tape.tags;
        let key = |place: &u32| &base[tape.written(tags[*place as usize].0)];
        self.ends.clear();
        self.places.clear();
        self.places.extend(0..tags.len() as u32);
        if refuse_reserved && self.places.iter().any(|place| go::RESERVED.contains(&key(place))) {
            return None;
        }
        // Strictly: then no key is there twice either.
        let ascend = |pair: &[u32]| key(&pair[0]) < key(&pair[1]);
        self.as_written = self.places.windows(2).all(ascend);
        if !self.as_written {
            self.places.sort_unstable_by(|a, b| key(a).cmp(key(b)));
            if !self.places.windows(2).all(ascend) {
                return None;
            }
        }
        self.keys.clear();
        for (name, _) in tags {
            self.keys.extend_from_slice(&base[tape.written(*name)]);
            self.ends.push(self.keys.len() as u32);
        }
        Some(())
    }
}
