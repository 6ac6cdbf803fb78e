//! Editions that answer like another one: a file in their folder says which, and on what ground.

use super::{Basis, Snapshot};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The file that says so.
pub(super) const FILE: &str = "inherits.toml";

/// Where the snapshots are that an edition does not have itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inherits {
    /// The other edition, `product@edition`.
    from: String,
    /// What they rest on here.
    basis: Ground,
    /// Why that is so; shown with each of them.
    why: String,
}

/// What an inherited snapshot rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Ground {
    /// On the same as there: what it rests on is said of both.
    Same,
    /// On a guess: it only warns.
    Inferred,
}

impl Inherits {
    /// Reads the file.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let read: Self = toml::from_str(text).map_err(|e| e.message().replace('\n', " "))?;
        if read.from.split_once('@').is_none_or(|(p, e)| p.is_empty() || e.is_empty()) {
            return Err(format!("from = \"{}\" is no product@edition", read.from));
        }
        Ok(read)
    }

    /// The folder of the other edition.
    pub(super) fn folder(&self) -> PathBuf {
        let (product, edition) = self.from.split_once('@').unwrap_or((&self.from, ""));
        Path::new(product).join(edition)
    }

    /// Makes a snapshot of the other edition one of this.
    pub(super) fn apply(&self, snapshot: &mut Snapshot) {
        if self.basis == Ground::Inferred {
            snapshot.basis = Basis::Inferred;
        }
        snapshot.from = format!("{} (of {}: {})", snapshot.from, self.from, self.why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_another_edition() {
        let text = "from = \"v3-core@docs\"\nbasis = \"same\"\nwhy = \"one page\"\n";
        let read = Inherits::parse(text).unwrap();
        assert_eq!(read.folder(), Path::new("v3-core/docs"));
        assert!(Inherits::parse(&text.replace("v3-core@docs", "v3-core")).is_err());
        assert!(Inherits::parse(&text.replace("same", "recorded")).is_err());
        assert!(Inherits::parse(&format!("{text}more = 1\n")).is_err());
    }
}
