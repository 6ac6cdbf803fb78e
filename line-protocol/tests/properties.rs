//! What must hold for every input, not only for recorded ones.

#![allow(clippy::unwrap_used)]

use line_protocol::{
    Dialect, FieldValue, GoDialect, IoxDialect, Options, Point, Precision, Text, encode, parse,
};
use proptest::collection::vec;
use proptest::prelude::*;

const DIALECTS: [Dialect; 4] =
    [Dialect::GO_V1_6, Dialect::GO_V2, Dialect::IOX_3_6, Dialect::IOX_3_9];

fn dialects() -> impl Strategy<Value = Dialect> {
    proptest::sample::select(DIALECTS.to_vec())
}

fn precisions() -> impl Strategy<Value = Precision> {
    proptest::sample::select(vec![Precision::Nanosecond, Precision::Millisecond, Precision::Hour])
}

/// Bodies that are made of what the grammars care about.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    const TOKENS: [&str; 30] = [
        "m",
        "a",
        "time",
        "\\",
        ",",
        "=",
        " ",
        "\"",
        "\n",
        "\r",
        "\t",
        "\0",
        "#",
        "1",
        "-",
        ".",
        "1i",
        "9u",
        "1e5",
        "t",
        "false",
        "nan",
        "é",
        " f=1",
        ",t=v ",
        "=\"",
        "\" ",
        " 1700\n",
        "9223372036854775808i",
        "\\\\",
    ];
    let tokens = proptest::sample::select(TOKENS.to_vec());
    prop_oneof![
        vec(tokens, 0..40).prop_map(|parts| parts.concat().into_bytes()),
        vec(any::<u8>(), 0..80),
    ]
}

fn names() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[a-c]{1,3}".prop_map(String::into_bytes),
        "[a-c\\\\,= \"#\t\né]{1,6}".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..5),
    ]
}

fn values() -> impl Strategy<Value = FieldValue<'static>> {
    prop_oneof![
        any::<f64>().prop_map(FieldValue::Float),
        any::<i64>().prop_map(FieldValue::Integer),
        any::<u64>().prop_map(FieldValue::Unsigned),
        any::<bool>().prop_map(FieldValue::Boolean),
        "[a-c\\\\,= \"#\t\né]{0,8}".prop_map(|s| FieldValue::String(s.into_bytes().into())),
        vec(any::<u8>(), 0..6).prop_map(|b| FieldValue::String(b.into())),
    ]
}

fn points() -> impl Strategy<Value = Point<'static>> {
    let owned = |bytes: Vec<u8>| -> Text<'static> { bytes.into() };
    (
        names().prop_map(owned),
        vec((names().prop_map(owned), names().prop_map(owned)), 0..4),
        vec((names().prop_map(owned), values()), 0..4),
        proptest::option::of(prop_oneof![
            any::<i64>(),
            (-9_i64..9).prop_map(|h| h * 3_600_000_000_000)
        ]),
    )
        .prop_map(|(measurement, tags, fields, timestamp)| Point {
            measurement,
            tags,
            fields,
            timestamp,
        })
}

/// What is promised to survive: the Go grammar keeps no order among tags.
fn expected(mut point: Point<'static>, dialect: &Dialect) -> Point<'static> {
    if matches!(dialect, Dialect::Go(_)) {
        point.tags.sort();
    }
    point
}

fn read_back(line: &[u8], dialect: &Dialect, precision: Precision) -> Vec<Point<'static>> {
    let options = Options { precision, default_time: 7 };
    parse(line, dialect, &options)
        .map(|line| {
            let point = Point::from(line.map_err(|e| e.to_string()).unwrap()).into_owned();
            expected(point, dialect)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Written, then read: the same point. Together with the next lines too, so that no point
    /// reaches into another.
    #[test]
    fn what_is_written_is_read_back(
        points in vec(points(), 1..4), dialect in dialects(), precision in precisions(),
    ) {
        let mut body = Vec::new();
        let mut written = Vec::new();
        for point in points {
            let before = body.len();
            match encode(&point, &dialect, precision, &mut body) {
                Ok(()) => {
                    body.push(b'\n');
                    written.push(expected(point, &dialect));
                }
                Err(error) => {
                    prop_assert_eq!(body.len(), before, "{}", error);
                }
            }
        }
        prop_assert_eq!(read_back(&body, &dialect, precision), written);
    }

    /// A point of plain names is never refused: the encoder may not save itself by refusing.
    #[test]
    fn plain_points_are_written(
        name in "[a-c][a-c ,=\"é]{0,5}", value in any::<i64>(), dialect in dialects(),
    ) {
        let text = |s: &str| Text::Owned(s.as_bytes().to_vec());
        let point = Point {
            measurement: text(&name),
            tags: vec![(text(&name), text(&name))],
            fields: vec![(text(&name), FieldValue::Integer(value))],
            timestamp: Some(1),
        };
        let mut line = Vec::new();
        encode(&point, &dialect, Precision::Nanosecond, &mut line).unwrap();
        prop_assert_eq!(read_back(&line, &dialect, Precision::Nanosecond), vec![point]);
    }

    /// Any bytes: no panic, every item accounted for, every text can be made, every span in bounds.
    #[test]
    fn any_bytes_are_answered(body in bodies(), dialect in dialects(), precision in precisions()) {
        let options = Options { precision, default_time: i64::MIN };
        for (index, item) in parse(&body, &dialect, &options).enumerate() {
            match item {
                Ok(line) => {
                    prop_assert_eq!(line.number, index + 1);
                    prop_assert_eq!(&body[line.span.clone()], &*line.raw);
                    prop_assert!(!line.fields.is_empty());
                    let _ = line.to_string();
                }
                Err(error) => {
                    prop_assert_eq!(error.line_number, index + 1);
                    prop_assert!(error.line.end <= body.len() && error.line.start < error.line.end);
                    prop_assert!(error.span.start <= error.span.end);
                    prop_assert!(error.line.start <= error.span.start);
                    prop_assert!(error.span.end <= error.line.end, "{:?}", error);
                    prop_assert!(!error.message(&body).is_empty());
                    prop_assert!(error.original_line(&body).len() <= 20);
                }
            }
        }
    }

    /// Two bodies one after another say what each says alone, if the first leaves nothing open. It
    /// leaves nothing open if two lines put behind it are read as two lines.
    #[test]
    fn bodies_can_be_joined(first in bodies(), second in bodies(), dialect in dialects()) {
        let closed = [&first[..], b"\n"].concat();
        let probe = [&closed[..], b"\nprobe f=1\nprobe f=1\n"].concat();
        let options = Options::default();
        let summary = |body: &[u8]| -> Vec<String> {
            parse(body, &dialect, &options)
                .map(|item| match item {
                    Ok(line) => format!("{:?}", Point::from(line)),
                    Err(error) => format!("{:?} {}", error.kind, error.message(body)),
                })
                .collect()
        };
        let (alone, probed) = (summary(&closed), summary(&probe));
        let two_more = [alone.clone(), summary(b"probe f=1\nprobe f=1\n")].concat();
        prop_assume!(probed == two_more);
        let joined = [&closed[..], b"\n", &second].concat();
        let both: Vec<String> = [alone, summary(&second)].concat();
        prop_assert_eq!(summary(&joined), both);
    }
}

#[test]
fn dialects_are_plain_values() {
    let strict = Dialect::Go(GoDialect { max_key_bytes: 8, ..GoDialect::V2 });
    let error = parse(b"measurement f=1", &strict, &Options::default()).next().unwrap();
    assert_eq!(error.unwrap_err().reason(b""), "max key length exceeded: 11 > 8");
    let small = Dialect::Iox(IoxDialect { max_string_bytes: 2, ..IoxDialect::V3_6 });
    assert!(parse(b"abc f=1", &small, &Options::default()).next().unwrap().is_err());
}
