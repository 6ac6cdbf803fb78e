//! The dialects by the names that users type.
//!
//! A name stands for one way of reading lines: releases that read them the same way share it.

use line_protocol::{Dialect, IoxDialect, Precision};
use std::ops::RangeInclusive;

/// A dialect with its name.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) name: &'static str,
    /// The releases that read lines so, major and minor.
    releases: RangeInclusive<(u32, u32)>,
    pub(crate) dialect: Dialect,
}

impl Named {
    /// Whether the product takes the unit of a timestamp from its size unless it is told.
    pub(crate) fn guesses_precision(&self) -> bool {
        matches!(self.dialect, Dialect::Iox(_))
    }

    /// Whether a request to the product can name this unit.
    pub(crate) fn knows(&self, precision: Precision) -> bool {
        self.name == "v1" || !matches!(precision, Precision::Minute | Precision::Hour)
    }
}

const LAST: u32 = u32::MAX;

/// Every dialect, once.
pub(crate) static KNOWN: [Named; 4] = [
    Named { name: "v1", releases: (1, 0)..=(1, LAST), dialect: Dialect::GO_V1_12 },
    Named { name: "v2", releases: (2, 0)..=(2, LAST), dialect: Dialect::GO_V2 },
    Named { name: "v3.6", releases: (3, 0)..=(3, 8), dialect: Dialect::IOX_3_6 },
    Named { name: "v3", releases: (3, 9)..=(3, LAST), dialect: Dialect::IOX_3_9 },
];

/// Dialects that no release of a number has: only a profile's name finds them.
static OF_PROFILES: [Named; 1] = [Named {
    name: "router-2023",
    releases: (1, 0)..=(0, 0),
    dialect: Dialect::Iox(IoxDialect { max_string_bytes: usize::MAX, ..IoxDialect::V3_6 }),
}];

/// The dialect of a name, of a release (`v1.8`) or of a profile; `all` is every one.
pub(crate) fn find(word: &str) -> Result<&'static [Named], String> {
    let word = &*word.to_ascii_lowercase();
    if word == "all" {
        return Ok(&KNOWN);
    }
    let found = KNOWN
        .iter()
        .find(|named| named.name == word)
        .or_else(|| {
            let release = release(word)?;
            KNOWN.iter().find(|named| named.releases.contains(&release))
        })
        .or_else(|| {
            let profile = profiles::find(word).ok()?;
            let mut all = KNOWN.iter().chain(&OF_PROFILES);
            all.find(|named| named.dialect == profile.facts.dialect)
        });
    found.map(std::slice::from_ref).ok_or_else(|| {
        let names: Vec<_> = KNOWN.iter().map(|named| named.name).collect();
        format!("known are {}, all, a release as v1.8, and the names that `lineproof list --profiles` shows", names.join(", "))
    })
}

/// `v1.8`
fn release(word: &str) -> Option<(u32, u32)> {
    let (major, minor) = word.strip_prefix('v')?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_that_is_named_reads_like_its_dialect() {
        let name = |word: &str| find(word).map(|found| found[0].name);
        assert_eq!(Dialect::GO_V1_6, Dialect::GO_V1_12, "one name must not stand for two");
        assert_eq!(name("v1.6"), Ok("v1"));
        assert_eq!(name("v3.8"), Ok("v3.6"));
        assert_eq!(name("v3.9"), Ok("v3"));
        assert_eq!(name("v3"), Ok("v3"));
        assert_eq!(name("v2.0"), Ok("v2"));
        assert_eq!(name("V1.12"), Ok("v1"));
        assert_eq!(name("oss-v2@2.7"), Ok("v2"));
        assert_eq!(name("clustered@router-2023"), Ok("router-2023"));
        for word in ["v4", "v4.0", "v0.9", "v3.", "v1.6.7", "", "1.6"] {
            assert!(name(word).is_err(), "{word}");
        }
        for profile in profiles::ALL {
            assert!(name(&profile.name()).is_ok(), "{} has no name here", profile.name());
        }
    }
}
