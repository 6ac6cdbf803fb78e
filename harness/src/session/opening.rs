//! A session that somebody may stop while it is opened: what it has made by then is given back, and
//! what may be left is named.

use super::{Session, begins};
use crate::driver::{self, Admin};
use crate::redact::Secrets;
use crate::target::{Target, Unusable};
use crate::wire::Pool;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long it is waited for a target to answer once more, so that what it was asked to make is known.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// How long it takes at most to give everything back, where the target answers slowly or not at all.
pub(crate) const LONG_PATIENCE: Duration = Duration::from_secs(30);

/// Why there is no session: somebody stopped it, and what may be left behind.
pub(crate) struct Stopped<W> {
    pub(crate) why: W,
    pub(crate) left_behind: Option<String>,
}

/// Opens a session, as long as nobody stops it; `is_setup` where the server is set up for cases.
pub(crate) async fn open_until<W>(
    target: &Target,
    is_setup: bool,
    stop: impl Future<Output = W>,
) -> Result<Result<Session, Unusable>, Stopped<W>> {
    let name = begins();
    let mut opening = pin!(Session::open_as(target, is_setup, name.clone()));
    let why = tokio::select! {
        biased;
        why = stop => why,
        session = &mut opening => return Ok(session),
    };
    let left_behind = match timeout(PATIENCE, opening).await {
        Ok(Ok(session)) => given_back(&session, Some(Until::after(LONG_PATIENCE))).await.err(),
        Ok(Err(_)) => None,
        Err(_) => swept(target, &name).await.err(),
    };
    Err(Stopped { why, left_behind })
}

/// Drops what an opening has made that was not waited for to its end.
async fn swept(target: &Target, begins: &str) -> Result<(), String> {
    if let Some(database) = &target.database {
        return Err(format!("the measurements that begin with {begins} in {database}"));
    }
    let pool = Pool::new(target.base.clone(), target.timeout);
    let sweep = async {
        let ready = driver::prepare(target, &pool).await.map_err(|error| error.0)?;
        let authorization = ready.authorization.clone();
        let admin = Admin { target, pool: &pool, authorization };
        driver::sweep(&admin, &ready, begins).await
    };
    let given = Secrets::new(target.credentials.secrets());
    match timeout(PATIENCE, sweep).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(why)) => Err(format!("whatever begins with {begins}: {}", given.hide(&why))),
        Err(_) => Err(unfinished(begins)),
    }
}

/// What may be left of a session whose opening was not waited for.
pub(crate) fn unfinished(begins: &str) -> String {
    format!("whatever begins with {begins}: the target did not answer in time")
}

/// Until when everything must be given back.
#[derive(Clone, Copy)]
pub(crate) struct Until {
    at: Instant,
    after: Duration,
}

impl Until {
    pub(crate) fn after(after: Duration) -> Self {
        Self { at: Instant::now() + after, after }
    }
}

/// Gives back what a session has made, until then where a run has ended early: nobody waits for ever
/// for a target that may be why.
pub(crate) async fn given_back(session: &Session, until: Option<Until>) -> Result<(), String> {
    let Some(Until { at, after }) = until else { return session.close().await };
    // Whatever others have used up of the time: one more request is little.
    let left = at.saturating_duration_since(Instant::now()).max(Duration::from_secs(1));
    let closed = timeout(left, session.close()).await.unwrap_or_else(|_| {
        let (begins, seconds) = (&session.begins, after.as_secs());
        Err(format!("whatever begins with {begins}: it was not dropped within {seconds} s"))
    });
    closed.map_err(|why| session.hide(&why))
}
