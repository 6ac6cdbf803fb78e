//! What came of all batches: how many, which sorts of findings, and when it is enough.

use super::{AREA, Plan};
use crate::case::Level;
use crate::compare::Kind;
use crate::event::CaseResult;
use crate::run::milliseconds;
use crate::verdict::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So many findings of one sort are made small and shown; the others are counted.
const SHOWN: u64 = 3;
/// So many batches in a row that cannot even begin: the target is gone.
const GIVES_UP: u64 = 20;

#[derive(Default)]
pub(super) struct Tally(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    verdicts: BTreeMap<Verdict, u64>,
    sorts: BTreeMap<String, u64>,
    /// Batches in which what is stored was not looked at.
    unread: u64,
    /// The reason of the last batch that did not run.
    reason: Option<String>,
    in_a_row: u64,
    is_over: bool,
}

impl Tally {
    /// Counts a batch; true where its result should be shown.
    pub(super) fn counts(&self, result: &CaseResult, fail_fast: bool) -> bool {
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

    /// Whether no new batch should begin.
    pub(super) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// The result that stands for all batches.
    pub(super) fn summary(
        &self,
        profile: &str,
        plan: &Plan,
        complete: bool,
        time: Duration,
    ) -> CaseResult {
        let counts = self.lock();
        let of = |verdict| counts.verdicts.get(&verdict).copied().unwrap_or(0);
        let ran: u64 = counts.verdicts.values().sum();
        let summary = format!("{} random batches, made from seed {}", plan.batches, plan.seed);
        let mut result = blank(profile, &format!("{AREA}/s{}", plan.seed), summary);
        result.milliseconds = milliseconds(time);
        let pass = of(Verdict::Pass);
        let mut reason = format!("{pass} of {ran} batches without a finding");
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
        if ran < plan.batches {
            let _ = write!(reason, "; {} not begun", plan.batches - ran);
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
pub(super) fn sort_of(result: &CaseResult) -> String {
    let Some(finding) = result.findings.iter().min_by_key(|finding| finding.kind) else {
        return result.verdict.word().to_owned();
    };
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
    const WORDS: [&str; 8] = [
        "LOST, stored before this write",
        "PHANTOM, written by no line",
        "PHANTOM, said to be dropped",
        "LOST",
        "PHANTOM",
        "MUTATED",
        "DUPLICATED",
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
pub(super) fn blank(profile: &str, id: &str, summary: String) -> CaseResult {
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
