//! A run: every selected case on one target, several at a time, each verdict its own.

mod order;
mod presence;
mod stop;

use crate::case::Case;
use crate::driver::NotMade;
use crate::event::{CaseResult, Event, Finished, Selected, Started};
use crate::execute::{Expected, execute};
use crate::findings::{Setting, not_run, of_executed};
use crate::known::Known;
use crate::session::opening::{
    LONG_PATIENCE, PATIENCE, Stopped, Until, given_back, open_until, unfinished,
};
use crate::session::{Session, begins};
use crate::shard::Shard;
use crate::snapshot::Snapshots;
use crate::target::{Target, Unusable};
use crate::verdict::{Course, Ending, Verdict};
use presence::Presence;
use profiles::Family;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
pub(crate) use stop::Stop;
pub use stop::{Deadline, Why, over};
use tokio::sync::{Mutex, RwLock, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The selected cases; the runs of several profiles share them.
    pub cases: Arc<[Case]>,
    /// What is expected of them.
    pub snapshots: Snapshots,
    /// From 0 (honesty and status class) to 3 (every byte).
    pub strict: u8,
    /// How many cases run at the same time.
    pub jobs: usize,
    /// No new case begins after the first that fails.
    pub fail_fast: bool,
    /// The order of the cases; none is the order of their ids.
    pub shuffle: Option<u64>,
    /// Cases that are known to fail.
    pub known: Known,
    /// Patterns of that list that match no case.
    pub stale: Vec<String>,
    /// What this is a part of.
    pub part: Part,
    /// When the run ends, whether it is done or not.
    pub deadline: Option<Deadline>,
}

/// What a run is a part of: of itself where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Which part of the selection the cases are.
    pub shard: Option<Shard>,
    /// All that is selected: how many cases, and their [`digest`](digest_of).
    pub selection: Option<(usize, u64)>,
    /// What the user calls the whole.
    pub run: Option<String>,
}

/// A digest of what these cases are.
pub fn digest_of<'c>(cases: impl IntoIterator<Item = &'c Case>) -> u64 {
    let mut lines: Vec<_> =
        cases.into_iter().map(|case| format!("{} {}\n", case.id, case.digest())).collect();
    lines.sort_unstable();
    crate::digest::fnv64(lines.concat().as_bytes())
}

impl Plan {
    /// Why a run of this plan ends before it begins, if it does.
    pub fn over(&self, interrupt: &Interrupt) -> Option<Why> {
        over(interrupt, self.deadline)
    }
}

/// Tells a run to stop.
pub type Interrupt = watch::Receiver<bool>;

/// An interrupt that never comes.
pub fn uninterrupted() -> (watch::Sender<bool>, Interrupt) {
    watch::channel(false)
}

/// What all cases of a run share.
struct Shared {
    session: Session,
    plan: Plan,
    profile: String,
    /// Cases that must run alone take it whole.
    alone: RwLock<()>,
    /// Cases that share a server which is set up for them take turns: by where it is.
    turns: BTreeMap<String, Mutex<()>>,
    /// The sessions on such servers that are under way.
    set_up: std::sync::Mutex<Vec<Arc<Session>>>,
    /// How the names begin of what those make that are still being opened.
    opening: std::sync::Mutex<Vec<String>>,
    slots: Semaphore,
    presence: Presence,
    stopped: AtomicBool,
}

impl Shared {
    fn set_up(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Session>>> {
        self.set_up.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn opening(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.opening.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Runs the plan on the target. Whatever happens, what was made on the target is given back.
pub async fn run(
    target: &Target,
    plan: Plan,
    interrupt: Interrupt,
    mut on_event: impl FnMut(&Event),
) -> Ending {
    let began = Instant::now();
    let mut stop = Stop { interrupt, deadline: plan.deadline };
    let profile = target.profile.name();
    let finished = |ending, reason, left_behind, stale| Finished {
        profile: profile.clone(),
        ending,
        reason,
        left_behind,
        stale,
        milliseconds: milliseconds(began.elapsed()),
    };
    if let Some(why) = stop.already() {
        not_opened(target, &plan, &mut on_event);
        let (ending, why) = (Ending::Interrupted, why.to_string());
        on_event(&Event::Finished(finished(ending, Some(why), None, Vec::new())));
        return ending;
    }
    let session = match open_until(target, false, stop.asked()).await {
        Err(Stopped { why, left_behind }) => {
            let (ending, why) = (Ending::Interrupted, why.to_string());
            not_opened(target, &plan, &mut on_event);
            on_event(&Event::Finished(finished(ending, Some(why), left_behind, Vec::new())));
            return ending;
        }
        Ok(Ok(session)) => session,
        Ok(Err(error)) => {
            let ending = Ending::Unusable;
            not_opened(target, &plan, &mut on_event);
            on_event(&Event::Finished(finished(ending, Some(error.0), None, Vec::new())));
            return ending;
        }
    };
    let doubt = tokio::select! {
        doubt = session.doubt() => doubt,
        _ = stop.asked() => None,
    };
    let announced = announced_by(target, &plan);
    on_event(&Event::Started(started(&session, announced, doubt.as_ref())));
    let stale = plan.stale.clone();
    let shared = Arc::new(Shared {
        slots: Semaphore::new(slots(&session, plan.jobs)),
        session,
        profile: profile.clone(),
        alone: RwLock::new(()),
        turns: target.setups.values().map(|own| (own.base.url(), Mutex::default())).collect(),
        set_up: std::sync::Mutex::default(),
        opening: std::sync::Mutex::default(),
        presence: Presence::new(),
        stopped: AtomicBool::new(false),
        plan,
    });
    let (verdicts, mut early) = all_cases(&shared, &mut stop, &mut on_event).await;
    let mut canary = Ok(());
    if early.is_none() {
        tokio::select! {
            answer = shared.session.canary() => canary = answer,
            why = stop.asked() => early = Some(Early::Stopped(why)),
        }
    }
    let until = early.as_ref().map(|early| Until::after(early.patience()));
    let mut left_behind: Vec<String> =
        given_back(&shared.session, until).await.err().into_iter().collect();
    // Those of cases that were interrupted, also in the middle of an opening.
    let deadline = Instant::now() + PATIENCE;
    while !shared.opening().is_empty() && Instant::now() < deadline {
        sleep(Duration::from_millis(20)).await;
    }
    let interrupted = std::mem::take(&mut *shared.set_up());
    for session in interrupted {
        left_behind.extend(given_back(&session, until).await.err());
    }
    left_behind.extend(shared.opening().iter().map(|begins| unfinished(begins)));
    let left_behind =
        (!left_behind.is_empty()).then(|| shared.session.hide(&left_behind.join("; ")));
    let (ending, reason) = match (early, canary) {
        (Some(Early::Stopped(why)), _) => (Ending::Interrupted, Some(why.to_string())),
        (Some(Early::Gone(why)), _) => (Ending::Unusable, Some(why)),
        (None, Err(error)) => (Ending::Unusable, Some(error.0)),
        (None, Ok(())) if !stale.is_empty() => (
            Ending::of(verdicts).and(Ending::NotConformant),
            Some("the list of known failures names cases that do not exist".to_owned()),
        ),
        (None, Ok(())) => (Ending::of(verdicts), None),
    };
    on_event(&Event::Finished(finished(ending, reason, left_behind, stale)));
    ending
}

/// Why the cases of a run end before the last of them.
enum Early {
    /// Somebody or the deadline has ended it.
    Stopped(Why),
    /// The target is not there any more.
    Gone(String),
}

impl Early {
    /// How long the target is waited for then.
    const fn patience(&self) -> Duration {
        match self {
            Self::Stopped(_) => LONG_PATIENCE,
            Self::Gone(_) => PATIENCE,
        }
    }
}

/// A shard says which one it is even where it has not begun: a join of reports asks for it.
fn not_opened(target: &Target, plan: &Plan, on_event: &mut impl FnMut(&Event)) {
    if plan.part.shard.is_some() {
        on_event(&Event::Started(announced_by(target, plan)));
    }
}

/// Runs the cases; with the reason where the run ends before they do.
async fn all_cases(
    shared: &Arc<Shared>,
    stop: &mut Stop,
    on_event: &mut impl FnMut(&Event),
) -> (Vec<Verdict>, Option<Early>) {
    let (sender, mut events) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    let order = order::order(shared.plan.cases.len(), shared.plan.shuffle);
    if shared.plan.jobs == 1 {
        // One task, for several may begin in any order.
        let shared = Arc::clone(shared);
        tasks.spawn(async move {
            for index in order {
                one_case(Arc::clone(&shared), index, sender.clone()).await;
            }
        });
    } else {
        for index in order {
            tasks.spawn(one_case(Arc::clone(shared), index, sender.clone()));
        }
        drop(sender);
    }
    let mut verdicts = Vec::new();
    loop {
        let early = tokio::select! {
            biased;
            why = stop.asked() => Early::Stopped(why),
            why = shared.presence.ends() => Early::Gone(why),
            event = events.recv() => match event {
                None => break,
                Some(event) => {
                    if let Event::Case(result) = &event {
                        verdicts.push(result.verdict);
                    }
                    on_event(&event);
                    continue;
                }
            }
        };
        tasks.shutdown().await;
        // What was done by then is told.
        while let Ok(event) = events.try_recv() {
            on_event(&event);
        }
        return (verdicts, Some(early));
    }
    while let Some(joined) = tasks.join_next().await {
        if let Err(error) = joined
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }
    (verdicts, None)
}

async fn one_case(shared: Arc<Shared>, index: usize, events: mpsc::UnboundedSender<Event>) {
    let case = &shared.plan.cases[index];
    let own = case.setup.as_ref().and_then(|_| shared.session.target.setup_for(case).ok());
    let elsewhere = own.is_some_and(|own| own.base.url() != shared.session.target.base.url());
    // On a server of its own a case is in nobody's way, and mostly it waits.
    let _slot;
    let _together;
    let _alone;
    if !elsewhere || shared.plan.jobs == 1 {
        let Ok(slot) = shared.slots.acquire().await else { return };
        _slot = slot;
        if own.is_some() || shared.session.runs_alone(case) {
            _alone = shared.alone.write().await;
        } else {
            _together = shared.alone.read().await;
        }
    }
    if !elsewhere && !shared.presence.lasts(&shared.session).await {
        return;
    }
    let _turn = match own.and_then(|own| shared.turns.get(&own.base.url())) {
        Some(turn) => Some(turn.lock().await),
        None => None,
    };
    events.send(Event::Begun { profile: shared.profile.clone(), id: case.id.clone() }).ok();
    let began = Instant::now();
    let mut result = judged(&shared, case).await;
    shared.session.hide_in(&mut result);
    result.milliseconds = milliseconds(began.elapsed());
    if shared.plan.fail_fast && matches!(result.verdict, Verdict::Fail | Verdict::Xpass) {
        shared.stopped.store(true, Ordering::Relaxed);
    }
    events.send(Event::Case(Box::new(result))).ok();
}

async fn judged(shared: &Arc<Shared>, case: &Case) -> CaseResult {
    let setting = Setting {
        profile: &shared.profile,
        strict: shared.plan.strict,
        known: shared.plan.known.entry(&case.id),
    };
    if shared.stopped.load(Ordering::Relaxed) {
        let why = "another case has failed (--fail-fast)".to_owned();
        return not_run(&setting, case, &Course::Skipped, why);
    }
    if case.setup.is_none() {
        return judged_on(&shared.session, shared, &setting, case).await;
    }
    let target = match shared.session.target.setup_for(case) {
        Ok(found) => found,
        Err(why) => return not_run(&setting, case, &Course::Unsupported, why),
    };
    let session = match opened(shared, target).await {
        Ok(session) => session,
        Err(error) => {
            let name = case.setup.as_deref().unwrap_or_default();
            let why = format!("the server set up as \"{name}\": {error}");
            return not_run(&setting, case, &Course::Error, why);
        }
    };
    let mut result = judged_on(&session, shared, &setting, case).await;
    if !shared.session.target.setups.contains_key(&case.id) {
        let (name, url) = (case.setup.as_deref().unwrap_or_default(), session.target.base.url());
        result.notes.push(format!("that {url} is set up as \"{name}\" was taken on trust"));
    }
    if let Err(why) = session.close().await {
        result.notes.push(format!("not given back: {why}"));
    }
    shared.set_up().retain(|other| !Arc::ptr_eq(other, &session));
    session.hide_in(&mut result);
    result
}

/// A session on a server that is set up for cases. It is opened to the end whatever becomes of the
/// case: what it makes there must be given back.
async fn opened(shared: &Arc<Shared>, target: &Target) -> Result<Arc<Session>, Unusable> {
    let (shared, target) = (Arc::clone(shared), target.clone());
    let name = begins();
    shared.opening().push(name.clone());
    let opening = tokio::spawn(async move {
        let session = Session::open_as(&target, true, name.clone()).await.map(Arc::new);
        shared.set_up().extend(session.iter().cloned());
        let mut opening = shared.opening();
        if let Some(at) = opening.iter().position(|begins| *begins == name) {
            opening.remove(at);
        }
        drop(opening);
        session
    });
    opening.await.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Err(Unusable("the run is over".to_owned())),
    })
}

/// Runs a case on a server that is as the case needs it.
async fn judged_on(
    session: &Session,
    shared: &Shared,
    setting: &Setting<'_>,
    case: &Case,
) -> CaseResult {
    if let Some(why) = session.unsupported(case) {
        return not_run(setting, case, &Course::Unsupported, why);
    }
    let snapshot = match shared.plan.snapshots.find(session.target.profile, case) {
        Ok(snapshot) => snapshot,
        Err(why) => return not_run(setting, case, &Course::Error, why),
    };
    let strict = shared.plan.strict;
    let expected = snapshot.as_ref().map(|s| Expected { transcript: &s.transcript, strict });
    match execute(session, case, expected.as_ref()).await {
        Ok(done) => of_executed(setting, case, done, snapshot.as_ref(), session.losses()),
        Err(error) => not_made(setting, case, error),
    }
}

/// The result of a case for which there is no place.
pub(crate) fn not_made(setting: &Setting<'_>, case: &Case, error: NotMade) -> CaseResult {
    match error {
        NotMade::NoSuchRole(role) => {
            let why = format!("{} has no credentials of the kind \"{role:?}\"", setting.profile);
            not_run(setting, case, &Course::Unsupported, why)
        }
        NotMade::Refused(why) => {
            not_run(setting, case, &Course::Error, format!("its database could not be made: {why}"))
        }
    }
}

/// How a run begins, now that its target has answered; with what makes its profile doubtful.
pub(crate) fn started(session: &Session, announced: Started, doubt: Option<&String>) -> Started {
    let lacks = session.ready.lacks.iter().map(|(c, why)| (c.word().to_owned(), session.hide(why)));
    let on_trust = session.target.setups.iter().filter(|(name, _)| is_named(name));
    let on_trust = on_trust.map(|(name, own)| {
        format!("that {} is set up as \"{name}\" is taken on trust (--setup)", own.base.url())
    });
    let notes = session.ready.notes.iter().chain(doubt);
    Started {
        lacks: lacks.collect(),
        read_back: session.reader.as_ref().map(|reader| session.hide(&reader.name())),
        notes: notes
            .map(|note| session.hide(note))
            .chain(on_trust)
            .chain(announced.notes)
            .collect(),
        ..announced
    }
}

/// What is known of any run before its target has answered.
pub(crate) fn announced(target: &Target, cases: usize, strict: u8) -> Started {
    Started {
        lineproof: env!("CARGO_PKG_VERSION").to_owned(),
        profile: target.profile.name(),
        target: target.base.url(),
        cases,
        strict,
        lacks: Vec::new(),
        read_back: None,
        notes: Vec::new(),
        shard: None,
        selection: None,
        run: None,
    }
}

/// The same of a plan, which may be a part of a run.
fn announced_by(target: &Target, plan: &Plan) -> Started {
    let blank = announced(target, plan.cases.len(), plan.strict);
    let whole = || (plan.cases.len(), digest_of(plan.cases.iter()));
    let (cases, digest) = plan.part.selection.unwrap_or_else(whole);
    let known: Vec<_> = plan.known.entries().iter().map(ToString::to_string).collect();
    let all = format!(
        "{}\n{}\n{}\n{digest:016x}\n{:016x}\n{}",
        blank.lineproof,
        blank.profile,
        plan.strict,
        plan.snapshots.digest(target.profile),
        known.join("\n")
    );
    let digest = format!("{:016x}", crate::digest::fnv64(all.as_bytes()));
    Started {
        shard: plan.part.shard,
        selection: Some(Selected { cases, digest }),
        run: plan.part.run.clone(),
        notes: plan.snapshots.note(target.profile).into_iter().collect(),
        ..blank
    }
}

/// Whether a server is for a setup that the user has named, and not for one case.
fn is_named(key: &str) -> bool {
    !key.contains('/')
}

/// How many cases run at once: each has a database, and some servers hold only a few of them.
pub(crate) fn slots(session: &Session, jobs: usize) -> usize {
    let profile = session.target.profile;
    let few = profile.family == Family::V3 && session.holds_few();
    // Where what was written comes later, most cases only wait for it.
    let waits = !session.target.visible_within().is_zero() && jobs > 1;
    let jobs = if waits { jobs * 4 } else { jobs };
    if few { few_slots(jobs, session.ready.held) } else { jobs.max(1) }
}

/// On a server with few databases, where others hold some of them.
fn few_slots(jobs: usize, held: usize) -> usize {
    const FEW: usize = 4;
    jobs.clamp(1, FEW.saturating_sub(held).max(1))
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shards that hold the server against other expectations are parts of two runs.
    #[test]
    fn a_digest_knows_what_was_expected() {
        const SNAPSHOT: &str = "---\nsource: cases\ndescription: s\ninfo:\n  basis: recorded\n  from: x\n  case: 0\n---\n1 write\n  status 204\n";
        let folder = |edition: &str, snapshot: &str| {
            let dir = tempfile::tempdir().unwrap();
            let own = dir.path().join("oss-v2").join(edition);
            std::fs::create_dir_all(own.join("batch")).unwrap();
            std::fs::write(own.join("batch/x.snap"), snapshot).unwrap();
            dir
        };
        let digest = |snapshots: Snapshots| {
            let plan = Plan {
                cases: Arc::default(),
                snapshots,
                strict: 1,
                jobs: 1,
                fail_fast: false,
                shuffle: None,
                known: Known::default(),
                stale: Vec::new(),
                part: Part::default(),
                deadline: None,
            };
            let profile = profiles::find("oss-v2@2.7").unwrap();
            let target = Target::new("http://127.0.0.1:1", profile).unwrap();
            announced_by(&target, &plan).selection.unwrap().digest
        };
        let of = |dir: &tempfile::TempDir| Snapshots::new(Some(dir.path().to_owned()));
        let (a, same) = (folder("2.7", SNAPSHOT), folder("2.7", SNAPSHOT));
        let other = folder("2.7", &SNAPSHOT.replace("204", "400"));
        assert_eq!(digest(of(&a)), digest(of(&same)), "wherever they are");
        assert_ne!(digest(of(&a)), digest(of(&other)));
        assert_ne!(digest(of(&a)), digest(Snapshots::new(None)));
        let own = folder("2.7.1-ours", SNAPSHOT);
        let profile = profiles::find("oss-v2@2.7").unwrap();
        let edition = |name| Snapshots::new(None).of_edition(profile, name).unwrap();
        assert_ne!(digest(edition("2.9")), digest(edition("2.1")));
        assert_eq!(digest(edition("2.7")), digest(Snapshots::new(None)));
        let ours = of(&own).of_edition(profile, "2.7.1-ours").unwrap();
        assert_ne!(digest(ours), digest(of(&a)));
    }

    #[test]
    fn databases_of_others_leave_less_room() {
        let slots = |held| few_slots(8, held);
        assert_eq!([slots(0), slots(1), slots(3), slots(9)], [4, 3, 1, 1]);
        assert_eq!(few_slots(1, 0), 1);
    }
}
