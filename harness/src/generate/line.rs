//! Random lines: sound ones, ones with one known flaw, ones in which bytes were changed, and
//! whatever comes. They are made as plain data and written out when the batch around them is known.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::fmt::Write as _;

/// A line before it is written out.
#[derive(Clone, Debug)]
pub(super) enum Line {
    Sound(Sound),
    /// One of the templates.
    Flawed(&'static str, usize, usize),
    Mutated(Sound, Vec<Mutation>),
    Raw(Vec<&'static [u8]>),
}

/// A line that is sound in every grammar.
#[derive(Clone, Debug)]
pub(super) struct Sound {
    measurement: usize,
    tags: [Option<usize>; 3],
    is_reversed: bool,
    /// At least one; of several with the same name only the first is written.
    fields: Vec<Field>,
    time: usize,
}

#[derive(Clone, Debug)]
enum Field {
    Float(f64),
    Integer(i64),
    Text(String),
    Boolean(bool),
    /// The one that changes its type, where the batch is about that.
    Changing(f64, u8),
}

/// A change of the bytes of a line.
#[derive(Clone, Debug)]
pub(super) struct Mutation {
    /// Where, as a part of its length.
    at: f64,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    Insert(&'static [u8]),
    Replace(&'static [u8]),
    Remove,
    Double,
    CutOff,
}

/// What the lines of a batch have in common. A query that reads points back may show one type of a
/// field only, where the others lie in other shards: types do not change where times are far apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// Times near each other, or those of the server.
    Near,
    /// Times near each other, and types change: to this one, or from line to line.
    Changing(Option<u8>),
    /// Times of all centuries.
    Wide,
}

impl Ground {
    pub(super) fn is_changing(self) -> bool {
        matches!(self, Self::Changing(_))
    }
}

const MEASUREMENTS: [&str; 5] = ["m", "cpu", "disk_io", "a\\ b", "mé"];
const TAG_KEYS: [&str; 3] = ["host", "region", "k\\ e\\=y"];
const TAG_VALUES: [&str; 6] = ["a", "b", "x\\,y", "ü1", "z\\ \\=z", "0"];

/// Seconds of times that are far apart.
const FAR: [i64; 8] = [0, 1, -1, 86_400, -86_400, 946_684_800, 4_102_444_800, -2_208_988_800];
/// A Tuesday, in seconds: a day before and after lie in the same week, and so in the same shard.
const BASE: i64 = 1_700_000_000;
const SECOND: i64 = 1_000_000_000;

/// Flaws of which every product must take none, and forms that only some products take. `M` is a
/// measurement, `T` a time.
const FLAWS: &[&str] = &[
    // Refused everywhere.
    "M",
    "M,host=a",
    "M,host=a T",
    "M f",
    "M f=",
    "M f= T",
    "M =1 T",
    ",host=a f=1 T",
    "M f=abc T",
    "M f=1 abc",
    "M f=1x T",
    "M,host f=1 T",
    "M,=a f=1 T",
    "M,host= f=1 T",
    "M f=NaN T",
    "M f=1 T 5",
    "M n=99999999999999999999i T",
    "M f=1 99999999999999999999",
    "M f=1,=2 T",
    "M f=1,n T",
    "M f=1,n= T",
    "M, f=1 T",
    "M f=1 1.5",
    "M b=yes T",
    // Refused by some, or stored in their own way.
    "M f=.5 T",
    "M f=5. T",
    "M f=+1 T",
    "M f=1e400 T",
    "M f=1e-400 T",
    "M f=1 T ",
    "M f=1 ",
    "M  f=1 T",
    "M f=1  T",
    "M f=1, T",
    "M\tf=1 T",
    "M,host=a,host=b f=1 T",
    "M f=1,f=2 T",
    "M,f=a f=1 T",
    "M,time=a f=1 T",
    "M time=1 T",
    "M f=1,time=2 T",
    "M,_field=a f=1 T",
    "M,_measurement=a f=1 T",
    "M u=1u T",
    "M u=18446744073709551615u T",
    "M u=-1u T",
    "M n=-9223372036854775808i T",
    "M n=9223372036854775808i T",
    "M f=-0 T",
    "M f=1e5 T",
    "M f=1.7976931348623157e308 T",
    "M f=007 T",
    "# M f=1 T",
    "",
    "  ",
    "  M f=1 T",
    "'M' f=1 T",
    "M\\\\ f=1 T",
    "M\\=x f=1 T",
    "M,host=a\\ f=1 T",
    "M f=1 9223372036854775807",
    "M f=1 -9223372036854775808",
    "M f=1 9223372036854775806",
    "M f=1 T\r",
    "M b=t T\r",
    "M,host=a=b f=1 T",
    "M f=1 -",
    "M f=- T",
    "M f=1;n=2i T",
    "M f=0x10 T",
    "M f=1_000 T",
    "M,host=\"a\" f=1 T",
    "M s=\"two\nlines\" T",
    "M s=\"a\"b T",
    "M s='a' T",
];

/// What strings are made of.
const LETTERS: &[char] = &[
    'a', 'b', 'Z', '0', '9', ' ', ',', '=', '"', '\\', '\'', '#', '/', '-', '.', ':', ';', '(',
    '[', '}', '<', '>', '&', '%', '$', '@', '!', '?', '~', '^', '|', '`', '_', 'é', 'ß', '日',
    '😀',
];

/// What changes of bytes bring in.
const BYTES: &[&[u8]] = &[
    b",",
    b"=",
    b" ",
    b"\\",
    b"\"",
    b"'",
    b"\n",
    b"\r",
    b"\t",
    b"\0",
    b"#",
    b"i",
    b"u",
    b"e",
    b"-",
    b".",
    b"1",
    b"t",
    b"\xff",
    b"\xc3",
    b"\xe2\x82",
    "é".as_bytes(),
    "😀".as_bytes(),
    b"_",
    b"%",
    b"\x7f",
    b"{",
    b"/",
];

/// What lines of chance are made of.
const PIECES: &[&[u8]] = &[
    b"m",
    b"cpu",
    b"f",
    b"f=1",
    b"host=a",
    b",",
    b"=",
    b" ",
    b"  ",
    b"\\",
    b"\"",
    b"#",
    b"1",
    b"1i",
    b"1.5",
    b"t",
    b"-",
    b"\0",
    b"\t",
    b"\r",
    b"\xff",
    "日".as_bytes(),
    b" f=1",
    b",t=b",
    b"17",
    b"time",
    b"\"x\"",
    b"\\ ",
    b"\\=",
    b"\\,",
];

/// Lines of every kind; most are sound.
pub(super) fn line() -> impl Strategy<Value = Line> + Send + Sync {
    let flawed = (select(FLAWS), 0..MEASUREMENTS.len(), 0..8_usize);
    let mutations = vec(mutation(), 1..4);
    prop_oneof![
        12 => sound().prop_map(Line::Sound),
        3 => flawed.prop_map(|(flaw, measurement, time)| Line::Flawed(flaw, measurement, time)),
        2 => (sound(), mutations).prop_map(|(sound, changes)| Line::Mutated(sound, changes)),
        1 => vec(select(PIECES), 0..12).prop_map(Line::Raw),
    ]
}

/// Sound lines only.
pub(super) fn sound() -> impl Strategy<Value = Sound> + Send + Sync {
    let tag = || proptest::option::weighted(0.4, 0..TAG_VALUES.len());
    let parts = (
        prop_oneof![5 => 0..3_usize, 1 => 3..MEASUREMENTS.len()],
        [tag(), tag(), tag()],
        any::<bool>(),
        vec(field(), 1..4),
        0..8_usize,
    );
    parts.prop_map(|(measurement, tags, is_reversed, fields, time)| Sound {
        measurement,
        tags,
        is_reversed,
        fields,
        time,
    })
}

fn field() -> impl Strategy<Value = Field> + Send + Sync {
    let number = || {
        prop_oneof![
            3 => (-1000..1000_i32).prop_map(|n| f64::from(n) / 8.0),
            1 => -1e15..1e15_f64,
            1 => -1.0..1.0_f64,
        ]
    };
    let integer = prop_oneof![3 => -9..100_i64, 1 => any::<i64>()];
    prop_oneof![
        3 => number().prop_map(Field::Float),
        2 => integer.prop_map(Field::Integer),
        2 => vec(select(LETTERS), 0..8).prop_map(|text| Field::Text(text.into_iter().collect())),
        1 => any::<bool>().prop_map(Field::Boolean),
        2 => (number(), 0..4_u8).prop_map(|(value, kind)| Field::Changing(value, kind)),
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> + Send + Sync {
    let how = prop_oneof![
        4 => select(BYTES).prop_map(How::Insert),
        4 => select(BYTES).prop_map(How::Replace),
        3 => Just(How::Remove),
        1 => Just(How::Double),
        1 => Just(How::CutOff),
    ];
    (0.0..1.0_f64, how).prop_map(|(at, how)| Mutation { at, how })
}

impl Line {
    /// The bytes of the line, in a batch of this kind whose times have this unit.
    pub(super) fn bytes(&self, ground: Ground, unit: i64) -> Vec<u8> {
        match self {
            Self::Sound(sound) => sound.text(ground, unit).into_bytes(),
            Self::Flawed(flaw, measurement, time) => {
                let time = time_text(*time, ground, unit).unwrap_or_default();
                // Flaws change types too: they keep to themselves where times are far apart.
                let name =
                    if ground == Ground::Near { MEASUREMENTS[*measurement] } else { "flawed" };
                let text = flaw.replacen('M', name, 1);
                text.replacen('T', time.trim_start(), 1).into_bytes()
            }
            Self::Mutated(sound, mutations) => {
                let mut bytes = sound.text(ground, unit).into_bytes();
                if ground == Ground::Wide {
                    bytes.splice(0..0, *b"x");
                }
                for mutation in mutations {
                    mutation.apply(&mut bytes);
                }
                bytes
            }
            Self::Raw(pieces) => pieces.concat(),
        }
    }

    /// Whether products may cut the body differently from here on: what follows could not be told.
    pub(super) fn may_swallow(&self, bytes: &[u8]) -> bool {
        let strange = |b: &u8| matches!(b, b'"' | b'\\' | b'\'' | 0..=9 | 11..=31 | 127);
        match self {
            Self::Sound(_) => false,
            Self::Flawed(..) => bytes.contains(&b'"') || bytes.ends_with(b"\\"),
            Self::Mutated(..) | Self::Raw(_) => bytes.iter().any(strange),
        }
    }
}

impl Sound {
    fn text(&self, ground: Ground, unit: i64) -> String {
        let mut text = MEASUREMENTS[self.measurement].to_owned();
        let tags = TAG_KEYS.iter().zip(self.tags);
        let mut tags: Vec<_> = tags.filter_map(|(key, value)| Some((key, value?))).collect();
        if self.is_reversed {
            tags.reverse();
        }
        for (key, value) in tags {
            let _ = write!(text, ",{key}={}", TAG_VALUES[value]);
        }
        let mut written: Vec<&str> = Vec::new();
        for field in &self.fields {
            let name = field.name();
            if written.contains(&name) {
                continue;
            }
            text.push(if written.is_empty() { ' ' } else { ',' });
            let _ = write!(text, "{name}={}", field.value(ground));
            written.push(name);
        }
        text += &time_text(self.time, ground, unit).unwrap_or_default();
        text
    }
}

impl Field {
    fn name(&self) -> &'static str {
        match self {
            Self::Float(_) => "f",
            Self::Integer(_) => "n",
            Self::Text(_) => "s",
            Self::Boolean(_) => "b",
            Self::Changing(..) => "g\\ h",
        }
    }

    fn value(&self, ground: Ground) -> String {
        match self {
            Self::Float(value) => value.to_string(),
            Self::Integer(value) => format!("{value}i"),
            Self::Text(text) => {
                format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
            Self::Boolean(value) => value.to_string(),
            Self::Changing(value, kind) => match ground {
                Ground::Changing(of_all) => of_kind(*value, of_all.unwrap_or(*kind)),
                Ground::Near | Ground::Wide => value.to_string(),
            },
        }
    }
}

fn of_kind(value: f64, kind: u8) -> String {
    match kind {
        1 => format!("{}i", value.trunc() as i64),
        2 => format!("\"{value}\""),
        3 => (value > 0.0).to_string(),
        _ => value.to_string(),
    }
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        // The part is below 1, so this is a place in it, or 0 where it is empty.
        let at = (self.at * bytes.len() as f64) as usize;
        let here = at..(at + 1).min(bytes.len());
        match self.how {
            How::Insert(new) => drop(bytes.splice(at..at, new.iter().copied())),
            How::Replace(new) => drop(bytes.splice(here, new.iter().copied())),
            How::Remove => drop(bytes.drain(here)),
            How::Double => bytes.extend_from_within(at..),
            How::CutOff => bytes.truncate(at),
        }
    }
}

/// A space and a time; none where the server is to choose.
fn time_text(time: usize, ground: Ground, unit: i64) -> Option<String> {
    let per_second = SECOND / unit;
    let near = |n: usize| BASE * per_second + i64::try_from(n).unwrap_or(0);
    let value = match (ground, time) {
        (Ground::Near, 7) => return None,
        (Ground::Near | Ground::Changing(_), n) => near(n),
        (Ground::Wide, n) => FAR.get(n).copied().unwrap_or(BASE) * per_second,
    };
    Some(format!(" {value}"))
}
