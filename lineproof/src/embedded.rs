//! The servers inside the binary: the only place that knows whether it has any.

#[cfg(feature = "embedded")]
mod memory;

use crate::exit::Failure;
use harness::setup::Setup;
use harness::target::Credentials;
use profiles::Profile;
#[cfg(feature = "embedded")]
use profiles::{Family, Setting};
#[cfg(feature = "mutants")]
use reference_server::mutant::{self, Mutant};
use std::time::Duration;

/// The fault that the servers in the binary have, if they have one: only a build with the feature
/// `mutants` can give them any.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fault {
    #[cfg(feature = "mutants")]
    mutant: Option<&'static Mutant>,
}

#[cfg(feature = "mutants")]
impl Fault {
    /// The one of this id.
    pub(crate) fn find(id: Option<&str>) -> Result<Self, Failure> {
        let unknown =
            |id| Failure::usage(format!("unknown mutant \"{id}\"; see `lineproof mutants --list`"));
        let find = |id| mutant::find(id).ok_or_else(|| unknown(id));
        Ok(Self { mutant: id.map(find).transpose()? })
    }

    /// Gives it to a server, before anything else is set there.
    pub(crate) fn give(self, builder: reference_server::Builder) -> reference_server::Builder {
        match self.mutant {
            Some(mutant) => builder.mutant(mutant),
            None => builder,
        }
    }
}

#[cfg(all(feature = "embedded", not(feature = "mutants")))]
impl Fault {
    /// There is none to give.
    pub(crate) fn give(self, builder: reference_server::Builder) -> reference_server::Builder {
        builder
    }
}

/// What an asynchronous product queues, its servers in the binary queue for so long: the suite waits
/// for hundreds of writes.
#[cfg(feature = "embedded")]
const QUEUE_DELAY: &str = "20ms";

/// And this is when it must be seen: a reading comes after what is due by its clock, so that a slow
/// machine makes no difference.
#[cfg(feature = "embedded")]
const VISIBLE_WITHIN: Duration = Duration::from_millis(60);

/// A server that stops when it is dropped.
pub(crate) struct Embedded {
    #[cfg(feature = "embedded")]
    server: reference_server::Server,
}

#[cfg(feature = "embedded")]
impl Embedded {
    /// Starts a server of this profile on a free port. It asks for credentials, so that the cases
    /// about them run too.
    pub(crate) async fn start(profile: &'static Profile, fault: Fault) -> Result<Self, Failure> {
        Self::start_set(profile, None, fault).await?.map_err(Failure::internal)
    }

    /// The same, set up as some cases need it; inside, why the profile cannot be set up so.
    pub(crate) async fn start_set(
        profile: &'static Profile,
        setup: Option<&Setup>,
        fault: Fault,
    ) -> Result<Result<Self, String>, Failure> {
        let builder = fault.give(reference_server::Server::builder(profile));
        let mut builder = builder.auth(true);
        let own = (Setting::QueueDelay.word(), QUEUE_DELAY);
        if profile.settings.iter().any(|knob| knob.setting == Setting::QueueDelay) {
            builder = builder.set(own.0, own.1).map_err(Failure::internal)?;
        }
        for (setting, value) in setup.iter().flat_map(|setup| &setup.settings) {
            builder = match builder.set(setting, value) {
                Ok(builder) => builder,
                Err(why) => return Ok(Err(format!("{}: {why}", profile.name()))),
            };
        }
        let server = builder.start().await.map_err(|error| {
            Failure::internal(format!("the server of {} does not start: {error}", profile.name()))
        })?;
        Ok(Ok(Self { server }))
    }

    /// How long what it accepted may stay invisible; none where the profile says it well.
    pub(crate) fn visible_within(&self) -> Option<Duration> {
        let is_synchronous = self.server.profile().read_back.visible_within.is_zero();
        (!is_synchronous).then_some(VISIBLE_WITHIN)
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
            Family::V2 | Family::V3 | Family::Iox(_) => {
                Credentials { token, ..Credentials::default() }
            }
        }
    }
}

#[cfg(not(feature = "embedded"))]
impl Embedded {
    #[expect(clippy::unused_async, reason = "the other build waits for its server")]
    pub(crate) async fn start(profile: &'static Profile, _: Fault) -> Result<Self, Failure> {
        Err(Failure::usage(format!(
            "this build has no servers inside, so {} needs --target URL",
            profile.name()
        )))
    }

    #[expect(clippy::unused_async, reason = "the other build waits for its server")]
    pub(crate) async fn start_set(
        profile: &'static Profile,
        _: Option<&Setup>,
        _: Fault,
    ) -> Result<Result<Self, String>, Failure> {
        Ok(Err(format!("this build has no servers inside, and so none of {}", profile.name())))
    }

    #[expect(clippy::unused_self, reason = "there is never one")]
    pub(crate) fn visible_within(&self) -> Option<Duration> {
        None
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
