//! The fields of a series, as queries see them. A series whose rows all have the same fields is kept by
//! rows; what a field has of them is made when somebody asks for it. Of very many series most queries ask
//! for few fields, for times alone, or for nothing but their tags.

use super::Column;
use crate::store::blocks::Blocks;
use crate::store::points::Points;
use crate::store::value::{FieldType, Name};
use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

/// The fields of a series that have points: those of its first shard in the order of their names, then what
/// only later ones have. A field with several types has an entry for each.
#[derive(Clone, Default)]
pub struct Columns {
    /// The rows that they are made of; none where some rows have other fields than others.
    blocks: Blocks,
    /// The start of the earliest shard of these rows.
    first_shard: i64,
    /// The first one that somebody asked for, of these rows: mostly nobody asks for another.
    one: OnceLock<Box<Column>>,
    /// All of them. Where there are no blocks, nothing else is kept.
    all: OnceLock<Vec<Column>>,
}

impl Columns {
    /// Those of rows of one shard.
    pub(in crate::store) fn of_blocks(blocks: Blocks, shard: i64) -> Self {
        Self { blocks, first_shard: shard, ..Self::default() }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.all.get().is_none_or(Vec::is_empty)
    }

    /// All of them. Who needs less asks for less.
    pub fn all(&self) -> &[Column] {
        self.all.get_or_init(|| {
            let fields = self.blocks.fields();
            fields.map(|(name, points)| self.column(name, points)).collect()
        })
    }

    /// Those of one field.
    pub fn named(&self, name: &[u8]) -> impl Iterator<Item = &Column> {
        // What somebody has read of the one is not read again.
        let one = self.one.get().filter(|one| *one.name == *name);
        let made = match (one, self.all.get()) {
            (Some(one), _) => std::slice::from_ref(&**one),
            (None, Some(all)) => all,
            (None, None) => self.one_of(|other, _| **other == *name),
        };
        made.iter().filter(move |column| *column.name == *name)
    }

    /// The names and types of all of them.
    pub fn fields(&self) -> impl Iterator<Item = (&Name, FieldType)> {
        let of_blocks = self.blocks.layout().into_iter().flat_map(|layout| layout.by_name());
        let others = if self.blocks.is_empty() { self.all() } else { &[] };
        let others = others.iter().map(|column| (&column.name, column.field_type));
        of_blocks.map(|(_, name, kind)| (name, kind)).chain(others)
    }

    /// The names and types of those that have a point between two times, both included.
    pub fn fields_between(
        &self,
        first: i64,
        last: i64,
    ) -> impl Iterator<Item = (&Name, FieldType)> {
        let of_blocks = self.blocks.any_between(first, last);
        let fields = self.fields().filter(move |_| of_blocks);
        let others = if self.blocks.is_empty() { self.all() } else { &[] };
        let others = others.iter().filter(move |column| column.points.any_between(first, last));
        fields.chain(others.map(|column| (&column.name, column.field_type)))
    }

    /// Whether there is a point between two times, both included.
    pub fn any_between(&self, first: i64, last: i64) -> bool {
        self.fields_between(first, last).next().is_some()
    }

    /// How many points of each field that `is_meant` there are between two times, both included.
    pub fn counts(
        &self,
        first: i64,
        last: i64,
        is_meant: impl Fn(&Name) -> bool + Copy,
    ) -> impl Iterator<Item = usize> {
        let of_blocks = self.blocks.layout().into_iter().flat_map(|layout| layout.by_name());
        let mut rows = None;
        let count_rows = move || self.times().map(|points| points.count(first, last)).sum();
        let of_blocks = of_blocks.filter(move |(_, name, _)| is_meant(name));
        let of_blocks = of_blocks.map(move |_| *rows.get_or_insert_with(count_rows));
        let others = if self.blocks.is_empty() { self.all() } else { &[] };
        let others = others.iter().filter(move |column| is_meant(&column.name));
        of_blocks.chain(others.map(move |column| column.points.count(first, last)))
    }

    /// Points that have all times at which there is a value; a time may be in several of them.
    pub fn times(&self) -> impl Iterator<Item = Cow<'_, Points>> {
        self.times_of(|_, _| true)
    }

    /// The same for the fields that `is_meant`.
    pub fn times_of(
        &self,
        is_meant: impl Fn(&Name, FieldType) -> bool,
    ) -> impl Iterator<Item = Cow<'_, Points>> {
        // Of no field in particular, so that the one that is asked for later can still be the one.
        let of_blocks = match (self.made(), self.field_of_blocks(&is_meant)) {
            (Some(made), Some(_)) => Some(Cow::Borrowed(&made.points)),
            (None, Some((field, _, kind))) => Some(Cow::Owned(self.blocks.points(field, kind))),
            (_, None) => None,
        };
        let others = if self.blocks.is_empty() { self.all() } else { &[] };
        let others = others.iter().filter(move |c| is_meant(&c.name, c.field_type));
        of_blocks.into_iter().chain(others.map(|column| Cow::Borrowed(&column.points)))
    }

    /// The same for those who are going to read these fields too.
    pub fn read_times_of(
        &self,
        is_meant: impl Fn(&Name, FieldType) -> bool,
    ) -> impl Iterator<Item = &Points> {
        let of_blocks = self.field_of_blocks(&is_meant).and_then(|_| match self.made() {
            Some(made) => Some(made),
            None => self.one_of(&is_meant).first(),
        });
        let others = if self.blocks.is_empty() { self.all() } else { &[] };
        let others = others.iter().filter(move |c| is_meant(&c.name, c.field_type));
        of_blocks.into_iter().chain(others).map(|column| &column.points)
    }

    /// Adds those of later shards.
    pub fn append(&mut self, later: Self) {
        if self.is_empty() {
            *self = later;
            return;
        }
        if later.is_empty() {
            return;
        }
        let same = !self.blocks.is_empty() && self.blocks.layout() == later.blocks.layout();
        if same {
            self.blocks.append(later.blocks);
            (self.one, self.all) = Default::default();
            return;
        }
        let mut all = std::mem::take(self).into_all();
        // A shard has each field once in each type.
        let before = all.len();
        for column in later.into_all() {
            let mut known = all[..before].iter_mut();
            let is_same =
                |c: &&mut Column| c.name == column.name && c.field_type == column.field_type;
            match known.find(is_same) {
                Some(known) => known.points.append(&column.points),
                None => all.push(column),
            }
        }
        *self = Self::from(all);
    }

    /// Adds others, whatever they are.
    pub fn extend(&mut self, others: Self) {
        let mut all = std::mem::take(self).into_all();
        all.extend(others.into_all());
        *self = Self::from(all);
    }

    /// A field of the rows that are there, as all see it.
    fn column(&self, name: &Name, points: Points) -> Column {
        let (name, field_type) = (Name::clone(name), points.field_type());
        Column { name, field_type, points, first_shard: self.first_shard }
    }

    /// The first field of the blocks that is meant: its place, name and type.
    fn field_of_blocks(
        &self,
        is_meant: impl Fn(&Name, FieldType) -> bool,
    ) -> Option<(usize, &Name, FieldType)> {
        self.blocks.layout()?.by_name().find(|(_, name, kind)| is_meant(name, *kind))
    }

    /// Any column that was made of the blocks.
    fn made(&self) -> Option<&Column> {
        self.one.get().map(|one| &**one).or_else(|| self.all.get()?.first())
    }

    /// That of the first field of the blocks that is meant, with all others where it is not the one that
    /// was asked for before.
    fn one_of(&self, is_meant: impl Fn(&Name, FieldType) -> bool) -> &[Column] {
        let Some((field, name, kind)) = self.field_of_blocks(is_meant) else { return &[] };
        let make = || Box::new(self.column(name, self.blocks.points(field, kind)));
        let one = self.one.get_or_init(make);
        if one.name == *name { std::slice::from_ref(one) } else { self.all() }
    }

    fn into_all(self) -> Vec<Column> {
        self.all();
        self.all.into_inner().unwrap_or_default()
    }
}

impl From<Vec<Column>> for Columns {
    fn from(all: Vec<Column>) -> Self {
        Self { all: OnceLock::from(all), ..Self::default() }
    }
}

/// However they are kept.
impl PartialEq for Columns {
    fn eq(&self, other: &Self) -> bool {
        self.all() == other.all()
    }
}

impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::blocks::HeldRows;
    use crate::store::recent::Layout;
    use crate::store::value::Value;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    const INTEGER: FieldType = FieldType::Integer;
    const FLOAT: FieldType = FieldType::Float;

    fn name(text: &str) -> Name {
        text.as_bytes().into()
    }

    fn layout(fields: &[(&str, FieldType)]) -> Arc<Layout> {
        Layout::of_fields(fields.iter().map(|(field, kind)| (name(field), *kind)).collect())
            .unwrap()
    }

    /// Rows at these times; a value is its time, and the more the later its field stands in the layout.
    fn of_rows(layout: &Arc<Layout>, times: &[i64], shard: i64) -> Columns {
        let width = i64::try_from(layout.len()).unwrap();
        let words = times.iter().flat_map(|time| (0..width).map(move |field| time + 1000 * field));
        let words = words.map(|value| match layout.kind(0) {
            FLOAT => (value as f64).to_bits(),
            _ => value.cast_unsigned(),
        });
        let mut blocks = Blocks::default();
        blocks.add(HeldRows::new(Arc::clone(layout), times.to_vec(), words.collect())).unwrap();
        Columns::of_blocks(blocks, shard)
    }

    fn column(field: &str, points: &[(i64, Value)], first_shard: i64) -> Column {
        let field_type = points[0].1.field_type();
        Column { name: name(field), field_type, points: points.to_vec().into(), first_shard }
    }

    fn integers(field: &str, times: &[i64], more: i64, first_shard: i64) -> Column {
        let points: Vec<_> = times.iter().map(|at| (*at, Value::Integer(at + more))).collect();
        column(field, &points, first_shard)
    }

    #[test]
    fn what_there_is_does_not_depend_on_what_was_asked_before() {
        let both = layout(&[("b", INTEGER), ("a", INTEGER)]);
        let times = [1, 5, 9];
        let expected = [integers("a", &times, 1000, 7), integers("b", &times, 0, 7)];
        type Question = fn(&Columns, &[Column; 2]);
        let questions: [Question; 9] = [
            |columns, expected| assert_eq!(columns.all(), expected),
            |columns, expected| assert!(columns.named(b"a").eq(&expected[..1])),
            |columns, expected| assert!(columns.named(b"b").eq(&expected[1..])),
            |columns, _| assert_eq!(columns.named(b"c").count(), 0),
            |columns, _| {
                let (a, b) = (name("a"), name("b"));
                assert!(columns.fields().eq([(&a, INTEGER), (&b, INTEGER)]));
                assert!(columns.fields_between(5, 5).eq([(&a, INTEGER), (&b, INTEGER)]));
                assert_eq!(columns.fields_between(2, 4).count(), 0);
            },
            |columns, _| {
                let between = [(0, 0), (0, 1), (2, 4), (2, 5), (6, 8), (9, 9), (10, 99), (9, 1)];
                let are_there = between.map(|(first, last)| columns.any_between(first, last));
                assert_eq!(are_there, [false, true, false, true, false, true, false, false]);
                assert!(columns.counts(2, 9, |_| true).eq([2, 2]));
                assert!(columns.counts(1, 1, |name| **name == *b"b").eq([1]));
            },
            |columns, _| {
                let mut times = columns.times();
                assert!(times.next().unwrap().times(0, 9).eq([1, 5, 9]));
                assert!(times.next().is_none(), "rows have one time for all of their fields");
            },
            |columns, _| {
                for field in [b"a", b"b"] {
                    let mut times = columns.times_of(|other, _| **other == *field);
                    assert!(times.next().unwrap().times(2, 9).eq([5, 9]));
                    assert!(times.next().is_none());
                }
                assert_eq!(columns.times_of(|_, kind| kind == FLOAT).count(), 0);
            },
            |columns, _| {
                let mut times = columns.read_times_of(|other, _| **other == *b"b");
                assert!(times.next().unwrap().times(0, 9).eq([1, 5, 9]));
                assert!(times.next().is_none());
                assert_eq!(columns.read_times_of(|other, _| **other == *b"c").count(), 0);
            },
        ];
        for first in questions {
            for second in questions {
                for third in questions {
                    let columns = of_rows(&both, &[1, 5, 9], 7);
                    assert!(!columns.is_empty());
                    [first, second, third].iter().for_each(|ask| ask(&columns, &expected));
                    assert_eq!(columns.all(), expected);
                }
            }
        }
    }

    #[test]
    fn no_more_is_made_than_somebody_asks_for() {
        let columns = of_rows(&layout(&[("b", INTEGER), ("a", INTEGER)]), &[1, 5, 9], 0);
        let are_made = || (columns.one.get().is_some(), columns.all.get().is_some());
        assert_eq!(columns.times().count() + columns.times_of(|_, _| true).count(), 2);
        assert_eq!(columns.fields().count() + columns.fields_between(1, 1).count(), 4);
        assert_eq!(columns.named(b"c").count() + columns.counts(1, 1, |_| true).count(), 2);
        assert!(columns.any_between(2, 5));
        assert_eq!(are_made(), (false, false));
        assert_eq!(columns.read_times_of(|_, _| true).count(), 1);
        assert_eq!(columns.named(b"a").count(), 1);
        assert_eq!(are_made(), (true, false));
        let one = columns.named(b"a").next().unwrap();
        assert_eq!(columns.named(b"b").count(), 1);
        assert_eq!(are_made(), (true, true));
        // What was read of it is not read again.
        assert!(std::ptr::eq(columns.named(b"a").next().unwrap(), one));
    }

    #[test]
    fn shards_are_one_after_another_whatever_fields_they_have() {
        let (both, other) = (layout(&[("a", INTEGER), ("b", INTEGER)]), layout(&[("a", FLOAT)]));
        let one = layout(&[("a", INTEGER)]);
        // The same fields in another order.
        let turned = layout(&[("b", INTEGER), ("a", INTEGER)]);
        let of_fields = |shard: i64| {
            let text = column("s", &[(shard, Value::String(name("x")))], shard);
            Columns::from(vec![integers("b", &[shard + 1], 0, shard), text])
        };
        type Field = (Name, FieldType);
        /// The first shard, and the points.
        type Told = (i64, BTreeMap<i64, Value>);
        type Shard<'a> = &'a dyn Fn(i64) -> Columns;
        let rows = |layout| move |shard| of_rows(layout, &[shard + 2, shard + 3], shard);
        let shards: [Shard<'_>; 6] = [
            &rows(&both),
            &rows(&one),
            &rows(&other),
            &of_fields,
            &|_| Columns::default(),
            &rows(&turned),
        ];
        for numbers in 0..shards.len().pow(4) {
            let all = (0..4).map(|place| numbers / shards.len().pow(place) % shards.len());
            let mut expected: Vec<(Field, Told)> = Vec::new();
            let mut columns = Columns::default();
            for (shard, number) in (0..).step_by(100).zip(all) {
                for made in shards[number](shard).all() {
                    let key = (made.name.clone(), made.field_type);
                    let known = expected.iter_mut().find(|(known, _)| *known == key);
                    match known {
                        Some((_, (_, points))) => points.extend(made.points.iter()),
                        None => expected.push((key, (shard, made.points.iter().collect()))),
                    }
                }
                // What was made of the earlier ones is not all any more.
                assert!(columns.named(b"a").count() <= 2);
                assert!(columns.named(b"b").count() <= 1);
                columns.append(shards[number](shard));
            }
            let found = columns.all().iter().map(|column| {
                let points: BTreeMap<_, _> = column.points.iter().collect();
                ((column.name.clone(), column.field_type), (column.first_shard, points))
            });
            assert_eq!(found.collect::<Vec<_>>(), expected, "{numbers}");
            let fields = columns.fields().map(|(name, kind)| (name.clone(), kind));
            assert!(fields.eq(expected.into_iter().map(|(key, _)| key)));
        }
    }

    #[test]
    fn what_two_policies_have_stands_side_by_side() {
        let mut columns = of_rows(&layout(&[("a", INTEGER)]), &[1], 0);
        columns.extend(of_rows(&layout(&[("a", INTEGER)]), &[1, 2], 5));
        let expected = [integers("a", &[1], 0, 0), integers("a", &[1, 2], 0, 5)];
        assert_eq!(columns.all(), expected);
        assert!(columns.named(b"a").eq(&expected));
        assert_eq!(columns.times().count(), 2);
    }
}
