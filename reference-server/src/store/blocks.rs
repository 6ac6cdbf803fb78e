//! The rows of a series whose lines all have the same fields, which nearly all series are: in blocks,
//! each of some rows with all of their values. A series costs little then, however many fields it has
//! and however few rows; what is asked of one field is made of its blocks when it is asked.

use super::chunk::{Chunk, Values};
use super::points::{CHUNK, Part, Points, SMALL, TAIL};
use super::recent::Layout;
use super::snapshot::{MovedAs, Rows, StoredColumn};
use super::value::{FieldType, Name};
use smallvec::SmallVec;
use std::sync::{Arc, OnceLock};

/// Blocks of one layout, one after another in time.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks(SmallVec<[Block; INSIDE]>);

/// So many blocks are in the series itself: who goes through a million series has to look elsewhere for few.
const INSIDE: usize = 2;

/// Rows by time, each time once; never none.
#[derive(Clone, Debug)]
pub(super) enum Block {
    /// In memory.
    Held(Arc<HeldRows>),
    /// In a file.
    Stored(StoredRows),
}

/// Rows in memory.
#[derive(Debug)]
pub(super) struct HeldRows {
    layout: Arc<Layout>,
    times: Arc<Vec<i64>>,
    /// As many for each row as the layout has fields.
    words: Vec<u64>,
    moved_as: MovedAs,
}

/// One field of rows in memory. Its points are made when they are looked at, by who does: under no lock
/// of the store, and gone with the query.
#[derive(Clone, Debug)]
pub(super) struct FieldOfRows {
    rows: Arc<HeldRows>,
    field: usize,
    chunk: OnceLock<Arc<Chunk>>,
}

/// Rows in a file, each with a value in each of the fields.
#[derive(Clone, Debug)]
pub(super) struct StoredRows {
    pub(super) rows: Arc<Rows>,
    pub(super) shape: Arc<StoredShape>,
}

/// Where the fields of a layout are in a file.
#[derive(Debug)]
pub(super) struct StoredShape {
    pub(super) layout: Arc<Layout>,
    /// The columns of the fields, in their order.
    pub(super) columns: Box<[u32]>,
}

impl Blocks {
    /// Blocks in the order of their times; none where that is not so, or their layouts differ.
    pub(super) fn of_stored(blocks: Vec<StoredRows>) -> Option<Self> {
        let fit = |pair: &[StoredRows]| {
            pair[0].rows.last() < pair[1].rows.first() && pair[0].layout() == pair[1].layout()
        };
        blocks.windows(2).all(fit).then(|| Self(blocks.into_iter().map(Block::Stored).collect()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields of all of them, where there is one.
    pub(super) fn layout(&self) -> Option<&Arc<Layout>> {
        self.0.first().map(Block::layout)
    }

    /// Adds others of the same layout that come after all of these: those of the next shard.
    pub(super) fn append(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    pub(super) fn as_slice(&self) -> &[Block] {
        &self.0
    }

    /// Reads of each block what says how many rows it has; what it gives means nothing.
    pub(super) fn load(&self) -> usize {
        self.0.iter().fold(0, |all, block| all ^ block.len())
    }

    /// Reads of each block where its rows begin; what it gives means nothing.
    pub(super) fn load_rows(&self) -> u64 {
        self.0.iter().fold(0, |all, block| all ^ block.load_rows())
    }

    /// Whether there is a row between two times, both included, as far as that is known without
    /// reading.
    pub(super) fn may_have_between(&self, first: i64, last: i64) -> bool {
        self.0.iter().any(|block| block.first() <= last && first <= block.last())
    }

    /// Whether there is a row between two times, both included. A block is looked into only where the first
    /// of them lies in it.
    pub(super) fn any_between(&self, first: i64, last: i64) -> bool {
        let index = self.0.partition_point(|block| block.last() < first);
        let Some(block) = self.0.get(index) else { return false };
        let is_inside = block.first() < first;
        let next = if is_inside { block.next_time(first) } else { Some(block.first()) };
        next.is_some_and(|time| time <= last)
    }

    /// Adds rows of the same layout; they win over those of the same time that are there. What they
    /// touch is put together with them.
    ///
    /// # Errors
    /// They begin so far back that this is not the place for them: the rows.
    pub(super) fn add(&mut self, rows: HeldRows) -> Result<(), HeldRows> {
        let Some(first) = rows.times.first().copied() else { return Ok(()) };
        let before_last = self.0.len().checked_sub(2).map(|index| self.0[index].last());
        if before_last.is_some_and(|last| first <= last) {
            return Err(rows);
        }
        let is_touched = |last: &Block| match last {
            _ if first <= last.last() => true,
            Block::Held(held) => held.len() < SMALL && rows.len() < SMALL,
            Block::Stored(_) => false,
        };
        let mut rows = match self.pop_if(is_touched) {
            None => rows,
            Some(last) => {
                // Where it cannot be read all is refused from now on.
                let held = last.into_held();
                let small = held.len() < SMALL;
                let row = if small { 0 } else { held.times.partition_point(|time| *time < first) };
                let (before, behind) = held.cut_at(row);
                if before.len() > 0 {
                    self.push(before);
                }
                behind.merged_with(&rows)
            }
        };
        // So that rows that come late to it again and again move no more than these each time.
        while rows.len() > CHUNK {
            let (piece, others) = rows.cut_at(CHUNK);
            self.push(piece);
            rows = others;
        }
        self.push(rows);
        Ok(())
    }

    /// The last block, if it is so.
    fn pop_if(&mut self, is_so: impl FnOnce(&Block) -> bool) -> Option<Block> {
        self.0.last().is_some_and(is_so).then(|| self.0.pop())?
    }

    fn push(&mut self, rows: HeldRows) {
        self.0.push(Block::Held(Arc::new(rows)));
    }

    /// Cuts off the last rows, to which late ones will come: what lies before them then stays as it is.
    pub(super) fn cut_tail(&mut self) {
        let is_long = |last: &Block| matches!(last, Block::Held(_)) && last.len() >= SMALL;
        if let Some(last) = self.pop_if(is_long) {
            let held = last.into_held();
            let row = held.len() - TAIL;
            let (before, tail) = held.cut_at(row);
            self.push(before);
            self.push(tail);
        }
    }

    /// Puts blocks elsewhere, which changes nothing for those who read: `find` looks at the blocks from
    /// some place on, and says how many of them have become which one.
    pub(super) fn replace(&mut self, find: impl Fn(&[Block]) -> Option<(usize, StoredRows)>) {
        let mut index = 0;
        while index < self.0.len() {
            if let Some((count, stored)) = find(&self.0[index..]) {
                self.0[index] = Block::Stored(stored);
                self.0.drain(index + 1..index + count);
            }
            index += 1;
        }
    }

    /// The points of one field, by its place in the layout.
    pub(super) fn points(&self, field: usize, kind: FieldType) -> Points {
        Points::of_parts(kind, self.0.iter().map(|block| block.part(field)).collect())
    }

    /// The same for each field, in the order of their names.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&Name, Points)> {
        let layout = self.layout();
        layout
            .into_iter()
            .flat_map(|layout| layout.by_name())
            .map(|(field, name, kind)| (name, self.points(field, kind)))
    }
}

impl Block {
    pub(super) fn layout(&self) -> &Arc<Layout> {
        match self {
            Self::Held(held) => &held.layout,
            Self::Stored(stored) => stored.layout(),
        }
    }

    /// What snapshots note on it.
    pub(super) fn moved_as(&self) -> &MovedAs {
        match self {
            Self::Held(held) => &held.moved_as,
            Self::Stored(stored) => &stored.rows.moved_as,
        }
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Held(held) => held.len(),
            Self::Stored(stored) => stored.rows.count(),
        }
    }

    /// Reads the beginning of the rows that are in memory; what it gives means nothing.
    pub(super) fn load_rows(&self) -> u64 {
        match self {
            Self::Held(held) => {
                held.words.first().copied().unwrap_or_default() ^ held.times.len() as u64
            }
            Self::Stored(_) => 0,
        }
    }

    /// The time of the first row.
    pub(super) fn first(&self) -> i64 {
        match self {
            Self::Held(held) => held.times.first().copied().unwrap_or(i64::MIN),
            Self::Stored(stored) => stored.rows.first(),
        }
    }

    /// The time of the last row.
    pub(super) fn last(&self) -> i64 {
        match self {
            Self::Held(held) => held.times.last().copied().unwrap_or(i64::MIN),
            Self::Stored(stored) => stored.rows.last(),
        }
    }

    /// The first time that is not before another.
    fn next_time(&self, from: i64) -> Option<i64> {
        let kind = self.layout().kind(0);
        Points::of_parts(kind, vec![self.part(0)]).times(from, i64::MAX).next()
    }

    /// What it has of one field, by its place in the layout.
    fn part(&self, field: usize) -> Part {
        match self {
            Self::Held(held) => {
                Part::Rows(FieldOfRows { rows: Arc::clone(held), field, chunk: OnceLock::new() })
            }
            Self::Stored(stored) => Part::Stored(stored.column(field)),
        }
    }

    /// The rows, to be changed.
    fn into_held(self) -> HeldRows {
        match self {
            Self::Held(held) => Arc::try_unwrap(held).unwrap_or_else(|held| {
                let layout = Arc::clone(&held.layout);
                HeldRows::new(layout, held.times.to_vec(), held.words.clone())
            }),
            Self::Stored(stored) => stored.read(),
        }
    }
}

impl FieldOfRows {
    pub(super) fn rows(&self) -> &HeldRows {
        &self.rows
    }

    /// The points.
    pub(super) fn chunk(&self) -> Arc<Chunk> {
        Arc::clone(self.chunk.get_or_init(|| Arc::new(self.rows.chunk(self.field))))
    }
}

impl StoredRows {
    fn layout(&self) -> &Arc<Layout> {
        &self.shape.layout
    }

    fn column(&self, field: usize) -> StoredColumn {
        StoredColumn::new(&self.rows, self.shape.columns[field])
    }

    /// The rows, read to be changed; of damaged ones none are left, which is then known of all of the
    /// store.
    fn read(&self) -> HeldRows {
        let fields = self.layout().fields().enumerate();
        let chunks: Option<Vec<_>> =
            fields.map(|(field, (_, kind))| self.column(field).taken(*kind)).collect();
        let chunks = chunks.unwrap_or_default();
        let times = chunks.first().map(|chunk| chunk.times.to_vec()).unwrap_or_default();
        let rows = 0..times.len();
        let words = rows.flat_map(|row| chunks.iter().map(move |chunk| chunk.values.word(row)));
        let words = words.collect();
        HeldRows::new(Arc::clone(self.layout()), times, words)
    }
}

impl HeldRows {
    /// Rows by time, each time once.
    pub(super) fn new(layout: Arc<Layout>, times: Vec<i64>, words: Vec<u64>) -> Self {
        debug_assert_eq!(times.len() * layout.len(), words.len());
        debug_assert!(times.is_sorted_by(|one, next| one < next));
        Self { layout, times: Arc::new(times), words, moved_as: MovedAs::default() }
    }

    pub(super) const fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    pub(super) fn len(&self) -> usize {
        // The times are elsewhere in memory; there are no rows without fields.
        self.words.len() / self.layout.len().max(1)
    }

    pub(super) fn times(&self) -> &[i64] {
        &self.times
    }

    /// The words of one field, by its place in the layout.
    pub(super) fn words(&self, field: usize) -> impl Iterator<Item = u64> {
        self.words
            .get(field..)
            .unwrap_or_default()
            .iter()
            .step_by(self.layout.len().max(1))
            .copied()
    }

    /// The points of one field, by its place in the layout.
    pub(super) fn chunk(&self, field: usize) -> Chunk {
        let values = Values::of_words(self.layout.kind(field), self.words(field));
        Chunk { times: Arc::clone(&self.times), values }
    }

    /// The times, without values.
    pub(super) fn times_alone(&self) -> Chunk {
        Chunk { times: Arc::clone(&self.times), values: Values::empty(FieldType::Integer) }
    }

    /// The first rows, so many, and the others.
    pub(super) fn cut_at(self, row: usize) -> (Self, Self) {
        let Self { layout, times, mut words, .. } = self;
        let mut times = Arc::unwrap_or_clone(times);
        let (later, values) = (times.split_off(row), words.split_off(row * layout.len()));
        (Self::new(Arc::clone(&layout), times, words), Self::new(layout, later, values))
    }

    /// All rows of both; of a time that both have, the other's.
    fn merged_with(self, other: &Self) -> Self {
        let width = self.layout.len();
        let mut times = Vec::with_capacity(self.len() + other.len());
        let mut words = Vec::with_capacity(self.words.len() + other.words.len());
        let mut take = |from: &Self, row: usize| {
            times.push(from.times[row]);
            words.extend_from_slice(&from.words[row * width..][..width]);
        };
        let mut own = 0;
        for (row, time) in other.times.iter().enumerate() {
            while let Some(earlier) = self.times.get(own).filter(|own| *own <= time) {
                if earlier < time {
                    take(&self, own);
                }
                own += 1;
            }
            take(other, row);
        }
        (own..self.len()).for_each(|row| take(&self, row));
        Self::new(self.layout, times, words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::value::Value;

    fn layout() -> Arc<Layout> {
        Layout::of_fields([(Name::from(&b"a"[..]), FieldType::Integer)].into()).unwrap()
    }

    /// Rows at these times, each with its time as its value, and some more.
    fn rows(layout: &Arc<Layout>, times: impl IntoIterator<Item = i64>, more: i64) -> HeldRows {
        let times: Vec<i64> = times.into_iter().collect();
        let words = times.iter().map(|time| (time + more).cast_unsigned()).collect();
        HeldRows::new(Arc::clone(layout), times, words)
    }

    fn sizes(blocks: &Blocks) -> Vec<usize> {
        blocks.as_slice().iter().map(Block::len).collect()
    }

    fn values(blocks: &Blocks) -> Vec<(i64, Value)> {
        blocks.points(0, FieldType::Integer).iter().collect()
    }

    fn expected(times: impl IntoIterator<Item = i64>) -> Vec<(i64, Value)> {
        times.into_iter().map(|time| (time, Value::Integer(time))).collect()
    }

    #[test]
    fn rows_that_come_one_by_one_become_few_blocks() {
        let layout = layout();
        for late in [0, 1] {
            let mut blocks = Blocks::default();
            for pair in 0..500 {
                for time in [2 * pair + late, 2 * pair + 1 - late] {
                    blocks.add(rows(&layout, [time], 0)).unwrap();
                }
            }
            assert!(sizes(&blocks).len() <= 5, "{:?}", sizes(&blocks));
            assert_eq!(values(&blocks), expected(0..1000));
        }
    }

    #[test]
    fn rows_that_come_late_again_and_again_move_no_more_than_a_chunk() {
        let layout = layout();
        let mut blocks = Blocks::default();
        let mut refused = None;
        for batch in (0..40).rev() {
            if blocks.add(rows(&layout, batch * 448..(batch + 1) * 448, 0)).is_err() {
                refused = Some(batch);
                break;
            }
            assert!(sizes(&blocks).iter().all(|size| *size <= CHUNK), "{:?}", sizes(&blocks));
        }
        let refused = refused.expect("this is not the place for what comes that late");
        assert_eq!(values(&blocks), expected((refused + 1) * 448..40 * 448));
    }

    #[test]
    fn of_a_time_that_is_there_the_later_row_stays_and_the_tail_is_cut_off() {
        let layout = layout();
        let mut blocks = Blocks::default();
        blocks.add(rows(&layout, 0..1000, 7)).unwrap();
        blocks.add(rows(&layout, 0..1000, 0)).unwrap();
        assert_eq!(values(&blocks), expected(0..1000));
        blocks.cut_tail();
        assert_eq!(sizes(&blocks), [1000 - TAIL, TAIL]);
        // What comes behind leaves both as they are.
        let before: Vec<_> = blocks.as_slice().iter().map(place).collect();
        blocks.add(rows(&layout, 1000..1448, 0)).unwrap();
        assert_eq!(blocks.as_slice()[..2].iter().map(place).collect::<Vec<_>>(), before);
        // The time of the very last row.
        blocks.add(rows(&layout, [1447], 5)).unwrap();
        assert_eq!(values(&blocks).len(), 1448);
        assert_eq!(values(&blocks).last(), Some(&(1447, Value::Integer(1452))));
        // What comes late to the last one but one is for others.
        assert!(blocks.add(rows(&layout, [999], 0)).is_err());
    }

    fn place(block: &Block) -> *const HeldRows {
        match block {
            Block::Held(rows) => Arc::as_ptr(rows),
            Block::Stored(_) => std::ptr::null(),
        }
    }
}
