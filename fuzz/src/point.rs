//! Points of any content, and the promise that what is written is read back.

use arbitrary::Arbitrary;
use line_protocol::{Dialect, FieldValue, Options, Point, Precision, Text, encode, parse};

type Bytes = Vec<u8>;

/// A point as the fuzzer makes it up.
#[derive(Arbitrary, Clone, Debug)]
pub struct AnyPoint {
    measurement: Bytes,
    tags: Vec<(Bytes, Bytes)>,
    fields: Vec<(Bytes, AnyValue)>,
    timestamp: Option<AnyTime>,
}

#[derive(Arbitrary, Clone, Debug)]
enum AnyValue {
    Float(f64),
    Integer(i64),
    Unsigned(u64),
    Boolean(bool),
    String(Bytes),
}

/// Most numbers are no whole number of hours; those that are must be reached too.
#[derive(Arbitrary, Clone, Debug)]
enum AnyTime {
    Nanoseconds(i64),
    Hours(i32),
}

impl AnyPoint {
    fn point(&self) -> Point<'static> {
        let text = |bytes: &Bytes| Text::Owned(bytes.clone());
        Point {
            measurement: text(&self.measurement),
            tags: self.tags.iter().map(|(key, value)| (text(key), text(value))).collect(),
            fields: self.fields.iter().map(|(key, v)| (text(key), v.value())).collect(),
            timestamp: self.timestamp.as_ref().map(AnyTime::nanoseconds),
        }
    }
}

impl AnyValue {
    fn value(&self) -> FieldValue<'static> {
        match self {
            Self::Float(v) => FieldValue::Float(*v),
            Self::Integer(v) => FieldValue::Integer(*v),
            Self::Unsigned(v) => FieldValue::Unsigned(*v),
            Self::Boolean(v) => FieldValue::Boolean(*v),
            Self::String(v) => FieldValue::String(v.clone().into()),
        }
    }
}

impl AnyTime {
    fn nanoseconds(&self) -> i64 {
        match self {
            Self::Nanoseconds(time) => *time,
            Self::Hours(hours) => i64::from(*hours).wrapping_mul(Precision::Hour.multiplier()),
        }
    }
}

/// Writes the points that can be written as one body, and reads that body.
pub fn assert_read_back(points: &[AnyPoint], dialect: &Dialect, precision: Precision) {
    let (mut body, mut written) = (Vec::new(), Vec::new());
    for point in points {
        let before = body.clone();
        let point = point.point();
        match encode(&point, dialect, precision, &mut body) {
            Ok(()) => body.push(b'\n'),
            Err(error) => {
                assert_eq!(body, before, "{error}");
                continue;
            }
        }
        written.push(sorted(point, dialect));
    }
    let options = Options { precision, default_time: 7 };
    let mut read = Vec::new();
    for item in parse(&body, dialect, &options) {
        match item {
            Ok(line) => read.push(sorted(Point::from(line), dialect)),
            Err(error) => panic!("{}", error.message(&body)),
        }
    }
    assert_eq!(read, written, "{}", body.escape_ascii());
    // `==` holds 0 and -0 for one number.
    assert_eq!(format!("{read:?}"), format!("{written:?}"));
}

/// The Go grammar keeps no order among tags: it sorts them as they are written, escapes included.
fn sorted<'a>(mut point: Point<'a>, dialect: &Dialect) -> Point<'a> {
    if matches!(dialect, Dialect::Go(_)) {
        point.tags.sort();
    }
    point
}
