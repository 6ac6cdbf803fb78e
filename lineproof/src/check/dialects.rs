//! The dialects by the names that users type.
//!
//! A name stands for one way of reading lines: releases that read them the same way share it.

use line_protocol::Dialect;

/// A dialect with its name.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) name: &'static str,
    aliases: &'static [&'static str],
    pub(crate) dialect: Dialect,
}

impl Named {
    /// Whether the product takes the unit of a timestamp from its size unless it is told.
    pub(crate) fn guesses_precision(&self) -> bool {
        matches!(self.dialect, Dialect::Iox(_))
    }
}

/// Every dialect, once.
pub(crate) static KNOWN: [Named; 4] = [
    Named { name: "v1", aliases: &["v1.6", "v1.12"], dialect: Dialect::GO_V1_12 },
    Named { name: "v2", aliases: &["v2.7", "v2.9"], dialect: Dialect::GO_V2 },
    Named { name: "v3.6", aliases: &["v3.0", "v3.8"], dialect: Dialect::IOX_3_6 },
    Named { name: "v3", aliases: &["v3.9"], dialect: Dialect::IOX_3_9 },
];

/// The dialect of a name, of an alias or of a profile; `all` is every one.
pub(crate) fn find(word: &str) -> Result<&'static [Named], String> {
    if word == "all" {
        return Ok(&KNOWN);
    }
    let by_name = |named: &&Named| named.name == word || named.aliases.contains(&word);
    let found = KNOWN.iter().find(by_name).or_else(|| {
        let profile = profiles::find(word).ok()?;
        KNOWN.iter().find(|named| named.dialect == profile.facts.dialect)
    });
    found.map(std::slice::from_ref).ok_or_else(|| {
        let names: Vec<_> = KNOWN.iter().map(|named| named.name).collect();
        format!("known are {}, all, and the profiles of `lineproof list`", names.join(", "))
    })
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
        assert_eq!(name("oss-v2@2.7"), Ok("v2"));
        assert!(name("v4").is_err());
        for profile in profiles::ALL {
            assert!(name(&profile.name()).is_ok(), "{} has no name here", profile.name());
        }
    }
}
