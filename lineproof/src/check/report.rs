//! The three forms of what `check` says: for people, for programs, for GitHub.
//!
//! They make texts only; what is said has been found already.

mod github;
mod human;
mod json;

pub(crate) use github::Github;
pub(crate) use human::Human;
pub(crate) use json::Json;

use super::dialects::Named;
use super::finding::{Finding, Warning};
use super::input::Source;
use super::walk::Tally;

/// Makes the texts of one form, each with its line end.
pub(crate) trait Report {
    /// A line that is refused.
    fn refused(&self, source: &Source, finding: &Finding) -> String;
    /// Something odd.
    fn warning(&self, source: &Source, warning: &Warning) -> String;
    /// A file is done; so many of its bad lines were not shown.
    fn done(&self, source: &Source, tallies: &[(&'static Named, Tally)], hidden: u64) -> String;
    /// So many files, more than one, are done.
    fn total(&self, files: usize, tallies: &[(&'static Named, Tally)]) -> String {
        summary(&format!("{files} files"), tallies)
    }
    /// A file that cannot be read. Standard error says it too.
    fn unreadable(&self, _name: &str, _why: &str) -> String {
        String::new()
    }
}

/// `FILE: 998 good, 2 bad lines`, for each dialect.
fn summary(what: &str, tallies: &[(&'static Named, Tally)]) -> String {
    let what = super::show::text(what.as_bytes());
    let several = tallies.len() > 1;
    let width = tallies.iter().map(|(dialect, _)| dialect.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (dialect, Tally { good, bad }) in tallies {
        let name = format!("{}:", dialect.name);
        let who = if several { format!("{name:<0$} ", width + 1) } else { String::new() };
        let lines = if *bad == 1 { "line" } else { "lines" };
        text += &format!("{what}: {who}{good} good, {bad} bad {lines}\n");
    }
    text
}
