//! A saved run: the events of a report in JSON, read back with care, since a file may come from another
//! version, from a run that was killed, or from anywhere. Some ask for the whole of it, some take what
//! is there; what cannot be read at all is told with its line.

use crate::event::Event;
use serde_json::Value as Json;
use std::io::{BufRead, Read};

/// No event is longer: a result keeps no body of many megabytes.
const LONGEST: u64 = 64 << 20;

/// No more is kept in memory.
const MOST: u64 = 1 << 30;

/// What was found in a file.
#[derive(Debug, Default)]
pub struct Saved {
    /// The events.
    pub events: Vec<Event>,
    /// How many lines are events of a kind that is not known here.
    pub unknown: usize,
}

/// What is there of a run: events of a kind that is not known are left out, and the file may end in the
/// middle of a line.
///
/// # Errors
/// The first line that is no event, by its number.
pub fn read(from: impl BufRead) -> Result<Saved, String> {
    let mut saved = Saved::default();
    each(from, |line| {
        match line {
            Line::Event(event) => saved.events.push(*event),
            Line::Unknown(_) => saved.unknown += 1,
            // What is missing is told by what is not finished.
            Line::Cut(_) => {}
        }
        Ok(())
    })?;
    Ok(saved)
}

/// The whole of a run: every line is an event that is known, and there is one.
///
/// # Errors
/// The first line that is none, by its number.
pub fn whole(from: impl BufRead) -> Result<Vec<Event>, String> {
    let mut events = Vec::new();
    each(from, |line| match line {
        Line::Event(event) => {
            events.push(*event);
            Ok(())
        }
        Line::Unknown(kind) => Err(format!("an event that this version does not know ({kind:?})")),
        Line::Cut(error) => Err(format!("{error} (the file ends here: is it whole?)")),
    })?;
    if events.is_empty() {
        return Err("there is no event in it: `lineproof run --format json` writes them".to_owned());
    }
    Ok(events)
}

/// What a line is.
enum Line {
    Event(Box<Event>),
    /// An event of this kind, which is not known here.
    Unknown(String),
    /// The last one, which ends too early.
    Cut(String),
}

/// Hands over what each line is.
fn each(
    mut from: impl BufRead,
    mut take: impl FnMut(Line) -> Result<(), String>,
) -> Result<(), String> {
    let mut bytes = Vec::new();
    let mut all = 0;
    for number in 1_usize.. {
        bytes.clear();
        let wrong = |why: String| format!("line {number}: {why}");
        let read = from.by_ref().take(LONGEST).read_until(b'\n', &mut bytes);
        let length = read.map_err(|error| wrong(error.to_string()))? as u64;
        if length == 0 {
            break;
        }
        all += length;
        let is_ended = bytes.ends_with(b"\n");
        if (!is_ended && length == LONGEST) || all > MOST {
            return Err(wrong("too long: this is no run that lineproof has saved".to_owned()));
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        // A file that has nothing but the beginning of a line is no run that was cut off.
        let may_be_cut = !is_ended && number > 1;
        line(&bytes, may_be_cut).and_then(&mut take).map_err(wrong)?;
    }
    Ok(())
}

fn line(bytes: &[u8], may_be_cut: bool) -> Result<Line, String> {
    let error = match serde_json::from_slice(bytes) {
        Ok(event) => return Ok(Line::Event(Box::new(event))),
        Err(error) => error,
    };
    let json: Json = match serde_json::from_slice(bytes) {
        Ok(json) => json,
        Err(error) => {
            let why = format!("not a line of JSON ({error})");
            return if may_be_cut && error.is_eof() { Ok(Line::Cut(why)) } else { Err(why) };
        }
    };
    match json["event"].as_str() {
        Some("started" | "begun" | "case" | "finished") => {
            Err(format!("an event that cannot be read ({error})"))
        }
        Some(kind) => Ok(Line::Unknown(kind.chars().take(40).collect())),
        None => Err("not an event of `lineproof run --format json`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{read, whole};

    const GOOD: &str = r#"{"event":"begun","profile":"p@1","id":"a/b"}"#;
    const NEWER: &str = r#"{"event":"weather","profile":"p@1"}"#;

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let blank_lines = format!("{GOOD}\n\r\n{GOOD}");
        assert_eq!(whole(blank_lines.as_bytes()).unwrap().len(), 2);
        assert_eq!(read(blank_lines.as_bytes()).unwrap().events.len(), 2);
        for (text, says) in [
            (format!("{GOOD}\n{{\"event\":\"begun\"}}\n"), "line 2: an event that cannot be read"),
            (format!("{GOOD}\n\n{}\n", &GOOD[..30]), "line 3: not a line of JSON ("),
            (GOOD[..30].to_owned(), "line 1: not a line of JSON (EOF"),
            ("<html>\n".to_owned(), "line 1: not a line of JSON"),
            ("{\"a\":1}\n".to_owned(), "line 1: not an event of `lineproof run"),
            ("[]\n".to_owned(), "line 1: not an event of `lineproof run"),
        ] {
            for why in [whole(text.as_bytes()).unwrap_err(), read(text.as_bytes()).unwrap_err()] {
                assert!(why.contains(says), "{why}");
            }
        }
        assert!(whole(&b"\xff\xfe\n"[..]).unwrap_err().starts_with("line 1"));
        let endless = std::io::Read::take(std::io::repeat(b'x'), 1 << 30);
        let why = read(std::io::BufReader::new(endless)).unwrap_err();
        assert!(why.starts_with("line 1: too long"), "{why}");
    }

    #[test]
    fn what_is_missing_is_no_error_to_who_takes_what_is_there() {
        for (text, unknown, events, says) in [
            (String::new(), 0, 0, "there is no event in it"),
            ("\n \n".to_owned(), 0, 0, "there is no event in it"),
            (format!("{GOOD}\n\n{}", &GOOD[..30]), 0, 1, "line 3: not a line of JSON (EOF"),
            (format!("{GOOD}\n\n{}", &GOOD[..30]), 0, 1, "is it whole?"),
            (format!("{NEWER}\n{GOOD}"), 1, 1, "line 1: an event that this version does not know"),
        ] {
            let saved = read(text.as_bytes()).unwrap();
            assert_eq!((saved.unknown, saved.events.len()), (unknown, events), "{text}");
            let why = whole(text.as_bytes()).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
    }
}
