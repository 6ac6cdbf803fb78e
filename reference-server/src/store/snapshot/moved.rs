//! What a snapshot put into files, and how what is still in memory of it is let go of.

use super::run::Few;
use super::{Rows, StoredColumn};
use crate::store::blocks::{Block, StoredRows};
use crate::store::points::Part;
use crate::store::series::SeriesPoints;
use crate::store::series_map::AHEAD;
use hashbrown::HashMap;
use smallvec::SmallVec;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What was put into files: all parts, or blocks, that have become one there.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    /// By the first of them.
    parts: HashMap<Identity, (Vec<Part>, StoredColumn)>,
    /// The number of each is noted on the first of its blocks.
    blocks: Vec<(Few<Block>, StoredRows)>,
}

/// What is noted on a block: its number in the [`Moved`] of the last snapshot that wrote it. It says only
/// where to look; there may have been another snapshot since.
#[derive(Debug)]
pub(in crate::store) struct MovedAs(AtomicU32);

impl Moved {
    /// Makes room for so many blocks.
    pub(super) fn reserve(&mut self, blocks: usize) {
        self.blocks.reserve(blocks);
    }

    /// These parts of a field have become one.
    pub(super) fn add_parts(&mut self, parts: Vec<Part>, stored: StoredColumn) {
        if let Some(first) = parts.first() {
            self.parts.insert(Identity::of(first), (parts, stored));
        }
    }

    /// These blocks have become one.
    pub(super) fn add_blocks(&mut self, blocks: Few<Block>, stored: StoredRows) {
        if let Some(first) = blocks.first() {
            let number = u32::try_from(self.blocks.len()).unwrap_or(u32::MAX);
            first.moved_as().0.store(number, Ordering::Relaxed);
            self.blocks.push((blocks, stored));
        }
    }

    /// How many parts of points, or blocks, they are.
    pub(crate) fn len(&self) -> usize {
        self.parts.len() + self.blocks.len()
    }

    /// Lets go of the memory of what is in files by now, and was not changed since it was written.
    pub(in crate::store) fn apply(&self, series: &mut SeriesPoints) {
        series.blocks_mut().replace(|blocks| {
            let number = blocks.first()?.moved_as().0.load(Ordering::Relaxed);
            let (moved, stored) = self.blocks.get(usize::try_from(number).ok()?)?;
            let same = |(block, moved)| Identity::of_block(block) == Identity::of_block(moved);
            let are_same = blocks.len() >= moved.len() && blocks.iter().zip(moved).all(same);
            are_same.then(|| (moved.len(), stored.clone()))
        });
        for (_, points) in series.fields_mut() {
            points.replace(|parts| {
                let (moved, stored) = self.parts.get(&Identity::of(parts.first()?))?;
                let same = |(part, moved)| Identity::of(part) == Identity::of(moved);
                let are_same = parts.len() >= moved.len() && parts.iter().zip(moved).all(same);
                are_same.then(|| (moved.len(), Part::Stored(stored.clone())))
            });
        }
    }
}

/// The rows that were in memory go with it, unless somebody reads them: a few pieces of memory for each
/// series, and of a million series hardly any is in the processor's caches.
impl Drop for Moved {
    fn drop(&mut self) {
        let mut all = std::mem::take(&mut self.blocks).into_iter();
        loop {
            let some: SmallVec<[_; AHEAD]> = all.by_ref().take(AHEAD).collect();
            if some.is_empty() {
                return;
            }
            let blocks = || some.iter().flat_map(|(blocks, _)| blocks);
            black_box(blocks().fold(0, |all, block| all ^ block.len()));
            black_box(blocks().fold(0, |all, block| all ^ block.load_rows()));
        }
    }
}

/// Nothing is noted.
impl Default for MovedAs {
    fn default() -> Self {
        Self(AtomicU32::new(u32::MAX))
    }
}

/// A part, or a block, by what it is made of: the same as long as nobody changed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Identity {
    Held(usize),
    Stored { file: u64, first_row: u64, column: u32 },
}

impl Identity {
    /// That of a block. Of one in memory it says nothing any more once that is dropped.
    fn of_block(block: &Block) -> Self {
        match block {
            Block::Held(rows) => Self::Held(Arc::as_ptr(rows).addr()),
            Block::Stored(StoredRows { rows, .. }) => Self::of_stored(rows, 0),
        }
    }

    /// That of a part. Of one in memory it says nothing any more once that is dropped.
    fn of(part: &Part) -> Self {
        match part {
            Part::Held(chunk) => Self::Held(Arc::as_ptr(chunk).addr()),
            Part::Rows(rows) => Self::Held(Arc::as_ptr(&rows.chunk()).addr()),
            Part::Stored(StoredColumn { rows, column }) => Self::of_stored(rows, *column),
        }
    }

    fn of_stored(rows: &Rows, column: u32) -> Self {
        Self::Stored { file: rows.file.id(), first_row: rows.first_row, column }
    }
}
