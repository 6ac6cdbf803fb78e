//! Differences as text, Markdown and JSON: grouped by rule, one example each.

use crate::differences::{Group, Grouped, groups, one_line};
use crate::exit::Failure;
use harness::diff::Change;
use std::fmt::Write as _;

/// What of an answer is shown in a block of its own.
const MOST: usize = 2_000;

impl Grouped for Change {
    fn case(&self) -> &str {
        &self.case
    }

    fn kind(&self) -> &'static str {
        self.kind
    }

    fn says(&self) -> [&str; 2] {
        [&self.first, &self.second]
    }
}

pub(super) fn text(found: &[Change], all: bool, names: &[String; 2]) -> String {
    let mut text = format!("A  {}\nB  {}\n", names[0], names[1]);
    for Group { example, more } in groups(found, all) {
        let _ = writeln!(text, "\n{}  {}", example.case, example.summary);
        if !example.clauses.is_empty() {
            let _ = writeln!(text, "  clauses {}", example.clauses.join(", "));
        }
        let _ = writeln!(text, "  step {}, {}", example.step, example.kind);
        if let Some(request) = &example.request {
            // As it is: a line of a body that is indented is another line.
            let _ = writeln!(text, "    {request}");
        }
        let _ = writeln!(text, "    A  {}", one_line(&example.first));
        let _ = writeln!(text, "    B  {}", one_line(&example.second));
        if let Some(more) = and_more(&more) {
            let _ = writeln!(text, "  {more}");
        }
    }
    text
}

pub(super) fn markdown(found: &[Change], all: bool, names: &[String; 2]) -> String {
    let mut text = format!("A is `{}`, B is `{}`.\n", names[0], names[1]);
    for Group { example, more } in groups(found, all) {
        let (case, step) = (&example.case, example.step);
        let _ =
            writeln!(text, "\n### {}: `{case}`, step {step}\n\n{}", example.kind, example.summary);
        if let Some(request) = &example.request {
            let _ = writeln!(text, "\n{}", block("sh", request));
        }
        let _ = writeln!(text, "\nA:\n\n{}", block("", &example.first));
        let _ = writeln!(text, "\nB:\n\n{}", block("", &example.second));
        if let Some(more) = and_more(&more) {
            let _ = writeln!(text, "\n{more}");
        }
    }
    text
}

pub(super) fn json(found: &[Change]) -> Result<String, Failure> {
    let line = |change: &Change| serde_json::to_string(change).map(|line| line + "\n");
    found.iter().map(line).collect::<Result<_, _>>().map_err(Failure::internal)
}

fn and_more(more: &[&str]) -> Option<String> {
    let shown: Vec<_> = more.iter().take(3).copied().collect();
    let dots = if more.len() > shown.len() { ", …" } else { "" };
    (!more.is_empty()).then(|| format!("and {} more: {}{dots}", more.len(), shown.join(", ")))
}

/// A block of code that nothing in it ends.
fn block(language: &str, text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    let dots = if text.chars().count() > MOST { "…" } else { "" };
    let text: String = text.trim_end().chars().take(MOST).collect();
    let text = if text.is_empty() { "(nothing)".to_owned() } else { text };
    format!("{fence}{language}\n{text}{dots}\n{fence}")
}
