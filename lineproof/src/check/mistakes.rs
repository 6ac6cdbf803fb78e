//! The commonest mistakes, and what helps.
//!
//! Nothing is guessed: each mistake is mended in a copy of the line, and told only if the dialect
//! then accepts the copy.

use super::dialects::Named;
use super::finding::accepts;
use super::{show, time};
use line_protocol::Options;
use std::ops::Range;

/// Longer lines are not written by hand.
const LONGEST: usize = 1 << 16;

const BOOLEANS: [&str; 10] =
    ["t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE"];

/// What stands for no value in other formats.
const NO_VALUES: [&str; 5] = ["nan", "inf", "infinity", "null", "nil"];

/// What helps, and the line so mended.
type Mended = (String, Vec<u8>);

/// What would make the dialect accept the line.
pub(crate) fn help(line: &[u8], dialect: &Named, options: &Options) -> Option<String> {
    if line.len() > LONGEST || line.contains(&b'\n') {
        return None;
    }
    let sketch = Sketch::new(line);
    let mends = [
        Sketch::bare_word,
        Sketch::no_value,
        Sketch::tab,
        Sketch::space_after_comma,
        Sketch::space_for_comma,
        Sketch::space_in_tag,
        Sketch::decimal_comma,
    ];
    let mended = mends.iter().filter_map(|mend| mend(&sketch));
    mended
        .chain(sketch.time_as_text(options))
        .find(|(_, mended)| accepts(dialect, mended, options).is_some())
        .map(|(help, _)| help)
}

/// A line as somebody meant it who knows the format roughly.
struct Sketch<'l> {
    line: &'l [u8],
    /// Up to the first space.
    head: Range<usize>,
    /// What follows, cut at spaces and commas outside strings; each after its separator.
    pieces: Vec<Range<usize>>,
}

impl<'l> Sketch<'l> {
    fn new(line: &'l [u8]) -> Self {
        let (mut at, mut start, mut quoted) = (0, 0, false);
        let (mut head, mut pieces) = (None, Vec::new());
        while at < line.len() {
            match line[at] {
                b'\\' => at += 1,
                b'"' if head.is_some() => quoted = !quoted,
                b' ' | b',' if quoted => {}
                b',' if head.is_none() => {}
                b' ' | b',' => {
                    match head {
                        None => head = Some(0..at),
                        Some(_) => pieces.push(start..at),
                    }
                    start = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        match head {
            None => head = Some(0..line.len()),
            Some(_) => pieces.push(start..line.len()),
        }
        Self { line, head: head.unwrap_or_default(), pieces }
    }

    fn piece(&self, number: usize) -> &'l [u8] {
        self.pieces.get(number).map_or(&[], |piece| &self.line[piece.clone()])
    }

    /// The byte before a piece.
    fn separator(&self, number: usize) -> u8 {
        self.pieces.get(number).map_or(b' ', |piece| self.line[piece.start - 1])
    }

    fn is_field(&self, number: usize) -> bool {
        self.piece(number).contains(&b'=')
    }

    /// The line with some pieces, or what separates them, written otherwise.
    fn rewritten(&self, write: impl Fn(usize, &mut Vec<u8>)) -> Vec<u8> {
        let mut line = self.line[self.head.clone()].to_vec();
        for number in 0..self.pieces.len() {
            write(number, &mut line);
        }
        line
    }

    fn as_it_is(&self, number: usize, line: &mut Vec<u8>) {
        line.push(self.separator(number));
        line.extend(self.piece(number));
    }

    /// `state=running`
    fn word(&self, number: usize) -> Option<(&'l str, &'l str)> {
        let (key, word) = std::str::from_utf8(self.piece(number)).ok()?.split_once('=')?;
        let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/@+".contains(&byte);
        let is_word = word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.bytes().all(inside)
            && !BOOLEANS.contains(&word);
        is_word.then_some((key, word))
    }

    fn bare_word(&self) -> Option<Mended> {
        let words = || (0..self.pieces.len()).filter_map(|number| self.word(number));
        if words().any(|(_, word)| is_no_value(word)) {
            return None;
        }
        let (key, word) = words().next()?;
        let mended = self.rewritten(|number, line| match self.word(number) {
            Some((key, word)) => {
                line.push(self.separator(number));
                line.extend(format!("{key}=\"{word}\"").bytes());
            }
            None => self.as_it_is(number, line),
        });
        let shown = show::text(format!("{key}=\"{word}\"").as_bytes());
        Some((format!("a string needs quotes: `{shown}`"), mended))
    }

    fn no_value(&self) -> Option<Mended> {
        let word = |number| self.word(number).filter(|(_, word)| is_no_value(word));
        let (_, first) = (0..self.pieces.len()).find_map(word)?;
        let mended = self.rewritten(|number, line| match word(number) {
            Some((key, _)) => {
                line.push(self.separator(number));
                line.extend(format!("{key}=0").bytes());
            }
            None => self.as_it_is(number, line),
        });
        Some((format!("there is no `{first}`; leave the field out"), mended))
    }

    fn tab(&self) -> Option<Mended> {
        let help = "a tab separates nothing: write a space".to_owned();
        let mended = || self.line.iter().map(|byte| if *byte == b'\t' { b' ' } else { *byte });
        self.line.contains(&b'\t').then(|| (help, mended().collect()))
    }

    /// `a=1 b=2`
    fn space_for_comma(&self) -> Option<Mended> {
        let is_it = |number: usize| {
            number > 0
                && self.separator(number) == b' '
                && self.is_field(number)
                && self.is_field(number - 1)
        };
        let first = (0..self.pieces.len()).find(|number| is_it(*number))?;
        let mended = self.rewritten(|number, line| {
            line.push(if is_it(number) { b',' } else { self.separator(number) });
            line.extend(self.piece(number));
        });
        let shown = self.joined(first - 1, b",", first);
        Some((format!("fields are separated by commas: `{shown}`"), mended))
    }

    /// `a=1, b=2`
    fn space_after_comma(&self) -> Option<Mended> {
        let is_it = |number: usize| {
            number > 1
                && self.separator(number) == b' '
                && self.separator(number - 1) == b','
                && self.piece(number - 1).is_empty()
        };
        let first = (0..self.pieces.len()).find(|number| is_it(*number))?;
        let mended = self.rewritten(|number, line| {
            if is_it(number) {
                line.extend(self.piece(number));
            } else {
                self.as_it_is(number, line);
            }
        });
        let shown = self.joined(first - 2, b",", first);
        Some((format!("no space follows the comma: `{shown}`"), mended))
    }

    /// `m,host=server 1 a=1`
    fn space_in_tag(&self) -> Option<Mended> {
        let head = &self.line[self.head.clone()];
        let value = head.contains(&b',').then(|| head.iter().rposition(|byte| *byte == b'='))??;
        let begins_fields =
            |number: &usize| self.separator(*number) == b' ' && self.is_field(*number);
        let fields = (0..self.pieces.len()).find(begins_fields).filter(|first| *first > 0)?;
        let is_it = |number: usize| number < fields && self.separator(number) == b' ';
        let escaped = |number: usize, line: &mut Vec<u8>| {
            line.extend(is_it(number).then_some(b'\\'));
            self.as_it_is(number, line);
        };
        let mut shown = head[value + 1..].to_vec();
        (0..fields).take_while(|number| is_it(*number)).for_each(|n| escaped(n, &mut shown));
        let help = format!("a space in a tag needs a backslash: `{}`", show::text(&shown));
        Some((help, self.rewritten(escaped)))
    }

    /// `a=1,5`
    fn decimal_comma(&self) -> Option<Mended> {
        let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        let whole = |text: &[u8]| {
            let value = text.iter().position(|byte| *byte == b'=').map(|at| &text[at + 1..]);
            value.is_some_and(|value| digits(value.strip_prefix(b"-").unwrap_or(value)))
        };
        let is_it = |number: usize| {
            number > 0
                && self.separator(number) == b','
                && digits(self.piece(number))
                && whole(self.piece(number - 1))
        };
        let first = (0..self.pieces.len()).find(|number| is_it(*number))?;
        let mended = self.rewritten(|number, line| {
            line.push(if is_it(number) { b'.' } else { self.separator(number) });
            line.extend(self.piece(number));
        });
        let shown = self.joined(first - 1, b".", first);
        Some((format!("a decimal point, not a comma: `{shown}`"), mended))
    }

    /// `m a=1 2026-01-01T00:00:00Z`
    fn time_as_text(&self, options: &Options) -> Option<Mended> {
        let last = (1..self.pieces.len()).rfind(|number| !self.piece(*number).is_empty())?;
        let text = std::str::from_utf8(self.piece(last)).ok()?;
        let (integer, unit) = time::integer(text, options.precision)?;
        let mended = self.rewritten(|number, line| {
            if number == last {
                line.push(self.separator(number));
                line.extend(integer.to_string().bytes());
            } else {
                self.as_it_is(number, line);
            }
        });
        Some((format!("a time is an integer: {integer} (in {unit}), not `{text}`"), mended))
    }

    fn joined(&self, one: usize, by: &[u8], other: usize) -> String {
        show::text(&[self.piece(one), by, self.piece(other)].concat())
    }
}

fn is_no_value(word: &str) -> bool {
    NO_VALUES.iter().any(|known| known.eq_ignore_ascii_case(word))
}
