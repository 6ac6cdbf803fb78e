//! The fields of an IOx line.

use super::name::Names;
use super::number;
use crate::error::ParseErrorKind as Kind;
use crate::fault::Fault;
use crate::tape::{Name, Tape, Value};
use memchr::memchr2;

/// ```text
/// fields = field *( "," field )
/// field  = key "=" value
/// ```
/// Returns where the set ends. A comma after the first field is taken along even if no field
/// follows; a comma after a later field is not.
pub(super) fn read(
    line: &[u8],
    start: usize,
    names: &Names,
    tape: &mut Tape,
) -> Result<usize, Fault> {
    let Some((first, mut end)) = read_field(line, start, names, tape)? else {
        return Err(Fault::new(Kind::MissingFields, start..line.len()));
    };
    tape.fields.push(first);
    while line.get(end) == Some(&b',') {
        match read_field(line, end + 1, names, tape)? {
            Some((field, next)) => {
                tape.fields.push(field);
                end = next;
            }
            None if tape.fields.len() == 1 => return Ok(end + 1),
            None => break,
        }
    }
    Ok(end)
}

type Read<T> = Result<Option<(T, usize)>, Fault>;

fn read_field(line: &[u8], start: usize, names: &Names, tape: &mut Tape) -> Read<(Name, Value)> {
    let Some((key, equals)) = names.key(line, start, tape)? else { return Ok(None) };
    if line.get(equals) != Some(&b'=') {
        return Ok(None);
    }
    let value = read_value(line, equals + 1, names, tape)?;
    Ok(value.map(|(value, end)| ((key, value), end)))
}

/// ```text
/// value   = integer / unsigned / float / string / boolean
/// boolean = "true" / "True" / "TRUE" / "t" / "T" / "false" / "False" / "FALSE" / "f" / "F"
/// ```
/// The longest of the booleans' spellings is taken; what follows is not looked at.
fn read_value(line: &[u8], start: usize, names: &Names, tape: &mut Tape) -> Read<Value> {
    let rest = &line[start..];
    let boolean = |value, length| Ok(Some((Value::Boolean(value), start + length)));
    match rest {
        [b'-' | b'0'..=b'9', ..] => number::read(line, start),
        [b'"', ..] => read_string(line, start, names, tape),
        [b't', b'r', b'u', b'e', ..]
        | [b'T', b'r', b'u', b'e', ..]
        | [b'T', b'R', b'U', b'E', ..] => boolean(true, 4),
        [b't' | b'T', ..] => boolean(true, 1),
        [b'f', b'a', b'l', b's', b'e', ..]
        | [b'F', b'a', b'l', b's', b'e', ..]
        | [b'F', b'A', b'L', b'S', b'E', ..] => boolean(false, 5),
        [b'f' | b'F', ..] => boolean(false, 1),
        _ => Ok(None),
    }
}

/// ```text
/// string = DQUOTE *( "\" DQUOTE / "\\" / any byte but DQUOTE ) DQUOTE
/// ```
/// A backslash before anything else is a byte like any other.
fn read_string(line: &[u8], start: usize, names: &Names, tape: &mut Tape) -> Read<Value> {
    let mut at = start + 1;
    let end = loop {
        match memchr2(b'"', b'\\', &line[at..]) {
            None => return Ok(None),
            Some(skipped) if line[at + skipped] == b'"' => break at + skipped,
            Some(skipped) => {
                at += skipped + 1;
                if matches!(line.get(at), Some(b'"' | b'\\')) {
                    at += 1;
                }
            }
        }
    };
    let text = tape.name(line, start + 1..end, b"\"\\");
    if tape.text(line, text).len() > names.max_bytes {
        return Err(Fault::new(Kind::StringTooLong { limit: names.max_bytes }, start..end + 1));
    }
    Ok(Some((Value::String(text), end + 1)))
}
