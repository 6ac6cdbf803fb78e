//! Lines as long as what the parser looks at at once, a little shorter, a little longer, and longer
//! than it ever does: the same parts, wherever they end.

#![allow(clippy::unwrap_used)]

use line_protocol::{Dialect, FieldValue, Options, Parser, Scan};

const KIB: usize = 1024;

/// A string of `length` bytes between two small lines; it ends at most 40 bytes behind its length.
fn read_long(length: usize, dialect: Dialect, scan: Scan) {
    let text = "s".repeat(length);
    let body = format!("a,t=1 f=1i 1\nb,t=2 g=\"{text}\",h=2i 2\nc,t=3 f=3i 3");
    let mut parser = Parser::new(dialect).with_scan(scan);
    let mut lines = parser.lines(body.as_bytes(), &Options::default());
    let mut seen = Vec::new();
    while let Some(line) = lines.next_line() {
        let line = line.unwrap();
        let lengths: Vec<usize> = line
            .fields()
            .map(|(_, value)| match value {
                FieldValue::String(text) => text.len(),
                FieldValue::Integer(value) => usize::try_from(value).unwrap(),
                other => panic!("{other:?}"),
            })
            .collect();
        seen.push((line.measurement().to_vec(), line.timestamp(), lengths));
    }
    let expected = [
        (b"a".to_vec(), Some(1), vec![1]),
        (b"b".to_vec(), Some(2), vec![length, 2]),
        (b"c".to_vec(), Some(3), vec![3]),
    ];
    assert_eq!(seen, expected, "{length} {dialect:?} {scan:?}");
}

#[test]
fn wherever_they_end() {
    for &scan in Scan::available() {
        for length in (16 * KIB - 80)..(16 * KIB + 20) {
            read_long(length, Dialect::GO_V2, scan);
            read_long(length, Dialect::IOX_3_9, scan);
        }
    }
    for length in (128 * KIB - 60)..(128 * KIB + 10) {
        read_long(length, Dialect::GO_V2, Scan::fastest());
    }
    for length in [1024 * KIB - 30, 1024 * KIB, 8192 * KIB - 50, 8192 * KIB, 9000 * KIB] {
        read_long(length, Dialect::GO_V2, Scan::fastest());
    }
}
