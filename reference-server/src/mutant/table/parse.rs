//! Faults of the parser's idea of a line: where it ends, what its names are, what may be missing.

use super::mutant;
use crate::mutant::Change::{Lines, Text};
use crate::mutant::Home::{V1, V2, V3};
use crate::mutant::Mutant;
use crate::mutant::help::{each_line, good, has, replace, rewrite, strings};
use std::borrow::Cow;

/// Changes every name of the good lines.
fn names(lines: &mut [crate::mutant::Item<'_>], change: impl Fn(&[u8]) -> Vec<u8>) {
    good(lines, |line| {
        let change = |text: &mut Cow<'_, [u8]>| *text = Cow::Owned(change(text));
        change(&mut line.measurement);
        for (key, value) in &mut line.tags {
            change(key);
            change(value);
        }
        line.fields.iter_mut().for_each(|(key, _)| change(key));
    });
}

fn quotes(line: &[u8]) -> usize {
    line.iter().filter(|&&b| b == b'"').count()
}

/// The faults.
pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "parse.stops-at-first-bad-line",
        V3,
        "What follows a bad line is not read.",
        &[Lines(|_, lines| {
            if let Some(bad) = lines.iter().position(Result::is_err) {
                lines.truncate(bad + 1);
            }
        })],
    ),
    mutant(
        "parse.stops-after-limit",
        V3,
        "What follows a hundred bad lines is not read.",
        &[Lines(|_, lines| {
            let bad = lines.iter().enumerate().filter(|(_, line)| line.is_err());
            if let Some((hundredth, _)) = bad.take(100).nth(99) {
                lines.truncate(hundredth + 1);
            }
        })],
    ),
    mutant(
        "parse.swallows-bad-line",
        V2,
        "A bad line is left out without a word.",
        &[Lines(|_, lines| {
            if lines.iter().any(Result::is_ok) {
                lines.retain(Result::is_ok);
            }
        })],
    ),
    mutant(
        "parse.needs-final-newline",
        V2,
        "A last line without a line feed is lost.",
        &[Text(|_, mut text| {
            if let Some(end) = text.iter().rposition(|&b| b == b'\n') {
                text.truncate(end + 1);
            }
            text
        })],
    ),
    mutant(
        "parse.splits-quoted-newline",
        V2,
        "A line feed in a string ends the line.",
        &[Text(|_, text| {
            each_line(&text, |line| {
                let closing: &[u8] = if quotes(line) % 2 == 1 { b"\"" } else { b"" };
                [line, closing].concat()
            })
        })],
    ),
    mutant(
        "parse.splits-inside-string",
        V2,
        "A blank or a comma in a string ends it.",
        &[Text(|_, text| rewrite(text, r#"="([^" ,\n]+)[ ,]"#, "=\"$1\" "))],
    ),
    mutant(
        "parse.string-line-feed-lost",
        V2,
        "A line feed in a string becomes a blank.",
        &[Lines(|_, lines| strings(lines, |text| *text = replace(text, b"\n", b" ")))],
    ),
    mutant(
        "parse.splits-escaped-newline",
        V1,
        "A line feed behind a backslash ends the line.",
        &[Text(|_, text| replace(&text, b"\\\n", b"\n"))],
    ),
    mutant(
        "parse.cr-as-line-end",
        V2,
        "A carriage return ends a line.",
        &[Text(|_, text| rewrite(text, "\r([^\n])", "\n$1"))],
    ),
    mutant(
        "parse.blank-line-as-point",
        V2,
        "A blank line is a point.",
        &[Text(|_, text| rewrite(text, r"(?m)^[ \t\x00]*$", "blank v=0"))],
    ),
    mutant(
        "parse.comment-as-point",
        V2,
        "A comment is a point.",
        &[Text(|_, text| rewrite(text, "(?m)^#.*$", "comment v=0"))],
    ),
    mutant(
        "parse.comment-swallows-next",
        V2,
        "A comment goes on in the next line.",
        &[Text(|_, text| rewrite(text, "(?m)^#.*\n.*$", "# gone"))],
    ),
    mutant(
        "parse.comment-rule",
        V2,
        "Blanks before a hash make it a line.",
        &[Text(|_, text| rewrite(text, "(?m)^[ \t]+#", "x#"))],
    ),
    mutant(
        "parse.comment-anywhere",
        V2,
        "A hash behind a line opens a comment.",
        &[Text(|_, text| rewrite(text, "(?m) +#.*$", ""))],
    ),
    mutant(
        "parse.leading-blanks",
        V2,
        "Control blanks before a line are left out.",
        &[Text(|_, text| rewrite(text, "(?m)^[\x0b\x0c]+", ""))],
    ),
    mutant(
        "parse.leading-space-refused",
        V2,
        "A line may not begin with a blank.",
        &[Text(|_, text| rewrite(text, "(?m)^ +([a-z])", ",$1"))],
    ),
    mutant(
        "parse.control-characters",
        V2,
        "Control characters are left out.",
        &[Text(|_, text| rewrite(text, r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", ""))],
    ),
    mutant(
        "parse.trailing-space",
        V2,
        "A blank behind a line makes it a bad one.",
        &[Text(|_, text| rewrite(text, "(?m) $", " x"))],
    ),
    mutant(
        "parse.trailing-comma",
        V2,
        "A comma too many is overlooked.",
        &[Text(|_, text| rewrite(rewrite(text, "(?m),+( |$)", "$1"), ",,+", ","))],
    ),
    mutant(
        "parse.double-space",
        V3,
        "Two blanks are as good as one.",
        &[Text(|_, text| rewrite(text, "  +", " "))],
    ),
    mutant(
        "parse.double-space-refused",
        V1,
        "Two blanks make a bad line.",
        &[Text(|_, text| rewrite(text, "  +", " x "))],
    ),
    mutant(
        "parse.joins-lines",
        V2,
        "A string that is never closed ends with its line.",
        &[Text(|_, text| {
            each_line(&text, |line| {
                let closing: &[u8] = if quotes(line) % 2 == 1 { b"\" 1" } else { b"" };
                [line, closing].concat()
            })
        })],
    ),
    mutant(
        "parse.duplicate-field",
        V2,
        "Of a field given twice the first value counts.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                let mut seen = Vec::new();
                line.fields.retain(|(key, _)| {
                    let new = !seen.contains(key);
                    seen.push(key.clone());
                    new
                });
            });
        })],
    ),
    mutant(
        "parse.duplicate-tag",
        V2,
        "A tag given twice is overlooked.",
        &[Text(|_, text| {
            rewrite(
                text,
                r"(?m)^([a-z]+),([a-z]+)=([a-z0-9]+),(t|host|tag|a|k)=[a-z0-9]+ ",
                "$1,$2=$3 ",
            )
        })],
    ),
    mutant(
        "parse.empty-measurement",
        V2,
        "A line without a measurement gets one.",
        &[Text(|_, text| rewrite(text, r"(?m)^([,=])", "unnamed$1"))],
    ),
    mutant(
        "parse.missing-fields-accepted",
        V2,
        "A line without fields gets one.",
        &[Text(|_, text| {
            rewrite(text, r#"(?m)^([^ #"=\n]+|[^ #"\n]+,[^ "\n]+)$"#, "$1 missing=1")
        })],
    ),
    mutant(
        "parse.missing-value",
        V2,
        "A field without a value is 0.",
        &[Text(|_, text| rewrite(text, "(?m) ([a-z]+=[^ ,]*,)?([a-z]+)=(,| |$)", " $1$2=0$3"))],
    ),
    mutant(
        "parse.empty-tag-value",
        V2,
        "A tag without a value is left out.",
        &[Text(|_, text| rewrite(text, "(?m)^([a-z]+),[a-z]+=([ ,])", "$1$2"))],
    ),
    mutant(
        "parse.empty-tag-key",
        V2,
        "A tag without a key gets one.",
        &[Text(|_, text| rewrite(text, "(?m)^([a-z]+),=", "$1,key="))],
    ),
    mutant(
        "parse.empty-field-key",
        V2,
        "A field without a key gets one.",
        &[Text(|_, text| rewrite(text, "(?m)^([^ ]+) =", "$1 key="))],
    ),
    mutant(
        "parse.tag-without-value",
        V2,
        "A tag without an equal sign is left out.",
        &[Text(|_, text| {
            rewrite(text, r"(?m)^([a-z]+(?:,[a-z]+=[a-z0-9]+)*),[a-z0-9\\]+([ ,])", "$1$2")
        })],
    ),
    mutant(
        "parse.equals-splits-measurement",
        V2,
        "An equal sign ends the measurement.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                if let Some(end) = line.measurement.iter().position(|&b| b == b'=') {
                    line.measurement.to_mut().truncate(end);
                }
            });
        })],
    ),
    mutant(
        "parse.escape-ignored",
        V2,
        "A backslash before a delimiter does nothing.",
        &[Text(|_, text| rewrite(text, r"\\([ ,=])", "$1"))],
    ),
    mutant(
        "parse.escape-kept",
        V2,
        "The backslash before a delimiter stays in the name.",
        &[Lines(|_, lines| {
            names(lines, |name| {
                let kept = name.iter().flat_map(|&b| {
                    let before = matches!(b, b' ' | b',' | b'=').then_some(b'\\');
                    before.into_iter().chain([b])
                });
                kept.collect()
            });
        })],
    ),
    mutant(
        "parse.escape-dropped",
        V2,
        "Every backslash in a name is lost.",
        &[Lines(|_, lines| {
            names(lines, |name| name.iter().copied().filter(|&b| b != b'\\').collect());
        })],
    ),
    mutant(
        "parse.escape-as-in-c",
        V2,
        "\\n and \\t in a string are control characters.",
        &[Lines(|_, lines| {
            strings(lines, |text| {
                *text = replace(&replace(text, b"\\n", b"\n"), b"\\t", b"\t");
            });
        })],
    ),
    mutant(
        "parse.escape-collapses-backslashes",
        V2,
        "Two backslashes in a name are one.",
        &[Lines(|_, lines| names(lines, |name| replace(name, b"\\\\", b"\\")))],
    ),
    mutant(
        "parse.string-backslashes",
        V2,
        "Two backslashes in a string stay two.",
        &[Text(|_, text| replace(&text, b"\\\\", b"\\\\\\\\"))],
    ),
    mutant(
        "parse.string-escape-kept",
        V2,
        "The backslash before a quote stays.",
        &[Lines(|_, lines| strings(lines, |text| *text = replace(text, b"\"", b"\\\"")))],
    ),
    mutant(
        "parse.quotes-names",
        V2,
        "Quotes around a name are not part of it.",
        &[Lines(|_, lines| {
            names(lines, |name| name.iter().copied().filter(|&b| b != b'"').collect());
        })],
    ),
    mutant(
        "parse.trims-values",
        V2,
        "Blanks around a value are lost.",
        &[Lines(|_, lines| {
            strings(lines, |text| *text = text.trim_ascii().to_vec());
            good(lines, |line| {
                for (_, value) in &mut line.tags {
                    *value = Cow::Owned(value.trim_ascii().to_vec());
                }
            });
        })],
    ),
    mutant(
        "parse.text-after-string",
        V2,
        "Text behind a string is overlooked.",
        &[Text(|_, text| rewrite(text, r#"(="[^"\n]*")[a-zA-Z0-9]+"#, "$1"))],
    ),
    mutant(
        "parse.text-after-timestamp",
        V2,
        "Text behind a timestamp is overlooked.",
        &[Text(|_, text| {
            if has(&text, "\"") { text } else { rewrite(text, "(?m)( -?[0-9]+)[ ,][^\n]+$", "$1") }
        })],
    ),
    mutant(
        "parse.unterminated-string",
        V1,
        "A string that is never closed ends with the body.",
        &[Text(|_, text| if quotes(&text) % 2 == 1 { [&*text, b"\""].concat() } else { text })],
    ),
    mutant(
        "parse.bare-word-as-string",
        V2,
        "A word without quotes is a string.",
        &[Text(|_, text| {
            let word = r"(?m) ([a-z]+)=((?:[a-z]{6,}|hello|word|text|none|null|on|off|yes))( |$)";
            rewrite(text, word, " $1=\"$2\"$3")
        })],
    ),
];
