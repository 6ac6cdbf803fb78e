//! Values of SQL: their order, and how each form of an answer prints them.

use std::cmp::Ordering;

/// A value; which one decides how it is printed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
    /// Nanoseconds since 1970.
    Time(i64),
}

/// How two values stand; `None` where one of them is null, so that nothing is known.
pub(crate) fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    Some(match (a, b) {
        (Value::Null, _) | (_, Value::Null) => return None,
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        _ => match (whole(a), whole(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => float(a).total_cmp(&float(b)),
        },
    })
}

/// A whole number, wide enough for both kinds.
pub(crate) const fn whole(of: &Value) -> Option<i128> {
    match of {
        Value::Integer(n) => Some(*n as i128),
        Value::Unsigned(n) => Some(*n as i128),
        _ => None,
    }
}

pub(crate) const fn float(of: &Value) -> f64 {
    match of {
        Value::Integer(n) => *n as f64,
        Value::Unsigned(n) => *n as f64,
        Value::Float(n) => *n,
        _ => f64::NAN,
    }
}

impl Value {
    /// As it stands in JSON; nulls are left out of rows.
    pub(crate) fn json(&self) -> Option<String> {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Self::Null => None,
            Self::Text(text) => Some(quoted(text)),
            Self::Time(at) => Some(quoted(&instant(*at))),
            other => Some(other.csv()),
        }
    }

    /// As it stands in CSV: null is like no text.
    pub(crate) fn csv(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Boolean(b) => b.to_string(),
            Self::Integer(n) => n.to_string(),
            Self::Unsigned(n) => n.to_string(),
            Self::Float(n) => format!("{n:?}"),
            Self::Text(text) if text.contains(['"', ',', '\n', '\r']) => {
                format!("\"{}\"", text.replace('"', "\"\""))
            }
            Self::Text(text) => text.clone(),
            Self::Time(at) => instant(*at),
        }
    }

    /// As a value of `params`.
    pub(crate) fn param(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Boolean(b) => (*b).into(),
            Self::Integer(n) => (*n).into(),
            Self::Unsigned(n) => (*n).into(),
            Self::Float(n) => (*n).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Time(at) => format!("{}Z", instant(*at)).into(),
        }
    }

    /// As a literal.
    pub(crate) fn sql(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Self::Time(at) => format!("'{}Z'", instant(*at)),
            other => other.csv(),
        }
    }
}

/// A time without zone, with as many digits of the second as it takes: none, 3, 6 or 9 (seen of
/// 3.6).
pub(crate) fn instant(at: i64) -> String {
    let seconds = jiff::Timestamp::from_second(at.div_euclid(1_000_000_000));
    let text = seconds.map(|s| s.strftime("%Y-%m-%dT%H:%M:%S").to_string()).unwrap_or_default();
    let digits = match at.rem_euclid(1_000_000_000) {
        0 => String::new(),
        n if n % 1_000_000 == 0 => format!(".{:03}", n / 1_000_000),
        n if n % 1_000 == 0 => format!(".{:06}", n / 1_000),
        n => format!(".{n:09}"),
    };
    text + &digits
}
