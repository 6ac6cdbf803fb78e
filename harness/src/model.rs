//! What the lines of a body mean, as far as every product agrees on it. This is deliberately a
//! small reading of line protocol: a line that it does not fully understand is left unjudged,
//! never guessed at.

mod line;
mod plain;

use crate::point::Value;
pub(crate) use plain::{Sureness, sureness};
use std::collections::BTreeMap;

/// A piece of a body between line ends.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    /// The line of the body where it begins, from 1.
    pub(crate) line: usize,
    /// Its text, what is not UTF-8 replaced.
    pub(crate) text: String,
    /// What it means.
    pub(crate) meaning: Meaning,
}

/// What a piece of a body means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Meaning {
    /// If it is accepted, exactly this is stored.
    Point(Written),
    /// It may or may not be a point.
    Unjudged,
}

/// A point as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Written {
    pub(crate) measurement: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) fields: BTreeMap<String, Value>,
    /// As written; none where the server chooses.
    pub(crate) timestamp: Option<i64>,
}

/// The pieces of a body that are neither blank nor comments.
pub(crate) fn items(body: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    let mut line = 1;
    let mut rest = body;
    while !rest.is_empty() {
        let first = rest.iter().find(|b| !matches!(b, b' ' | b'\t' | 0));
        let is_comment = first == Some(&b'#');
        // A comment ends at its first newline. It may be megabytes long, and nothing else is asked of it.
        let length = if is_comment {
            memchr::memchr(b'\n', rest).unwrap_or(rest.len())
        } else {
            piece(rest)
        };
        let bytes = &rest[..length];
        if !is_comment {
            let text = String::from_utf8_lossy(bytes);
            if !text.trim_start_matches([' ', '\t', '\0']).is_empty() {
                let meaning = match std::str::from_utf8(bytes) {
                    Ok(text) => line::read(text).map_or(Meaning::Unjudged, Meaning::Point),
                    Err(_) => Meaning::Unjudged,
                };
                items.push(Item { line, text: text.into_owned(), meaning });
            }
            line += memchr::memchr_iter(b'\n', bytes).count();
        }
        line += 1;
        rest = rest.get(length + 1..).unwrap_or_default();
    }
    items
}

/// Where the first piece ends: a newline that is neither escaped nor within a string of the field
/// set.
fn piece(bytes: &[u8]) -> usize {
    let start = bytes.iter().take_while(|b| **b == b' ').count();
    let (mut at, mut in_fields, mut in_string) = (start, false, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            // An escaped byte belongs to the token, a newline too.
            b'\\' => at += 1,
            b' ' if !in_fields => in_fields = true,
            b'"' if in_string => in_string = false,
            b'"' if in_fields && at > 0 && bytes[at - 1] == b'=' => in_string = true,
            b'\n' if !in_string => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(body: &str) -> Vec<(usize, String)> {
        items(body.as_bytes()).into_iter().map(|i| (i.line, i.text)).collect()
    }

    #[test]
    fn strings_keep_their_newlines_and_comments_are_skipped() {
        let body = "# c\nm f=\"a\nb\",g=1 1\n\nn f=1\n";
        assert_eq!(texts(body), [(2, "m f=\"a\nb\",g=1 1".to_owned()), (5, "n f=1".to_owned())]);
    }

    #[test]
    fn a_quote_outside_of_a_string_opens_nothing() {
        assert_eq!(texts("m\",t=\"x f=1\nn f=1").len(), 2);
        assert_eq!(texts("m f=\"open\nn f=1").len(), 1);
        assert_eq!(texts("m,t=a\\\nb f=1").len(), 1);
    }
}
