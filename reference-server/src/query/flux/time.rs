//! Arithmetic with times and calendar durations.

use super::ast::Duration;
use jiff::{Span, Timestamp, tz::TimeZone};

impl Duration {
    pub(super) const fn is_negative(self) -> bool {
        self.months < 0 || self.nanoseconds < 0
    }

    pub(super) fn negated(self) -> Self {
        let Self { months, nanoseconds } = self;
        Self { months: months.saturating_neg(), nanoseconds: nanoseconds.saturating_neg() }
    }
}

/// A time and a duration after it. What an `i64` cannot hold is cut to its ends.
pub(super) fn add(time: i64, duration: Duration) -> i64 {
    add_months(time, duration.months).saturating_add(duration.nanoseconds)
}

/// The same day of another month, or that month's last.
pub(super) fn add_months(time: i64, months: i64) -> i64 {
    if months == 0 {
        return time;
    }
    let far = if months < 0 { i64::MIN } else { i64::MAX };
    let moved = || {
        let span = Span::new().try_months(months).ok()?;
        let start = Timestamp::from_nanosecond(time.into()).ok()?.to_zoned(TimeZone::UTC);
        Some(start.checked_add(span).ok()?.timestamp().as_nanosecond())
    };
    moved().map_or(far, |t| i64::try_from(t).unwrap_or(far))
}

/// The start of the window that holds a time, for windows counted from 1970.
pub(super) fn window_start(time: i64, every: Duration, offset: Duration) -> i64 {
    let shifted = add(time, offset.negated());
    let start = if every.months > 0 {
        let month = months_since_1970(shifted).div_euclid(every.months) * every.months;
        add_months(0, month)
    } else {
        let every = every.nanoseconds.max(1);
        shifted.div_euclid(every).saturating_mul(every)
    };
    add(start, offset)
}

fn months_since_1970(time: i64) -> i64 {
    Timestamp::from_nanosecond(time.into()).map_or(0, |t| {
        let date = t.to_zoned(TimeZone::UTC).date();
        (i64::from(date.year()) - 1970) * 12 + i64::from(date.month()) - 1
    })
}
