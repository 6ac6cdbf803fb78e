//! What came of all pieces: how many, which sorts of findings, and when it is enough.

use crate::case::Level;
use crate::compare::{Finding, Kind};
use crate::event::CaseResult;
use crate::run::milliseconds;
use crate::verdict::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So many findings of one sort are made small and shown; the others are counted.
const SHOWN: u64 = 3;
/// So many pieces in a row that cannot even begin: the target is gone.
const GIVES_UP: u64 = 20;

/// What the result is called that stands for all pieces.
pub(crate) struct About<'a> {
    pub(crate) profile: &'a str,
    pub(crate) id: String,
    pub(crate) summary: String,
    /// What the pieces are.
    pub(crate) what: &'static str,
    /// How many there should be.
    pub(crate) planned: u64,
}

/// The counts.
#[derive(Default)]
pub(crate) struct Tally(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    verdicts: BTreeMap<Verdict, u64>,
    sorts: BTreeMap<String, u64>,
    /// Pieces in which what is stored was not looked at.
    unread: u64,
    /// The reason of the last piece that did not run.
    reason: Option<String>,
    in_a_row: u64,
    is_over: bool,
}

impl Tally {
    /// Counts a piece; true where its result should be shown.
    pub(crate) fn counts(&self, result: &CaseResult, fail_fast: bool) -> bool {
        let mut counts = self.lock();
        *counts.verdicts.entry(result.verdict).or_default() += 1;
        counts.unread += u64::from(result.unread);
        match result.verdict {
            Verdict::Error | Verdict::Unsupported => {
                counts.reason.clone_from(&result.reason);
                counts.in_a_row += 1;
                counts.is_over |= counts.in_a_row >= GIVES_UP;
                return false;
            }
            Verdict::Fail | Verdict::Warn | Verdict::Unknown => {}
            _ => {
                counts.in_a_row = 0;
                return false;
            }
        }
        counts.in_a_row = 0;
        counts.is_over |= fail_fast && result.verdict == Verdict::Fail;
        let seen = counts.sorts.entry(sort_of(result)).or_default();
        *seen += 1;
        *seen <= SHOWN
    }

    /// No new piece should begin.
    pub(crate) fn end(&self) {
        self.lock().is_over = true;
    }

    /// Whether no new piece should begin.
    pub(crate) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// The result that stands for all pieces.
    pub(crate) fn summary(&self, about: &About<'_>, complete: bool, time: Duration) -> CaseResult {
        let counts = self.lock();
        let of = |verdict| counts.verdicts.get(&verdict).copied().unwrap_or(0);
        let ran: u64 = counts.verdicts.values().sum();
        let mut result = blank(about.profile, &about.id, about.summary.clone());
        result.milliseconds = milliseconds(time);
        let pass = of(Verdict::Pass);
        let mut reason = format!("{pass} of {ran} {} without a finding", about.what);
        result.verdict = if of(Verdict::Fail) > 0 {
            Verdict::Fail
        } else if of(Verdict::Unknown) + of(Verdict::Error) > 0 {
            Verdict::Unknown
        } else if of(Verdict::Warn) > 0 {
            Verdict::Warn
        } else if pass > 0 && complete {
            Verdict::Pass
        } else {
            Verdict::Skipped
        };
        for (sort, count) in &counts.sorts {
            let _ = write!(reason, "; {count} × {sort}");
            if *count > SHOWN {
                let _ = write!(reason, " ({SHOWN} of them shown)");
            }
        }
        let idle = of(Verdict::Error) + of(Verdict::Unsupported);
        if let Some(why) = counts.reason.as_ref().filter(|_| idle > 0) {
            let _ = write!(reason, "; {idle} not run: {why}");
        }
        if ran < about.planned {
            let _ = write!(reason, "; {} not begun", about.planned - ran);
        }
        result.reason = Some(reason);
        if counts.unread > 0 {
            result.unread = true;
            let why =
                "what is stored was not looked at: the target has no language that reads it back";
            result.notes.push(why.to_owned());
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sort of a result's gravest finding: two findings of one sort are taken for one fault.
pub(crate) fn sort_of(result: &CaseResult) -> String {
    let finding = result.findings.iter().min_by_key(|finding| finding.kind);
    finding.map_or_else(|| result.verdict.word().to_owned(), sort)
}

/// The sort of one finding.
pub(crate) fn sort(finding: &Finding) -> String {
    let said = match finding.kind {
        Kind::Honesty => honesty(&finding.got),
        Kind::NoAnswer => "no answer",
        // Its status is what tells them apart.
        _ => return format!("{}, {}", finding.expected, finding.got.get(..3).unwrap_or_default()),
    };
    said.to_owned()
}

/// What a ledger or a reading says, without the line of which it says it.
fn honesty(got: &str) -> &'static str {
    const WORDS: [&str; 9] = [
        "LOST, stored before this write",
        "PHANTOM, written by no line",
        "PHANTOM, said to be dropped",
        "LOST",
        "PHANTOM",
        "MUTATED",
        "DUPLICATED",
        "STALE",
        "LATE",
    ];
    // The first word may be that of the line itself, which stands behind it.
    let word =
        WORDS.into_iter().filter_map(|word| Some((got.find(word)?, word))).min_by_key(|f| f.0);
    match word {
        _ if got.contains("said to be stored (") => "no line in any grammar, said to be stored",
        Some((_, word)) => word,
        None => "what is stored cannot be read",
    }
}

/// A result without anything in it.
pub(crate) fn blank(profile: &str, id: &str, summary: String) -> CaseResult {
    CaseResult {
        profile: profile.to_owned(),
        id: id.to_owned(),
        level: Level::Must,
        summary,
        clauses: Vec::new(),
        verdict: Verdict::Skipped,
        reason: None,
        basis: None,
        from: None,
        findings: Vec::new(),
        ledgers: Vec::new(),
        curl: Vec::new(),
        transcript: String::new(),
        notes: Vec::new(),
        unread: false,
        milliseconds: 0,
    }
}
