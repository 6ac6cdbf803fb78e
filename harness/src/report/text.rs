//! The report for people.

mod summary;

use super::results;
use crate::compare::{Finding, Kind};
use crate::event::{CaseResult, Event, Started};
use crate::verdict::Verdict;
use std::fmt::Write;

/// How it is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// With colours.
    pub colour: bool,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub(super) fn verdict(self, verdict: Verdict) -> String {
        let word = verdict.word().to_uppercase();
        match verdict {
            Verdict::Fail | Verdict::Xpass | Verdict::Error => self.paint("1;31", &word),
            Verdict::Unknown | Verdict::Warn => self.paint("1;33", &word),
            Verdict::Pass => self.paint("32", &word),
            _ => word,
        }
    }
}

/// The report: each failure in full, then the summary of each profile.
pub fn report(events: &[Event], style: Style) -> String {
    let mut text = String::new();
    let all = results(events);
    let profiles: Vec<&Started> = events
        .iter()
        .filter_map(|event| match event {
            Event::Started(started) => Some(started),
            _ => None,
        })
        .collect();
    for result in &all {
        if shows(result) {
            text += &heading(result, style);
            text += &details(result);
            text.push('\n');
        }
    }
    for started in profiles {
        let own: Vec<_> = all.iter().copied().filter(|r| r.profile == started.profile).collect();
        text += &summary::summary(started, &own, style);
    }
    for event in events {
        if let Event::Finished(finished) = event {
            text += &summary::ending(finished, &all, style);
        }
    }
    text
}

fn shows(result: &CaseResult) -> bool {
    matches!(
        result.verdict,
        Verdict::Fail | Verdict::Warn | Verdict::Xpass | Verdict::Unknown | Verdict::Error
    )
}

fn heading(result: &CaseResult, style: Style) -> String {
    format!(
        "{} {}  {}  [{}]\n  {}\n",
        style.verdict(result.verdict),
        result.id,
        result.level.word().to_uppercase(),
        result.profile,
        result.summary
    )
}

/// Everything below the heading: reason, findings, ledger, how to do it by hand.
pub(super) fn details(result: &CaseResult) -> String {
    let mut text = String::new();
    if let Some(reason) = &result.reason {
        let _ = writeln!(text, "  {reason}");
    }
    for finding in &result.findings {
        text += &shown(finding);
    }
    for (step, ledger) in &result.ledgers {
        if ledger.differences().is_empty() {
            continue;
        }
        let _ = writeln!(text, "  step {step}, ledger:          claim        stored");
        for entry in &ledger.entries {
            let claim = format!("{:?}", entry.claim).to_lowercase();
            let how = match &entry.fate {
                crate::ledger::Fate::Mutated(how) => format!("  ({how})"),
                _ => String::new(),
            };
            let _ = writeln!(
                text,
                "    line {:<4} {:<40} {claim:<12} {}{how}",
                entry.line,
                one_line(&entry.text, 40),
                entry.fate.word()
            );
        }
        for stray in &ledger.strays {
            let _ = writeln!(text, "    {stray}");
        }
    }
    if let (Some(basis), Some(from)) = (result.basis, &result.from) {
        let _ = writeln!(text, "  expected by: {} ({from})", basis.word());
    }
    if !result.clauses.is_empty() {
        let _ = writeln!(text, "  clauses: {}", result.clauses.join(", "));
    }
    for note in &result.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    if !result.curl.is_empty() && shows(result) {
        let _ = writeln!(
            text,
            "  by hand (lineproof explain {} shows how to make the database):",
            result.id
        );
        for line in &result.curl {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

fn shown(finding: &Finding) -> String {
    if finding.kind == Kind::Honesty {
        return format!("  step {}: {}\n", finding.step, finding.got);
    }
    let mut text = format!("  step {}, {}:\n", finding.step, finding.kind.title());
    for (sign, side) in [('-', &finding.expected), ('+', &finding.got)] {
        for line in side.split('\n') {
            let _ = writeln!(text, "    {sign} {}", cut(line, 1_000));
        }
    }
    text
}

fn one_line(text: &str, most: usize) -> String {
    cut(&text.replace('\n', "␊").replace('\r', "␍"), most)
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most - 1).collect();
    format!("{head}…")
}
