//! What is stored, in one canonical form, whatever language it was read with.

use std::collections::BTreeMap;
use std::fmt::Write;

/// A field's value with its type.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A float.
    Float(f64),
    /// A signed integer.
    Integer(i64),
    /// An unsigned integer.
    Unsigned(u64),
    /// A string.
    String(String),
    /// A boolean.
    Boolean(bool),
    /// A number whose type the reading did not tell (one field, several numeric types).
    Number(String),
}

impl Value {
    /// As in line protocol; strings as JSON writes them.
    pub fn show(&self) -> String {
        match self {
            Self::Float(v) => show_float(*v),
            Self::Integer(v) => format!("{v}i"),
            Self::Unsigned(v) => format!("{v}u"),
            Self::String(v) => quoted(v),
            Self::Boolean(v) => v.to_string(),
            Self::Number(v) => format!("{v}?"),
        }
    }

    /// Equal, where a number of unknown type equals each number of its value.
    pub fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(a), b) | (b, Self::Number(a)) => {
                let shown = b.show();
                let number = shown.trim_end_matches(['i', 'u', '?']);
                number == a
                    || matches!((number.parse::<f64>(), a.parse::<f64>()), (Ok(x), Ok(y)) if x == y)
            }
            (Self::Float(a), Self::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
            _ => self == other,
        }
    }
}

fn show_float(value: f64) -> String {
    let plain = format!("{value}");
    if plain.len() > 22 { format!("{value:e}") } else { plain }
}

/// One stored point.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The measurement (table).
    pub measurement: String,
    /// Tags by key.
    pub tags: BTreeMap<String, String>,
    /// Fields by key.
    pub fields: BTreeMap<String, Value>,
    /// Nanoseconds since 1970.
    pub time: i64,
}

/// What makes a point the same point: measurement, tags, time.
pub type Key<'p> = (&'p str, &'p BTreeMap<String, String>, i64);

impl Point {
    /// What makes it the same point.
    pub fn key(&self) -> Key<'_> {
        (&self.measurement, &self.tags, self.time)
    }

    /// One line, lossless: like line protocol, odd names and strings as JSON writes them.
    pub fn show(&self, time: &str) -> String {
        let mut line = name(&self.measurement);
        for (key, value) in &self.tags {
            let _ = write!(line, ",{}={}", name(key), name(value));
        }
        line.push(' ');
        let fields: Vec<_> = self
            .fields
            .iter()
            .map(|(key, value)| format!("{}={}", name(key), value.show()))
            .collect();
        line += &fields.join(",");
        line.push(' ');
        line += time;
        line
    }

    /// Takes over the fields of another reading of the same point; false if they disagree.
    pub(crate) fn merge(&mut self, other: Self) -> bool {
        if other.fields.keys().any(|key| self.fields.contains_key(key)) {
            return false;
        }
        self.fields.extend(other.fields);
        true
    }
}

/// A name, plain where nothing in it is odd.
fn name(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:/%+@".contains(c);
    if (1..=300).contains(&text.len()) && text.chars().all(plain) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

fn quoted(text: &str) -> String {
    if text.len() > 300 {
        // A megabyte of x says nothing; its length and digest do.
        let digest = crate::digest::fnv64(text.as_bytes());
        let head: String = text.chars().take(40).collect();
        return format!("{}…({} bytes, {digest:016X})", json(&head), text.len());
    }
    json(text)
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Brings points into the canonical order and joins rows that are parts of one point.
pub(crate) fn canonical(points: Vec<Point>) -> Vec<Point> {
    let mut joined: Vec<Point> = Vec::new();
    let mut index: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for point in points {
        let key = format!("{:?}", point.key());
        match index.get(&key) {
            Some(at) if joined[*at].merge(point.clone()) => {}
            _ => {
                index.insert(key, joined.len());
                joined.push(point);
            }
        }
    }
    joined.sort_by(|a, b| {
        let fields = |p: &Point| {
            p.fields.iter().map(|(k, v)| format!("{k}={}", v.show())).collect::<Vec<_>>()
        };
        a.measurement
            .cmp(&b.measurement)
            .then(a.time.cmp(&b.time))
            .then_with(|| a.tags.cmp(&b.tags))
            .then_with(|| fields(a).cmp(&fields(b)))
    });
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(time: i64, field: &str, value: Value) -> Point {
        Point {
            measurement: "m".to_owned(),
            tags: BTreeMap::from([("a b".to_owned(), "c".to_owned())]),
            fields: BTreeMap::from([(field.to_owned(), value)]),
            time,
        }
    }

    #[test]
    fn every_type_shows_itself() {
        let shown = |value| point(7, "f", value).show("7");
        assert_eq!(shown(Value::Float(2.0)), r#"m,"a b"=c f=2 7"#);
        assert_eq!(shown(Value::Integer(2)), r#"m,"a b"=c f=2i 7"#);
        assert_eq!(shown(Value::String("\"x".to_owned())), r#"m,"a b"=c f="\"x" 7"#);
        assert_eq!(
            shown(Value::Float(1.797_693_134_862_315_7e308)),
            r#"m,"a b"=c f=1.7976931348623157e308 7"#
        );
    }

    #[test]
    fn rows_of_one_point_are_joined_and_repeated_ones_are_kept() {
        let parts = vec![
            point(2, "f", Value::Float(1.0)),
            point(1, "f", Value::Float(1.0)),
            point(2, "g", Value::Float(1.0)),
        ];
        assert_eq!(canonical(parts).len(), 2);
        let twice = vec![point(2, "f", Value::Float(1.0)), point(2, "f", Value::Float(1.0))];
        assert_eq!(canonical(twice).len(), 2);
    }

    #[test]
    fn a_number_of_unknown_type_agrees_with_its_value_only() {
        assert!(Value::Number("1".to_owned()).agrees(&Value::Integer(1)));
        assert!(Value::Number("1".to_owned()).agrees(&Value::Float(1.0)));
        assert!(!Value::Number("1".to_owned()).agrees(&Value::Integer(2)));
        assert!(!Value::Integer(1).agrees(&Value::Float(1.0)));
    }
}
