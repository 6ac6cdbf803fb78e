//! What differs from server to server, and what stands for it in the recordings.

use crate::answer::{Answer, Content, ReadBack, Stored};
use regex::{Captures, Regex};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Names that a probe's texts hold in braces, and what is sent in their place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values(Vec<(String, String)>);

/// Taken back in answers, in this order.
const TAKEN_BACK: [&str; 8] = ["token", "ro", "wo", "rw", "other", "off", "org_id", "bucket_id"];

impl Values {
    /// With the database's name.
    pub(crate) fn new(database: &str) -> Self {
        Self(vec![("{db}".to_owned(), database.to_owned())])
    }

    /// One more.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.push((format!("{{{name}}}"), value.to_owned()));
    }

    /// The text as it is sent.
    pub(crate) fn fill(&self, text: &str) -> String {
        if !text.contains('{') {
            return text.to_owned();
        }
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// The body as it is sent.
    pub(crate) fn fill_bytes(&self, body: Vec<u8>) -> Vec<u8> {
        match std::str::from_utf8(&body) {
            Ok(text) => self.fill(text).into_bytes(),
            // All values are ASCII, and so are their names: other bytes are let through.
            Err(_) => {
                let text: String = body.iter().copied().map(char::from).collect();
                self.fill(&text).chars().filter_map(|c| u8::try_from(c).ok()).collect()
            }
        }
    }

    /// Answers as they stand in recordings.
    pub(crate) fn take_back(&self, answers: Vec<Answer>, ids: bool) -> Result<Vec<Answer>, String> {
        self.over_json(&answers, |text| if ids { made_by_the_server(&text) } else { text })
    }

    /// What is stored, as it stands in recordings.
    pub(crate) fn take_back_stored(&self, stored: Stored) -> Stored {
        let clean = |body| match body {
            Content::Text(text) => Content::Text(self.take_back_text(text)),
            bytes @ Content::Bytes { .. } => bytes,
        };
        let reads = stored.into_iter();
        reads.map(|(k, v)| (k, ReadBack { body: clean(v.body), ..v })).collect()
    }

    /// The recordings' placeholders were put into the JSON text, so that is where they go here.
    fn over_json<T: Serialize + DeserializeOwned>(
        &self,
        value: &T,
        further: impl Fn(String) -> String,
    ) -> Result<T, String> {
        let fault = |e| format!("cannot write the answer as JSON: {e}");
        let text = serde_json::to_string(value).map_err(fault)?;
        serde_json::from_str(&further(self.take_back_text(text))).map_err(fault)
    }

    fn take_back_text(&self, mut text: String) -> String {
        for wanted in TAKEN_BACK {
            let name = format!("{{{wanted}}}");
            if let Some((_, value)) = self.0.iter().find(|(n, v)| *n == name && v.len() > 4) {
                text = text.replace(value, &name);
            }
        }
        match self.0.first() {
            Some((name, database)) => text.replace(database, name),
            None => text,
        }
    }
}

/// Ids, tokens, times of start and releases, in a JSON text that holds JSON texts.
fn made_by_the_server(text: &str) -> String {
    static UP: LazyLock<Regex> = LazyLock::new(|| regex(r#"(\\"up\\": \\")[^"\\]+"#));
    static RELEASE: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"(\\"(?:version|commit)\\": \\")[^"\\]+"#));
    static TOKEN: LazyLock<Regex> = LazyLock::new(|| regex(r#"(\\"token\\": ?\\")[^"\\]+"#));
    static ID: LazyLock<Regex> = LazyLock::new(|| regex(r"\b[0-9a-f]{16}\b"));
    let text = UP.replace_all(text, "${1}{up}");
    let text = RELEASE.replace_all(&text, "${1}{release}");
    let text = TOKEN.replace_all(&text, "${1}{made_token}");
    let mut seen = HashMap::new();
    let id = |found: &Captures<'_>| {
        let id = &found[0];
        // Numbers are no ids, nor are those that every server has from the start.
        if !id.contains(|c: char| c.is_ascii_lowercase()) || id.starts_with("000000000000") {
            return id.to_owned();
        }
        let next = seen.len().saturating_add(1);
        format!("{{id{}}}", seen.entry(id.to_owned()).or_insert(next))
    };
    ID.replace_all(&text, id).into_owned()
}

/// A pattern of this crate's own.
pub(crate) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern stands in this crate and is well formed")
}
