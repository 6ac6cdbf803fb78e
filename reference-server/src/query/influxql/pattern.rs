//! Regular expressions as Go reads them: its groups of flags, and what the Go products say of one that
//! does not compile.

/// The message for a pattern that the compiler refused.
pub(super) fn go_error(source: &str, error: &regex::Error) -> String {
    let said = error.to_string();
    let last =
        said.lines().rev().find_map(|l| l.strip_prefix("error: ")).unwrap_or("invalid pattern");
    let tail = |c: char| source.rfind(c).map_or(source, |i| &source[i..]);
    let reason = match last {
        "unclosed character class" => format!("missing closing ]: `{}`", tail('[')),
        "unclosed group" if ends_in_group_of_flags(source) => {
            "invalid or unsupported Perl syntax: `(?`".to_owned()
        }
        "unclosed group" => format!("missing closing ): `{source}`"),
        "unopened group" => format!("unexpected ): `{source}`"),
        "repetition operator missing expression" => {
            let sign: String = source.chars().find(|c| "*+?".contains(*c)).into_iter().collect();
            format!("missing argument to repetition operator: `{sign}`")
        }
        "incomplete escape sequence, reached end of pattern prematurely" => {
            "trailing backslash at end of expression: ``".to_owned()
        }
        "unrecognized flag" | "expected flag but got end of regex" => {
            format!("invalid or unsupported Perl syntax: `{}`", up_to_flag(source))
        }
        "invalid character class range, the start must be <= the end" => {
            format!("invalid character class range: `{}`", marked(&said).unwrap_or(source))
        }
        other => format!("{other}: `{source}`"),
    };
    format!("error parsing regexp: {reason}")
}

/// The part of a pattern that the compiler marks: below the first line of its message stands the pattern,
/// and below that a `^` for each character that is meant. Of a pattern of several lines it is `None`.
fn marked(said: &str) -> Option<&str> {
    let mut lines = said.lines().skip(1);
    let (pattern, marks) = (lines.next()?, lines.next()?);
    let marks = marks.trim_end();
    let start = marks.find(|c| c != ' ')?;
    let count = marks[start..].bytes().take_while(|c| *c == b'^').count();
    let is_marked = start + count == marks.len();
    let place = |nth| pattern.char_indices().map(|(i, _)| i).chain([pattern.len()]).nth(nth);
    is_marked.then(|| pattern.get(place(start)?..place(start + count)?)).flatten()
}

/// The pattern without its groups of flags that have none, which are nothing to Go and an error to the
/// compiler here; `None` where there is no such group.
pub(super) fn without_empty_flags(source: &str) -> Option<String> {
    let mut rest = 0;
    let mut without = String::new();
    for start in groups_of_flags(source) {
        if source[start..].starts_with("(?)") {
            without.push_str(&source[rest..start]);
            // Something stays that a repetition behind it can be of.
            without.push_str("(?:)");
            rest = start + "(?)".len();
        }
    }
    without.push_str(&source[rest..]);
    (rest > 0).then_some(without)
}

/// Whether the last of a pattern is a `(?`.
fn ends_in_group_of_flags(source: &str) -> bool {
    groups_of_flags(source).last().is_some_and(|start| source[*start..].len() == "(?".len())
}

/// Where a `(?` stands that is neither escaped nor in a class of characters.
fn groups_of_flags(source: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut i = 0;
    while let Some(rest) = source.get(i..).filter(|rest| !rest.is_empty()) {
        i += match rest.as_bytes() {
            [b'\\', ..] => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            [b'[', ..] => class(rest),
            [b'(', b'?', ..] => {
                found.push(i);
                2
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
    }
    found
}

/// The length of the class of characters at the beginning of a text.
fn class(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut i = if bytes.get(1) == Some(&b'^') { 2 } else { 1 };
    // A bracket that closes stands for itself where it comes first.
    if bytes.get(i) == Some(&b']') {
        i += 1;
    }
    while i < bytes.len() {
        i += match &bytes[i..] {
            [b']', ..] => return i + 1,
            [b'\\', ..] => 1 + text[i + 1..].chars().next().map_or(0, char::len_utf8),
            [b'[', b':', ..] => text[i..].find(":]").map_or(1, |length| length + 2),
            _ => 1,
        };
    }
    bytes.len()
}

/// From the first group with a flag that Go does not know to that flag, or to the end where the group
/// has none.
fn up_to_flag(source: &str) -> &str {
    for start in groups_of_flags(source) {
        let group = &source[start..];
        let mut flags = group.char_indices().skip(2);
        match flags.find(|(_, c)| !matches!(c, 'i' | 'm' | 's' | 'U' | '-')) {
            Some((_, ':' | ')')) => {}
            Some((i, c)) => return &group[..i + c.len_utf8()],
            None => return group,
        }
    }
    source
}
