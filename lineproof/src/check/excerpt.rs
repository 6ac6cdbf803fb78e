//! The lines around an error, with their numbers, and the carets below.
//!
//! Works on the bytes near the error only: a line may be as long as the file.

use super::place::Place;
use super::show::{COLUMN_BYTES, cells, last_columns, width};
use memchr::memchr;
use std::ops::Range;

/// How many columns of a line are shown, and how many of them before the error.
const WIDTH: usize = 100;
const BEFORE: usize = 40;

/// How many lines of an error that reaches over several are shown.
const LINES: usize = 3;

/// A row of an excerpt.
pub(crate) enum Row {
    /// A line: its number, its text, and where the carets go, as columns from 0.
    Line(usize, String, Option<Range<usize>>),
    /// Some lines that are left out.
    Gap,
}

/// The rows for an error in the line that begins at `first`, whose wrong part is `span`, which
/// begins at `place`.
pub(crate) fn excerpt(body: &[u8], first: Place, span: &Range<usize>, place: Place) -> Vec<Row> {
    let mut rows = Vec::new();
    if first.line < place.line {
        let line = line_at(body, first.start);
        rows.push(Row::Line(first.line, window(body, line, None).0, None));
        if first.line + 1 < place.line {
            rows.push(Row::Gap);
        }
    }
    let mut start = place.start;
    for number in place.line.. {
        let line = line_at(body, start);
        let marked = span.start.clamp(start, line.end)..span.end.clamp(start, line.end);
        let next = line.end + 1;
        let (text, carets) = window(body, line, Some(marked));
        rows.push(Row::Line(number, text, carets));
        if next >= span.end.min(body.len()) {
            break;
        }
        if number + 1 - place.line == LINES {
            rows.push(Row::Gap);
            break;
        }
        start = next;
    }
    rows
}

fn line_at(body: &[u8], start: usize) -> Range<usize> {
    start..memchr(b'\n', &body[start..]).map_or(body.len(), |length| start + length)
}

/// As much of a line as there is room for, and where in that the marked bytes stand. What is marked
/// gets one caret if it is empty.
fn window(
    body: &[u8],
    line: Range<usize>,
    marked: Option<Range<usize>>,
) -> (String, Option<Range<usize>>) {
    let focus = marked.as_ref().map_or(line.start, |marked| marked.start);
    let fits = line.len() <= WIDTH * COLUMN_BYTES && width(&body[line.clone()]) <= WIDTH;
    let before = if fits {
        cells(&body[line.start..focus]).collect()
    } else {
        last_columns(&body[line.start..focus], BEFORE)
    };
    let shown: usize = before.iter().map(|cell| cell.bytes).sum();
    let mut text = if focus - shown > line.start { "...".to_owned() } else { String::new() };
    let mut column = text.len();
    for cell in &before {
        text += &cell.text;
        column += cell.width;
    }
    let (from, mut to) = (column, column);
    let mut at = focus;
    let near = line.end.min(focus + WIDTH * COLUMN_BYTES);
    for cell in cells(&body[focus..near]) {
        if !fits && column + cell.width > WIDTH {
            break;
        }
        text += &cell.text;
        column += cell.width;
        if marked.as_ref().is_some_and(|marked| at < marked.end) {
            to = column;
        }
        at += cell.bytes;
    }
    if at < line.end {
        text += "...";
    }
    (text, marked.map(|_| from..to.max(from + 1)))
}
