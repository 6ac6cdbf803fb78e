//! What every server owes to a batch, whatever its product: rules that need no snapshot, beside the
//! ledger. They judge the cases of the area `generated`, from their bytes alone, so that a saved case
//! fails by itself.

use super::trace::{self, Column, Trace, Week};
use crate::claim::{Claim, Claims};
use crate::compare::Kind;
use crate::ledger::Unit;
use crate::model::{Item, Meaning, Sureness, Written, sureness};
use crate::wire::Response;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a case's database from what was sent to it.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    columns: BTreeMap<(String, String), Seen>,
    /// Lines of which nobody can say what they made.
    odd: Vec<String>,
    /// A query may show less than is stored: a field has several types, in several shards.
    is_hidden: bool,
    /// A line was sent of which there are products that cannot read what they make of it.
    is_spoilt: bool,
}

/// What was sent under one name of a measurement.
#[derive(Debug)]
struct Seen {
    column: Column,
    weeks: BTreeSet<Week>,
}

/// One write and its answer.
pub(crate) struct Wrote<'w> {
    pub(crate) body: &'w [u8],
    pub(crate) items: &'w [Item],
    pub(crate) unit: Option<Unit>,
    /// What the server takes for now.
    pub(crate) now: i64,
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
    /// That claim and storage differ is known of real products here.
    pub(crate) may_lie: bool,
    /// That what is stored cannot be read is known of real products here.
    pub(crate) may_spoil: bool,
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
        let is_utf8 = std::str::from_utf8(wrote.body).is_ok();
        // Some products read comments and blanks like everything else.
        let is_text = is_utf8 && !wrote.body.contains(&0);
        let were_plain = is_text && wrote.items.iter().zip(&sure).all(is_plain);
        let met = self.learn(wrote, &sure);
        let status = wrote.response.status;
        let answer = || format!("{status} {}", cut(wrote.response.text().trim()));
        let mut judged = Judged {
            // Releases of one product answer 500 to names that are not UTF-8, and to types that
            // change within a batch where the field is new; one of them then loses lines.
            may_fail: !is_utf8 || met.in_itself,
            // Go's products write shards at the same time and wait for the first error only.
            may_lie: !is_utf8 || met.in_itself || (met.conflicts && met.far) || self.is_hidden,
            may_spoil: self.is_spoilt,
            ..Judged::default()
        };
        let mut add = |kind, expected, got| judged.broken.push((kind, expected, got));
        match status {
            200..=299 if wrote.is_final => {
                let lines = wrote.items.iter().zip(&sure);
                for (item, _) in lines.filter(|(_, sure)| **sure == Sureness::Malformed) {
                    let (line, text) = (item.line, cut(&item.text));
                    let got = format!(
                        "line {line} said to be stored ({status}), and is no line in any grammar: {text}"
                    );
                    add(Kind::Honesty, REFUSED, got);
                }
            }
            200..=299 => {}
            // Busy, and says so.
            429 | 503 => {}
            400..=499 if were_plain && !met.in_itself && !wrote.items.is_empty() => {
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

    /// Where every line is called stored but for a number of points, one that is no point to some
    /// products may have been left out without a word: their parser's errors give way to those of
    /// their store.
    pub(crate) fn doubt(
        response: &Response,
        items: &[Item],
        unit: Option<Unit>,
        claims: &mut Claims,
    ) {
        let all_accepted = claims.items.iter().all(|claim| *claim == Claim::Accepted);
        if (400..=499).contains(&response.status) && all_accepted {
            for (item, claim) in items.iter().zip(&mut claims.items) {
                let in_time = matches!(&item.meaning, Meaning::Point(w) if is_in_time(w, unit));
                if !in_time || sureness(&item.text, &item.meaning) != Sureness::Plain {
                    *claim = Claim::Unmentioned;
                }
            }
        }
    }

    /// Whether this plain line meets nothing that could have made its measurement otherwise.
    fn fits(&self, item: &Item, unit: Option<Unit>) -> bool {
        let Meaning::Point(written) = &item.meaning else { return false };
        let is_new = |text: &String| !text.contains(written.measurement.as_str());
        let agrees = |(name, column): (String, Column)| {
            let key = (written.measurement.clone(), name);
            self.columns.get(&key).is_none_or(|known| known.column == column)
        };
        self.odd.iter().all(is_new)
            && trace::columns(written).into_iter().all(agrees)
            && is_in_time(written, unit)
    }

    /// Remembers the lines, and says how they meet each other and what was there.
    fn learn(&mut self, wrote: &Wrote<'_>, sure: &[Sureness]) -> Met {
        let mut own: BTreeMap<(String, String), Column> = BTreeMap::new();
        let mut weeks = BTreeSet::new();
        let mut met = Met::default();
        for (item, sure) in wrote.items.iter().zip(sure) {
            if *sure == Sureness::Malformed {
                continue;
            }
            if *sure == Sureness::Odd {
                self.odd.push(item.text.clone());
            }
            let trace = Trace::of(item, wrote.unit, wrote.now);
            self.is_spoilt |= trace.may_spoil();
            weeks.insert(trace.week);
            for (name, column) in trace.columns {
                let key = (trace.measurement.clone(), name);
                met.in_itself |= *own.entry(key.clone()).or_insert(column) != column;
                let fresh = || Seen { column, weeks: BTreeSet::new() };
                let known = self.columns.entry(key).or_insert_with(fresh);
                known.weeks.insert(trace.week);
                if known.column != column {
                    known.column = Column::Several;
                    met.conflicts = true;
                }
                self.is_hidden |= known.column == Column::Several && is_far(&known.weeks);
            }
        }
        met.far = is_far(&weeks);
        met
    }
}

/// How the lines of a write meet each other and what was there.
#[derive(Default)]
struct Met {
    /// They give one field several types.
    in_itself: bool,
    /// One of them gives a field another type than it had.
    conflicts: bool,
    /// They may lie in several shards.
    far: bool,
}

fn is_far(weeks: &BTreeSet<Week>) -> bool {
    weeks.len() > 1 || weeks.contains(&None)
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
            now: 1_800_000_000_000_000_000,
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
        assert!(broken(&[("m f=1\n\0", 400)]).is_empty());
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
    }

    fn excuses(bodies: &[&str]) -> (bool, bool, bool) {
        let mut rules = Rules::default();
        let judged = bodies.iter().map(|body| judge(&mut rules, body, 204, "")).last().unwrap();
        (judged.may_fail, judged.may_lie, judged.may_spoil)
    }

    /// What is excused is what real products were seen to do, and nothing near it.
    #[test]
    fn only_what_products_do_is_excused() {
        let week = "1700000000000000000";
        let plain = format!("m f=1 {week}\nm f=.5 {week}\nm g=\"f=1i\" {week}");
        assert_eq!(excuses(&[&plain]), (false, false, false));
        assert_eq!(excuses(&["m f=1\nm f=1i"]), (true, true, false));
        assert_eq!(excuses(&["m f=1\nm f=+1i 1"]), (true, true, false));
        // A conflict with what is there, in the same shard.
        let (first, second) = (format!("m f=1 {week}"), format!("m f=1i {week}"));
        assert_eq!(excuses(&[&first, &second]), (false, false, false));
        // And in two shards, which a query does not show together; and beside another shard.
        assert_eq!(excuses(&[&first, "m f=1i 1"]), (false, true, false));
        assert_eq!(excuses(&[&first, &format!("{second}\nn f=1 1")]), (false, true, false));
        assert_eq!(excuses(&["m,t=a,t=b f=1", "n f=1"]), (false, false, true));
        assert_eq!(excuses(&["m f=1,f=2"]), (false, false, true));
        assert_eq!(excuses(&["m f=1,time=2"]), (false, false, true));
        assert_eq!(excuses(&["m f=1e400"]), (false, false, true));
        assert_eq!(excuses(&["m f=1e40"]), (false, false, false));
    }

    #[test]
    fn an_error_of_the_store_hides_those_of_the_parser() {
        let lines = items(b"m f=1\nm f=1u\nm f=1 9223372036854775807");
        let of = |status| {
            let mut claims = Claims { items: vec![Claim::Accepted; 3], unnamed: 1 };
            let response = Response { status, headers: Vec::new(), body: Vec::new() };
            Rules::doubt(&response, &lines, Some(Unit::Of(1)), &mut claims);
            claims.items
        };
        assert_eq!(of(400), [Claim::Accepted, Claim::Unmentioned, Claim::Unmentioned]);
        assert_eq!(of(204), [Claim::Accepted; 3]);
    }
}
