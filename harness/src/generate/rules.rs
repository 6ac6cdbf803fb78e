//! What every server owes to a batch, whatever its product: rules that need no snapshot, beside the
//! ledger. They judge the cases of the area `generated`, from their bytes alone, so that a saved case
//! fails by itself.

use crate::compare::Kind;
use crate::ledger::Unit;
use crate::model::{Item, Meaning, Sureness, Written, sureness};
use crate::point::Value;
use crate::wire::Response;
use std::collections::BTreeMap;

/// What is known of a case's database from what was sent to it.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    columns: BTreeMap<(String, String), Column>,
    /// Lines of which nobody can say what they made.
    odd: Vec<String>,
}

/// What a name stands for in a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Tag,
    Float,
    Integer,
    Unsigned,
    String,
    Boolean,
    /// Several of these were sent.
    Several,
}

/// One write and its answer.
pub(crate) struct Wrote<'w> {
    pub(crate) body: &'w [u8],
    pub(crate) items: &'w [Item],
    pub(crate) unit: Option<Unit>,
    pub(crate) response: &'w Response,
    /// Its success is the last word, not the first of an asynchronous product.
    pub(crate) is_final: bool,
}

/// What is broken: the kind, what is owed, what came.
pub(crate) type Broken = (Kind, &'static str, String);

/// What came of the rules for one write.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(crate) broken: Vec<Broken>,
    /// An error of the server's own is known of real products here, and is not held against it.
    pub(crate) may_fail: bool,
}

const TAKEN: &str = "lines that every product takes are accepted";
const REFUSED: &str = "what is no line in any grammar is not said to be stored";
const ANSWER: &str = "a write is answered with success or an error";
const JSON: &str = "a body that begins as JSON is JSON";

impl Rules {
    /// Judges a write and remembers it.
    pub(crate) fn judge(&mut self, wrote: &Wrote<'_>) -> Judged {
        let sure: Vec<_> =
            wrote.items.iter().map(|item| sureness(&item.text, &item.meaning)).collect();
        let is_plain = |(item, sure): (&Item, &Sureness)| {
            *sure == Sureness::Plain && self.fits(item, wrote.unit)
        };
        let were_plain = wrote.items.iter().zip(&sure).all(is_plain);
        let in_itself = self.learn(wrote.items, &sure);
        let status = wrote.response.status;
        let answer = || format!("{status} {}", cut(wrote.response.text().trim()));
        let mut judged = Judged {
            // Names that are not UTF-8, and types that change within a batch, are answered with 500
            // by releases of two products.
            may_fail: std::str::from_utf8(wrote.body).is_err() || in_itself,
            ..Judged::default()
        };
        let mut add = |kind, expected, got| judged.broken.push((kind, expected, got));
        match status {
            200..=299 if wrote.is_final => {
                for (item, _) in
                    wrote.items.iter().zip(&sure).filter(|(_, s)| **s == Sureness::Malformed)
                {
                    let text = cut(&item.text);
                    add(
                        Kind::Honesty,
                        REFUSED,
                        format!(
                            "line {} said to be stored ({status}), and is no line in any grammar: {text}",
                            item.line
                        ),
                    );
                }
            }
            200..=299 => {}
            // Busy, and says so.
            429 | 503 => {}
            400..=499 if were_plain && !in_itself && !wrote.items.is_empty() => {
                add(Kind::StatusClass, TAKEN, answer());
            }
            400..=599 => {}
            _ => add(Kind::StatusClass, ANSWER, answer()),
        }
        let body = wrote.response.body.as_slice();
        if body.first() == Some(&b'{')
            && serde_json::from_slice::<serde_json::Value>(&lossy(body)).is_err()
        {
            add(Kind::Shape, JSON, answer());
        }
        judged
    }

    /// Whether this plain line meets nothing that could have made its measurement otherwise.
    fn fits(&self, item: &Item, unit: Option<Unit>) -> bool {
        let Meaning::Point(written) = &item.meaning else { return false };
        let is_new = |text: &String| !text.contains(written.measurement.as_str());
        let agrees = |(name, column): (&String, Column)| {
            let key = (written.measurement.clone(), name.clone());
            self.columns.get(&key).is_none_or(|known| *known == column)
        };
        self.odd.iter().all(is_new) && columns(written).all(agrees) && is_in_time(written, unit)
    }

    /// Remembers the lines; true where they disagree among themselves.
    fn learn(&mut self, items: &[Item], sure: &[Sureness]) -> bool {
        let mut own: BTreeMap<(String, String), Column> = BTreeMap::new();
        let mut in_itself = false;
        for (item, sure) in items.iter().zip(sure) {
            match (&item.meaning, sure) {
                (_, Sureness::Malformed) => {}
                (Meaning::Unjudged, _) => {
                    // Its fields may be of any type, also beside those of the lines around it.
                    in_itself |= item.text.contains('=') && items.len() > 1;
                    self.odd.push(item.text.clone());
                }
                (Meaning::Point(written), sure) => {
                    if *sure == Sureness::Odd {
                        self.odd.push(item.text.clone());
                    }
                    for (name, column) in columns(written) {
                        let key = (written.measurement.clone(), name.clone());
                        in_itself |= *own.entry(key.clone()).or_insert(column) != column;
                        let known = self.columns.entry(key).or_insert(column);
                        if *known != column {
                            *known = Column::Several;
                        }
                    }
                }
            }
        }
        in_itself
    }
}

fn columns(written: &Written) -> impl Iterator<Item = (&String, Column)> {
    let tags = written.tags.keys().map(|key| (key, Column::Tag));
    tags.chain(written.fields.iter().map(|(key, value)| {
        let column = match value {
            Value::Float(_) => Column::Float,
            Value::Integer(_) => Column::Integer,
            Value::Unsigned(_) => Column::Unsigned,
            Value::String(_) => Column::String,
            Value::Boolean(_) => Column::Boolean,
            Value::Number(_) => Column::Several,
        };
        (key, column)
    }))
}

/// A time that is surely read as what it is, and that every product can store.
fn is_in_time(written: &Written, unit: Option<Unit>) -> bool {
    /// Nanoseconds of 290 years.
    const FAR: u64 = 9_151_000_000_000_000_000;
    match (written.timestamp, unit) {
        (None, _) => true,
        (Some(time), Some(unit)) => {
            unit.nanoseconds(time).is_some_and(|time| time.unsigned_abs() <= FAR)
        }
        (Some(_), None) => false,
    }
}

/// What is not UTF-8 in it is passed through from the lines.
fn lossy(body: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(body).into_owned().into_bytes()
}

fn cut(text: &str) -> String {
    const MOST: usize = 200;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let head: String = text.chars().take(MOST).collect();
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::items;

    fn judge(rules: &mut Rules, body: &str, status: u16, answer: &str) -> Judged {
        let response = Response { status, headers: Vec::new(), body: answer.as_bytes().to_vec() };
        rules.judge(&Wrote {
            body: body.as_bytes(),
            items: &items(body.as_bytes()),
            unit: Some(Unit::Of(1)),
            response: &response,
            is_final: true,
        })
    }

    fn broken(bodies: &[(&str, u16)]) -> Vec<&'static str> {
        let mut rules = Rules::default();
        let judged = bodies.iter().map(|(body, status)| judge(&mut rules, body, *status, ""));
        judged.flat_map(|judged| judged.broken).map(|(_, owed, _)| owed).collect()
    }

    #[test]
    fn plain_lines_must_be_taken() {
        assert_eq!(broken(&[("m,t=a f=1 17\nm f=2", 400)]), [TAKEN]);
        assert_eq!(broken(&[("m f=1", 204), ("m f=2", 400)]), [TAKEN]);
        assert!(broken(&[("m f=1", 503), ("m f=1", 429), ("", 400)]).is_empty());
    }

    /// Each of these may be refused by some product.
    #[test]
    fn lines_that_meet_others_may_be_refused() {
        assert!(broken(&[("m f=1", 204), ("m f=1i", 400)]).is_empty());
        assert!(broken(&[("m f=1\nm f=1i", 400), ("m f=1", 400)]).is_empty());
        assert!(broken(&[("m,f=a g=1", 204), ("m f=1", 400)]).is_empty());
        assert!(broken(&[("m f=.5", 204), ("m f=1i", 400)]).is_empty());
        assert!(broken(&[("m f=1 9223372036854775806", 400), ("m f=+1", 400)]).is_empty());
        assert_eq!(broken(&[("n f=.5", 204), ("m f=1i", 400)]), [TAKEN]);
    }

    #[test]
    fn malformed_lines_must_not_be_called_stored() {
        assert_eq!(broken(&[("m f=1\nm f=\n", 204)]), [REFUSED]);
        assert!(broken(&[("m f=1\nm f=\n", 400), ("m f=.5", 204)]).is_empty());
    }

    #[test]
    fn an_answer_is_an_answer() {
        assert_eq!(broken(&[("m f=1", 302)]), [ANSWER]);
        let judged = judge(&mut Rules::default(), "m f=+1", 400, "{\"error\":\"x");
        assert_eq!(judged.broken[0].1, JSON);
        assert!(judge(&mut Rules::default(), "m f=1\nm f=1i", 500, "").may_fail);
        assert!(!judge(&mut Rules::default(), "m f=1", 500, "").may_fail);
    }
}
