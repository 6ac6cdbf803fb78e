//! A server to be judged: where it is, who we are there, what it is taken for.

use crate::case::Case;
use crate::read_back::Program;
use crate::wire::{Base, BaseError};
use profiles::{Capability, Profile};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Credentials as the user gave them. Never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// A token.
    pub token: Option<String>,
    /// A user's name.
    pub user: Option<String>,
    /// That user's password.
    pub password: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl Credentials {
    /// What was given of them: a variable that is set to nothing gives nothing.
    pub fn given(token: Option<&str>, user: Option<&str>, password: Option<&str>) -> Self {
        let [token, user, password] = [token, user, password]
            .map(|text| text.filter(|text| !text.is_empty()).map(str::to_owned));
        Self { token, user, password }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.token.is_none() && self.user.is_none()
    }
}

impl Credentials {
    /// What of them no report may show.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let token = self.token.as_deref().map(|token| (token, "{token}"));
        token.into_iter().chain(self.password.as_deref().map(|p| (p, "{password}")))
    }
}

/// A server to be judged.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it is.
    pub base: Base,
    /// What it is taken for.
    pub profile: &'static Profile,
    /// Who we are there.
    pub credentials: Credentials,
    /// The organisation, where the family has them.
    pub org: Option<String>,
    /// Everything happens in this existing database.
    pub database: Option<String>,
    /// What the user declares that it lacks.
    pub lacks: Vec<Capability>,
    /// The program that reads it back; else a query language does.
    pub read_back: Option<Program>,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How long what was accepted may stay invisible here; else the profile says so.
    pub visible_within: Option<Duration>,
    /// Servers that are set up as cases need it, by the name of the setup, or by the id of the one
    /// case that each is for.
    pub setups: BTreeMap<String, Self>,
    /// Why there is none of a setup, by its name, or for a case, by its id.
    pub setups_lacking: BTreeMap<String, String>,
}

impl Target {
    /// A target without credentials.
    ///
    /// # Errors
    /// The URL is none.
    pub fn new(url: &str, profile: &'static Profile) -> Result<Self, BaseError> {
        Ok(Self {
            base: Base::parse(url)?,
            profile,
            credentials: Credentials::default(),
            org: None,
            database: None,
            lacks: Vec::new(),
            read_back: None,
            timeout: Duration::from_secs(10),
            visible_within: None,
            setups: BTreeMap::new(),
            setups_lacking: BTreeMap::new(),
        })
    }

    /// How long what was accepted may stay invisible.
    pub(crate) fn visible_within(&self) -> Duration {
        self.visible_within.unwrap_or(self.profile.read_back.visible_within)
    }

    /// The server that is set up as this case needs it.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn setup_for(&self, case: &Case) -> Result<&Self, String> {
        let name = case.setup.as_deref().unwrap_or_default();
        let found = [case.id.as_str(), name].into_iter().find_map(|key| self.setups.get(key));
        found.ok_or_else(|| {
            let lacking = &self.setups_lacking;
            let why = lacking.get(&case.id).or_else(|| lacking.get(name));
            why.cloned().unwrap_or_else(|| {
                format!("needs a server set up as \"{name}\": name it with --setup {name}=URL")
            })
        })
    }
}

/// Why a target cannot be judged: one sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub String);
