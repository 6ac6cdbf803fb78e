//! What of a series is written, and how much of what lies in files already is written again with it.

use super::stream::Streams;
use crate::store::blocks::Block;
use crate::store::chunk::Chunk;
use crate::store::points::{CHUNK, Part, TAIL};
use crate::store::series::{SeriesPoints, TagSet};
use crate::store::value::{FieldType, Name};
use std::ops::Range;
use std::sync::Arc;

/// So many rows of a series are not written again to lie beside new ones.
const ENOUGH: usize = 1024;

/// A series, and what of it is to be written.
pub(super) struct Waiting {
    pub(super) tags: TagSet,
    pub(super) runs: Vec<Run>,
}

/// Points that become rows which follow one another.
pub(super) enum Run {
    /// Blocks, never none.
    Blocks(Vec<Block>),
    /// Parts of several fields that have the same times.
    Fields(Vec<OfField>),
}

/// Parts of one field that follow one another, and become one.
pub(super) struct OfField {
    pub(super) name: Name,
    pub(super) kind: FieldType,
    pub(super) parts: Vec<Part>,
}

impl Run {
    /// What of a series is to be written; `is_thin` knows the files that are to go.
    pub(super) fn all_of(series: &SeriesPoints, is_thin: impl Fn(u64) -> bool) -> Vec<Self> {
        let blocks: Vec<Block> = series.blocks().iter().cloned().collect();
        let sizes = blocks.iter().map(|block| match block {
            Block::Held(rows) => (rows.len(), true),
            Block::Stored(rows) => (rows.rows.count(), is_thin(rows.rows.file_id())),
        });
        let stretches = stretches(&sizes.collect::<Vec<_>>());
        let mut runs: Vec<Self> =
            stretches.into_iter().map(|range| Self::Blocks(blocks[range].to_vec())).collect();
        for (name, points) in series.fields() {
            let parts = points.parts();
            let sizes = parts.iter().map(|part| match part {
                Part::Held(chunk) => (chunk.times.len(), true),
                Part::Stored(column) => (part.len(), is_thin(column.rows().file_id())),
            });
            for range in self::stretches(&sizes.collect::<Vec<_>>()) {
                let parts = &parts[range];
                let same = |fields: &&mut Vec<OfField>| {
                    let first = fields.first();
                    first.is_some_and(|first| has_times_of(&first.parts, parts))
                };
                let (name, kind) = (Name::clone(name), points.field_type());
                let one = OfField { name, kind, parts: parts.to_vec() };
                let mut known = runs.iter_mut().filter_map(|run| match run {
                    Self::Fields(fields) => Some(fields),
                    Self::Blocks(_) => None,
                });
                match known.find(same) {
                    Some(fields) => fields.push(one),
                    None => runs.push(Self::Fields(vec![one])),
                }
            }
        }
        runs.sort_by_key(Self::first);
        runs
    }

    fn first(&self) -> Option<i64> {
        match self {
            Self::Blocks(blocks) => blocks.first().map(Block::first),
            Self::Fields(fields) => fields.first()?.parts.first().map(Part::first),
        }
    }
}

impl OfField {
    /// The points of all parts.
    pub(super) fn chunk(&self, streams: &mut Streams) -> Arc<Chunk> {
        let mut chunk = |part: &Part| match part {
            Part::Held(chunk) => Arc::clone(chunk),
            Part::Stored(column) => Arc::new(streams.chunk(column, self.kind)),
        };
        match self.parts.as_slice() {
            [one] => chunk(one),
            parts => {
                let mut all = Chunk::empty(self.kind);
                parts.iter().for_each(|part| all.append(&chunk(part)));
                Arc::new(all)
            }
        }
    }
}

fn has_times_of(parts: &[Part], others: &[Part]) -> bool {
    let mut pairs = parts.iter().zip(others);
    parts.len() == others.len() && pairs.all(|(part, other)| part.has_times_of(other))
}

/// What is to be written of parts, or blocks, that follow one another, of which each is said how many
/// rows it has and whether it is in no file that stays: stretches of which each becomes one. What is new
/// is put together with what lies before it in files where that is no more than twice as much: so a
/// series that gets few points at a time has few parts, and each of its points is written a few times
/// only.
fn stretches(sizes: &[(usize, bool)]) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut end = sizes.len();
    while let Some(mut start) = end.checked_sub(1) {
        let (mut total, mut is_new) = sizes[start];
        while let Some((count, is_also)) = start.checked_sub(1).map(|before| sizes[before]) {
            let is_worth_it = match (is_also, is_new) {
                // What was cut off for late points would take the rest with it when they come.
                (true, true) => total > TAIL || count <= TAIL,
                (false, true) => count <= 2 * total && total < ENOUGH,
                (true, false) => total <= 2 * count,
                (false, false) => false,
            };
            if !is_worth_it || total + count > CHUNK {
                break;
            }
            (start, total, is_new) = (start - 1, total + count, true);
        }
        if is_new {
            stretches.push(start..end);
        }
        end = start;
    }
    stretches.reverse();
    stretches
}
