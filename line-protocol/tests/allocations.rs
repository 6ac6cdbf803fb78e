//! A parser that has seen a body's like allocates nothing for the next.

#![allow(clippy::unwrap_used)]

use allocation_counter::{AllocationInfo, measure};
use line_protocol::{Dialect, FieldValue, Options, Parser, Scan};
use std::fmt::Write;
use std::ops::ControlFlow;

/// Every kind of line: plain and not, with escapes and without, good and bad, tags in order and not,
/// lines longer than what is scanned at once.
fn body() -> String {
    let mut body = String::new();
    for n in 0..200 {
        let _ = writeln!(body, "cpu,host=h{n},az=b,dc=c usage=1.{n},idle={n}i,up=true {n}");
        let _ = writeln!(
            body,
            "my\\ cpu,ho\\ st=a\\,b lo\\=ad=1.25e{},text=\"a \\\"b\\\" \\\\ c\"",
            n % 9
        );
        let _ = writeln!(body, "log,app=x msg=\"line one\nline two\",n={n}u");
        let _ = writeln!(body, "odd\\\\name,b=2,a=1   f=1i\t\n# comment\n\n");
        let _ = writeln!(body, "cpu,host=a value=\nbad\n,x f=1\ncpu,a=1,a=2 f=1");
    }
    let _ = writeln!(body, "long,tag=x text=\"{}\\\"\"", "x".repeat(40_000));
    let many: Vec<String> = (0..3000).map(|n| format!("field{n}={n}.5")).collect();
    let _ = writeln!(body, "many,tag=x {}", many.join(","));
    body
}

/// Everything that a line says, folded, so that all of it is asked for.
fn read(parser: &mut Parser, body: &str) -> (u64, u64) {
    let (mut folded, mut lines) = (0_u64, 0);
    let mut fold = |part: usize| folded = folded.wrapping_mul(31).wrapping_add(part as u64);
    let step = parser.parse_into(
        body.as_bytes(),
        &Options::default(),
        |line| {
            lines += 1;
            fold(line.measurement().len());
            line.tags().for_each(|(key, value)| fold(key.len() + value.len()));
            for (key, value) in line.fields() {
                fold(key.len());
                fold(match value {
                    FieldValue::String(text) => text.len(),
                    FieldValue::Float(v) => v.to_bits() as usize,
                    FieldValue::Integer(v) => v as usize,
                    FieldValue::Unsigned(v) => v as usize,
                    FieldValue::Boolean(v) => usize::from(v),
                });
            }
        },
        &mut (),
    );
    assert_eq!(step, ControlFlow::Continue(()));
    (folded, lines)
}

fn allocations(run: impl FnOnce()) -> u64 {
    let AllocationInfo { count_total, .. } = measure(run);
    count_total
}

#[test]
fn nothing_is_allocated_in_the_steady_state() {
    let body = body();
    for dialect in [Dialect::GO_V1_6, Dialect::GO_V2, Dialect::IOX_3_6, Dialect::IOX_3_9] {
        for &scan in Scan::available() {
            let mut parser = Parser::new(dialect).with_scan(scan);
            let mut first = (0, 0);
            let warm = allocations(|| first = read(&mut parser, &body));
            assert!(warm > 0, "the counter does not count");
            assert!(first.1 >= 400, "{} lines", first.1);
            let mut second = (0, 0);
            assert_eq!(
                allocations(|| second = read(&mut parser, &body)),
                0,
                "{dialect:?} {scan:?}"
            );
            assert_eq!(first, second);
        }
    }
}

/// Memory is bounded by the longest line, not by the body.
#[test]
fn a_long_body_takes_no_more_than_a_short_one() {
    let long = body().repeat(20);
    for dialect in [Dialect::GO_V2, Dialect::IOX_3_9] {
        let mut parser = Parser::new(dialect);
        let grown = measure(|| {
            read(&mut parser, &long);
        });
        assert!(grown.bytes_max < 1_000_000, "{} bytes for {}", grown.bytes_max, long.len());
    }
}

/// What the scan took for one very long line does not stay.
#[test]
fn memory_is_given_back() {
    let long = format!("m f=\"{}\"", "x".repeat(7_000_000));
    let mut parser = Parser::new(Dialect::GO_V2);
    let left = measure(|| {
        read(&mut parser, &long);
        read(&mut parser, "m f=1");
    });
    assert!(left.bytes_max > 20_000_000, "{} at most", left.bytes_max);
    assert!(left.bytes_current < 2_000_000, "{} left", left.bytes_current);
}
