//! A list brought up to date from a run: failures that are new are added, what passes and what is
//! stale goes, and everything else (order, comments, reasons) stays as somebody wrote it.

use super::{Entry, word};
use crate::compare::{Finding, Kind};
use crate::event::CaseResult;
use crate::select::matches;
use crate::verdict::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What stands at the top of a list that is new.
pub const HEADER: &str = "# Cases that are known to fail: `pattern  [kinds]  # why`. The kinds may be left away; they say how it
# fails, so that another failure of the same case still counts. An entry that passes fails the run.
";

/// A difference between the list before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A case that fails and was on no list.
    Added(String),
    /// An entry that goes, and why.
    Removed(String, &'static str),
    /// An entry in whose place stands something else.
    Changed(String, Vec<String>),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(line) => write!(f, "+ {line}"),
            Self::Removed(line, why) => write!(f, "- {line}    ({why})"),
            Self::Changed(before, after) => {
                write!(f, "- {before}")?;
                after.iter().try_for_each(|line| write!(f, "\n+ {line}"))
            }
        }
    }
}

/// The text of the list after the run, and what is different in it. `ids` are all cases there are;
/// those without a result, or without a certain one, keep their entries.
///
/// # Errors
/// The list cannot be read, or the results are those of several profiles.
pub fn update(
    text: &str,
    ids: &[&str],
    results: &[&CaseResult],
) -> Result<(String, Vec<Change>), String> {
    let profiles: BTreeSet<_> = results.iter().map(|result| result.profile.as_str()).collect();
    if profiles.len() > 1 {
        let profiles: Vec<_> = profiles.into_iter().collect();
        return Err(format!(
            "a list belongs to one profile, and this run is of {}",
            profiles.join(", ")
        ));
    }
    let outcomes: BTreeMap<&str, Outcome<'_>> =
        results.iter().map(|result| (result.id.as_str(), Outcome::of(result))).collect();
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut list = List { outcomes, newline, text: String::new(), changes: Vec::new() };
    // The first entry that names a case speaks for it.
    let mut unnamed: Vec<&str> = ids.to_vec();
    for (n, line) in text.split_inclusive('\n').enumerate() {
        let Some(entry) = Entry::parse(line).map_err(|why| format!("line {}: {why}", n + 1))?
        else {
            list.text += line;
            continue;
        };
        let is_stale = !ids.iter().any(|id| matches(&entry.pattern, id));
        let (own, others) =
            unnamed.iter().partition::<Vec<&str>, _>(|id| matches(&entry.pattern, id));
        unnamed = others;
        if is_stale {
            list.changes.push(Change::Removed(line.trim().to_owned(), "no such case"));
        } else if own.is_empty() {
            // Others speak for all that it names; it goes with them.
            let named: Vec<_> = ids.iter().filter(|id| matches(&entry.pattern, id)).collect();
            if named.iter().all(|id| matches!(list.outcomes.get(*id), Some(Outcome::Passes))) {
                list.changes.push(Change::Removed(line.trim().to_owned(), "passes"));
            } else {
                list.text += line;
            }
        } else {
            list.keep(line, &entry, &own);
        }
    }
    list.add(&unnamed);
    Ok((list.text, list.changes))
}

/// What a run says of a case.
enum Outcome<'r> {
    Passes,
    Fails(&'r CaseResult),
    /// It only warns, which an entry may know of and nobody adds.
    Warns,
    Unsure,
}

impl<'r> Outcome<'r> {
    fn of(result: &'r CaseResult) -> Self {
        match result.verdict {
            Verdict::Pass | Verdict::Xpass => Self::Passes,
            Verdict::Fail | Verdict::Xfail => Self::Fails(result),
            Verdict::Warn => Self::Warns,
            Verdict::Unsupported | Verdict::Skipped | Verdict::Unknown | Verdict::Error => {
                Self::Unsure
            }
        }
    }
}

struct List<'r> {
    outcomes: BTreeMap<&'r str, Outcome<'r>>,
    newline: &'static str,
    text: String,
    changes: Vec<Change>,
}

impl List<'_> {
    /// An entry that speaks for these cases: as it is, or as the run makes it.
    fn keep(&mut self, line: &str, entry: &Entry, own: &[&str]) {
        let mut staying = Vec::new();
        let mut otherwise = Vec::new();
        let mut passing = false;
        for id in own {
            match self.outcomes.get(id) {
                Some(Outcome::Passes) => passing = true,
                Some(Outcome::Fails(result)) if !entry.covers(&result.findings) => {
                    let reason = format!("{}; new: {}", entry.reason, short(&result.findings));
                    let kinds = kinds(&result.findings);
                    otherwise.push(Entry { pattern: (*id).to_owned(), kinds, reason });
                }
                _ => staying.push(*id),
            }
        }
        if !passing && otherwise.is_empty() {
            self.text += line;
            return;
        }
        let before = line.trim().to_owned();
        if staying.is_empty() && otherwise.is_empty() {
            self.changes.push(Change::Removed(before, "passes"));
            return;
        }
        let mut after: Vec<String> = otherwise.iter().map(Entry::to_string).collect();
        if passing {
            // A pattern that names what passes is taken apart.
            let alone =
                |id: &&str| Entry { pattern: (*id).to_owned(), ..entry.clone() }.to_string();
            after.extend(staying.iter().map(alone));
        } else if !staying.is_empty() {
            // Those that fail otherwise stand before the pattern: the first entry speaks.
            after.push(before.clone());
        }
        for line in &after {
            self.text += &format!("{line}{}", self.newline);
        }
        self.changes.push(Change::Changed(before, after));
    }

    /// The failures that no entry knows.
    fn add(&mut self, unnamed: &[&str]) {
        let mut unnamed = unnamed.to_vec();
        unnamed.sort_unstable();
        for id in unnamed {
            let Some(Outcome::Fails(result)) = self.outcomes.get(id) else { continue };
            let reason = format!("new: {}", short(&result.findings));
            let entry = Entry { pattern: id.to_owned(), kinds: kinds(&result.findings), reason };
            if !self.text.is_empty() && !self.text.ends_with('\n') {
                self.text += self.newline;
            }
            self.text += &format!("{entry}{}", self.newline);
            self.changes.push(Change::Added(entry.to_string()));
        }
    }
}

fn kinds(findings: &[Finding]) -> Vec<Kind> {
    findings.iter().map(|finding| finding.kind).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The first finding in a line: a reason to begin with, until somebody writes a better one.
fn short(findings: &[Finding]) -> String {
    const MOST: usize = 140;
    let Some(finding) = findings.first() else { return "it fails".to_owned() };
    let what = match finding.kind {
        Kind::Honesty => finding.got.clone(),
        kind => format!("{}: expected {}, got {}", word(kind), finding.expected, finding.got),
    };
    let line: String = format!("step {}, {what}", finding.step)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MOST)
        .collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
