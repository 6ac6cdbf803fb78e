//! One body read by every scan, by a parser that was used before, and from another place: the same
//! lines each time.

use line_protocol::{
    Dialect, FieldValue, Line, LineView, Options, ParseError, Parser, Scan, parse,
};

type Item<'a> = Result<Line<'a>, ParseError>;

/// Every scan against [`parse`], each parser with what an earlier body left in its buffers.
pub fn assert_scans_agree(body: &[u8], dialect: &Dialect, options: &Options) {
    let tail = &body[body.len() / 2..];
    for scan in Scan::available() {
        let mut parser = Parser::new(*dialect).with_scan(*scan);
        for part in [body, tail, body] {
            let expected: Vec<Item<'_>> = parse(part, dialect, options).collect();
            let read = read(&mut parser, part, options);
            assert!(same(&read, &expected), "{scan:?}\n{read:?}\n{expected:?}");
        }
    }
}

fn read<'i>(parser: &mut Parser, body: &'i [u8], options: &Options) -> Vec<Item<'i>> {
    let mut lines = parser.lines(body, options);
    let mut items = Vec::new();
    while let Some(item) = lines.next_line() {
        items.push(item.map(|view| line(&view, body)));
    }
    items
}

/// The line with buffers of its own, which the view must agree with in all its parts.
fn line<'i>(view: &LineView<'_, 'i>, body: &'i [u8]) -> Line<'i> {
    let line = view.to_line();
    assert_eq!((view.tags().len(), view.fields().len()), (line.tags.len(), line.fields.len()));
    assert_eq!((view.raw(), &*line.raw), (&body[view.span()], &body[line.span.clone()]));
    assert_eq!((view.number(), view.measurement()), (line.number, &*line.measurement));
    assert!(view.tags().eq(line.tags.iter().map(|(key, value)| (&**key, &**value))));
    assert!(view.fields().eq(line.fields.iter().map(|(key, value)| (&**key, value.clone()))));
    assert_eq!(
        (view.timestamp(), view.has_timestamp(), view.series_key()),
        (line.timestamp, line.has_timestamp, line.series_key.clone())
    );
    line
}

/// Equal, and their floats bit by bit.
fn same(read: &[Item<'_>], expected: &[Item<'_>]) -> bool {
    let bits = |items: &[Item<'_>]| -> Vec<u64> {
        let fields = items.iter().flatten().flat_map(|line| &line.fields);
        fields.filter_map(|(_, value)| as_bits(value)).collect()
    };
    read == expected && bits(read) == bits(expected)
}

fn as_bits(value: &FieldValue<'_>) -> Option<u64> {
    match value {
        FieldValue::Float(v) => Some(v.to_bits()),
        _ => None,
    }
}

/// Where the parser takes the next piece of a long body, as far as it says.
const STRETCH: usize = 16 * 1024;

/// The body behind so many lines that its byte `before` comes at the end of the parser's stretch:
/// it says the same as alone.
pub fn assert_place_is_nothing(body: &[u8], before: u8, dialect: &Dialect, options: &Options) {
    let length = STRETCH - usize::from(before);
    // Lines of 256 bytes, so that the fuzzer is not busy with them.
    let line = [b"m,t=", &[b'v'; 245][..], b" f=1 1\n"].concat();
    let lines = length / line.len();
    let mut moved = line.repeat(lines);
    moved.resize(length, b'\n');
    moved.extend_from_slice(body);
    let alone: Vec<String> = parse(body, dialect, options).map(|item| said(&item, body)).collect();
    let behind = parse(&moved, dialect, options).skip(lines);
    let behind: Vec<String> = behind.map(|item| said(&item, &moved)).collect();
    assert_eq!(alone, behind);
}

/// All that does not depend on where the line stands.
fn said(item: &Item<'_>, body: &[u8]) -> String {
    match item {
        Ok(Line {
            raw, measurement, tags, fields, timestamp, has_timestamp, series_key, ..
        }) => {
            format!(
                "{raw:?} {measurement:?} {tags:?} {fields:?} {timestamp:?} {has_timestamp} {series_key:?}"
            )
        }
        Err(error) => {
            let span = error.span.start - error.line.start..error.span.end - error.line.start;
            let message = error.message_bytes(body);
            format!("{:?} {span:?} {}", error.kind, message.escape_ascii())
        }
    }
}
