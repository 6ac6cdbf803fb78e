//! What a support desk asks for when writes go wrong, as six files: the names, the forms and the
//! sections are those of page 002 ("Report write issues"). What happened is an [`Incident`]: of a
//! case or a body that is sent now ([`send`]), or of a saved run ([`saved`]). The files are a pure
//! function of it and of a time; no secret gets through [`Scrub`].

mod answers;
mod environment;
mod exchange;
mod patterns;
mod sample;
pub mod saved;
mod scrub;
pub mod send;
mod steps;

use crate::compare::Finding;
use crate::verdict::Verdict;
pub use exchange::{Answered, Exchange, Line};
pub use scrub::Scrub;

/// Something that went wrong, or may have: everything that is told of it.
#[derive(Clone, Debug, Default)]
pub struct Incident {
    /// What was sent: the id of a case, or the name of a file.
    pub subject: String,
    /// Why, in one sentence.
    pub summary: String,
    /// What the server was taken for.
    pub profile: String,
    /// The server's URL.
    pub target: String,
    /// The version of lineproof that sent it.
    pub lineproof: String,
    /// What is said of it; none where nothing judges it.
    pub verdict: Option<Verdict>,
    /// Why, where the verdict alone does not tell.
    pub reason: Option<String>,
    /// Requests and answers, in order.
    pub exchanges: Vec<Exchange>,
    /// The requests as lines for a shell.
    pub commands: Vec<String>,
    /// Lines for a shell that make a place like the one it happened in.
    pub preparation: Vec<String>,
    /// Where it happened.
    pub place: String,
    /// How long the database keeps points.
    pub retention: String,
    /// What differs from what is expected.
    pub findings: Vec<Finding>,
    /// What the expectation rests on.
    pub basis: Option<String>,
    /// What came back and is stored, in the form that snapshots have.
    pub transcript: String,
    /// What the server says of itself.
    pub server: Vec<String>,
    /// How long an answer may take, in seconds; none where nobody knows any more.
    pub timeout: Option<f64>,
    /// What a reader should know besides.
    pub notes: Vec<String>,
}

impl Incident {
    /// With every text changed: secrets become placeholders.
    pub(crate) fn hide(&mut self, hide: impl Fn(&str) -> String) {
        let change = |text: &mut String| *text = hide(text);
        self.exchanges.iter_mut().for_each(|exchange| exchange.change(&change));
        for list in [&mut self.commands, &mut self.preparation, &mut self.server, &mut self.notes] {
            list.iter_mut().for_each(change);
        }
        for finding in &mut self.findings {
            change(&mut finding.expected);
            change(&mut finding.got);
        }
        self.reason.iter_mut().for_each(change);
        change(&mut self.transcript);
    }

    /// The requests that write.
    fn writes(&self) -> impl Iterator<Item = &Exchange> {
        self.exchanges.iter().filter(|exchange| exchange.is_write)
    }
}

/// No file is longer than this: what a reader needs is at the beginning.
const LONGEST: usize = 256 * 1024;

/// The six files, in the order in which the page names them. `at` is when the package is made.
pub fn files(incident: &Incident, scrub: &Scrub, at: &str) -> Vec<(&'static str, String)> {
    // Hidden before anything is cut: half a secret would not be found.
    let mut hidden = incident.clone();
    hidden.hide(|text| scrub.text(text));
    hidden.exchanges.iter_mut().for_each(Exchange::shorten);
    let incident = &hidden;
    let all = [
        ("write-error-response.txt", answers::responses(incident)),
        ("client-logs.txt", answers::logs(incident)),
        ("sample-data.lp", sample::sample(incident)),
        ("reproduction-steps.md", steps::steps(incident)),
        ("environment-details.md", environment::environment(incident)),
        ("write-patterns.md", patterns::patterns(incident, at)),
    ];
    // Once more: some secrets are told by what stands before them in a file.
    all.map(|(name, text)| (name, cut(scrub.text(&text), LONGEST, "\n# (the rest is left out)\n")))
        .into()
}

/// The text, or its beginning and a word about the rest.
fn cut(mut text: String, most: usize, rest: &str) -> String {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.truncate(end);
    text + rest
}

/// A text as one line, cut where it is long.
fn one_line(text: &str, most: usize) -> String {
    let line = text.trim_end().replace('\r', "").replace('\n', "␊");
    cut(line, most, "…")
}

#[cfg(test)]
mod tests;
