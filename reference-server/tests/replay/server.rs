//! The server that is asked: one of this crate, or one at a URL.

use reference_server::Server;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::{Builder, Runtime};

/// A server to replay to; it stops when dropped.
pub(crate) enum Asked {
    /// In this process.
    Embedded { server: Server, _runtime: Runtime },
    /// `host:port`.
    Elsewhere(String),
}

impl Asked {
    /// `host:port`.
    pub(crate) fn authority(&self) -> String {
        match self {
            Self::Embedded { server, .. } => server.address().to_string(),
            Self::Elsewhere(authority) => authority.clone(),
        }
    }
}

/// Starts the server that this recording needs.
pub(crate) fn start(recording: &str) -> Result<Asked, String> {
    if let Ok(url) = std::env::var("LINEPROOF_REPLAY_URL") {
        let authority =
            url.strip_prefix("http://").ok_or("LINEPROOF_REPLAY_URL is no http:// URL")?;
        return Ok(Asked::Elsewhere(authority.trim_end_matches('/').to_owned()));
    }
    let name =
        profile(recording).ok_or_else(|| format!("no profile is recorded in {recording}"))?;
    let profile = profiles::find(name).map_err(|e| e.to_string())?;
    let mut builder =
        Server::builder(profile).fresh().clock(Arc::new(ClockOfTheRecordings(Instant::now())));
    // Version 2 asks for credentials always; the others were recorded in both ways.
    if profile.family != profiles::Family::V2 {
        builder = builder.auth(recording.ends_with("-auth"));
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|e| format!("cannot start a runtime: {e}"))?;
    let server =
        runtime.block_on(builder.start()).map_err(|e| format!("cannot start {name}: {e}"))?;
    Ok(Asked::Embedded { server, _runtime: runtime })
}

/// The profile that a recording is of.
fn profile(recording: &str) -> Option<&'static str> {
    [
        ("v1-1.6", "oss-v1@1.6"),
        ("v1-1.12", "oss-v1@1.12"),
        ("v2-2.1", "oss-v2@2.1"),
        ("v2-2.7", "oss-v2@2.7"),
        ("v2-2.9", "oss-v2@2.9"),
        ("v3-core-3.6", "v3-core@3.6"),
        ("v3-core-3.8.0", "v3-core@3.8.0"),
    ]
    .into_iter()
    .find_map(|(prefix, name)| recording.starts_with(prefix).then_some(name))
}

/// The time goes on from when the recordings were made: what they sent was old or new then.
struct ClockOfTheRecordings(Instant);

/// 2026-11-21T03:00:00Z.
const RECORDED: i64 = 1_795_230_000_000_000_000;

impl reference_server::clock::Clock for ClockOfTheRecordings {
    fn now(&self) -> i64 {
        let elapsed = i64::try_from(self.0.elapsed().as_nanos()).unwrap_or(i64::MAX);
        RECORDED.saturating_add(elapsed)
    }
}
