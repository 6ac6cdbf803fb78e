//! What was read of objects that do not change any more. A request costs as much as half a mebibyte,
//! so no less is read at once: what lies beside it is often what is asked for next.

use object_store::path::Path as ObjectPath;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// How many bytes are read at once, at least.
pub(crate) const BLOCK: u64 = 512 << 10;

/// How many blocks are kept, at most.
const KEPT: usize = 128;

type Place = (ObjectPath, u64);

/// Blocks in two halves: what nobody asked for while the other half filled up goes.
#[derive(Default)]
pub(crate) struct Blocks {
    young: HashMap<Place, Arc<Vec<u8>>>,
    old: HashMap<Place, Arc<Vec<u8>>>,
}

/// The blocks in which so many bytes from a place on are.
pub(crate) fn around(offset: u64, length: usize) -> Range<u64> {
    let end = offset.saturating_add(length as u64);
    offset / BLOCK..end.div_ceil(BLOCK)
}

impl Blocks {
    fn block(&mut self, object: &ObjectPath, number: u64) -> Option<Arc<Vec<u8>>> {
        let place = (object.clone(), number);
        if let Some(block) = self.young.get(&place) {
            return Some(Arc::clone(block));
        }
        let block = self.old.remove(&place)?;
        self.keep(place, Arc::clone(&block));
        Some(block)
    }

    fn keep(&mut self, place: Place, block: Arc<Vec<u8>>) {
        self.young.insert(place, block);
        if self.young.len() >= KEPT / 2 {
            self.old = std::mem::take(&mut self.young);
        }
    }

    /// These bytes, if all of them are here.
    pub(crate) fn get(
        &mut self,
        object: &ObjectPath,
        offset: u64,
        length: usize,
    ) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(length);
        for number in around(offset, length) {
            let block = self.block(object, number)?;
            let start = offset.saturating_sub(number * BLOCK).min(BLOCK);
            let start = usize::try_from(start).ok()?;
            let rest = length - bytes.len();
            let end = block.len().min(start + rest);
            bytes.extend_from_slice(block.get(start..end)?);
        }
        (bytes.len() == length).then_some(bytes)
    }

    /// Keeps what was read from the beginning of a block on.
    pub(crate) fn put(&mut self, object: &ObjectPath, first: u64, bytes: &[u8]) {
        let blocks = bytes.chunks(usize::try_from(BLOCK).unwrap_or(usize::MAX));
        for (number, block) in (first..).zip(blocks) {
            self.keep((object.clone(), number), Arc::new(block.to_vec()));
        }
    }

    /// It is removed, or to be another one.
    pub(crate) fn forget(&mut self, object: &ObjectPath) {
        self.young.retain(|(at, _), _| at != object);
        self.old.retain(|(at, _), _| at != object);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_stretch_of_what_was_kept_is_found() {
        let content: Vec<u8> = (0..3 * BLOCK + 100).map(|i| (i % 251) as u8).collect();
        let (object, other) = (ObjectPath::from("a"), ObjectPath::from("b"));
        let mut blocks = Blocks::default();
        blocks.put(&object, 1, &content[BLOCK as usize..]);
        for (offset, length) in
            [(BLOCK, 1), (BLOCK + 7, 2 * BLOCK as usize), (2 * BLOCK - 1, 2), (3 * BLOCK, 100)]
        {
            let start = offset as usize;
            let found = blocks.get(&object, offset, length).unwrap();
            assert!(found == content[start..start + length], "{length} from {offset}");
            assert_eq!(blocks.get(&other, offset, length), None);
        }
        assert_eq!(blocks.get(&object, BLOCK - 1, 2), None);
        assert_eq!(blocks.get(&object, 3 * BLOCK, 101), None);
        blocks.forget(&object);
        assert_eq!(blocks.get(&object, BLOCK, 1), None);
    }

    #[test]
    fn they_do_not_become_more_and_more() {
        let mut blocks = Blocks::default();
        let object = ObjectPath::from("a");
        for number in 0..1000 {
            blocks.put(&object, number, b"block");
            // It is asked for all the time.
            assert!(blocks.get(&object, 0, 1).is_some(), "{number}");
        }
        assert!(blocks.young.len() + blocks.old.len() <= KEPT);
    }
}
