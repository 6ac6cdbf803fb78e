//! Batches that are packed and come out again.

use super::*;
use crate::store::numbers::Number;
use line_protocol::{Dialect, FieldValue, Line, Options, Precision};

const DIALECTS: [Dialect; 2] = [Dialect::GO_V2, Dialect::IOX_3_9];

/// A log in which series are known by their keys.
struct Log {
    numbers: Numbers,
    known: HashMap<Vec<u8>, Number>,
    sequence: u64,
}

impl Log {
    fn new() -> Self {
        Self { numbers: Numbers::none(), known: HashMap::new(), sequence: 7 }
    }

    fn pack(&mut self, text: &[u8], dialect: &Dialect, precision: Precision) -> Vec<u8> {
        self.pack_as(text, dialect, precision, text.len())
    }

    /// With another length of the text than it has.
    fn pack_as(
        &mut self,
        text: &[u8],
        dialect: &Dialect,
        precision: Precision,
        text_bytes: usize,
    ) -> Vec<u8> {
        let options = Options { precision, default_time: 0 };
        let rows = Rows::read(text, dialect, &options).unwrap();
        self.numbers.begin(self.sequence);
        self.sequence += 1;
        for (_, key, _) in rows.iter() {
            self.numbers.note(self.known.entry(key.to_vec()).or_default());
        }
        let unit = match dialect {
            Dialect::Go(_) => precision.multiplier(),
            Dialect::Iox(_) => 1,
        };
        pack(&rows, &mut self.numbers, unit, text_bytes)
    }
}

/// Lines without where they stand: a float by its bits, since `-0.0` equals `0.0`.
fn meaning(text: &[u8], dialect: &Dialect, precision: Precision) -> Vec<String> {
    let options = Options { precision, default_time: 99 };
    let value = |value: &FieldValue<'_>| match value {
        FieldValue::Float(float) => format!("{:#x}", float.to_bits()),
        other => format!("{other:?}"),
    };
    let line = |line: Line<'_>| {
        let fields: Vec<_> = line.fields.iter().map(|(k, v)| (k.to_vec(), value(v))).collect();
        format!("{:?} {fields:?} {:?}", line.key_as_written(), line.timestamp)
    };
    line_protocol::parse(text, dialect, &options).map(|parsed| line(parsed.unwrap())).collect()
}

const EXTREMES: &str =
    "m,t=a\\ b i=9223372036854775807i,f=1.7976931348623157e308 9223372036854775806
m,t=a\\ b i=-9223372036854775808i,f=5e-324 -9223372036854775806
m i=0i,f=-0 0
m i=1i,f=123456789012345678
m,t=é u=18446744073709551615u,b=t,c=false 1
m,t=a\\ b i=-1i,f=0.1 1700000000000000000
";

#[test]
fn what_is_unpacked_means_what_was_packed() {
    for dialect in DIALECTS {
        let packed = Log::new().pack(EXTREMES.as_bytes(), &dialect, Precision::Nanosecond);
        assert!(packed.len() < EXTREMES.len());
        let unpacked = Unpacker::default().unpack(&packed).unwrap();
        let expected = meaning(EXTREMES.as_bytes(), &dialect, Precision::Nanosecond);
        assert_eq!(meaning(&unpacked, &dialect, Precision::Nanosecond), expected);
    }
}

#[test]
fn times_are_in_the_unit_of_the_text() {
    let text = b"m f=1 17\nm f=2 -3\nm f=3\n";
    for dialect in DIALECTS {
        for precision in [Precision::Hour, Precision::Second, Precision::Microsecond] {
            let packed = Log::new().pack(text, &dialect, precision);
            let unpacked = Unpacker::default().unpack(&packed).unwrap();
            assert_eq!(unpacked, b"m f=1.0 17\nm f=2.0 -3\nm f=3.0\n", "{precision:?}");
        }
    }
}

#[test]
fn a_series_is_named_once_in_a_stretch_of_the_log() {
    let (mut log, mut unpacker) = (Log::new(), Unpacker::default());
    let dialect = &Dialect::IOX_3_9;
    let mut packed = |log: &mut Log, text: &str| {
        let packed = log.pack(text.as_bytes(), dialect, Precision::Nanosecond);
        let unpacked = unpacker.unpack(&packed).unwrap();
        assert_eq!(
            meaning(&unpacked, dialect, Precision::Nanosecond),
            meaning(text.as_bytes(), dialect, Precision::Nanosecond)
        );
        packed.len()
    };
    let key = "measurement,with=a,rather=long,key=indeed";
    let first = packed(&mut log, &format!("{key} f=1i 1\n"));
    let second = packed(&mut log, &format!("{key} f=2i 2\nother f=1i 2\n"));
    assert!(second + key.len() - 10 < first + "other".len() + 10, "{first} {second}");
    log.numbers.end_stretch();
    let third = packed(&mut log, &format!("other f=3i 3\n{key} f=3i 3\n"));
    assert!(third > second + key.len() - 5, "{second} {third}");
}

#[test]
fn without_the_entry_that_named_a_series_its_rows_are_left_out() {
    let mut log = Log::new();
    let dialect = &Dialect::IOX_3_9;
    let mut pack = |text: &str| log.pack(text.as_bytes(), dialect, Precision::Nanosecond);
    let (a, b, c) = (pack("a f=1 1\n"), pack("b f=1 1\n"), pack("a f=2 2\nb f=2 2\nb f=3 3\n"));
    let mut unpacker = Unpacker::default();
    unpacker.unpack(&a).unwrap();
    assert_eq!(unpacker.unpack(&c).unwrap(), b"a f=2.0 2\n");
    assert_eq!((unpacker.left_out(), unpacker.left_out()), (2, 0));
    unpacker.unpack(&b).unwrap();
    assert_eq!(unpacker.unpack(&c).unwrap(), b"a f=2.0 2\nb f=2.0 2\nb f=3.0 3\n");
    // Of another stretch the same number is another series.
    log.numbers.end_stretch();
    log.known.clear();
    let other = log.pack(b"z f=1 1\n", dialect, Precision::Nanosecond);
    unpacker.unpack(&other).unwrap();
    assert_eq!((unpacker.unpack(&c).unwrap().len(), unpacker.left_out()), (0, 3));
}

#[test]
fn a_stretch_ends_so_that_no_entry_is_needed_for_long() {
    let mut log = Log::new();
    let text: String = (0..1000).map(|n| format!("m,tag={n} f=1,g=2,h=3 {n}\n")).collect();
    let mut named = Vec::new();
    for _ in 0..600 {
        log.pack(text.as_bytes(), &Dialect::IOX_3_9, Precision::Nanosecond);
        named.push(log.numbers.rows()[0].is_new);
    }
    let stretches = named.iter().filter(|new| **new).count();
    // 600 entries of some 30 kB.
    assert!((3..=6).contains(&stretches), "{stretches}");
}

#[test]
fn no_bytes_panic() {
    let packed = Log::new().pack(EXTREMES.as_bytes(), &Dialect::IOX_3_9, Precision::Nanosecond);
    for end in 0..packed.len() {
        let _ = Unpacker::default().unpack(&packed[..end]);
    }
    for place in 0..packed.len() {
        for bit in 0..8 {
            let mut changed = packed.clone();
            changed[place] ^= 1 << bit;
            let _ = Unpacker::default().unpack(&changed);
        }
    }
}

#[test]
fn what_comes_out_longer_than_any_text_that_went_in_is_refused() {
    let text = "m,with=a,rather=long,key=indeed f=1i\n".repeat(1000);
    let pack = |bytes| {
        let (dialect, precision) = (Dialect::IOX_3_9, Precision::Nanosecond);
        Unpacker::default().unpack(&Log::new().pack_as(text.as_bytes(), &dialect, precision, bytes))
    };
    assert!(pack(text.len()).is_ok());
    assert!(pack(text.len() / 10).is_err());
}
