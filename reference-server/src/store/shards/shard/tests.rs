//! Which loss of a batch is told, and what it leaves behind; read from tsdb/shard.go and
//! tsdb/field_validator.go of 1.12 and 2.9.

use super::*;
use line_protocol::{Dialect, Options};

const RULES: Rules = Rules {
    conflict_in_batch: ConflictInBatch::FirstTypeWins,
    conflict_names: Quoting::Go,
    longest_string: Some(4),
    time_beside_fields: TimeBesideFields::StrippedAndTold,
    beyond_retention: profiles::storage::BeyondRetention::Detailed,
    target_named: &[],
    new_shard_needs_utf8: false,
    panics_at_tags: None,
    escaped_equals_unreadable: false,
    types: profiles::storage::TypesOf::EachShard,
};

/// What a shard says of these lines: the loss, its number and its words.
fn told(shard: &mut Shard, rules: &Rules, text: &str) -> Option<(Loss, usize, String)> {
    let parsed = line_protocol::parse(text.as_bytes(), &Dialect::GO_V1_12, &Options::default());
    let lines: Vec<_> = parsed.flatten().collect();
    match shard.write(rules, false, &lines.iter().collect::<Vec<_>>()) {
        Ok(()) => None,
        Err(ShardFault::Dropped(d)) => {
            Some((d.loss, d.count, String::from_utf8_lossy(&d.reason).into_owned()))
        }
        Err(other) => panic!("{other:?}"),
    }
}

fn fields(shard: &Shard) -> Vec<String> {
    let fields = shard.fields_among(Names::All).flat_map(|(_, fields)| fields);
    fields.map(|(field, kind)| format!("{}:{kind}", field.escape_ascii())).collect()
}

const STRIPPED: &str = "invalid field name: input field \"time\" on measurement \"b\" is invalid. \
    Field \"time\" has been stripped from point.";

#[test]
fn a_stripped_time_is_told_by_the_last_such_point() {
    let text = "a time=1,f=1 1\nb time=1,f=1 2\nc f=1 3";
    let expected = Some((Loss::TimeFields, 0, STRIPPED.to_owned()));
    assert_eq!(told(&mut Shard::new(10), &RULES, text), expected);
    let silent = Rules { time_beside_fields: TimeBesideFields::Stripped, ..RULES };
    assert_eq!(told(&mut Shard::new(10), &silent, text), None);
}

#[test]
fn a_dropped_point_goes_before_a_stripped_time() {
    let text = "b time=1,f=1 1\na time=1 2";
    let why = "invalid field name: input field \"time\" on measurement \"a\" is invalid";
    let expected = Some((Loss::Points, 1, why.to_owned()));
    assert_eq!(told(&mut Shard::new(10), &RULES, text), expected);
}

#[test]
fn a_tag_time_goes_before_every_other_reason() {
    let text = "a time=1 1\nb,time=x f=1 2\nc f=1 3";
    let why = "invalid tag key: input tag \"time\" on measurement \"b\" is invalid";
    let mut shard = Shard::new(10);
    assert_eq!(told(&mut shard, &RULES, text), Some((Loss::Points, 2, why.to_owned())));
    // The series of the other dropped point is there, that of the tagged one is not.
    assert_eq!(shard.series().count(), 2);
}

#[test]
fn fields_before_a_conflict_stay_where_they_are_made_one_by_one() {
    let (first, text) = ("m f=1 1", "m new=1,f=\"x\",later=2 2");
    let mut shard = Shard::new(10);
    assert_eq!(told(&mut shard, &RULES, first), None);
    assert!(told(&mut shard, &RULES, text).is_some());
    assert_eq!(fields(&shard), ["f:float", "new:float"]);
    let at_once = Rules { conflict_in_batch: ConflictInBatch::Fails, ..RULES };
    let mut shard = Shard::new(10);
    assert_eq!(told(&mut shard, &at_once, first), None);
    assert!(told(&mut shard, &at_once, text).is_some());
    assert_eq!(fields(&shard), ["f:float"]);
}

#[test]
fn a_string_that_is_too_long_is_named_as_a_conflict_is() {
    let text = "m\"x s=\"12345\" 1";
    let why = "input field \"s\" on measurement \"m\\\"x\" is too long, 5 > 4";
    let expected = Some((Loss::Points, 1, why.to_owned()));
    assert_eq!(told(&mut Shard::new(10), &RULES, text), expected);
    let raw = Rules { conflict_names: Quoting::Raw, ..RULES };
    let why = "input field \"s\" on measurement \"m\"x\" is too long, 5 > 4";
    let expected = Some((Loss::Points, 1, why.to_owned()));
    assert_eq!(told(&mut Shard::new(10), &raw, text), expected);
}
