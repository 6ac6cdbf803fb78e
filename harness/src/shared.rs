//! Several cases in one existing database: each case's measurements get a prefix of their own.
//! Only bodies whose every line plainly begins with a measurement can be told apart this way.

use crate::case::{Action, Body, Case};

/// The body with the prefix before each line's measurement.
pub(crate) fn prefixed(text: &str, prefix: &str) -> String {
    if prefix.is_empty() {
        return text.to_owned();
    }
    let lines: Vec<_> = text
        .split('\n')
        .map(|line| if plain(line) { format!("{prefix}{line}") } else { line.to_owned() })
        .collect();
    lines.join("\n")
}

/// Whether every line of the body can have a prefix, or is none that is stored.
pub(crate) fn can_be_prefixed(text: &str) -> bool {
    text.split('\n').all(|line| line.is_empty() || line.starts_with('#') || plain(line))
}

/// Why a case cannot run in a database that others use too; none where it can.
pub(crate) fn cannot_share(case: &Case) -> Option<&'static str> {
    if ["limits", "schema"].contains(&case.area()) {
        return Some("needs a database of its own: what it sees depends on what else is there");
    }
    let text = |body: &Body| match body {
        Body::Text(text) => Some(can_be_prefixed(text)),
        Body::Repeat(repeat) => Some(can_be_prefixed(&repeat.line)),
        Body::Bytes(_) => None,
    };
    for step in &case.steps {
        match &step.action {
            Action::Write(body) if text(body) != Some(true) => {
                return Some(
                    "needs a database of its own: its lines cannot be told from those of others",
                );
            }
            Action::Query { .. } | Action::Request { .. } => {
                return Some("needs a database of its own: it asks for more than its own lines");
            }
            Action::Write(_) | Action::ReadBack | Action::Wait(_) => {}
        }
    }
    None
}

fn plain(line: &str) -> bool {
    let name = line.split([',', ' ']).next().unwrap_or_default();
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() < line.len()
        // A prefix must not lengthen what is as long as may be.
        && name.len() <= 64
        && line.len() <= 10_000
        && name.chars().all(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_lines_get_a_prefix() {
        assert_eq!(prefixed("cpu,a=b f=1\n# x\nm f=1\n", "lp_"), "lp_cpu,a=b f=1\n# x\nlp_m f=1\n");
        assert!(can_be_prefixed("cpu,a=b f=\n\n# x"));
        assert!(!can_be_prefixed("m f=\"a\nb\""));
        assert!(!can_be_prefixed("\\m f=1"));
    }
}
