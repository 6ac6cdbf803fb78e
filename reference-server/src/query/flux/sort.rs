//! `sort`. The parts of a table are sorted each, then merged by a heap as Go's `container/heap` does
//! it, so that rows that compare as equal come in the product's order.

use super::table::{Row, Table};
use crate::store::Name;
use std::cmp::Ordering;

/// Sort the rows of each table.
pub(super) fn sort(tables: Vec<Table>, labels: &[Name], descending: bool) -> Vec<Table> {
    tables.into_iter().map(|table| sorted(table, labels, descending)).collect()
}

/// The rows of a part that are still to come, the next one last.
type Part = Vec<Row>;

struct Order {
    columns: Vec<usize>,
    descending: bool,
}

impl Order {
    /// Null is the greatest ascending and the least descending.
    fn of(&self, a: &Row, b: &Row) -> Ordering {
        for i in &self.columns {
            let (a, b) = (&a[*i], &b[*i]);
            let order = match (a.is_null(), b.is_null()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => a.order(b),
            };
            let order = if self.descending { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }

    fn less(&self, a: &Part, b: &Part) -> bool {
        match (a.last(), b.last()) {
            (Some(a), Some(b)) => self.of(a, b).is_lt(),
            _ => false,
        }
    }

    fn down(&self, heap: &mut [Part], mut i: usize) {
        loop {
            let left = 2 * i + 1;
            if left >= heap.len() {
                return;
            }
            let right = left + 1;
            let smaller = right < heap.len() && self.less(&heap[right], &heap[left]);
            let child = if smaller { right } else { left };
            if !self.less(&heap[child], &heap[i]) {
                return;
            }
            heap.swap(i, child);
            i = child;
        }
    }
}

fn sorted(mut table: Table, labels: &[Name], descending: bool) -> Table {
    let columns = labels.iter().filter(|l| !table.key.has(l)).filter_map(|l| table.position(l));
    let order = Order { columns: columns.collect(), descending };
    let mut rows = std::mem::take(&mut table.rows).into_iter();
    let mut heap: Vec<Part> = Vec::new();
    for length in &table.parts {
        let mut part: Part = rows.by_ref().take(*length).collect();
        part.sort_by(|a, b| order.of(a, b));
        part.reverse();
        if !part.is_empty() {
            heap.push(part);
        }
    }
    for i in (0..heap.len() / 2).rev() {
        order.down(&mut heap, i);
    }
    while let Some(first) = heap.first_mut() {
        table.rows.extend(first.pop());
        if first.is_empty() {
            let last = heap.len() - 1;
            heap.swap(0, last);
            heap.truncate(last);
        }
        order.down(&mut heap, 0);
    }
    table.parts = vec![table.rows.len()];
    table
}
