//! The list of known failures: a pattern a line, and a reason behind `#`. `batch/*  # why` is known
//! to fail in any way, `batch/x  [status, stored]  # why` in these ways only, so that another
//! failure of the same case is not hidden.

mod update;

use crate::case::Case;
use crate::compare::{Finding, Kind};
use crate::select::matches;
use std::fmt;
pub use update::{Change, HEADER, update};

/// Cases that are known to fail.
#[derive(Clone, Debug, Default)]
pub struct Known {
    entries: Vec<Entry>,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which cases.
    pub pattern: String,
    /// How they fail; in any way where none is given.
    pub kinds: Vec<Kind>,
    /// Why.
    pub reason: String,
}

impl Known {
    /// From the text of a list.
    ///
    /// # Errors
    /// A line without a reason: nobody will know later why it stands there. A kind of finding that
    /// there is not.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut entries = Vec::new();
        for (n, line) in text.lines().enumerate() {
            entries.extend(Entry::parse(line).map_err(|why| format!("line {}: {why}", n + 1))?);
        }
        Ok(Self { entries })
    }

    /// What is known of this case: the first entry that names it.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| matches(&entry.pattern, id))
    }

    /// All entries, in their order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The patterns that match no case at all.
    pub fn stale(&self, cases: &[Case]) -> Vec<String> {
        let unused = |p: &&String| !cases.iter().any(|case| matches(p, &case.id));
        self.entries.iter().map(|entry| &entry.pattern).filter(unused).cloned().collect()
    }
}

impl Entry {
    /// From a line; none where it is blank or a comment.
    fn parse(line: &str) -> Result<Option<Self>, String> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let (named, reason) = line.split_once('#').unwrap_or((line, ""));
        if reason.trim().is_empty() {
            return Err(format!("\"{line}\" needs a reason: `pattern  # why`"));
        }
        let (pattern, kinds) = match named.split_once('[') {
            None => (named, Vec::new()),
            Some((pattern, kinds)) => {
                let Some(kinds) = kinds.trim_end().strip_suffix(']') else {
                    return Err(format!(
                        "\"{line}\": the `[` is not closed: `pattern  [status]  # why`"
                    ));
                };
                (pattern, kinds.split(',').map(kind).collect::<Result<_, _>>()?)
            }
        };
        let pattern = pattern.trim();
        if pattern.is_empty() || pattern.contains(char::is_whitespace) {
            return Err(format!("\"{line}\": one pattern a line, without spaces in it"));
        }
        Ok(Some(Self { pattern: pattern.to_owned(), kinds, reason: reason.trim().to_owned() }))
    }

    /// Whether this is how the case is known to fail: nothing else was found. What was found of
    /// nothing, a case that passes, is the list's own fault and told elsewhere.
    pub fn covers(&self, findings: &[Finding]) -> bool {
        self.kinds.is_empty() || findings.iter().all(|finding| self.kinds.contains(&finding.kind))
    }
}

/// As a line of the list.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)?;
        if !self.kinds.is_empty() {
            let kinds: Vec<_> = self.kinds.iter().map(|kind| word(*kind)).collect();
            write!(f, "  [{}]", kinds.join(", "))?;
        }
        write!(f, "  # {}", self.reason)
    }
}

/// A kind of finding by the word that reports of events have for it.
fn kind(word: &str) -> Result<Kind, String> {
    let word = word.trim();
    // The error names all that there are.
    serde_json::from_value(word.into()).map_err(|error| format!("a kind of finding: {error}"))
}

fn word(kind: Kind) -> String {
    let value = serde_json::to_value(kind).ok();
    value.as_ref().and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::Known;
    use crate::compare::{Finding, Kind};

    fn found(kind: Kind) -> Finding {
        Finding { step: 1, kind, expected: String::new(), got: String::new() }
    }

    #[test]
    fn every_entry_needs_a_reason() {
        let known = Known::parse("# list\n\nbatch/*  # tracker/812\n").unwrap();
        assert_eq!(known.entry("batch/x").map(|e| e.reason.as_str()), Some("tracker/812"));
        assert_eq!(known.entry("tag/x"), None);
        assert!(Known::parse("batch/*").is_err());
        assert_eq!(known.stale(&[]), ["batch/*"]);
    }

    #[test]
    fn a_pinned_entry_knows_no_other_failure() {
        let known = Known::parse("a/x [status,stored] # #12\na/* # old\n").unwrap();
        let pinned = known.entry("a/x").unwrap();
        assert_eq!(pinned.reason, "#12");
        assert_eq!(pinned.to_string(), "a/x  [status, stored]  # #12");
        assert!(pinned.covers(&[found(Kind::Status)]));
        assert!(pinned.covers(&[found(Kind::Status), found(Kind::Stored)]));
        assert!(!pinned.covers(&[found(Kind::Status), found(Kind::Honesty)]));
        assert!(known.entry("a/y").unwrap().covers(&[found(Kind::Honesty)]));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        for (text, says) in [
            ("a/x # y\nb/x", "line 2: \"b/x\" needs a reason"),
            (
                "a/x [statuss] # y",
                "line 1: a kind of finding: unknown variant `statuss`, expected one of",
            ),
            ("a/x [] # y", "line 1: a kind of finding: unknown variant ``"),
            ("a/x [status # y", "the `[` is not closed"),
            ("a/x a/y # y", "one pattern a line"),
            ("[status] # y", "one pattern a line"),
        ] {
            let why = Known::parse(text).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
    }
}
