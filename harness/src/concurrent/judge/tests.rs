//! Histories written by hand.

use super::*;
use crate::claim::Claims;
use crate::concurrent::history::{By, Came, Fault, Part};
use crate::model::items;
use std::time::Duration;

const GO: Habits = Habits { last_wins: true, is_final: true };
const TABLES: Habits = Habits { last_wins: false, is_final: true };

fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

fn sent(writer: usize, began: u64, lines: &str, came: Came) -> Sent {
    let by = By { writer, write: 1, attempt: 1 };
    Sent { by, began: ms(began), items: items(lines.as_bytes()), part: None, came }
}

fn answered(writer: usize, (began, ended): (u64, u64), lines: &str, status: u16) -> Sent {
    let claim = if status < 300 { Claim::Accepted } else { Claim::Rejected };
    let claims = Claims { items: vec![claim; items(lines.as_bytes()).len()], unnamed: 0 };
    let (said, busy) = (String::new(), false);
    sent(writer, began, lines, Came::Answer { ended: ms(ended), status, said, busy, claims })
}

fn left(writer: usize, began: u64, lines: &str) -> Sent {
    sent(writer, began, lines, Came::Left)
}

/// A body whose connection ended there: its whole lines, and what was sent of the next one.
fn dropped(writer: usize, began: u64, lines: &str, cut: &[&str]) -> Sent {
    let cut = cut.iter().map(|text| (*text).to_owned()).collect();
    let part = Part { bytes: 10, of: 99, cut };
    Sent { part: Some(part), ..left(writer, began, lines) }
}

/// What is stored, as line protocol.
fn stored(lines: &str) -> Vec<Point> {
    let point = |item: &crate::model::Item| match &item.meaning {
        Meaning::Point(written) => Point {
            measurement: written.measurement.clone(),
            tags: written.tags.clone(),
            fields: written.fields.clone(),
            time: written.timestamp.unwrap(),
        },
        Meaning::Unjudged => panic!("{}", item.text),
    };
    items(lines.as_bytes()).iter().map(point).collect()
}

/// What is found, as it is told.
fn tells(history: &[Sent], lines: &str, habits: Habits) -> Vec<String> {
    let found = judge(history, &stored(lines), habits);
    found.iter().map(|found| told(found, history)).collect()
}

fn is_fine(history: &[Sent], lines: &str) {
    assert_eq!(tells(history, lines, GO), Vec::<String>::new());
}

/// One finding, which begins so and names these writes.
fn is_found(history: &[Sent], lines: &str, begins: &str, sends: &[usize]) -> String {
    let found = judge(history, &stored(lines), GO);
    let [one] = found.as_slice() else { panic!("{found:#?}") };
    assert!(one.what.starts_with(begins), "{}", one.what);
    assert!(one.sends.iter().eq(sends), "{found:#?}");
    told(one, history)
}

#[test]
fn what_was_acknowledged_is_there() {
    let history =
        [answered(1, (0, 5), "m f=1 1\nm f=2 2", 204), answered(2, (1, 4), "m g=3 1", 204)];
    is_fine(&history, "m f=1,g=3 1\nm f=2 2");
    let told = is_found(&history, "m g=3 1\nm f=2 2", "LOST: f=1 of m f=1 1", &[0]);
    assert_eq!(
        told,
        "LOST: f=1 of m f=1 1\n    writer 1, write 1, 0.0 to 5.0 ms: 2 lines, answered 204\
         \n    stored is m g=3 1"
    );
    // All lines of one write are one finding.
    let told = is_found(&history, "m g=3 1", "LOST: f=1 of m f=1 1", &[0]);
    assert!(told.starts_with("LOST: f=1 of m f=1 1 (and 1 more of the same)\n"), "{told}");
    assert_eq!(tells(&history, "", GO).len(), 2);
}

#[test]
fn what_nobody_answered_may_be_there() {
    let history = [left(1, 0, "m f=1 1\nm f=2 2"), answered(1, (3, 5), "m f=7 7", 204)];
    is_fine(&history, "m f=7 7");
    is_fine(&history, "m f=1 1\nm f=2 2\nm f=7 7");
    is_fine(&history, "m f=2 2\nm f=7 7");
    is_found(&history, "m f=3 2\nm f=7 7", "PHANTOM, f is 3, which no line says", &[0]);
}

#[test]
fn what_was_refused_is_not_there() {
    let history = [answered(1, (0, 5), "m f=1 1\nm f=2 2", 400)];
    is_fine(&history, "");
    let says = "PHANTOM, said to be refused: f=2 of m f=2 2";
    is_found(&history, "m f=2 2", says, &[0]);
    // Sent before, and never answered: it may come from there.
    let history = [left(1, 0, "m f=1 1"), answered(1, (3, 5), "m f=1 1", 400)];
    is_fine(&history, "m f=1 1");
}

#[test]
fn of_two_values_the_overtaken_one_must_be_gone() {
    let one_after_the_other =
        [answered(1, (0, 5), "m v=1i 1", 204), answered(2, (6, 9), "m v=2i 1", 204)];
    is_fine(&one_after_the_other, "m v=2i 1");
    let told =
        is_found(&one_after_the_other, "m v=1i 1", "STALE, v is 1i and not 2i: m v=2i 1", &[0, 1]);
    assert!(told.contains("\n    writer 1, write 1, 0.0 to 5.0 ms"), "{told}");
    assert!(told.contains("\n    writer 2, write 1, 6.0 to 9.0 ms"), "{told}");
    // Products with tables do not say which of the two stays.
    assert!(tells(&one_after_the_other, "m v=1i 1", TABLES).is_empty());
    assert!(!tells(&one_after_the_other, "m v=3i 1", TABLES).is_empty());

    let at_once = [answered(1, (0, 5), "m v=1i 1", 204), answered(2, (5, 9), "m v=2i 1", 204)];
    is_fine(&at_once, "m v=1i 1");
    is_fine(&at_once, "m v=2i 1");
    // What came later was refused, or nobody answered it.
    let refused = [answered(1, (0, 5), "m v=1i 1", 204), answered(2, (6, 9), "m v=2i 1", 400)];
    is_fine(&refused, "m v=1i 1");
    let unanswered = [answered(1, (0, 5), "m v=1i 1", 204), left(2, 6, "m v=2i 1")];
    is_fine(&unanswered, "m v=1i 1");
    is_fine(&unanswered, "m v=2i 1");
}

/// Whoever closes a connection does not know when the server will do what it was sent.
#[test]
fn what_was_sent_again_may_come_twice() {
    let history = [
        left(1, 0, "m v=1i 1"),
        answered(1, (2, 4), "m v=1i 1", 204),
        answered(2, (6, 9), "m v=2i 1", 204),
    ];
    is_fine(&history, "m v=1i 1");
    is_fine(&history, "m v=2i 1");
    is_found(&history, "", "LOST: v=2i of m v=2i 1", &[2]);
}

#[test]
fn a_cut_line_is_no_line() {
    let cut = "load,host=a f=12";
    let history = [dropped(1, 0, "load,host=a f=7 1", &[cut]), answered(1, (5, 6), "m f=1 1", 204)];
    is_fine(&history, "m f=1 1");
    is_fine(&history, "load,host=a f=7 1\nm f=1 1");
    // With the server's own time.
    let told = is_found(
        &history,
        "load,host=a f=12 1800000000000000000\nm f=1 1",
        "PHANTOM, written by a line that was cut: load,host=a f=12 1800000000000000000",
        &[0],
    );
    assert!(
        told.contains("writer 1, write 1, from 0.0 ms on: 10 of 99 bytes sent, then"),
        "{told}"
    );
    assert!(told.ends_with("when its body was cut: load,host=a f=12"), "{told}");
    // Less of it, as a server may see that reads piece by piece.
    let stored = "load,host=a f=1 1800000000000000000\nm f=1 1";
    is_found(&history, stored, "PHANTOM, written by a line that was cut", &[0]);
    // A time that was cut, in a body that was sent again whole.
    let whole = "load,host=a f=12,g=3 170";
    let history =
        [dropped(1, 0, "", &["load,host=a f=12,g=3 17"]), answered(1, (5, 6), whole, 204)];
    let stored = "load,host=a f=12,g=3 17\nload,host=a f=12,g=3 170";
    is_found(&history, stored, "PHANTOM, written by a line that was cut", &[0]);
}

#[test]
fn a_cut_value_of_a_stored_point_is_found() {
    // In line protocol without a time only the server knows where it goes.
    let history = [dropped(1, 0, "", &["m f=12"]), answered(2, (5, 6), "m f=12345 1", 204)];
    let told = is_found(&history, "m f=12 1", "MUTATED, f is 12, which no line says", &[0, 1]);
    assert!(told.ends_with("a body was cut there: m f=12"), "{told}");
}

#[test]
fn nothing_is_there_twice() {
    let history = [left(1, 0, "m f=1 1"), answered(1, (2, 4), "m f=1 1", 204)];
    let says = "DUPLICATED, f is 1 and 1 at once: m f=1 1";
    is_found(&history, "m f=1 1\nm f=1 1", says, &[0, 1]);
    // However often: two writes are enough to see it.
    let one = |n: u64| answered(1, (n, n), &format!("m v={n}i 1"), 204);
    let history: Vec<_> = (1..=6).map(one).collect();
    let all: Vec<_> = (1..=6).map(|n| format!("m v={n}i 1")).collect();
    let says = "DUPLICATED, v is 1i and 2i and 3i and 4i and 2 more at once: m v=1i 1";
    is_found(&history, &all.join("\n"), says, &[0, 1]);
}

#[test]
fn nothing_is_there_that_nobody_sent() {
    let history = [answered(1, (0, 5), "m f=1 1", 204)];
    is_found(&history, "m f=1 1\nm f=1 2", "PHANTOM, written by no line: m f=1 2", &[]);
    is_found(&history, "m f=1,g=2 1", "PHANTOM, written by no line: g=2 of m", &[]);
    is_found(&history, "m f=3 1", "MUTATED, f is 3, which no line says: m f=1 1", &[0]);
    let history = [answered(1, (0, 5), "m,t=a f=1x 17\nm,t=a f=2x 18", 204)];
    let told =
        is_found(&history, "m,t=a f=0 18", "PHANTOM, written by no line: m,t=a f=0 18", &[0]);
    assert!(told.ends_with("made of what is no line: m,t=a f=2x 18"), "{told}");
}

#[test]
fn lines_that_are_dropped_without_a_name_are_not_lost() {
    let mut history = [answered(1, (0, 5), "m f=1 1\nm f=2 2", 204)];
    if let Came::Answer { claims, .. } = &mut history[0].came {
        claims.unnamed = 1;
    }
    is_fine(&history, "m f=2 2");
}

/// What is said of the answers alone.
fn says(sent: Sent) -> Vec<(Kind, String)> {
    let found = answers(&[sent], GO);
    found.into_iter().map(|found| (found.kind, found.what)).collect()
}

#[test]
fn answers_are_held_to_what_every_server_owes() {
    let is_fine = |sent: Sent| assert_eq!(says(sent), []);
    is_fine(answered(1, (0, 1), "m f=1 1", 204));
    is_fine(answered(1, (0, 1), "m f=1 1\nm f=", 400));
    is_fine(answered(1, (0, 1), "m f=1 1", 429));
    is_fine(left(1, 0, "m f=1 1"));
    let nothing = |fault| sent(1, 0, "m f=1 1", Came::Nothing { why: "closed".to_owned(), fault });
    is_fine(nothing(Fault::None));
    is_fine(nothing(Fault::Late));
    assert_eq!(says(nothing(Fault::Server)), [(Kind::NoAnswer, "closed".to_owned())]);

    let is = |status, lines: &str| {
        let all = says(answered(1, (0, 1), lines, status));
        let [(kind, what)] = all.as_slice() else { panic!("{all:?}") };
        (*kind, what.clone())
    };
    assert_eq!(is(400, "m f=1 1"), (Kind::StatusClass, "400 ".to_owned()));
    assert_eq!(is(500, "m f=1 1").0, Kind::StatusClass);
    assert_eq!(is(503, "m f=1 1").0, Kind::StatusClass);
    assert_eq!(is(302, "m f=1 1").0, Kind::StatusClass);
    let (kind, what) = is(204, "m f=1 1\nm f=");
    assert_eq!(kind, Kind::Honesty);
    assert!(what.starts_with("line 2 said to be stored (204)"), "{what}");

    let mut busy = answered(1, (0, 1), "m f=1 1", 503);
    if let Came::Answer { busy, .. } = &mut busy.came {
        *busy = true;
    }
    is_fine(busy);
    // Where a success is not the last word, such a line may be refused later.
    let later = Habits { is_final: false, ..GO };
    assert!(answers(&[answered(1, (0, 1), "m f=", 204)], later).is_empty());
}

#[test]
fn who_answers_no_more_is_told_with_what_came_before() {
    let late = |writer, began| {
        let why = "no answer within 1 s".to_owned();
        sent(writer, began, "m f=1 1", Came::Nothing { why, fault: Fault::Late })
    };
    let history = [
        dropped(1, 0, "", &["m"]),
        dropped(2, 3, "", &["m"]),
        left(2, 4, "m f=2 2"),
        late(3, 5),
        dropped(1, 6, "", &["m"]),
        late(4, 7),
        late(0, 2000),
    ];
    let by = By { writer: 0, write: 1, attempt: 4 };
    let gone = gone(&history, by, "no answer within 1 s");
    assert_eq!(gone.what, "the last write (sending 4) has no answer: no answer within 1 s");
    assert!(gone.sends.iter().eq(&[1, 2, 3]), "{gone:?}");
    // A write that began before it, and was not done.
    let history = [left(1, 4, "m f=2 2"), late(3, 5), dropped(1, 6, "", &["m"]), late(0, 2000)];
    let gone = super::gone(&history, by, "no answer within 1 s");
    assert!(gone.sends.iter().eq(&[0, 1, 2]), "{gone:?}");
}
