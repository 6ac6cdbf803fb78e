//! The only place that asks for the time of day.

use std::time::{SystemTime, UNIX_EPOCH};

/// Nanoseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// The day, as `2026-01-31`.
pub(crate) fn today() -> String {
    let now = jiff::Timestamp::from_nanosecond(i128::from(now())).unwrap_or_default();
    now.strftime("%Y-%m-%d").to_string()
}

/// Times within two days of now count as chosen by the server.
pub(crate) const NEAR: i64 = 2 * 86_400 * 1_000_000_000;

/// Whether this time is near now.
pub(crate) fn is_near(time: i64, now: i64) -> bool {
    (i128::from(time) - i128::from(now)).abs() <= i128::from(NEAR)
}
