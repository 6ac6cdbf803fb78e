//! Which cases run: patterns of ids, levels.

use crate::case::{Case, Level};

/// A pattern that no case has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// A pattern matches no case: a spelling mistake, or a case that is gone.
    #[error("the pattern \"{0}\" matches no case; `lineproof list` shows all ids")]
    Stale(String),
    /// Everything is filtered away.
    #[error("no case is selected: the filters leave nothing")]
    Nothing,
}

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Patterns of ids; none means all.
    pub patterns: Vec<String>,
    /// The lightest level that still runs.
    pub level: Option<Level>,
}

impl Selection {
    /// The chosen cases, in the order of their ids.
    ///
    /// # Errors
    /// A pattern that matches nothing, or nothing selected.
    pub fn choose<'c>(&self, cases: &'c [Case]) -> Result<Vec<&'c Case>, SelectError> {
        for pattern in &self.patterns {
            if !cases.iter().any(|case| matches(pattern, &case.id)) {
                return Err(SelectError::Stale(pattern.clone()));
            }
        }
        let wanted = |case: &&Case| {
            (self.patterns.is_empty() || self.patterns.iter().any(|p| matches(p, &case.id)))
                && self.level.is_none_or(|level| case.level <= level)
        };
        let chosen: Vec<_> = cases.iter().filter(wanted).collect();
        if chosen.is_empty() { Err(SelectError::Nothing) } else { Ok(chosen) }
    }
}

/// Whether the pattern names this id: the id itself, an area (`batch` or `batch/`), or with `*`
/// for any run of characters.
pub fn matches(pattern: &str, id: &str) -> bool {
    if pattern.contains('*') {
        return glob(pattern.as_bytes(), id.as_bytes());
    }
    pattern == id
        || id.split_once('/').is_some_and(|(area, _)| pattern.trim_end_matches('/') == area)
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|skip| glob(rest, &text[skip..])),
        Some((byte, rest)) => text.first() == Some(byte) && glob(rest, &text[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_name_ids_areas_and_globs() {
        assert!(matches("batch/one-bad", "batch/one-bad"));
        assert!(!matches("batch/one", "batch/one-bad"));
        assert!(matches("batch", "batch/one-bad"));
        assert!(matches("batch/", "batch/one-bad"));
        assert!(!matches("bat", "batch/one-bad"));
        assert!(matches("*/one-*", "batch/one-bad"));
        assert!(matches("batch/*", "batch/one-bad"));
        assert!(!matches("batch/*good", "batch/one-bad"));
    }
}
