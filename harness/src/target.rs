//! A server to be judged: where it is, who we are there, what it is taken for.

use crate::wire::{Base, BaseError};
use profiles::{Capability, Profile};
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
    /// How long an answer may take.
    pub timeout: Duration,
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
            timeout: Duration::from_secs(10),
        })
    }
}

/// Why a target cannot be judged: one sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub String);
