//! Whether an answer is the recorded one, at four levels.

use crate::answer::{Answer, Content, Stored};
use crate::placeholders::regex;
use crate::play::Played;
use crate::recording::Probe;
use regex::Regex;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A level of agreement; a recording's summary counts each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Status,
    Body,
    Headers,
    Read,
}

impl Level {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Status, Self::Body, Self::Headers, Self::Read];

    /// Its word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Body => "body",
            Self::Headers => "headers",
            Self::Read => "read",
        }
    }
}

/// The first difference at one level.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) level: Level,
    /// Which answer, counted from 0; none for what is stored.
    pub(crate) answer: Option<usize>,
    /// What is compared there.
    pub(crate) of: String,
    pub(crate) expected: String,
    pub(crate) got: String,
}

/// Whether the recording holds nothing to equal: the product crashed or hung up.
pub(crate) fn nothing_to_equal(probe: &Probe) -> bool {
    probe.answers.iter().any(|a| a.status == 0) || probe.stored.values().any(|r| r.status == 0)
}

/// The first difference at each level that has one.
pub(crate) fn differences(probe: &Probe, played: &Played) -> Vec<Difference> {
    let answers = |level, show: fn(&Answer) -> String| {
        let expected: Vec<_> = probe.answers.iter().map(show).collect();
        let got: Vec<_> = played.answers.iter().map(show).collect();
        let number = (0..expected.len().max(got.len())).find(|&i| expected.get(i) != got.get(i))?;
        let at = |all: &[String]| all.get(number).cloned().unwrap_or_else(|| "nothing".into());
        Some(Difference {
            level,
            answer: Some(number),
            of: format!("answer {} of {}", number + 1, expected.len()),
            expected: at(&expected),
            got: at(&got),
        })
    };
    [
        answers(Level::Status, |a| a.status.to_string()),
        answers(Level::Body, |a| neutral(a.body.text()).into_owned()),
        answers(Level::Headers, headers),
        stored(&probe.stored, &played.stored),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The headers, one a line.
fn headers(answer: &Answer) -> String {
    let mut text = String::new();
    for (name, value) in &answer.headers {
        let value = if name == "allow" {
            let mut methods: Vec<_> = value.split(", ").collect();
            methods.sort_unstable();
            methods.join(", ")
        } else {
            neutral(value).into_owned()
        };
        text.push_str(&format!("{name}: {value}\n"));
    }
    text
}

/// JSON by what it means, anything else by its bytes.
fn stored(expected: &Stored, got: &Stored) -> Option<Difference> {
    let show = |stored: &Stored| -> BTreeMap<String, String> {
        let reads = stored.iter();
        reads.map(|(k, r)| (k.clone(), format!("{} {}", r.status, meaning(&r.body)))).collect()
    };
    let (expected, got) = (show(expected), show(got));
    let query = expected.keys().chain(got.keys()).find(|k| expected.get(*k) != got.get(*k))?;
    let at = |all: &BTreeMap<String, String>| {
        all.get(query).cloned().unwrap_or_else(|| "nothing".into())
    };
    Some(Difference {
        level: Level::Read,
        answer: None,
        of: format!("what {query} shows"),
        expected: at(&expected),
        got: at(&got),
    })
}

fn meaning(body: &Content) -> String {
    let text = body.text();
    match serde_json::from_str::<Value>(text) {
        Ok(mut json) => {
            json.sort_all_objects();
            neutral(&json.to_string()).into_owned()
        }
        Err(_) => neutral(text).into_owned(),
    }
}

/// Without what no two runs have in common: times of now, random ids, the hash of a build.
fn neutral(text: &str) -> Cow<'_, str> {
    static NOW: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r"\b(17[89]\d{7}|18\d{8})(\d{9}|\d{6}|\d{3})?\b",
            r"|\b20(2[6-9]|3\d)-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?",
        ))
    });
    static UUID: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
    });
    static BUILD: LazyLock<Regex> = LazyLock::new(|| regex(r#"(\\?"revision\\?": ?\\?")[^"\\]+"#));
    let text = then(Cow::Borrowed(text), &NOW, "{now}");
    let text = then(text, &UUID, "{uuid}");
    then(text, &BUILD, "${1}{build}")
}

fn then<'a>(text: Cow<'a, str>, pattern: &Regex, with: &str) -> Cow<'a, str> {
    match pattern.replace_all(&text, with) {
        Cow::Borrowed(_) => text,
        Cow::Owned(changed) => Cow::Owned(changed),
    }
}

#[cfg(test)]
mod tests;
