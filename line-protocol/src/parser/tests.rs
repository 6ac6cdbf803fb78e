//! The plain path and every scan against the grammars alone.
//!
//! The plain path may leave any line to the grammar, but what it reads it must read alike, so both
//! ways are gone for the same bodies.

use super::{Cursor, Parser};
use crate::{Dialect, Line, Options, ParseError, Precision, Scan};
use proptest::collection::vec;
use proptest::prelude::*;
use std::format;
use std::vec::Vec;

const DIALECTS: [Dialect; 4] =
    [Dialect::GO_V1_6, Dialect::GO_V2, Dialect::IOX_3_6, Dialect::IOX_3_9];

type Items<'a> = Vec<Result<Line<'a>, ParseError>>;

fn by_grammar<'a>(parser: &mut Parser, body: &'a [u8], options: &Options) -> Items<'a> {
    let mut cursor = Cursor::default();
    let mut items = Vec::new();
    while cursor.position < body.len() {
        match parser.step_by_grammar(body, options, &mut cursor) {
            Some(Ok(found)) => items.push(Ok(parser.view(body, found).to_line())),
            Some(Err(refused)) => items.push(Err(cursor.locate(refused, body))),
            None => break,
        }
    }
    items
}

fn as_usual<'a>(parser: &mut Parser, body: &'a [u8], options: &Options) -> Items<'a> {
    let mut cursor = Cursor::default();
    let mut items = Vec::new();
    while let Some(step) = parser.step(body, options, &mut cursor) {
        items.push(match step {
            Ok(found) => Ok(parser.view(body, found).to_line()),
            Err(refused) => Err(cursor.locate(refused, body)),
        });
    }
    items
}

fn check(body: &[u8], options: &Options) {
    for dialect in DIALECTS {
        let expected = by_grammar(&mut Parser::new(dialect), body, options);
        for &scan in Scan::available() {
            let mut parser = Parser::new(dialect).with_scan(scan);
            // Twice, since the second time the buffers are those of the first.
            for _ in 0..2 {
                let found = as_usual(&mut parser, body, options);
                if cfg!(miri) {
                    assert_eq!(found, expected);
                    continue;
                }
                // As text, in which 0.0 and -0.0 differ.
                let (found, expected) = (format!("{found:?}"), format!("{expected:?}"));
                assert_eq!(found, expected, "{scan:?} {dialect:?} {}", body.escape_ascii());
            }
        }
    }
}

/// Pieces of which most sequences are nearly lines.
fn nearly_lines() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 71] = [
        "m",
        "cpu",
        "a",
        "b",
        "time",
        "_field",
        "é",
        "\u{ff}",
        "#",
        ",",
        ",",
        ",",
        "=",
        "=",
        "=",
        " ",
        " ",
        " ",
        "\n",
        "\n",
        "\n",
        "\\",
        "\\,",
        "\\ ",
        "\\=",
        "\\\\",
        "\\\"",
        "\"",
        "\"",
        "\r\n",
        "\t",
        "\0",
        "1",
        "1i",
        "-2i",
        "3u",
        "-",
        ".5",
        "1.5",
        "1.",
        "-1.25e3",
        "1e400",
        "007",
        "-0",
        "-0.0",
        "0u",
        "00000000000000000001i",
        "\\\n",
        "12345678901234567.5",
        "9223372036854775807i",
        "9223372036854775808i",
        "18446744073709551615u",
        "t",
        "TRUE",
        "false",
        "False",
        "nan",
        ",time=v",
        "m,_field=v f=1\n",
        "1700000000000000000",
        "-9223372036854775808",
        "cpu,host=a load=1.5 17\n",
        "m,b=1,a=2 f=1i\n",
        "m f=\"x\"",
        "m,b=1,a=2,c\\ d=3 f=t,g=\"a\\\"b\" 5\n",
        "f=1",
        "f=\"",
        ",t=v",
        " f=1i ",
        "\nm f=1\n",
        "\n\n",
    ];
    vec(proptest::sample::select(PIECES.to_vec()), 0..24)
        .prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 4 } else { 5_000 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_plain_is_read_as_the_grammars_do(body in nearly_lines()) {
        check(&body, &Options::default());
    }

    #[test]
    fn in_every_unit(body in nearly_lines()) {
        check(&body, &Options { precision: Precision::Hour, default_time: -7 });
    }
}

/// Around each size at which more or less is scanned at once.
#[test]
fn lines_of_every_length() {
    let most = crate::scan::Index::LONGEST_STRETCH + 200;
    for length in (1..most).step_by(if cfg!(miri) { 200 } else { 1 }) {
        let x = "x".repeat(length);
        let body = format!("a f=1\nb f=\"{x}\\\"\n{x}\" 1\n# {x}\n{x} f=1\nc f=\"{x}");
        check(body.as_bytes(), &Options::default());
    }
}

#[test]
fn the_last_bytes_of_a_body() {
    let whole = b"cpu,ho\\ st=a\\,b load=1.5,s=\"a\\\\b\\\"c\",b=true,n=-12i 1700000000000000000\n";
    let step = if cfg!(miri) { 29 } else { 1 };
    for end in (0..=whole.len()).step_by(step) {
        for start in 0..4 {
            check(&whole[start.min(end)..end], &Options::default());
        }
    }
}

#[test]
fn limits_are_the_dialects() {
    use crate::{GoDialect, IoxDialect};
    for limit in (0..40).step_by(if cfg!(miri) { 7 } else { 1 }) {
        let go = Dialect::Go(GoDialect { max_key_bytes: limit, ..GoDialect::V2 });
        let iox = Dialect::Iox(IoxDialect { max_string_bytes: limit, ..IoxDialect::V3_9 });
        for dialect in [go, iox] {
            let body = b"cpu,host=abc load=1.5,text=\"twelve bytes\" 17\nm f=1\n";
            let options = Options::default();
            let expected = by_grammar(&mut Parser::new(dialect), body, &options);
            assert_eq!(as_usual(&mut Parser::new(dialect), body, &options), expected, "{limit}");
        }
    }
}
