//! How many mutants were caught, by file: from the lists that cargo-mutants leaves.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// What became of the mutants that compile.
#[derive(Debug, Default)]
pub(super) struct Score {
    /// Caught and missed, by file.
    files: BTreeMap<String, (usize, usize)>,
    missed: Vec<String>,
    /// Those whose tests did not end.
    endless: Vec<String>,
    /// Those that do not compile, and count for nothing.
    no_code: usize,
}

impl Score {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let list = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).with_context(|| path.display().to_string())
        };
        let (endless, no_code) = (list("timeout.txt")?, list("unviable.txt")?);
        // A test that never ends has seen the mutant as well.
        let mut score = Self::of(&(list("caught.txt")? + &endless), &list("missed.txt")?);
        score.endless = endless.lines().map(str::to_owned).collect();
        score.no_code = no_code.lines().count();
        Ok(score)
    }

    fn of(caught: &str, missed: &str) -> Self {
        let mut score = Self::default();
        let file = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
        for line in caught.lines() {
            score.files.entry(file(line)).or_default().0 += 1;
        }
        for line in missed.lines() {
            score.files.entry(file(line)).or_default().1 += 1;
            score.missed.push(line.to_owned());
        }
        score
    }

    /// How many there were.
    pub(super) fn viable(&self) -> usize {
        self.files.values().map(|(caught, missed)| caught + missed).sum()
    }

    /// How many of a hundred were caught.
    pub(super) fn percent(&self) -> f64 {
        percent(self.viable() - self.missed.len(), self.viable())
    }

    /// All of it in one line. Those that did not end are told apart, since a machine that is too busy
    /// looks the same.
    pub(super) fn summary(&self) -> String {
        if self.viable() == 0 {
            return "no mutant was tested".to_owned();
        }
        let mut text = format!("{:.1} % of {} mutants caught", self.percent(), self.viable());
        if !self.endless.is_empty() {
            let _ = write!(text, ", {} of them by tests that did not end", self.endless.len());
        }
        if self.no_code > 0 {
            let _ = write!(text, "; {} more do not compile", self.no_code);
        }
        text
    }

    /// The files, and what was missed.
    pub(super) fn table(&self) -> String {
        let mut text = String::new();
        for (file, (caught, missed)) in &self.files {
            let all = caught + missed;
            let _ = writeln!(text, "{:5.1} %  {caught} of {all}  {file}", percent(*caught, all));
        }
        for line in &self.missed {
            let _ = writeln!(text, "missed: {line}");
        }
        // To be looked at: on a machine that is too busy a test may not even have begun.
        for line in &self.endless {
            let _ = writeln!(text, "did not end: {line}");
        }
        text
    }
}

#[allow(clippy::cast_precision_loss)]
fn percent(part: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { part as f64 * 100.0 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missed_mutants_are_counted_and_named() {
        let score = Score::of(
            "src/a.rs:1:2: replace + with -\nsrc/b.rs:1:2: replace x\nsrc/a.rs:3:2: delete y\n",
            "src/a.rs:4:2: replace == with !=\n",
        );
        assert_eq!((score.viable(), score.percent()), (4, 75.0));
        assert_eq!(
            score.table(),
            " 66.7 %  2 of 3  src/a.rs\n100.0 %  1 of 1  src/b.rs\n\
             missed: src/a.rs:4:2: replace == with !=\n"
        );
        let none = Score::of("", "");
        assert_eq!((none.viable(), none.percent()), (0, 0.0));
        assert_eq!(none.summary(), "no mutant was tested");
    }

    #[test]
    fn those_that_end_in_no_test_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("caught.txt", "a.rs:1:2: x\na.rs:1:3: x\n"),
            ("missed.txt", "a.rs:2:2: x\n"),
            ("timeout.txt", "b.rs:3:2: x\n"),
            ("unviable.txt", "c.rs:4:2: x\nc.rs:5:2: x\n"),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let score = Score::read(folder.path()).unwrap();
        assert!(score.table().ends_with("missed: a.rs:2:2: x\ndid not end: b.rs:3:2: x\n"));
        assert_eq!(
            score.summary(),
            "75.0 % of 4 mutants caught, 1 of them by tests that did not end; 2 more do not compile"
        );
    }
}
