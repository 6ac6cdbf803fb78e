//! Time zones that `tz()` names.

use super::duration::SECOND;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

/// A zone other than UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(&'static TimeZone);

/// What a name in `tz()` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Utc,
    Other(Zone),
    /// What Go finds and this server does not look for: the machine's own zone, and the copies of
    /// the database with and without leap seconds.
    NotHere,
    /// No zone at all.
    Unknown,
}

impl Zone {
    /// The zone of a name. Go opens a file of that name, so that letters count as they are written
    /// (Go: time/zoneinfo.go, `LoadLocation`).
    pub(super) fn named(name: &str) -> Named {
        // A zone is read once and kept as long as the server runs: there are some hundreds.
        static READ: OnceLock<Mutex<BTreeMap<String, &'static TimeZone>>> = OnceLock::new();
        if matches!(name, "" | "UTC") {
            return Named::Utc;
        }
        if name == "Local" || name.starts_with("posix/") || name.starts_with("right/") {
            return Named::NotHere;
        }
        let mut read =
            READ.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = read.get(name) {
            return Named::Other(Self(zone));
        }
        match TimeZone::get(name) {
            Ok(zone) if zone.iana_name() == Some(name) => {
                let zone: &'static TimeZone = Box::leak(Box::new(zone));
                read.insert(name.to_owned(), zone);
                Named::Other(Self(zone))
            }
            _ => Named::Unknown,
        }
    }

    /// How many seconds its clocks are ahead of UTC at a time.
    pub(super) fn seconds_at(self, ns: impl Into<i128>) -> i64 {
        let at = jiff::Timestamp::from_nanosecond(ns.into()).unwrap_or_default();
        i64::from(self.0.to_offset(at).seconds())
    }

    /// The same in nanoseconds.
    pub(super) fn offset_at(self, ns: impl Into<i128>) -> i64 {
        self.seconds_at(ns) * SECOND
    }

    /// The time at which clocks show this. Where they show it twice or never, Go reads it by what
    /// holds when UTC shows it (Go: time/time.go, `Date`).
    pub(super) fn when(self, shown: i128) -> i128 {
        let about = shown - i128::from(self.offset_at(shown));
        shown - i128::from(self.offset_at(about))
    }

    /// The times between these two at which clocks are put forward or back.
    pub(super) fn changes(self, from: i64, to: i64) -> impl Iterator<Item = i64> {
        let at = jiff::Timestamp::from_nanosecond(i128::from(from)).unwrap_or_default();
        self.0
            .following(at)
            .map_while(|change| i64::try_from(change.timestamp().as_nanosecond()).ok())
            .take_while(move |change| *change <= to)
    }
}
