//! Storage where the type of a field belongs to its series in the whole bucket, and where a field
//! that does not fit is lost by itself.

use super::shard::{TIME, key_of, stored};
use super::{ShardedBucket, TagSet, time_of};
use crate::store::value::{FieldType, Name, Value};
use line_protocol::Line;
use std::collections::{BTreeMap, BTreeSet};

/// A line as storage that goes by fields reads it: nothing else of it has to wait in a queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Measurement and tags.
    pub(in crate::store) key: (Name, TagSet),
    /// Nanoseconds since 1970.
    pub(in crate::store) time: i64,
    /// In the order of the line.
    pub(in crate::store) fields: Vec<(Name, Value)>,
}

impl From<&Line<'_>> for Row {
    fn from(line: &Line<'_>) -> Self {
        let fields = line.fields.iter().map(|(key, value)| (Name::from(&**key), stored(value)));
        Self { key: key_of(line), time: time_of(line), fields: fields.collect() }
    }
}

impl Row {
    /// What it takes besides its texts, and each tag and field of it. A figure of ours.
    const OVERHEAD: usize = 64;

    /// About how many bytes of memory it takes.
    pub(crate) fn size(&self) -> usize {
        let (measurement, tags) = &self.key;
        let tags = tags.iter().map(|(key, value)| key.len() + value.len() + Self::OVERHEAD);
        let fields = self.fields.iter().map(|(key, value)| {
            let text = match value {
                Value::String(text) => text.len(),
                _ => 0,
            };
            key.len() + text + Self::OVERHEAD
        });
        Self::OVERHEAD + measurement.len() + tags.sum::<usize>() + fields.sum::<usize>()
    }
}

/// One field of one line that was not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostField {
    /// The line's measurement.
    pub measurement: Name,
    /// The field.
    pub field: Name,
    /// Why.
    pub why: Why,
}

/// Why a field was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// An earlier line of the batch gave its series another type.
    ConflictInBatch {
        /// The type that it has.
        got: FieldType,
        /// The type that the series has.
        want: FieldType,
    },
    /// What is stored gave its series another type.
    ConflictWithStored {
        /// The type that it has.
        got: FieldType,
        /// The type that the series has.
        want: FieldType,
    },
    /// The point is older than the bucket keeps points.
    TooOld,
    /// It, or a tag of its line, is named `time`.
    NamedTime,
}

impl ShardedBucket {
    /// Stores each field that fits and tells of the others, in the order of the batch.
    pub fn write_by_field(&mut self, rows: &[Row], now: i64) -> Vec<LostField> {
        self.enforce_retention(now);
        let oldest = self.retention.map_or(i64::MIN, |retention| now.saturating_sub(retention));
        let mut lost = Vec::new();
        // What this batch is the first to give a type to.
        let mut new: BTreeMap<(Name, TagSet), BTreeMap<Name, FieldType>> = BTreeMap::new();
        for Row { key, time, fields } in rows {
            let tag_time = key.1.iter().any(|(tag, _)| **tag == *TIME);
            for (name, value) in fields {
                let got = value.field_type();
                let known = self.types.get(key).and_then(|fields| fields.get(name));
                let begun = new.get(key).and_then(|fields| fields.get(name));
                let why = match (known, begun) {
                    _ if tag_time || **name == *TIME => Some(Why::NamedTime),
                    _ if *time < oldest => Some(Why::TooOld),
                    (Some(&want), _) if want != got => Some(Why::ConflictWithStored { got, want }),
                    (_, Some(&want)) if want != got => Some(Why::ConflictInBatch { got, want }),
                    _ => None,
                };
                if let Some(why) = why {
                    let (measurement, field) = (Name::clone(&key.0), Name::clone(name));
                    lost.push(LostField { measurement, field, why });
                    continue;
                }
                new.entry(key.clone()).or_default().insert(Name::clone(name), got);
                let (start, _) = self.open_shard(*time);
                if let Some(shard) = self.shards.get_mut(&start) {
                    shard.insert_field(key, name, *time, value.clone());
                }
            }
        }
        for (key, fields) in new {
            self.types.entry(key).or_default().extend(fields);
        }
        lost
    }

    /// Forgets the types of series that have no point any more.
    pub(super) fn forget_types(&mut self) {
        if self.types.is_empty() {
            return;
        }
        let series = self.shards.values().flat_map(super::Shard::series);
        let filled = series.filter(|(_, _, points)| !points.is_empty());
        let live: BTreeSet<_> = filled.map(|(name, tags, _)| (name, tags)).collect();
        self.types.retain(|(name, tags), _| live.contains(&(name, tags)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use line_protocol::{Dialect, Options};
    use profiles::storage::{ConflictInBatch, Storage};

    const HOUR: i64 = 3_600_000_000_000;

    fn bucket(retention: Option<i64>) -> Option<ShardedBucket> {
        let rules = profiles::ALL.iter().find_map(|profile| match profile.facts.storage {
            Storage::Shards(rules) if rules.conflict_in_batch == ConflictInBatch::LosesFields => {
                Some(rules)
            }
            _ => None,
        });
        rules.map(|rules| ShardedBucket::new(rules, retention, HOUR))
    }

    fn write(bucket: &mut ShardedBucket, text: &str) -> Vec<(String, Why)> {
        let options = Options { default_time: 10 * HOUR, ..Options::default() };
        let parsed = line_protocol::parse(text.as_bytes(), &Dialect::GO_V2, &options);
        let rows: Vec<_> = parsed.flatten().map(|line| Row::from(&line)).collect();
        let lost = bucket.write_by_field(&rows, 10 * HOUR);
        lost.into_iter().map(|l| (String::from_utf8_lossy(&l.field).into_owned(), l.why)).collect()
    }

    fn stored(bucket: &mut ShardedBucket) -> Vec<String> {
        let mut all = Vec::new();
        for measurement in bucket.view() {
            for series in measurement.series {
                let points = series.columns.all().iter().flat_map(|c| {
                    c.points.iter().map(|(t, v)| {
                        format!("{} {v:?} {}", String::from_utf8_lossy(&c.name), t / HOUR)
                    })
                });
                all.extend(points);
            }
        }
        all
    }

    #[test]
    fn only_the_field_that_conflicts_is_lost() {
        let Some(mut bucket) = bucket(None) else { panic!("a profile that loses fields") };
        let (got, want) = (FieldType::Integer, FieldType::Float);
        let lost = write(&mut bucket, "m,t=a f=1,g=2 0\nm,t=a f=1i,g=3 36000000000000");
        assert_eq!(lost, [("f".to_owned(), Why::ConflictInBatch { got, want })]);
        let lost = write(&mut bucket, "m,t=a h=1,f=2i 72000000000000\nm,t=a f=3 72000000000001");
        assert_eq!(lost, [("f".to_owned(), Why::ConflictWithStored { got, want })]);
        assert_eq!(
            stored(&mut bucket),
            [
                "f Float(1.0) 0",
                "f Float(3.0) 20",
                "g Float(2.0) 0",
                "g Float(3.0) 10",
                "h Float(1.0) 20"
            ]
        );
    }

    #[test]
    fn another_series_has_types_of_its_own() {
        let Some(mut bucket) = bucket(None) else { panic!("a profile that loses fields") };
        assert_eq!(write(&mut bucket, "m,t=a f=1 0\nm,t=b f=\"x\" 0\nm f=1i 0"), []);
        bucket.delete(0, 0, |_, tags, _| tags.is_empty());
        assert_eq!(write(&mut bucket, "m f=true 0"), [], "nothing is left that it conflicts with");
        assert_eq!(stored(&mut bucket).len(), 3);
    }

    #[test]
    fn what_is_too_old_is_lost_field_by_field() {
        let Some(mut bucket) = bucket(Some(HOUR)) else { panic!("a profile that loses fields") };
        let lost =
            write(&mut bucket, "m a=1,b=2 32000000000000\nm a=1 32400000000000\nm time=1,c=1");
        let too_old = |field: &str| (field.to_owned(), Why::TooOld);
        assert_eq!(lost, [too_old("a"), too_old("b"), ("time".to_owned(), Why::NamedTime)]);
        assert_eq!(stored(&mut bucket), ["a Float(1.0) 9", "c Float(1.0) 10"]);
    }
}
