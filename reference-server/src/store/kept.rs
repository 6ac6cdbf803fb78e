//! How the log writes down what has no form of its own.

use super::value::Name;
use crate::query::influxql::host::{Remove, SeriesKey};
use line_protocol::Precision;
use serde::{Deserialize, Serialize};

/// The unit of a batch's timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Unit {
    /// Nanoseconds.
    Ns,
    /// Microseconds.
    Us,
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
    /// Minutes.
    M,
    /// Hours.
    H,
}

impl From<Precision> for Unit {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Nanosecond => Self::Ns,
            Precision::Microsecond => Self::Us,
            Precision::Millisecond => Self::Ms,
            Precision::Second => Self::S,
            Precision::Minute => Self::M,
            Precision::Hour => Self::H,
        }
    }
}

impl From<Unit> for Precision {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Ns => Self::Nanosecond,
            Unit::Us => Self::Microsecond,
            Unit::Ms => Self::Millisecond,
            Unit::S => Self::Second,
            Unit::M => Self::Minute,
            Unit::H => Self::Hour,
        }
    }
}

/// What an InfluxQL statement removed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum SavedRemoval {
    /// A measurement.
    Measurement(Vec<u8>),
    /// Whole series.
    Series(Vec<SavedKey>),
    /// Points between two times, both included.
    Points {
        /// Of which series.
        series: Vec<SavedKey>,
        /// The first nanosecond.
        first: i64,
        /// The last nanosecond.
        last: i64,
    },
}

/// A measurement, tag keys and values.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedKey(Vec<u8>, Vec<(Vec<u8>, Vec<u8>)>);

impl From<&SeriesKey> for SavedKey {
    fn from(key: &SeriesKey) -> Self {
        let tags = key.tags.iter().map(|(key, value)| (key.to_vec(), value.to_vec()));
        Self(key.measurement.to_vec(), tags.collect())
    }
}

impl From<SavedKey> for SeriesKey {
    fn from(SavedKey(measurement, tags): SavedKey) -> Self {
        let tags = tags.into_iter().map(|(key, value)| (Name::from(key), Name::from(value)));
        Self { measurement: Name::from(measurement), tags: tags.collect() }
    }
}

impl From<&Remove> for SavedRemoval {
    fn from(removal: &Remove) -> Self {
        let saved = |series: &[SeriesKey]| series.iter().map(SavedKey::from).collect();
        match removal {
            Remove::Measurement(name) => Self::Measurement(name.to_vec()),
            Remove::Series(series) => Self::Series(saved(series)),
            Remove::Points { series, first, last } => {
                Self::Points { series: saved(series), first: *first, last: *last }
            }
        }
    }
}

impl From<SavedRemoval> for Remove {
    fn from(saved: SavedRemoval) -> Self {
        let read = |series: Vec<SavedKey>| series.into_iter().map(SeriesKey::from).collect();
        match saved {
            SavedRemoval::Measurement(name) => Self::Measurement(Name::from(name)),
            SavedRemoval::Series(series) => Self::Series(read(series)),
            SavedRemoval::Points { series, first, last } => {
                Self::Points { series: read(series), first, last }
            }
        }
    }
}
