//! The servers inside the binary: the only place that knows whether it has any.

use crate::exit::Failure;
use profiles::Profile;

/// A server that stops when it is dropped.
pub(crate) struct Embedded {
    #[cfg(feature = "embedded")]
    server: reference_server::Server,
}

#[cfg(feature = "embedded")]
impl Embedded {
    /// Starts a server of this profile on a free port.
    pub(crate) async fn start(profile: &'static Profile) -> Result<Self, Failure> {
        let started = reference_server::Server::builder(profile).start().await;
        let server = started.map_err(|error| {
            Failure::internal(format!("the server of {} does not start: {error}", profile.name()))
        })?;
        Ok(Self { server })
    }

    pub(crate) fn url(&self) -> String {
        self.server.url().to_owned()
    }

    pub(crate) fn token(&self) -> Option<String> {
        self.server.token().map(str::to_owned)
    }
}

#[cfg(not(feature = "embedded"))]
impl Embedded {
    #[expect(clippy::unused_async, reason = "the other build waits for its server")]
    pub(crate) async fn start(profile: &'static Profile) -> Result<Self, Failure> {
        Err(Failure::usage(format!(
            "this build has no servers inside, so {} needs --target URL",
            profile.name()
        )))
    }

    #[expect(clippy::unused_self, reason = "there is never one")]
    pub(crate) fn url(&self) -> String {
        String::new()
    }

    #[expect(clippy::unused_self, reason = "there is never one")]
    pub(crate) fn token(&self) -> Option<String> {
        None
    }
}
