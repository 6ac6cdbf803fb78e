//! Setups: servers that are configured in a way that a case needs, by name. What a name means is
//! told in a file beside the cases; where such a server is, the user says, or the binary starts one.

use crate::case::Case;
use crate::load::{CaseError, beside_the_cases};
use profiles::Setting;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The file that tells of them.
pub const FILE: &str = "setups.toml";

/// A way to configure a server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// What is different there, for those who set one up.
    pub summary: String,
    /// The settings of a reference server that is set up so: word and value.
    pub settings: BTreeMap<String, String>,
}

/// All of them, by name.
#[derive(Clone, Debug, Default)]
pub struct Setups(BTreeMap<String, Setup>);

impl Setups {
    /// Those of a folder of cases; without one, those in the binary.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn load(dir: Option<&Path>) -> Result<Self, CaseError> {
        let Some(text) = beside_the_cases(dir, FILE)? else { return Ok(Self::default()) };
        let fail = |message: String| CaseError { file: FILE.to_owned(), line: 0, message };
        let all: BTreeMap<String, Setup> =
            toml::from_str(&text).map_err(|error| fail(error.message().replace('\n', " ")))?;
        for (name, setup) in &all {
            for (word, value) in &setup.settings {
                let setting = Setting::ALL.iter().find(|setting| setting.word() == word);
                let setting = setting.ok_or_else(|| format!("there is no setting \"{word}\""));
                let checked = setting.and_then(|setting| setting.check(value));
                checked.map_err(|why| fail(format!("[{name}]: {why}")))?;
            }
        }
        Ok(Self(all))
    }

    /// The setup of this name.
    pub fn find(&self, name: &str) -> Option<&Setup> {
        self.0.get(name)
    }

    /// Name and setup, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setup)> {
        self.0.iter().map(|(name, setup)| (name.as_str(), setup))
    }

    /// The cases that name a setup which is not there.
    pub(crate) fn unknown(&self, cases: &[Case]) -> Vec<CaseError> {
        let wrong = |case: &Case| {
            let name = case.setup.as_ref().filter(|name| !self.0.contains_key(*name))?;
            let message = format!("{FILE} has no setup \"{name}\"");
            Some(CaseError { file: case.file.clone(), line: 0, message })
        };
        cases.iter().filter_map(wrong).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setup_has_settings_that_there_are() {
        let dir = tempfile::tempdir().unwrap();
        let load = |settings: &str| {
            let text = format!("[one]\nsummary = \"s\"\nsettings = {{ {settings} }}\n");
            std::fs::write(dir.path().join(FILE), text).unwrap();
            Setups::load(Some(dir.path())).map_err(|error| error.message)
        };
        assert!(load("write-rate = \"2kB/2s\"").unwrap().find("one").is_some());
        assert_eq!(load("speed = \"1\"").unwrap_err(), "[one]: there is no setting \"speed\"");
        let wrong = load("write-rate = \"2kB/3 s\"").unwrap_err();
        assert!(wrong.contains("[one]: \"2kB/3 s\" is not a rate"), "{wrong}");
    }
}
