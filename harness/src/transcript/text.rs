//! A transcript as text, and back.
//!
//! ```text
//! 1 write
//!   status 400
//!   content-type: application/json
//!   | {"error":"…"}␊
//!   ! line 2 LOST: cpu f=1 2
//! 2 read_back
//!   = cpu f=1 1
//! ```

use super::{Answer, Outcome, Promise, Record, Transcript};
use std::fmt::{self, Write};

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, record) in self.steps.iter().enumerate() {
            writeln!(f, "{} {}", n + 1, record.action)?;
            f.write_str(&record.outcome.to_string())?;
            for difference in &record.ledger {
                writeln!(f, "  ! {}", pictured(difference).replace('\n', "␊"))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => {
                writeln!(f, "  status {}", answer.status)?;
                for (name, value) in &answer.headers {
                    writeln!(f, "  {name}: {}", pictured(value))?;
                }
                write_body(f, &answer.body)
            }
            Self::NoAnswer(why) => writeln!(f, "  no answer: {}", pictured(why)),
            Self::Stored(points) if points.is_empty() => writeln!(f, "  nothing stored"),
            Self::Stored(points) => {
                points.iter().try_for_each(|point| writeln!(f, "  = {}", pictured(point)))
            }
            Self::NotAsked => writeln!(f, "  not asked"),
            Self::Waited => writeln!(f, "  waited"),
            Self::Promised(promise) => promise.fmt(f),
            Self::Unsaid => writeln!(f, "  unsaid"),
            Self::Unreadable(why) => writeln!(f, "  ? {}", pictured(why).replace('\n', "␊")),
        }
    }
}

fn write_body(f: &mut fmt::Formatter<'_>, body: &str) -> fmt::Result {
    if body.is_empty() {
        return Ok(());
    }
    let (text, end) = body.strip_suffix('\n').map_or((body, ""), |text| (text, "␊"));
    let mut lines = String::new();
    for line in text.split('\n') {
        let _ = writeln!(lines, "  | {}", pictured(line));
    }
    lines.pop();
    writeln!(f, "{lines}{end}")
}

impl Transcript {
    /// Reads a transcript from its text.
    ///
    /// # Errors
    /// The first line that is none of a transcript.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut steps: Vec<Record> = Vec::new();
        for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let wrong = || format!("line {} is none of a transcript: {line}", n + 1);
            let Some(entry) = line.strip_prefix("  ") else {
                let (_, action) = line.split_once(' ').ok_or_else(wrong)?;
                let outcome = Outcome::Stored(Vec::new());
                steps.push(Record { action: action.to_owned(), outcome, ledger: Vec::new() });
                continue;
            };
            let record = steps.last_mut().ok_or_else(wrong)?;
            entry_of(record, entry).ok_or_else(wrong)?;
        }
        for record in &mut steps {
            if let Outcome::Answer(answer) = &mut record.outcome
                && let Some(body) = answer.body.strip_suffix("\n")
            {
                answer.body =
                    body.strip_suffix('␊').map_or_else(|| body.to_owned(), |b| format!("{b}\n"));
            }
        }
        Ok(Self { steps })
    }
}

/// Takes one line of a step into its record.
fn entry_of(record: &mut Record, entry: &str) -> Option<()> {
    if entry == "nothing stored" {
        return matches!(&record.outcome, Outcome::Stored(_)).then_some(());
    }
    let bare = match entry {
        "not asked" => Some(Outcome::NotAsked),
        "waited" => Some(Outcome::Waited),
        "unsaid" => Some(Outcome::Unsaid),
        _ => None,
    };
    if let Some(outcome) = bare {
        record.outcome = outcome;
        return Some(());
    }
    // A difference of the ledger may follow on any outcome.
    if let Outcome::Promised(promise) = &mut record.outcome
        && !entry.starts_with("! ")
    {
        return promise.add(&unpictured(entry));
    }
    if let Some(statuses) = entry.strip_prefix("promised ") {
        record.outcome = Outcome::Promised(Promise::of_statuses(statuses)?);
    } else if let Some(status) = entry.strip_prefix("status ") {
        let answer = Answer { status: status.parse().ok()?, ..Answer::default() };
        record.outcome = Outcome::Answer(answer);
    } else if let Some(why) = entry.strip_prefix("no answer: ") {
        record.outcome = Outcome::NoAnswer(unpictured(why));
    } else if let Some(why) = entry.strip_prefix("? ") {
        record.outcome = Outcome::Unreadable(unpictured(why).replace('␊', "\n"));
    } else if let Some(difference) = entry.strip_prefix("! ") {
        record.ledger.push(unpictured(difference).replace('␊', "\n"));
    } else if let Some(point) = entry.strip_prefix("= ") {
        let Outcome::Stored(points) = &mut record.outcome else { return None };
        points.push(unpictured(point));
    } else {
        let Outcome::Answer(answer) = &mut record.outcome else { return None };
        // Editors strip the blank behind an empty line's mark.
        if let Some(line) = entry.strip_prefix("| ").or_else(|| (entry == "|").then_some("")) {
            answer.body += &unpictured(line);
            answer.body.push('\n');
        } else {
            let (name, value) = entry.split_once(':')?;
            let value = value.strip_prefix(' ').unwrap_or(value);
            answer.headers.push((name.to_owned(), unpictured(value)));
        }
    }
    Some(())
}

/// Control characters become pictures (`␍` for CR), so that no editor changes them.
fn pictured(text: &str) -> String {
    let picture = |c: char| match u32::from(c) {
        code @ 0..=0x1f if c != '\n' => char::from_u32(0x2400 + code).unwrap_or(c),
        0x7f => '␡',
        _ => c,
    };
    text.chars().map(picture).collect()
}

fn unpictured(text: &str) -> String {
    let control = |c: char| match u32::from(c) {
        code @ 0x2400..=0x241f if c != '␊' => char::from_u32(code - 0x2400).unwrap_or(c),
        0x2421 => '\u{7f}',
        _ => c,
    };
    text.chars().map(control).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_lossless() {
        let answer = |status, body: &str| {
            let headers = vec![
                ("content-type".to_owned(), "a: b".to_owned()),
                ("x".to_owned(), String::new()),
            ];
            Outcome::Answer(Answer { status, headers, body: body.to_owned(), ..Answer::default() })
        };
        let step = |outcome, ledger: &[&str]| Record {
            action: "write".to_owned(),
            outcome,
            ledger: ledger.iter().map(|l| (*l).to_owned()).collect(),
        };
        let mut promise = Promise::of_statuses("400").unwrap();
        promise.add("json message has \"x\"").unwrap();
        let promised = Outcome::Promised(promise);
        let transcript = Transcript {
            steps: vec![
                step(answer(204, ""), &["line 1 LOST: m f=\"a\nb\""]),
                step(answer(400, "one\ttab\u{2}\r\n\n  two\n"), &[]),
                step(answer(400, "without end"), &[]),
                step(answer(400, "\n"), &[]),
                step(
                    Outcome::Stored(vec!["m f=1 1".to_owned(), "m f=\"\u{7f}\" 2".to_owned()]),
                    &[],
                ),
                step(Outcome::Stored(Vec::new()), &[]),
                step(Outcome::NoAnswer("closed".to_owned()), &[]),
                step(Outcome::NotAsked, &[]),
                step(Outcome::Waited, &[]),
                step(Outcome::Unsaid, &[]),
                step(promised, &["line 1 LOST: m f=1"]),
                step(Outcome::Unreadable("a\nb".to_owned()), &[]),
            ],
        };
        let text = transcript.to_string();
        assert_eq!(Transcript::parse(&text).unwrap(), transcript, "{text}");
    }
}
