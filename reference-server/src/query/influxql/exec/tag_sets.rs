//! What the Go products open to read a measurement: its shards and, in each of them, the sets of
//! series that are one group, as many of them as `SLIMIT` and `SOFFSET` leave.

use super::condition::Range;
use super::read::{At, Wanted, group_of};
use super::source::Table;
use crate::query::allowance::Allowance;
use crate::store::Name;
use crate::store::points::Points;
use crate::store::view::{Measurement, Series};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// From the year 1 to 1970.
const YEAR_1: i128 = 62_135_596_800 * 1_000_000_000;

/// The series of one group in one shard, in the order in which they are opened.
pub(super) struct TagSet<'a> {
    /// The values of the tags that rows are grouped by.
    pub(super) values: Vec<Name>,
    pub(super) series: Vec<&'a Series>,
}

/// A shard, as far as the range of time reaches into it.
pub(super) struct Shard<'a> {
    pub(super) first: i64,
    pub(super) last: i64,
    /// By the keys of the sets.
    pub(super) sets: Vec<TagSet<'a>>,
}

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
pub(super) fn shard_bounds(time: i64, duration: i64) -> (i64, i64) {
    if duration <= 0 {
        return (i64::MIN, i64::MAX);
    }
    let (shard, length) = (shard_of(time, duration), i128::from(duration));
    let start = shard * length - YEAR_1;
    let clamp = |t: i128| t.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    (clamp(start), clamp(start + length - 1))
}

/// The bounds of the shards that know series, by time.
pub(super) fn bounds_of<'a>(
    series: impl Iterator<Item = &'a Series>,
    duration: i64,
    allowance: &Allowance,
    into: &mut Vec<(i64, i64)>,
) {
    let mut add = |bounds| {
        if let Err(place) = into.binary_search(&bounds) {
            into.insert(place, bounds);
        }
    };
    for one in series.take_while(|_| allowance.goes_on()) {
        one.empty_in.iter().for_each(|start| add(shard_bounds(*start, duration)));
        one.columns.times().for_each(|points| bounds_of_points(&points, duration, &mut add));
    }
}

fn bounds_of_points(points: &Points, duration: i64, add: &mut impl FnMut((i64, i64))) {
    let mut from = i64::MIN;
    while let Some(time) = points.next_time(from) {
        let bounds = shard_bounds(time, duration);
        add(bounds);
        if bounds.1 == i64::MAX {
            break;
        }
        from = bounds.1 + 1;
    }
}

/// The shards of a table that a range of time touches, by time.
pub(super) fn shards<'a>(table: &'a Table, wanted: &Wanted<'_>) -> Vec<Shard<'a>> {
    let range @ Range { first, last, .. } = wanted.range;
    let measurement = &table.measurement;
    let mut bounds = Vec::new();
    let all = measurement.series.iter();
    bounds_of(all, table.shard_duration, wanted.allowance, &mut bounds);
    let alone = bounds.len() == 1;
    bounds.retain(|shard| range.touches(*shard));
    let may_hold = |series: &&Series| {
        table.condition.as_ref().is_none_or(|c| c.may_hold(&At { series, time: first }))
    };
    let key =
        |series: &'a Series| (super::show::series_key(&measurement.name, &series.tags), series);
    let mut series: Vec<_> = measurement.series.iter().filter(may_hold).map(key).collect();
    series.sort_by(|a, b| if wanted.reversed { b.0.cmp(&a.0) } else { a.0.cmp(&b.0) });
    let mut sets: BTreeMap<(Vec<u8>, Vec<Name>), Vec<&Series>> = BTreeMap::new();
    for (_, series) in series {
        let values = group_of(series, wanted.group);
        sets.entry((set_key(wanted.group, &values), values)).or_default().push(series);
    }
    let in_shard = |(start, end): (i64, i64)| {
        let stands = |s: &&&Series| {
            let is_inside = |empty: &i64| start <= *empty && *empty <= end;
            alone || s.columns.any_between(start, end) || s.empty_in.iter().any(is_inside)
        };
        let sets = sets.iter().take_while(|_| wanted.allowance.goes_on());
        let sets = sets.filter_map(|((_, values), series)| {
            let series: Vec<&Series> = series.iter().filter(stands).copied().collect();
            (!series.is_empty()).then(|| TagSet { values: values.clone(), series })
        });
        Shard { first: start.max(first), last: end.min(last), sets: limited(sets, wanted) }
    };
    bounds.into_iter().map(in_shard).collect()
}

/// How often series of a measurement are opened at most: each in every shard from its first point to its
/// last.
pub(super) fn openings(measurement: &Measurement, duration: i64) -> usize {
    let of_points = |points: Cow<'_, Points>| {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return 0 };
        let shards = shard_of(last, duration) - shard_of(first, duration) + 1;
        usize::try_from(shards).unwrap_or(usize::MAX).min(points.len())
    };
    let of_series =
        |series: &Series| series.columns.times().map(of_points).max().unwrap_or_default().max(1);
    measurement.series.iter().map(of_series).sum()
}

/// Tables as they are opened in one direction, for all functions of a statement.
pub(super) struct Opened<'a> {
    /// The groups that there are, sorted.
    pub(super) groups: Vec<(Name, Vec<Name>)>,
    pub(super) tables: Vec<(&'a Table, Vec<Numbered<'a>>)>,
}

/// A shard whose sets are known by the numbers of their groups.
pub(super) struct Numbered<'a> {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) sets: Vec<(usize, Vec<&'a Series>)>,
}

impl<'a> Opened<'a> {
    fn new(tables: &'a [Table], wanted: &Wanted<'_>) -> Self {
        // First they are numbered as they are met.
        let mut met: BTreeMap<(Name, Vec<Name>), usize> = BTreeMap::new();
        let mut opened = Vec::new();
        for table in tables {
            let mut number = |set: TagSet<'a>| {
                let next = met.len();
                let key = (table.measurement.name.clone(), set.values);
                (*met.entry(key).or_insert(next), set.series)
            };
            let mut numbered = |Shard { first, last, sets }| Numbered {
                first,
                last,
                sets: sets.into_iter().map(&mut number).collect(),
            };
            let shards = shards(table, wanted).into_iter().map(&mut numbered).collect();
            opened.push((table, shards));
        }
        let mut places = vec![0; met.len()];
        met.values().enumerate().for_each(|(place, number)| places[*number] = place);
        let shards = opened.iter_mut().flat_map(|(_, shards): &mut (_, Vec<Numbered<'_>>)| shards);
        for (number, _) in shards.flat_map(|shard| &mut shard.sets) {
            *number = places[*number];
        }
        Self { groups: met.into_keys().collect(), tables: opened }
    }
}

/// Tables as they are opened from their first series on and from their last, each once it is asked for.
pub(super) struct Directions<'a> {
    tables: &'a [Table],
    forwards: OnceCell<Opened<'a>>,
    backwards: OnceCell<Opened<'a>>,
}

impl<'a> Directions<'a> {
    pub(super) const fn of(tables: &'a [Table]) -> Self {
        Self { tables, forwards: OnceCell::new(), backwards: OnceCell::new() }
    }

    /// In the direction in which rows are wanted: in nothing else may these differ from those of the
    /// other times that this is called.
    pub(super) fn opened(&self, wanted: &Wanted<'_>) -> &Opened<'a> {
        let direction = if wanted.reversed { &self.backwards } else { &self.forwards };
        direction.get_or_init(|| Opened::new(self.tables, wanted))
    }
}

/// `SLIMIT` and `SOFFSET` of the Go products count the sets of each shard, with rows or without;
/// without `SLIMIT`, `SOFFSET` leaves nothing (1.6:query/iterator.go, `LimitTagSets`).
fn limited<'a>(sets: impl Iterator<Item = TagSet<'a>>, wanted: &Wanted<'_>) -> Vec<TagSet<'a>> {
    match wanted.sets {
        (0, 0) => sets.collect(),
        (limit, offset) => sets.skip(offset).take(limit).collect(),
    }
}

/// By what sets of tags are sorted: the keys that there are, then the values
/// (1.6:tsdb/meta.go, `MakeTagsKey`).
fn set_key(group: &[Name], values: &[Name]) -> Vec<u8> {
    let there = || group.iter().zip(values).filter(|(_, value)| !value.is_empty());
    let parts: Vec<Name> = there().map(|t| t.0).chain(there().map(|t| t.1)).cloned().collect();
    parts.join(&b'|')
}
