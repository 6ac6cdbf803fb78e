//! What a product that acknowledges before it stores has beside the points of its buckets: what waits
//! for its turn, and what it counts while it does.

use super::kept::Bytes;
use super::series::TagSet;
use super::shards::Row;
use super::value::{FieldType, Name, Value};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What such a server has between two changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    /// What was acknowledged and is not done yet, in the order in which it is to be done.
    pub(crate) queue: Vec<Turn>,
    /// The series that were counted.
    pub(crate) series: Vec<Counted>,
    /// The time of the last row of the log of what was not stored.
    pub(crate) logged: i64,
}

/// Something that is to be done.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    /// When, in nanoseconds since 1970.
    pub(crate) due: i64,
    /// What, as the family writes it down, but for the rows.
    pub(crate) what: serde_json::Value,
    /// The rows that are to be stored, where it is that.
    pub(crate) rows: Arc<Vec<Row>>,
}

/// Series that count for an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// The organisation.
    pub(crate) tenant: String,
    /// The bucket.
    pub(crate) bucket: String,
    /// Their keys, as lines wrote them.
    pub(crate) keys: Vec<Bytes>,
}

/// The same, as a snapshot has it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedWaiting {
    queue: Vec<SavedTurn>,
    series: Vec<Counted>,
    logged: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedTurn {
    due: i64,
    what: serde_json::Value,
    rows: Vec<SavedRow>,
}

/// Measurement, tags, time and fields.
#[derive(Debug, Serialize, Deserialize)]
struct SavedRow(Bytes, Vec<(Bytes, Bytes)>, i64, Vec<(Bytes, SavedValue)>);

/// A value; a float as its bits, since JSON has neither all of them nor all of their digits.
#[derive(Debug, Serialize, Deserialize)]
enum SavedValue {
    #[serde(rename = "f")]
    Bits(u64),
    #[serde(rename = "i")]
    Integer(i64),
    #[serde(rename = "u")]
    Unsigned(u64),
    #[serde(rename = "s")]
    String(Bytes),
    #[serde(rename = "b")]
    Boolean(bool),
}

impl Waiting {
    /// What a snapshot says of it.
    pub(super) fn saved(&self) -> SavedWaiting {
        let turn = |turn: &Turn| SavedTurn {
            due: turn.due,
            what: turn.what.clone(),
            rows: turn.rows.iter().map(SavedRow::from).collect(),
        };
        SavedWaiting {
            queue: self.queue.iter().map(turn).collect(),
            series: self.series.clone(),
            logged: self.logged,
        }
    }
}

impl SavedWaiting {
    /// What was saved.
    pub(super) fn restore(self) -> Waiting {
        let turn = |SavedTurn { due, what, rows }: SavedTurn| {
            let rows = rows.into_iter().map(Row::from).collect();
            Turn { due, what, rows: Arc::new(rows) }
        };
        let queue = self.queue.into_iter().map(turn).collect();
        Waiting { queue, series: self.series, logged: self.logged }
    }
}

impl From<&Row> for SavedRow {
    fn from(row: &Row) -> Self {
        let (measurement, tags) = &row.key;
        let tags = tags.iter().map(|(key, value)| (Bytes::from(key), Bytes::from(value)));
        let fields = row.fields.iter().map(|(name, value)| (name.into(), value.into()));
        Self(measurement.into(), tags.collect(), row.time, fields.collect())
    }
}

impl From<SavedRow> for Row {
    fn from(SavedRow(measurement, tags, time, fields): SavedRow) -> Self {
        let tags = tags.into_iter().map(|(key, value)| (Name::from(key), Name::from(value)));
        let tags: TagSet = tags.collect();
        let fields = fields.into_iter().map(|(name, value)| (Name::from(name), value.into()));
        Self { key: (Name::from(measurement), tags), time, fields: fields.collect() }
    }
}

impl From<&Value> for SavedValue {
    fn from(value: &Value) -> Self {
        match value {
            Value::Float(value) => Self::Bits(value.to_bits()),
            Value::Integer(value) => Self::Integer(*value),
            Value::Unsigned(value) => Self::Unsigned(*value),
            Value::String(text) => Self::String(text.into()),
            Value::Boolean(value) => Self::Boolean(*value),
        }
    }
}

impl From<SavedValue> for Value {
    fn from(saved: SavedValue) -> Self {
        match saved {
            SavedValue::Bits(bits) => Self::of_word(FieldType::Float, bits),
            SavedValue::Integer(value) => Self::Integer(value),
            SavedValue::Unsigned(value) => Self::Unsigned(value),
            SavedValue::String(text) => Self::String(text.into()),
            SavedValue::Boolean(value) => Self::Boolean(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use line_protocol::{Dialect, Options};

    #[test]
    fn what_waits_is_the_same_from_json() {
        // Floats that decimal digits would change, a text and names that are not UTF-8.
        let text = b"m,t=a\\ b,\xfb=\xfe f=0.1,g=1e-320,h=-0,i=-9223372036854775808i,u=18446744073709551615u 7\n\
            m s=\"a\\\"\xfd\",b=t,\xfc=1 -9223372036854775806";
        let parsed = line_protocol::parse(text, &Dialect::GO_V2, &Options::default());
        let rows: Vec<Row> = parsed.map(|line| Row::from(&line.unwrap())).collect();
        assert_eq!((rows.len(), rows[0].fields.len(), rows[1].time), (2, 5, i64::MIN + 2));
        let what = serde_json::json!({"bucket": "b"});
        let queue = vec![Turn { due: 5, what: what.clone(), rows: Arc::new(rows.clone()) }];
        let keys = vec![Bytes::Other(vec![0xff])];
        let series = vec![Counted { tenant: "o".to_owned(), bucket: "b".to_owned(), keys }];
        let waiting = Waiting { queue, series: series.clone(), logged: i64::MAX };
        let saved = serde_json::to_string(&waiting.saved()).unwrap();
        let again = serde_json::from_str::<SavedWaiting>(&saved).unwrap().restore();
        assert_eq!((again.queue[0].due, &again.queue[0].what), (5, &what));
        assert_eq!(*again.queue[0].rows, rows);
        let bits = |row: &Row| match row.fields[2].1 {
            Value::Float(value) => value.to_bits(),
            _ => 0,
        };
        assert_eq!(bits(&again.queue[0].rows[0]), (-0.0_f64).to_bits());
        assert_eq!((again.series, again.logged), (series, i64::MAX));
    }
}
