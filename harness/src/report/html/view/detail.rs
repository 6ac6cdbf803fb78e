//! What is shown of a case when it is opened: request, answer, differences, ledger, clauses.

use super::line;
use crate::clauses::Register;
use crate::compare::Kind;
use crate::event::CaseResult;
use crate::ledger::{Entry, Fate, Ledger};
use crate::report::shown;
use serde::Serialize;

/// The most of one text; an answer of many megabytes helps nobody.
const MOST: usize = 20_000;

/// How many lines of a ledger are shown; of a longer one those that are wrong, and some others.
const MOST_LINES: usize = 60;
const MOST_WRONG: usize = 200;

/// The detail of a case.
#[derive(Serialize)]
pub(in crate::report::html) struct Detail {
    findings: Vec<OneFinding>,
    ledgers: Vec<OneLedger>,
    requests: Vec<String>,
    /// What is shown of the requests is not what would have to be typed.
    pictured: bool,
    answers: String,
    /// What is expected rests on this.
    basis: Option<String>,
    /// The promises of this product that the case shows, in their own words.
    clauses: Vec<(String, String)>,
    /// The ids of the others.
    elsewhere: Vec<String>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct OneFinding {
    step: usize,
    title: &'static str,
    /// None where nothing but the ledger is in the way.
    expected: Option<String>,
    got: String,
}

#[derive(Serialize)]
struct OneLedger {
    step: usize,
    lines: Vec<Line>,
    left_out: usize,
    strays: Vec<String>,
}

#[derive(Serialize)]
struct Line {
    number: usize,
    text: String,
    claim: String,
    fate: String,
    wrong: bool,
}

pub(super) fn detail(result: &CaseResult, register: Option<&Register>) -> Detail {
    let findings = result.findings.iter().take(100).map(|finding| OneFinding {
        step: finding.step,
        title: finding.kind.title(),
        expected: (finding.kind != Kind::Honesty).then(|| block(&finding.expected)),
        got: block(&finding.got),
    });
    let ledgers =
        result.ledgers.iter().filter(|(_, l)| !l.entries.is_empty() || !l.strays.is_empty());
    let requests: Vec<_> = result.curl.iter().map(|curl| block(curl)).collect();
    let product = result.profile.split('@').next().unwrap_or_default();
    let promise = |id: &&String| register.is_some_and(|register| register.promises(id, product));
    let (own, others): (Vec<_>, Vec<_>) = result.clauses.iter().partition(promise);
    let words = |id: &str| {
        let clause = register?.clauses.iter().find(|clause| clause.id == id)?;
        Some((line(id, 200), line(&clause.quote, 2_000)))
    };
    let basis = result.basis.map(|basis| match &result.from {
        Some(from) => format!("{}: {}", basis.word(), line(from, 500)),
        None => basis.word().to_owned(),
    });
    Detail {
        findings: findings.collect(),
        ledgers: ledgers.map(|(step, ledger)| one_ledger(*step, ledger)).collect(),
        pictured: requests.iter().zip(&result.curl).any(|(shown, curl)| shown != curl),
        requests,
        answers: block(&result.transcript),
        basis,
        clauses: own.into_iter().filter_map(|id| words(id)).collect(),
        elsewhere: others.into_iter().map(|id| line(id, 200)).collect(),
        notes: result.notes.iter().map(|note| line(note, 2_000)).collect(),
    }
}

impl Detail {
    /// About how many bytes it takes in the page.
    pub(super) fn size(&self) -> usize {
        let findings = self.findings.iter();
        let findings =
            findings.map(|f| 150 + f.expected.as_ref().map_or(0, String::len) + f.got.len());
        let ledgers = self.ledgers.iter().map(|ledger| {
            let lines = ledger.lines.iter().map(|l| 110 + l.text.len() + l.fate.len());
            200 + lines.sum::<usize>() + ledger.strays.iter().map(String::len).sum::<usize>()
        });
        let clauses = self.clauses.iter();
        let clauses = clauses.map(|(id, quote)| 60 + id.len() + quote.len());
        let texts = self
            .requests
            .iter()
            .chain(&self.notes)
            .chain(&self.elsewhere)
            .map(|text| 40 + text.len());
        let sum: usize = findings.chain(ledgers).chain(clauses).chain(texts).sum();
        600 + self.answers.len() + sum
    }
}

fn one_ledger(step: usize, ledger: &Ledger) -> OneLedger {
    let all = ledger.entries.len();
    let wrong = |entry: &&Entry| entry.fate.is_wrong();
    let shown: Vec<&Entry> = if all <= MOST_LINES {
        ledger.entries.iter().collect()
    } else {
        let some = ledger.entries.iter().filter(|entry| !wrong(entry)).take(MOST_LINES / 2);
        let mut both: Vec<_> =
            ledger.entries.iter().filter(wrong).take(MOST_WRONG).chain(some).collect();
        both.sort_by_key(|entry| entry.line);
        both
    };
    OneLedger {
        step,
        left_out: all - shown.len(),
        lines: shown.into_iter().map(one_line).collect(),
        strays: ledger.strays.iter().take(MOST_WRONG).map(|stray| line(stray, 500)).collect(),
    }
}

fn one_line(entry: &Entry) -> Line {
    let fate = match &entry.fate {
        Fate::Mutated(how) => format!("{}: {}", entry.fate.word(), line(how, 500)),
        Fate::Absent => "not stored".to_owned(),
        fate => fate.word().to_owned(),
    };
    Line {
        number: entry.line,
        text: line(&entry.text, 300),
        claim: format!("{:?}", entry.claim).to_lowercase(),
        fate,
        wrong: entry.fate.is_wrong(),
    }
}

fn block(text: &str) -> String {
    shown::block(&shown::cut(text, MOST)).into_owned()
}
