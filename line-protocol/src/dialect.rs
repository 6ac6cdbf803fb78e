//! What differs between the products' parsers, as plain values.
//!
//! A dialect says which grammar is meant and which facts of it changed between releases. It knows
//! nothing of routes, statuses or storage. The constants name the releases the facts were seen in;
//! nothing compares them.

use core::fmt;

/// One product's way of reading line protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The Go package `models` of InfluxDB OSS v1 and v2.
    Go(GoDialect),
    /// The Rust parser of IOx, which InfluxDB 3 uses.
    Iox(IoxDialect),
}

/// The facts of the Go grammar that differ between releases. A newer release may add one: begin with
/// one of the constants, `GoDialect { unsigned: true, ..GoDialect::V1 }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GoDialect {
    /// Whether `1u` is a value. Where it is not, every `u` literal is an `invalid number`.
    pub unsigned: bool,
    /// Whether the tag keys `time`, `_field`, `_measurement`, `\x00` and `\xff` are refused.
    pub reserved_tag_keys: bool,
    /// The longest series key, and the longest series key + 4 + field key.
    pub max_key_bytes: usize,
}

/// The facts of the IOx grammar that differ between releases. As with [`GoDialect`], begin with one of
/// the constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IoxDialect {
    /// The longest name, tag key, tag value, field key and string, counted after unescaping.
    pub max_string_bytes: usize,
    /// How errors are told.
    pub wording: IoxWording,
}

/// The two generations of error texts of the IOx parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IoxWording {
    /// Until 3.8: `'` around values, a malformed tag set is not explained, no truncation.
    Quotes,
    /// Since 3.9: `` ` `` around values, tag errors say what was expected, echoes cut to 10
    /// characters. A malformed tag is an error of its own wherever it stands in the set.
    Backticks,
}

impl Dialect {
    /// InfluxDB OSS 1.6 and the other 1.x without unsigned integers.
    pub const GO_V1_6: Self = Self::Go(GoDialect::V1);
    /// InfluxDB OSS 1.12: the same grammar as 1.6.
    pub const GO_V1_12: Self = Self::Go(GoDialect::V1);
    /// InfluxDB OSS 2.0 to 2.9.
    pub const GO_V2: Self = Self::Go(GoDialect::V2);
    /// InfluxDB 3.0 to 3.8.
    pub const IOX_3_6: Self = Self::Iox(IoxDialect::V3_6);
    /// InfluxDB 3.9 and later: new wording, strings up to 1 MiB.
    pub const IOX_3_9: Self = Self::Iox(IoxDialect::V3_9);
}

impl GoDialect {
    /// OSS v1.
    pub const V1: Self = Self { unsigned: false, reserved_tag_keys: false, max_key_bytes: 65_535 };
    /// OSS v2.
    pub const V2: Self = Self { unsigned: true, reserved_tag_keys: true, max_key_bytes: 65_535 };
}

impl IoxDialect {
    /// Releases until 3.8.
    pub const V3_6: Self = Self { max_string_bytes: 65_536, wording: IoxWording::Quotes };
    /// Releases since 3.9.
    pub const V3_9: Self = Self { max_string_bytes: 1_048_576, wording: IoxWording::Backticks };
}

/// The unit of the timestamps in a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// Nanoseconds.
    #[default]
    Nanosecond,
    /// Microseconds.
    Microsecond,
    /// Milliseconds.
    Millisecond,
    /// Seconds.
    Second,
    /// Minutes (OSS v1 only).
    Minute,
    /// Hours (OSS v1 only).
    Hour,
}

/// `nanosecond`, `second`, …
impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nanosecond => "nanosecond",
            Self::Microsecond => "microsecond",
            Self::Millisecond => "millisecond",
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
        })
    }
}

impl Precision {
    /// Nanoseconds in one unit.
    pub const fn multiplier(self) -> i64 {
        match self {
            Self::Nanosecond => 1,
            Self::Microsecond => 1_000,
            Self::Millisecond => 1_000_000,
            Self::Second => 1_000_000_000,
            Self::Minute => 60_000_000_000,
            Self::Hour => 3_600_000_000_000,
        }
    }

    /// `nanoseconds` rounded down to a whole number of units, also before 1970.
    pub const fn truncate(self, nanoseconds: i64) -> i64 {
        nanoseconds.saturating_sub(nanoseconds.rem_euclid(self.multiplier()))
    }
}

/// What the caller decides for one body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// The unit of explicit timestamps. The Go grammar multiplies and checks the range itself; the
    /// IOx grammar leaves both to the caller.
    pub precision: Precision,
    /// What a Go line without a timestamp gets, in nanoseconds, rounded down to the precision. The
    /// IOx grammar leaves such lines without.
    pub default_time: i64,
}
