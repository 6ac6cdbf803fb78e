//! What of a series is written, and how much of what lies in files already is written again with it.

use super::Rows;
use super::columns::GROUP;
use super::stream::Streams;
use crate::store::blocks::Block;
use crate::store::chunk::Chunk;
use crate::store::points::{CHUNK, Part, TAIL};
use crate::store::series::SeriesPoints;
use crate::store::value::{FieldType, Name};
use hashbrown::HashSet;
use smallvec::SmallVec;
use std::ops::Range;
use std::sync::Arc;

/// So many rows of a series are not written again to lie beside new ones.
const ENOUGH: usize = 1024;

/// So many parts in files are written again at once, or none.
const TOGETHER: usize = 3;

/// In so many turns, where all series would do it in the same snapshot else, which would take long then.
const TURNS: u64 = 3;

/// Points that become rows which follow one another.
pub(super) enum Run<'s> {
    /// Blocks, never none.
    Blocks(&'s [Block]),
    /// Parts of several fields that have the same times.
    Fields(Vec<OfField>),
}

/// Parts of one field that follow one another, and become one.
pub(super) struct OfField {
    pub(super) name: Name,
    pub(super) kind: FieldType,
    pub(super) parts: Vec<Part>,
}

/// Of nearly all series: nothing is allocated for it.
pub(super) type Few<T> = SmallVec<[T; 1]>;

impl<'s> Run<'s> {
    /// What of a series is to be written; the files that are `thin` are to go.
    pub(super) fn all_of(series: &'s SeriesPoints, thin: &HashSet<u64>) -> Few<Self> {
        let is_thin = |rows: &Rows| thin.contains(&rows.file_id());
        let blocks = series.blocks().as_slice();
        let first_row = match blocks.first() {
            Some(Block::Stored(first)) => first.rows.first_row(),
            Some(Block::Held(_)) | None => 0,
        };
        let sizes = blocks.iter().map(|block| match block {
            Block::Held(rows) => (rows.len(), true),
            Block::Stored(rows) => (rows.rows.count(), is_thin(&rows.rows)),
        });
        let stretches = stretches(&sizes.collect::<SmallVec<[_; 8]>>(), together(first_row));
        let mut runs: Few<Self> =
            stretches.into_iter().map(|range| Self::Blocks(&blocks[range])).collect();
        for (name, points) in series.fields() {
            let parts = points.parts();
            let sizes = parts.iter().map(|part| match part {
                Part::Held(_) | Part::Rows(_) => (part.len(), true),
                Part::Stored(column) => (part.len(), is_thin(column.rows())),
            });
            for range in self::stretches(&sizes.collect::<Vec<_>>(), TOGETHER) {
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
    /// The points of all parts; without times where nobody wants them, as far as they would be read.
    pub(super) fn chunk(&self, streams: &mut Streams, with_times: bool) -> Arc<Chunk> {
        let mut chunk = |part: &Part| match part {
            Part::Held(chunk) => Arc::clone(chunk),
            Part::Rows(rows) => rows.chunk(),
            Part::Stored(column) => Arc::new(streams.chunk(column, self.kind, with_times)),
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

/// How many blocks of a series in files are written again at once, or none: that is said by the first row of
/// the first one, which stays until it is written again. Series that lie side by side have the same turn,
/// since what is read for one of them is mostly read for the others as well; those of a small file all have
/// the first.
const fn together(first_row: u64) -> usize {
    TOGETHER + (first_row / GROUP as u64 % TURNS) as usize
}

/// What is to be written of parts, or blocks, that follow one another, of which each is said how many
/// rows it has and whether it is in no file that stays: stretches of which each becomes one. What is new
/// is put together with what lies before it in files once there is enough of that which is no more than
/// twice as much: so a series that gets few points at a time has few parts, and each of its points is
/// written a few times only.
fn stretches(sizes: &[(usize, bool)], together: usize) -> Few<Range<usize>> {
    let mut stretches = Few::new();
    let mut end = sizes.len();
    while let Some(mut start) = end.checked_sub(1) {
        let (mut total, mut is_new) = sizes[start];
        while let Some((count, is_also)) = start.checked_sub(1).map(|before| sizes[before]) {
            let joined = match (is_also, is_new) {
                // What was cut off for late points would take the rest with it when they come.
                (true, true) if total > TAIL || count <= TAIL => 1,
                (false, true) if total < ENOUGH => {
                    joined_in_files(&sizes[..start], total, together)
                }
                (true, false) if total <= 2 * count => 1,
                _ => 0,
            };
            let more: usize = sizes[start - joined..start].iter().map(|(count, _)| count).sum();
            if joined == 0 || total + more > CHUNK {
                break;
            }
            (start, total, is_new) = (start - joined, total + more, true);
        }
        if is_new {
            stretches.push(start..end);
        }
        end = start;
    }
    stretches.reverse();
    stretches
}

/// How many of those before new rows are written again with them: none until they are `together` at least,
/// or as many of their size as go into one.
fn joined_in_files(before: &[(usize, bool)], new: usize, together: usize) -> usize {
    let mut total = new;
    let small = before.iter().rev().take_while(|(count, is_new)| {
        total += count;
        !is_new && *count <= 2 * new && total <= CHUNK
    });
    let small = small.count();
    let fit = (CHUNK / new.max(1)).saturating_sub(1);
    if small < together.min(fit).max(TOGETHER) { 0 } else { small }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Snapshots of a series that gets so many rows before each: how many rows were written in all, and how
    /// many parts it had at most, and of those that are small.
    fn written(rows: usize, snapshots: usize, together: usize) -> (usize, usize, usize) {
        let mut stored: Vec<usize> = Vec::new();
        let (mut written, mut most, mut most_small) = (0, 0, 0);
        for _ in 0..snapshots {
            let mut sizes: Vec<_> = stored.iter().map(|count| (*count, false)).collect();
            sizes.push((rows, true));
            let stretches = stretches(&sizes, together);
            assert_eq!(stretches.last().map(|stretch| stretch.end), Some(sizes.len()));
            for stretch in stretches.into_iter().rev() {
                let count = sizes[stretch.clone()].iter().map(|(count, _)| count).sum();
                written += count;
                sizes.splice(stretch, [(count, false)]);
            }
            stored = sizes.into_iter().map(|(count, _)| count).collect();
            most = most.max(stored.len());
            most_small = most_small.max(stored.iter().filter(|count| **count < ENOUGH).count());
        }
        (written, most, most_small)
    }

    #[test]
    fn a_row_is_written_a_few_times_and_a_series_has_few_parts() {
        let sizes = [1, 2, 15, 100, 150, 500, 700, 900, 1000];
        let all = sizes.map(|rows| (3..6).map(move |together| (rows, together)));
        for (rows, together) in all.into_iter().flatten() {
            let snapshots = 30 * ENOUGH / rows;
            let (written, most, most_small) = written(rows, snapshots, together);
            let times = written as f64 / (rows * snapshots) as f64;
            // One more for each four times as many.
            let tiers = f64::log(ENOUGH as f64 / rows as f64, 4.0).ceil();
            assert!(times <= 1.0 + tiers, "{rows}, {together}: each {times} times");
            let small = together as f64 * (tiers + 1.0);
            assert!(most_small as f64 <= small, "{rows}, {together}: {most_small} small parts");
            let large = snapshots as f64 / 4.0_f64.powf(tiers) + 1.0;
            assert!(most as f64 <= small + large, "{rows}, {together}: {most} parts");
        }
    }

    #[test]
    fn series_that_lie_apart_have_different_turns() {
        let group = GROUP as u64;
        let turns = [0, group - 1, group, 2 * group, 3 * group].map(together);
        assert_eq!(turns, [3, 3, 4, 5, 3]);
    }

    #[test]
    fn fewer_rows_than_before_become_few_parts_as_well() {
        let mut stored: Vec<usize> = Vec::new();
        for rows in (0..200).map(|n| 600 / (1 + n / 20)) {
            let mut sizes: Vec<_> = stored.iter().map(|count| (*count, false)).collect();
            sizes.push((rows, true));
            for stretch in stretches(&sizes, TOGETHER).into_iter().rev() {
                let count = sizes[stretch.clone()].iter().map(|(count, _)| count).sum();
                assert!(count <= CHUNK);
                sizes.splice(stretch, [(count, false)]);
            }
            stored = sizes.into_iter().map(|(count, _)| count).collect();
        }
        assert!(stored.len() < 60, "{stored:?}");
    }

    #[test]
    fn what_late_points_come_to_stays_apart_and_large_parts_stay() {
        let stretches = |sizes: &[_]| {
            let ends =
                stretches(sizes, TOGETHER).into_iter().map(|stretch| (stretch.start, stretch.end));
            ends.collect::<Vec<_>>()
        };
        assert_eq!(stretches(&[(1500, true), (64, true)]), [(0, 1), (1, 2)]);
        assert_eq!(stretches(&[(40, true), (64, true)]), [(0, 2)]);
        assert_eq!(stretches(&[(2000, false), (15, true)]), [(1, 2)]);
        assert_eq!(stretches(&[(15, false), (15, false), (15, false), (15, true)]), [(0, 4)]);
        assert!(stretches(&[(15, false), (15, false)]).is_empty());
    }
}
