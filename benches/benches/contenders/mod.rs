//! Who is measured: parsers that all do the same work, and ceilings that do less.
//!
//! A parser checks that a body is UTF-8, visits each measurement, tag, field and time of each line,
//! and keeps the tally. It may use its buffers again from body to body, where its interface lets it.
//! Error texts are made by none of them on purpose; the crate makes parts of its own.

mod crates_io;
mod ours;

use lineproof_benches::{Grammar, Tally, Workload};

/// A parser under test.
pub(crate) struct Contender {
    /// Its column in the table.
    pub(crate) name: String,
    /// Which grammar it reads.
    pub(crate) grammar: Grammar,
    /// Parses all bodies of a workload.
    pub(crate) run: Box<dyn FnMut(&Workload) -> Tally>,
}

impl Contender {
    /// Parses a workload and looks whether what was found is what is there.
    ///
    /// # Panics
    /// If it is not.
    pub(crate) fn check(&mut self, workload: &Workload) {
        let found = (self.run)(workload);
        self.compare(workload, found);
    }

    /// Looks whether what was found is what is there.
    ///
    /// # Panics
    /// If it is not.
    pub(crate) fn compare(&self, workload: &Workload, found: Tally) {
        assert_eq!(found, workload.tally(self.grammar), "{} on {}", self.name, workload.name);
    }
}

/// All parsers.
pub(crate) fn parsers() -> Vec<Contender> {
    let mut all = vec![crates_io::influxdb_line_protocol()];
    all.extend(ours::all());
    all
}
