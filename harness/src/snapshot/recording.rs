//! Of what an edition was recorded that no profile need know: a file in its folder, beside the
//! snapshots, so that no snapshot changes because the day did.

use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file that says so.
pub(super) const FILE: &str = "recorded.toml";

/// What an edition was recorded from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// The profile that it was taken for: how to speak to such a server.
    pub like: String,
    /// Which release, and how it was run, as the user says.
    pub from: String,
    /// What the server says of itself.
    pub server: Vec<String>,
    /// The version of lineproof.
    pub lineproof: String,
    /// The day of the last recording.
    pub date: String,
}

impl Recording {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.message().replace('\n', " "))
    }

    /// Writes the file into the folder of its edition.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), String> {
        let path = folder.join(FILE);
        let fail = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = toml::to_string(self).map_err(|error| fail(&error))?;
        let made = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text));
        made.map_err(|error| fail(&error))
    }

    /// One sentence for a report.
    pub(super) fn sentence(&self) -> String {
        let Self { like, from, lineproof, date, .. } = self;
        format!("recorded from {from}, like {like}, on {date} with lineproof {lineproof}")
    }
}

/// Why this can be no name of an edition that somebody records; none where it can.
pub fn wrong_name(edition: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
    if edition == "docs" || edition.starts_with("docs-") {
        return Some("what documentation promises is written by hand, never recorded");
    }
    let starts = edition.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_plain = starts && edition.len() <= 64 && edition.chars().all(plain);
    (!is_plain).then_some("it is a name of letters, digits and . _ - +, like 2.8 or 3.11-nightly")
}
