//! The products' words for what is wrong, byte for byte.
//!
//! Which error it is has been decided; here it is only told. `part` is the span of the error.

use crate::dialect::IoxWording;
use crate::error::ParseErrorKind as Kind;
use crate::text::lossy;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// How many characters of the input an IOx error shows since 3.9, and how many bytes it takes to be
/// cut.
const ECHO: usize = 10;

/// What Go answers after `unable to parse '<line>': `.
pub(crate) fn go_reason(kind: Kind, part: &[u8]) -> Vec<u8> {
    let fixed = match kind {
        Kind::MissingMeasurement => "missing measurement",
        Kind::MissingFields => "missing fields",
        Kind::MissingTagKey => "missing tag key",
        Kind::MissingTagValue => "missing tag value",
        Kind::InvalidTagFormat => "invalid tag format",
        Kind::DuplicateTags => "duplicate tags",
        Kind::InvalidFieldFormat => "invalid field format",
        Kind::MissingFieldKey => "missing field key",
        Kind::MissingFieldValue => "missing field value",
        Kind::InvalidNumber => "invalid number",
        Kind::InvalidFloat => "invalid float",
        Kind::InvalidBoolean => "invalid boolean",
        Kind::UnbalancedQuotes => "unbalanced quotes",
        Kind::BadTimestamp => "bad timestamp",
        Kind::TrailingContent => "point is invalid",
        Kind::TimeOutsideRange => "time outside range -9223372036854775806 - 9223372036854775806",
        Kind::TimestampSyntax => "strconv.ParseInt: parsing \"-\": invalid syntax",
        Kind::ReservedTagKey => return reserved(part),
        Kind::InvalidValue => return [b"invalid value: field-key=", part].concat(),
        Kind::TimestampOutOfRange => return out_of_range("", "ParseInt", part),
        Kind::IntegerOutOfRange => {
            return out_of_range("unable to parse integer ", "ParseInt", part);
        }
        Kind::UnsignedOutOfRange => {
            return out_of_range("unable to parse unsigned ", "ParseUint", part);
        }
        Kind::LineTooLong { limit } => return too_long(limit).into_bytes(),
        Kind::KeyTooLong { length, limit } => {
            return format!("max key length exceeded: {length} > {limit}").into_bytes();
        }
        // The other grammar's.
        Kind::TagSetMalformed
        | Kind::ExpectedSpace
        | Kind::ExpectedTagKey
        | Kind::ExpectedTagValue
        | Kind::ExpectedEquals
        | Kind::EndsWithBackslash
        | Kind::StringTooLong { .. } => "point is invalid",
    };
    fixed.as_bytes().to_vec()
}

/// Go's `strconv` errors repeat the digits, and so does the text before them.
fn out_of_range(before: &str, function: &str, digits: &[u8]) -> Vec<u8> {
    let digits = lossy(digits);
    let colon = if before.is_empty() { String::new() } else { format!("{before}{digits}: ") };
    format!("{colon}strconv.{function}: parsing \"{digits}\": value out of range").into_bytes()
}

/// Go's `%q`, of which only the two control bytes among the reserved keys need an escape.
fn reserved(key: &[u8]) -> Vec<u8> {
    let quoted = match key {
        b"\x00" => "\\x00".to_owned(),
        b"\xff" => "\\xff".to_owned(),
        _ => lossy(key),
    };
    format!("cannot use reserved tag key \"{quoted}\"").into_bytes()
}

/// Our own words, for what no product was seen to be sent.
fn too_long(limit: usize) -> String {
    format!("line is longer than {limit} bytes")
}

/// What the IOx parser answers.
pub(crate) fn iox_reason(kind: Kind, wording: IoxWording, part: &[u8]) -> Vec<u8> {
    let backticks = wording == IoxWording::Backticks;
    let part = lossy(part);
    let quoted = if backticks { format!("`{part}`") } else { format!("'{part}'") };
    match kind {
        Kind::MissingMeasurement => "Invalid measurement was provided".to_owned(),
        Kind::IntegerOutOfRange => format!("Unable to parse integer value {quoted}"),
        Kind::UnsignedOutOfRange => format!("Unable to parse unsigned integer value {quoted}"),
        Kind::TimestampOutOfRange => format!("Unable to parse timestamp value {quoted}"),
        Kind::EndsWithBackslash => {
            "Measurements, tag keys and values, and field keys may not end with a backslash"
                .to_owned()
        }
        Kind::LineTooLong { limit } => too_long(limit),
        Kind::StringTooLong { limit } => format!("String is greater than {}", size(limit)),
        Kind::TrailingContent => {
            let shown = if backticks { format!("`{}`", shorten(&part)) } else { quoted };
            format!("Could not parse entire line. Found trailing content: {shown}")
        }
        Kind::TagSetMalformed => "Tag Set Malformed".to_owned(),
        Kind::ExpectedSpace if !backticks => {
            "A generic parsing error occurred: TakeWhile1".to_owned()
        }
        // The one echo that is not cut.
        Kind::ExpectedSpace => format!("Expected at least one space character, got {}", got(&part)),
        Kind::ExpectedTagKey => format!("Expected tag key, got {}", got(&shorten(&part))),
        Kind::ExpectedTagValue => format!("Expected tag value, got {}", got(&shorten(&part))),
        Kind::ExpectedEquals => {
            format!("Tag set malformed: could not find equals sign in `{}`", shorten(&part))
        }
        // Missing fields, and what only the other grammar finds.
        _ => "No fields were provided".to_owned(),
    }
    .into_bytes()
}

fn got(part: &str) -> String {
    if part.is_empty() { "end of input".to_owned() } else { format!("`{part}`") }
}

fn shorten(part: &str) -> String {
    if part.len() <= ECHO {
        return part.to_owned();
    }
    part.chars().take(ECHO).chain("...".chars()).collect()
}

fn size(bytes: usize) -> String {
    const KIB: usize = 1024;
    if bytes >= KIB * KIB {
        format!("{}MB", bytes / KIB / KIB)
    } else {
        format!("{}KB", bytes / KIB)
    }
}
