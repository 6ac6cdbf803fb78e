//! The list of known failures: a pattern a line, and a reason behind `#`.

use crate::case::Case;
use crate::select::matches;

/// Cases that are known to fail.
#[derive(Clone, Debug, Default)]
pub struct Known {
    entries: Vec<(String, String)>,
}

impl Known {
    /// From the text of a list.
    ///
    /// # Errors
    /// A line without a reason: nobody will know later why it stands there.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut entries = Vec::new();
        for (n, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (pattern, reason) = line.split_once('#').unwrap_or((line, ""));
            if reason.trim().is_empty() {
                return Err(format!("line {}: \"{line}\" needs a reason: `pattern  # why`", n + 1));
            }
            entries.push((pattern.trim().to_owned(), reason.trim().to_owned()));
        }
        Ok(Self { entries })
    }

    /// Why this case is known to fail.
    pub fn reason(&self, id: &str) -> Option<&str> {
        self.entries.iter().find(|(p, _)| matches(p, id)).map(|(_, reason)| reason.as_str())
    }

    /// The patterns that match no case at all.
    pub fn stale(&self, cases: &[Case]) -> Vec<String> {
        let unused = |p: &&String| !cases.iter().any(|case| matches(p, &case.id));
        self.entries.iter().map(|(pattern, _)| pattern).filter(unused).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Known;

    #[test]
    fn every_entry_needs_a_reason() {
        let known = Known::parse("# list\n\nbatch/*  # tracker/812\n").unwrap();
        assert_eq!(known.reason("batch/x"), Some("tracker/812"));
        assert_eq!(known.reason("tag/x"), None);
        assert!(Known::parse("batch/*").is_err());
        assert_eq!(known.stale(&[]), ["batch/*"]);
    }
}
