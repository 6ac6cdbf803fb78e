//! Storage of the Go products: one bucket (v1: database and retention policy) in shards by time.
//!
//! A shard holds the types of its fields and the points of its series. Which type a field has is
//! decided per measurement and shard, not per bucket (2.7:tsdb/shard.go): the same field may be a
//! float one week and a string the next.

mod by_field;
mod shard;
mod viewed;

use super::kept::Bytes;
use super::numbers::Numbers;
use super::recent::Layout;
use super::rows::{self, Rows};
use super::series::{SeriesPoints, TagSet};
use super::series_map::{AHEAD, Reading};
use super::snapshot::{Index, Moved, SavedSeries, Section, SeriesToSave};
use super::value::{FieldType, Name};
use crate::go_text;
use crate::query::influxql::host::{Remove, SeriesKey};
use line_protocol::Line;
use profiles::storage::{BeyondRetention, ConflictInBatch, Loss, Shards as Rules, TypesOf};
use serde::{Deserialize, Serialize};
use shard::{SavedShard, Shard};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

pub use by_field::{LostField, Row, Why};
pub(in crate::store) use shard::stored;
pub(crate) use shard::type_of;
pub use shard::{Dropped, ShardFault};
pub(crate) use viewed::view_of;

/// Nanoseconds from Go's zero time (Monday 0001-01-01) to 1970: shards are cut from there.
const ZERO_TIME_TO_EPOCH: i128 = 719_162 * 86_400 * 1_000_000_000;

/// The points of one bucket.
#[derive(Clone, Debug)]
pub struct ShardedBucket {
    rules: Rules,
    /// How long points are kept, in nanoseconds; `None` is for ever.
    pub retention: Option<i64>,
    /// How much time a new shard covers, in nanoseconds.
    pub shard_duration: i64,
    /// By start.
    shards: BTreeMap<i64, Shard>,
    /// The types of a series' fields, where they belong to the bucket.
    types: BTreeMap<(Name, TagSet), BTreeMap<Name, FieldType>>,
}

/// What storage did not take of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageFault {
    /// Points or fields were dropped: what, why and how many; the rest is stored.
    Dropped(Dropped),
    /// A type conflict within the batch: nothing of the shard is stored.
    Conflict,
    /// A name that the new shard cannot hold: nothing of the shard is stored.
    NotUtf8,
    /// The release panics on this input: nothing is stored.
    Panic,
}

impl ShardedBucket {
    /// An empty bucket.
    pub fn new(rules: Rules, retention: Option<i64>, shard_duration: i64) -> Self {
        Self {
            rules,
            retention,
            shard_duration: shard_duration.max(1),
            shards: BTreeMap::new(),
            types: BTreeMap::new(),
        }
    }

    /// Stores a batch. Every line has its time.
    ///
    /// # Errors
    /// What was not stored, as the first shard that has something to say words it; retention only
    /// speaks where no shard does.
    pub fn write(&mut self, lines: &[Line<'_>], now: i64) -> Result<(), StorageFault> {
        if self.rules.conflict_in_batch == ConflictInBatch::LosesFields {
            let rows: Vec<Row> = lines.iter().map(Row::from).collect();
            let lost = self.write_by_field(&rows, now);
            tracing::debug!(fields = lost.len(), "lost without being asked for");
            return Ok(());
        }
        if self.rules.panics_at_tags.is_some_and(|n| lines.iter().any(|l| l.tags.len() == n)) {
            return Err(StorageFault::Panic);
        }
        self.enforce_retention(now);
        let oldest = self.retention.map_or(i64::MIN, |retention| now.saturating_sub(retention));
        // A point that is too old is still taken where the same batch opens its shard
        // (2.7:v1/coordinator/points_writer.go MapShards).
        let mut opened = BTreeMap::new();
        for line in lines {
            let time = time_of(line);
            if time >= oldest && self.covering(&opened, time).is_none() {
                let (start, is_new) = self.open_shard(time);
                opened.insert(start, is_new);
            }
        }
        let mut too_old = Vec::new();
        let mut by_shard: BTreeMap<i64, Vec<&Line<'_>>> = BTreeMap::new();
        for line in lines {
            let time = time_of(line);
            let forgiven = time >= oldest || self.rules.types == TypesOf::EachShard;
            match self.covering(&opened, time).filter(|_| forgiven) {
                Some(start) => by_shard.entry(start).or_default().push(line),
                None => too_old.push(line),
            }
        }
        let mut first_fault = None;
        for (start, lines) in by_shard {
            let is_new = opened.get(&start).copied().unwrap_or(false);
            if let Some(shard) = self.shards.get_mut(&start) {
                let outcome = shard.write(&self.rules, is_new, &lines);
                first_fault = first_fault.or_else(|| outcome.err());
            }
        }
        match first_fault {
            Some(ShardFault::Dropped(dropped)) => Err(StorageFault::Dropped(dropped)),
            Some(ShardFault::Conflict) => Err(StorageFault::Conflict),
            Some(ShardFault::NotUtf8) => Err(StorageFault::NotUtf8),
            None if too_old.is_empty() => Ok(()),
            None => Err(StorageFault::Dropped(Dropped {
                loss: Loss::Retention,
                reason: self.beyond_retention(&too_old, oldest),
                count: too_old.len(),
            })),
        }
    }

    /// Stores rows, if it knows the fields of each, and each has a series of which nothing can be refused,
    /// a time that is kept, and a shard: nothing about them can be refused then. Else it stores none of them.
    pub(crate) fn take(&mut self, rows: &Rows<'_>, now: i64, numbers: &mut Numbers) -> bool {
        if self.rules.conflict_in_batch == ConflictInBatch::LosesFields {
            return false;
        }
        self.enforce_retention(now);
        let oldest = self.retention.map_or(i64::MIN, |retention| now.saturating_sub(retention));
        // Which layout rows of a shape have in a shard, by their numbers; nearly always one of each.
        let mut fitting: Vec<Arc<Layout>> = Vec::new();
        let mut known: HashMap<(usize, i64), usize> = HashMap::new();
        let mut last = None;
        let mut places = Vec::with_capacity(rows.len());
        // Those that may be new.
        let mut new: VecDeque<(Name, TagSet)> = VecDeque::new();
        let mut current = None;
        for (number, (row, key, _)) in rows.iter().enumerate() {
            if number.is_multiple_of(AHEAD) {
                let next = rows.window(number, AHEAD);
                let shard = next[0].time().and_then(|time| self.shard_of(time));
                // Nearly always all are of one shard.
                if let Some(shard) = shard.and_then(|(start, _)| self.shards.get(&start)) {
                    shard.look_ahead_for_keys(next.iter().map(rows::Row::hash));
                }
            }
            let Some(time) = row.time().filter(|time| *time >= oldest) else { return false };
            let found = match current {
                Some((start, end)) if start <= time && time < end => Some((start, end)),
                _ => self.shard_of(time),
            };
            let Some((start, _)) = found else { return false };
            current = found;
            let Some(shard) = self.shards.get_mut(&start) else { return false };
            let of = (row.shape(), start);
            let fits = match last {
                Some((same, fits)) if same == of => fits,
                _ => match known.get(&of) {
                    Some(fits) => *fits,
                    None => {
                        let layout = shard.fitting_of(&rows.shapes()[row.shape()]);
                        let Some(layout) = layout else { return false };
                        fitting.push(layout);
                        known.insert(of, fitting.len() - 1);
                        fitting.len() - 1
                    }
                },
            };
            last = Some((of, fits));
            let slot = shard.slot_by(row.hash(), key);
            if slot.is_none() {
                let shape = &rows.shapes()[row.shape()];
                let series = Shard::new_series(&self.rules, shape, key);
                let Some(series) = series else { return false };
                new.push_back(series);
            }
            places.push((start, slot, time, fits));
        }
        for (number, (_, key, words)) in rows.iter().enumerate() {
            if number.is_multiple_of(AHEAD) {
                let next = places[number..].iter().take(AHEAD);
                let slots =
                    next.filter_map(|(start, slot, ..)| Some((self.shards.get(start)?, (*slot)?)));
                Shard::look_ahead_at_slots(slots);
            }
            let (start, slot, time, fits) = places[number];
            if let Some(shard) = self.shards.get_mut(&start) {
                let slot = slot.or_else(|| Some(shard.slot_for(key, new.pop_front()?)));
                let Some(slot) = slot else { continue };
                shard.push(slot, &fitting[fits], time, words, numbers);
            }
        }
        true
    }

    /// Start and end of the shard that covers a time, where there is one.
    fn shard_of(&self, time: i64) -> Option<(i64, i64)> {
        let (start, shard) = self.shards.range(..=time).next_back()?;
        (time < shard.end).then_some((*start, shard.end))
    }

    /// Forgets points between two times, both included, of the series that `matches` picks.
    pub fn delete(
        &mut self,
        start: i64,
        stop: i64,
        matches: impl Fn(&[u8], &TagSet, &[u8]) -> bool,
    ) {
        for shard in self.shards.values_mut() {
            shard.delete(start, stop, &matches);
        }
        self.forget_types();
    }

    /// Forgets what an InfluxQL statement removes.
    pub fn remove(&mut self, removal: &Remove) {
        // A statement may mean all series that there are.
        let listed = |keys: &[SeriesKey]| {
            let keys = keys.iter().map(|key| (Name::clone(&key.measurement), key.tags.clone()));
            let mut listed: BTreeMap<Name, BTreeSet<TagSet>> = BTreeMap::new();
            keys.for_each(|(name, tags)| _ = listed.entry(name).or_default().insert(tags));
            move |name: &[u8], tags: &TagSet| listed.get(name).is_some_and(|of| of.contains(tags))
        };
        match removal {
            Remove::Measurement(name) => self.drop_measurement(name),
            Remove::Series(keys) => self.drop_series(listed(keys)),
            Remove::Points { series, first, last } => {
                let is_listed = listed(series);
                self.delete(*first, *last, |name, tags, _| is_listed(name, tags));
            }
        }
    }

    /// Forgets a measurement with its fields.
    pub fn drop_measurement(&mut self, name: &[u8]) {
        for shard in self.shards.values_mut() {
            shard.drop_measurement(name);
        }
        self.forget_types();
    }

    /// Forgets series with all their points.
    pub fn drop_series(&mut self, matches: impl Fn(&[u8], &TagSet) -> bool) {
        for shard in self.shards.values_mut() {
            shard.drop_series(&matches);
        }
        self.forget_types();
    }

    /// Drops the shards that are wholly older than the retention period; each write begins with it.
    fn enforce_retention(&mut self, now: i64) {
        if let Some(retention) = self.retention {
            let oldest = now.saturating_sub(retention);
            let before = self.shards.len();
            self.shards.retain(|_, shard| shard.end > oldest);
            if self.shards.len() < before {
                self.forget_types();
            }
        }
    }

    /// All of it as it is now: what becomes of the one is not seen in the other.
    pub(crate) fn frozen(&mut self) -> Self {
        self.shards.values_mut().for_each(Shard::seal);
        self.clone()
    }

    /// How many series there are, each counted in every shard that has it.
    pub(crate) fn series_count(&self) -> usize {
        self.shards.values().map(Shard::series_count).sum()
    }

    /// Lets go of what is in files by now.
    pub(crate) fn move_out(&mut self, moved: &Moved) {
        self.each_series(Reading::Blocks, &mut |_, _, series| moved.apply(series));
    }

    /// Shows each series, shard by shard and measurement by measurement.
    pub(super) fn each_series(
        &mut self,
        reading: Reading,
        visit: &mut dyn FnMut(Section<'_>, &TagSet, &mut SeriesPoints),
    ) {
        for (start, shard) in &mut self.shards {
            let tags_are_text = shard.tags_are_text();
            shard.each_series(reading, |measurement, tags, points| {
                let section = Section { shard: Some(*start), measurement, tags_are_text };
                visit(section, tags, points);
            });
        }
    }

    /// What a snapshot says of it, all of whose points are in files by then.
    pub(super) fn saved<'s>(
        &'s self,
        index: &'s RefCell<Index>,
    ) -> SavedShards<SeriesToSave<'s, (Name, TagSet)>> {
        let shards = self.shards.iter().map(|(start, shard)| (*start, shard.saved(index)));
        let types = self.types.iter().map(|((measurement, tags), fields)| {
            let tags = tags.iter().map(|(key, value)| (Bytes::from(key), Bytes::from(value)));
            let fields = fields.iter().map(|(name, kind)| (Bytes::from(name), *kind));
            (Bytes::from(measurement), tags.collect(), fields.collect())
        });
        SavedShards {
            retention: self.retention,
            shard_duration: self.shard_duration,
            shards: shards.collect(),
            types: types.collect(),
        }
    }

    /// The shard that covers a time, made if there is none; and whether it was made.
    fn open_shard(&mut self, time: i64) -> (i64, bool) {
        if self.rules.types == TypesOf::TheBucket {
            // A shard holds types: there is one, for all time.
            let is_new = self.shards.is_empty();
            self.shards.entry(i64::MIN).or_insert_with(|| Shard::new(i64::MAX));
            return (i64::MIN, is_new);
        }
        let existing = self.shards.range(..=time).next_back();
        if let Some((start, _)) = existing.filter(|(_, shard)| time < shard.end) {
            return (*start, false);
        }
        let duration = i128::from(self.shard_duration);
        let since_zero = i128::from(time) + ZERO_TIME_TO_EPOCH;
        let start = i128::from(time) - since_zero.rem_euclid(duration);
        let clamp = |t: i128| t.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
        let (mut start, mut end) = (clamp(start), clamp(start + duration));
        // Shards of another duration may be there already: a new one fills the room they leave.
        if let Some((_, before)) = existing {
            start = start.max(before.end);
        }
        if let Some((after, _)) =
            self.shards.range((Bound::Excluded(time), Bound::Unbounded)).next()
        {
            end = end.min(*after);
        }
        self.shards.insert(start, Shard::new(end));
        (start, true)
    }

    /// Which of these shards, named by their starts, covers a time; shards do not overlap.
    fn covering(&self, starts: &BTreeMap<i64, bool>, time: i64) -> Option<i64> {
        let (start, _) = starts.range(..=time).next_back()?;
        self.shards.get(start).filter(|shard| time < shard.end).map(|_| *start)
    }

    fn beyond_retention(&self, dropped: &[&Line<'_>], bound: i64) -> Vec<u8> {
        match self.rules.beyond_retention {
            BeyondRetention::Short => b"points beyond retention policy".to_vec(),
            BeyondRetention::Detailed => {
                let point = |line: &Line<'_>| {
                    let at = format!(
                        " at {} dropped because it violates a Retention Policy Lower Bound at {}",
                        go_text::rfc3339_nano(time_of(line)),
                        go_text::rfc3339_nano(bound)
                    );
                    [b"point ", &*line.series_key, at.as_bytes()].concat()
                };
                let oldest = dropped.iter().min_by_key(|line| time_of(line));
                let newest = dropped.iter().rev().max_by_key(|line| time_of(line));
                let duration = go_text::duration(self.retention.unwrap_or_default());
                let start = format!(
                    "dropped {} points outside retention policy of duration {duration} - oldest ",
                    dropped.len()
                );
                let oldest = oldest.map(|line| point(line)).unwrap_or_default();
                let newest = newest.map(|line| point(line)).unwrap_or_default();
                [start.as_bytes(), &oldest, b", newest ", &newest].concat()
            }
        }
    }
}

/// A bucket without its points.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedShards<S = Vec<(Bytes, SavedSeries)>> {
    retention: Option<i64>,
    shard_duration: i64,
    shards: Vec<(i64, SavedShard<S>)>,
    /// Where they belong to the bucket. The points do not tell them: a field that has no point any
    /// more keeps its type as long as its series has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    types: Vec<SavedTypes>,
}

/// A series, and the types of its fields.
type SavedTypes = (Bytes, Vec<(Bytes, Bytes)>, Vec<(Bytes, FieldType)>);

impl SavedShards {
    /// The bucket that was saved.
    ///
    /// # Errors
    /// It contradicts itself.
    pub(super) fn restore(self, rules: Rules, index: &Index) -> Result<ShardedBucket, String> {
        let mut bucket = ShardedBucket::new(rules, self.retention, self.shard_duration);
        for (start, shard) in self.shards {
            bucket.shards.insert(start, shard.restore(index)?);
        }
        for (measurement, tags, fields) in self.types {
            let tags = tags.into_iter().map(|(key, value)| (key.shared(), value.shared()));
            let fields = fields.into_iter().map(|(name, kind)| (Name::from(name), kind));
            let key = (measurement.shared(), tags.collect());
            bucket.types.insert(key, fields.collect());
        }
        Ok(bucket)
    }
}

/// A measurement's fields, as they are saved.
type SavedFields = (Bytes, Vec<(Bytes, FieldType)>);

/// The time of a line; the parser of this dialect gave it one.
fn time_of(line: &Line<'_>) -> i64 {
    line.timestamp.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use line_protocol::{Dialect, Options};

    const DAY: i64 = 86_400_000_000_000;
    /// 2024-01-08, a Monday.
    const MONDAY: i64 = 1_704_672_000_000_000_000;

    fn bucket(shard_duration: i64) -> Option<ShardedBucket> {
        let mut rules = profiles::ALL.iter().filter_map(|p| match &p.facts.storage {
            profiles::storage::Storage::Shards(rules) => Some(*rules),
            _ => None,
        });
        Some(ShardedBucket::new(rules.next()?, None, shard_duration))
    }

    fn write(bucket: &mut ShardedBucket, day: i64) {
        let text = format!("m f={day} {}", MONDAY + day * DAY);
        let lines: Vec<_> =
            line_protocol::parse(text.as_bytes(), &Dialect::GO_V2, &Options::default())
                .flatten()
                .collect();
        assert_eq!(bucket.write(&lines, MONDAY + 10 * DAY), Ok(()));
    }

    fn bounds(bucket: &ShardedBucket) -> Vec<(i64, i64)> {
        let in_days = |t: i64| (t - MONDAY) / DAY;
        bucket.shards.iter().map(|(start, s)| (in_days(*start), in_days(s.end))).collect()
    }

    #[test]
    fn a_longer_shard_leaves_the_shorter_ones_alone() {
        let Some(mut bucket) = bucket(DAY) else { panic!("a profile with shards") };
        write(&mut bucket, 0);
        write(&mut bucket, 4);
        bucket.shard_duration = 7 * DAY;
        write(&mut bucket, 2);
        write(&mut bucket, 6);
        assert_eq!(bounds(&bucket), [(0, 1), (1, 4), (4, 5), (5, 7)]);
        assert_eq!(bucket.view()[0].series[0].columns.all()[0].points.len(), 4);
    }

    fn write_all(bucket: &mut ShardedBucket, text: &str) -> Result<(), String> {
        let parsed = line_protocol::parse(text.as_bytes(), &Dialect::GO_V2, &Options::default());
        let lines: Vec<_> = parsed.flatten().collect();
        bucket.write(&lines, MONDAY + 10 * DAY).map_err(|fault| format!("{fault:?}"))
    }

    #[test]
    fn a_refused_point_leaves_its_series_in_each_shard() {
        let Some(mut bucket) = bucket(DAY) else { panic!("a profile with shards") };
        for day in 0..2 {
            let at = MONDAY + day * DAY;
            assert_eq!(write_all(&mut bucket, &format!("m,h=a f=1 {at}\n")), Ok(()));
            assert!(write_all(&mut bucket, &format!("m,h=b f=1i {at}\n")).is_err());
        }
        let seen = bucket.view();
        let empty_in: Vec<_> = seen[0].series.iter().map(|series| &series.empty_in[..]).collect();
        assert_eq!(empty_in, [&[][..], &[MONDAY, MONDAY + DAY]]);
    }

    #[test]
    fn what_is_removed_is_what_was_named() {
        let Some(bucket) = bucket(DAY) else { panic!("a profile with shards") };
        let keys = |keys: &[(&str, &str)]| -> Vec<SeriesKey> {
            let key = |(name, host): &(&str, &str)| SeriesKey {
                measurement: Name::from(name.as_bytes()),
                tags: [(Name::from(&b"h"[..]), Name::from(host.as_bytes()))].into(),
            };
            keys.iter().map(key).collect()
        };
        let left = |removal: &Remove| -> Vec<String> {
            let mut bucket = bucket.clone();
            let text = ["m,h=a", "m,h=b", "n,h=a", "n,h=b"]
                .map(|key| format!("{key} f=1 {MONDAY}\n{key} f=2 {}\n", MONDAY + 1));
            assert_eq!(write_all(&mut bucket, &text.concat()), Ok(()));
            bucket.remove(removal);
            let seen = bucket.view();
            let series = seen.iter().flat_map(|of| of.series.iter().map(|one| (&of.name, one)));
            let told = series.map(|(name, series)| {
                let host = line_protocol::lossy(&series.tags[0].1);
                let points = series.columns.all()[0].points.len();
                format!("{} {host} {points}", line_protocol::lossy(name))
            });
            told.collect()
        };
        let named = keys(&[("n", "a"), ("m", "b"), ("o", "a")]);
        assert_eq!(left(&Remove::Series(named.clone())), ["m a 2", "n b 2"]);
        let points = Remove::Points { series: named, first: MONDAY, last: MONDAY };
        assert_eq!(left(&points), ["m a 2", "m b 1", "n a 1", "n b 2"]);
        assert_eq!(left(&Remove::Measurement(Name::from(&b"m"[..]))), ["n a 2", "n b 2"]);
    }
}
