//! The servers inside the binary: the only place that knows whether it has any.

use crate::exit::Failure;
use harness::target::Credentials;
#[cfg(feature = "embedded")]
use profiles::Family;
use profiles::Profile;

/// A server that stops when it is dropped.
pub(crate) struct Embedded {
    #[cfg(feature = "embedded")]
    server: reference_server::Server,
}

#[cfg(feature = "embedded")]
impl Embedded {
    /// Starts a server of this profile on a free port. It asks for credentials, so that the cases
    /// about them run too.
    pub(crate) async fn start(profile: &'static Profile) -> Result<Self, Failure> {
        let started = reference_server::Server::builder(profile).auth(true).start().await;
        let server = started.map_err(|error| {
            Failure::internal(format!("the server of {} does not start: {error}", profile.name()))
        })?;
        Ok(Self { server })
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) fn credentials(&self) -> Credentials {
        let token = self.server.token().map(str::to_owned);
        match self.server.profile().family {
            Family::V1 => Credentials {
                token: None,
                user: Some(reference_server::provision::OWNER.to_owned()),
                password: token,
            },
            Family::V2 | Family::V3 => Credentials { token, ..Credentials::default() },
        }
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
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::default()
    }
}
