//! A request and what came back, kept as it was on the wire but for secrets.

use crate::case::Action;
use crate::claim::{Claim, claims};
use crate::ledger::{Fate, Ledger};
use crate::model::{Meaning, items};
use crate::outgoing::Outgoing;
use crate::wire::{Response, WireError};
use std::collections::BTreeSet;
use std::time::Duration;

/// More of an answer than this says nothing more to a reader.
const LONGEST_BODY: usize = 64 * 1024;

/// A request and what came back.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The step of the case, from 1.
    pub step: usize,
    /// The word for what it does: `write`, `query`, `request`.
    pub action: String,
    /// Whether it writes lines.
    pub is_write: bool,
    /// Method, path and query.
    pub request: String,
    /// Headers as they were sent; of credentials only that they were.
    pub headers: Vec<(String, String)>,
    /// Bytes of the body on the wire; none where a saved run does not say.
    pub bytes: Option<usize>,
    /// The precision that was asked for.
    pub precision: Option<String>,
    /// The lines of its body.
    pub lines: Vec<Line>,
    /// The oldest and the newest timestamp, as written.
    pub times: Option<(i64, i64)>,
    /// The measurements in it.
    pub measurements: BTreeSet<String>,
    /// What came back, or why nothing did.
    pub answer: Result<Answered, String>,
    /// How long that took; none where a saved run does not say.
    pub took: Option<Duration>,
}

/// A line that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which line of the body, from 1.
    pub number: usize,
    /// Its text.
    pub text: String,
    /// What the answer says of it.
    pub claim: Claim,
    /// What became of it; none where nobody looked.
    pub fate: Option<Fate>,
}

impl Line {
    /// Whether it was written, as far as anybody knows.
    pub(super) fn is_good(&self) -> bool {
        self.claim == Claim::Accepted && !self.fate.as_ref().is_some_and(Fate::is_wrong)
    }
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body, what is not UTF-8 replaced, cut where it is long.
    pub body: String,
}

impl Default for Exchange {
    fn default() -> Self {
        Self {
            step: 0,
            action: String::new(),
            is_write: false,
            request: String::new(),
            headers: Vec::new(),
            bytes: None,
            precision: None,
            lines: Vec::new(),
            times: None,
            measurements: BTreeSet::new(),
            answer: Err("nothing was sent".to_owned()),
            took: None,
        }
    }
}

impl Exchange {
    /// What was sent in this step, and what came.
    pub(crate) fn new(
        step: usize,
        action: &Action,
        out: &Outgoing,
        answer: &Result<Response, WireError>,
        took: Duration,
    ) -> Self {
        let request = &out.request;
        let mut exchange = Self {
            step,
            action: action.word().to_owned(),
            is_write: matches!(action, Action::Write(_)),
            request: format!("{} {}", request.method, request.target),
            headers: request.headers.iter().map(without_credentials).collect(),
            bytes: Some(request.body.len()),
            precision: parameter(&request.target, "precision"),
            took: Some(took),
            answer: match answer {
                Ok(response) => Ok(Answered::of(response)),
                Err(error) => Err(error.to_string()),
            },
            ..Self::default()
        };
        if exchange.is_write {
            exchange.read(out.lines(), answer.as_ref().ok());
        }
        exchange
    }

    /// Takes the lines of the body, with what the answer says of each.
    fn read(&mut self, body: &[u8], response: Option<&Response>) {
        let items = items(body);
        let said = response.map(|response| claims(response, &items).items).unwrap_or_default();
        let claim = |at: usize| said.get(at).copied().unwrap_or(Claim::Unmentioned);
        for (at, item) in items.into_iter().enumerate() {
            if let Meaning::Point(point) = &item.meaning {
                self.measurements.insert(point.measurement.clone());
                if let Some(time) = point.timestamp {
                    let (first, last) = self.times.unwrap_or((time, time));
                    self.times = Some((first.min(time), last.max(time)));
                }
            }
            let line = Line { number: item.line, text: item.text, claim: claim(at), fate: None };
            self.lines.push(line);
        }
    }

    /// Takes from a ledger what became of each line; where the lines are not known, those too.
    pub(super) fn settle(&mut self, ledger: &Ledger) {
        let of = |number: usize| ledger.entries.iter().find(|entry| entry.line == number);
        if self.lines.is_empty() {
            let lines = ledger.entries.iter().map(|entry| Line {
                number: entry.line,
                text: entry.text.clone(),
                claim: entry.claim,
                fate: Some(entry.fate.clone()),
            });
            self.lines.extend(lines);
            return;
        }
        // Ledgers of long bodies are short lists of what is wrong beside what is not: one look each.
        if ledger.entries.len() == self.lines.len() {
            for (line, entry) in self.lines.iter_mut().zip(&ledger.entries) {
                (line.claim, line.fate) = (entry.claim, Some(entry.fate.clone()));
            }
            return;
        }
        for line in &mut self.lines {
            if let Some(entry) = of(line.number) {
                (line.claim, line.fate) = (entry.claim, Some(entry.fate.clone()));
            }
        }
    }

    /// Changes every text.
    pub(crate) fn change(&mut self, change: &impl Fn(&mut String)) {
        change(&mut self.request);
        self.headers.iter_mut().for_each(|(_, value)| change(value));
        let changed = |mut name: String| {
            change(&mut name);
            name
        };
        self.measurements =
            std::mem::take(&mut self.measurements).into_iter().map(changed).collect();
        for line in &mut self.lines {
            change(&mut line.text);
            if let Some(Fate::Mutated(how)) = &mut line.fate {
                change(how);
            }
        }
        match &mut self.answer {
            Ok(answered) => {
                answered.headers.iter_mut().for_each(|(_, value)| change(value));
                change(&mut answered.body);
            }
            Err(why) => change(why),
        }
    }

    /// Cuts an answer to what a reader may need, once no secret is in it any more.
    pub(super) fn shorten(&mut self) {
        if let Ok(answered) = &mut self.answer {
            answered.body = super::cut(std::mem::take(&mut answered.body), LONGEST_BODY, "…");
        }
    }
}

impl Answered {
    pub(super) fn of(response: &Response) -> Self {
        let headers = response.headers.iter().map(without_credentials).collect();
        // It is cut once secrets are out of it; what is megabytes longer is not even looked through.
        let most = response.body.len().min(2 * LONGEST_BODY);
        let body = String::from_utf8_lossy(&response.body[..most]).into_owned();
        Self { status: response.status, headers, body }
    }
}

/// A header, of credentials only their scheme.
fn without_credentials((name, value): &(String, String)) -> (String, String) {
    const SECRET: &[&str] = &["authorization", "proxy-authorization", "cookie", "set-cookie"];
    if !SECRET.contains(&name.to_ascii_lowercase().as_str()) {
        return (name.clone(), value.clone());
    }
    let scheme = value.split_once(' ').map_or("", |(scheme, _)| scheme);
    (name.clone(), format!("{scheme} {{hidden}}").trim_start().to_owned())
}

/// The value of a parameter of a query string.
pub(super) fn parameter(target: &str, name: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}
