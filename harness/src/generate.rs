//! Finding what nobody thought of: random batches on a target, each judged like a case from a file;
//! what is found is made small on the target itself, and saved as a case that fails by itself.

mod batch;
mod line;
mod rules;
mod save;
mod shrink;
mod strategy;
mod tally;
mod trace;

pub(crate) use batch::AREA;
pub(crate) use rules::{Broken, Rules, Wrote};

use crate::case::Endpoint;
use crate::event::{CaseResult, Event, Finished};
use crate::execute::execute;
use crate::findings::{Setting, not_run, of_executed};
use crate::outgoing::own_endpoint;
use crate::run::{
    Deadline, Interrupt, Stop, Why, announced, milliseconds, not_made, slots, started,
};
use crate::session::Session;
use crate::session::opening::{LONG_PATIENCE, Stopped, Until, given_back, open_until};
use crate::target::Target;
use crate::verdict::{Course, Ending, Verdict};
use batch::Batch;
use shrink::{Again, shrink};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use strategy::Generator;
use tally::{Tally, sort_of};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many batches.
    pub batches: u64,
    /// What they are made from: the same seed gives the same requests.
    pub seed: u64,
    /// How many of them are under way at the same time.
    pub jobs: usize,
    /// From 0 (honesty and status class) to 3 (every byte).
    pub strict: u8,
    /// No new batch begins after the first finding.
    pub fail_fast: bool,
    /// The folder into which cases are saved; none where nothing is saved.
    pub save: Option<PathBuf>,
    /// When the run ends, whether it is done or not.
    pub deadline: Option<Deadline>,
}

impl Plan {
    /// Why a run of this plan ends before it begins, if it does.
    pub fn over(&self, interrupt: &Interrupt) -> Option<Why> {
        Stop { interrupt: interrupt.clone(), deadline: self.deadline }.already()
    }
}

/// What all batches of a run share.
struct Shared {
    session: Session,
    plan: Plan,
    profile: String,
    generator: Generator,
    next: AtomicU64,
    tally: Tally,
    /// What was found and is being made small, by the number of the batch.
    unsaid: Mutex<BTreeMap<u64, (Batch, CaseResult)>>,
}

impl Shared {
    fn unsaid(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, (Batch, CaseResult)>> {
        self.unsaid.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn name(&self, index: u64) -> String {
        format!("s{}-{index}", self.plan.seed)
    }
}

/// What a worker tells.
enum Told {
    Done,
    Found(Box<CaseResult>),
}

/// Runs the plan on the target; `on_batch` hears of each batch that is done. Whatever happens, what
/// was made on the target is given back.
pub async fn run(
    target: &Target,
    plan: Plan,
    interrupt: Interrupt,
    mut on_event: impl FnMut(&Event),
    on_batch: impl FnMut(),
) -> Ending {
    let began = Instant::now();
    let mut stop = Stop { interrupt, deadline: plan.deadline };
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
    let batches = usize::try_from(plan.batches).unwrap_or(usize::MAX);
    let announced = announced(target, batches, plan.strict);
    let doubt = tokio::select! {
        doubt = session.doubt() => doubt,
        _ = stop.asked() => None,
    };
    on_event(&Event::Started(started(&session, announced, doubt.as_ref())));
    let shared = Arc::new(Shared {
        generator: Generator::new(plan.seed, endpoints(&session)),
        profile: profile.clone(),
        next: AtomicU64::new(0),
        tally: Tally::default(),
        unsaid: Mutex::default(),
        session,
        plan,
    });
    let mut stopped = all(&shared, &mut stop, &mut on_event, on_batch).await;
    let complete = stopped.is_none();
    let summary = shared.tally.summary(&shared.profile, &shared.plan, complete, began.elapsed());
    let verdict = summary.verdict;
    on_event(&Event::Case(Box::new(summary)));
    let mut canary = Ok(());
    if complete {
        tokio::select! {
            answer = shared.session.canary() => canary = answer,
            why = stop.asked() => stopped = Some(why),
        }
    }
    let until = stopped.map(|_| Until::after(LONG_PATIENCE));
    let left_behind = given_back(&shared.session, until).await.err();
    let left_behind = left_behind.map(|why| shared.session.hide(&why));
    let (ending, reason) = match (stopped, canary) {
        (Some(why), _) => (Ending::Interrupted, Some(why.to_string())),
        (None, Err(error)) => (Ending::Unusable, Some(error.0)),
        (None, Ok(())) => (Ending::of([verdict]), None),
    };
    on_event(&finish(ending, reason, left_behind));
    ending
}

/// The endpoints that are there besides the family's own.
fn endpoints(session: &Session) -> Vec<Endpoint> {
    let own = own_endpoint(session.target.profile.family);
    let is_there = |endpoint: &Endpoint| {
        *endpoint != own && !session.ready.lacks.contains_key(&endpoint.capability())
    };
    [Endpoint::V1, Endpoint::V2, Endpoint::V3].into_iter().filter(is_there).collect()
}

/// Runs the batches; with the reason where the run was stopped before their end.
async fn all(
    shared: &Arc<Shared>,
    stop: &mut Stop,
    on_event: &mut impl FnMut(&Event),
    mut on_batch: impl FnMut(),
) -> Option<Why> {
    let (sender, mut told) = mpsc::unbounded_channel();
    let mut workers = JoinSet::new();
    for _ in 0..slots(&shared.session, shared.plan.jobs) {
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
                // As it was found: to make it small there was no time.
                for (index, (batch, mut result)) in std::mem::take(&mut *shared.unsaid()) {
                    result.notes.push("stopped before it was made small".to_owned());
                    let result = saved(shared, &shared.name(index), &batch, result);
                    on_event(&Event::Case(Box::new(result)));
                }
                return Some(why);
            }
            next = told.recv() => match next {
                None => break,
                Some(Told::Done) => on_batch(),
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

async fn work(shared: Arc<Shared>, told: mpsc::UnboundedSender<Told>) {
    while !shared.tally.is_over() {
        let index = shared.next.fetch_add(1, Ordering::Relaxed);
        if index >= shared.plan.batches {
            return;
        }
        let name = shared.name(index);
        if let Some(batch) = shared.generator.batch(index) {
            let result = tried(&shared, &name, &batch).await;
            if shared.tally.counts(&result, shared.plan.fail_fast) {
                shared.unsaid().insert(index, (batch.clone(), result.clone()));
                let found = found(&shared, &name, batch, result).await;
                shared.unsaid().remove(&index);
                told.send(Told::Found(Box::new(found))).ok();
            }
        }
        told.send(Told::Done).ok();
    }
}

/// Sends a batch and judges what comes of it.
async fn tried(shared: &Shared, name: &str, batch: &Batch) -> CaseResult {
    let setting = Setting { profile: &shared.profile, strict: shared.plan.strict, known: None };
    let summary = format!("A random batch, made from seed {}", shared.plan.seed);
    let began = Instant::now();
    let case = match batch.case(name, &summary, "") {
        Ok(case) => case,
        Err(error) => return not_a_case(&setting, name, &error.to_string()),
    };
    let mut result = match shared.session.unsupported(&case) {
        Some(why) => not_run(&setting, &case, &Course::Unsupported, why),
        None => match execute(&shared.session, &case, None).await {
            Ok(done) => of_executed(&setting, &case, done, None, shared.session.losses()),
            Err(error) => not_made(&setting, &case, error),
        },
    };
    shared.session.hide_in(&mut result);
    result.milliseconds = milliseconds(began.elapsed());
    result
}

/// A fault of ours, that no server is to blame for.
fn not_a_case(setting: &Setting<'_>, name: &str, why: &str) -> CaseResult {
    let mut result = tally::blank(setting.profile, &format!("{AREA}/{name}"), String::new());
    result.verdict = Verdict::Error;
    result.reason = Some(format!("it cannot be told as a case: {why}"));
    result
}

/// Makes small what was found, and saves it.
async fn found(shared: &Shared, name: &str, batch: Batch, first: CaseResult) -> CaseResult {
    let again = Once { shared, name, sort: sort_of(&first) };
    let (small, result) = match again.again(&batch).await {
        Some(same) => shrink(batch, same, again).await,
        None => {
            let mut first = first;
            first.notes.push("sent once more it was not seen again".to_owned());
            (batch, first)
        }
    };
    saved(shared, name, &small, result)
}

/// A finding, with a note that says where it is saved.
fn saved(shared: &Shared, name: &str, batch: &Batch, mut result: CaseResult) -> CaseResult {
    if let Some(dir) = &shared.plan.save {
        let strict = shared.plan.strict;
        result.notes.push(save::save(dir, name, batch, &result, strict, &shared.session));
    }
    result
}

/// Asks for a sort of finding again.
struct Once<'s> {
    shared: &'s Shared,
    name: &'s str,
    sort: String,
}

impl Again for Once<'_> {
    async fn again(&self, batch: &Batch) -> Option<CaseResult> {
        let result = tried(self.shared, self.name, batch).await;
        (sort_of(&result) == self.sort).then_some(result)
    }
}
