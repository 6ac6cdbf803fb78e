//! The ledger: for each line of a write what the server claims and what is stored. It needs no
//! snapshot, so it judges servers that nobody has described.

mod judge;

use crate::claim::Claim;
pub(crate) use judge::{Unit, Write, judge};
use serde::{Deserialize, Serialize};

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "is", content = "how")]
pub enum Fate {
    /// Stored as written.
    Stored,
    /// Not stored, and nobody said it was.
    Absent,
    /// Said to be stored, and not there.
    Lost,
    /// Said to be refused, and there.
    Phantom,
    /// There, but not as written.
    Mutated(String),
    /// There more than once.
    Duplicated,
    /// There, but not when the answer came.
    Late,
    /// The line is none that every product reads alike.
    Unjudged,
}

impl Fate {
    /// Whether claim and storage disagree.
    pub const fn is_wrong(&self) -> bool {
        matches!(
            self,
            Self::Lost | Self::Phantom | Self::Mutated(_) | Self::Duplicated | Self::Late
        )
    }

    /// The word that reports use.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Absent => "-",
            Self::Lost => "LOST",
            Self::Phantom => "PHANTOM",
            Self::Mutated(_) => "MUTATED",
            Self::Duplicated => "DUPLICATED",
            Self::Late => "LATE",
            Self::Unjudged => "unjudged",
        }
    }
}

/// One line of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The line of the body, from 1.
    pub line: usize,
    /// Its text, cut where it is long.
    pub text: String,
    /// What the server says.
    pub claim: Claim,
    /// What is stored.
    pub fate: Fate,
}

/// The ledger of one write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The lines that are neither blank nor comments.
    pub entries: Vec<Entry>,
    /// What is stored, or gone, without any line saying so.
    pub strays: Vec<String>,
}

impl Ledger {
    /// Every disagreement, as a line each: what a snapshot keeps of a ledger.
    pub fn differences(&self) -> Vec<String> {
        let entries = self.entries.iter().filter(|entry| entry.fate.is_wrong()).map(|entry| {
            let how = match &entry.fate {
                Fate::Mutated(how) => format!(" ({how})"),
                _ => String::new(),
            };
            format!("line {} {}{how}: {}", entry.line, entry.fate.word(), entry.text)
        });
        entries.chain(self.strays.iter().cloned()).collect()
    }

    /// Whether a line that was said to be stored is not there (yet).
    pub(crate) fn misses_something(&self) -> bool {
        self.entries.iter().any(|entry| entry.fate == Fate::Lost)
    }
}

#[cfg(test)]
mod tests;
