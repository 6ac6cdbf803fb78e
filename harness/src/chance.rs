//! A run of chance: pieces that a seed makes, several at a time on one target, until enough is known.
//! Random batches and rounds of concurrent writers are such pieces.

mod tally;

pub(crate) use tally::{About, Tally, blank, sort, sort_of};

use crate::event::{CaseResult, Event, Finished};
use crate::run::{Deadline, Interrupt, Stop, Why, announced, milliseconds, slots, started};
use crate::session::Session;
use crate::session::opening::{LONG_PATIENCE, Stopped, Until, given_back, open_until};
use crate::target::Target;
use crate::verdict::Ending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How much there is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// How many pieces.
    pub(crate) count: u64,
    /// How many of them are under way at the same time.
    pub(crate) jobs: usize,
    /// From 0 (honesty and status class) to 3 (every byte).
    pub(crate) strict: u8,
    /// When the run ends, whether it is done or not.
    pub(crate) deadline: Option<Deadline>,
}

/// What the run is made of.
pub(crate) trait Pieces: Send + Sync + 'static {
    /// Tries the piece of this number; its result where it should be shown.
    fn one(
        &self,
        session: &Arc<Session>,
        index: u64,
    ) -> impl Future<Output = Option<CaseResult>> + Send;

    /// What has been found and not been told, where the run is stopped.
    fn unsaid(&self, _: &Session) -> Vec<CaseResult> {
        Vec::new()
    }

    /// What came of all of them.
    fn tally(&self) -> &Tally;

    /// What the result is called that stands for all of them.
    fn about(&self) -> About<'_>;

    /// Whether a piece has found that the target answers no more: it is not asked again.
    fn is_gone(&self) -> bool {
        false
    }
}

/// What all pieces of a run share.
struct Shared<P> {
    session: Arc<Session>,
    pieces: P,
    count: u64,
    next: AtomicU64,
}

/// What a worker tells.
enum Told {
    Done,
    Found(Box<CaseResult>),
}

/// Runs the pieces that `begin` makes for the session; `on_piece` hears of each that is done. Whatever
/// happens, what was made on the target is given back.
pub(crate) async fn run<P: Pieces>(
    target: &Target,
    extent: Extent,
    begin: impl FnOnce(&Session) -> P,
    interrupt: Interrupt,
    mut on_event: impl FnMut(&Event),
    on_piece: impl FnMut(),
) -> Ending {
    let began = Instant::now();
    let mut stop = Stop { interrupt, deadline: extent.deadline };
    let profile = target.profile.name();
    let finish = |ending, reason, left_behind| {
        let milliseconds = milliseconds(began.elapsed());
        let profile = profile.clone();
        let stale = Vec::new();
        Event::Finished(Finished { profile, ending, reason, left_behind, stale, milliseconds })
    };
    let session = match open_until(target, false, stop.asked()).await {
        Err(Stopped { why, left_behind }) => {
            on_event(&finish(Ending::Interrupted, Some(why.to_string()), left_behind));
            return Ending::Interrupted;
        }
        Ok(Ok(session)) => session,
        Ok(Err(error)) => {
            on_event(&finish(Ending::Unusable, Some(error.0), None));
            return Ending::Unusable;
        }
    };
    let count = usize::try_from(extent.count).unwrap_or(usize::MAX);
    let announced = announced(target, count, extent.strict);
    let doubt = tokio::select! {
        doubt = session.doubt() => doubt,
        _ = stop.asked() => None,
    };
    on_event(&Event::Started(started(&session, announced, doubt.as_ref())));
    let shared = Arc::new(Shared {
        pieces: begin(&session),
        count: extent.count,
        next: AtomicU64::new(0),
        session: Arc::new(session),
    });
    let mut stopped = all(&shared, extent.jobs, &mut stop, &mut on_event, on_piece).await;
    let Shared { session, pieces, .. } = &*shared;
    let summary = pieces.tally().summary(&pieces.about(), stopped.is_none(), began.elapsed());
    let verdict = summary.verdict;
    on_event(&Event::Case(Box::new(summary)));
    let mut canary = Ok(());
    if stopped.is_none() && !pieces.is_gone() {
        tokio::select! {
            answer = session.canary() => canary = answer,
            why = stop.asked() => stopped = Some(why),
        }
    }
    let is_hasty = stopped.is_some() || pieces.is_gone();
    let until = is_hasty.then(|| Until::after(LONG_PATIENCE));
    let left_behind = given_back(session, until).await.err();
    let left_behind = left_behind.map(|why| session.hide(&why));
    let (ending, reason) = match (stopped, canary) {
        (Some(why), _) => (Ending::Interrupted, Some(why.to_string())),
        (None, Err(error)) => (Ending::Unusable, Some(error.0)),
        (None, Ok(())) => (Ending::of([verdict]), None),
    };
    on_event(&finish(ending, reason, left_behind));
    ending
}

/// Runs the pieces; with the reason where the run was stopped before their end.
async fn all<P: Pieces>(
    shared: &Arc<Shared<P>>,
    jobs: usize,
    stop: &mut Stop,
    on_event: &mut impl FnMut(&Event),
    mut on_piece: impl FnMut(),
) -> Option<Why> {
    let (sender, mut told) = mpsc::unbounded_channel();
    let mut workers = JoinSet::new();
    for _ in 0..slots(&shared.session, jobs) {
        workers.spawn(work(Arc::clone(shared), sender.clone()));
    }
    drop(sender);
    loop {
        tokio::select! {
            biased;
            why = stop.asked() => {
                workers.shutdown().await;
                while let Ok(told) = told.try_recv() {
                    if let Told::Found(result) = told {
                        on_event(&Event::Case(result));
                    }
                }
                for unsaid in shared.pieces.unsaid(&shared.session) {
                    on_event(&Event::Case(Box::new(unsaid)));
                }
                return Some(why);
            }
            next = told.recv() => match next {
                None => break,
                Some(Told::Done) => on_piece(),
                Some(Told::Found(result)) => on_event(&Event::Case(result)),
            }
        }
    }
    while let Some(joined) = workers.join_next().await {
        if let Err(error) = joined
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }
    None
}

async fn work<P: Pieces>(shared: Arc<Shared<P>>, told: mpsc::UnboundedSender<Told>) {
    while !shared.pieces.tally().is_over() {
        let index = shared.next.fetch_add(1, Ordering::Relaxed);
        if index >= shared.count {
            return;
        }
        if let Some(found) = shared.pieces.one(&shared.session, index).await {
            told.send(Told::Found(Box::new(found))).ok();
        }
        told.send(Told::Done).ok();
    }
}
