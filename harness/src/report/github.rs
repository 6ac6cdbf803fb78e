//! Annotations for GitHub Actions: workflow commands on standard output, which it shows in the
//! summary of a job and beside the files of a change
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).

use super::runs::{self, Run};
use super::shown;
use crate::event::{CaseResult, Event};
use crate::generate::AREA;
use crate::load::file_of;
use crate::verdict::{Ending, Verdict};
use std::fmt::Write;

/// The report. `folder` is where the cases are in the repository that is checked.
pub fn report(events: &[Event], folder: &str) -> String {
    let runs = runs::runs(events);
    let mut text = String::new();
    // The whole comes first: of a step GitHub shows only some annotations of each kind.
    for run in &runs {
        whole(&mut text, run);
    }
    for result in runs::gravest(&runs) {
        case(&mut text, result, folder);
    }
    for run in &runs {
        let _ = writeln!(text, "{}", plain(&format!("{}: {}", run.profile, run.said())));
    }
    text
}

/// What is to be said of a run that is not conformant.
fn whole(text: &mut String, run: &Run<'_>) {
    let ending = run.ending();
    if ending == Ending::Conformant {
        return;
    }
    let mut message = run.said();
    if let Some(reason) = run.reason() {
        let _ = write!(message, "\n{}", shown::cut(reason, 1_000));
    }
    for pattern in run.finished.iter().flat_map(|finished| &finished.stale) {
        let _ = write!(message, "\nknown failures: \"{pattern}\" matches no case");
    }
    let title = format!("lineproof: {}", run.profile);
    let _ = writeln!(text, "::error title={}::{}", property(&title), data(&message));
}

fn case(text: &mut String, result: &CaseResult, folder: &str) {
    let word = if result.verdict == Verdict::Warn { "warning" } else { "error" };
    let title =
        format!("{} {} [{}]", result.verdict.word().to_uppercase(), result.id, result.profile);
    let mut message = result.summary.clone();
    let why = runs::why(result);
    if !why.is_empty() {
        let _ = write!(message, "\n{}", shown::cut(&why, 2_000));
    }
    if result.findings.len() > 1 {
        let _ = write!(message, "\n{} findings in all", result.findings.len());
    }
    let _ = write!(message, "\nlineproof explain {} --profile {}", result.id, result.profile);
    let file = has_file(&result.id).then(|| format!("{folder}/{}", file_of(&result.id)));
    let file = file.map_or_else(String::new, |file| format!("file={},", property(&file)));
    let _ = writeln!(text, "::{word} {file}title={}::{}", property(&title), data(&message));
}

/// Whether the result is of a case: that of all random batches together, `generated/s7`, is of none.
fn has_file(id: &str) -> bool {
    let Some((area, name)) = id.split_once('/') else { return false };
    area != AREA || name.contains('-')
}

/// The message of a command: it ends at a line break.
fn data(text: &str) -> String {
    let text = shown::block(text);
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command: it ends at a comma or a colon too.
fn property(text: &str) -> String {
    data(&shown::line(text)).replace(':', "%3A").replace(',', "%2C")
}

/// A line that is no command: those of today begin with `::`, those of the first runners have `##[`
/// anywhere.
fn plain(text: &str) -> String {
    let text = shown::line(text).replace("##[", "## [");
    if text.trim_start().starts_with("::") { format!("| {text}") } else { text }
}
