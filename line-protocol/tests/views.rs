//! A line while it is the parser's, asked in every way, and where an error stands in an editor.
//!
//! Behind 40 000 bytes of other lines: positions count from the beginning of what is scanned at once,
//! and that must not be the beginning of the body.

#![allow(clippy::unwrap_used)]

use line_protocol::{Dialect, FieldValue, Line, Options, ParseError, Parser, parse};
use std::borrow::Cow;

const LINE: &str = r#"my\ cpu,b=2,a=1,c=3 load=1.5,text="a \"b\"",n=7i 17"#;

fn after_others() -> String {
    "m f=1\n".repeat(7_000) + LINE + "\n"
}

const OTHERS: usize = 7_000 * "m f=1\n".len();

/// Shows the line to `look`; it is the parser's, so it cannot be given away.
fn with_last(dialect: Dialect, look: impl FnOnce(line_protocol::LineView<'_, '_>)) {
    let body = after_others();
    let mut parser = Parser::new(dialect);
    let mut lines = parser.lines(body.as_bytes(), &Options::default());
    for _ in 0..7_000 {
        lines.next_line().unwrap().unwrap();
    }
    look(lines.next_line().unwrap().unwrap());
}

#[test]
fn a_view_says_what_the_line_says() {
    // Go sorts by key, IOx does not.
    for (dialect, key, tags) in [
        (Dialect::GO_V2, r"my\ cpu,a=1,b=2,c=3", ["a", "b", "c"]),
        (Dialect::IOX_3_9, r"my\ cpu,b=2,a=1,c=3", ["b", "a", "c"]),
    ] {
        with_last(dialect, |line| {
            assert_eq!(line.number(), 7_001);
            assert_eq!(line.raw(), LINE.as_bytes());
            assert_eq!(line.span(), OTHERS..OTHERS + LINE.len());
            assert_eq!(line.measurement(), b"my cpu");
            assert_eq!(line.series_key(), key.as_bytes());
            assert_eq!((line.timestamp(), line.has_timestamp()), (Some(17), true));
            let keys: Vec<&[u8]> = line.tags().map(|(key, _)| key).collect();
            assert_eq!(keys, tags.map(str::as_bytes));
            let owned: Line<'static> = line.to_line().into_owned();
            assert_eq!((owned.number, owned.span.clone()), (7_001, line.span()));
            assert_eq!((&*owned.raw, &*owned.series_key), (LINE.as_bytes(), key.as_bytes()));
            assert_eq!(owned.tags.len(), 3);
        });
    }
}

#[test]
fn parts_are_counted_and_read_from_both_ends() {
    with_last(Dialect::IOX_3_9, |line| {
        let mut tags = line.tags();
        assert_eq!((tags.len(), tags.size_hint()), (3, (3, Some(3))));
        assert_eq!(tags.next_back(), Some((&b"c"[..], &b"3"[..])));
        assert_eq!(tags.next(), Some((&b"b"[..], &b"2"[..])));
        assert_eq!(
            (tags.len(), tags.next(), tags.next_back()),
            (1, Some((&b"a"[..], &b"1"[..])), None)
        );
        let mut fields = line.fields();
        assert_eq!((fields.len(), fields.size_hint()), (3, (3, Some(3))));
        assert_eq!(fields.next_back(), Some((&b"n"[..], FieldValue::Integer(7))));
        assert_eq!(fields.next(), Some((&b"load"[..], FieldValue::Float(1.5))));
        let text = FieldValue::String(Cow::Borrowed(b"a \"b\""));
        assert_eq!((fields.len(), fields.next_back()), (1, Some((&b"text"[..], text))));
        assert_eq!((fields.next(), fields.next_back()), (None, None));
    });
}

/// Whoever prints one to look at it sees what it is.
#[test]
fn what_is_printed_for_debugging_shows_the_line() {
    with_last(Dialect::GO_V2, |line| {
        let shown = format!("{line:?}");
        assert!(shown.contains("7001") && shown.contains("load=1.5"), "{shown}");
        let tag = format!("{:?}", (b"a".as_slice(), b"1".as_slice()));
        assert!(format!("{:?}", line.tags()).contains(&tag), "{:?}", line.tags());
        assert!(format!("{:?}", line.fields()).contains("Integer(7)"), "{:?}", line.fields());
    });
    let mut parser = Parser::new(Dialect::GO_V2);
    assert!(format!("{parser:?}").contains("Go"));
    assert!(format!("{:?}", parser.lines(b"", &Options::default())).contains("Go"));
    assert!(format!("{:?}", parse(b"", &Dialect::GO_V2, &Options::default())).contains("Go"));
}

fn error(body: &[u8]) -> ParseError {
    parse(body, &Dialect::GO_V2, &Options::default()).find_map(Result::err).unwrap()
}

/// Counted by hand, as an editor shows it: comments and blank lines are lines, a character is a
/// column.
#[test]
fn an_error_stands_where_an_editor_shows_it() {
    for (body, position) in [
        ("cpu", (1, 4)),
        ("cpu load=", (1, 10)),
        ("cpu,t=\u{e9}\u{20ac} load=", (1, 15)),
        ("m f=1\ncpu load=", (2, 10)),
        ("# c\n\n\u{e9}\nm f=1", (3, 2)),
        ("m f=\"a\nb\",g=", (2, 6)),
    ] {
        assert_eq!(error(body.as_bytes()).position(body.as_bytes()), position, "{body:?}");
    }
    // A byte that is not UTF-8 is a column.
    assert_eq!(error(b"m,t=\xff\xe2\x82 f=").position(b"m,t=\xff\xe2\x82 f="), (1, 11));
}

#[test]
fn an_error_is_told_with_its_line() {
    assert_eq!(error(b"m f=1\n\ncpu").to_string(), "line 2: no fields");
    let body = b"m f=\"".as_slice();
    assert_eq!(error(body).to_string(), "line 1: a string that is never closed");
    assert_eq!(error(body).reason(body), "unbalanced quotes");
}

/// How many structural bytes there are (`,`, space, `=`, `"`, `\`, line feed, tab, NUL), over more
/// than one stretch.
#[test]
fn structural_bytes_are_counted() {
    let line = "m,a=b\\,c f=\"x\",g=\ty\0\n";
    let structural = line.bytes().filter(|byte| b", =\"\\\n\t\0".contains(byte)).count();
    assert_eq!(structural, 13);
    let body = line.repeat(2_000);
    let counted = Parser::new(Dialect::GO_V2).count_structural(body.as_bytes());
    assert_eq!(counted, 2_000 * structural);
}
