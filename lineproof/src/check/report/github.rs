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
        text += &match finding.accepted_by.as_slice() {
            [] => "no dialect accepts this line".to_owned(),
            names => format!("accepted by: {}", names.join(", ")),
        };
        for help in &finding.help {
            text += &format!("\n{help}");
        }
        annotation("error", source, first.place, &text)
    }

    fn warning(&self, source: &Source, warning: &Warning) -> String {
        let text = [std::slice::from_ref(&warning.text), &warning.notes].concat().join("\n");
        annotation("warning", source, warning.place, &text)
    }

    fn done(&self, source: &Source, tallies: &[(&'static Named, Tally)], hidden: u64) -> String {
        let more = if hidden > 0 { format!("{hidden} more not shown\n") } else { String::new() };
        more + &super::summary(source, tallies)
    }
}

fn annotation(word: &str, source: &Source, place: Place, text: &str) -> String {
    // A property's value ends at a comma or colon; a pipe has no file to show it beside.
    let file = data(&source.name).replace(':', "%3A").replace(',', "%2C");
    let file = if source.is_file { format!("file={file},") } else { String::new() };
    format!("::{word} {file}line={},col={}::{}\n", place.line, place.column, data(text))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
