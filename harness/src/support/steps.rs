//! `reproduction-steps.md`: the four things that the page asks for.

use super::{Incident, cut};
use std::fmt::Write;

/// More commands than these nobody repeats by hand.
const MOST: usize = 50;

pub(super) fn steps(incident: &Incident) -> String {
    let mut text = format!("# {}\n\n{}\n", incident.subject, incident.summary);
    text += "\n## 1. Environment setup\n\n";
    let Incident { profile, target, place, .. } = incident;
    let _ = writeln!(text, "The server at `{target}`, taken for `{profile}`. {place}");
    fenced(&mut text, "bash", &incident.preparation.join("\n"));
    text += "\n## 2. Data preparation\n\n";
    text += "A sample of the lines, the failing ones apart, is in `sample-data.lp`.\n";
    text += "\n## 3. Write commands\n\n";
    text += "`$LINEPROOF_TOKEN`, `$LINEPROOF_USER`, `$LINEPROOF_PASSWORD` and the like stand for \
             credentials that are in no file.\n";
    let shown: Vec<_> = incident.commands.iter().take(MOST).cloned().collect();
    fenced(&mut text, "bash", &shown.join("\n"));
    if incident.commands.len() > MOST {
        let _ = writeln!(text, "\n({} more are left out.)", incident.commands.len() - MOST);
    }
    text += "\n## 4. Expected vs actual results\n";
    if let Some(verdict) = incident.verdict {
        let reason = incident.reason.as_ref().map_or(String::new(), |why| format!(" ({why})"));
        let _ = writeln!(text, "\nVerdict: **{}**{reason}", verdict.word());
    }
    if let Some(basis) = &incident.basis {
        let _ = writeln!(text, "\nWhat is expected rests on: {basis}");
    }
    for finding in &incident.findings {
        let _ = writeln!(text, "\nStep {}, {}:", finding.step, finding.kind.title());
        for (side, what) in [("expected", &finding.expected), ("actual", &finding.got)] {
            let _ = writeln!(text, "\n*{side}*");
            fenced(&mut text, "text", &cut(what.clone(), 4_000, "…"));
        }
    }
    if incident.verdict.is_none() {
        text += "\nExpected: *(to be filled in: what should have happened?)*\n";
    }
    if !incident.transcript.is_empty() {
        text += "\nWhat came back of each step, and what was then stored (`{…}` stands for what \
                 differs from run to run):\n";
        fenced(&mut text, "text", &cut(incident.transcript.clone(), 32 * 1024, "…"));
    }
    text
}

/// A block of code, between more backticks than it has itself.
fn fenced(text: &mut String, language: &str, block: &str) {
    if block.is_empty() {
        return;
    }
    let mut fence = "```".to_owned();
    while block.contains(&fence) {
        fence.push('`');
    }
    let _ = writeln!(text, "\n{fence}{language}\n{}\n{fence}", block.trim_end_matches('\n'));
}
