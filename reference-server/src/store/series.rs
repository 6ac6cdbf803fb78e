//! The points of one series, in blocks or field by field, and how series become a view.

use super::blocks::{Blocks, HeldRows};
use super::numbers::{Number, Numbers};
use super::points::{Part, Points, SMALL, TAIL};
use super::recent::{Layout, Recent};
use super::value::{FieldType, Name, Value};
use super::view::{Column, Columns};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tag keys and values, sorted by key. Shared, so that whoever looks at many series copies none of them.
pub type TagSet = Arc<[(Name, Name)]>;

/// The points of one series within one shard or table: in blocks as long as all of its lines have had
/// the same fields, all numbers, and nothing was deleted; field by field from then on.
#[derive(Clone, Debug, Default)]
pub(super) struct SeriesPoints {
    blocks: Blocks,
    /// Where there are any there are no blocks.
    fields: BTreeMap<Name, Field>,
    /// What was written last, until [`settle`](Self::settle).
    recent: Recent,
    /// Its number in the log.
    number: Number,
}

/// The points of one field, by the types of their values: nearly always one.
#[derive(Clone, Debug, Default)]
struct Field(Vec<Points>);

impl SeriesPoints {
    /// Stores a row as [`push`](Self::push), and notes the number of the series.
    #[inline]
    pub(super) fn push_numbered(
        &mut self,
        layout: &Arc<Layout>,
        time: i64,
        words: &[u64],
        numbers: &mut Numbers,
    ) {
        numbers.note(&mut self.number);
        self.push(layout, time, words.iter().copied());
    }

    /// Reads of what [`push_numbered`](Self::push_numbered) reads what lies apart in memory; what it gives
    /// means nothing.
    pub(super) fn load_end(&self) -> u64 {
        self.number.load() ^ self.recent.load_end()
    }

    /// Stores a row of this layout, a word a field; the last value written for a field and time wins.
    pub(super) fn push(
        &mut self,
        layout: &Arc<Layout>,
        time: i64,
        words: impl IntoIterator<Item = u64>,
    ) {
        if !self.recent.has_room_for(layout) {
            self.settle_but(TAIL);
            // Those that are left may be of another layout.
            if !self.recent.has_room_for(layout) {
                self.settle();
            }
        }
        self.recent.push(layout, time, words);
    }

    /// Puts what was written last to the rest. Whoever reads does it first.
    pub(super) fn settle(&mut self) {
        self.settle_but(0);
    }

    /// The same but for the rows of the last times, so many of them.
    fn settle_but(&mut self, keep: usize) {
        let count = self.recent.ready(keep);
        let Some(rows) = self.recent.take_first(count) else { return };
        let known = self.blocks.layout();
        debug_assert!(self.fields.is_empty() || self.blocks.is_empty(), "one or the other");
        let fit = self.fields.is_empty() && known.is_none_or(|known| known == rows.layout());
        let added = if fit { self.blocks.add(rows) } else { Err(rows) };
        if let Err(rows) = added {
            self.spread();
            self.add_by_field(rows);
        }
    }

    /// Goes on field by field.
    fn spread(&mut self) {
        for (name, points) in std::mem::take(&mut self.blocks).fields() {
            field(&mut self.fields, name).0.push(points.by_itself());
        }
    }

    /// Adds rows to the fields.
    fn add_by_field(&mut self, rows: HeldRows) {
        let (fields, count) = (&mut self.fields, rows.len());
        let layout = Arc::clone(rows.layout());
        let is_plain =
            layout.fields().all(|(name, kind)| fields.get(name).is_none_or(|f| f.is_of(*kind)));
        let last = layout.fields().filter_map(|(name, _)| fields.get(name)?.last()).max();
        // Late ones go between those that are there.
        let late = match last {
            _ if !is_plain => count,
            Some(last) => rows.times().partition_point(|time| *time <= last),
            None => 0,
        };
        let late = if count - late < SMALL { count } else { late };
        let (late, others) = rows.cut_at(late);
        for (index, (name, kind)) in layout.fields().enumerate() {
            let words: Vec<u64> = late.words(index).collect();
            field(fields, name).merge(*kind, late.times(), &words);
        }
        if others.len() > 0 {
            for (index, (name, kind)) in layout.fields().enumerate() {
                field(fields, name).push_part(*kind, Part::Held(Arc::new(others.chunk(index))));
            }
        }
    }

    /// Makes it ready for a snapshot.
    pub(super) fn seal(&mut self) {
        if !self.fields.is_empty() {
            self.settle_but(TAIL);
        }
        self.settle();
        // A series that gets no more is to take no room for it.
        self.recent = Recent::default();
        self.blocks.cut_tail();
        self.fields.values_mut().flat_map(|field| &mut field.0).for_each(Points::seal);
    }

    /// Stores a value; the last one written for a field and time wins.
    pub(super) fn insert(&mut self, field: &[u8], time: i64, value: Value) {
        self.settle();
        self.spread();
        match self.fields.get_mut(field) {
            Some(known) => known.insert(time, value),
            None => self.fields.entry(Name::from(field)).or_default().insert(time, value),
        }
    }

    /// Forgets the points of some fields between two times, both included.
    pub(super) fn remove(&mut self, start: i64, stop: i64, of: impl Fn(&[u8]) -> bool) {
        self.settle();
        if let Some(layout) = self.blocks.layout() {
            let touches = self.blocks.may_have_between(start, stop)
                && layout.fields().any(|(name, _)| of(name));
            if !touches {
                return;
            }
        }
        self.spread();
        self.fields.retain(|name, field| {
            if of(name) {
                field.0.iter_mut().for_each(|points| points.remove(start, stop));
                field.0.retain(|points| !points.is_empty());
            }
            !field.0.is_empty()
        });
    }

    /// Whether it has no point.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.blocks.is_empty() && self.recent.is_empty()
    }

    /// Its rows, while all have the same fields; [settled](Self::settle).
    pub(super) const fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// The same, for some of them to be put elsewhere.
    pub(super) const fn blocks_mut(&mut self) -> &mut Blocks {
        &mut self.blocks
    }

    /// Takes blocks in the place of those that it has; it has no points yet.
    pub(super) fn put_blocks(&mut self, blocks: Blocks) {
        self.blocks = blocks;
    }

    /// Its fields, by name, each with an entry for each type of its values; [settled](Self::settle).
    /// Where there are [blocks](Self::blocks) there are none.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&Name, &Points)> {
        self.fields
            .iter()
            .flat_map(|(name, field)| field.0.iter().map(move |points| (name, points)))
    }

    /// The same, for parts of them to be put elsewhere.
    pub(super) fn fields_mut(&mut self) -> impl Iterator<Item = (&Name, &mut Points)> {
        let fields = self.fields.iter_mut();
        fields.flat_map(|(name, field)| field.0.iter_mut().map(move |points| (name, points)))
    }

    /// Adds points that come after all others of their field and type; it has no blocks.
    pub(super) fn push_part(&mut self, name: &Name, kind: FieldType, part: Part) {
        self.fields.entry(Name::clone(name)).or_default().push_part(kind, part);
    }

    /// Its fields as queries see them, its points being [settled](Self::settle).
    pub(super) fn columns(&self, shard: i64) -> Columns {
        debug_assert!(self.recent.is_empty(), "settled before it is read");
        if self.fields.is_empty() {
            return Columns::of_blocks(self.blocks.clone(), shard);
        }
        let of_field = |(name, field): (&Name, &Field)| {
            let mut types = field.0.clone();
            types.sort_by_key(Points::first);
            let name = name.clone();
            types.into_iter().map(move |points| Column {
                name: name.clone(),
                field_type: points.field_type(),
                points,
                first_shard: shard,
            })
        };
        self.fields.iter().flat_map(of_field).collect::<Vec<_>>().into()
    }
}

/// The field of a name, made if there is none.
fn field<'f>(fields: &'f mut BTreeMap<Name, Field>, name: &Name) -> &'f mut Field {
    fields.entry(Name::clone(name)).or_default()
}

impl Field {
    /// Whether it has points of this type at most.
    fn is_of(&self, kind: FieldType) -> bool {
        self.0.iter().all(|points| points.field_type() == kind)
    }

    /// The last time.
    fn last(&self) -> Option<i64> {
        self.0.iter().filter_map(Points::last).max()
    }

    /// Adds points that come after all others of their type.
    fn push_part(&mut self, kind: FieldType, part: Part) {
        match self.0.iter_mut().find(|points| points.field_type() == kind) {
            Some(points) => points.push_part(part),
            None => {
                let mut points = Points::new(kind);
                points.push_part(part);
                self.0.push(points);
            }
        }
    }

    /// Stores points of one type, times ascending.
    fn merge(&mut self, kind: FieldType, times: &[i64], words: &[u64]) {
        match self.0.as_mut_slice() {
            [] => {
                let mut points = Points::new(kind);
                points.merge(times, words);
                self.0.push(points);
            }
            [one] if one.field_type() == kind => one.merge(times, words),
            _ => {
                for (time, word) in times.iter().zip(words) {
                    self.insert(*time, Value::of_word(kind, *word));
                }
            }
        }
    }

    fn insert(&mut self, time: i64, value: Value) {
        let kind = value.field_type();
        if self.0.iter().any(|points| points.field_type() != kind) {
            // A time has one value, whatever its type.
            self.0.iter_mut().for_each(|points| points.remove(time, time));
            self.0.retain(|points| !points.is_empty());
        }
        match self.0.iter_mut().find(|points| points.field_type() == kind) {
            Some(points) => points.insert(time, value),
            None => {
                self.0.push(Points::from(vec![(time, value)]));
                true
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use line_protocol::{Dialect, Options, Parser};

    /// The layout of a line of these fields.
    fn layout(fields: &str) -> Arc<Layout> {
        let text = format!("m {fields}");
        let mut parser = Parser::new(Dialect::IOX_3_9);
        let mut lines = parser.lines(text.as_bytes(), &Options::default());
        Layout::of_view(&lines.next_line().unwrap().unwrap()).unwrap()
    }

    #[test]
    fn rows_that_come_late_lie_where_they_belong() {
        let (both, one) = (layout("a=1i,b=2i"), layout("a=1i"));
        // How late rows are at most, and after how many of them somebody looks.
        for (lateness, looked) in
            [(0, 0), (7, 0), (40, 0), (300, 0), (5000, 0), (40, 1000), (9, 70)]
        {
            let mut points = SeriesPoints::default();
            let mut expected = [BTreeMap::new(), BTreeMap::new()];
            for n in 0..6000_i64 {
                let late = if lateness == 0 { 0 } else { n * 7919 % lateness };
                let (time, word) = (n - late, n.cast_unsigned());
                if n % 1111 < 3 {
                    points.push(&one, time, [word]);
                } else {
                    points.push(&both, time, [word, 2 * word]);
                    expected[1].insert(time, Value::Integer(2 * n));
                }
                expected[0].insert(time, Value::Integer(n));
                match n {
                    1777 | 4001 => points.seal(),
                    _ if looked > 0 && n % looked == 0 => points.settle(),
                    _ => {}
                }
            }
            points.settle();
            let made = points.columns(0);
            let columns = || made.all().iter().map(|column| &column.points);
            let stored: Vec<BTreeMap<_, _>> =
                columns().map(|points| points.iter().collect()).collect();
            assert_eq!(stored, expected, "{lateness} {looked}");
            for points in columns() {
                assert!(points.times(i64::MIN, i64::MAX).is_sorted_by(|one, next| one < next));
            }
        }
    }

    #[test]
    fn fields_that_are_written_together_share_their_times() {
        let both = layout("a=1i,b=2i");
        let mut points = SeriesPoints::default();
        for time in 0..2000 {
            points.push(&both, time, [1, 2]);
        }
        points.settle();
        let columns = points.columns(0);
        let fields: Vec<_> = columns.all().iter().map(|column| column.points.parts()).collect();
        let times = |part: &Part| Arc::clone(&part.chunk(FieldType::Integer).times);
        let pairs = fields[0].iter().zip(fields[1]);
        let shared = pairs.filter(|(one, other)| Arc::ptr_eq(&times(one), &times(other)));
        let rows: usize = shared.map(|(part, _)| part.len()).sum();
        assert!(rows > 1500, "{rows}");
    }
}
