//! Snapshots: transcripts in files of insta's format, with what each rests on.

mod audit;
mod inherits;
mod recording;
mod store;

use crate::transcript::Transcript;
pub use audit::audit;
pub use recording::{Recording, wrong_name};
use serde::{Deserialize, Serialize};
pub use store::Snapshots;

/// What an expectation rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The running product answered so.
    Recorded,
    /// Its source says so.
    Source,
    /// Its documentation says so.
    Documented,
    /// A guess: it only warns.
    Inferred,
}

impl Basis {
    /// All of them, the firmest first.
    pub const ALL: [Self; 4] = [Self::Recorded, Self::Source, Self::Documented, Self::Inferred];

    /// The word that snapshots and reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Source => "source",
            Self::Documented => "documented",
            Self::Inferred => "inferred",
        }
    }
}

impl std::str::FromStr for Basis {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|basis| basis.word() == word);
        found.ok_or_else(|| format!("\"{word}\" is none of recorded, source, documented, inferred"))
    }
}

/// What a case is expected to give on one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The summary of the case.
    pub description: String,
    /// What it rests on.
    pub basis: Basis,
    /// Whether this was seen from the running product: of this edition, or of the one that it is
    /// inherited from.
    pub seen: bool,
    /// Which release, file or page.
    pub from: String,
    /// Digest of what the case sent when this was made.
    pub case: String,
    /// What is expected.
    pub transcript: Transcript,
}

impl Snapshot {
    /// The file's text.
    pub fn text(&self) -> String {
        format!(
            "---\nsource: cases\ndescription: {}\ninfo:\n  basis: {}\n  from: {}\n  case: {}\n---\n{}",
            quoted(&self.description),
            self.basis.word(),
            quoted(&self.from),
            quoted(&self.case),
            self.transcript
        )
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// What is wrong in it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("---\n").ok_or("it does not begin with ---")?;
        let (header, body) =
            rest.split_once("\n---\n").ok_or("its header does not end with ---")?;
        let value = |key: &str| {
            let of_key = |line: &str| {
                line.trim_start().strip_prefix(key)?.strip_prefix(':').map(|v| unquoted(v.trim()))
            };
            header.lines().find_map(of_key).ok_or_else(|| format!("its header has no \"{key}\""))
        };
        let basis: Basis = value("basis")?.parse()?;
        Ok(Self {
            description: value("description")?,
            basis,
            seen: basis == Basis::Recorded,
            from: value("from")?,
            case: value("case")?,
            transcript: Transcript::parse(body)?,
        })
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A scalar of YAML, in one line: plain, in single or in double quotes.
fn unquoted(text: &str) -> String {
    if let Some(inner) = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')) {
        return inner.replace("''", "'");
    }
    if text.starts_with('"') {
        return serde_json::from_str(text).unwrap_or_else(|_| text.to_owned());
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let snapshot = Snapshot {
            description: "Odd: \"quotes\" # and more".to_owned(),
            basis: Basis::Recorded,
            seen: true,
            from: "InfluxDB 1.6.7".to_owned(),
            case: "0011".to_owned(),
            transcript: Transcript::parse("1 write\n  status 204\n").unwrap(),
        };
        assert_eq!(Snapshot::parse(&snapshot.text()).unwrap(), snapshot);
        let by_insta = "---\nsource: x\ndescription: It's plain\ninfo:\n  basis: source\n  from: 'a ''b'''\n  case: 12\n---\n1 write\n  status 204\n";
        let read = Snapshot::parse(by_insta).unwrap();
        assert_eq!((read.description.as_str(), read.from.as_str()), ("It's plain", "a 'b'"));
        assert!(Snapshot::parse("---\nsource: x\n---\n").is_err());
    }
}
