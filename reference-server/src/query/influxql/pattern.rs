//! What the Go products say of a regular expression that does not compile.

/// The message for a pattern that the compiler refused.
pub(super) fn go_error(source: &str, error: &regex::Error) -> String {
    let said = error.to_string();
    let last =
        said.lines().rev().find_map(|l| l.strip_prefix("error: ")).unwrap_or("invalid pattern");
    let tail = |c: char| source.rfind(c).map_or(source, |i| &source[i..]);
    let reason = match last {
        "unclosed character class" => format!("missing closing ]: `{}`", tail('[')),
        "unclosed group" if source.ends_with("(?") => {
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
        other => format!("{other}: `{source}`"),
    };
    format!("error parsing regexp: {reason}")
}

/// From the first group with a flag that Go does not know to that flag, or to the end where the group
/// has none.
fn up_to_flag(source: &str) -> &str {
    for (start, _) in source.match_indices("(?") {
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
