//! Inputs made to be slow: whoever walks something again for every line, tag or field takes much
//! longer for one large body than for sixteen of a sixteenth.
//!
//! Time is noisy, so the two cases are kept far apart, and both sides of the comparison are in the
//! same noise. One body of 1 MiB is measured in turn with sixteen of 64 KiB: linear work takes as
//! long, quadratic work sixteen times as long. Only more than four times is called quadratic, and
//! only if it stays so when measured again and again, the least time of each side counting.

#![allow(clippy::unwrap_used)]

use line_protocol::{Dialect, Options, ParseErrorKind, parse};
use std::hint::black_box;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// All of them where the body is a megabyte; one of each grammar where there are many bodies.
const DIALECTS: [Dialect; 4] =
    [Dialect::GO_V2, Dialect::IOX_3_9, Dialect::GO_V1_6, Dialect::IOX_3_6];

const LARGE: usize = 1 << 20;
const TIMES: usize = 16;
const QUADRATIC: u32 = 4;
/// How long it may go on looking quadratic before it is called so.
const PATIENCE: Duration = Duration::from_secs(3);

/// One measurement at a time: the cores are few, and others use them too.
static ALONE: Mutex<()> = Mutex::new(());

/// Fails if the work on one large body takes much longer than on `TIMES` small ones.
fn assert_linear(name: &str, small: &str, large: &str, mut work: impl FnMut(&str)) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // After a block of this size was freed, glibc keeps memory for the next one: otherwise only the
    // large body would pay for fresh pages, every time.
    drop(black_box(Vec::<u8>::with_capacity(31 << 20)));
    let mut time = |input: &str, times: usize| {
        let start = Instant::now();
        for _ in 0..times {
            work(black_box(input));
        }
        start.elapsed()
    };
    let (mut least_small, mut least_large) = (Duration::MAX, Duration::MAX);
    let start = Instant::now();
    for attempt in 0.. {
        if attempt >= 3 && start.elapsed() > PATIENCE {
            break;
        }
        least_small = least_small.min(time(small, TIMES));
        least_large = least_large.min(time(large, 1));
        if least_large <= least_small * QUADRATIC {
            return;
        }
    }
    panic!(
        "{name}: {TIMES} small ones take {least_small:?}, a large one {least_large:?}: quadratic"
    );
}

/// Parses, and asks of every error what a server would.
fn read(input: &str, dialect: &Dialect) {
    let input = input.as_bytes();
    for item in parse(input, dialect, &Options::default()) {
        match item {
            Ok(line) => drop(black_box(line)),
            Err(error) => {
                assert!(error.original_line(input).len() <= 20);
                black_box(error.message_bytes(input));
            }
        }
    }
}

/// A body of 1 MiB, in all dialects.
fn check(name: &str, make: impl Fn(usize) -> String) {
    check_at(LARGE, &DIALECTS, name, make);
}

/// One of many bodies: a quarter of that, in one dialect of each grammar.
fn check_quickly(name: &str, make: impl Fn(usize) -> String) {
    check_at(LARGE / 4, &DIALECTS[..2], name, make);
}

fn check_at(size: usize, dialects: &[Dialect], name: &str, make: impl Fn(usize) -> String) {
    // What is quadratic is already found at a sixteenth, without minutes of waiting.
    for size in [size / TIMES, size] {
        let (small, large) = (make(size / TIMES), make(size));
        for dialect in dialects {
            assert_linear(name, &small, &large, |input| read(input, dialect));
        }
    }
}

fn fill(before: &str, pattern: &str, size: usize) -> String {
    [before, &pattern.repeat(size / pattern.len())].concat()
}

#[test]
fn a_megabyte_of_one_byte() {
    for before in ["", "m,a=", "m ", "m f=\""] {
        for byte in ["\\", ",", "\"", "=", "\n", " "] {
            check(&format!("{before:?} {byte:?}"), |size| fill(before, byte, size));
        }
    }
}

/// One byte over and over, wherever a line can stand when it begins.
#[test]
fn one_byte_in_every_state() {
    for before in ["m", "m,", "m,a", "m,a=b,", "m f", "m f=", "m f=1", "m f=1,", "m f=1 "] {
        for byte in ["\\", ",", "\"", "=", "\n", " ", "\t", "\0", "#", "9", "x", "é"] {
            check_quickly(&format!("{before:?} {byte:?}"), |size| fill(before, byte, size));
        }
    }
}

/// Two bytes in turn: escapes, empty parts, quotes that open and close.
#[test]
fn two_bytes_in_turn() {
    let bytes = ["\\", ",", "\"", "=", "\n", " ", "#", "x"];
    for first in bytes {
        for second in bytes.iter().filter(|second| **second != first) {
            let pattern = format!("{first}{second}");
            for before in ["", "m,a=b f=\""] {
                check_quickly(&format!("{before:?} {pattern:?}"), |size| {
                    fill(before, &pattern, size)
                });
            }
        }
    }
}

/// Pieces of lines, good and bad: what one leaves open the next must not walk again.
#[test]
fn pieces_over_and_over() {
    for pattern in [
        "m f=1\n",
        "m f=\"\n",
        "m f=\"a\" \"\n",
        "m f=\"\\\"",
        "# a=\"\n",
        "# a=\"\n\nm f=\"\n",
        "#\n",
        "# comment\n\n \t\nm f=1\n",
        "bad\n",
        "\n\n\n\n\n\n\n\nbad\n",
        "\r\n\r\n\r\nbad\r\n",
        "# c\n\n# c\n\nbad\n",
        " \t \t \t \t\nbad\n",
        "m f=\"\n\n\n\" x\n",
        "m f=1 x\n",
        "m,a=1,a=2 f=1\n",
        "m f=1i,\n",
        "f=\"a\",",
        "a\\=\"",
        ",a=b",
        ",a\\,b=c\\ d",
    ] {
        for before in ["", "m ", "m", "m f=1,", "# a=\"\n"] {
            check_quickly(&format!("{before:?} {pattern:?}"), |size| fill(before, pattern, size));
        }
    }
}

/// Many tags and fields: 100 000 in a megabyte, in every order.
#[test]
fn many_tags_and_fields() {
    type Order = fn(usize, usize) -> usize;
    let orders: [(&str, Order); 4] = [
        ("ascending", |n, _| n),
        ("descending", |n, count| count - n),
        ("scattered", |n, count| n * 7_919 % count),
        ("one key", |_, _| 0),
    ];
    for (name, order) in orders {
        let list = |size: usize, before: &str, pattern: &str| -> String {
            let count = size / 10;
            let part = |n: usize| pattern.replace('#', &format!("{:06}", order(n, count)));
            [before.to_owned(), (0..count).map(part).collect()].concat()
        };
        check(&format!("{name} tags"), |size| list(size, "m", ",t#=v") + " f=1");
        check(&format!("{name} fields"), |size| list(size, "m ", "f#=1,") + "last=1");
        check(&format!("{name} fields, open"), |size| list(size, "m ", "f#=1,") + "last=\"");
        check(&format!("{name} strings"), |size| list(size, "m ", "f#=\"\\\"\",") + "last=1i");
    }
}

/// Names as long as they may be, and one byte longer, again and again.
#[test]
fn names_of_the_greatest_length() {
    for length in [65_530, 65_535, 65_536, 65_537] {
        let name = "n".repeat(length);
        for line in [
            format!("{name} f=1\n"),
            format!("m,{name}=v f=1\n"),
            format!("m,t={name} f=1\n"),
            format!("m {name}=1\n"),
            format!("m f=\"{name}\"\n"),
        ] {
            let lines = line.repeat(TIMES);
            for dialect in &DIALECTS {
                assert_linear("long names", &line, &lines, |input| read(input, dialect));
            }
        }
    }
}

/// Where the limits are: a series key of 65 535 bytes in Go, with the field key and the four bytes
/// between them; a name of 65 536 bytes in IOx.
#[test]
fn the_greatest_length_and_one_more() {
    let verdict = |line: &str, dialect| {
        let item = parse(line.as_bytes(), &dialect, &Options::default()).next().unwrap();
        item.map(|line| line.fields.len()).map_err(|error| error.kind)
    };
    let long = |length: usize| "n".repeat(length);
    let too_long = |length| Err(ParseErrorKind::KeyTooLong { length, limit: 65_535 });
    for dialect in [Dialect::GO_V1_6, Dialect::GO_V1_12, Dialect::GO_V2] {
        let field = |key: usize| format!("m,t=v {}=1", long(key));
        assert_eq!(verdict(&format!("{} f=1", long(65_530)), dialect), Ok(1));
        assert_eq!(verdict(&format!("{} f=1", long(65_531)), dialect), too_long(65_536));
        assert_eq!(verdict(&format!("{} f=1", long(65_535)), dialect), too_long(65_540));
        assert_eq!(verdict(&format!("{} f=1", long(65_536)), dialect), too_long(65_536));
        assert_eq!(verdict(&field(65_526), dialect), Ok(1));
        assert_eq!(verdict(&field(65_527), dialect), too_long(65_536));
        assert_eq!(verdict(&format!("m f=\"{}\"", long(1 << 20)), dialect), Ok(1));
    }
    for (dialect, limit) in [(Dialect::IOX_3_6, 65_536), (Dialect::IOX_3_9, 1_048_576)] {
        for (before, after) in
            [("", " f=1"), ("m,", "=v f=1"), ("m,t=", " f=1"), ("m ", "=1"), ("m f=\"", "\"")]
        {
            let line = |length: usize| format!("{before}{}{after}", long(length));
            let too_long = Err(ParseErrorKind::StringTooLong { limit });
            assert_eq!(verdict(&line(limit), dialect), Ok(1), "{before}");
            assert_eq!(verdict(&line(limit + 1), dialect), too_long, "{before}");
        }
    }
}

/// For each line, looks at all that follows.
fn quadratic(input: &str) {
    for (at, _) in input.match_indices('\n') {
        black_box(input.as_bytes()[at..].iter().filter(|byte| **byte == b'"').count());
    }
}

#[test]
#[should_panic(expected = ": quadratic")]
fn quadratic_work_is_called_so() {
    let (small, large) = (fill("", "x\n", 1 << 11), fill("", "x\n", TIMES << 11));
    assert_linear("a toy", &small, &large, quadratic);
}
