//! Lines on which nobody can disagree: those that every grammar takes, and those that none does.
//! Everything between is odd, and nothing is said of it.

use super::{Meaning, Written};

/// How sure it is what a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sureness {
    /// A line that every product takes, as far as its schema lets it.
    Plain,
    /// No line: no product can store anything of it.
    Malformed,
    /// Some products may take it.
    Odd,
}

/// What this piece of a body is for every product. `meaning` is the model's own reading of it.
pub(crate) fn sureness(text: &str, meaning: &Meaning) -> Sureness {
    match meaning {
        Meaning::Point(written) if is_plain(text, written) => Sureness::Plain,
        Meaning::Point(_) => Sureness::Odd,
        Meaning::Unjudged if is_malformed(text) => Sureness::Malformed,
        Meaning::Unjudged => Sureness::Odd,
    }
}

/// A line that is understood, and that holds nothing which one of the grammars refuses.
fn is_plain(text: &str, written: &Written) -> bool {
    let names = written.tags.keys().chain(written.fields.keys()).chain([&written.measurement]);
    let is_one_column = |key: &String| written.tags.contains_key(key);
    names.chain(written.tags.values()).all(|name| is_plain_name(name))
        // In a table a name is a tag or a field.
        && !written.fields.keys().any(is_one_column)
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && bare_values(text).all(is_plain_value)
}

/// Letters, digits, and what must be escaped: nothing that a product reserves.
fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_-./:,= ".contains(c);
    name.starts_with(char::is_alphanumeric)
        && name.ends_with(char::is_alphanumeric)
        && name.len() <= 64
        && name.chars().all(plain)
}

/// The values of a line's field set that are no strings.
fn bare_values(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = fields_of(text);
    std::iter::from_fn(move || {
        loop {
            let from = rest.find('=')? + 1;
            if rest[..from].ends_with("\\=") {
                rest = &rest[from..];
            } else if rest[from..].starts_with('"') {
                let end = end_of_string(&rest[from + 1..])?;
                rest = &rest[from + 1 + end..];
            } else {
                let value = &rest[from..];
                let end = value.find([',', ' ']).unwrap_or(value.len());
                rest = &value[end..];
                return Some(&value[..end]);
            }
        }
    })
}

/// What stands behind the first space that is not escaped.
fn fields_of(text: &str) -> &str {
    let bytes = text.as_bytes();
    let is_gap = |at: &usize| bytes[*at] == b' ' && (*at == 0 || bytes[*at - 1] != b'\\');
    (0..bytes.len()).find(is_gap).map_or("", |at| &text[at + 1..])
}

/// Where a string ends, behind its closing quote.
fn end_of_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Numbers as both grammars have them: digits before and behind the point, no sign but a minus. An
/// unsigned integer is none that every product knows.
fn is_plain_value(text: &str) -> bool {
    if matches!(
        text,
        "t" | "T" | "true" | "True" | "TRUE" | "f" | "F" | "false" | "False" | "FALSE"
    ) {
        return true;
    }
    let number = text.strip_prefix('-').unwrap_or(text);
    let number = number.strip_suffix('i').unwrap_or(number);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    is_digits(whole) && is_digits(fraction)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// A piece without quotes, escapes or anything else that could change how it is cut, in which a
/// part is missing or cannot be what stands in its place.
fn is_malformed(text: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || "_.,=+- ".contains(c);
    if let Some((before, string)) = text.split_once("=\"") {
        // A string that never ends.
        let plain = |c: char| known(c) && c != '=';
        return before.split_once(' ').is_some_and(|(head, key)| {
            is_sound_head(head) && !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric())
        }) && string.chars().all(plain);
    }
    if !text.chars().all(known) || text.starts_with(' ') || text.ends_with(' ') {
        return false;
    }
    let parts: Vec<_> = text.split(' ').collect();
    if parts.iter().any(|part| part.is_empty()) {
        return false;
    }
    match parts.as_slice() {
        [_] => true,
        [head, fields, rest @ ..] => {
            // A comma at the end is swallowed by one grammar, and what follows it may be anything.
            // And after two commas one of them takes the second for a name.
            !fields.ends_with(',')
                && !head.contains(",,")
                && !head.contains(",=")
                    | head.find(",=").is_some_and(|at| !head[..at].contains(','))
                && (lacks_a_name(head)
                    || lacks_a_field(fields)
                    || rest.first().is_some_and(|time| is_no_time(time))
                    || rest.len() > 1)
        }
        [] => false,
    }
}

/// A measurement, or a tag with one part of it missing.
fn lacks_a_name(head: &str) -> bool {
    let mut parts = head.split(',');
    let measurement = parts.next().unwrap_or_default();
    // One grammar reads a key up to the next equals sign, over commas.
    let lacks = |tag: &str| match tag.split_once('=') {
        None => head.ends_with(tag),
        Some((key, value)) => key.is_empty() || value.is_empty(),
    };
    measurement.is_empty() || parts.any(lacks)
}

fn is_sound_head(head: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || ",=_".contains(c);
    !lacks_a_name(head) && head.chars().all(plain)
}

/// A field without its equals sign, its key or its value, or with a value that is none in any
/// grammar.
fn lacks_a_field(fields: &str) -> bool {
    let mut parts = fields.split(',').peekable();
    // One grammar reads a key up to the next equals sign, over commas.
    let mut begun = false;
    while let Some(part) = parts.next() {
        match part.split_once('=') {
            None if parts.peek().is_none() => return true,
            None => begun = true,
            Some((key, value)) if (key.is_empty() && !begun) || is_no_value(value) => return true,
            Some(_) => begun = false,
        }
    }
    false
}

fn is_no_value(value: &str) -> bool {
    let letters = value.chars().all(|c| c.is_ascii_alphabetic());
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = &value[digits.len()..];
    let unknown_suffix = is_digits(digits) && !suffix.is_empty() && !"iueE".contains(suffix);
    let too_large = is_digits(digits) && suffix == "i" && digits.trim_start_matches('0').len() > 19;
    value.is_empty() || (letters && !is_plain_value(value)) || unknown_suffix || too_large
}

fn is_no_time(time: &str) -> bool {
    let digits = time.strip_prefix('-').unwrap_or(time);
    let begins = digits.starts_with(|c: char| c.is_ascii_alphanumeric());
    let strange = digits.contains(|c: char| c.is_ascii_alphabetic() || c == '.');
    begins && (strange || (is_digits(digits) && digits.trim_start_matches('0').len() > 19))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::items;

    fn of(text: &str) -> Sureness {
        let items = items(text.as_bytes());
        assert_eq!(items.len(), 1, "{text:?}");
        sureness(&items[0].text, &items[0].meaning)
    }

    #[test]
    fn what_every_grammar_takes_is_plain() {
        for text in [
            "m f=1",
            "m f=1 17",
            "m,t=a\\ b\\,c\\=d f=-1.5,n=-7i,b=t,s=\"a, b=\\\"c\\\" = 1\" -17",
            "m\\ x f\\=y=1",
            "mé,h=日本 s=\"😀\"",
        ] {
            assert_eq!(of(text), Sureness::Plain, "{text}");
        }
    }

    /// Each of these is refused by one of the two grammars, or by one product's rules for names.
    #[test]
    fn what_one_grammar_refuses_is_odd() {
        for text in [
            "m f=.5",
            "m f=5.",
            "m f=+1",
            "m f=1u",
            "m f=1e5",
            "m,f=a f=1",
            "m,_field=a f=1",
            "m time=1",
            " m f=1",
            "m f=1 17 ",
            "m f=1,",
            "m f=1, 5",
            "m  f=1",
            "m\tf=1",
            "m,t=a,t=b f=1",
            "m,t=a=b f=1",
            "m f=\"a\"b",
            "m\\ f=1",
            "m f=1\r",
            "m f=1e400",
            "m f=0x10",
            "m f=-",
            "m,,=b f=1",
            "m,o,=b f=1",
            "m f=1 -",
            "m ,=f",
            "m f,g=1",
            "m f=1,,=2",
        ] {
            assert_eq!(of(text), Sureness::Odd, "{text}");
        }
    }

    #[test]
    fn what_no_grammar_takes_is_malformed() {
        for text in [
            "m",
            "m,t=a",
            "m f",
            "m f=",
            "m f= 17",
            "m =1",
            ",t=a f=1",
            "m,t f=1",
            "m,=a f=1",
            "m,t= f=1",
            "m, f=1",
            "m f=abc",
            "m f=NaN",
            "m f=1x",
            "m f=1 abc",
            "m f=1 1.5",
            "m f=1 17 18",
            "m f=1,g",
            "m f=1,g=",
            "m f=1,=2",
            "m 17",
            "m f=99999999999999999999i",
            "m f=1 99999999999999999999",
            "m f=\"abc",
        ] {
            assert_eq!(of(text), Sureness::Malformed, "{text}");
        }
    }
}
