//! What every division must keep, over many numbers of shards and cases.

use super::{Durations, LANES, Shard, divide};
use crate::case::Case;
use crate::event::Event;
use std::collections::{BTreeMap, BTreeSet};

fn cases() -> Vec<Case> {
    crate::load::load(None).unwrap()
}

fn result(profile: &str, id: &str, milliseconds: u64) -> Event {
    let line = format!(
        r#"{{"event":"case","profile":"{profile}","id":"{id}","level":"must","summary":"","clauses":[],
        "verdict":"pass","findings":[],"ledgers":[],"curl":[],"notes":[],"unread":false,"milliseconds":{milliseconds}}}"#
    );
    serde_json::from_str(&line).unwrap()
}

#[test]
fn all_shards_together_are_all_cases_and_none_twice() {
    let all = cases();
    let selected: Vec<_> = all.iter().collect();
    let wanted: BTreeSet<_> = selected.iter().map(|case| &case.id).collect();
    let durations = Durations::default();
    for of in [1, 2, 3, 4, 7, 16] {
        let mut seen = BTreeSet::new();
        for index in 1..=of {
            let own = Shard { index, of }.choose(&selected, &durations).unwrap();
            assert!(own.is_sorted_by_key(|case| &case.id), "{index}/{of}");
            for case in own {
                assert!(seen.insert(&case.id), "{} twice of {of}", case.id);
            }
        }
        assert_eq!(seen, wanted, "{of} shards");
    }
    let ids: Vec<_> = selected.iter().map(|case| case.id.as_str()).collect();
    let weights = durations.weights(&selected);
    for of in (1..80).chain([97, 256, 500, ids.len()]) {
        let used: BTreeSet<_> = divide(&ids, &weights, of).into_iter().collect();
        assert_eq!(used, (1..=of).collect(), "of {of} shards one has nothing to do");
    }
    let too_many = Shard { index: 1, of: selected.len() + 1 };
    assert!(too_many.choose(&selected, &durations).is_err());
}

#[test]
fn the_order_in_which_cases_come_changes_nothing() {
    let all = cases();
    let forwards: Vec<_> = all.iter().collect();
    let mut backwards = forwards.clone();
    backwards.reverse();
    for index in 1..=7 {
        let shard = Shard { index, of: 7 };
        let of = |cases: &[&Case]| -> BTreeSet<String> {
            let own = shard.choose(cases, &Durations::default()).unwrap();
            own.into_iter().map(|case| case.id.clone()).collect()
        };
        assert_eq!(of(&forwards), of(&backwards));
    }
}

/// By hand: each takes the first free lane, the longest first.
#[test]
fn the_longest_first_to_whoever_has_the_least() {
    let ids = ["a", "b", "c", "d", "e", "f"];
    assert_eq!(divide(&ids, &[3, 7, 5, 6, 5, 4], 3), [3, 1, 3, 2, 1, 2]);
    // A tie goes by id and then by number.
    assert_eq!(divide(&ids, &[1; 6], 4), [1, 2, 3, 4, 1, 2]);
    // One lane is full for long; the other fifteen take thirty cases, two each: seven of shard 1.
    let names: Vec<_> = (0..31).map(|n| format!("{n:02}")).collect();
    let ids: Vec<_> = names.iter().map(String::as_str).collect();
    let weights: Vec<_> = (0..31).map(|n| if n == 0 { 100 } else { 3 }).collect();
    let shards = divide(&ids, &weights, 2);
    assert_eq!(shards.iter().filter(|shard| **shard == 1).count(), 1 + 14);
}

/// No shard takes longer than its share of the work by more than the longest case: what Graham's
/// bound says of lanes, over durations from a few to hundreds.
#[test]
fn shards_are_balanced_by_past_durations() {
    let all = cases();
    let selected: Vec<_> = all.iter().collect();
    let long = |n: usize| if n.is_multiple_of(50) { 900 } else { (n as u64 * 7) % 31 };
    let events: Vec<_> =
        all.iter().enumerate().map(|(n, case)| result("p@1", &case.id, long(n))).collect();
    let durations = Durations::of(&events, &["p@1".to_owned()]);
    let by_id: BTreeMap<_, _> =
        all.iter().enumerate().map(|(n, case)| (case.id.as_str(), long(n))).collect();
    let total: u64 = by_id.values().sum();
    for of in [2, 3, 5, 8, 13] {
        for index in 1..=of {
            let own = Shard { index, of }.choose(&selected, &durations).unwrap();
            let load: u64 = own.iter().map(|case| by_id[case.id.as_str()]).sum();
            let lanes = LANES as u64;
            assert!(load / lanes <= total / (lanes * of as u64) + 900, "{index}/{of}: {load}");
            // And none is nearly empty.
            assert!(own.len() * of * 2 >= all.len(), "{index}/{of}: {} cases", own.len());
        }
    }
}

#[test]
fn durations_of_the_own_profile_count_before_others() {
    let events = [result("p@1", "a/x", 10), result("q@1", "a/x", 1_000), result("p@2", "a/x", 5)];
    let of = |profiles: &[&str]| {
        let profiles: Vec<_> = profiles.iter().map(|p| (*p).to_owned()).collect();
        Durations::of(&events, &profiles).milliseconds_of("a/x")
    };
    assert_eq!(of(&["p@1"]), Some(10));
    assert_eq!(of(&["p@1", "p@2"]), Some(15));
    assert_eq!(of(&["r@1"]), Some(1_015), "those of other profiles are better than none");
}

#[test]
fn what_is_no_shard_is_told() {
    assert_eq!(Shard::parse("2/4", 1), Ok(Shard { index: 2, of: 4 }));
    assert_eq!(Shard::parse("0/4", 0), Ok(Shard { index: 1, of: 4 }));
    assert_eq!(Shard::parse("1/1", 1), Ok(Shard { index: 1, of: 1 }));
    for (text, first, says) in [
        ("", 1, "form i/n"),
        ("2", 1, "form i/n"),
        ("/", 1, "form i/n"),
        ("a/4", 1, "form i/n"),
        ("-1/4", 1, "form i/n"),
        ("1/99999999999999999999", 1, "form i/n"),
        ("1/0", 1, "1 to 10000 shards"),
        ("1/10001", 1, "1 to 10000 shards"),
        ("0/4", 1, "1/4 to 4/4; give --shard-from 0"),
        ("5/4", 1, "1/4 to 4/4"),
        ("4/4", 0, "0/4 to 3/4; leave --shard-from away"),
    ] {
        let why = Shard::parse(text, first).unwrap_err();
        assert!(why.contains(says), "{text}: {why}");
    }
}
