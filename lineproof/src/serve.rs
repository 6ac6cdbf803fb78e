//! `lineproof serve`: the reference servers alone, for people who write clients.

use crate::cli::ServeArgs;
use crate::exit::Failure;
use std::process::ExitCode;

/// Serves until Ctrl-C or SIGTERM.
#[cfg(feature = "embedded")]
pub(crate) fn serve(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let plans = embedded::plans(args)?;
    crate::run::runtime()?.block_on(embedded::serve(args, plans))
}

/// This build has none.
#[cfg(not(feature = "embedded"))]
pub(crate) fn serve(_: &ServeArgs) -> Result<ExitCode, Failure> {
    Err(Failure::usage("this build has no servers inside; build it without --no-default-features"))
}

/// What is said of `--org` where a profile has no organisations; none where it has.
#[cfg(any(feature = "embedded", test))]
fn without_organisations(profile: &profiles::Profile) -> Option<String> {
    (!has_organisations(profile))
        .then(|| format!("--org means nothing to {}: it has no organisations", profile.name()))
}

/// What is said of `--auth off` where a profile's tokens belong to organisations, and somebody is always
/// asked for one; none where it can be done without.
#[cfg(any(feature = "embedded", test))]
fn always_asks(profile: &profiles::Profile) -> Option<String> {
    has_organisations(profile).then(|| {
        let name = profile.name();
        format!("--auth off means nothing to {name}: it asks for credentials all the same")
    })
}

#[cfg(any(feature = "embedded", test))]
fn has_organisations(profile: &profiles::Profile) -> bool {
    use profiles::{Family, Management};
    matches!(profile.family, Family::V2 | Family::Iox(Management::Buckets))
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_organisation_is_for_those_who_have_them() {
        let said = |name| super::without_organisations(profiles::find(name).unwrap());
        assert!(said("oss-v1@1.6").unwrap().contains("--org means nothing to oss-v1@1.6"));
        assert!(said("v3-core@3.6").is_some());
        assert_eq!(said("oss-v2@2.7"), None);
        assert_eq!(said("cloud-serverless@docs"), None);
    }

    #[test]
    fn those_of_organisations_always_ask_for_a_token() {
        let said = |name| super::always_asks(profiles::find(name).unwrap());
        assert!(said("oss-v2@2.7").unwrap().contains("--auth off means nothing to oss-v2@2.7"));
        assert!(said("cloud-serverless@docs").is_some());
        assert_eq!(said("oss-v1@1.6"), None);
        assert_eq!(said("v3-core@3.6"), None);
    }
}

#[cfg(feature = "embedded")]
mod embedded {
    use super::{ExitCode, Failure, ServeArgs};
    use crate::cli::ServeFormat;
    use crate::data::place::place;
    use crate::embedded::Fault;
    use crate::exit::Signals;
    use futures::future::join_all;
    use profiles::{Family, Profile};
    use reference_server::{Builder, Server, duration, provision};
    use std::io::Write;
    use std::net::SocketAddr;
    use std::path::Path;
    use std::time::Duration;

    /// How long what was asked may still be answered when the server is told to end.
    const STOPPING: Duration = Duration::from_secs(10);

    /// A server to start.
    pub(super) struct Plan {
        builder: Builder,
        profile: &'static Profile,
        address: SocketAddr,
    }

    /// What the arguments ask for, one server a profile.
    pub(super) fn plans(args: &ServeArgs) -> Result<Vec<Plan>, Failure> {
        let found: Result<Vec<_>, _> = args.profiles.iter().map(|p| profiles::find(p)).collect();
        let found = found.map_err(Failure::usage)?;
        if args.data.is_some() && found.len() > 1 {
            return Err(Failure::usage(format!(
                "--data is for one server, and there are {} profiles; start one for each, with a \
                 folder of its own",
                found.len()
            )));
        }
        let databases: Result<Vec<_>, _> = args.buckets.iter().map(|text| database(text)).collect();
        let databases = databases?;
        let identity = identity(args)?;
        if args.org.is_some() {
            for why in found.iter().filter_map(|profile| super::without_organisations(profile)) {
                say!("lineproof: {why}");
            }
        }
        if args.auth.is_some_and(|auth| !auth.is_on()) {
            for why in found.iter().filter_map(|profile| super::always_asks(profile)) {
                say!("lineproof: {why}");
            }
        }
        // An empty variable is as good as none.
        let token = args.token.as_deref().filter(|token| !token.is_empty());
        let wants_setup = token.is_some() || args.org.is_some() || !databases.is_empty();
        let plan = |(index, profile): (usize, &'static Profile)| {
            let builder = fault(args)?.give(Server::builder(profile));
            let mut builder = builder.bind(address(args, index, found.len())?);
            // Whoever chooses a token wants it asked for.
            match (args.auth, token) {
                (Some(auth), _) => builder = builder.auth(auth.is_on()),
                (None, Some(_)) => builder = builder.auth(true),
                (None, None) => {}
            }
            if let Some(token) = token {
                builder = builder.token(token);
            }
            if let Some(identity) = &identity {
                let fail = |why| Failure::usage(format!("--tls-cert, --tls-key: {why}"));
                builder = speaking_tls(builder, identity).map_err(fail)?;
            }
            // What is longer than there are seconds is for ever.
            let timeout = Duration::try_from_secs_f64(args.query_timeout).unwrap_or(Duration::MAX);
            builder = builder.query_memory(args.query_memory).query_timeout(timeout);
            for (setting, value) in &args.set {
                let set = builder.set(setting, value);
                let fail = |why| Failure::usage(format!("--set: {}: {why}", profile.name()));
                builder = set.map_err(fail)?;
            }
            if let Some(org) = &args.org {
                builder = builder.organisation(org);
            }
            for (name, retention) in &databases {
                builder = builder.database(name, *retention);
            }
            if let Some(data) = &args.data {
                let (files, folder) = place(data)?;
                builder = builder.data_on(files, folder).log_bytes(args.log_bytes);
            }
            let builder = if wants_setup { builder } else { builder.fresh() };
            Ok(Plan { builder, profile, address: address(args, index, found.len())? })
        };
        found.iter().copied().enumerate().map(plan).collect()
    }

    /// The fault that the servers are to have.
    #[cfg(feature = "mutants")]
    fn fault(args: &ServeArgs) -> Result<Fault, Failure> {
        Fault::find(args.mutant.as_deref())
    }

    /// None: this build has no faults to give.
    #[cfg(not(feature = "mutants"))]
    #[expect(clippy::unnecessary_wraps, reason = "the other build may not know the fault")]
    fn fault(_: &ServeArgs) -> Result<Fault, Failure> {
        Ok(Fault::default())
    }

    type Pem = Vec<u8>;

    /// The certificate and its key, where there is to be TLS.
    fn identity(args: &ServeArgs) -> Result<Option<(Pem, Pem)>, Failure> {
        let read = |path: &Path| {
            let fail = |error| Failure::usage(format!("{}: {error}", path.display()));
            std::fs::read(path).map_err(fail)
        };
        match (&args.tls_cert, &args.tls_key) {
            (Some(certificates), Some(key)) => Ok(Some((read(certificates)?, read(key)?))),
            _ => Ok(None),
        }
    }

    #[cfg(feature = "sql")]
    fn speaking_tls(builder: Builder, (certificates, key): &(Pem, Pem)) -> Result<Builder, String> {
        builder.tls(certificates, key)
    }

    /// TLS comes with what Arrow Flight needs.
    #[cfg(not(feature = "sql"))]
    fn speaking_tls(_: Builder, _: &(Pem, Pem)) -> Result<Builder, String> {
        Err("this build has no TLS; build it with --features sql".to_owned())
    }

    /// `NAME` or `NAME=RETENTION`.
    fn database(text: &str) -> Result<(String, Option<i64>), Failure> {
        let (name, retention) = match text.split_once('=') {
            Some((name, retention)) => {
                let parsed = duration::parse(retention);
                (
                    name,
                    Some(parsed.map_err(|why| Failure::usage(format!("--bucket {text}: {why}")))?),
                )
            }
            None => (text, None),
        };
        if name.is_empty() {
            return Err(Failure::usage(format!("--bucket {text}: the name is missing")));
        }
        Ok((name.to_owned(), retention))
    }

    /// The address of the server of this place in the list.
    fn address(args: &ServeArgs, index: usize, servers: usize) -> Result<SocketAddr, Failure> {
        match args.bind.as_slice() {
            [one] if servers == 1 || one.port() == 0 => Ok(*one),
            several if several.len() == servers => Ok(several[index]),
            _ => Err(Failure::usage(format!(
                "{servers} profiles need {servers} times --bind, or one with port 0"
            ))),
        }
    }

    pub(super) async fn serve(args: &ServeArgs, plans: Vec<Plan>) -> Result<ExitCode, Failure> {
        tell_warnings();
        let mut servers = Vec::new();
        for plan in plans {
            let (name, address) = (plan.profile.name(), plan.address);
            let from = args.data.as_ref().map(|folder| format!(" from {}", folder.display()));
            let from = from.unwrap_or_default();
            let started = plan.builder.start().await;
            let fail =
                |why| Failure::usage(format!("{name} cannot be served on {address}{from}: {why}"));
            servers.push(started.map_err(fail)?);
        }
        // Who reads that a server is there may end it at once.
        let mut signals = Signals::new();
        // Nothing is announced before all of them answer.
        for server in &servers {
            announce(args, server);
        }
        signals.next().await;
        let stopped = join_all(servers.into_iter().map(Server::stop));
        if tokio::time::timeout(STOPPING, stopped).await.is_err() {
            say!("lineproof: some requests were not answered in {STOPPING:?}");
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What servers have to say beside their answers, as that the disk is full: on standard error, a
    /// line each.
    fn tell_warnings() {
        let lines = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN);
        let lines = lines.with_writer(std::io::stderr).with_ansi(false).with_target(false);
        // Where somebody listens already, they do.
        let _ = lines.without_time().try_init();
    }

    /// The first line of each server, once it answers. A token that nobody chose has to be told.
    fn announce(args: &ServeArgs, server: &Server) {
        let (name, url) = (server.profile().name(), server.url());
        let chosen = args.token.as_ref().is_some_and(|token| !token.is_empty());
        let made = server.token().filter(|_| !chosen);
        let line = match args.format {
            ServeFormat::Text => format!("lineproof {name} listening on {url}"),
            ServeFormat::Json => {
                let mut line = serde_json::json!({"profile": name, "url": url});
                if let Some(token) = made {
                    line["token"] = token.into();
                }
                line.to_string()
            }
        };
        let mut stdout = std::io::stdout();
        // Nobody may be reading; the server answers all the same.
        let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
        if let (Some(token), ServeFormat::Text) = (made, args.format) {
            match server.profile().family {
                Family::V1 => say!("  user {}, password {token}", provision::OWNER),
                Family::V2 | Family::V3 | Family::Iox(_) => say!("  token {token}"),
            }
        }
    }
}
