//! What a server cannot represent, as the program that reads it back declares it: a small set of
//! words, each a rule for what becomes of a value or a time. What is written is taken through these
//! rules before it is held against what is stored, so that a declared loss is no finding.

pub(crate) mod stored;

use crate::claim::Claim;
use crate::model::{Item, Meaning, Written};
use crate::point::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One thing that a server cannot represent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// An integer, signed or not, is stored as the nearest float.
    IntegersAreFloats,
    /// `true` is stored as 1 and `false` as 0.
    BooleansAreNumbers,
    /// A string is stored as 0.
    StringsAreZeros,
    /// A field with a string is not stored.
    StringsDropped,
    /// Times are cut to microseconds.
    TimesInUs,
    /// Times are cut to milliseconds.
    TimesInMs,
    /// Times are cut to seconds.
    TimesInS,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::IntegersAreFloats,
        Self::BooleansAreNumbers,
        Self::StringsAreZeros,
        Self::StringsDropped,
        Self::TimesInUs,
        Self::TimesInMs,
        Self::TimesInS,
    ];

    /// The word that a program declares it with.
    pub const fn word(self) -> &'static str {
        match self {
            Self::IntegersAreFloats => "integers-are-floats",
            Self::BooleansAreNumbers => "booleans-are-numbers",
            Self::StringsAreZeros => "strings-are-zeros",
            Self::StringsDropped => "strings-dropped",
            Self::TimesInUs => "times-in-us",
            Self::TimesInMs => "times-in-ms",
            Self::TimesInS => "times-in-s",
        }
    }

    /// Whether it changes this value.
    fn changes(self, value: &Value) -> bool {
        match value {
            Value::Integer(_) | Value::Unsigned(_) => self == Self::IntegersAreFloats,
            Value::Boolean(_) => self == Self::BooleansAreNumbers,
            Value::String(_) => matches!(self, Self::StringsAreZeros | Self::StringsDropped),
            Value::Float(_) | Value::Number(_) => false,
        }
    }

    /// The nanoseconds to which it cuts times.
    const fn resolution(self) -> i64 {
        match self {
            Self::TimesInUs => 1_000,
            Self::TimesInMs => 1_000_000,
            Self::TimesInS => 1_000_000_000,
            _ => 1,
        }
    }
}

/// What a server cannot represent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses(BTreeSet<Loss>);

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(|loss| loss.word()).collect();
        f.write_str(&words.join(", "))
    }
}

impl FromIterator<Loss> for Losses {
    fn from_iter<T: IntoIterator<Item = Loss>>(losses: T) -> Self {
        Self(losses.into_iter().collect())
    }
}

impl Losses {
    /// From words with commas.
    ///
    /// # Errors
    /// A word that is none; which there are.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let find = |word: &str| {
            Loss::ALL.into_iter().find(|loss| loss.word() == word).ok_or_else(|| {
                let known = Loss::ALL.into_iter().collect::<Self>();
                format!("\"{word}\" is no loss that can be declared; there are {known}")
            })
        };
        text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(find).collect()
    }

    /// Whether nothing is lost.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The nanoseconds to which times are cut.
    pub(crate) fn resolution(&self) -> i64 {
        self.0.iter().map(|loss| loss.resolution()).max().unwrap_or(1)
    }

    /// What is left of a time.
    pub(crate) fn time(&self, time: i64) -> i64 {
        time - time % self.resolution()
    }

    /// What is left of a value.
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn value(&self, value: &Value) -> Option<Value> {
        let Some(loss) = self.0.iter().find(|loss| loss.changes(value)) else {
            return Some(value.clone());
        };
        match value {
            _ if *loss == Loss::StringsDropped => None,
            Value::Integer(integer) => Some(Value::Float(*integer as f64)),
            Value::Unsigned(integer) => Some(Value::Float(*integer as f64)),
            Value::Boolean(value) => Some(Value::Number(u8::from(*value).to_string())),
            _ => Some(Value::Number("0".to_owned())),
        }
    }

    /// What is left of some fields.
    pub(crate) fn fields(&self, fields: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        let left = |(key, value): (&String, &Value)| Some((key.clone(), self.value(value)?));
        fields.iter().filter_map(left).collect()
    }

    /// The lines of a write as such a server can store them; their times are cut by the ledger,
    /// which knows their unit.
    pub(crate) fn items(&self, mut items: Vec<Item>) -> Vec<Item> {
        if !self.is_empty() {
            for item in &mut items {
                if let Meaning::Point(written) = &mut item.meaning {
                    written.fields = self.fields(&written.fields);
                }
            }
        }
        items
    }

    /// Which lines that were accepted are not held to what they say, and by which losses; none
    /// where there is no such line.
    pub(crate) fn note(
        &self,
        items: &[Item],
        claims: &[Claim],
        nanoseconds: impl Fn(i64) -> Option<i64>,
    ) -> Option<String> {
        let touches = |loss: Loss, written: &Written| {
            let time = written.timestamp.and_then(&nanoseconds).unwrap_or(0);
            time % loss.resolution() != 0 || written.fields.values().any(|v| loss.changes(v))
        };
        let lines = |loss: Loss| {
            let accepted = items.iter().zip(claims).filter(|(_, c)| **c == Claim::Accepted);
            let is_touched = |(item, _): &(&Item, &Claim)| matches!(&item.meaning, Meaning::Point(w) if touches(loss, w));
            accepted.filter(is_touched).count()
        };
        let counted = self.0.iter().map(|loss| (loss.word(), lines(*loss)));
        let parts: Vec<_> = counted
            .filter(|(_, count)| *count > 0)
            .map(|(word, count)| {
                format!("{word} ({count} {})", if count == 1 { "line" } else { "lines" })
            })
            .collect();
        (!parts.is_empty()).then(|| {
            format!("not counted, since the read-back program declares it: {}", parts.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_shown() {
        let losses = Losses::parse("times-in-ms, integers-are-floats").unwrap();
        assert_eq!(losses.to_string(), "integers-are-floats, times-in-ms");
        assert_eq!(losses.time(1_700_000_000_123_456_789), 1_700_000_000_123_000_000);
        let wrong = Losses::parse("integers-are-lost").unwrap_err();
        assert!(wrong.contains("\"integers-are-lost\" is no loss"), "{wrong}");
        assert!(wrong.contains("strings-dropped"), "{wrong}");
    }

    #[test]
    fn each_loss_changes_its_own_values_only() {
        let left = |words: &str, value: Value| {
            Losses::parse(words).unwrap().value(&value).map(|value| value.show())
        };
        let string = || Value::String("x".to_owned());
        assert_eq!(left("integers-are-floats", Value::Unsigned(7)).as_deref(), Some("7"));
        assert_eq!(left("integers-are-floats", Value::Boolean(true)).as_deref(), Some("true"));
        assert_eq!(left("booleans-are-numbers", Value::Boolean(true)).as_deref(), Some("1?"));
        assert_eq!(left("strings-are-zeros", string()).as_deref(), Some("0?"));
        assert_eq!(left("strings-dropped", string()), None);
        assert_eq!(left("times-in-s", string()).as_deref(), Some("\"x\""));
    }

    #[test]
    fn the_note_counts_what_was_accepted() {
        let items = crate::model::items(b"a f=1i 1000000\nb f=1 1000001\nc f=2i 1");
        let claims = [Claim::Accepted, Claim::Accepted, Claim::Rejected];
        let losses = Losses::parse("integers-are-floats,times-in-ms,strings-dropped").unwrap();
        assert_eq!(
            losses.note(&items, &claims, Some).unwrap(),
            "not counted, since the read-back program declares it: integers-are-floats (1 line), \
             times-in-ms (1 line)"
        );
        assert_eq!(Losses::default().note(&items, &claims, Some), None);
    }
}
