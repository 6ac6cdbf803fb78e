//! What was read last, kept up to a number of bytes.

use hashbrown::HashMap;
use std::hash::Hash;

/// Two halves: what nobody asked for while the other half filled up goes.
#[derive(Debug)]
pub(super) struct Recently<K, V> {
    young: HashMap<K, (V, usize)>,
    old: HashMap<K, (V, usize)>,
    young_bytes: usize,
    most_bytes: usize,
}

impl<K: Eq + Hash, V: Clone> Recently<K, V> {
    /// Nothing yet, and never more than so many bytes, but for what is put there last.
    pub(super) fn of_bytes(most_bytes: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), young_bytes: 0, most_bytes }
    }

    /// What is known by a key, and from now on not soon to go.
    pub(super) fn get(&mut self, key: &K) -> Option<V> {
        if let Some((value, _)) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, (value, bytes)) = self.old.remove_entry(key)?;
        self.put(key, value.clone(), bytes);
        Some(value)
    }

    /// Keeps a value that takes so many bytes.
    pub(super) fn put(&mut self, key: K, value: V, bytes: usize) {
        let before = self.young.insert(key, (value, bytes));
        self.young_bytes += bytes;
        self.young_bytes -= before.map_or(0, |(_, bytes)| bytes);
        if self.young_bytes > self.most_bytes / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_what_is_kept_has_a_bound() {
        let mut recently = Recently::of_bytes(100);
        recently.put(-1, "asked for", 10);
        for n in 0..100 {
            recently.put(n, "not asked for", 10);
            assert_eq!(recently.get(&-1), Some("asked for"), "after {n}");
            let kept = recently.young.len() + recently.old.len();
            assert!(kept <= 12, "{kept} of ten bytes");
        }
        assert_eq!((recently.get(&3), recently.get(&99)), (None, Some("not asked for")));
    }

    #[test]
    fn a_value_that_is_put_again_is_counted_once() {
        let mut recently = Recently::of_bytes(100);
        recently.put("first", 0, 10);
        (0..50).for_each(|n| recently.put("same", n, 30));
        assert_eq!((recently.get(&"first"), recently.get(&"same")), (Some(0), Some(49)));
    }
}
