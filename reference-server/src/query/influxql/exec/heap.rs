//! Merging sorted sequences in the order in which the Go products merge them, item by item as they
//! are asked for.
//!
//! They keep the sequences in a binary heap that does not order equal items, so rows of the same time
//! come in an order that only the same heap gives.

/// A sequence and the item that it offers next.
struct Input<I: Iterator> {
    front: I::Item,
    rest: I,
}

/// Sequences merged by `before`.
pub(super) struct Merge<I: Iterator, B, W, K> {
    /// Sequences that were not looked at yet; all of them until the first item is asked for.
    new: Vec<I>,
    heap: Vec<Input<I>>,
    /// The sequence that gave the last item, and the window of that.
    current: Option<(I, Option<K>)>,
    before: B,
    window: W,
}

/// Merges sequences, one item of one sequence at a time.
pub(super) fn merge<I: Iterator>(
    inputs: Vec<I>,
    before: impl Fn(&I::Item, &I::Item) -> bool,
) -> impl Iterator<Item = I::Item> {
    merge_by_window(inputs, before, |_| None::<()>)
}

/// Merges sequences; one that has its turn keeps it until its window is over
/// (1.6:query/iterator.gen.go.tmpl, `floatMergeIterator`).
pub(super) fn merge_by_window<I: Iterator, K: PartialEq>(
    inputs: Vec<I>,
    before: impl Fn(&I::Item, &I::Item) -> bool,
    window: impl Fn(&I::Item) -> Option<K>,
) -> impl Iterator<Item = I::Item> {
    Merge { new: inputs, heap: Vec::new(), current: None, before, window }
}

impl<I, B, W, K> Iterator for Merge<I, B, W, K>
where
    I: Iterator,
    B: Fn(&I::Item, &I::Item) -> bool,
    W: Fn(&I::Item) -> Option<K>,
    K: PartialEq,
{
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        if !self.new.is_empty() {
            let offered = |mut rest: I| rest.next().map(|front| Input { front, rest });
            self.heap = std::mem::take(&mut self.new).into_iter().filter_map(offered).collect();
            for i in (0..self.heap.len() / 2).rev() {
                self.down(i, self.heap.len());
            }
        }
        if let Some((mut rest, window)) = self.current.take()
            && let Some(front) = rest.next()
        {
            if window.is_some() && (self.window)(&front) == window {
                self.current = Some((rest, window));
                return Some(front);
            }
            self.heap.push(Input { front, rest });
            self.up();
        }
        let last = self.heap.len().checked_sub(1)?;
        self.heap.swap(0, last);
        self.down(0, last);
        let Input { front, rest } = self.heap.pop()?;
        let window = (self.window)(&front);
        self.current = Some((rest, window));
        Some(front)
    }
}

impl<I, B, W, K> Merge<I, B, W, K>
where
    I: Iterator,
    B: Fn(&I::Item, &I::Item) -> bool,
{
    fn is_before(&self, i: usize, j: usize) -> bool {
        (self.before)(&self.heap[i].front, &self.heap[j].front)
    }

    fn down(&mut self, start: usize, end: usize) {
        let mut i = start;
        loop {
            let mut child = 2 * i + 1;
            if child >= end {
                return;
            }
            if child + 1 < end && self.is_before(child + 1, child) {
                child += 1;
            }
            if !self.is_before(child, i) {
                return;
            }
            self.heap.swap(i, child);
            i = child;
        }
    }

    fn up(&mut self) {
        let mut i = self.heap.len().saturating_sub(1);
        while i > 0 {
            let parent = (i - 1) / 2;
            if !self.is_before(i, parent) {
                return;
            }
            self.heap.swap(i, parent);
            i = parent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn ties_come_as_the_heap_gives_them() {
        // oss-v1@1.6: series t=0 … t=3, all at time 10, t=1 at time 5 too.
        let inputs = vec![vec![(10, 0)], vec![(5, 4), (10, 2)], vec![(10, 1)], vec![(10, 3)]];
        let inputs = inputs.into_iter().map(Vec::into_iter).collect();
        let values: Vec<_> = merge(inputs, |a: &(i64, i64), b| a.0 < b.0).map(|(_, v)| v).collect();
        assert_eq!(values, [4, 3, 2, 1, 0]);
    }

    #[test]
    fn a_sequence_keeps_its_turn_within_a_window() {
        let inputs = vec![vec![1, 3, 12], vec![2, 11, 13]];
        let inputs = inputs.into_iter().map(Vec::into_iter).collect();
        let window = |n: &i32| Some(n / 10);
        let before = |a: &i32, b: &i32| a / 10 < b / 10;
        let merged: Vec<_> = merge_by_window(inputs, before, window).collect();
        assert_eq!(merged, [1, 3, 2, 12, 11, 13]);
    }

    #[test]
    fn no_more_is_read_than_is_asked_for() {
        let read = Cell::new(0);
        let sequence = |start: i64| (start..start + 1_000).inspect(|_| read.set(read.get() + 1));
        let first: Vec<_> = merge((0..10).map(sequence).collect(), |a, b| a < b).take(5).collect();
        assert_eq!(first, [0, 1, 1, 2, 2]);
        assert!(read.get() <= 15, "{} read", read.get());
    }
}
