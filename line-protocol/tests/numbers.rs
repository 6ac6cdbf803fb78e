//! Numbers are decoded exactly, in both grammars: floats to the bit, integers and times to their
//! last value and not one further.
//!
//! The measures are Rust's own `str::parse`, for halfway cases a calculation with all digits, and
//! for whole numbers 128 bits. What a token means must not depend on what stands around it.

#![allow(clippy::unwrap_used)]

#[path = "numbers/halfway.rs"]
mod halfway;
#[path = "numbers/spelling.rs"]
mod spelling;

use line_protocol::ParseErrorKind as Kind;
use line_protocol::{Dialect, FieldValue, Options, Precision, parse};
use proptest::prelude::*;
use spelling::Spelling;

const GO: [Dialect; 2] = [Dialect::GO_V1_6, Dialect::GO_V2];
const IOX: [Dialect; 2] = [Dialect::IOX_3_6, Dialect::IOX_3_9];

/// What may stand before and after a value, and where the value's line is in the body.
const AROUND: [(&str, &str, usize); 6] = [
    ("m f=", "", 0),
    ("m f=", ",g=1", 0),
    ("m f=", " 1", 0),
    ("m f=", "\n", 0),
    ("cpu,host=a,region=us-west load=1.5,f=", ",s=\"x\" 1700000000000000000\nm f=1", 0),
    ("cpu,host=a x=\"one \\\" two\" 1700000000000000000\nm x=1,f=", " 2", 1),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Number {
    /// As bits.
    Float(u64),
    Integer(i64),
    Unsigned(u64),
    Refused(Kind),
}
use Number::Refused;

/// The value of the field `f`, wherever it stands; it must be the same everywhere.
fn read(token: &str, dialect: &Dialect) -> Number {
    let mut numbers = AROUND.iter().map(|(before, after, line)| {
        let body = format!("{before}{token}{after}");
        let number = match parse(body.as_bytes(), dialect, &Options::default()).nth(*line).unwrap()
        {
            Err(error) => Refused(error.kind),
            Ok(line) => {
                match line.fields.iter().find(|(key, _)| &**key == b"f").map(|(_, value)| value) {
                    Some(FieldValue::Float(v)) => Number::Float(v.to_bits()),
                    Some(FieldValue::Integer(v)) => Number::Integer(*v),
                    Some(FieldValue::Unsigned(v)) => Number::Unsigned(*v),
                    other => panic!("{other:?} in {body:?}"),
                }
            }
        };
        // IOx has no fields where the first has no value, and ends the set where a later has none.
        let number = match number {
            Refused(Kind::MissingFields) => Refused(Kind::TrailingContent),
            number => number,
        };
        (body, number)
    });
    let (first, number) = numbers.next().unwrap();
    for (body, again) in numbers {
        assert_eq!(number, again, "{dialect:?}: {first:?} against {body:?}");
    }
    number
}

/// A float of both grammars, or of the Go grammar only.
fn check_float(token: &str, iox: bool) -> Result<(), TestCaseError> {
    let value: f64 = token.parse().unwrap();
    let bits = Number::Float(value.to_bits());
    let in_go = if value.is_finite() { bits } else { Refused(Kind::InvalidFloat) };
    for dialect in GO {
        prop_assert_eq!(read(token, &dialect), in_go, "Go: {:.60}", token);
    }
    let in_iox = if iox { bits } else { Refused(Kind::TrailingContent) };
    for dialect in IOX {
        prop_assert_eq!(read(token, &dialect), in_iox, "IOx: {:.60}", token);
    }
    Ok(())
}

/// A whole number of any size; `None` is beyond 128 bits.
fn check_whole(token: &str) -> Result<(), TestCaseError> {
    let value: i128 = token.parse().unwrap_or(i128::MAX);
    let integer = i64::try_from(value).map_or(Refused(Kind::IntegerOutOfRange), Number::Integer);
    let unsigned = if token.starts_with('-') {
        None
    } else {
        Some(u64::try_from(value).map_or(Refused(Kind::UnsignedOutOfRange), Number::Unsigned))
    };
    let (signed, plain) = (format!("{token}i"), format!("{token}u"));
    for dialect in GO.iter().chain(&IOX) {
        prop_assert_eq!(read(&signed, dialect), integer, "{:?} {}", dialect, signed);
    }
    prop_assert_eq!(read(&plain, &Dialect::GO_V1_6), Refused(Kind::InvalidNumber));
    let refused = Refused(Kind::InvalidNumber);
    prop_assert_eq!(read(&plain, &Dialect::GO_V2), unsigned.unwrap_or(refused), "{}", plain);
    for dialect in &IOX {
        let trailing = Refused(Kind::TrailingContent);
        prop_assert_eq!(read(&plain, dialect), unsigned.unwrap_or(trailing), "{}", plain);
    }
    Ok(())
}

/// The time of a line, and whether it is one.
fn time(body: &str, dialect: &Dialect, precision: Precision) -> Result<i64, Kind> {
    let options = Options { precision, default_time: 7 };
    let line = parse(body.as_bytes(), dialect, &options).next().unwrap();
    line.map(|line| line.timestamp.unwrap()).map_err(|error| error.kind)
}

/// The Go grammar: times the unit, without overflow, and within what storage holds, which is one
/// less than 64 bits at either end.
fn check_time(token: &str, precision: Precision) -> Result<(), TestCaseError> {
    const LARGEST: i128 = i64::MAX as i128 - 1;
    let value: i128 = token.parse().unwrap_or(i128::MAX);
    let written = i64::try_from(value).map_err(|_| Kind::TimestampOutOfRange);
    let scaled = written.and_then(|value| {
        let time = i128::from(value) * i128::from(precision.multiplier());
        let time = Some(time).filter(|time| (-LARGEST..=LARGEST).contains(time));
        Ok(i64::try_from(time.ok_or(Kind::TimeOutsideRange)?).unwrap())
    });
    for around in ["m f=1 {}", "m f=1   {}  ", "m f=1 {}\nm f=2", "m,a=b f=1i,s=\"x\" {} \nm f=2"] {
        let body = around.replace("{}", token);
        for dialect in &GO {
            prop_assert_eq!(time(&body, dialect, precision), scaled, "{:?} {}", precision, body);
        }
        for dialect in &IOX {
            prop_assert_eq!(time(&body, dialect, precision), written, "{}", body);
        }
    }
    Ok(())
}

const PRECISIONS: [Precision; 6] = [
    Precision::Nanosecond,
    Precision::Microsecond,
    Precision::Millisecond,
    Precision::Second,
    Precision::Minute,
    Precision::Hour,
];

/// Whole numbers around zero and around the ends of 64 bits, with and without leading zeros.
#[test]
fn whole_numbers_at_their_limits() {
    let limits = [0, i64::MIN.into(), i64::MAX.into(), u64::MAX.into(), 10_i128.pow(19)];
    for limit in limits {
        for value in limit - 2..=limit + 2 {
            for zeros in ["", "0", "0000000000000000000000"] {
                let sign = if value < 0 { "-" } else { "" };
                let token = format!("{sign}{zeros}{}", value.unsigned_abs());
                check_whole(&token).unwrap();
                check_whole(&format!("-{zeros}{}", value.unsigned_abs())).unwrap();
            }
        }
    }
    for token in ["-0", "99999999999999999999999999999999999999999", "-99999999999999999999"] {
        check_whole(token).unwrap();
    }
}

#[test]
fn times_at_their_limits() {
    for precision in PRECISIONS {
        let largest = i128::from(i64::MAX) / i128::from(precision.multiplier());
        for limit in [0, largest, -largest, i64::MAX.into(), i64::MIN.into()] {
            for value in limit - 3..=limit + 3 {
                for zeros in ["", "00", "0000000000000000000000"] {
                    let sign = if value < 0 { "-" } else { "" };
                    let token = format!("{sign}{zeros}{}", value.unsigned_abs());
                    check_time(&token, precision).unwrap();
                }
            }
        }
        check_time("-0", precision).unwrap();
        check_time("99999999999999999999999999999999999999999", precision).unwrap();
    }
}

/// Spellings that only one grammar has, and such as neither has.
#[test]
fn which_spellings_are_numbers() {
    for (token, iox) in [
        ("1.", false),
        ("-1.", false),
        (".5", false),
        ("-.5", false),
        ("1.e5", false),
        (".5E-3", false),
        ("0.0", true),
        ("-0", true),
        ("-0.0e0", true),
        ("1E+05", true),
        ("00012.50", true),
    ] {
        check_float(token, iox).unwrap();
    }
    for token in [".", "-", "-.", "e5", ".e5", "1e", "1e+", "1.5e-", "+1", "1e5.5", "1.5i", "0x10"]
    {
        for dialect in GO.iter().chain(&IOX) {
            assert!(matches!(read(token, dialect), Refused(_)), "{token} {dialect:?}");
        }
    }
    for token in ["NaN", "nan", "Inf", "-inf", "infinity", "1_000", "1e1_0", "١"] {
        for dialect in GO.iter().chain(&IOX) {
            assert!(matches!(read(token, dialect), Refused(_)), "{token} {dialect:?}");
        }
    }
}

/// The ends of what a float can be, by name.
#[test]
fn floats_at_their_limits() {
    for token in [
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "179769313486231580793e289",
        "1e309",
        "-1e309",
        "1e999999999999999999999",
        "0e999999999999999999999",
        "1e-999999999999999999999",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "4.9406564584124654e-324",
        "5e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "-2e-324",
        "9007199254740992",
        "9007199254740993",
        "9007199254740993.0000000000000000000000000000000000001",
        "18446744073709551615",
        "18446744073709551616",
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827021181583404541015625",
        "6.631236846766476e-316",
        "9355950000000000000.00000000000000000000000000000000001844674407370955161600000184467440737",
    ] {
        check_float(token, true).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every float in the spellings of Rust's formatter: shortest, with an exponent, with more
    /// digits than it has.
    #[test]
    fn floats_as_they_are_printed(value in any::<f64>(), digits in 0..40_usize) {
        for token in [
            format!("{value:?}"),
            format!("{value}"),
            format!("{value:e}"),
            format!("{value:E}"),
            format!("{value:.16e}"),
            format!("{value:.digits$e}"),
            format!("{value:.digits$}"),
        ] {
            check_float(&token, true)?;
        }
    }

    #[test]
    fn floats_as_nobody_prints_them(spelling in spelling::spellings()) {
        let Spelling { token, iox } = spelling;
        check_float(&token, iox)?;
    }

    /// Between two floats: to the even one from the very middle, to the nearer one otherwise,
    /// however far behind the decision lies.
    #[test]
    fn halfway_between_two_floats(bits in halfway::bits(), zeros in 0..300_usize) {
        let lower = f64::from_bits(bits);
        let upper = f64::from_bits(bits + 1);
        let even = if bits % 2 == 0 { lower } else { upper };
        let middle = halfway::digits(bits);
        let zeros = "0".repeat(zeros);
        for (token, value) in [
            (middle.to_string(), even),
            (middle.above(&zeros), upper),
            (middle.below(), lower),
        ] {
            for dialect in GO.iter().chain(&IOX) {
                let number = read(&token, dialect);
                prop_assert_eq!(number, Number::Float(value.to_bits()), "{} {}", value, token);
            }
        }
    }

    #[test]
    fn whole_numbers(value in any::<i64>(), more in 0..3_i128, zeros in 0..25_usize) {
        let value = i128::from(value) * (more + 1);
        let sign = if value < 0 { "-" } else { "" };
        check_whole(&format!("{sign}{}{}", "0".repeat(zeros), value.unsigned_abs()))?;
    }

    #[test]
    fn times(
        value in any::<i64>(),
        shift in 0..64_u32,
        zeros in 0..25_usize,
        precision in proptest::sample::select(PRECISIONS.to_vec()),
    ) {
        let value = value >> shift;
        let sign = if value < 0 { "-" } else { "" };
        check_time(&format!("{sign}{}{}", "0".repeat(zeros), value.unsigned_abs()), precision)?;
    }
}
