//! Markdown for a comment on a pull request: a table, the failures folded up, and never more than
//! GitHub takes. Nothing that a server or a case says becomes markup, a link or a mention.

use super::runs::{self, Run};
use super::shown;
use crate::compare::Kind;
use crate::event::{CaseResult, Event};
use std::fmt::Write;

/// GitHub refuses a comment of more than 65 536 characters («Body is too long (maximum is 65536
/// characters)»); counted in bytes that is less than it allows, and some room is left to those who
/// put a line of their own before it.
const MOST: usize = 65_000;

/// The room for one case.
const MOST_OF_A_CASE: usize = 6_000;

/// The room that is kept for the list of what is left out.
const REST: usize = 4_000;

/// The report.
pub fn report(events: &[Event]) -> String {
    let runs = runs::runs(events);
    let mut text = String::from("### lineproof\n\n");
    table(&mut text, &runs);
    for run in &runs {
        remarks(&mut text, run);
    }
    if text.len() > MOST - REST {
        let shown = shown::cut(&text, (MOST - REST) / 4).into_owned();
        return format!(
            "{shown}\n\nThe rest of the table is left out: a comment has no room for it.\n"
        );
    }
    let grave = runs::gravest(&runs);
    let mut shown = 0;
    for result in &grave {
        let case = case(result);
        if text.len() + case.len() > MOST - REST {
            break;
        }
        text += &case;
        shown += 1;
    }
    text + &rest(&grave[shown..])
}

fn table(text: &mut String, runs: &[Run<'_>]) {
    if runs.is_empty() {
        *text += "Nothing ran.\n";
        return;
    }
    *text += "| profile | result | cases |\n|---|---|---|\n";
    for run in runs {
        let counts = runs::counts(&run.results);
        let (profile, sentence) = (code(run.profile, 100), run.sentence());
        let _ = writeln!(text, "| {profile} | {sentence} | {counts} |");
    }
    text.push('\n');
}

/// What no case tells.
fn remarks(text: &mut String, run: &Run<'_>) {
    let profile = code(run.profile, 100);
    if let Some(reason) = run.reason() {
        let _ = writeln!(text, "- {profile}: {}", prose(reason, 500));
    }
    let Some(finished) = run.finished else { return };
    let stale = finished.stale.iter().take(10);
    for pattern in stale {
        let pattern = code(pattern, 100);
        let _ = writeln!(
            text,
            "- {profile}: the list of known failures has {pattern}, which matches no case"
        );
    }
    if finished.stale.len() > 10 {
        let _ = writeln!(text, "- {profile}: and {} more such patterns", finished.stale.len() - 10);
    }
    if let Some(left) = &finished.left_behind {
        let _ = writeln!(text, "- {profile}: left behind on the target: {}", prose(left, 300));
    }
}

fn case(result: &CaseResult) -> String {
    let verdict = result.verdict.word().to_uppercase();
    let (id, profile) = (code(&result.id, 150), code(&result.profile, 100));
    let mut text = format!(
        "<details><summary><b>{verdict}</b> {id} ({}) on {profile}</summary>\n\n{}\n\n",
        result.level.word().to_uppercase(),
        prose(&result.summary, 500)
    );
    if let Some(reason) = &result.reason {
        let _ = writeln!(text, "{}\n", prose(reason, 500));
    }
    let diff = fenced("diff", &diff(result));
    let curl = fenced("sh", &result.curl.join("\n"));
    for (block, name) in [(diff, "the findings"), (curl, "the requests")] {
        if text.len() + block.len() <= MOST_OF_A_CASE {
            text += &block;
        } else {
            let _ = writeln!(text, "Left out, too long: {name}.\n");
        }
    }
    if !result.clauses.is_empty() {
        let clauses: Vec<_> = result.clauses.iter().take(8).map(|id| code(id, 100)).collect();
        let _ = writeln!(text, "Clauses: {}\n", clauses.join(", "));
    }
    text + "</details>\n\n"
}

/// The findings, as many as a reader takes in.
fn diff(result: &CaseResult) -> String {
    let mut text = String::new();
    for (n, finding) in result.findings.iter().enumerate() {
        if text.len() > MOST_OF_A_CASE / 2 {
            let _ = writeln!(text, "@@ {} more findings @@", result.findings.len() - n);
            break;
        }
        let _ = writeln!(text, "@@ step {}, {} @@", finding.step, finding.kind.title());
        let sides = [('-', &finding.expected), ('+', &finding.got)];
        for (sign, side) in sides.into_iter().skip(usize::from(finding.kind == Kind::Honesty)) {
            let side = shown::cut(side, 1_000);
            for line in side.split('\n').take(30) {
                let _ = writeln!(text, "{sign} {}", shown::line(line));
            }
        }
    }
    text
}

/// What has no place in a comment, by its id as far as there is room.
fn rest(left_out: &[&CaseResult]) -> String {
    if left_out.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "A comment has room for no more; {} more cases in short (`--format html` shows all):\n\n",
        left_out.len()
    );
    for (n, result) in left_out.iter().enumerate() {
        let verdict = result.verdict.word().to_uppercase();
        let line =
            format!("- {verdict} {} on {}\n", code(&result.id, 150), code(&result.profile, 100));
        if text.len() + line.len() > REST - 100 {
            let _ = writeln!(text, "- and {} more that are not named here", left_out.len() - n);
            break;
        }
        text += &line;
    }
    text
}

/// A short text as code. Neither Markdown nor GitHub's mentions and links look into it.
fn code(text: &str, most: usize) -> String {
    format!("<code>{}</code>", entities(&shown::line(&shown::cut(text, most))))
}

/// A sentence of somebody else.
fn prose(text: &str, most: usize) -> String {
    entities(&shown::line(&shown::cut(text, most)))
}

/// Text of which Markdown and HTML see no mark: every ASCII mark but a few is written as an entity,
/// which can never be structure (CommonMark 0.31, 2.5). A comment between an `@` or a `#` and what
/// follows keeps GitHub from making a mention or a reference, which it looks for in the text that
/// comes of it.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        match c {
            '@' | '#' => {
                let _ = write!(out, "&#{};<!-- -->", u32::from(c));
            }
            ' ' | ',' | ';' | '/' | '\'' | '?' => out.push(c),
            c if c.is_ascii_punctuation() => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// A block of code in a fence that is longer than any run of backticks in it. Nothing for no text.
fn fenced(language: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n\n", shown::block(text.trim_end_matches('\n')))
}
