//! Finding what nobody thought of: random batches on a target, each judged like a case from a file;
//! what is found is made small on the target itself, and saved as a case that fails by itself.

mod batch;
mod line;
mod rules;
mod save;
mod shrink;
mod strategy;
mod trace;

pub(crate) use batch::AREA;
pub(crate) use rules::{Broken, Rules, Wrote};

use crate::case::Endpoint;
use crate::chance::{self, About, Extent, Pieces, Tally, blank, sort_of};
use crate::event::{CaseResult, Event};
use crate::execute::execute;
use crate::findings::{Setting, not_run, of_executed};
use crate::outgoing::own_endpoint;
use crate::run::{Deadline, Interrupt, milliseconds, not_made};
use crate::session::Session;
use crate::target::Target;
use crate::verdict::{Course, Ending, Verdict};
use batch::Batch;
use shrink::{Again, shrink};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use strategy::Generator;

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

/// What all batches of a run share.
struct Batches {
    plan: Plan,
    profile: String,
    generator: Generator,
    tally: Tally,
    /// What was found and is being made small, by the number of the batch.
    unsaid: Mutex<BTreeMap<u64, (Batch, CaseResult)>>,
}

impl Batches {
    fn unsaid(&self) -> MutexGuard<'_, BTreeMap<u64, (Batch, CaseResult)>> {
        self.unsaid.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name(&self, index: u64) -> String {
        format!("s{}-{index}", self.plan.seed)
    }
}

/// Runs the plan on the target; `on_batch` hears of each batch that is done. Whatever happens, what
/// was made on the target is given back.
pub async fn run(
    target: &Target,
    plan: Plan,
    interrupt: Interrupt,
    on_event: impl FnMut(&Event),
    on_batch: impl FnMut(),
) -> Ending {
    let Plan { batches: count, jobs, strict, deadline, .. } = plan;
    let extent = Extent { count, jobs, strict, deadline };
    let begin = |session: &Session| Batches {
        generator: Generator::new(plan.seed, endpoints(session)),
        profile: target.profile.name(),
        tally: Tally::default(),
        unsaid: Mutex::default(),
        plan,
    };
    chance::run(target, extent, begin, interrupt, on_event, on_batch).await
}

/// The endpoints that are there besides the family's own.
fn endpoints(session: &Session) -> Vec<Endpoint> {
    let own = own_endpoint(session.target.profile.family);
    let is_there = |endpoint: &Endpoint| {
        *endpoint != own && !session.ready.lacks.contains_key(&endpoint.capability())
    };
    [Endpoint::V1, Endpoint::V2, Endpoint::V3].into_iter().filter(is_there).collect()
}

impl Pieces for Batches {
    async fn one(&self, session: &Arc<Session>, index: u64) -> Option<CaseResult> {
        let name = self.name(index);
        let batch = self.generator.batch(index)?;
        let result = tried(self, session, &name, &batch).await;
        if !self.tally.counts(&result, self.plan.fail_fast) {
            return None;
        }
        self.unsaid().insert(index, (batch.clone(), result.clone()));
        let found = found(self, session, &name, batch, result).await;
        self.unsaid().remove(&index);
        Some(found)
    }

    fn unsaid(&self, session: &Session) -> Vec<CaseResult> {
        let unsaid = std::mem::take(&mut *self.unsaid());
        let as_found = |(index, (batch, mut result)): (u64, (Batch, CaseResult))| {
            // To make it small there was no time.
            result.notes.push("stopped before it was made small".to_owned());
            saved(self, session, &self.name(index), &batch, result)
        };
        unsaid.into_iter().map(as_found).collect()
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn about(&self) -> About<'_> {
        let Plan { batches, seed, .. } = self.plan;
        About {
            profile: &self.profile,
            id: format!("{AREA}/s{seed}"),
            summary: format!("{batches} random batches, made from seed {seed}"),
            what: "batches",
            planned: batches,
        }
    }
}

/// Sends a batch and judges what comes of it.
async fn tried(own: &Batches, session: &Session, name: &str, batch: &Batch) -> CaseResult {
    let setting = Setting { profile: &own.profile, strict: own.plan.strict, known: None };
    let summary = format!("A random batch, made from seed {}", own.plan.seed);
    let began = Instant::now();
    let case = match batch.case(name, &summary, "") {
        Ok(case) => case,
        Err(error) => return not_a_case(&setting, name, &error.to_string()),
    };
    let mut result = match session.unsupported(&case) {
        Some(why) => not_run(&setting, &case, &Course::Unsupported, why),
        None => match execute(session, &case, None).await {
            Ok(done) => of_executed(&setting, &case, done, None, session.losses()),
            Err(error) => not_made(&setting, &case, error),
        },
    };
    session.hide_in(&mut result);
    result.milliseconds = milliseconds(began.elapsed());
    result
}

/// A fault of ours, that no server is to blame for.
fn not_a_case(setting: &Setting<'_>, name: &str, why: &str) -> CaseResult {
    let mut result = blank(setting.profile, &format!("{AREA}/{name}"), String::new());
    result.verdict = Verdict::Error;
    result.reason = Some(format!("it cannot be told as a case: {why}"));
    result
}

/// Makes small what was found, and saves it.
async fn found(
    own: &Batches,
    session: &Session,
    name: &str,
    batch: Batch,
    first: CaseResult,
) -> CaseResult {
    let again = Once { own, session, name, sort: sort_of(&first) };
    let (small, result) = match again.again(&batch).await {
        Some(same) => shrink(batch, same, again).await,
        None => {
            let mut first = first;
            first.notes.push("sent once more it was not seen again".to_owned());
            (batch, first)
        }
    };
    saved(own, session, name, &small, result)
}

/// A finding, with a note that says where it is saved.
fn saved(
    own: &Batches,
    session: &Session,
    name: &str,
    batch: &Batch,
    mut result: CaseResult,
) -> CaseResult {
    if let Some(dir) = &own.plan.save {
        let strict = own.plan.strict;
        result.notes.push(save::save(dir, name, batch, &result, strict, session));
    }
    result
}

/// Asks for a sort of finding again.
struct Once<'s> {
    own: &'s Batches,
    session: &'s Session,
    name: &'s str,
    sort: String,
}

impl Again for Once<'_> {
    async fn again(&self, batch: &Batch) -> Option<CaseResult> {
        let result = tried(self.own, self.session, self.name, batch).await;
        (sort_of(&result) == self.sort).then_some(result)
    }
}
