//! The times of a delete request: RFC 3339 as Go reads it, within what the product stores.

/// Which of the two times it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Start,
    Stop,
}

impl Bound {
    /// The product has an example of its own for each.
    const fn bad(self) -> &'static str {
        match self {
            Self::Start => {
                "invalid RFC3339Nano for field start, please format your time with RFC3339Nano \
                 format, example: 2009-01-02T23:00:00Z"
            }
            Self::Stop => {
                "invalid RFC3339Nano for field stop, please format your time with RFC3339Nano \
                 format, example: 2009-01-01T23:00:00Z"
            }
        }
    }

    /// The same for a time too early and too late.
    const fn outside(self) -> &'static str {
        match self {
            Self::Start => {
                "invalid start time, start time must not be before 1677-09-21T00:12:43.145224194Z"
            }
            Self::Stop => {
                "invalid stop time, stop time must not be after 2262-04-11T23:47:16.854775806Z"
            }
        }
    }
}

/// Nanoseconds since 1970.
pub(super) fn parse(text: &str, bound: Bound) -> Result<i64, String> {
    let nanoseconds = read(text.as_bytes()).ok_or_else(|| bound.bad().to_owned())?;
    let time = i64::try_from(nanoseconds).ok().filter(|t| (i64::MIN + 2..i64::MAX).contains(t));
    time.ok_or_else(|| bound.outside().to_owned())
}

fn read(text: &[u8]) -> Option<i128> {
    // Go takes an hour of one digit, and no other part.
    if text.get(12) == Some(&b':') {
        let (date, time) = text.split_at(11);
        let whole = [date, b"0", time].concat();
        return if whole[12] == b':' { None } else { read(&whole) };
    }
    let (date_time, rest) = text.split_at_checked(19)?;
    let part = |from: usize, digits: usize| number(&date_time[from..from + digits]);
    let separators = [4, 7, 10, 13, 16].map(|at| date_time[at]);
    if separators != *b"--T::" {
        return None;
    }
    let (year, month, day) = (part(0, 4)?, part(5, 2)?, part(8, 2)?);
    let (hour, minute, second) = (part(11, 2)?, part(14, 2)?, part(17, 2)?);
    if day == 0 || day > days_in(year, month)? || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, zone) = fraction(rest)?;
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some(i128::from(seconds - offset(zone)?) * 1_000_000_000 + i128::from(fraction))
}

/// Nanoseconds behind a point or comma, and what follows them; digits beyond nine do not count.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.' | b',', rest)) = text.split_first() else { return Some((0, text)) };
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at(count);
    let mut nine = [b'0'; 9];
    let used = digits.len().min(9);
    nine[..used].copy_from_slice(&digits[..used]);
    (count > 0).then_some((number(&nine)?, rest))
}

/// Seconds east of Greenwich.
fn offset(zone: &[u8]) -> Option<i64> {
    match zone {
        b"Z" => Some(0),
        [sign @ (b'+' | b'-'), a, b, b':', c, d] => {
            let (hours, minutes) = (number(&[*a, *b])?, number(&[*c, *d])?);
            let seconds = hours * 3600 + minutes * 60;
            let valid = hours <= 24 && minutes <= 60;
            valid.then_some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits
        .iter()
        .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

const fn days_in(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// Days since 1970, of the proleptic Gregorian calendar.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    // Counted from March, so that the leap day is the last of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leaps + (month * 153 + 2) / 5 + day - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, time) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2023-11-14T22:13:20.000000001Z", 1_700_000_000_000_000_001),
            ("2023-11-15T00:13:20+02:00", 1_700_000_000_000_000_000),
            // Checked against Go's time.Parse, as are the next.
            ("2023-11-14T2:13:20Z", 1_699_928_000_000_000_000),
            ("2023-11-14T22:13:20.1234567891Z", 1_700_000_000_123_456_789),
            ("2023-11-14T22:13:20+24:60", 1_699_910_000_000_000_000),
            ("2000-02-29T00:00:00,5Z", 951_782_400_500_000_000),
            ("1677-09-21T00:12:43.145224194Z", i64::MIN + 2),
            ("2262-04-11T23:47:16.854775806Z", i64::MAX - 1),
        ] {
            assert_eq!(parse(text, Bound::Start), Ok(time), "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "zz",
            "now()",
            "2023-11-14",
            "2023-11-14T22:13:20",
            "2023-11-14t22:13:20Z",
            "2023-02-29T00:00:00Z",
            "2023-11-14T24:00:00Z",
            "2023-11-14T22:13:60Z",
            "2023-11-14T22:13:20.Z",
            "2023-11-14T::13:20Z",
            "2023-11-14T22:13:20+25:00",
            "2023-11-14T22:13:20Z ",
            "2023-11-14T22:13:20+0200",
            "éééééééééééééééé",
        ] {
            assert_eq!(parse(text, Bound::Stop), Err(Bound::Stop.bad().to_owned()), "{text}");
        }
        let early = parse("1600-01-01T00:00:00Z", Bound::Start);
        assert_eq!(early, Err(Bound::Start.outside().to_owned()));
        let late = parse("9999-12-31T23:59:59-24:00", Bound::Start);
        assert_eq!(late, Err(Bound::Start.outside().to_owned()));
    }
}
