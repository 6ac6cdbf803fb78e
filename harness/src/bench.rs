//! How fast a target takes lines, and whether it keeps them. Bodies that were made before go out on some
//! connections at once: each as soon as the one before is answered (a closed loop), or at times that
//! were set before, whatever the target does (an open loop; latency counts from the time that was set,
//! so that a stall is seen by every request that it kept waiting). In the end some of what was
//! acknowledged is read back, and all of it is counted.

mod cost;
mod load;
mod random;
pub mod result;
mod sample;
mod tally;
mod workload;

use crate::case::{Action, Asked, Body, Sending, Step};
use crate::concurrent::place;
use crate::driver::NotMade;
use crate::outgoing::outgoing;
use crate::run::{Deadline, Interrupt, Stop};
use crate::session::Session;
use crate::session::opening::{LONG_PATIENCE, Stopped, Until, given_back, open_until};
use crate::space::Space;
use crate::target::{Target, Unusable};
use crate::wire::{Lean, Request};
pub use cost::{is_process, knows_processes};
use load::load;
use profiles::Capability;
use result::{About, Ledger, Outcome, Second};
use std::sync::Arc;
use std::time::Duration;
use tally::Sample;
pub use workload::Shape;
use workload::Workload;

/// When a request begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// As soon as the connection's last one is answered.
    Closed,
    /// When its time has come and a connection is free.
    Open {
        /// How many lines are to begin each second.
        lines_per_second: f64,
    },
}

/// What to send, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the lines are like.
    pub shape: Shape,
    /// How many connections.
    pub connections: usize,
    /// When requests begin.
    pub pace: Pace,
    /// How long it is sent before it counts.
    pub warmup: Duration,
    /// How long it counts.
    pub duration: Duration,
    /// How many acknowledged lines are read back at most; with none nothing is read at all.
    pub sample: usize,
    /// How long it is read at most: of a server that is slow to ask fewer lines are looked for. What is
    /// missing is looked for again, and all is counted, in a time after it that is bounded too.
    pub sample_time: Duration,
    /// What was made stays on the target.
    pub keep: bool,
    /// The server's process, where it runs on this machine.
    pub server_pid: Option<u32>,
}

/// The most memory that the lines of all connections take, in bytes.
const MOST: usize = 4 << 30;

impl Plan {
    /// Whether it can be done on this machine.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self) -> Result<(), String> {
        let bytes = self.shape.memory(self.connections);
        if bytes > MOST {
            let mib = bytes >> 20;
            return Err(format!(
                "the bodies of all connections would take some {mib} MiB of memory: choose fewer \
                 connections, series, fields or lines of a batch"
            ));
        }
        let batch = self.shape.batch;
        if let Pace::Open { lines_per_second } = self.pace
            && lines_per_second * self.duration.as_secs_f64() < batch as f64
        {
            return Err(format!(
                "at {lines_per_second} lines a second not one body of {batch} lines is due within {:?}: \
                 choose a higher rate, fewer lines of a batch, or a longer duration",
                self.duration
            ));
        }
        Ok(())
    }
}

/// What is heard of a bench while it runs.
#[derive(Clone, Copy, Debug)]
pub enum News<'n> {
    /// A second of the load is over.
    Second(&'n Second),
    /// Lines are read back.
    Reading {
        /// How many were looked for.
        looked: usize,
        /// How many are to be.
        of: usize,
        /// How long it is read at most; what comes after that has its own time.
        within: Duration,
    },
    /// The server is asked how many lines there are.
    Counting {
        /// How long it may take.
        within: Duration,
    },
}

/// Why there is no outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The target cannot be used.
    Unusable(Unusable),
    /// Somebody ended it before anything was sent; what may be left behind.
    Interrupted(Option<String>),
}

impl From<Unusable> for Ended {
    fn from(unusable: Unusable) -> Self {
        Self::Unusable(unusable)
    }
}

/// Runs the plan on the target; `on_news` hears how far it is. Whatever happens, what was made on the
/// target is given back, unless it is to stay.
///
/// # Errors
/// Nothing was sent, and why.
pub async fn run(
    target: &Target,
    plan: &Plan,
    interrupt: Interrupt,
    on_news: impl FnMut(News<'_>),
) -> Result<Outcome, Ended> {
    let mut stop = Stop { interrupt, deadline: None::<Deadline> };
    let mut target = target.clone();
    if plan.sample == 0 {
        target.lacks.push(Capability::ReadBack);
    }
    let session = match open_until(&target, false, stop.asked()).await {
        Ok(session) => session?,
        Err(Stopped { left_behind, .. }) => return Err(Ended::Interrupted(left_behind)),
    };
    if plan.sample > 0 && session.reader.is_none() {
        let left = given_back(&session, Some(Until::after(LONG_PATIENCE))).await;
        let url = session.target.base.url();
        let left = left.err().map_or_else(String::new, |left| format!("; left behind: {left}"));
        return Err(Unusable(format!(
            "{url} has none of its query languages, so nobody can see what it keeps: name a program with \
             --read-back, or do without (--no-sample){left}"
        ))
        .into());
    }
    let case = place("bench/load", "The load of a bench");
    let space = match session.begin(&case).await {
        Ok(space) => space,
        Err(error) => {
            let why = match error {
                NotMade::Refused(why) => session.hide(&why),
                NotMade::NoSuchRole(_) => String::new(),
            };
            session.close().await.ok();
            let url = session.target.base.url();
            return Err(Unusable(format!(
                "{url} makes no database ({why}): check the credentials, or name an existing one with --database"
            ))
            .into());
        }
    };
    let mut outcome = measured(&session, &space, plan, &mut stop, on_news).await;
    outcome.left_behind = if plan.keep {
        session.close_but(&space).await;
        let (database, name) = (&space.database, format!("{}cpu", space.prefix));
        Some(format!("the measurement {name} in {database} (--keep)"))
    } else {
        let before = Ok(Vec::new());
        let ended = session.end(&case, &space, &before);
        let ended = tokio::time::timeout(LONG_PATIENCE, ended).await;
        let ended = ended.unwrap_or(Ok(()));
        // What could not be dropped by itself is swept.
        let closed = given_back(&session, Some(Until::after(LONG_PATIENCE))).await;
        closed.and(ended).err()
    };
    Ok(outcome)
}

/// Sends, and reads back.
async fn measured(
    session: &Session,
    space: &Space,
    plan: &Plan,
    stop: &mut Stop,
    mut on_news: impl FnMut(News<'_>),
) -> Outcome {
    let measurement = format!("{}cpu", space.prefix);
    let workload = Arc::new(Workload::new(&plan.shape, &measurement, space.now));
    let about = About {
        target: session.target.base.url(),
        profile: session.target.profile.name(),
        server_version: version(session).await,
        timeout: session.target.timeout,
        bytes_per_line: workload.bytes_per_line(),
    };
    let request = request(session, space, plan.shape.gzip);
    let connect = || Lean::new(&session.target.base, &request, session.target.timeout);
    let sample =
        Sample::new(plan.sample, plan.shape.seed, (sample::series(session), plan.shape.series));
    let connect = (session.hidden(), connect);
    let on_second = |second: &Second| on_news(News::Second(second));
    let loaded = load(plan, Arc::clone(&workload), sample, connect, stop, on_second).await;
    let ledger = if plan.sample == 0 {
        Ledger { skipped: true, ..sample::unread(&loaded, None) }
    } else if loaded.interrupted {
        sample::unread(&loaded, Some("interrupted"))
    } else {
        let told = (plan.sample_time, &mut on_news);
        tokio::select! {
            biased;
            _ = stop.asked() => sample::unread(&loaded, Some("interrupted")),
            ledger = sample::ledger(session, space, &workload, &loaded, told) => ledger,
        }
    };
    let interrupted = ledger.not_read.as_deref() == Some("interrupted");
    let mut outcome = Outcome::new(about, plan, loaded, ledger);
    outcome.partial |= interrupted;
    outcome
}

/// The request of a write, without its body.
fn request(session: &Session, space: &Space, gzip: bool) -> Request {
    let mut headers = std::collections::BTreeMap::new();
    if gzip {
        headers.insert("Content-Encoding".to_owned(), "gzip".to_owned());
    }
    let step = Step {
        line: 0,
        action: Action::Write(Body::Bytes(Vec::new())),
        asked: Asked::Once,
        sending: Sending { headers, ..Sending::default() },
    };
    let written = outgoing(session.target.profile.family, &step, space);
    written.map_or_else(|| Request::new("POST", "/write"), |written| written.request)
}

/// The release that the server calls itself.
async fn version(session: &Session) -> Option<String> {
    let mut ping = Request::new("GET", "/ping");
    if let Some(value) = &session.ready.authorization {
        ping = ping.header("Authorization", value);
    }
    let answer = session.pool.send(&ping).await.ok()?;
    let said = session.hide(answer.header("x-influxdb-version")?);
    Some(said.chars().take(80).collect())
}
