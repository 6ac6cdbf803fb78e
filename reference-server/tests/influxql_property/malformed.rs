//! Mistakes: a token of a good query is taken away, added, replaced, or cut off.

use crate::random::Random;

const TOKENS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "BY",
    "LIMIT",
    "time",
    "(",
    ")",
    ",",
    "'",
    "\"",
    "/",
    "/x/",
    "*",
    "=",
    "=~",
    "!~",
    "!",
    "AND",
    "value",
    "'a'",
    "1",
    "1.5",
    "10s",
    "-",
    ";",
    ".",
    "::",
    ":",
    "fill",
    "AS",
    "$p",
    "#",
    "true",
    "DESC",
    "SHOW",
    "TAG",
    "1.",
    "9223372036854775808",
    "\\",
    "KEY",
    "é",
    "0x1",
    "1e5",
    "10x",
    "--",
    "DROP",
    "SLIMIT",
    "tz('UTC')",
];

/// The query with a mistake; now and then it is none.
pub(crate) fn malformed(random: &mut Random, query: &str) -> String {
    let mut tokens = tokens(query);
    let i = random.below(tokens.len());
    match random.below(7) {
        0 | 1 => {
            tokens.remove(i);
        }
        2 | 3 => tokens.insert(i, format!("{} ", random.pick(TOKENS))),
        4 => tokens[i] = random.pick(TOKENS).to_owned(),
        5 => {
            let j = random.below(tokens.len());
            tokens.swap(i, j);
        }
        _ => tokens.truncate(i + 1),
    }
    let mut text = tokens.concat();
    if random.percent(10) {
        text = text.replace(' ', "\n");
    }
    text
}

/// Words, blanks and single signs.
fn tokens(query: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for c in query.chars() {
        match tokens.last_mut() {
            Some(last) if is_word(c) && last.chars().all(is_word) => last.push(c),
            _ => tokens.push(c.to_string()),
        }
    }
    tokens
}
