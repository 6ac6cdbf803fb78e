//! A saved run: the events of a report in JSON, read back. What cannot be read is told with its line.

use crate::event::Event;
use std::io::{BufRead, Read};

/// No event is longer: a result keeps no body of many megabytes.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// The events of a report in JSON, one a line.
///
/// # Errors
/// What cannot be read, with its line.
pub fn read(mut from: impl BufRead) -> Result<Vec<Event>, String> {
    let mut events = Vec::new();
    let mut line = Vec::new();
    for n in 1_u64.. {
        line.clear();
        let fail = |why: String| format!("line {n}: {why}");
        let length = from.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut line);
        let length = length.map_err(|error| fail(error.to_string()))?;
        if length == 0 {
            break;
        }
        if line.len() as u64 > LONGEST_LINE {
            return Err(fail(format!("longer than {LONGEST_LINE} bytes: this is no report")));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let event = serde_json::from_slice(line.trim_ascii()).map_err(|error| {
            let cut =
                if line.ends_with(b"\n") { "" } else { " (the file ends here: is it whole?)" };
            fail(format!("no event of a report in JSON: {error}{cut}"))
        })?;
        events.push(event);
    }
    if events.is_empty() {
        return Err("there is no event in it: `lineproof run --format json` writes them".to_owned());
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::read;

    const GOOD: &str = r#"{"event":"begun","profile":"p@1","id":"a/b"}"#;

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        assert_eq!(read(format!("{GOOD}\n\r\n{GOOD}").as_bytes()).unwrap().len(), 2);
        for (text, says) in [
            (String::new(), "no event in it"),
            ("\n \n".to_owned(), "no event in it"),
            (
                format!("{GOOD}\n{{\"event\":\"begun\"}}\n"),
                "line 2: no event of a report in JSON: missing field",
            ),
            (format!("{GOOD}\n\n{}", &GOOD[..30]), "line 3: no event of a report in JSON: EOF"),
            (format!("{GOOD}\n\n{}", &GOOD[..30]), "is it whole?"),
            ("<html>\n".to_owned(), "line 1: no event"),
            (
                "{\"event\":\"other\"}\n".to_owned(),
                "line 1: no event of a report in JSON: unknown variant `other`",
            ),
        ] {
            let why = read(text.as_bytes()).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
        assert!(read(&b"\xff\xfe\n"[..]).unwrap_err().starts_with("line 1"));
    }
}
