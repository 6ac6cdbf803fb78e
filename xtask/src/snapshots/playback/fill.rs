//! Placeholders, both ways, and the times that a server chose.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// What the placeholders stand for in one database.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(BTreeMap<&'static str, String>);

impl Names {
    /// One more.
    pub(super) fn set(&mut self, placeholder: &'static str, value: impl Into<String>) {
        self.0.insert(placeholder, value.into());
    }

    /// The value of one.
    pub(super) fn get(&self, placeholder: &str) -> &str {
        self.0.get(placeholder).map_or("", String::as_str)
    }

    /// A text that was sent, with placeholders in it. No value is a part of another.
    pub(super) fn take_back(&self, text: &str) -> String {
        // The token that no server knows was another word in the recordings.
        let text = text.replace("lineproof-wrong", "zzz");
        let text =
            self.0.iter().fold(text, |text, (name, value)| text.replace(value.as_str(), name));
        // So were the users of version 1, each with its name as its password.
        ["ro", "rw"].iter().fold(text, |text, user| {
            let sent = format!("{{db}}_{user}:lineproof-case-password");
            text.replace(&sent, &format!("{user}:{user}"))
        })
    }

    /// A recorded answer, as this server gives it.
    pub(super) fn fill(&self, body: &[u8]) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(body) else { return body.to_vec() };
        let mut text = text.to_owned();
        for (name, value) in &self.0 {
            text = text.replace(name, value);
        }
        // Version 1 names its user, in JSON and in a header.
        for quote in ["\\\"", "\""] {
            let named = format!("{quote}{}_ro{quote} user", self.get("{db}"));
            text = text.replace(&format!("{quote}ro{quote} user"), &named);
        }
        for number in 1..=20 {
            text = text.replace(&format!("{{id{number}}}"), &format!("0f1e2d3c4b5a{number:04x}"));
        }
        text = text.replace("{made_token}", "made-token").replace("{release}", "release");
        moved_to_now(&text.replace("{up}", "1s")).into_bytes()
    }
}

/// The day on which the recordings were taken, and the ones around it, in seconds since 1970.
const TAKEN: std::ops::Range<i64> = 1_795_132_800..1_795_392_000;

/// Times that the server chose are moved from the day of the recording to now.
fn moved_to_now(text: &str) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let nanoseconds = since.as_nanos().to_string();
    let mut moved = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        moved += before;
        let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let digits = &from[..end];
        let is_taken = digits.len() == 19
            && digits[..10].parse().is_ok_and(|seconds: i64| TAKEN.contains(&seconds));
        match date(from) {
            Some((_, end)) => {
                moved += &now();
                rest = &from[end..];
            }
            None => {
                moved += if is_taken { &nanoseconds } else { digits };
                rest = &from[end..];
            }
        }
    }
    moved + rest
}

/// A date and time of the day of the recording at the beginning of the text, and where it ends
/// (before its zone).
fn date(text: &str) -> Option<(&str, usize)> {
    let whole = text.get(..19)?;
    let bytes = whole.as_bytes();
    if !["2026-11-20T", "2026-11-21T", "2026-11-22T"].iter().any(|day| whole.starts_with(day))
        || bytes[13] != b':'
    {
        return None;
    }
    let mut end = 19;
    if text[19..].starts_with('.') {
        let digits = text[20..].find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len() - 20);
        end = 20 + digits;
    }
    Some((&text[..end], end))
}

/// The present second, as RFC 3339 without a zone.
fn now() -> String {
    let now = jiff::Timestamp::now().to_string();
    now.get(..19).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_of_the_recording_are_moved() {
        let text = "x 1700000000000000000 2023-11-14T22:13:20Z 17952192 7";
        assert_eq!(moved_to_now(text), text);
        let moved = moved_to_now("[1795231000123456789] 2026-11-21T03:34:26.0497Z,1");
        assert!(!moved.contains("1795231000123456789") && !moved.contains("03:34:26.0497"));
        assert!(moved.ends_with("Z,1"), "{moved}");
    }

    #[test]
    fn placeholders_go_both_ways() {
        let mut names = Names::default();
        names.set("{db}", "lp_0000_0001");
        assert_eq!(names.take_back("db=lp_0000_0001_x"), "db={db}_x");
        assert_eq!(names.fill(b"no {db} {id2}"), b"no lp_0000_0001 0f1e2d3c4b5a0002");
    }
}
