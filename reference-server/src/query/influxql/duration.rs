//! Durations: as the language writes them (`1w`), and as Go prints them (`168h0m0s`).

/// Nanoseconds of a second.
pub(super) const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
/// Nanoseconds of an hour.
pub(super) const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;

/// Reads a duration literal such as `1h30m`, in nanoseconds.
///
/// # Errors
/// The products' message.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    let invalid = || "invalid duration".to_owned();
    let mut rest = text;
    let mut total: i64 = 0;
    let mut last = String::new();
    if rest.is_empty() {
        return Err(invalid());
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let n: i64 = rest[..digits].parse().map_err(|_| invalid())?;
        rest = &rest[digits..];
        let (unit, len) = match rest {
            r if r.starts_with("ns") => (1, 2),
            r if r.starts_with("ms") => (1_000_000, 2),
            r if r.starts_with('u') => (1000, 1),
            r if r.starts_with('µ') => (1000, 'µ'.len_utf8()),
            r if r.starts_with('m') => (MINUTE, 1),
            r if r.starts_with('s') => (SECOND, 1),
            r if r.starts_with('h') => (HOUR, 1),
            r if r.starts_with('d') => (DAY, 1),
            r if r.starts_with('w') => (WEEK, 1),
            _ => return Err(invalid()),
        };
        last = format!("{n}{}", &rest[..len]);
        // Overflow wraps, as it does in Go; only a negative sum is seen.
        total = total.wrapping_add(n.wrapping_mul(unit));
        rest = &rest[len..];
    }
    if total < 0 {
        return Err(format!("overflowed duration {last}: choose a smaller duration or INF"));
    }
    Ok(total)
}

/// The shortest literal of one unit.
pub(super) fn short(ns: i64) -> String {
    if ns == 0 {
        return "0s".to_owned();
    }
    let units = [
        (WEEK, "w"),
        (DAY, "d"),
        (HOUR, "h"),
        (MINUTE, "m"),
        (SECOND, "s"),
        (1_000_000, "ms"),
        (1000, "u"),
    ];
    match units.iter().find(|(unit, _)| ns % unit == 0) {
        Some((unit, name)) => format!("{}{name}", ns / unit),
        None => format!("{ns}ns"),
    }
}

/// A duration as Go's `time.Duration` prints it.
pub(super) fn go(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    let n = ns.unsigned_abs();
    let second = SECOND.unsigned_abs();
    let fraction = |n: u64, unit: u64, name: &str| {
        let part = n % unit;
        let width = unit.ilog10() as usize;
        let digits = format!("{part:0width$}");
        let digits = digits.trim_end_matches('0');
        let point = if digits.is_empty() || unit == 1 { "" } else { "." };
        let digits = if unit == 1 { "" } else { digits };
        format!("{}{point}{digits}{name}", n / unit)
    };
    let text = match n {
        0 => "0s".to_owned(),
        n if n < 1000 => fraction(n, 1, "ns"),
        n if n < 1_000_000 => fraction(n, 1000, "µs"),
        n if n < second => fraction(n, 1_000_000, "ms"),
        n => {
            let (hours, minutes) = (n / HOUR.unsigned_abs(), n / MINUTE.unsigned_abs() % 60);
            let seconds = fraction(n % MINUTE.unsigned_abs(), second, "s");
            match (hours, minutes) {
                (0, 0) => seconds,
                (0, m) => format!("{m}m{seconds}"),
                (h, m) => format!("{h}h{m}m{seconds}"),
            }
        }
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_prints() {
        let cases = [
            (0, "0s"),
            (604_800 * SECOND, "168h0m0s"),
            (HOUR, "1h0m0s"),
            (1_500_000_000, "1.5s"),
            (90 * SECOND, "1m30s"),
            (1500, "1.5µs"),
            (7, "7ns"),
        ];
        for (ns, text) in cases {
            assert_eq!(go(ns), text);
        }
    }

    #[test]
    fn literals() {
        assert_eq!(parse("1h30m"), Ok(90 * MINUTE));
        assert_eq!(parse("1s5"), Err("invalid duration".to_owned()));
        assert_eq!(short(7 * DAY), "1w");
        assert_eq!(short(90 * SECOND), "90s");
    }
}
