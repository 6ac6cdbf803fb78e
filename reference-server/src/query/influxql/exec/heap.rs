//! Merging sorted sequences in the order in which the Go products merge them.
//!
//! They keep the sequences in a binary heap that does not order equal times, so rows of the same time
//! come in an order that only the same heap gives.

use std::collections::VecDeque;

/// Merges sequences by `less`.
pub(super) fn merge<T>(mut inputs: Vec<VecDeque<T>>, less: impl Fn(&T, &T) -> bool) -> Vec<T> {
    inputs.retain(|i| !i.is_empty());
    if inputs.len() < 2 {
        return inputs.pop().map(Vec::from).unwrap_or_default();
    }
    let mut merged = Vec::with_capacity(inputs.iter().map(VecDeque::len).sum());
    let before = |heap: &[VecDeque<T>], i: usize, j: usize| match (heap[i].front(), heap[j].front())
    {
        (Some(a), Some(b)) => less(a, b),
        _ => false,
    };
    for i in (0..inputs.len() / 2).rev() {
        down(&mut inputs, i, &before);
    }
    while !inputs.is_empty() {
        let last = inputs.len() - 1;
        inputs.swap(0, last);
        down(&mut inputs[..last], 0, &before);
        let Some(mut input) = inputs.pop() else { break };
        merged.extend(input.pop_front());
        if !input.is_empty() {
            inputs.push(input);
            up(&mut inputs, &before);
        }
    }
    merged
}

fn down<T>(heap: &mut [T], start: usize, before: &impl Fn(&[T], usize, usize) -> bool) {
    let mut i = start;
    loop {
        let mut child = 2 * i + 1;
        if child >= heap.len() {
            return;
        }
        if child + 1 < heap.len() && before(heap, child + 1, child) {
            child += 1;
        }
        if !before(heap, child, i) {
            return;
        }
        heap.swap(i, child);
        i = child;
    }
}

fn up<T>(heap: &mut [T], before: &impl Fn(&[T], usize, usize) -> bool) {
    let mut i = heap.len() - 1;
    while i > 0 {
        let parent = (i - 1) / 2;
        if !before(heap, i, parent) {
            return;
        }
        heap.swap(i, parent);
        i = parent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_come_as_the_heap_gives_them() {
        // oss-v1@1.6: series t=0 … t=3, all at time 10, t=1 at time 5 too.
        let inputs = vec![vec![(10, 0)], vec![(5, 4), (10, 2)], vec![(10, 1)], vec![(10, 3)]];
        let inputs = inputs.into_iter().map(VecDeque::from).collect();
        let values: Vec<_> =
            merge(inputs, |a: &(i64, i64), b| a.0 < b.0).into_iter().map(|(_, v)| v).collect();
        assert_eq!(values, [4, 3, 2, 1, 0]);
    }
}
