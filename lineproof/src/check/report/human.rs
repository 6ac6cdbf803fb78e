//! As a compiler says it: reason, place, the line with carets, notes.

use super::Report;
use crate::check::dialects::Named;
use crate::check::excerpt::{Row, excerpt};
use crate::check::finding::{Finding, Refusal, Warning};
use crate::check::input::Source;
use crate::check::place::Place;
use crate::check::show;
use crate::check::walk::Tally;
use std::ops::Range;

const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const BLUE: &str = "1;34";
const BOLD: &str = "1";

/// For people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Human {
    pub(crate) colour: bool,
    /// Whether it must be said which dialect says what.
    pub(crate) several: bool,
}

/// A line below the excerpt: `note` and what it says.
type Note = (&'static str, String);

impl Report for Human {
    fn refused(&self, source: &Source, finding: &Finding) -> String {
        let Some(first) = finding.refusals.first() else { return String::new() };
        let Refusal { dialect, error, place, .. } = first;
        let word = if self.several { format!("error[{}]", dialect.name) } else { "error".into() };
        let reason = show::text(&error.reason_bytes(&source.bytes));
        let mut notes = answers(source, finding, &reason);
        notes.push(match finding.takers() {
            None => ("help", "no dialect accepts this line".to_owned()),
            Some(takers) => ("accepted by", takers),
        });
        notes.extend(finding.help.iter().map(|help| ("help", help.clone())));
        let rows = excerpt(&source.bytes, finding.first, &error.span, *place);
        self.block((&word, RED), &reason, (&source.name, *place), &rows, notes)
    }

    fn warning(&self, source: &Source, warning: &Warning) -> String {
        let Warning { text, span, place, notes, .. } = warning;
        let whose = warning.whose().filter(|_| self.several);
        let word = whose.map_or_else(|| "warning".into(), |names| format!("warning[{names}]"));
        let notes = notes.iter().map(|note| ("note", note.clone())).collect();
        let rows = excerpt(&source.bytes, *place, span, *place);
        self.block((&word, YELLOW), text, (&source.name, *place), &rows, notes)
    }

    fn done(&self, source: &Source, tallies: &[(&'static Named, Tally)], hidden: u64) -> String {
        let mut text = String::new();
        if hidden > 0 {
            let lines = if hidden == 1 { "line is" } else { "lines are" };
            text += &format!("{hidden} more bad {lines} not shown (--max-errors 0 shows all)\n\n");
        }
        text + &super::summary(&source.name, tallies)
    }
}

impl Human {
    fn block(
        self,
        (word, colour): (&str, &str),
        title: &str,
        (file, place): (&str, Place),
        rows: &[Row],
        mut notes: Vec<Note>,
    ) -> String {
        let digits = rows.iter().map(|row| match row {
            Row::Line(number, ..) => number.to_string().len(),
            Row::Gap => 0,
        });
        let margin = " ".repeat(digits.max().unwrap_or(0));
        let title = self.paint(BOLD, &format!(": {title}"));
        let arrow = self.paint(BLUE, "-->");
        let bar = self.paint(BLUE, "|");
        let file = show::text(file.as_bytes());
        let mut text = format!("{}{title}\n", self.paint(colour, word));
        text += &format!("{margin}{arrow} {file}:{}:{}\n", place.line, place.column);
        text += &format!("{margin} {bar}\n");
        let mut shown = String::new();
        for row in rows {
            match row {
                Row::Gap => text += &self.paint(BLUE, &format!("{margin} ...\n")),
                Row::Line(number, line, carets) => {
                    let number = self.paint(BLUE, &format!("{number:>0$}", margin.len()));
                    text += format!("{number} {bar} {line}").trim_end();
                    text += "\n";
                    text += &self.carets(&margin, carets.as_ref(), colour);
                    shown += line;
                }
            }
        }
        notes.extend(show::legend(&shown).map(|legend| ("note", legend)));
        for (word, note) in notes {
            let (equals, word) = (self.paint(BLUE, "="), self.paint(BOLD, word));
            text += &format!("{margin} {equals} {word}: {note}\n");
        }
        text + "\n"
    }

    fn carets(self, margin: &str, carets: Option<&Range<usize>>, colour: &str) -> String {
        let Some(carets) = carets else { return String::new() };
        let bar = self.paint(BLUE, "|");
        let marks = self.paint(colour, &"^".repeat(carets.len()));
        format!("{margin} {bar} {}{marks}\n", " ".repeat(carets.start))
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// What each dialect answers, where that is not what stands in the title; once for those who answer
/// the same.
fn answers(source: &Source, finding: &Finding, title: &str) -> Vec<Note> {
    let mut said: Vec<(Vec<&str>, String)> = Vec::new();
    for Refusal { dialect, error, .. } in &finding.refusals {
        let message = show::text(&error.message_bytes(&source.bytes));
        match said.iter_mut().find(|(_, earlier)| *earlier == message) {
            Some((names, _)) => names.push(dialect.name),
            None => said.push((vec![dialect.name], message)),
        }
    }
    let note = |(names, message): (Vec<&str>, String)| {
        // The title has said it for the first of them.
        let (names, what) = if message == title {
            (&names[1..], "the same".to_owned())
        } else {
            (&*names, message)
        };
        let verb = if names.len() == 1 { "answers" } else { "answer" };
        (!names.is_empty()).then(|| ("note", format!("{} {verb}: {what}", names.join(", "))))
    };
    said.into_iter().filter_map(note).collect()
}
