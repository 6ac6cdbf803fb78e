//! The crate `influxdb-line-protocol` 2.0.0, the published form of the IOx parser, as a partner:
//! the same verdict, text, values and order, line for line, or a difference that has a name in
//! `public_crate/differences.rs`. It reads `&str`, so bodies that are not UTF-8 are not asked.

#![allow(clippy::unwrap_used)]

#[path = "public_crate/differences.rs"]
mod differences;
#[path = "public_crate/inputs.rs"]
mod inputs;
#[path = "public_crate/read.rs"]
mod read;
mod support;

use differences::{DIFFERENCES, Difference};
use line_protocol::{Dialect, IoxDialect};
use proptest::prelude::*;
use read::{ours, theirs};
use std::collections::BTreeMap;

const DIALECTS: [(&str, IoxDialect); 2] = [("3.6", IoxDialect::V3_6), ("3.9", IoxDialect::V3_9)];

/// How often each difference was met, by release and name.
type Met = BTreeMap<(&'static str, &'static str), usize>;

/// Reads a body with both parsers; names what differs, and fails where that has no name.
fn compare(body: &str, met: &mut Met) {
    let theirs = theirs(body);
    for (release, dialect) in DIALECTS {
        let ours = ours(body, &Dialect::Iox(dialect));
        assert_eq!(theirs.len(), ours.len(), "{release}: so many lines in {body:.300?}");
        for (their, our) in theirs.iter().zip(&ours) {
            if their == our.item() {
                continue;
            }
            let named: Vec<&Difference> = DIFFERENCES
                .iter()
                .filter(|d| d.releases.contains(&release) && (d.is)(their, our, dialect))
                .collect();
            assert!(
                named.len() == 1,
                "{release}: {} differences are named so in {body:.300?}\n2.0.0 {their:.300?}\nours  {:.300?}",
                named.len(),
                our.item()
            );
            *met.entry((release, named[0].name)).or_default() += 1;
        }
    }
}

/// A difference that no longer occurs has to leave the list.
#[test]
fn every_difference_still_occurs() {
    for difference in DIFFERENCES {
        let body = (difference.example)();
        let mut met = Met::new();
        compare(&body, &mut met);
        for release in difference.releases {
            assert_eq!(met.remove(&(*release, difference.name)), Some(1), "{}", difference.name);
        }
        // In the release for which it is not listed, 2.0.0 agrees with us.
        assert!(met.is_empty(), "{}: {met:?}", difference.name);
    }
}

/// The README lists them for those who choose between the two crates.
#[test]
fn the_readme_names_every_difference() {
    let readme = include_str!("../README.md");
    for difference in DIFFERENCES {
        assert!(readme.contains(&format!("| {} |", difference.name)), "{}", difference.name);
    }
}

#[test]
fn recorded_bodies() {
    let bodies: Vec<String> = support::load("recorded-writes.jsonl.gz")
        .iter()
        .filter_map(|row| String::from_utf8(support::body(row)).ok())
        .chain(
            support::load("vectors.jsonl.gz")
                .iter()
                .filter_map(|row| row["lp"].as_str().map(str::to_owned)),
        )
        .collect();
    assert!(bodies.len() > 1600, "only {} bodies", bodies.len());
    let mut met = Met::new();
    for body in &bodies {
        compare(body, &mut met);
    }
    // The limit of 3.6 is among what was recorded, so the list is not only our own idea.
    assert!(met.contains_key(&("3.6", "length limit")), "{met:?}");
}

/// Every line that is one byte away from a good one: deleted, doubled, replaced, inserted.
#[test]
fn lines_that_are_nearly_right() {
    let mut met = Met::new();
    let mut count = 0;
    for good in inputs::GOOD {
        compare(good, &mut met);
        inputs::mutations(good, &mut |body| {
            count += 1;
            compare(body, &mut met);
        });
    }
    assert!(count > 20_000, "only {count} lines");
    let wordings = DIFFERENCES.iter().filter(|difference| difference.name != "length limit");
    for difference in wordings {
        assert!(met.contains_key(&("3.9", difference.name)), "{} was not met", difference.name);
    }
    assert!(met.keys().all(|(release, _)| *release == "3.9"), "{met:?}");
}

/// Every ending of up to four bytes that the grammar cares about, from every state of it.
#[test]
fn all_short_endings() {
    let mut met = Met::new();
    let mut body = String::new();
    for prefix in inputs::STATES {
        inputs::endings(4, &mut |ending| {
            body.clear();
            body.push_str(prefix);
            body.push_str(ending);
            compare(&body, &mut met);
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn token_soup(body in inputs::soup()) {
        compare(&body, &mut Met::new());
    }

    #[test]
    fn bodies_that_are_nearly_right(body in inputs::nearly_right()) {
        compare(&body, &mut Met::new());
    }
}
