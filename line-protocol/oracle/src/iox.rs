//! The IOx grammar but for values: lines, measurement, tags, fields, timestamp.
//!
//! A part that does not fit may be tried another way (`Stop::Back`) or ends the line
//! (`Stop::Refused`); which of the two it is makes most of the grammar's surprises.

use crate::iox_value::{field_value, signed_digits};
use crate::{Item, Point, Value};

pub(crate) enum Stop {
    Back,
    Refused(String),
}

/// What was read, and the rest of the line.
pub(crate) type Read<'a, T> = Result<(T, &'a str), Stop>;

/// What differs between the two releases.
#[derive(Clone, Copy)]
pub(crate) struct Release {
    since_3_9: bool,
}

pub(crate) fn read(body: &str, since_3_9: bool) -> Vec<Item> {
    let release = Release { since_3_9 };
    let mut items = Vec::new();
    for piece in pieces(body) {
        let line = without_comments(piece);
        if line.is_empty() {
            continue;
        }
        items.push(match point(line, release) {
            Ok(point) => Item::Point(point),
            Err(message) => {
                let shown = body.lines().nth(items.len()).unwrap_or_default();
                let shown = Some(shown.as_bytes().to_vec());
                Item::Error { message: message.into_bytes(), shown }
            }
        });
    }
    items
}

/// The body cut at the line breaks that are neither escaped nor in a string.
fn pieces(body: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let (mut escaped, mut in_string, mut space_seen) = (false, false, false);
    let (mut equals, mut commas) = (0, 0);
    for (at, c) in body.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match c {
            '\\' => escaped = true,
            ' ' => space_seen = true,
            '=' if space_seen && !in_string => equals += 1,
            ',' if space_seen && !in_string => commas += 1,
            '"' if space_seen && equals > commas => in_string = !in_string,
            '\n' if !in_string => {
                pieces.push(&body[start..at]);
                start = at + 1;
                (space_seen, equals, commas) = (false, 0, 0);
            }
            _ => {}
        }
    }
    pieces.push(&body[start..]);
    pieces
}

/// Without the blanks and the comments at the start.
fn without_comments(piece: &str) -> &str {
    let line = piece.trim_start_matches([' ', '\t', '\n']);
    match line.starts_with('#') {
        true => without_comments(line.find('\n').map_or("", |end| &line[end..])),
        false => line,
    }
}

fn point(line: &str, release: Release) -> Result<Point, String> {
    let told = |stop: Stop, text: &str| match stop {
        Stop::Back => text.to_owned(),
        Stop::Refused(message) => message,
    };
    let (measurement, rest) = name(line, &[' ', '\t', '\n', '\0', ','], ", \\", release)
        .map_err(|stop| told(stop, "Invalid measurement was provided"))?;
    let (tags, rest) = match rest.strip_prefix(',') {
        Some(rest) => tags(rest, release).map_err(|stop| told(stop, "Tag Set Malformed"))?,
        None => (Vec::new(), rest),
    };
    let rest = spaces(rest).ok_or_else(|| release.no_space(rest))?;
    let (fields, rest) =
        fields(rest, release).map_err(|stop| told(stop, "No fields were provided"))?;
    let (timestamp, rest) = match timestamp(rest, release) {
        Ok((number, rest)) => (Some(number), rest),
        Err(Stop::Back) => (None, rest),
        Err(Stop::Refused(message)) => return Err(message),
    };
    if !rest.is_empty() {
        let rest = release.quoted_and_cut(rest);
        return Err(format!("Could not parse entire line. Found trailing content: {rest}"));
    }
    let bytes = String::into_bytes;
    Ok(Point {
        measurement: bytes(measurement),
        tags: tags.into_iter().map(|(key, value)| (bytes(key), bytes(value))).collect(),
        fields: fields.into_iter().map(|(key, value)| (bytes(key), value)).collect(),
        timestamp,
    })
}

/// A name up to one of `ends`. A backslash goes where it stands before a byte of `escapable`, and
/// takes the end's meaning from any character.
fn name<'a>(text: &'a str, ends: &[char], escapable: &str, release: Release) -> Read<'a, String> {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.clone().next().filter(|c| !ends.contains(c)) {
        rest.next();
        if c != '\\' {
            out.push(c);
            continue;
        }
        let next = rest.next();
        if !next.is_some_and(|next| escapable.contains(next)) {
            out.push('\\');
        }
        out.extend(next);
    }
    if rest.as_str().len() == text.len() {
        return Err(Stop::Back);
    }
    if out.ends_with('\\') {
        let text = "Measurements, tag keys and values, and field keys may not end with a backslash";
        return Err(Stop::Refused(text.to_owned()));
    }
    release.check_length(&out)?;
    Ok((out, rest.as_str()))
}

const KEY_ENDS: [char; 4] = [' ', '\t', '\n', '='];
const VALUE_ENDS: [char; 4] = [' ', '\t', '\n', ','];
const ESCAPABLE: &str = "\\,= ";

type Tag = (String, String);

fn tags(text: &str, release: Release) -> Read<'_, Vec<Tag>> {
    let (first, mut rest) = tag(text, text, release)?;
    let mut tags = vec![first];
    while let Some(after) = rest.strip_prefix(',') {
        match tag(after, text, release) {
            Ok((next, left)) => {
                tags.push(next);
                rest = left;
            }
            // The comma is left to whoever reads on.
            Err(Stop::Back) => break,
            Err(refused) => return Err(refused),
        }
    }
    Ok((tags, rest))
}

/// One tag. Since 3.9 one that does not fit is refused by name; `all` is the whole of the tags.
fn tag<'a>(text: &'a str, all: &str, release: Release) -> Read<'a, Tag> {
    let expected = |stop: Stop, what: &str, input: &str| match stop {
        Stop::Back if release.since_3_9 => {
            let got = match input {
                "" => "end of input".to_owned(),
                input => release.quoted_and_cut(input),
            };
            Stop::Refused(format!("Expected {what}, got {got}"))
        }
        stop => stop,
    };
    let (key, rest) = name(text, &KEY_ENDS, ESCAPABLE, release)
        .map_err(|stop| expected(stop, "tag key", text))?;
    let Some(rest) = rest.strip_prefix('=') else {
        let all = release.quoted_and_cut(all);
        let message = format!("Tag set malformed: could not find equals sign in {all}");
        return Err(if release.since_3_9 { Stop::Refused(message) } else { Stop::Back });
    };
    let (value, rest) = name(rest, &VALUE_ENDS, ESCAPABLE, release)
        .map_err(|stop| expected(stop, "tag value", rest))?;
    Ok(((key, value), rest))
}

type Field = (String, Value);

fn fields(text: &str, release: Release) -> Read<'_, Vec<Field>> {
    let (first, mut rest) = field(text, release)?;
    let mut fields = vec![first];
    while let Some(after) = rest.strip_prefix(',') {
        match field(after, release) {
            Ok((next, left)) => {
                fields.push(next);
                rest = left;
            }
            Err(Stop::Back) => {
                // The comma behind the first field is gone, that behind a later one is not.
                rest = if fields.len() == 1 { after } else { rest };
                break;
            }
            Err(refused) => return Err(refused),
        }
    }
    Ok((fields, rest))
}

fn field(text: &str, release: Release) -> Read<'_, Field> {
    let (key, rest) = name(text, &KEY_ENDS, ESCAPABLE, release)?;
    let rest = rest.strip_prefix('=').ok_or(Stop::Back)?;
    let (value, rest) = field_value(rest, release)?;
    Ok(((key, value), rest))
}

fn timestamp(text: &str, release: Release) -> Read<'_, i64> {
    let (digits, rest) = signed_digits(spaces(text).ok_or(Stop::Back)?)?;
    let number = digits.parse().map_err(|_| release.no_number("timestamp", digits))?;
    Ok((number, spaces(rest).unwrap_or(rest)))
}

/// What is behind one or more spaces.
fn spaces(text: &str) -> Option<&str> {
    text.starts_with(' ').then(|| text.trim_start_matches(' '))
}

impl Release {
    fn quoted(self, text: &str) -> String {
        if self.since_3_9 { format!("`{text}`") } else { format!("'{text}'") }
    }

    /// Since 3.9, what is longer than ten bytes is cut to ten characters.
    fn quoted_and_cut(self, text: &str) -> String {
        if self.since_3_9 && text.len() > 10 {
            let start: String = text.chars().take(10).collect();
            return self.quoted(&format!("{start}..."));
        }
        self.quoted(text)
    }

    fn no_space(self, text: &str) -> String {
        match (self.since_3_9, text) {
            (false, _) => "A generic parsing error occurred: TakeWhile1".to_owned(),
            (true, "") => "Expected at least one space character, got end of input".to_owned(),
            (true, text) => {
                format!("Expected at least one space character, got {}", self.quoted(text))
            }
        }
    }

    pub(crate) fn no_number(self, what: &str, digits: &str) -> Stop {
        Stop::Refused(format!("Unable to parse {what} value {}", self.quoted(digits)))
    }

    pub(crate) fn check_length(self, text: &str) -> Result<(), Stop> {
        let (limit, shown) = if self.since_3_9 { (1 << 20, "1MB") } else { (1 << 16, "64KB") };
        match text.len() > limit {
            true => Err(Stop::Refused(format!("String is greater than {shown}"))),
            false => Ok(()),
        }
    }
}
