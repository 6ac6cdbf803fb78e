//! Recording: what a product answers becomes the expectation. Each case is asked twice, and an
//! answer that is not the same twice is refused.

use crate::case::{Action, Body, Case};
use crate::driver::NotMade;
use crate::execute::execute;
use crate::run::{Interrupt, Stop, uninterrupted};
use crate::session::Session;
use crate::session::opening::{LONG_PATIENCE, Stopped, Until, given_back, open_until};
use crate::snapshot::{Basis, Recording, Snapshot, Snapshots};
use crate::target::{Target, Unusable};
use crate::transcript::{Outcome, Transcript};
use profiles::Profile;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{Mutex, RwLock, Semaphore};
use tokio::task::JoinSet;

/// A status that no product has: the target plays recordings back, and has none of this.
pub const UNRECORDED: u16 = 599;

/// Why such a case is refused.
pub const NOT_RECORDED: &str = "no recording";

/// What is said of everything that is recorded.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// What it rests on.
    pub basis: Basis,
    /// Which release, and how it was run.
    pub from: String,
}

/// What became of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The file is new.
    New,
    /// The file was there and is the same.
    Same,
    /// The file was there and has changed.
    Changed,
    /// The target lacks what the case needs.
    Unsupported(String),
    /// The two answers differ, or there was none: nothing is written.
    Refused(String),
}

/// What a case gave, where nothing is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// What came back and is stored.
    Transcript(Transcript),
    /// The target lacks what the case needs.
    Unsupported(String),
    /// Nothing certain came of it.
    Refused(String),
}

/// What all cases that are observed share.
struct Observing {
    session: Session,
    cases: Vec<Case>,
    slots: Semaphore,
    /// Cases that must run alone take it whole.
    alone: RwLock<()>,
    /// Large bodies are in memory one at a time.
    large: Mutex<()>,
}

/// What these cases give, in their order; so many of them run at once.
///
/// # Errors
/// The target cannot be asked.
pub async fn observe(
    target: &Target,
    cases: &[Case],
    jobs: usize,
) -> Result<Vec<Observed>, Unusable> {
    let observing = Arc::new(Observing {
        session: Session::open(target).await?,
        cases: cases.to_vec(),
        slots: Semaphore::new(jobs.max(1)),
        alone: RwLock::new(()),
        large: Mutex::new(()),
    });
    let mut tasks = JoinSet::new();
    for at in 0..cases.len() {
        let observing = Arc::clone(&observing);
        tasks.spawn(async move { (at, observing.one(&observing.cases[at]).await) });
    }
    let mut all = tasks.join_all().await;
    all.sort_by_key(|(at, _)| *at);
    let last = observing.session.canary().await;
    observing.session.close().await.ok();
    last.map(|()| all.into_iter().map(|(_, observed)| observed).collect())
}

impl Observing {
    async fn one(&self, case: &Case) -> Observed {
        if let Some(why) = self.session.unsupported(case) {
            return Observed::Unsupported(why);
        }
        // Before the slot: who waits for this must keep nobody from running.
        let _large = if is_large(case) { Some(self.large.lock().await) } else { None };
        let Ok(_slot) = self.slots.acquire().await else {
            return Observed::Refused("not begun".to_owned());
        };
        let (_alone, _together);
        if self.session.is_exclusive(case) {
            _alone = self.alone.write().await;
        } else {
            _together = self.alone.read().await;
        }
        match execute(&self.session, case, None).await {
            Err(NotMade::NoSuchRole(role)) => {
                Observed::Unsupported(format!("no credentials of the kind {role:?}"))
            }
            Err(NotMade::Refused(why)) => Observed::Refused(why),
            Ok(done) if done.timed_out => Observed::Refused("no answer in time".to_owned()),
            Ok(done) => Observed::Transcript(done.transcript),
        }
    }
}

/// Whether a body of this case is so large that several at once would count.
fn is_large(case: &Case) -> bool {
    const LARGE: usize = 1 << 20;
    case.steps.iter().any(|step| match &step.action {
        Action::Write(Body::Repeat(body))
        | Action::Request { body: Some(Body::Repeat(body)), .. } => {
            body.pad_to.unwrap_or_default().max(body.line.len() * body.count) > LARGE
        }
        _ => false,
    })
}

/// Where recordings go.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    /// The folder of snapshots.
    pub dir: &'p Path,
    /// The edition that is recorded, where it is not the profile's own: no profile need know it.
    pub edition: Option<&'p str>,
    /// Nothing is written, only told.
    pub dry_run: bool,
}

/// How a recording ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The user stopped it: what was recorded by then is there.
    pub interrupted: bool,
    /// What the server says of itself.
    pub server: Vec<String>,
    /// What is left behind on the target.
    pub left_behind: Option<String>,
}

/// Records these cases into a folder of snapshots.
///
/// # Errors
/// The target cannot be asked.
pub async fn record(
    target: &Target,
    cases: &[Case],
    provenance: &Provenance,
    dir: &Path,
    on_case: impl FnMut(&Case, &Recorded),
) -> Result<(), Unusable> {
    let (_sender, interrupt) = uninterrupted();
    let place = Place { dir, edition: None, dry_run: false };
    record_into(target, cases, provenance, place, interrupt, on_case).await.map(|_| ())
}

/// Records these cases as an edition, until the user stops it.
///
/// # Errors
/// The target cannot be asked, or it is another one than the edition was recorded from.
pub async fn record_into(
    target: &Target,
    cases: &[Case],
    provenance: &Provenance,
    place: Place<'_>,
    interrupt: Interrupt,
    mut on_case: impl FnMut(&Case, &Recorded),
) -> Result<Ended, Unusable> {
    let mut stop = Stop::of(interrupt);
    let session = match open_until(target, false, stop.asked()).await {
        Ok(session) => session?,
        Err(Stopped { left_behind, .. }) => {
            return Ok(Ended { interrupted: true, server: Vec::new(), left_behind });
        }
    };
    let server = match place.edition {
        Some(edition) => begin(&session, provenance, place, edition).await,
        None => Ok(Vec::new()),
    };
    let server = match server {
        Ok(server) => server,
        Err(error) => {
            session.close().await.ok();
            return Err(error);
        }
    };
    let mut interrupted = false;
    for case in cases {
        let recorded = tokio::select! {
            recorded = one(&session, case, provenance, place) => recorded,
            _ = stop.asked() => {
                interrupted = true;
                break;
            }
        };
        on_case(case, &recorded);
    }
    let mut last = Ok(());
    if !interrupted {
        tokio::select! {
            answer = session.canary() => last = answer,
            _ = stop.asked() => interrupted = true,
        }
    }
    let until = interrupted.then(|| Until::after(LONG_PATIENCE));
    let left_behind = given_back(&session, until).await.err().map(|why| session.hide(&why));
    last.map(|()| Ended { interrupted, server, left_behind })
}

/// What the server says of itself; an edition is recorded from one server only.
async fn begin(
    session: &Session,
    provenance: &Provenance,
    place: Place<'_>,
    edition: &str,
) -> Result<Vec<String>, Unusable> {
    let authorization = session.ready.authorization.as_deref();
    let said = crate::support::send::server(&session.target, &session.pool, authorization).await;
    let server: Vec<_> = said.iter().map(|line| session.hide(line)).collect();
    let folder = Path::new(session.target.profile.product).join(edition);
    let snapshots = Snapshots::new(Some(place.dir.to_owned()));
    let before = snapshots.recording(&folder).map_err(Unusable)?;
    if let Some(before) = before.filter(|before| before.server != server) {
        return Err(Unusable(format!(
            "{} was recorded from another server ({}; this one says {}): name another --edition, or remove the folder",
            place.dir.join(&folder).display(),
            before.server.join("; "),
            server.join("; ")
        )));
    }
    let recording = Recording {
        like: session.target.profile.name(),
        from: session.hide(&provenance.from),
        server: server.clone(),
        lineproof: env!("CARGO_PKG_VERSION").to_owned(),
        date: crate::clock::today(),
    };
    if !place.dry_run {
        recording.write(&place.dir.join(&folder)).map_err(Unusable)?;
    }
    Ok(server)
}

/// Records one case.
async fn one(
    session: &Session,
    case: &Case,
    provenance: &Provenance,
    place: Place<'_>,
) -> Recorded {
    if let Some(why) = session.unsupported(case) {
        return Recorded::Unsupported(session.hide(&why));
    }
    match twice(session, case).await {
        Err(NotMade::NoSuchRole(role)) => {
            Recorded::Unsupported(format!("no credentials of the kind {role:?}"))
        }
        Err(NotMade::Refused(why)) | Ok(Err(why)) => Recorded::Refused(session.hide(&why)),
        // Redacted as it is, nothing may be left to hide: a snapshot is made to be shown.
        Ok(Ok(transcript)) if holds_secret(session, &transcript) => Recorded::Refused(
            "an answer holds a secret of this server in a form that is not redacted".to_owned(),
        ),
        Ok(Ok(transcript)) => {
            let from = session.hide(&provenance.from);
            write(
                session.target.profile,
                case,
                &Provenance { from, ..*provenance },
                place,
                transcript,
            )
        }
    }
}

/// Whether something is left to hide. What is as short as a word of an answer is none.
fn holds_secret(session: &Session, transcript: &Transcript) -> bool {
    let text = transcript.to_string();
    session.is_known(&text)
}

/// The transcript, if it is the same twice.
async fn twice(session: &Session, case: &Case) -> Result<Result<Transcript, String>, NotMade> {
    let mut first = execute(session, case, None).await?;
    let mut second = execute(session, case, None).await?;
    if without_answer(&mut first.transcript) | without_answer(&mut second.transcript) {
        return Ok(Err(NOT_RECORDED.to_owned()));
    }
    if first.timed_out || second.timed_out {
        return Ok(Err("no answer in time".to_owned()));
    }
    let crashed =
        |t: &Transcript| t.steps.iter().any(|s| matches!(s.outcome, Outcome::NoAnswer(_)));
    if crashed(&first.transcript) {
        return Ok(Err(format!("no answer:\n{}", first.transcript)));
    }
    if first.transcript != second.transcript {
        return Ok(Err(format!(
            "not the same twice:\n--- first\n{}--- second\n{}",
            first.transcript, second.transcript
        )));
    }
    // What a reader makes of the text must be what was seen.
    let again = Transcript::parse(&first.transcript.to_string());
    if again.as_ref() != Ok(&first.transcript) {
        return Ok(Err(format!("cannot be written as text:\n{}", first.transcript)));
    }
    Ok(Ok(first.transcript))
}

/// Whether a step has no recorded answer. Where only what is stored was not recorded, the
/// transcript says that nobody asked for it, and that part is never compared.
fn without_answer(transcript: &mut Transcript) -> bool {
    let mut without = false;
    for step in &mut transcript.steps {
        match &step.outcome {
            Outcome::Answer(answer) => without |= answer.status == UNRECORDED,
            Outcome::Unreadable(why) if why.contains(&format!("status {UNRECORDED} ")) => {
                step.outcome = Outcome::NotAsked;
            }
            _ => {}
        }
    }
    without
}

fn write(
    profile: &Profile,
    case: &Case,
    provenance: &Provenance,
    place: Place<'_>,
    transcript: Transcript,
) -> Recorded {
    let snapshot = Snapshot {
        description: case.summary.clone(),
        basis: provenance.basis,
        seen: provenance.basis == Basis::Recorded,
        from: provenance.from.clone(),
        case: case.digest(),
        transcript,
    };
    let edition = place.edition.unwrap_or(profile.edition);
    let path = place.dir.join(Snapshots::path_in(profile.product, edition, case));
    let text = snapshot.text();
    let recorded = match std::fs::read_to_string(&path) {
        Ok(old) if old == text => return Recorded::Same,
        Ok(_) => Recorded::Changed,
        Err(_) => Recorded::New,
    };
    if place.dry_run {
        return recorded;
    }
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    match made.and_then(|()| std::fs::write(&path, text)) {
        Ok(()) => recorded,
        Err(error) => Recorded::Refused(format!("{}: {error}", path.display())),
    }
}
