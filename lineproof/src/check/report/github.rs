//! For GitHub Actions: workflow commands, which it shows beside the lines of a change.

use super::Report;
use crate::check::dialects::Named;
use crate::check::finding::{Finding, Warning};
use crate::check::input::Source;
use crate::check::place::Place;
use crate::check::show;
use crate::check::walk::Tally;

/// For GitHub.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Github;

impl Report for Github {
    fn refused(&self, source: &Source, finding: &Finding) -> String {
        let Some(first) = finding.refusals.first() else { return String::new() };
        let mut text = String::new();
        for refusal in &finding.refusals {
            let reason = show::text(&refusal.error.reason_bytes(&source.bytes));
            text += &format!("{}: {reason}\n", refusal.dialect.name);
        }
        text += &finding.takers().map_or_else(
            || "no dialect accepts this line".to_owned(),
            |takers| format!("accepted by: {takers}"),
        );
        for help in &finding.help {
            text += &format!("\n{help}");
        }
        if first.lines.0 < first.lines.1 {
            let Place { line, column, .. } = first.place;
            text += &format!("\nthe error is at line {line}, column {column}");
        }
        annotation("error", source, first.place, first.lines, &text)
    }

    fn warning(&self, source: &Source, warning: &Warning) -> String {
        let whose = warning.whose().map(|names| format!("{names}: ")).unwrap_or_default();
        let notes: String = warning.notes.iter().map(|note| format!("\n{note}")).collect();
        let text = format!("{whose}{}{notes}", warning.text);
        let line = warning.place.line;
        annotation("warning", source, warning.place, (line, line), &text)
    }

    fn done(&self, source: &Source, tallies: &[(&'static Named, Tally)], hidden: u64) -> String {
        let more = if hidden > 0 { format!("{hidden} more not shown\n") } else { String::new() };
        more + &super::summary(&source.name, tallies)
    }
}

fn annotation(
    word: &str,
    source: &Source,
    place: Place,
    (first, last): (usize, usize),
    text: &str,
) -> String {
    // A property's value ends at a comma or colon; a pipe has no file to show it beside.
    let file = data(&source.name).replace(':', "%3A").replace(',', "%2C");
    let file = if source.is_file { format!("file={file},") } else { String::new() };
    // A column is for a single line only.
    let place = if first == last {
        format!("line={},col={}", place.line, place.column)
    } else {
        format!("line={first},endLine={last}")
    };
    format!("::{word} {file}{place}::{}\n", data(text))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
