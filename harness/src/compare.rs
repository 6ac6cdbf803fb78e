//! A transcript against the one that is expected: every difference at once, each with the
//! strictness from which it counts.

use crate::promise::Promise;
use crate::transcript::{Answer, Outcome, Record, Transcript};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What kind of difference a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What is claimed and what is stored disagree.
    Honesty,
    /// There is no answer at all.
    NoAnswer,
    /// Success where failure is expected, or another class of failure.
    StatusClass,
    /// Another status of the same class.
    Status,
    /// Another shape of body.
    Shape,
    /// Something else is stored.
    Stored,
    /// A query gives something else.
    Data,
    /// Something that is promised of the answer is not so.
    Promise,
    /// Another text.
    Message,
    /// Another header.
    Header,
    /// Other bytes that say the same.
    Bytes,
}

impl Kind {
    /// The strictness from which it counts.
    pub const fn from_strictness(self) -> u8 {
        match self {
            Self::Honesty | Self::NoAnswer | Self::StatusClass => 0,
            Self::Status | Self::Shape | Self::Stored | Self::Data | Self::Promise => 1,
            Self::Message => 2,
            Self::Header | Self::Bytes => 3,
        }
    }

    /// What reports call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Honesty => "ledger",
            Self::NoAnswer => "no answer",
            Self::StatusClass | Self::Status => "status",
            Self::Shape => "shape of the body",
            Self::Stored => "what is stored",
            Self::Data => "what the query gives",
            Self::Promise => "what is promised",
            Self::Message => "message",
            Self::Header => "header",
            Self::Bytes => "bytes of the body",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The step, from 1.
    pub step: usize,
    /// What kind of difference it is.
    pub kind: Kind,
    /// What is expected.
    pub expected: String,
    /// What came.
    pub got: String,
}

/// Every difference between two transcripts, at the highest strictness.
pub fn compare(expected: &Transcript, got: &Transcript) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut excused = false;
    for (n, got) in got.steps.iter().enumerate() {
        let Some(expected) = expected.steps.get(n) else { break };
        // Where the product itself fails, a server that does better is not at fault, nor is what
        // it then has stored; only who asks for the same texts hears of it.
        excused |= does_better(&expected.outcome, &got.outcome);
        // No answer, or a failure of its own, is never what follows from doing better.
        let fails = match &got.outcome {
            Outcome::NoAnswer(_) => true,
            Outcome::Answer(answer) => answer.status >= 500,
            _ => false,
        };
        let mut add = |kind: Kind, expected: String, text: String| {
            let kind = if excused && !fails { kind.max(Kind::Message) } else { kind };
            findings.push(Finding { step: n + 1, kind, expected, got: text });
        };
        outcome(expected, got, &mut add);
    }
    findings
}

/// Every difference between two expectations; nobody is excused for doing better. Two promises
/// differ where their texts do.
pub(crate) fn between(first: &Transcript, second: &Transcript) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (n, (a, b)) in first.steps.iter().zip(&second.steps).enumerate() {
        let mut add = |kind: Kind, expected: String, got: String| {
            findings.push(Finding { step: n + 1, kind, expected, got });
        };
        match (&a.outcome, &b.outcome) {
            (Outcome::Unsaid, _) | (_, Outcome::Unsaid) => {}
            (Outcome::Promised(x), Outcome::Promised(y)) if x == y => {}
            (Outcome::Promised(x), Outcome::Promised(y)) => {
                add(Kind::Promise, x.to_string(), y.to_string());
            }
            // A promise is held against an answer, never the other way round.
            (Outcome::Answer(_), Outcome::Promised(_)) => {
                outcome(b, a, &mut |kind, promised, said| add(kind, said, promised));
            }
            // That it answers is no fault, and a difference all the same.
            (Outcome::NoAnswer(why), Outcome::Answer(_)) => {
                add(Kind::NoAnswer, why.clone(), whole(&b.outcome));
            }
            _ => outcome(a, b, &mut add),
        }
    }
    findings
}

/// Whether one step is as expected, as far as this strictness looks.
pub(crate) fn agrees(expected: &Record, got: &Record, strict: u8) -> bool {
    let mut agrees = true;
    outcome(expected, got, &mut |kind: Kind, _, _| agrees &= kind.from_strictness() > strict);
    agrees
}

fn does_better(expected: &Outcome, got: &Outcome) -> bool {
    match (expected, got) {
        (Outcome::Answer(e), Outcome::Answer(g)) => e.status >= 500 && g.status < 500,
        (Outcome::NoAnswer(_), Outcome::Answer(_)) => true,
        _ => false,
    }
}

fn outcome(expected: &Record, got: &Record, add: &mut impl FnMut(Kind, String, String)) {
    match (&expected.outcome, &got.outcome) {
        (Outcome::Answer(e), Outcome::Answer(g)) => answer(e, g, got.action == "query", add),
        (_, Outcome::NotAsked) | (Outcome::NotAsked | Outcome::Unsaid, _) => {}
        (Outcome::Promised(e), Outcome::Answer(g)) => promised(e, g, add),
        (Outcome::Waited, Outcome::Waited) => {}
        (Outcome::NoAnswer(_), Outcome::NoAnswer(_)) => {}
        (e, Outcome::NoAnswer(why)) => add(Kind::NoAnswer, whole(e), why.clone()),
        (Outcome::NoAnswer(_), Outcome::Answer(_)) => {
            // The product dies here; to answer at all is no fault.
        }
        (Outcome::Stored(e), Outcome::Stored(g)) if e == g => {}
        (Outcome::Unreadable(_), Outcome::Unreadable(_)) => {}
        (e, g) => add(Kind::Stored, whole(e), whole(g)),
    }
}

fn whole(outcome: &Outcome) -> String {
    outcome.to_string().trim_end().to_owned()
}

fn promised(e: &Promise, g: &Answer, add: &mut impl FnMut(Kind, String, String)) {
    if !e.covers(g.status) {
        let kind = if e.covers_class(g.status) { Kind::Status } else { Kind::StatusClass };
        let statuses = e.to_string().lines().next().unwrap_or_default().trim().to_owned();
        add(kind, statuses, format!("{} {}", g.status, g.body.trim_end()));
    }
    // An answer of another class says other things: that is no second fault.
    if e.covers_class(g.status) {
        for (term, instead) in e.broken(g) {
            add(Kind::Promise, term, instead);
        }
    }
}

fn answer(e: &Answer, g: &Answer, is_query: bool, add: &mut impl FnMut(Kind, String, String)) {
    let class = e.status / 100 != g.status / 100;
    if e.status != g.status {
        let kind = if class { Kind::StatusClass } else { Kind::Status };
        let said = |answer: &Answer| format!("{} {}", answer.status, answer.body.trim_end());
        add(kind, said(e), said(g));
    }
    // An answer of another class says other things: that is no second fault.
    if e.body != g.body && !class {
        let (kind, expected, got) = body(e, g, is_query);
        add(kind, expected, got);
    }
    let value = |answer: &Answer, name: &str| {
        let found = answer.headers.iter().find(|(n, _)| n == name);
        found.map_or_else(|| format!("no {name}"), |(n, v)| format!("{n}: {v}"))
    };
    let mut names: Vec<_> = e.headers.iter().chain(&g.headers).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (expected, got) = (value(e, name), value(g, name));
        if expected != got {
            add(Kind::Header, expected, got);
        }
    }
}

fn body(e: &Answer, g: &Answer, is_query: bool) -> (Kind, String, String) {
    let shown = |answer: &Answer| answer.body.trim_end().to_owned();
    let json = |answer: &Answer| serde_json::from_str::<Json>(&answer.body).ok();
    let kind =
        match (json(e), json(g)) {
            (Some(a), Some(b)) if same(&a, &b) => Kind::Bytes,
            (Some(a), Some(b)) => {
                let data = is_query || a["results"].is_array() || a.is_array();
                let failed = |json: &Json| json.to_string().contains("\"error\"");
                if !alike(&a, &b) {
                    if data { Kind::Data } else { Kind::Shape }
                } else if data && !failed(&a) {
                    Kind::Data
                } else {
                    Kind::Message
                }
            }
            (None, None) if e.body.trim() == g.body.trim() => Kind::Bytes,
            (None, None) if e.body.is_empty() == g.body.is_empty() => {
                if is_query && e.status == 200 { Kind::Data } else { Kind::Message }
            }
            _ => Kind::Shape,
        };
    (kind, shown(e), shown(g))
}

/// Equal by meaning: `1` is `1.0`.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(x), Json::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Json::Array(x), Json::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y))
        }
        (Json::Object(x), Json::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(k, v)| y.get(k).is_some_and(|w| same(v, w)))
        }
        _ => a == b,
    }
}

/// Of the same shape: the same keys and types, lists of the same length.
fn alike(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Array(x), Json::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| alike(x, y))
        }
        (Json::Object(x), Json::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(k, v)| y.get(k).is_some_and(|w| alike(v, w)))
        }
        (Json::String(_), Json::String(_))
        | (Json::Number(_), Json::Number(_))
        | (Json::Bool(_), Json::Bool(_))
        | (Json::Null, Json::Null) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
