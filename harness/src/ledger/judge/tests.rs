//! The judgement of lines, on bodies and points made by hand.

mod edges;

use super::*;
use crate::claim::claims;
use crate::model::items;
use crate::wire::Response;

const NOW: i64 = 1_800_000_000_000_000_000;

/// The fates of `lines`, answered with this status and body, when `after` is what is stored.
/// Stored points are written as line protocol too.
fn fates(lines: &str, status: u16, body: &str, before: &str, after: &str) -> Vec<String> {
    fates_at(1, lines, status, body, before, after)
}

/// The same where the server cuts times to so many nanoseconds.
fn fates_at(
    resolution: i64,
    lines: &str,
    status: u16,
    body: &str,
    before: &str,
    after: &str,
) -> Vec<String> {
    let items = items(lines.as_bytes());
    let response = Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
    let claims = claims(&response, &items);
    let (before, after) = (points(before), points(after));
    let ledger = judge(&Write {
        items: &items,
        claims: &claims,
        before: &before,
        after: &after,
        unit: Some(Unit::Of(1)),
        now: NOW,
        oldest: None,
        resolution,
    });
    let shown = ledger.entries.iter().map(|e| match &e.fate {
        Fate::Mutated(how) => format!("MUTATED {how}"),
        fate => fate.word().to_owned(),
    });
    shown.chain(ledger.strays.iter().cloned()).collect()
}

fn points(text: &str) -> Vec<Point> {
    let read = |item: &Item| match &item.meaning {
        Meaning::Point(w) => Point {
            measurement: w.measurement.clone(),
            tags: w.tags.clone(),
            fields: w.fields.clone(),
            time: w.timestamp.unwrap_or(NOW),
        },
        Meaning::Unjudged => panic!("{item:?}"),
    };
    crate::point::canonical(items(text.as_bytes()).iter().map(read).collect())
}

#[test]
fn an_honest_server_has_no_difference() {
    assert_eq!(fates("a f=1 1\nb f=2 2", 204, "", "", "a f=1 1\nb f=2 2"), ["stored", "stored"]);
    assert_eq!(fates("a f=1\na f=2", 204, "", "", "a f=2"), ["stored", "stored"]);
    assert_eq!(fates("a f=1 1", 400, "{}", "b f=1 1", "b f=1 1"), ["-"]);
    assert_eq!(
        fates("a f=1 1\na g=2 1", 204, "", "a h=3i 1", "a f=1,g=2,h=3i 1"),
        ["stored", "stored"]
    );
}

#[test]
fn every_kind_of_lie_is_told() {
    assert_eq!(fates("a f=1 1\nb f=2 2", 204, "", "", "a f=1 1"), ["stored", "LOST"]);
    assert_eq!(fates("a f=1 1", 400, "{}", "", "a f=1 1"), ["PHANTOM"]);
    assert_eq!(fates("a f=1i 1", 204, "", "", "a f=1 1"), ["MUTATED f is 1"]);
    assert_eq!(fates("a f=1,g=2 1", 204, "", "", "a f=1 1"), ["MUTATED field g is missing"]);
    assert_eq!(fates("a f=1 1", 204, "", "", "a f=1 1000"), ["MUTATED its time is 1000"]);
    assert_eq!(fates("a,t=x f=1 1", 204, "", "", "a f=1 1"), ["MUTATED it is a f=1 1"]);
    assert_eq!(fates("a f=1 1", 204, "", "", "a f=1 1\na f=1 1"), ["DUPLICATED"]);
    assert_eq!(fates("a f=1 1\na f=2 1", 204, "", "", "a f=1 1"), ["stored", "MUTATED f is 1"]);
    let strays = fates("a f=1 1", 204, "", "z f=9 9", "a f=1 1\nb f=1 1");
    assert_eq!(strays[0], "stored");
    assert!(strays[1].starts_with("PHANTOM"), "{strays:?}");
    assert!(strays[2].starts_with("LOST, stored before"), "{strays:?}");
}

#[test]
fn lines_that_nobody_understands_raise_no_alarm() {
    assert_eq!(fates("a f=1e400 1", 204, "", "", "a f=7 1"), ["unjudged"]);
    assert_eq!(fates("a f=1,f=2 1", 204, "", "", "a f=2 1"), ["unjudged"]);
    // Refused as a whole, and yet something new is there.
    let phantom = fates("a f=1,f=2 1", 400, "{}", "", "a f=2 1");
    assert!(phantom[1].starts_with("PHANTOM"), "{phantom:?}");
    // Acknowledged as a whole, and nothing is there.
    assert_eq!(fates("a f=1,f=2 1", 204, "", "", ""), ["LOST"]);
    assert_eq!(fates("garbage", 204, "", "", ""), ["unjudged"]);
}

#[test]
fn dropped_lines_without_a_name_are_counted() {
    let body = r#"{"error":"partial write: conflict dropped=1"}"#;
    assert_eq!(fates("a f=1 1\nb f=2 2", 400, body, "", "a f=1 1"), ["stored", "-"]);
    assert_eq!(fates("a f=1 1\nb f=2 2", 400, body, "", ""), ["-", "LOST"]);
    let all = fates("a f=1 1\nb f=2 2", 400, body, "", "a f=1 1\nb f=2 2");
    assert_eq!(all[2], "PHANTOM, said to be dropped: 1, and all are there");
    let more = fates("a f=1 1", 400, &body.replace("=1", "=2"), "", "");
    assert_eq!(more, ["-", "PHANTOM, said to be dropped: 2 of 1 lines"]);
}

#[test]
fn an_overwrite_keeps_the_other_fields() {
    let lost = fates("a f=1 1", 204, "", "a g=2i,h=3 1", "a f=1,h=3 1");
    assert_eq!(lost, ["stored", "LOST, stored before this write: g=2i of a g=2i,h=3 1"]);
    let changed = fates("a f=1 1", 204, "", "b g=2i 1", "a f=1 1\nb g=3i 1");
    assert_eq!(changed[2], "LOST, stored before this write: g=2i of b g=2i 1");
    assert_eq!(fates("a g=1 1", 204, "", "a g=2 1", "a g=1 1"), ["stored"]);
    assert_eq!(fates("a g=1 1", 400, "{}", "a g=2 1", "a g=1 1"), ["PHANTOM"]);
}

#[test]
fn a_server_may_give_each_line_a_time_of_its_own() {
    let (one, two) = (NOW + 1_000, NOW + 2_000);
    for (lines, after) in [
        ("a f=1\na f=2", format!("a f=1 {one}\na f=2 {two}")),
        ("a f=1\na g=2", format!("a f=1 {one}\na g=2 {two}")),
        ("a f=1\na f=1", format!("a f=1 {one}\na f=1 {two}")),
        ("a f=1\na g=2", format!("a f=1,g=2 {one}")),
    ] {
        assert_eq!(fates(lines, 204, "", "", &after), ["stored", "stored"], "{lines}");
    }
    let twice = fates("a f=1", 204, "", "", &format!("a f=1 {one}\na f=1 {two}"));
    assert!(twice[1].starts_with("PHANTOM"), "{twice:?}");
}

#[test]
fn a_failing_server_claims_nothing() {
    assert_eq!(fates("a f=1 1\nb f=2 2", 500, "", "", "a f=1 1"), ["stored", "-"]);
}

#[test]
fn timestamps_of_unknown_size_are_read_by_their_size() {
    let of = |t| Unit::Auto.nanoseconds(t);
    assert_eq!(of(4_999_999_999), Some(4_999_999_999_000_000_000));
    assert_eq!(of(5_000_000_000), Some(5_000_000_000_000_000));
    assert_eq!(of(1_700_000_000_000_000_000), Some(1_700_000_000_000_000_000));
    assert_eq!(of(i64::MIN), None);
}

#[test]
fn lines_whose_times_fall_together_may_all_be_kept_or_one() {
    let fates =
        |lines, status, body, before, after| fates_at(10, lines, status, body, before, after);
    let two = "a f=1 11\na f=2 12";
    assert_eq!(fates("a f=1 11", 204, "", "", "a f=1 10"), ["stored"]);
    assert_eq!(fates(two, 204, "", "", "a f=1 10\na f=2 10"), ["stored", "stored"]);
    assert_eq!(fates(two, 204, "", "", "a f=2 10"), ["stored", "stored"]);
    assert_eq!(fates(two, 204, "", "", "a f=3 10"), ["MUTATED f is 3", "MUTATED f is 3"]);
    assert_eq!(fates(two, 204, "", "", "b f=3 10")[..2], ["LOST", "LOST"]);
    assert_eq!(fates(two, 400, "{}", "", "a f=2 10"), ["-", "PHANTOM"]);
    // A point of the same time was there before, and keeps its value or does not.
    assert_eq!(fates("a f=1 11", 204, "", "a f=7 10", "a f=7 10\na f=1 10"), ["stored"]);
    assert_eq!(fates("a f=1 11", 400, "{}", "a f=1 10", "a f=1 10"), ["-"]);
    // The server may choose a time for each line, and shows less of it.
    let chosen = format!("a f=1 {NOW}\na f=2 {NOW}");
    assert_eq!(fates("a f=1\na f=2", 204, "", "", &chosen), ["stored", "stored"]);
    // A line that nobody understands may have come to the same time.
    let odd = "a f=1 20\na f=1e400 21";
    assert_eq!(fates(odd, 204, "", "", "a f=1 20\na f=9 20"), ["stored", "unjudged"]);
    // Two lines that had one time all along are another matter.
    let same = "a f=1 20\na f=2 20";
    assert_eq!(fates(same, 204, "", "", "a f=1 20\na f=2 20")[1], "MUTATED f is 1");
}

/// Whether the server keeps both or one, a field that only one line has is nobody else's.
#[test]
fn a_field_that_is_gone_is_no_blur() {
    let of = |lines, after| fates_at(10, lines, 204, "", "", after);
    let two = "a f=1,g=2 11\na h=3 12";
    assert_eq!(of(two, "a f=1,g=2,h=3 10"), ["stored", "stored"]);
    assert_eq!(of(two, "a f=1,g=2 10\na h=3 10"), ["stored", "stored"]);
    assert_eq!(of(two, "a g=2,h=3 10"), ["MUTATED field f is missing", "stored"]);
    assert_eq!(of(two, "a h=3 10"), ["LOST", "stored"]);
    assert_eq!(of(two, "a f=1,g=2 10"), ["stored", "LOST"]);
    assert_eq!(of(two, "a g=7,h=3 10"), ["MUTATED field f is missing, g is 7", "stored"]);
}

/// Two lines of a series fall together only where their times do.
#[test]
fn lines_of_different_times_are_not_blurred() {
    let of = |after| fates_at(10, "a f=1 11\na f=2 25", 204, "", "", after);
    assert_eq!(of("a f=1 10\na f=2 20"), ["stored", "stored"]);
    assert_eq!(of("a f=1 10\na f=1 10\na f=2 20"), ["DUPLICATED", "stored"]);
    assert_eq!(of("a f=1,h=9 10\na f=2 20"), ["MUTATED field h is from nowhere", "stored"]);
}
