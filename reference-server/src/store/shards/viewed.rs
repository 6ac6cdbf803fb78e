//! What queries see of a bucket: the series that they ask for, with what all shards have of each.

use super::ShardedBucket;
use super::shard::Shard;
use crate::lock::lock;
use crate::query::allowance::Allowance;
use crate::store::series::TagSet;
use crate::store::series_map::Reading;
use crate::store::value::Name;
use crate::store::view::{
    Asked, Fields, MANY_SERIES, Meant, Measurement, Names, SERIES_AT_ONCE, Series, Which, give_way,
};
use profiles::storage::TypesOf;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex};

/// Of fewer series of single shards it does not matter that a series of many shards is there many times.
const MANY: usize = if cfg!(test) { 10 } else { 100_000 };

/// How many series may be passed over in the time that one takes that is meant.
const PASSED_OVER: usize = 4;

/// What queries see of a bucket that others write to: it is theirs between two looks. Where the query was
/// ended meanwhile there is nothing.
pub(crate) fn view_of(
    bucket: &Mutex<ShardedBucket>,
    names: Names<'_>,
    asked: &Asked<'_>,
) -> Vec<Measurement> {
    let mut viewed = Viewed::of(names, *asked);
    let before = asked.allowance.kept();
    // A series of several shards is kept as one, once it was put together.
    let count = |viewed: &Viewed<'_, '_>| {
        let series = viewed.series.len() + viewed.new.len();
        asked.allowance.settle(before.saturating_add(series * asked.size_of_series()));
    };
    loop {
        // Nothing that grows with what was seen is done under the lock.
        viewed.new.reserve(SERIES_AT_ONCE);
        let are_more = lock(bucket).look(&mut viewed, SERIES_AT_ONCE);
        count(&viewed);
        if !asked.allowance.goes_on_now() {
            return Vec::new();
        }
        if !are_more {
            viewed.put_together();
            count(&viewed);
            return viewed.finish();
        }
        give_way();
        if viewed.seen > MANY_SERIES {
            asked.allowance.take_turns();
        }
        if viewed.new.len() > viewed.series.len().max(MANY) {
            viewed.put_together();
        }
    }
}

/// What was seen of a bucket by now.
pub(crate) struct Viewed<'n, 'q> {
    names: Names<'n>,
    asked: Asked<'q>,
    measurements: BTreeMap<Name, Measurement>,
    /// With their measurements, in their order, each once.
    series: Vec<(Name, Series)>,
    /// The same of each later shard by itself, shard by shard; the first of these shards may be the last one
    /// of those above.
    new: Vec<(Name, Series)>,
    /// The first shard that any of them is of, and whether others are of another.
    shard: Option<i64>,
    are_of_several: bool,
    /// How many series were looked at, whether they are meant or not.
    seen: usize,
    /// Where the next look begins.
    at: Place,
    /// What is looked at.
    current: Option<Current<'q>>,
}

/// A shard by its start, and the first series in it.
#[derive(Clone)]
struct Place {
    shard: i64,
    from: Bound<(Name, TagSet)>,
}

/// A measurement while its series are looked at.
struct Current<'q> {
    name: Name,
    /// None where all are meant.
    meant: Option<Meant<'q>>,
    keys: BTreeSet<Name>,
    /// The tags that were looked at last; nearly always all series have the same keys.
    before: Option<TagSet>,
}

impl Current<'_> {
    fn note_keys(&mut self, tags: &TagSet) {
        let is_same = |(one, other): (&(Name, Name), &(Name, Name))| {
            Arc::ptr_eq(&one.0, &other.0) || one.0 == other.0
        };
        let are_same = |before: &TagSet| {
            before.len() == tags.len() && before.iter().zip(tags.iter()).all(is_same)
        };
        if !self.before.as_ref().is_some_and(are_same) {
            self.keys.extend(tags.iter().map(|(key, _)| Name::clone(key)));
            self.before = Some(TagSet::clone(tags));
        }
    }
}

impl ShardedBucket {
    /// What queries see, measurements in the order of their names.
    pub fn view(&mut self) -> Vec<Measurement> {
        let allowance = Allowance::unlimited();
        let mut viewed = Viewed::of(Names::All, Asked::everything(&allowance));
        self.look(&mut viewed, usize::MAX);
        viewed.finish()
    }

    /// The first and last times of the shards that know a series or a field, by time. None where types
    /// belong to the bucket: what is a shard here is none of the product's then.
    pub(crate) fn shard_bounds(&self) -> Option<Vec<(i64, i64)>> {
        if self.rules.types == TypesOf::TheBucket {
            return None;
        }
        let known = self.shards.iter().filter(|(_, shard)| !shard.is_unknown());
        // The last one of all has no time behind it.
        let last = |shard: &Shard| if shard.end == i64::MAX { shard.end } else { shard.end - 1 };
        Some(known.map(|(start, shard)| (*start, last(shard))).collect())
    }

    /// Adds so many more series to what was seen; whether there are more. What is written between two
    /// looks may be seen or not; what was there before the first one is.
    pub(crate) fn look(&mut self, viewed: &mut Viewed<'_, '_>, most: usize) -> bool {
        let mut left = most.saturating_mul(PASSED_OVER);
        while left > 0 {
            let Place { shard: start, from } = &viewed.at;
            let Some((found, shard)) = self.shards.range(*start..).next() else { return false };
            // A shard may be gone since.
            if found != start {
                viewed.at = viewed.beginning_of(*found);
                continue;
            }
            let start = *start;
            let is_meant =
                |name: &&Name| !matches!(viewed.names, Names::One(one) if *one != ***name);
            let Some(name) = shard.measurement_from(from.as_ref()).filter(is_meant).cloned() else {
                // After the points: a field is declared before it has any.
                viewed.declare(start, shard);
                let Some(next) = start.checked_add(1) else { return false };
                viewed.at = viewed.beginning_of(next);
                continue;
            };
            left -= 1;
            let is_over = if viewed.names.has(&name) {
                if viewed.current.as_ref().is_none_or(|current| current.name != name) {
                    viewed.begin(&name, &|| self.field_names(&name));
                }
                let Some(shard) = self.shards.get_mut(&start) else { return false };
                viewed.look_at(start, shard, &mut left)
            } else {
                true
            };
            if is_over {
                // No name is between the two.
                let next = Name::from([&*name, b"\0"].concat());
                viewed.at.from = Bound::Included((next, TagSet::default()));
            }
        }
        true
    }

    /// The fields of a measurement in all shards.
    fn field_names(&self, measurement: &[u8]) -> BTreeSet<Name> {
        let fields = self.shards.values().filter_map(|shard| shard.fields_of(measurement));
        fields.flat_map(|fields| fields.keys().cloned()).collect()
    }
}

impl<'n, 'q> Viewed<'n, 'q> {
    fn of(names: Names<'n>, asked: Asked<'q>) -> Self {
        let mut viewed = Self {
            names,
            asked,
            measurements: BTreeMap::new(),
            series: Vec::new(),
            new: Vec::new(),
            shard: None,
            are_of_several: false,
            seen: 0,
            at: Place { shard: i64::MIN, from: Bound::Unbounded },
            current: None,
        };
        viewed.at = viewed.beginning_of(i64::MIN);
        viewed
    }

    fn beginning_of(&self, shard: i64) -> Place {
        let from = match self.names {
            Names::One(name) => Bound::Included((Name::from(name), TagSet::default())),
            Names::All | Names::Matching(_) => Bound::Unbounded,
        };
        Place { shard, from }
    }

    /// Notes the fields of a shard.
    fn declare(&mut self, start: i64, shard: &Shard) {
        let (names, measurements) = (self.names, &mut self.measurements);
        for (name, fields) in shard.fields_among(names) {
            let measurement = measurements.entry(Name::clone(name)).or_default();
            for (field, kind) in fields {
                let entry = (Name::clone(field), *kind);
                if !measurement.fields.contains(&entry) {
                    measurement.fields.push(entry);
                }
                measurement.declared.push((start, Name::clone(field), *kind));
            }
        }
    }

    /// Begins with a measurement, in whichever shard.
    fn begin(&mut self, name: &Name, fields: Fields<'_>) {
        self.end();
        self.measurements.entry(Name::clone(name)).or_default();
        let meant = match self.asked.series {
            Which::Some(chooser) => Some(chooser(name, fields)),
            Which::All | Which::None => None,
        };
        let (name, keys) = (Name::clone(name), BTreeSet::new());
        self.current = Some(Current { name, meant, keys, before: None });
    }

    fn end(&mut self) {
        if let Some(Current { name, keys, .. }) = self.current.take()
            && !keys.is_empty()
        {
            self.measurements.entry(name).or_default().tag_keys.extend(keys);
        }
    }

    /// Looks at the series of the current measurement in a shard; whether it saw the last one.
    fn look_at(&mut self, start: i64, shard: &mut Shard, left: &mut usize) -> bool {
        let Some(current) = &mut self.current else { return true };
        let reading = match self.asked.series {
            Which::None => return true,
            Which::All if self.asked.points => Reading::Tags,
            Which::All | Which::Some(_) => Reading::TagsAlone,
        };
        let mut last = None;
        shard.each_series_from(self.at.from.as_ref(), reading, |name, tags, points| {
            if !Arc::ptr_eq(name, &current.name) && *name != current.name {
                return false;
            }
            self.seen += 1;
            current.note_keys(tags);
            let is_meant = current.meant.as_ref().is_none_or(|is_meant| is_meant(tags));
            if is_meant {
                let mut series = Series { tags: tags.clone(), ..Series::default() };
                if self.asked.points {
                    points.settle();
                    series.columns = points.columns(start);
                    series.empty_in.extend(points.is_empty().then_some(start));
                }
                self.are_of_several |= *self.shard.get_or_insert(start) != start;
                self.new.push((Name::clone(&current.name), series));
            }
            *left = left.saturating_sub(if is_meant { PASSED_OVER } else { 1 });
            if *left == 0 {
                last = Some(TagSet::clone(tags));
            }
            *left > 0
        });
        let Some(last) = last else { return true };
        self.at.from = Bound::Excluded((Name::clone(&current.name), last));
        false
    }

    /// Makes one of what several shards have of a series.
    fn put_together(&mut self) {
        if self.new.is_empty() {
            return;
        }
        self.series.append(&mut self.new);
        if !self.are_of_several {
            return;
        }
        // A few runs, each in its order; of one series, the shards stay in theirs.
        self.series.sort_by(|(a, one), (b, other)| (a, &one.tags).cmp(&(b, &other.tags)));
        self.series.dedup_by(|(name, later), (before, known)| {
            let same = name == before && later.tags == known.tags;
            if same {
                known.columns.append(std::mem::take(&mut later.columns));
                known.empty_in.append(&mut later.empty_in);
            }
            same
        });
    }

    fn finish(mut self) -> Vec<Measurement> {
        self.end();
        self.put_together();
        let Self { mut measurements, series, .. } = self;
        let mut series = series.into_iter().peekable();
        while let Some((name, first)) = series.next() {
            let others = std::iter::from_fn(|| series.next_if(|(other, _)| *other == name));
            let all = std::iter::once(first).chain(others.map(|(_, one)| one)).collect();
            measurements.entry(name).or_default().series = all;
        }
        let finish = |(name, mut measurement): (Name, Measurement)| {
            measurement.tag_keys.sort();
            measurement.tag_keys.dedup();
            measurement.fields.sort_by(|a, b| a.0.cmp(&b.0));
            measurement.name = name;
            measurement
        };
        measurements.into_iter().map(finish).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::allowance::{Limits, Stopped};
    use line_protocol::{Dialect, Options};
    use std::time::{Duration, Instant};

    const DAY: i64 = 86_400_000_000_000;
    /// 2024-01-08, a Monday.
    const MONDAY: i64 = 1_704_672_000_000_000_000;

    /// Series of one shard and of several, and `left`, of which all points are refused.
    fn filled() -> ShardedBucket {
        let rules = profiles::ALL.iter().find_map(|profile| match &profile.facts.storage {
            profiles::storage::Storage::Shards(rules) => Some(*rules),
            _ => None,
        });
        let mut bucket = ShardedBucket::new(rules.unwrap(), None, DAY);
        let mut text = String::new();
        for row in 0..60 {
            let (host, day) = (row % 7, row % 4);
            let more = if row % 7 == 3 { ",more=x" } else { "" };
            text += &format!("m,h={host}{more} f={row},g=1i {}\n", MONDAY + day * DAY + row);
            text += &format!("n{host} f={row} {}\n", MONDAY + row);
        }
        text += &format!("n7,h=refused f=1i,f=2 {MONDAY}\n");
        let parsed = line_protocol::parse(text.as_bytes(), &Dialect::GO_V2, &Options::default());
        let lines: Vec<_> = parsed.flatten().collect();
        let (last, good) = lines.split_last().unwrap();
        assert_eq!(bucket.write(good, MONDAY + 10 * DAY), Ok(()));
        assert!(bucket.write(std::slice::from_ref(last), MONDAY + 10 * DAY).is_err());
        bucket
    }

    #[test]
    fn looked_at_piece_by_piece_it_is_what_it_is_at_once() {
        let mut bucket = filled();
        let whole = bucket.view();
        assert_eq!(whole.len(), 9);
        for measurement in &whole {
            let tags: Vec<_> = measurement.series.iter().map(|series| &series.tags).collect();
            assert!(tags.is_sorted_by(|one, next| one < next), "{tags:?}");
        }
        let points = |measurement: &Measurement| -> usize {
            let columns = measurement.series.iter().flat_map(|series| series.columns.all());
            columns.map(|column| column.points.len()).sum()
        };
        assert_eq!(points(&whole[0]), 120);
        assert_eq!(whole[1..].iter().map(points).sum::<usize>(), 60);
        assert_eq!((whole[0].series.len(), whole[8].series.len()), (7, 1));
        let in_shards: usize = bucket.shards.values().map(|shard| shard.series().count()).sum();
        assert_eq!((bucket.series_count(), bucket.series_count() > 14), (in_shards, true));
        assert_eq!(whole[0].tag_keys, [&b"h"[..], b"more"].map(Name::from));
        let allowance = Allowance::unlimited();
        let asked = Asked::everything(&allowance);
        assert_eq!(view_of(&Mutex::new(bucket.clone()), Names::All, &asked), whole);
        // Each counts once, however many shards it is in.
        assert_eq!(allowance.kept(), 15 * asked.size_of_series());
        for most in 1..40 {
            let mut viewed = Viewed::of(Names::All, asked);
            let mut looks = 1;
            while bucket.look(&mut viewed, most) {
                // Nothing of an earlier look is lost, nothing comes twice.
                looks += 1;
            }
            assert!(looks >= 35 / most, "{looks} looks of {most} series");
            assert_eq!(viewed.finish(), whole, "{most} at once");
        }
    }

    #[test]
    fn what_is_asked_for_is_what_would_be_left_of_all() {
        let mut bucket = filled();
        let whole = bucket.view();
        let allowance = Allowance::unlimited();
        let is_one_of = |name: &[u8]| name.last().is_some_and(|last| matches!(last, b'2'..=b'5'));
        let names = [
            Names::All,
            Names::One(b"m"),
            Names::One(b"n3"),
            Names::One(b"n7"),
            Names::One(b"n"),
            Names::One(b"z"),
            Names::One(b""),
            Names::Matching(&is_one_of),
            Names::Matching(&|_| false),
        ];
        let is_meant = |tags: &TagSet| tags.iter().any(|(_, value)| **value > *b"3".as_slice());
        let chooser = |name: &Name, fields: Fields<'_>| -> Meant<'_> {
            let expected: &[&[u8]] = if **name == *b"m" { &[b"f", b"g"] } else { &[b"f"] };
            assert!(fields().iter().map(|field| &**field).eq(expected.iter().copied()));
            Box::new(is_meant)
        };
        for (number, names) in names.into_iter().enumerate() {
            for series in [Which::All, Which::None, Which::Some(&chooser)] {
                for points in [true, false] {
                    let asked = Asked { series, points, allowance: &allowance };
                    let mut expected: Vec<_> =
                        whole.iter().filter(|m| names.has(&m.name)).cloned().collect();
                    for measurement in &mut expected {
                        match series {
                            Which::All => {}
                            Which::Some(_) => measurement.series.retain(|one| is_meant(&one.tags)),
                            Which::None => {
                                measurement.series.clear();
                                measurement.tag_keys.clear();
                            }
                        }
                        if !points {
                            let tags = |one: &Series| one.tags.clone();
                            let bare = |tags| Series { tags, ..Series::default() };
                            measurement.series =
                                measurement.series.iter().map(tags).map(bare).collect();
                        }
                    }
                    assert_eq!(view_of(&Mutex::new(bucket.clone()), names, &asked), expected);
                    for most in 1..40 {
                        let mut viewed = Viewed::of(names, asked);
                        while bucket.look(&mut viewed, most) {}
                        assert_eq!(viewed.finish(), expected, "names {number}, {most} at once");
                    }
                }
            }
        }
    }

    #[test]
    fn many_that_are_passed_over_are_some_looks() {
        let mut bucket = filled();
        let allowance = Allowance::unlimited();
        let chooser = |_: &Name, _: Fields<'_>| -> Meant<'_> { Box::new(|_| false) };
        let series = Which::Some(&chooser);
        let asked = Asked { series, ..Asked::everything(&allowance) };
        let mut viewed = Viewed::of(Names::One(b"m"), asked);
        let mut looks = 1;
        while bucket.look(&mut viewed, 1) {
            looks += 1;
        }
        // Of 28 series in four shards, four at once but for those that begin a measurement.
        assert!((7..=14).contains(&looks), "{looks}");
        assert_eq!(viewed.seen, 28);
    }

    #[test]
    fn who_may_not_have_them_all_has_none() {
        let bucket = Mutex::new(filled());
        let allowance =
            |memory| Allowance::since(Instant::now(), Limits { memory, time: Duration::MAX });
        let needed = 36 * Asked::everything(&Allowance::unlimited()).size_of_series();
        let too_little = needed / 36 * 14;
        let (enough, less) = (allowance(needed), allowance(too_little));
        assert_eq!(lock(&bucket).series_count(), 36);
        assert_eq!(view_of(&bucket, Names::All, &Asked::everything(&enough)).len(), 9);
        assert_eq!(enough.check(), Ok(()));
        assert_eq!(view_of(&bucket, Names::All, &Asked::everything(&less)), []);
        assert_eq!(less.check(), Err(Stopped::TooLarge(too_little)));
        // Nothing but their tags is less.
        let tags = allowance(needed);
        assert_eq!(view_of(&bucket, Names::All, &Asked::tags(&tags)).len(), 9);
        assert!(tags.kept() < enough.kept());
        let late =
            Allowance::since(Instant::now(), Limits { memory: usize::MAX, time: Duration::ZERO });
        assert_eq!(view_of(&bucket, Names::All, &Asked::everything(&late)), []);
    }

    #[test]
    fn shards_that_know_something_have_bounds() {
        let mut bucket = filled();
        let day = |n: i64| (MONDAY + n * DAY, MONDAY + (n + 1) * DAY - 1);
        assert_eq!(bucket.shard_bounds(), Some([0, 1, 2, 3].map(day).to_vec()));
        // What is removed leaves its shard behind, which knows nothing.
        for name in bucket.view().iter().map(|measurement| &measurement.name) {
            bucket.drop_measurement(name);
        }
        assert_eq!(bucket.shard_bounds(), Some(vec![]));
        let line = format!("m f=1 {}\n", i64::MAX - 2);
        let parsed = line_protocol::parse(line.as_bytes(), &Dialect::GO_V2, &Options::default());
        let lines: Vec<_> = parsed.flatten().collect();
        assert_eq!(bucket.write(&lines, MONDAY), Ok(()));
        assert_eq!(bucket.shard_bounds().unwrap()[0].1, i64::MAX);
    }
}
