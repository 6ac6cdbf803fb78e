//! Counting what came of the queries.

use crate::both::Outcome;
use crate::known::{self, Known};
use crate::query::Query;
use std::collections::BTreeMap;
use std::fmt::Write as _;

#[derive(Default)]
pub(crate) struct Tally {
    same: usize,
    unsteady: usize,
    unsupported: BTreeMap<String, usize>,
    known: BTreeMap<String, usize>,
    shown: Vec<String>,
}

impl Tally {
    /// Counts a query; whether it is a difference that nobody knows.
    pub(crate) fn add(&mut self, known: &[Known], query: &Query, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Same => self.same += 1,
            Outcome::Unsteady => self.unsteady += 1,
            Outcome::Unsupported(what) => {
                *self.unsupported.entry(what.clone()).or_default() += 1;
            }
            Outcome::Different { influxd, reference } => {
                match known::find(known, query, influxd, reference) {
                    Some(entry) => *self.known.entry(entry.reason.clone()).or_default() += 1,
                    None => return true,
                }
            }
        }
        false
    }

    pub(crate) fn show(&mut self, difference: String) {
        self.shown.push(difference);
    }

    pub(crate) const fn differences(&self) -> usize {
        self.shown.len()
    }

    pub(crate) fn summary(&self) -> String {
        let unsupported: usize = self.unsupported.values().sum();
        let known: usize = self.known.values().sum();
        let all = self.same + self.unsteady + unsupported + known + self.shown.len();
        let mut text = format!(
            "influxql_property: {all} queries: {} the same, {} different; {unsupported} ({:.1} %) not \
             supported, {known} known, {} that influxd itself answers in several ways",
            self.same,
            self.shown.len(),
            100.0 * unsupported as f64 / all.max(1) as f64,
            self.unsteady,
        );
        for (title, counts) in [("not supported", &self.unsupported), ("known", &self.known)] {
            for (what, count) in counts {
                let _ = write!(text, "\n  {count:5} {title}: {what}");
            }
        }
        text
    }

    pub(crate) fn verdict(&self) -> Result<(), String> {
        if self.shown.is_empty() {
            return Ok(());
        }
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("\n{}\n", self.shown.join("\n\n")).as_bytes(),
        );
        Err(format!("{} differences", self.shown.len()))
    }
}
