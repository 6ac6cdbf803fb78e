//! What a line may leave in a schema: read where it can be, guessed where it cannot. A guess excuses
//! a server, it never accuses one.

use crate::ledger::Unit;
use crate::model::{Item, Meaning, Written};
use crate::point::Value;

/// What a name stands for in a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Tag,
    Float,
    Integer,
    Unsigned,
    String,
    Boolean,
    /// Several of these were sent.
    Several,
}

/// The week of a time, which is the shard of a product that has shards; none where it is not sure.
pub(super) type Week = Option<i64>;

/// What a line may leave behind.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) measurement: String,
    pub(super) columns: Vec<(String, Column)>,
    pub(super) week: Week,
    /// One of its values is a number without end, of which JSON knows none.
    is_endless: bool,
}

impl Trace {
    pub(super) fn of(item: &Item, unit: Option<Unit>, now: i64) -> Self {
        match &item.meaning {
            Meaning::Point(written) => Self {
                measurement: written.measurement.clone(),
                columns: columns(written),
                week: match written.timestamp {
                    None => Some(week(now)),
                    Some(time) => unit.and_then(|unit| unit.nanoseconds(time)).map(week),
                },
                is_endless: false,
            },
            Meaning::Unjudged => guess(&item.text),
        }
    }

    /// Whether there are products that take it and cannot read what they make of it: a name stands
    /// in it twice, as `time` does wherever it stands, or a number has no end.
    pub(super) fn may_spoil(&self) -> bool {
        let mut names = self.columns.iter().map(|(name, _)| name).enumerate();
        let is_known = |n: usize, name: &String| {
            name == "time" || self.columns[..n].iter().any(|(other, _)| other == name)
        };
        self.is_endless || names.any(|(n, name)| is_known(n, name))
    }
}

/// The columns of a line that is understood.
pub(super) fn columns(written: &Written) -> Vec<(String, Column)> {
    let tags = written.tags.keys().map(|key| (key.clone(), Column::Tag));
    let fields = written.fields.iter().map(|(key, value)| {
        let column = match value {
            Value::Float(_) => Column::Float,
            Value::Integer(_) => Column::Integer,
            Value::Unsigned(_) => Column::Unsigned,
            Value::String(_) => Column::String,
            Value::Boolean(_) => Column::Boolean,
            Value::Number(_) => Column::Several,
        };
        (key.clone(), column)
    });
    tags.chain(fields).collect()
}

/// Go's products begin their weeks on Mondays.
fn week(time: i64) -> i64 {
    const DAY: i64 = 86_400_000_000_000;
    time.saturating_add(3 * DAY).div_euclid(7 * DAY)
}

/// Whatever stands before an equals sign is a name, and whatever stands behind it is a value.
fn guess(text: &str) -> Trace {
    // No escape is longer than two characters, and none of these is in a line.
    let plain = text.replace("\\ ", "\u{1}").replace("\\,", "\u{2}").replace("\\=", "\u{3}");
    let back = |text: &str| text.replace('\u{1}', " ").replace('\u{2}', ",").replace('\u{3}', "=");
    let plain = plain.trim_start_matches([' ', '\t', '\0', '\n']);
    let (head, rest) = plain.split_once(' ').unwrap_or((plain, ""));
    let mut parts = head.split(',');
    let measurement = back(parts.next().unwrap_or_default());
    let key = |pair: &str| Some(back(pair.split_once('=')?.0));
    let tags = parts.filter_map(key).map(|key| (key, Column::Tag));
    let fields = rest.split([',', ' ', '\n']).filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        Some((back(key), column_of(value)))
    });
    let mut values = rest.split([',', ' ', '\n']).filter_map(|pair| Some(pair.split_once('=')?.1));
    let is_endless = values.any(|v| v.parse::<f64>().is_ok_and(f64::is_infinite));
    Trace { measurement, columns: tags.chain(fields).collect(), week: None, is_endless }
}

fn column_of(value: &str) -> Column {
    let value = value.trim_end_matches('\r');
    if value.starts_with('"') {
        Column::String
    } else if value.starts_with(|c: char| c.is_ascii_alphabetic()) {
        Column::Boolean
    } else if value.ends_with('i') {
        Column::Integer
    } else if value.ends_with('u') {
        Column::Unsigned
    } else {
        Column::Float
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::items;

    fn of(text: &str) -> (String, Vec<(String, Column)>) {
        let trace = Trace::of(&items(text.as_bytes())[0], Some(Unit::Of(1)), 0);
        (trace.measurement, trace.columns)
    }

    #[test]
    fn what_is_no_line_is_guessed_as_one() {
        let (measurement, columns) = of("a\\ b,t=x,t\\=u=y g\\ h=+1,n=1.5i 17 ");
        assert_eq!(measurement, "a b");
        let names: Vec<_> = columns.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["t", "t=u", "g h", "n"]);
        assert_eq!(columns[2].1, Column::Float);
        assert_eq!(columns[3].1, Column::Integer);
        assert_eq!(of("m  f=1").1, [("f".to_owned(), Column::Float)]);
    }

    #[test]
    fn weeks_begin_on_mondays() {
        let day = 86_400_000_000_000;
        assert_eq!(week(4 * day - 1), week(0));
        assert_eq!(week(4 * day), week(0) + 1);
        assert_eq!(week(-3 * day), week(0));
        assert_eq!(week(-3 * day - 1), week(0) - 1);
    }
}
