//! Bytes as something that a terminal shows as it was meant.
//!
//! What cannot be seen gets a picture (`␉`) or its number (`\u{202e}`), what is no UTF-8 its value
//! (`\xff`): nothing in a body may move the cursor, and carets must stand where they should.

use std::borrow::Cow;
use unicode_width::UnicodeWidthChar;

/// What one character, or one byte that belongs to none, is shown as.
pub(crate) struct Cell {
    pub(crate) text: Cow<'static, str>,
    /// How many columns it takes.
    pub(crate) width: usize,
    /// How many bytes it stands for.
    pub(crate) bytes: usize,
}

/// How many columns of a long text are shown, at its beginning and at its end.
const HEAD: usize = 120;
const TAIL: usize = 60;

/// The most bytes that a column takes.
pub(crate) const COLUMN_BYTES: usize = 4;

/// The cells of some bytes.
pub(crate) fn cells(bytes: &[u8]) -> impl Iterator<Item = Cell> {
    bytes.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid().chars().map(character);
        valid.chain(chunk.invalid().iter().map(|byte| escape(format!("\\x{byte:02x}"), 1)))
    })
}

/// How many columns they take.
pub(crate) fn width(bytes: &[u8]) -> usize {
    cells(bytes).map(|cell| cell.width).sum()
}

/// A text within a sentence: its beginning and its end if it is long.
pub(crate) fn text(bytes: &[u8]) -> String {
    const ALL: usize = HEAD + TAIL;
    if bytes.len() <= ALL * COLUMN_BYTES && width(bytes) <= ALL {
        return cells(bytes).map(|cell| cell.text).collect();
    }
    let mut text = String::new();
    let mut room = HEAD;
    for cell in cells(&bytes[..bytes.len().min(HEAD * COLUMN_BYTES)]) {
        let Some(left) = room.checked_sub(cell.width) else { break };
        room = left;
        text += &cell.text;
    }
    text += "...";
    text.extend(last_columns(bytes, TAIL).into_iter().map(|cell| cell.text));
    text
}

/// The cells at the end that fit into so many columns.
pub(crate) fn last_columns(bytes: &[u8], columns: usize) -> Vec<Cell> {
    let from = boundary(bytes, bytes.len().saturating_sub(columns * COLUMN_BYTES));
    let mut kept: Vec<_> = cells(&bytes[from..]).collect();
    let mut taken: usize = kept.iter().map(|cell| cell.width).sum();
    let mut dropped = 0;
    while taken > columns {
        taken -= kept[dropped].width;
        dropped += 1;
    }
    kept.split_off(dropped)
}

/// The last place up to `at` that is not inside a character.
fn boundary(bytes: &[u8], at: usize) -> usize {
    // A character has at most three bytes after its first.
    let starts = |at: &usize| bytes.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80);
    (at.saturating_sub(3)..=at).rev().find(starts).unwrap_or(at)
}

/// What the pictures in a shown text stand for.
pub(crate) fn legend(shown: &str) -> Option<String> {
    let known = [('␉', "a tab"), ('␍', "a carriage return"), ('␊', "a line break"), ('␀', "NUL")];
    let found: Vec<_> = known
        .iter()
        .filter(|(picture, _)| shown.contains(*picture))
        .map(|(picture, name)| format!("{picture} is {name}"))
        .collect();
    (!found.is_empty()).then(|| found.join(", "))
}

fn character(c: char) -> Cell {
    let bytes = c.len_utf8();
    let picture = match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32),
        '\x7f' => Some('␡'),
        _ => None,
    };
    match (picture, c.width()) {
        (Some(picture), _) => Cell { text: picture.to_string().into(), width: 1, bytes },
        (None, Some(width @ 1..)) => Cell { text: c.to_string().into(), width, bytes },
        (None, _) => escape(c.escape_unicode().to_string(), bytes),
    }
}

fn escape(text: String, bytes: usize) -> Cell {
    Cell { width: text.len(), text: text.into(), bytes }
}
