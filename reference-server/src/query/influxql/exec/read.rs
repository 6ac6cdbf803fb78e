//! Reading the rows of series: which points make a row, and in which order rows come.

use super::columns::Columns;
use super::condition::Range;
use super::heap;
use super::node::{Node, Row, cast, converts};
use super::source::Table;
use super::tag_sets;
use crate::query::allowance::Allowance;
use crate::store::points::Points;
use crate::store::view::Series;
use crate::store::{FieldType, Name, Value};
use profiles::influxql::Planner;
use std::collections::BTreeMap;

/// A series at a point in time.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) series: &'a Series,
    pub(super) time: i64,
}

impl Row for At<'_> {
    fn field(&self, name: &Name, as_type: FieldType) -> Option<Value> {
        self.series.columns.named(name).find_map(|c| cast(&c.points.at(self.time)?, as_type))
    }

    fn tag(&self, key: &Name) -> Option<Name> {
        self.series.tags.iter().find(|t| t.0 == *key).map(|t| t.1.clone())
    }

    fn call(&self, _: usize) -> Option<Value> {
        None
    }

    fn time(&self) -> i64 {
        self.time
    }
}

/// What is read of each measurement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// What the query may use.
    pub(super) allowance: &'a Allowance,
    /// Fields: a row is a time at which one of them has a value.
    pub(super) fields: &'a [(Name, FieldType)],
    /// Between which times.
    pub(super) range: Range,
    /// By which tags rows are grouped, sorted.
    pub(super) group: &'a [Name],
    /// Latest first.
    pub(super) descending: bool,
    /// In which order rows of the same time come.
    pub(super) planner: Planner,
    /// The columns that are shown, by name: the Go products order rows of one time by them.
    pub(super) tie_columns: &'a [Node],
    /// The tags that are shown: v3 sorts by them too.
    pub(super) shown_tags: &'a [Name],
    /// The last of a set of series is opened first; the Go products do so where the latest row comes
    /// first.
    pub(super) reversed: bool,
    /// Whether a tag is named twice in `GROUP BY`, so that the Go products limit sets of series in
    /// another way.
    pub(super) repeated: bool,
    /// How many rows of each group are asked for.
    pub(super) most: Option<usize>,
    /// How many rows of a series in one shard are read at most.
    pub(super) most_of_series: usize,
    /// How many rows of a set of series in one shard are passed over.
    pub(super) skipped_of_set: usize,
    /// How many of the others are read at most.
    pub(super) most_of_set: usize,
    /// `SLIMIT` and `SOFFSET` of the Go products; 0 and 0 for none.
    pub(super) sets: (usize, usize),
}

impl<'a> Wanted<'a> {
    /// All rows of all series together, of no field yet.
    pub(super) const fn everything(planner: Planner, allowance: &'a Allowance) -> Self {
        Self {
            allowance,
            fields: &[],
            range: Range::ALL,
            group: &[],
            descending: false,
            planner,
            tie_columns: &[],
            shown_tags: &[],
            reversed: false,
            repeated: false,
            most: None,
            most_of_series: usize::MAX,
            skipped_of_set: 0,
            most_of_set: usize::MAX,
            sets: (0, 0),
        }
    }

    /// Whether the order in which shards and series are read shows in what is picked of equal points.
    pub(super) fn goes_by_shards(&self) -> bool {
        self.planner == Planner::Go
    }
}

/// The rows of one measurement and tag set.
pub(super) type Groups<'a> = BTreeMap<(Name, Vec<Name>), Vec<At<'a>>>;

/// The tag values that a series is grouped by; empty where it lacks the tag.
pub(super) fn group_of(series: &Series, group: &[Name]) -> Vec<Name> {
    let value = |key: &Name| {
        series.tags.iter().find(|t| t.0 == *key).map(|t| t.1.clone()).unwrap_or_default()
    };
    group.iter().map(value).collect()
}

/// The rows of each group, as far as they are wanted.
pub(super) fn rows<'a>(tables: &'a [Table], wanted: &Wanted<'a>) -> Groups<'a> {
    let rows =
        sequences(tables, wanted).into_iter().map(|(group, rows)| (group, few(rows, wanted)));
    rows.filter(|(_, rows)| !rows.is_empty()).collect()
}

/// So many rows of a group as are wanted, read one by one.
fn few<'a>(rows: impl Iterator<Item = At<'a>>, wanted: &Wanted<'_>) -> Vec<At<'a>> {
    let mut rows = rows.take_while(|_| wanted.allowance.keeps(size_of::<At<'_>>()));
    let most = wanted.most.unwrap_or(usize::MAX);
    if wanted.planner == Planner::Go {
        return rows.take(most).collect();
    }
    // Of one time all must be there before they can be sorted.
    let mut read: Vec<At<'a>> = rows.by_ref().take(most).collect();
    if let Some(time) = read.last().map(|at| at.time) {
        read.extend(rows.take_while(|at| at.time == time));
    }
    sort_by_tags(&mut read, wanted);
    read.truncate(most);
    read
}

/// Rows that come one after another as they are asked for.
type Sequence<'a> = Box<dyn Iterator<Item = At<'a>> + 'a>;

/// The rows of each group, one by one: nothing is read before it is asked for.
pub(super) fn sequences<'a>(
    tables: &'a [Table],
    wanted: &Wanted<'a>,
) -> BTreeMap<(Name, Vec<Name>), impl Iterator<Item = At<'a>> + use<'a>> {
    let wanted = *wanted;
    let mut groups: BTreeMap<(Name, Vec<Name>), Vec<Sequence<'a>>> = BTreeMap::new();
    for table in tables {
        let mut of_table: BTreeMap<Vec<Name>, Vec<_>> = BTreeMap::new();
        for shard in tag_sets::shards(table, &wanted) {
            for set in shard.sets {
                let part = (set.series, shard.first, shard.last);
                of_table.entry(set.values).or_default().push(part);
            }
        }
        for (values, mut shards) in of_table {
            if wanted.descending {
                shards.reverse();
            }
            let of_shard = move |(series, first, last): (Vec<&'a Series>, _, _)| {
                of_set(table, &series, first, last, &wanted)
            };
            let rows = Box::new(shards.into_iter().flat_map(of_shard));
            groups.entry((table.measurement.name.clone(), values)).or_default().push(rows);
        }
    }
    let merged = move |rows| heap::merge(rows, move |a, b| earlier(a, b, &wanted));
    groups.into_iter().map(|(group, rows)| (group, merged(rows))).collect()
}

/// The rows of one set of series in one shard.
pub(super) fn of_set<'a>(
    table: &'a Table,
    series: &[&'a Series],
    first: i64,
    last: i64,
    wanted: &Wanted<'a>,
) -> impl Iterator<Item = At<'a>> + use<'a> {
    let wanted = *wanted;
    let rows =
        |s: &&'a Series| series_rows(table, s, first, last, &wanted).take(wanted.most_of_series);
    let rows = heap::merge(series.iter().map(rows).collect(), move |a, b| earlier(a, b, &wanted));
    rows.skip(wanted.skipped_of_set).take(wanted.most_of_set)
}

/// Whether a row comes before another: by time, then by the strings and tags that are read, by name,
/// as far as both rows have them. The first column that is no string ends the comparison.
fn earlier(a: &At<'_>, b: &At<'_>, wanted: &Wanted<'_>) -> bool {
    if a.time != b.time {
        return (a.time < b.time) != wanted.descending;
    }
    for column in wanted.tie_columns {
        match (column.value(a), column.value(b)) {
            (Some(Value::String(l)), Some(Value::String(r))) if l == r => {}
            (Some(Value::String(l)), Some(Value::String(r))) => {
                return (l < r) != wanted.descending;
            }
            _ => return false,
        }
    }
    false
}

/// To be said before so many rows are read or so many series opened: where they are many, queries do
/// it by turns.
pub(super) fn beside_others(rows: usize, allowance: &Allowance) {
    const MANY: usize = 50_000;
    if rows > MANY {
        allowance.take_turns();
    }
}

/// How many rows there may be; a condition on fields may leave fewer.
pub(super) fn at_most(tables: &[Table], wanted: &Wanted<'_>) -> usize {
    let Range { first, last, .. } = wanted.range;
    let is_read = |(table, series): &(&Table, &Series)| {
        let any = At { series, time: first };
        table.condition.as_ref().is_none_or(|c| c.decided(&any) != Some(false))
    };
    let of_series = |(_, series): (&Table, &Series)| {
        let is_wanted = |field: &Name, _| wanted.fields.iter().any(|(name, _)| *field == *name);
        let mut times = series.columns.times_of(is_wanted);
        let Some(one) = times.next() else { return 0 };
        // Fields that were written together have their rows together.
        let others = times.filter(|points| !points.has_times_of(&one));
        let of_others: usize = others.map(|points| points.count(first, last)).sum();
        one.count(first, last) + of_others
    };
    let series = tables.iter().flat_map(|t| t.measurement.series.iter().map(move |s| (t, s)));
    series.filter(is_read).map(of_series).sum()
}

/// The rows of one series between two times, one by one.
fn series_rows<'a>(
    table: &'a Table,
    series: &'a Series,
    first: i64,
    last: i64,
    wanted: &Wanted<'a>,
) -> Sequence<'a> {
    let wanted = *wanted;
    let condition = table.condition.as_ref();
    let decided = condition.map_or(Some(true), |c| c.decided(&At { series, time: first }));
    if decided == Some(false) {
        return Box::new(std::iter::empty());
    }
    let is_read = |field: &Name, kind| {
        wanted.fields.iter().any(|(name, t)| *field == *name && converts(kind, *t))
    };
    let read = series.columns.read_times_of(is_read);
    let mut times: Vec<_> = read.map(|points| times(points, first, last, &wanted)).collect();
    let at = move |time| At { series, time };
    let rows: Sequence<'a> = match times.pop() {
        None => return Box::new(std::iter::empty()),
        Some(one) if times.is_empty() => Box::new(one.map(at)),
        Some(one) => {
            times.push(one);
            Box::new(union(times, wanted.descending).map(at))
        }
    };
    #[cfg(test)]
    let rows = Box::new(rows.inspect(|_| tests::LOOKED_AT.set(tests::LOOKED_AT.get() + 1)));
    let rows = Box::new(rows.take_while(move |_| wanted.allowance.goes_on()));
    match condition.filter(|_| decided.is_none()) {
        None => rows,
        Some(condition) => Box::new(rows.filter(|at| condition.holds(at))),
    }
}

/// The times of points, in the order in which they are read.
fn times<'a>(
    points: &'a Points,
    first: i64,
    last: i64,
    wanted: &Wanted<'_>,
) -> Box<dyn Iterator<Item = i64> + 'a> {
    let times = points.times(first, last);
    if wanted.descending { Box::new(times.rev()) } else { Box::new(times) }
}

/// The times of several columns, each once.
fn union<'a>(
    columns: Vec<Box<dyn Iterator<Item = i64> + 'a>>,
    descending: bool,
) -> impl Iterator<Item = i64> + use<'a> {
    let mut columns: Vec<_> = columns.into_iter().map(Iterator::peekable).collect();
    std::iter::from_fn(move || {
        let fronts = columns.iter_mut().filter_map(|c| c.peek().copied());
        let next = if descending { fronts.max() } else { fronts.min() }?;
        for column in &mut columns {
            column.next_if_eq(&next);
        }
        Some(next)
    })
}

/// The columns that the Go products know of: the fields of those shard groups that a range of time
/// touches, and all tags (1.6:coordinator/shard_mapper.go; the index of tags is that of the whole
/// database).
pub(super) fn columns_between(tables: &[Table], range: Range) -> Columns {
    if range.is_everything() {
        let columns = Columns::of(tables.iter().map(|t| &t.measurement));
        return Columns { no_time: true, ..columns };
    }
    let mut columns = Columns { no_time: true, ..Columns::default() };
    for table in tables {
        let mut touched = table.shards.iter().filter(|shard| range.touches(**shard));
        // Without a shard nothing is asked of the index.
        let Some((first, mut last)) = touched.next().copied() else { continue };
        last = touched.next_back().map_or(last, |shard| shard.1);
        for (start, name, t) in &table.measurement.declared {
            if first <= *start && *start <= last {
                columns.add_field(name, *t);
            }
        }
        let series = &table.measurement.series;
        for (field, kind) in series.iter().flat_map(|s| s.columns.fields_between(first, last)) {
            columns.add_field(field, kind);
        }
        columns.elsewhere.extend(table.measurement.fields.iter().map(|f| f.0.clone()));
        columns.tags.extend(table.measurement.tag_keys.iter().cloned());
    }
    columns
}

/// v3 sorts rows of the same time by the tags that are shown; a row without the tag comes last.
fn sort_by_tags(rows: &mut [At<'_>], wanted: &Wanted<'_>) {
    rows.sort_by(|a, b| {
        let by_time = if wanted.descending { b.time.cmp(&a.time) } else { a.time.cmp(&b.time) };
        wanted.shown_tags.iter().fold(by_time, |order, key| {
            let (l, r) = (a.tag(key), b.tag(key));
            order.then_with(|| (l.is_none(), l).cmp(&(r.is_none(), r)))
        })
    });
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
