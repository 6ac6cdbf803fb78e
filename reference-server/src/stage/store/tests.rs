//! A body that is taken as rows ends as the one that is taken line by line.

use super::*;
use crate::stage::parse;
use crate::store::shards::ShardedBucket;
use crate::store::view::Measurement;
use line_protocol::Precision;
use profiles::storage::{ConflictInBatch, Storage};
use profiles::write::BadLines;
use std::sync::{Arc, Mutex};

/// A sequence of numbers without a pattern (splitmix64), the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// Lines of few series and shapes; times go on, fall back now and then, and are there twice. Some
    /// bodies have what is no row, a new field, or a field of another type.
    fn body(&mut self, number: u64) -> String {
        let mut body = String::new();
        for line in 0..1 + self.below(40) {
            // What spoils a measurement for good comes late.
            let series = match self.below(if number < 45 { 394 } else { 400 }) {
                0..100 => "m,a=1".to_owned(),
                100..200 => "m,b=2,a=1".to_owned(),
                200..280 => "m".to_owned(),
                280..300 => "n,a=\\ ".to_owned(),
                300..380 => format!("m,a={},b={}", self.below(30), self.below(3)),
                380..394 => format!("m,b={},a=1", self.below(10)),
                394 => "m,a=1,a=2".to_owned(),
                395 => "m,time=1".to_owned(),
                396 => "m,f=1".to_owned(),
                397 => format!("m,new{number}=1"),
                398 => format!("new{number},a=1"),
                _ => "m,a=".to_owned(),
            };
            let value = self.below(1000);
            let fields = match self.below(if number % 5 == 4 { 40 } else { 36 }) {
                0..20 => format!("f={value}i,g={value}.5"),
                20..30 => format!("g={value},f={value}i"),
                30..36 => format!("h=t,i={value}i"),
                36 => format!("s=\"{value}\""),
                37 => format!("f={value}"),
                38 => format!("new{number}={value}i"),
                _ => "f=".to_owned(),
            };
            let time = (number * 40 + line).saturating_sub(self.below(60) * self.below(4));
            // Some lie in a shard of their own.
            let time = time + 100_000 * u64::from(self.below(500) == 0);
            body.push_str(&format!("{series} {fields} {time}\n"));
        }
        body
    }
}

/// What is stored, in words.
fn told(view: &[Measurement]) -> String {
    view.iter()
        .map(|measurement| {
            let series = measurement.series.iter().map(|series| {
                let columns = series.columns.all().iter().map(|column| {
                    let points: Vec<_> = column.points.iter().collect();
                    format!("{:?} {:?} {points:?}", column.name, column.field_type)
                });
                format!("{:?} {:?}", series.tags, columns.collect::<Vec<_>>())
            });
            let series: Vec<_> = series.collect();
            format!("{:?} {:?} {series:?}", measurement.name, measurement.fields)
        })
        .collect()
}

#[test]
fn tables_have_the_same_either_way() {
    let rules = profiles::ALL.iter().find_map(|profile| match &profile.facts.storage {
        Storage::Tables(rules) => Some(rules),
        _ => None,
    });
    let rules = rules.unwrap();
    let rules = &Tables { old_points: OldPoints::Refused, ..*rules };
    let dialect = &Dialect::IOX_3_9;
    for seed in 0..20 {
        let mut chance = Chance(seed);
        let (mut by_rows, mut by_lines) = (TableSet::default(), TableSet::default());
        let mut numbers = Numbers::none();
        let mut taken = 0;
        for number in 0..60 {
            let body = chance.body(number);
            let partial = chance.below(3) > 0;
            let read = Rows::read(body.as_bytes(), dialect, &Options::default());
            let unit = TimeUnit::Given(Precision::Millisecond);
            numbers.begin(number + 1);
            let store = |tables, rows, numbers: &mut Numbers| {
                let oldest = Some(i64::try_from(number).unwrap() * 40_000_000 - 100_000_000);
                let place = Place { tables, tables_elsewhere: 0, oldest };
                let body = Body { text: body.as_bytes(), rows, unit, now: 0 };
                store_in_tables(rules, dialect, place, partial, body, numbers)
            };
            let outcome = store(&mut by_rows, read.as_ref(), &mut numbers);
            let expected = store(&mut by_lines, None, &mut Numbers::none());
            assert_eq!(format!("{outcome:?}"), format!("{expected:?}"), "{body}");
            if !numbers.rows().is_empty() {
                assert_eq!(numbers.rows().len(), body.lines().count());
                taken += 1;
            }
            // Whoever looks has it put to the rest; nobody does it at the same times.
            if chance.below(4) == 0 {
                assert_eq!(told(&by_rows.view()), told(&by_lines.view()), "seed {seed}, {number}");
            }
        }
        assert_eq!(told(&by_rows.view()), told(&by_lines.view()), "seed {seed}");
        assert!((5..60).contains(&taken), "{taken} bodies were taken as rows");
    }
}

#[test]
fn shards_have_the_same_either_way() {
    for profile in profiles::ALL {
        let Storage::Shards(rules) = &profile.facts.storage else { continue };
        if rules.conflict_in_batch == ConflictInBatch::LosesFields {
            continue;
        }
        let name = profile.name();
        for seed in 0..4 {
            let mut chance = Chance(seed);
            let target = || {
                let retention = (seed % 2 == 0).then_some(100_000_000);
                let bucket = ShardedBucket::new(*rules, retention, 500_000_000);
                BucketTarget {
                    bucket: Ok(Arc::new(Mutex::new(bucket))),
                    database: "db".to_owned(),
                    policy: "rp".to_owned(),
                    named_policy: String::new(),
                    organisation: String::new(),
                }
            };
            let (by_rows, by_lines) = (target(), target());
            let view = |target: &BucketTarget| told(&lock(target.bucket.as_ref().unwrap()).view());
            let mut numbers = Numbers::none();
            let mut taken = 0;
            for number in 0..60 {
                let body = chance.body(number);
                let (dialect, now) = (&profile.facts.dialect, number as i64 * 40_000_000);
                let parsed = || {
                    let (text, unit) = (body.as_bytes(), Precision::Millisecond);
                    parse::parse(text, dialect, unit, now, BadLines::Logged).unwrap()
                };
                numbers.begin(number + 1);
                let outcome = store_in_shards(rules, &by_rows, &parsed(), now, &mut numbers);
                let mut lines = parsed();
                lines.rows = None;
                let none = &mut Numbers::none();
                let expected = store_in_shards(rules, &by_lines, &lines, now, none);
                assert_eq!(format!("{outcome:?}"), format!("{expected:?}"), "{body}");
                taken += usize::from(!numbers.rows().is_empty());
                if chance.below(4) == 0 {
                    assert_eq!(view(&by_rows), view(&by_lines), "seed {seed}, {number}");
                }
            }
            assert_eq!(view(&by_rows), view(&by_lines), "seed {seed}");
            assert!((5..60).contains(&taken), "{name}: {taken} bodies were taken as rows");
        }
    }
}

/// A new series is no reason to look at each line, unless something of it is.
#[test]
fn new_series_are_rows_where_nothing_about_them_can_be_refused() {
    let rules = |is_it: fn(&Storage) -> bool| {
        profiles::ALL.iter().map(|profile| &profile.facts.storage).find(|s| is_it(s)).unwrap()
    };
    let is_plain = |storage: &Storage| matches!(storage, Storage::Shards(r) if r.conflict_in_batch != ConflictInBatch::LosesFields);
    let Storage::Shards(rules_of_shards) = rules(is_plain) else { unreachable!() };
    let Storage::Tables(rules_of_tables) = rules(|s| matches!(s, Storage::Tables(_))) else {
        unreachable!()
    };
    let mut bucket = ShardedBucket::new(*rules_of_shards, None, 1_000_000_000);
    let mut tables = TableSet::default();
    let unit = TimeUnit::Given(Precision::Nanosecond);
    let options = Options { precision: Precision::Nanosecond, default_time: 0 };
    let first = "n,a=0,b=0 f=1 1";
    for line in line_protocol::parse(first.as_bytes(), &Dialect::GO_V2, &options) {
        bucket.write(&[line.unwrap()], 0).unwrap();
    }
    for line in line_protocol::parse(first.as_bytes(), &Dialect::IOX_3_9, &Options::default()) {
        let row = tables.row(rules_of_tables, 0, &line.unwrap(), unit, 0, None).unwrap();
        tables.insert(row);
    }
    let mut taken = |body: &str| {
        let (text, mut numbers) = (body.as_bytes(), Numbers::none());
        let rows = Rows::read(text, &Dialect::GO_V2, &options);
        let in_bucket = rows.is_some_and(|rows| bucket.take(&rows, 0, &mut numbers));
        let rows = Rows::read(text, &Dialect::IOX_3_9, &Options::default());
        (in_bucket, rows.is_some_and(|rows| tables.take(&rows, unit, 0, None, &mut numbers)))
    };
    assert_eq!(taken("n,a=1 f=1 1"), (true, true));
    assert_eq!(taken("n f=1 1"), (true, true));
    // Two spellings of one.
    assert_eq!(taken("n,b=2,a=1 f=1 1\nn,a=1,b=2 f=2 2\nn,b=2,a=1 f=3 3"), (true, true));
    assert_eq!(taken("n,c=1 f=1 1"), (true, false), "v3 makes a column of it");
    assert_eq!(taken("n,a=\\ x f=1 1"), (false, false));
    assert!(!taken("n,time=1 f=1 1").0);
    assert_eq!(taken("m,a=1 f=1 1"), (false, false), "nobody knows its fields");
    for (view, more) in [(bucket.view(), 1), (tables.view(), 0)] {
        assert_eq!(view[0].series.len(), 4 + more);
        let merged = view[0].series.iter().find(|series| {
            series.tags.len() == 2 && series.tags.iter().all(|(_, value)| **value != *b"0")
        });
        assert_eq!(merged.unwrap().columns.all()[0].points.len(), 3);
    }
}

/// Two ways to write one measurement; the first swallows the line that follows, the second does not.
#[test]
fn a_key_that_decides_where_its_line_ends_is_never_a_row() {
    let dialect = &Dialect::GO_V2;
    let profile = profiles::ALL.iter().find_map(|profile| match &profile.facts.storage {
        Storage::Shards(rules) if rules.conflict_in_batch != ConflictInBatch::LosesFields => {
            Some(rules)
        }
        _ => None,
    });
    let mut bucket = ShardedBucket::new(*profile.unwrap(), None, 1_000_000_000);
    let mut take = |body: &str| {
        let options = Options { precision: Precision::Nanosecond, default_time: 0 };
        let text = body.as_bytes();
        let lines: Vec<_> =
            line_protocol::parse(text, dialect, &options).map(Result::unwrap).collect();
        let rows = Rows::read(text, dialect, &options).unwrap();
        let mut numbers = Numbers::none();
        let is_taken = bucket.take(&rows, 0, &mut numbers);
        bucket.write(&lines, 0).unwrap();
        is_taken
    };
    for key in ["m\\\\ x=\"y", "m\\\\ x=\\\"y", "n"] {
        let body = format!("{key} f=1 1");
        assert!(!take(&body), "its field is new");
        assert_eq!(take(&body), key == "n", "{key}");
    }
}
