//! Where the judgement turns: limits of time and size, lines whose unit is not sure, and what may
//! vanish by itself.

use super::*;

/// A write with everything in its hands.
struct Odd {
    unit: Option<Unit>,
    oldest: Option<i64>,
}

const PLAIN: Odd = Odd { unit: Some(Unit::Of(1)), oldest: None };

impl Odd {
    fn fates(
        &self,
        lines: &str,
        status: u16,
        body: &str,
        before: &str,
        after: &str,
    ) -> Vec<String> {
        let items = items(lines.as_bytes());
        let response = Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        let ledger = judge(&Write {
            items: &items,
            claims: &claims(&response, &items),
            before: &points(before),
            after: &points(after),
            unit: self.unit,
            now: NOW,
            oldest: self.oldest,
            resolution: 1,
        });
        let shown = ledger.entries.iter().map(|e| match &e.fate {
            Fate::Mutated(how) => format!("MUTATED {how}"),
            fate => fate.word().to_owned(),
        });
        shown.chain(ledger.strays).collect()
    }
}

#[test]
fn each_size_of_a_timestamp_has_its_unit() {
    let of = |t| Unit::Auto.nanoseconds(t);
    let billion = 1_000_000_000;
    assert_eq!(of(0), Some(0));
    assert_eq!(of(5 * billion - 1), Some((5 * billion - 1) * billion));
    assert_eq!(of(5 * billion), Some(5 * billion * 1_000_000));
    assert_eq!(of(5_000 * billion - 1), Some((5_000 * billion - 1) * 1_000_000));
    assert_eq!(of(5_000 * billion), Some(5_000 * billion * 1_000));
    assert_eq!(of(5_000_000 * billion - 1), Some((5_000_000 * billion - 1) * 1_000));
    assert_eq!(of(5_000_000 * billion), Some(5_000_000 * billion));
    assert_eq!(of(-2), Some(-2 * billion));
    assert_eq!(Unit::Of(1_000).nanoseconds(7), Some(7_000));
    assert_eq!(Unit::Of(1_000).nanoseconds(i64::MAX), None);
}

#[test]
fn what_retention_takes_is_not_lost() {
    let kept = Odd { oldest: Some(100), ..PLAIN };
    assert_eq!(kept.fates("a f=1 99\na f=1 100", 204, "", "", ""), ["-", "LOST"]);
    assert_eq!(kept.fates("a f=1 99", 204, "", "", "a f=1 99"), ["stored"]);
    assert_eq!(kept.fates("a f=1 100", 204, "", "b f=1 5", "a f=1 100"), ["stored"]);
    assert_eq!(kept.fates("a f=1 100", 204, "", "a g=1 100", "a f=1 100"), ["stored"]);
    // Lines that nobody understands may be too old as well.
    assert_eq!(kept.fates("a f=1,f=2 1", 204, "", "", ""), ["unjudged"]);
}

#[test]
fn a_time_whose_unit_is_not_sure_may_be_any() {
    let unsure = Odd { unit: None, ..PLAIN };
    assert_eq!(unsure.fates("a f=1 7", 204, "", "", "a f=1 7000"), ["stored"]);
    assert_eq!(unsure.fates("a f=1 7", 204, "", "", "a f=2 7000"), ["MUTATED f is 2"]);
    assert_eq!(
        unsure.fates("a f=1 7", 204, "", "", "a,t=x f=1 7000")[0],
        "MUTATED it is a,t=x f=1 7000"
    );
    // Where the server chooses, the time is near now, and the point a new one.
    let near = format!("a f=1 {NOW}");
    assert_eq!(PLAIN.fates("a f=1", 204, "", "", &near), ["stored"]);
    assert_eq!(PLAIN.fates("a f=1", 204, "", "", "a f=1 7"), ["MUTATED its time is 7"]);
    assert_eq!(PLAIN.fates("a f=1", 204, "", &near, &near), ["LOST"]);
    let overwritten = format!("a f=2 {NOW}");
    assert_eq!(PLAIN.fates("a f=2", 204, "", &near, &overwritten), ["stored"]);
    // A point of another series that shows the same is not this line's.
    let other = format!("A f=1 {NOW}");
    let wrong = PLAIN.fates("a f=1", 204, "", &other, &format!("{other}\n{overwritten}"));
    assert_eq!(wrong, ["MUTATED f is 2"]);
}

#[test]
fn a_time_out_of_range_may_become_anything() {
    let seconds = Odd { unit: Some(Unit::Of(1_000_000_000)), ..PLAIN };
    let far = "a f=1 9223372036854775807";
    assert_eq!(seconds.fates(far, 204, "", "", "z f=1 5"), ["unjudged"]);
    assert_eq!(seconds.fates(far, 204, "", "", "z f=1 5\nz f=1 6").len(), 2);
    assert_eq!(seconds.fates("a f=1 5", 204, "", "", "a f=1 5000000000"), ["stored"]);
    // Even what is acknowledged beside it is not held to every value.
    let beside = format!("a f=1 5\n{far}");
    assert_eq!(seconds.fates(&beside, 204, "", "", "a f=2 5000000000"), ["unjudged", "unjudged"]);
    assert_eq!(seconds.fates(&beside, 204, "", "", "a g=2 5000000000"), ["unjudged", "unjudged"]);
    assert_eq!(
        seconds.fates(&beside, 204, "", "a g=1,h=1 5000000000", "a f=1,g=1 5000000000").len(),
        2
    );
}

#[test]
fn of_two_writers_of_a_field_the_last_one_counts() {
    let of = |lines: &str, after: &str| PLAIN.fates(lines, 204, "", "", after);
    assert_eq!(of("a f=1 1\na f=2 1", "a f=2 1"), ["stored", "stored"]);
    assert_eq!(of("a f=1,g=1 1\na f=2 1", "a f=2,g=1 1"), ["stored", "stored"]);
    assert_eq!(of("a f=1,g=1 1\na f=2 1", "a f=2,g=7 1"), ["MUTATED g is 7", "stored"]);
    assert_eq!(of("a f=1,g=1 1\na f=2 1", "a f=2 1"), ["LOST", "stored"]);
    assert_eq!(of("a f=1 1", "a f=1,h=1 1"), ["MUTATED field h is from nowhere"]);
    assert_eq!(
        of("a f=1,g=1 1", "a h=1 1")[0],
        "MUTATED field h is from nowhere, field f is missing, field g is missing"
    );
    let known = PLAIN.fates("a f=1 1", 204, "", "a h=1 1", "a f=1,h=1 1");
    assert_eq!(known, ["stored"]);
    // A line that nobody spoke of may have written it.
    let failed = r#"{"message":"partial write error (1 accepted): 1 out of 2 points rejected"}"#;
    assert_eq!(PLAIN.fates("a f=1 1\na f=2 1", 400, failed, "", "a f=1 1"), ["stored", "stored"]);
}

#[test]
fn a_copy_that_was_there_before_is_no_duplicate() {
    let two = "a f=1 1\na f=1 1";
    assert_eq!(PLAIN.fates("a f=1 1", 204, "", two, two), ["stored"]);
    assert_eq!(PLAIN.fates("a f=1 1", 204, "", "a f=1 1", two), ["DUPLICATED"]);
    assert_eq!(PLAIN.fates("a f=1 1", 204, "", "", "a f=1 1"), ["stored"]);
}

#[test]
fn a_refused_line_is_there_only_where_nothing_else_put_it() {
    let one = r#"{"error":"partial write: unable to parse 'a f=1 1': x dropped=0"}"#;
    // Another line says the same, or the value was there before.
    assert_eq!(PLAIN.fates("a f=1 1\na f=1,g=2 1", 400, one, "", "a f=1,g=2 1"), ["-", "stored"]);
    assert_eq!(PLAIN.fates("a f=1 1\na g=2 1", 400, one, "", "a f=1,g=2 1")[0], "PHANTOM");
    assert_eq!(PLAIN.fates("a f=1 1", 400, "{}", "a f=1 1", "a f=1 1"), ["-"]);
    assert_eq!(PLAIN.fates("a f=1 1", 400, "{}", "a f=2 1", "a f=2 1"), ["-"]);
    // A phantom is told of its line alone.
    assert_eq!(PLAIN.fates("a f=1 1", 400, "{}", "", "a f=1 1"), ["PHANTOM"]);
}

#[test]
fn what_is_misplaced_is_told_once() {
    let two = PLAIN.fates("a f=1 1\na f=1 2", 204, "", "", "a f=1 1000");
    assert_eq!(two, ["MUTATED its time is 1000", "LOST"]);
    let other = PLAIN.fates("a f=1 1", 204, "", "", "b f=1 1000");
    assert_eq!(other[0], "LOST");
    assert!(other[1].starts_with("PHANTOM, written by no line: b f=1 1000"), "{other:?}");
    let more = PLAIN.fates("a f=1 1", 204, "", "", "a f=1,g=1 1000");
    assert_eq!(more[0], "LOST");
    let value = PLAIN.fates("a f=1 1", 204, "", "", "a f=2 1000");
    assert_eq!(value[0], "LOST");
    // What was there before is not what was written now.
    let old = PLAIN.fates("a f=1 1", 204, "", "a f=1 1000", "a f=1 1000");
    assert_eq!(old, ["LOST"]);
    let now = PLAIN.fates("a f=1 1", 204, "", "", &format!("a f=1 {NOW}"));
    assert_eq!(now, ["MUTATED its time is {now}"]);
}

#[test]
fn what_may_come_of_lines_that_nobody_understands_is_counted() {
    let odd = "a f=1,f=2 1";
    assert_eq!(PLAIN.fates(odd, 204, "", "", "x f=1 1"), ["unjudged"]);
    let two = PLAIN.fates(odd, 204, "", "", "x f=1 1\ny f=1 1");
    assert_eq!((two.len(), two[1].starts_with("PHANTOM, written by no line: y")), (2, true));
    let beside = PLAIN.fates(&format!("b f=1 1\n{odd}"), 204, "", "", "b f=1 1\nx f=1 1");
    assert_eq!(beside, ["stored", "unjudged"]);
    // What it overwrote may be its doing; what it does not touch is gone all the same.
    assert_eq!(PLAIN.fates(odd, 204, "", "a f=9 1", "a f=8 1"), ["unjudged"]);
    let gone = PLAIN.fates(odd, 204, "", "b f=9 1", "a f=2 1");
    assert!(gone[1].starts_with("LOST, stored before"), "{gone:?}");
}

#[test]
fn lines_that_are_plainly_data_are_lost_where_nothing_is_there() {
    let of = |text: &str| PLAIN.fates(text, 204, "", "", "");
    assert_eq!(of("a f=1,f=2 1"), ["LOST"]);
    assert_eq!(of("a f=1,f=2 1\ngarbage"), ["LOST", "unjudged"]);
    for odd in ["a\\ b f=1,f=2 1", "a =1,f=2", "a  f=1,f=2", "a ,f=1", "_a f=1,f=2", "a f"] {
        let fates = of(odd);
        assert!(
            fates == ["unjudged"] || fates == ["LOST"] && !odd.contains('\\'),
            "{odd} {fates:?}"
        );
    }
    // Not where one was refused, or dropped without a name, or something is there.
    let dropped = r#"{"error":"partial write: conflict dropped=1"}"#;
    assert_eq!(PLAIN.fates("a f=1,f=2 1", 400, dropped, "", ""), ["unjudged"]);
    assert_eq!(PLAIN.fates("a f=1,f=2 1", 400, "{}", "", ""), ["unjudged"]);
    assert_eq!(PLAIN.fates("a f=1,f=2 1", 500, "", "", ""), ["unjudged"]);
    assert_eq!(PLAIN.fates("a f=1,f=2 1", 204, "", "b f=1 1", "b f=1 1"), ["unjudged"]);
    assert!(is_plainly_data("a f=1") && is_plainly_data("a,b=c f=1,g=2 3"));
    for not in ["a", "a f", "a =1", "a  f=1", "a ,f=1", "_a f=1", "a\\,b f=1", " f=1"] {
        assert!(!is_plainly_data(not), "{not}");
    }
}

#[test]
fn a_count_of_dropped_lines_must_fit() {
    let dropped = |n: usize| format!("{{\"error\":\"partial write: conflict dropped={n}\"}}");
    let of = |n: usize, after: &str| PLAIN.fates("a f=1 1\nb f=2 2", 400, &dropped(n), "", after);
    assert_eq!(of(2, ""), ["-", "-"]);
    assert_eq!(of(3, "")[2], "PHANTOM, said to be dropped: 3 of 2 lines");
    assert_eq!(of(0, "a f=1 1\nb f=2 2"), ["stored", "stored"]);
    assert_eq!(of(2, "a f=1 1\nb f=2 2")[2], "PHANTOM, said to be dropped: 2, and all are there");
}

#[test]
fn fields_that_a_write_may_have_changed_are_not_lost() {
    let of = |lines: &str, status: u16, before: &str, after: &str| {
        PLAIN.fates(lines, status, "{}", before, after)
    };
    // The refused line changed nothing: its value is not what is there.
    let changed = of("a g=1 1", 400, "a g=2 1", "a g=3 1");
    assert_eq!(changed.len(), 3);
    assert_eq!(changed[2], "LOST, stored before this write: g=2 of a g=2 1");
    // Another series, another time, another field.
    for line in ["a,t=x g=3 1", "a g=3 2", "a h=3 1", "b g=3 1"] {
        let after = format!("a g=3 1\n{line}");
        let lost = of(line, 204, "a g=2 1", &after);
        assert!(
            lost.contains(&"LOST, stored before this write: g=2 of a g=2 1".to_owned()),
            "{line} {lost:?}"
        );
    }
    // A line without a time may have come to any point near now.
    let (old, new) = (format!("a g=2 {NOW}"), format!("a g=3 {NOW}"));
    assert_eq!(of("a g=3", 204, &old, &new), ["stored"]);
    assert_eq!(of("a g=3 1", 204, "a g=2 1", "a g=3 1"), ["stored"]);
}

#[test]
fn long_lines_are_cut() {
    let line = |length: usize| "x".repeat(length);
    assert_eq!(cut(&line(120)), line(120));
    assert_eq!(cut(&line(121)), format!("{}… (121 bytes)", line(100)));
    assert_eq!(cut(&"ü".repeat(120)), "ü".repeat(120));
}
