//! How the log and snapshots write down what has no form of its own.

use super::shared_names::shared;
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
pub(crate) struct SavedKey(Bytes, Vec<(Bytes, Bytes)>);

/// Bytes, as text where they are: that is short.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Bytes {
    /// UTF-8.
    Text(String),
    /// Anything.
    Other(Vec<u8>),
}

impl Bytes {
    /// A name of many series.
    pub(super) fn shared(&self) -> Name {
        match self {
            Self::Text(text) => shared(text.as_bytes()),
            Self::Other(bytes) => shared(bytes),
        }
    }
}

impl From<&Name> for Bytes {
    fn from(bytes: &Name) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Other(bytes.to_vec()),
        }
    }
}

impl From<&Bytes> for Name {
    fn from(bytes: &Bytes) -> Self {
        match bytes {
            Bytes::Text(text) => Self::from(text.as_bytes()),
            Bytes::Other(bytes) => Self::from(bytes.as_slice()),
        }
    }
}

impl From<Bytes> for Name {
    fn from(bytes: Bytes) -> Self {
        match bytes {
            Bytes::Text(text) => Self::from(text.into_bytes()),
            Bytes::Other(bytes) => Self::from(bytes),
        }
    }
}

impl From<&SeriesKey> for SavedKey {
    fn from(key: &SeriesKey) -> Self {
        let tags = key.tags.iter().map(|(key, value)| (key.into(), value.into()));
        Self((&key.measurement).into(), tags.collect())
    }
}

impl From<SavedKey> for SeriesKey {
    fn from(SavedKey(measurement, tags): SavedKey) -> Self {
        let tags = tags.into_iter().map(|(key, value)| (key.into(), value.into()));
        Self { measurement: measurement.into(), tags: tags.collect() }
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
