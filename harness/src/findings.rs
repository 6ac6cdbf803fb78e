//! From what came of a case to its result: the findings that count, the verdict, the notes.

use crate::case::{Case, Level};
use crate::compare::{Finding, Kind, compare};
use crate::event::CaseResult;
use crate::execute::Executed;
use crate::generate::AREA;
use crate::known::Entry;
use crate::losses::Losses;
use crate::snapshot::{Basis, Snapshot};
use crate::transcript::{Answer, Outcome, Record};
use crate::verdict::{Course, Verdict, Weight, verdict};

/// What a run brings to every case.
pub(crate) struct Setting<'s> {
    pub(crate) profile: &'s str,
    pub(crate) strict: u8,
    pub(crate) known: Option<&'s Entry>,
}

/// The result of a case that ran.
pub(crate) fn of_executed(
    setting: &Setting<'_>,
    case: &Case,
    done: Executed,
    snapshot: Option<&Snapshot>,
    losses: &Losses,
) -> CaseResult {
    let mut result = blank(setting, case);
    let against =
        |s: &Snapshot| compare(&losses.expected(&s.transcript, &done.transcript), &done.transcript);
    let mut findings = snapshot.map(against).unwrap_or_default();
    if snapshot.is_none() {
        findings.extend(without_snapshot(&done));
    }
    let (lies, notes) = honesty(&done, snapshot);
    findings.extend(lies);
    findings.extend(done.broken.iter().map(|(step, (kind, expected, got))| Finding {
        step: *step,
        kind: *kind,
        expected: (*expected).to_owned(),
        got: got.clone(),
    }));
    findings.extend(unreadable(&done, snapshot));
    findings.retain(|finding| finding.kind.from_strictness() <= setting.strict);
    findings.sort_by_key(|finding| (finding.step, finding.kind));
    result.notes = notes;
    result.notes.extend(done.tolerated.iter().cloned());
    if let Some(left) = &done.left_behind {
        result.notes.push(format!("not given back: {left}"));
    }
    let judged = snapshot.is_some() || !done.ledgers.is_empty() || case.area() == AREA;
    let course = if done.timed_out {
        result.reason = Some("no answer in time".to_owned());
        Course::Unknown
    } else if judged || !findings.is_empty() {
        Course::Ran(&findings)
    } else {
        result.reason =
            Some("nobody has said what this profile answers, and there is no ledger".to_owned());
        Course::Skipped
    };
    result.level = level_of(case.level, &findings);
    let weight = Weight {
        level: result.level,
        basis: snapshot.map(|s| s.basis),
        strict: setting.strict,
        known: setting.known.is_some_and(|entry| entry.covers(&findings)),
    };
    result.verdict = verdict(&course, &weight);
    if let Some(entry) = setting.known {
        match result.verdict {
            Verdict::Xfail | Verdict::Xpass => {
                result.reason = Some(format!("known: {}", entry.reason));
            }
            Verdict::Fail | Verdict::Warn => {
                result.reason = Some(format!("not as it is known to fail: {entry}"));
            }
            _ => {}
        }
    }
    if snapshot.is_none() && case.area() != AREA && matches!(course, Course::Ran(_)) {
        result.notes.push("no snapshot for this profile: judged by the ledger alone".to_owned());
    }
    result.basis = snapshot.map(|s| s.basis);
    result.from = snapshot.map(|s| s.from.clone());
    result.findings = findings;
    result.ledgers = done.ledgers;
    result.curl = done.curl;
    result.transcript = done.transcript.to_string();
    result.unread = done.unread;
    result
}

/// What a failure of this case weighs. What a MUST case protects is in storage and in the class of
/// the status; another status of the same class, another shape or other words weigh a SHOULD.
fn level_of(case: Level, findings: &[Finding]) -> Level {
    let heavy = |finding: &Finding| {
        matches!(
            finding.kind,
            Kind::Honesty
                | Kind::NoAnswer
                | Kind::StatusClass
                | Kind::Stored
                | Kind::Data
                | Kind::Promise
        )
    };
    if case == Level::Must && !findings.is_empty() && !findings.iter().any(heavy) {
        return Level::Should;
    }
    case
}

/// The result of a case that did not run.
pub(crate) fn not_run(
    setting: &Setting<'_>,
    case: &Case,
    course: &Course<'_>,
    reason: String,
) -> CaseResult {
    let mut result = blank(setting, case);
    let weight = Weight { level: case.level, basis: None, strict: setting.strict, known: false };
    result.verdict = verdict(course, &weight);
    result.reason = Some(reason);
    result
}

fn blank(setting: &Setting<'_>, case: &Case) -> CaseResult {
    CaseResult {
        profile: setting.profile.to_owned(),
        id: case.id.clone(),
        level: case.level,
        summary: case.summary.clone(),
        clauses: case.clauses.clone(),
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

/// Ledger differences, but for those that the product itself was seen to have.
fn honesty(done: &Executed, snapshot: Option<&Snapshot>) -> (Vec<Finding>, Vec<String>) {
    let recorded = snapshot.filter(|s| s.seen);
    let mut lies = Vec::new();
    let mut notes = Vec::new();
    for (n, record) in done.transcript.steps.iter().enumerate() {
        let known = recorded.and_then(|s| s.transcript.steps.get(n));
        for difference in &record.ledger {
            if done.may_lie.contains(&(n + 1)) {
                notes.push(format!("step {}: {difference} (real products do so too)", n + 1));
            } else if known.is_some_and(|record| record.ledger.contains(difference)) {
                notes.push(format!("step {}: {difference} (the product does so too)", n + 1));
            } else {
                lies.push(Finding {
                    step: n + 1,
                    kind: Kind::Honesty,
                    expected: "what the answer says is what is stored".to_owned(),
                    got: difference.clone(),
                });
            }
        }
    }
    (lies, notes)
}

/// Where what is stored cannot be read, though the product was not seen to end up so too, nor has
/// source that ends up so. Where its record does not say (nobody read back), a refused line may have
/// spoilt the product's store.
fn unreadable(done: &Executed, snapshot: Option<&Snapshot>) -> Vec<Finding> {
    let recorded = snapshot.filter(|s| s.seen || s.basis == Basis::Source);
    let steps = recorded.map_or(&[][..], |s| &s.transcript.steps);
    let is_known = |step: usize| {
        let (before, from) = steps.split_at(steps.len().min(step - 1));
        let read_back = |record: &&Record| record.action == "read_back";
        let nearest = [before.iter().rev().find(read_back), from.iter().find(read_back)];
        let mut nearest = nearest.into_iter().flatten().map(|record| &record.outcome).peekable();
        if nearest.peek().is_none() {
            return from
                .first()
                .is_some_and(|r| matches!(&r.outcome, Outcome::Answer(a) if a.status >= 400));
        }
        nearest.any(|outcome| matches!(outcome, Outcome::Unreadable(_) | Outcome::NotAsked))
    };
    let unknown = done.unreadable.iter().filter(|(step, _)| !is_known(*step));
    unknown
        .map(|(step, why)| Finding {
            step: *step,
            kind: Kind::Honesty,
            expected: "what is stored can be read".to_owned(),
            got: format!("what is stored cannot be read: {why}"),
        })
        .collect()
}

fn is_busy(answer: &Answer) -> bool {
    answer.status == 503 && answer.headers.iter().any(|(name, _)| name == "retry-after")
}

/// What is a fault on any server: no answer, or the answer that it has failed.
fn without_snapshot(done: &Executed) -> Vec<Finding> {
    let fault = |(n, record): (usize, &Record)| {
        let (kind, got) = match &record.outcome {
            Outcome::NoAnswer(why) => (Kind::NoAnswer, why.clone()),
            // Busy for a while, and it says for how long: an orderly refusal.
            Outcome::Answer(answer) if is_busy(answer) => return None,
            Outcome::Answer(_) if done.may_fail.contains(&(n + 1)) => return None,
            Outcome::Answer(answer) if answer.status >= 500 && record.action == "write" => {
                (Kind::StatusClass, format!("{} {}", answer.status, answer.body.trim_end()))
            }
            _ => return None,
        };
        let expected = "an answer that is no server's fault".to_owned();
        Some(Finding { step: n + 1, kind, expected, got })
    };
    done.transcript.steps.iter().enumerate().filter_map(fault).collect()
}

#[cfg(test)]
mod tests;
