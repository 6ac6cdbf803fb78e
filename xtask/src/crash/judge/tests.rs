//! Histories written by hand, right ones and faulty ones.

use super::*;
use crate::crash::ledger::{Line, Name};

const STORES_GOOD: Habits = Habits { malformed: (400, true), conflicting: (422, true) };
const REFUSES: Habits = Habits { malformed: (400, false), conflicting: (422, true) };

/// `field time` of writer 1 in `main`.
fn cell(text: &str) -> Cell {
    let (field, time) = text.split_once(' ').unwrap();
    Cell {
        measurement: "own".into(),
        writer: "1".into(),
        time: Some(time.parse().unwrap()),
        field: field.into(),
        ..Cell::database(&"main".into())
    }
}

/// `field time=value`.
fn cells(text: &str) -> Vec<(Cell, Value)> {
    let cell = |text: &str| {
        let (place, value) = text.split_once('=').unwrap();
        (cell(place), Value(value.into()))
    };
    text.split(", ").filter(|text| !text.is_empty()).map(cell).collect()
}

fn line(sort: Sort, text: &str) -> Line {
    Line { sort, cells: cells(text) }
}

/// A reading of these values.
fn reading(text: &str) -> Reading {
    let mut reading = Reading::default();
    for (cell, value) in cells(text) {
        reading.add(cell, Stored { value, mark: String::new() });
    }
    reading
}

fn deed(began: u64, what: What, came: Came) -> Deed {
    Deed { writer: 1, began, what, came }
}

fn batch(lines: Vec<Line>) -> What {
    What::Write { database: "main".into(), lines }
}

fn answered(at: u64, status: u16) -> Came {
    Came::Answer { at, status, said: String::new() }
}

/// A batch of good lines, a line each value.
fn good(text: &str) -> What {
    batch(text.split(", ").map(|text| line(Sort::Good, text)).collect())
}

fn wrote(began: u64, ended: u64, text: &str) -> Deed {
    deed(began, good(text), answered(ended, 204))
}

fn killed(began: u64, text: &str) -> Deed {
    deed(began, good(text), Came::Killed)
}

fn removal(times: Option<(i64, i64)>) -> What {
    let removal = Removal { measurement: "own".into(), writer: Some("1".into()), times };
    What::Remove { database: "main".into(), removal }
}

fn made(name: &str) -> What {
    What::Make { database: Cell::database(&name.into()), there: Value::present() }
}

fn dropped(name: &str) -> What {
    What::Drop { database: Cell::database(&name.into()) }
}

/// Kinds and texts of what is found.
fn found(before: &str, history: &[Deed], now: &str) -> Vec<(Kind, String)> {
    let found = judge(STORES_GOOD, &reading(before), history, &reading(now));
    found.into_iter().map(|finding| (finding.kind, finding.what)).collect()
}

fn is_fine(before: &str, history: &[Deed], now: &str) {
    assert_eq!(found(before, history, now), []);
}

/// One finding of this kind, about this cell.
fn is_found(before: &str, history: &[Deed], now: &str, kind: Kind, begins: &str) {
    let found = found(before, history, now);
    let [(one, what)] = found.as_slice() else { panic!("{found:?}") };
    assert!(*one == kind && what.starts_with(begins), "{found:?}");
}

#[test]
fn what_was_acknowledged_is_there() {
    let history = [wrote(1, 2, "a 1=1, a 2=2"), wrote(3, 4, "b 1=3")];
    is_fine("", &history, "a 1=1, a 2=2, b 1=3");
    is_found("", &history, "a 1=1, a 2=2", Kind::Lost, "b of own,w=1 at 1 in main, which is 3");
    let all = judge(STORES_GOOD, &reading(""), &history, &reading("b 1=3"));
    assert_eq!((all.len(), all[0].more), (1, 1), "of one batch is one finding: {all:?}");
    assert!(all[0].to_string().contains("writer 1, tick 1 to 2: a batch of 2 lines"), "{all:?}");
}

#[test]
fn what_was_read_once_stays() {
    is_fine("a 1=1", &[], "a 1=1");
    is_found("a 1=1", &[], "", Kind::Lost, "a of own");
    is_found("a 1=1", &[], "a 1=2", Kind::Changed, "a of own,w=1 at 1 in main is 2 and not 1");
}

#[test]
fn nothing_is_there_that_nobody_sent() {
    let history = [wrote(1, 2, "a 1=1")];
    is_found("", &history, "a 1=1, a 2=5", Kind::Phantom, "a of own,w=1 at 2 in main is 5");
    is_found("", &history, "a 1=9", Kind::Changed, "a of own,w=1 at 1 in main is 9 and not 1");
}

#[test]
fn the_last_value_stays() {
    let history = [wrote(1, 2, "a 1=1"), wrote(3, 4, "a 1=2")];
    is_fine("a 1=0", &history, "a 1=2");
    is_found("a 1=0", &history, "a 1=1", Kind::Stale, "a of own,w=1 at 1 in main is 1 and not 2");
    is_found("a 1=0", &history, "a 1=0", Kind::Stale, "a of own,w=1 at 1 in main is 0 and not 2");
    // At once: the one or the other.
    let at_once = [wrote(1, 4, "a 1=1"), wrote(2, 3, "a 1=2")];
    is_fine("", &at_once, "a 1=1");
    is_fine("", &at_once, "a 1=2");
    is_found("", &at_once, "", Kind::Lost, "a of own");
}

#[test]
fn what_was_under_way_is_there_wholly_or_not_at_all() {
    let history = [wrote(1, 2, "a 1=1, a 2=2"), killed(3, "a 1=3, a 2=4, a 3=5")];
    is_fine("", &history, "a 1=1, a 2=2");
    is_fine("", &history, "a 1=3, a 2=4, a 3=5");
    let says = "of a batch of 3 lines (0 of them bad) to main, 1 values are as after it \
                (a of own,w=1 at 1 in main), and 2 as before (a of own,w=1 at 2 in main)";
    is_found("", &history, "a 1=3, a 2=2", Kind::Torn, says);
    // A value that neither of them explains is another matter.
    is_found("", &history, "a 1=1, a 2=9", Kind::Changed, "a of own,w=1 at 2 in main is 9");
    // A value that was there before says nothing, unless something else had taken its place.
    let history = [killed(3, "a 1=true, a 2=4")];
    is_fine("a 1=true", &history, "a 1=true");
    is_fine("a 1=true", &history, "a 1=true, a 2=4");
    let history = [wrote(1, 2, "a 1=false"), killed(3, "a 1=true, a 2=4")];
    let says = "of a batch of 2 lines (0 of them bad) to main, 1 values are as after it (a of own,w=1 at 1";
    is_found("a 1=true", &history, "a 1=true", Kind::Torn, says);
    // Another's value in its place says nothing: it may have come after it.
    let others = [killed(1, "a 1=3, a 2=4"), wrote(2, 3, "a 1=7")];
    is_fine("", &others, "a 1=7, a 2=4");
    is_fine("", &others, "a 1=7");
}

#[test]
fn what_is_removed_stays_away() {
    let history = [deed(1, removal(None), answered(2, 204)), wrote(3, 4, "a 2=5")];
    is_fine("a 1=1, a 2=2", &history, "a 2=5");
    is_found("a 1=1", &history, "a 1=1, a 2=5", Kind::BackAgain, "a of own,w=1 at 1 in main is 1");
    // Before, in the same round.
    let history = [wrote(1, 2, "a 1=1"), deed(3, removal(Some((1, 1))), answered(4, 204))];
    is_fine("a 2=2", &history, "a 2=2");
    is_found("a 2=2", &history, "a 1=1, a 2=2", Kind::BackAgain, "a of own,w=1 at 1 in main is 1");
    is_found("a 2=2", &history, "", Kind::Lost, "a of own,w=1 at 2 in main");
}

#[test]
fn a_removal_that_was_under_way_took_all_or_nothing() {
    let history = [deed(1, removal(Some((1, 2))), Came::Killed)];
    is_fine("a 1=1, a 2=2, a 3=3", &history, "a 1=1, a 2=2, a 3=3");
    is_fine("a 1=1, a 2=2, a 3=3", &history, "a 3=3");
    let says = "of the removal of own,w=1 from 1 to 2 from main, 1 values are as after it";
    is_found("a 1=1, a 2=2, a 3=3", &history, "a 1=1, a 3=3", Kind::Torn, says);
}

#[test]
fn removals_take_only_what_they_name() {
    let mut reading = reading("a 1=1");
    let other = |writer: &str, measurement: &str, database: &str| Cell {
        writer: writer.into(),
        measurement: measurement.into(),
        database: database.into(),
        ..cell("a 1")
    };
    for cell in [other("2", "own", "main"), other("1", "wide", "main"), other("1", "own", "own1")] {
        reading.add(cell, Stored { value: Value("1".into()), mark: String::new() });
    }
    let mut now = reading.clone();
    now.cells.remove(&cell("a 1"));
    let history = [deed(1, removal(None), answered(2, 204))];
    assert_eq!(judge(STORES_GOOD, &reading, &history, &now), []);
    for kept in now.cells.keys() {
        let mut less = now.clone();
        less.cells.remove(kept);
        let found = judge(STORES_GOOD, &reading, &history, &less);
        assert_eq!((found.len(), found[0].kind), (1, Kind::Lost), "{found:?}");
    }
}

#[test]
fn bad_lines_are_not_there_and_good_ones_as_the_product_has_it() {
    let lines = |sort| batch(vec![line(Sort::Good, "a 1=1"), line(sort, "a 2=2")]);
    let malformed = [deed(1, lines(Sort::Malformed), answered(2, 400))];
    let conflicting = [deed(1, lines(Sort::Conflicting), answered(2, 422))];
    let judged = |habits, history: &[Deed], now: &str| {
        let found = judge(habits, &reading(""), history, &reading(now));
        found.iter().map(|finding| finding.kind).collect::<Vec<_>>()
    };
    assert_eq!(judged(STORES_GOOD, &malformed, "a 1=1"), []);
    assert_eq!(judged(STORES_GOOD, &malformed, ""), [Kind::Lost]);
    assert_eq!(judged(STORES_GOOD, &malformed, "a 1=1, a 2=2"), [Kind::Phantom]);
    assert_eq!(judged(REFUSES, &malformed, ""), []);
    assert_eq!(judged(REFUSES, &malformed, "a 1=1"), [Kind::Phantom]);
    assert_eq!(judged(REFUSES, &conflicting, "a 1=1"), []);
    assert_eq!(judged(REFUSES, &conflicting, "a 1=1, a 2=2"), [Kind::Phantom]);
    // Said to be good: a schema was lost.
    let taken = [deed(1, lines(Sort::Conflicting), answered(2, 204))];
    assert_eq!(judged(STORES_GOOD, &taken, "a 1=1"), [Kind::Answer]);
    // What was refused does not take the place of what was there.
    let found = judge(REFUSES, &reading("a 1=0"), &malformed, &reading("a 1=1"));
    assert_eq!(found[0].kind, Kind::Changed, "{found:?}");
}

#[test]
fn answers_are_those_that_were_due() {
    for (status, is_odd) in [(204, false), (200, true), (400, true), (500, true)] {
        let history = [deed(1, good("a 1=1"), answered(2, status))];
        let found = judge(STORES_GOOD, &reading(""), &history, &reading("a 1=1"));
        assert_eq!(found.iter().any(|f| f.kind == Kind::Answer), is_odd, "{status} {found:?}");
    }
    for (status, is_odd) in [(200, false), (201, false), (204, false), (404, true)] {
        let history = [deed(1, removal(None), answered(2, status))];
        let found = judge(STORES_GOOD, &reading(""), &history, &reading(""));
        assert_eq!(!found.is_empty(), is_odd, "{status} {found:?}");
    }
    let nothing = [deed(1, good("a 1=1"), Came::Nothing { why: "closed".to_owned() })];
    is_found("", &nothing, "", Kind::Answer, "no answer");
    is_found("", &nothing, "a 1=1", Kind::Answer, "no answer");
    is_fine("", &[killed(1, "a 1=1")], "");
}

#[test]
fn databases_are_there_with_what_is_in_them() {
    let (main, own): (Name, Name) = ("main".into(), "own1".into());
    let inside = Cell { database: Name::clone(&own), ..cell("a 1") };
    let with = |databases: &[(&Name, &str)], is_inside: bool| {
        let mut reading = Reading::default();
        for (name, id) in databases {
            let stored = Stored { value: Value::present(), mark: (*id).to_owned() };
            reading.add(Cell::database(name), stored);
        }
        if is_inside {
            let value = Value("1".into());
            reading.add(inside.clone(), Stored { value, mark: String::new() });
        }
        reading
    };
    let one = with(&[(&main, "m"), (&"zone".into(), "z")], false);
    let both = with(&[(&main, "m"), (&own, "o"), (&"zone".into(), "z")], true);
    let kinds = |before: &Reading, history: &[Deed], now: &Reading| {
        let found = judge(STORES_GOOD, before, history, now);
        found.iter().map(|finding| finding.kind).collect::<Vec<_>>()
    };
    let lines = vec![Line { sort: Sort::Good, cells: vec![(inside.clone(), Value("1".into()))] }];
    let write = What::Write { database: Name::clone(&own), lines };
    let history = [deed(1, made("own1"), answered(2, 200)), deed(3, write, answered(4, 204))];
    assert_eq!(kinds(&one, &history, &both), []);
    assert_eq!(kinds(&one, &history, &one), [Kind::Lost, Kind::Lost]);
    let drops = [deed(1, dropped("own1"), answered(2, 204))];
    assert_eq!(kinds(&both, &drops, &one), []);
    assert_eq!(kinds(&both, &drops, &both), [Kind::BackAgain]);
    // Made again, and what was in it is there again.
    let again =
        [deed(1, dropped("own1"), answered(2, 204)), deed(3, made("own1"), answered(4, 201))];
    let anew = with(&[(&main, "m"), (&own, "other"), (&"zone".into(), "z")], false);
    assert_eq!(kinds(&both, &again, &anew), []);
    assert_eq!(kinds(&both, &again, &both), [Kind::BackAgain]);
    // Under way: both or none.
    let open = [deed(1, dropped("own1"), Came::Killed)];
    assert_eq!(kinds(&both, &open, &one), []);
    assert_eq!(kinds(&both, &open, &both), []);
    let emptied = with(&[(&main, "m"), (&own, "o"), (&"zone".into(), "z")], false);
    assert_eq!(kinds(&both, &open, &emptied), [Kind::Torn]);
    // Another id, and nobody has made it anew.
    assert_eq!(
        kinds(&one, &[], &with(&[(&main, "x"), (&"zone".into(), "z")], false)),
        [Kind::Moved]
    );
}

#[test]
fn what_the_server_dates_keeps_its_date_and_is_there_once() {
    let cell = Cell { time: None, number: "7".into(), ..cell("v 0") };
    let at = |time: &str| Stored { value: Value("1".into()), mark: time.to_owned() };
    let mut before = Reading::default();
    before.add(cell.clone(), at("5"));
    let mut moved = Reading::default();
    moved.add(cell.clone(), at("6"));
    let found = judge(STORES_GOOD, &before, &[], &moved);
    let says = "MOVED: v of own,w=1,n=7 at the server's time in main, which is 1, from 5 to 6";
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), [says]);
    let mut twice = before.clone();
    twice.add(cell, at("6"));
    let found = judge(STORES_GOOD, &before, &[], &twice);
    assert_eq!(found.iter().map(|f| f.kind).collect::<Vec<_>>(), [Kind::Twice], "{found:?}");
}
