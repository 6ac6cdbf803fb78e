//! Where strings open and close in a line, by the rule that splits bodies into lines.
//!
//! Both grammars split alike: quotes count after the first space, where a value may be. What a
//! string means is not known here.

use super::place::Places;
use std::ops::Range;

/// A string in a line, by its quotes.
#[derive(Debug)]
pub(crate) struct Quoted {
    pub(crate) open: usize,
    /// None if it reaches to the end.
    pub(crate) close: Option<usize>,
    /// In which field of the line.
    pub(crate) field: usize,
}

/// The strings of a line, as positions in it.
pub(crate) fn strings(line: &[u8]) -> impl Iterator<Item = Quoted> {
    let mut at = 0;
    let mut in_fields = false;
    let (mut equals, mut commas) = (0, 0);
    let mut open = None;
    std::iter::from_fn(move || {
        while let Some(byte) = line.get(at) {
            let here = at;
            at += if *byte == b'\\' { 2 } else { 1 };
            match byte {
                b' ' => in_fields = true,
                b'=' if in_fields && open.is_none() => equals += 1,
                b',' if in_fields && open.is_none() => commas += 1,
                b'"' if in_fields && equals > commas => match open.take() {
                    Some(open) => return Some(Quoted { open, close: Some(here), field: commas }),
                    None => open = Some(here),
                },
                _ => {}
            }
        }
        open.take().map(|open| Quoted { open, close: None, field: commas })
    })
}

/// Why several lines were read as one, if they were.
pub(crate) fn why_one(body: &[u8], line: &Range<usize>, places: &Places<'_>) -> Option<String> {
    let (first, last) = lines(line, places);
    if first == last {
        return None;
    }
    let text = body.get(line.clone()).unwrap_or_default();
    let breaks =
        |string: &Quoted| text[string.open..string.close.unwrap_or(text.len())].contains(&b'\n');
    let why = strings(text).find(breaks).map(|string| {
        let open = places.of(line.start + string.open);
        let end = match string.close {
            Some(close) => {
                format!("closed on line {} only", places.of(line.start + close).line)
            }
            None => "never closed".to_owned(),
        };
        format!("a string opens on line {}, column {} and is {end}; ", open.line, open.column)
    });
    Some(format!("{}lines {first} to {last} were read as one", why.unwrap_or_default()))
}

/// The first and the last physical line of what was read as one.
pub(crate) fn lines(line: &Range<usize>, places: &Places<'_>) -> (usize, usize) {
    // A line break at the end is the last line's own.
    let last = line.end.saturating_sub(1).max(line.start);
    (places.of(line.start).line, places.of(last).line)
}
