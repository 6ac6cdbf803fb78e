//! Times as the products print and read them.

use super::duration::{HOUR, SECOND};
use super::zone::{Named, Zone};
use profiles::influxql::TimeDigits;

/// The unit of times printed as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Epoch(i64);

impl Epoch {
    /// Nanoseconds.
    pub(super) const NANOSECONDS: Self = Self(1);

    /// The unit that the parameter `epoch` names.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(Self(match name {
            "ns" | "n" => 1,
            "u" | "µ" => 1000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => HOUR,
            "d" => 24 * HOUR,
            "w" => 7 * 24 * HOUR,
            _ => return None,
        }))
    }

    /// The unit that the parameter names to the Go products, to which all others are nanoseconds
    /// (1.6:services/httpd/handler.go, 2.7:influxql/query/proxy_executor.go, `convertToEpoch`).
    pub(super) fn go(name: &str) -> Self {
        match name {
            "u" | "ms" | "s" | "m" | "h" => Self::named(name).unwrap_or(Self::NANOSECONDS),
            _ => Self::NANOSECONDS,
        }
    }

    /// A time in this unit, cut off towards zero.
    pub(super) const fn of(self, ns: i64) -> i64 {
        ns / self.0
    }
}

/// A time in RFC 3339, in UTC.
pub(super) fn rfc3339(ns: i64, digits: TimeDigits) -> String {
    let text = plain(ns, digits);
    format!("{text}Z")
}

/// The same in a zone, whose seconds are cut off (Go: time/format.go, `Z07:00`).
pub(super) fn rfc3339_in(ns: i64, zone: Option<Zone>, digits: TimeDigits) -> String {
    let ahead = zone.map_or(0, |zone| zone.seconds_at(ns));
    if ahead == 0 {
        return rfc3339(ns, digits);
    }
    let (sign, minutes) = (if ahead < 0 { '-' } else { '+' }, ahead.abs() / 60);
    let text = plain_at(ns.div_euclid(SECOND) + ahead, ns.rem_euclid(SECOND), digits);
    format!("{text}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A time as RFC 3339 writes it, without a zone.
pub(super) fn plain(ns: i64, digits: TimeDigits) -> String {
    plain_at(ns.div_euclid(SECOND), ns.rem_euclid(SECOND), digits)
}

/// The same of seconds and what is beyond them.
pub(super) fn plain_at(seconds: i64, part: i64, digits: TimeDigits) -> String {
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    let (h, m, s) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let fraction = match (part, digits) {
        (0, _) => String::new(),
        (part, TimeDigits::Shortest) => format!(".{part:09}").trim_end_matches('0').to_owned(),
        (part, TimeDigits::Thousands) if part % 1_000_000 == 0 => {
            format!(".{:03}", part / 1_000_000)
        }
        (part, TimeDigits::Thousands) if part % 1000 == 0 => format!(".{:06}", part / 1000),
        (part, TimeDigits::Thousands) => format!(".{part:09}"),
    };
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}{fraction}")
}

/// Year, month and day of a number of days since 1970, by the usual reckoning of eras of 400 years.
const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + (month <= 2) as i64;
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// Reads a time literal: a date, a date and time, or RFC 3339; without a zone it is of `zone`.
pub(super) fn parse(text: &str, zone: Option<&str>) -> Option<i128> {
    let nanoseconds = |t: jiff::Timestamp| t.as_nanosecond();
    if text.contains(['Z', '+']) || text.rfind('-').is_some_and(|i| i > 10) {
        return text.parse().ok().map(nanoseconds);
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let shown = jiff::tz::TimeZone::UTC.to_timestamp(civil).ok().map(nanoseconds)?;
    match zone.map(Zone::named) {
        Some(Named::Other(zone)) => Some(zone.when(shown)),
        _ => Some(shown),
    }
}

/// Whether a text looks like a date, so that the products read it as a time.
pub(super) fn looks_like_date(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() >= 10
        && b[..10]
            .iter()
            .enumerate()
            .all(|(i, c)| if i == 4 || i == 7 { *c == b'-' } else { c.is_ascii_digit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints() {
        assert_eq!(
            rfc3339(1_700_000_000_000_000_000, TimeDigits::Shortest),
            "2023-11-14T22:13:20Z"
        );
        assert_eq!(rfc3339(-1, TimeDigits::Shortest), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(rfc3339(i64::MIN + 2, TimeDigits::Shortest), "1677-09-21T00:12:43.145224194Z");
        assert_eq!(plain(1_100_000, TimeDigits::Thousands), "1970-01-01T00:00:00.001100");
    }

    #[test]
    fn reads() {
        assert_eq!(parse("2023-11-14T22:13:20Z", None), Some(1_700_000_000_000_000_000));
        assert_eq!(parse("2023-11-14 22:13:20.5", None), Some(1_700_000_000_500_000_000));
        assert_eq!(parse("2023-13-14", None), None);
    }
}
