//! Which unit a timestamp was probably meant in.
//!
//! Certain only between 2000 and 2100, where no number is a likely time in two units.

use super::finding::WarningKind;
use jiff::Timestamp;
use line_protocol::Precision;

/// The years 2000 to 2100, in seconds.
const LIKELY: std::ops::Range<i128> = 946_684_800..4_102_444_800;

/// Two months in nanoseconds: where a time falls that is read in too fine a unit.
const NEAR_1970: std::ops::Range<i128> = 0..5_184_000_000_000_000;

/// The units that are asked for, with their names.
const UNITS: [(Precision, &str, &str); 4] = [
    (Precision::Nanosecond, "ns", "nanoseconds"),
    (Precision::Microsecond, "us", "microseconds"),
    (Precision::Millisecond, "ms", "milliseconds"),
    (Precision::Second, "s", "seconds"),
];

/// A unit in which the time makes sense.
pub(crate) struct Guess {
    nanoseconds: i128,
    option: &'static str,
    name: &'static str,
}

impl Guess {
    /// What to ask the user.
    pub(crate) fn question(&self) -> String {
        let time = show(self.nanoseconds);
        format!("are these {}? then it is {time} (--precision {})", self.name, self.option)
    }
}

/// The unit that makes a likely time of a number which is none in the unit that was asked.
pub(crate) fn likely_unit(written: i64, asked: Precision) -> Option<Guess> {
    let nanoseconds = |unit: Precision| i128::from(written) * i128::from(unit.multiplier());
    let likely = |unit| LIKELY.contains(&(nanoseconds(unit) / 1_000_000_000));
    if likely(asked) {
        return None;
    }
    let (unit, option, name) = UNITS.into_iter().find(|(unit, _, _)| likely(*unit))?;
    Some(Guess { nanoseconds: nanoseconds(unit), option, name })
}

/// A time that is written as a text, as an integer of the unit, and the unit's name.
pub(crate) fn integer(text: &str, unit: Precision) -> Option<(i128, &'static str)> {
    let time: Timestamp = text.parse().ok()?;
    let (_, name, _) = UNITS.into_iter().find(|(known, ..)| *known == unit)?;
    Some((time.as_nanosecond().div_euclid(i128::from(unit.multiplier())), name))
}

/// What is odd about a time that can be read, and what was meant.
pub(crate) fn doubt(written: i64, asked: Precision) -> Option<(WarningKind, String, Guess)> {
    let nanoseconds = i128::from(written) * i128::from(asked.multiplier());
    let beyond = i64::try_from(nanoseconds).is_err();
    if !beyond && !NEAR_1970.contains(&nanoseconds) {
        return None;
    }
    let guess = likely_unit(written, asked)?;
    let (kind, text) = if beyond {
        let text = "time is out of range: the parser takes it, storage will not".to_owned();
        (WarningKind::TimeOutOfRange, text)
    } else {
        (WarningKind::UnlikelyTime, format!("time is {}", show(nanoseconds)))
    };
    Some((kind, text, guess))
}

fn show(nanoseconds: i128) -> String {
    Timestamp::from_nanosecond(nanoseconds)
        .map_or_else(|_| format!("{nanoseconds} ns"), |time| time.to_string())
}
