//! Reading the rows of series: which points make a row, and in which order rows come.

use super::columns::Columns;
use super::condition::Range;
use super::heap;
use super::node::{Node, Row, cast, converts};
use super::source::Table;
use crate::store::view::{Column, Series};
use crate::store::{FieldType, Name, Value};
use profiles::influxql::Planner;
use std::collections::{BTreeMap, VecDeque};

/// A series at a point in time.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) series: &'a Series,
    pub(super) time: i64,
}

impl Row for At<'_> {
    fn field(&self, name: &Name, as_type: FieldType) -> Option<Value> {
        self.series
            .columns
            .iter()
            .filter(|c| c.name == *name)
            .find_map(|c| cast(&c.points.at(self.time)?, as_type))
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
    /// Fields: a row is a time at which one of them has a value.
    pub(super) fields: &'a [(Name, FieldType)],
    /// Between which times.
    pub(super) range: Range,
    /// Under which condition.
    pub(super) condition: Option<&'a Node>,
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

/// Reads the rows of tables, grouped.
pub(super) fn rows<'a>(tables: &'a [Table], wanted: &Wanted<'_>) -> Groups<'a> {
    let mut parts: BTreeMap<(Name, Vec<Name>), Vec<VecDeque<At<'a>>>> = BTreeMap::new();
    for table in tables {
        for (group, series) in grouped(table, wanted) {
            let merged = merge_series(&series, table.shard_duration, wanted);
            if !merged.is_empty() {
                parts
                    .entry((table.measurement.name.clone(), group))
                    .or_default()
                    .push(merged.into());
            }
        }
    }
    let sorted = |sequences| {
        let mut rows = heap::merge(sequences, |a: &At<'_>, b: &At<'_>| earlier(a, b, wanted));
        if wanted.planner == Planner::Iox {
            sort_by_tags(&mut rows, wanted);
        }
        rows
    };
    parts.into_iter().map(|(group, sequences)| (group, sorted(sequences))).collect()
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

/// The series of a table by group, in the order in which the Go products open them.
fn grouped<'a>(table: &'a Table, wanted: &Wanted<'_>) -> BTreeMap<Vec<Name>, Vec<&'a Series>> {
    let mut series: Vec<_> = table
        .measurement
        .series
        .iter()
        .map(|s| (super::show::series_key(&table.measurement.name, &s.tags), s))
        .collect();
    series.sort_by(|a, b| if wanted.descending { b.0.cmp(&a.0) } else { a.0.cmp(&b.0) });
    let mut groups: BTreeMap<Vec<Name>, Vec<&Series>> = BTreeMap::new();
    for (_, s) in series {
        groups.entry(group_of(s, wanted.group)).or_default().push(s);
    }
    groups
}

/// The rows of the series of one group, shard after shard.
fn merge_series<'a>(
    series: &[&'a Series],
    shard_duration: i64,
    wanted: &Wanted<'_>,
) -> Vec<At<'a>> {
    let mut shards: BTreeMap<i128, Vec<VecDeque<At<'a>>>> = BTreeMap::new();
    for s in series {
        let mut of_series: BTreeMap<i128, VecDeque<At<'a>>> = BTreeMap::new();
        for at in series_rows(s, wanted) {
            of_series.entry(shard_of(at.time, shard_duration)).or_default().push_back(at);
        }
        for (shard, rows) in of_series {
            shards.entry(shard).or_default().push(rows);
        }
    }
    let merged = shards.into_values().map(|s| heap::merge(s, |a, b| earlier(a, b, wanted)));
    if wanted.descending { merged.rev().flatten().collect() } else { merged.flatten().collect() }
}

/// Does what reads so many rows. Where they are many, the other connections of this thread go on
/// meanwhile on another one.
pub(super) fn beside_others<T>(rows: usize, work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    const MANY: usize = 50_000;
    let flavor = Handle::try_current().map(|handle| handle.runtime_flavor());
    if rows > MANY && flavor.is_ok_and(|flavor| flavor == RuntimeFlavor::MultiThread) {
        tokio::task::block_in_place(work)
    } else {
        work()
    }
}

/// How many rows there may be; a condition on fields may leave fewer.
pub(super) fn at_most(tables: &[Table], wanted: &Wanted<'_>) -> usize {
    let Range { first, last, .. } = wanted.range;
    let is_read = |series: &&Series| {
        let any = At { series, time: first };
        wanted.condition.is_none_or(|c| c.decided(&any) != Some(false))
    };
    let of_series = |series: &Series| {
        let is_wanted = |c: &&Column| wanted.fields.iter().any(|(name, _)| c.name == *name);
        let mut columns = series.columns.iter().filter(is_wanted);
        let Some(one) = columns.next() else { return 0 };
        // Fields that were written together have their rows together.
        let others = columns.filter(|c| !c.points.has_times_of(&one.points));
        let of_others: usize = others.map(|c| c.points.count(first, last)).sum();
        one.points.count(first, last) + of_others
    };
    tables.iter().flat_map(|t| &t.measurement.series).filter(is_read).map(of_series).sum()
}

/// The rows of one series.
fn series_rows<'a>(series: &'a Series, wanted: &Wanted<'_>) -> Vec<At<'a>> {
    let Range { first, last, .. } = wanted.range;
    let decided = wanted.condition.map_or(Some(true), |c| c.decided(&At { series, time: first }));
    if decided == Some(false) {
        return Vec::new();
    }
    let mut times: Vec<i64> = Vec::new();
    for (name, t) in wanted.fields {
        let readable = |c: &&Column| c.name == *name && converts(c.field_type, *t);
        for column in series.columns.iter().filter(readable) {
            times.extend(column.points.times(first, last));
        }
    }
    // Of one column they are in order already; the sort sees that.
    times.sort();
    times.dedup();
    let at = |time| At { series, time };
    let condition = wanted.condition.filter(|_| decided.is_none());
    let holds = |at: &At<'_>| condition.is_none_or(|c| c.holds(at));
    let rows = times.into_iter().map(at).filter(holds);
    if wanted.descending { rows.rev().collect() } else { rows.collect() }
}

/// From the year 1 to 1970.
const YEAR_1: i128 = 62_135_596_800 * 1_000_000_000;

/// The number of the shard group of a time: groups are counted from the year 1.
fn shard_of(time: i64, duration: i64) -> i128 {
    if duration <= 0 { 0 } else { (i128::from(time) + YEAR_1).div_euclid(i128::from(duration)) }
}

/// What is left of a time after whole lengths since the year 1, as Go's `Truncate` counts them.
pub(super) fn since_year_1(time: i64, length: i64) -> i64 {
    let since = i128::from(time) + YEAR_1;
    if length <= 0 { 0 } else { since.rem_euclid(i128::from(length)) as i64 }
}

/// The first and last time of the shard group that a time lies in.
fn shard_bounds(time: i64, duration: i64) -> (i64, i64) {
    if duration <= 0 {
        return (i64::MIN, i64::MAX);
    }
    let (shard, length) = (shard_of(time, duration), i128::from(duration));
    let start = shard * length - YEAR_1;
    let clamp = |t: i128| t.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    (clamp(start), clamp(start + length - 1))
}

/// The columns that the Go products know of: the fields of those shard groups that a range of time
/// touches, and all tags (1.6:coordinator/shard_mapper.go; the index of tags is that of the whole
/// database).
pub(super) fn columns_between(tables: &[Table], range: Range) -> Columns {
    if range.first == i64::MIN && range.last == i64::MAX {
        return Columns::of(tables.iter().map(|t| &t.measurement));
    }
    let mut columns = Columns::default();
    for table in tables {
        let first = shard_bounds(range.first, table.shard_duration).0;
        let last = shard_bounds(range.last, table.shard_duration).1;
        for column in table.measurement.series.iter().flat_map(|s| &s.columns) {
            if column.points.count(first, last) > 0 {
                columns.add_field(&column.name, column.field_type);
            }
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

/// Whether a table's points lie in more than one shard group.
pub(super) fn spans_shards(table: &Table) -> bool {
    let columns = table.measurement.series.iter().flat_map(|s| &s.columns);
    let ends = columns.flat_map(|c| c.points.first().into_iter().chain(c.points.last()));
    let mut shards = ends.map(|time| shard_of(time, table.shard_duration));
    shards.next().is_some_and(|first| shards.any(|s| s != first))
}
