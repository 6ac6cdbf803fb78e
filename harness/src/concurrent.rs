//! What one request after the other never shows: many writers at once, on the same series, whose
//! connections break. In the end everything is read back, and the ledger decides: what was
//! acknowledged is there, what was refused is not, and nothing is there that nobody sent.

mod history;
mod judge;
mod plan;
mod writer;

use crate::case::{Case, Level};
use crate::chance::{self, About, Extent, Pieces, Tally, blank, sort};
use crate::compare::{Finding, Kind};
use crate::event::{CaseResult, Event};
use crate::findings::{Setting, not_run};
use crate::read_back::Unreadable;
use crate::run::{Deadline, Interrupt, milliseconds, not_made};
use crate::session::Session;
use crate::target::Target;
use crate::verdict::{Course, Ending, Verdict, Weight, verdict};
use history::{Came, Fault, Sent};
use judge::{Found, Habits, answers, gone, judge, told};
pub use plan::MOST_WRITERS;
use plan::{Planned, planned};
use profiles::{Capability, Family};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};
use writer::{Round, Writer};

/// The area of all results that come from here.
pub(crate) const AREA: &str = "concurrent";

/// More findings of one sort are counted, not shown.
const SHOWN: usize = 2;

/// How long a synchronous server is given before a line that is not there is lost, not late.
const LATE: Duration = Duration::from_millis(500);

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many rounds.
    pub rounds: u64,
    /// The number of the first one.
    pub first: u64,
    /// How many writers there are in each, at most [`MOST_WRITERS`].
    pub writers: u16,
    /// What they write is made from this: the same seed gives the same bodies.
    pub seed: u64,
    /// How many rounds are under way at the same time.
    pub jobs: usize,
    /// From 0 (honesty and status class) to 3 (every byte).
    pub strict: u8,
    /// No new round begins after the first finding.
    pub fail_fast: bool,
    /// When the run ends, whether it is done or not.
    pub deadline: Option<Deadline>,
}

/// Runs the plan on the target; `on_round` hears of each round that is done. Whatever happens, what was
/// made on the target is given back.
pub async fn run(
    target: &Target,
    plan: Plan,
    interrupt: Interrupt,
    on_event: impl FnMut(&Event),
    on_round: impl FnMut(),
) -> Ending {
    let Plan { rounds: count, jobs, strict, deadline, .. } = plan;
    let extent = Extent { count, jobs, strict, deadline };
    let begin = |_: &Session| Rounds {
        profile: target.profile.name(),
        tally: Tally::default(),
        is_gone: AtomicBool::new(false),
        plan,
    };
    chance::run(target, extent, begin, interrupt, on_event, on_round).await
}

/// All rounds of a run.
struct Rounds {
    plan: Plan,
    profile: String,
    tally: Tally,
    /// The target answers no more.
    is_gone: AtomicBool,
}

impl Pieces for Rounds {
    async fn one(&self, session: &Arc<Session>, index: u64) -> Option<CaseResult> {
        let mut result = self.round(session, self.plan.first + index).await;
        session.hide_in(&mut result);
        let shows = self.tally.counts(&result, self.plan.fail_fast);
        if self.is_gone() {
            self.tally.end();
        }
        shows.then_some(result)
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn about(&self) -> About<'_> {
        let Plan { rounds, writers, seed, .. } = self.plan;
        About {
            profile: &self.profile,
            id: format!("{AREA}/s{seed}"),
            summary: format!(
                "{rounds} rounds of {writers} concurrent writers, made from seed {seed}"
            ),
            what: "rounds",
            planned: rounds,
        }
    }

    fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Relaxed)
    }
}

/// What came of a round.
struct Outcome {
    history: Vec<Sent>,
    found: Vec<Found>,
    /// Why nothing certain is known, where that is so.
    unknown: Option<String>,
    unread: bool,
}

impl Rounds {
    async fn round(&self, session: &Arc<Session>, number: u64) -> CaseResult {
        let setting = Setting { profile: &self.profile, strict: self.plan.strict, known: None };
        let Plan { seed, writers, .. } = self.plan;
        let id = format!("{AREA}/s{seed}-{number}");
        let summary =
            format!("Round {number} of {writers} concurrent writers, made from seed {seed}");
        let began = Instant::now();
        let mut result = blank(&self.profile, &id, summary.clone());
        let case = place(&id, &summary);
        if let Some(why) = session.unsupported(&case) {
            return not_run(&setting, &case, &Course::Unsupported, why);
        }
        let space = match session.begin(&case).await {
            Ok(space) => space,
            Err(error) => return not_made(&setting, &case, error),
        };
        let round = Arc::new(Round {
            session: Arc::clone(session),
            space,
            began: Instant::now(),
            is_over: AtomicBool::new(false),
        });
        let outcome = self.outcome(&round, planned(seed, number, writers)).await;
        if self.is_gone() {
            result.notes.push("not given back: the server answers no more".to_owned());
        } else if let Err(left) = session.end(&case, &round.space, &Ok(Vec::new())).await {
            result.notes.push(format!("not given back: {left}"));
        }
        self.tell(session, number, outcome, &mut result);
        result.milliseconds = milliseconds(began.elapsed());
        result
    }

    async fn outcome(&self, round: &Arc<Round>, planned: Planned) -> Outcome {
        let mut writers = JoinSet::new();
        for (n, bodies) in planned.writers.into_iter().enumerate() {
            let writer = Writer::new(Arc::clone(round), n + 1);
            writers.spawn(async move { writer.write(&bodies).await });
        }
        let mut history: Vec<Sent> = writers.join_all().await.into_iter().flatten().collect();
        // Whatever happened: is the server still there?
        round.is_over.store(false, Ordering::Relaxed);
        let last = Writer::new(Arc::clone(round), 0).write(&[planned.last]).await;
        let silence = last.last().and_then(|sent| match &sent.came {
            Came::Nothing { why, .. } => Some((sent.by, why.clone())),
            Came::Answer { .. } | Came::Left => None,
        });
        history.extend(last);
        history.sort_by_key(|sent| (sent.began, sent.by));
        if let Some((by, why)) = silence {
            self.is_gone.store(true, Ordering::Relaxed);
            let found = vec![gone(&history, by, &why)];
            return Outcome { history, found, unknown: None, unread: false };
        }
        let mut outcome = settled(&round.session, round, history).await;
        let is_late = |sent: &&Sent| matches!(sent.came, Came::Nothing { fault: Fault::Late, .. });
        if let Some(late) = outcome.history.iter().find(is_late) {
            outcome.unknown = Some(format!("no answer in time: {late}"));
        }
        outcome
    }

    fn tell(&self, session: &Session, number: u64, outcome: Outcome, result: &mut CaseResult) {
        let Outcome { history, mut found, unknown, unread } = outcome;
        found.sort_by_key(|found| found.kind);
        let finding = |found: &Found| Finding {
            step: 1,
            kind: found.kind,
            expected: found.expected.to_owned(),
            got: told(found, &history),
        };
        let mut sorts: BTreeMap<String, usize> = BTreeMap::new();
        for one in &found {
            let seen = sorts.entry(sort(&finding(one))).or_default();
            *seen += 1;
            if *seen <= SHOWN {
                result.findings.push(finding(one));
            }
        }
        let more = sorts.iter().filter(|(_, seen)| **seen > SHOWN);
        let more: Vec<_> = more.map(|(sort, seen)| format!("{} × {sort}", seen - SHOWN)).collect();
        if !more.is_empty() {
            result.notes.push(format!("more of them: {}", more.join("; ")));
        }
        let course = match &unknown {
            Some(_) if found.is_empty() => Course::Unknown,
            _ => Course::Ran(&result.findings),
        };
        let strict = self.plan.strict;
        let weight = Weight { level: result.level, basis: None, strict, known: false };
        result.verdict = verdict(&course, &weight);
        result.reason = unknown;
        result.unread = unread;
        if result.verdict != Verdict::Pass {
            let Plan { seed, writers, .. } = self.plan;
            result.notes.push(format!(
                "again: lineproof run --target {} --profile {} --concurrent 1 --round {number} --seed {seed} \
                 --writers {writers}{}; the bodies are the same, which of them comes first is chance",
                session.target.base.url(),
                self.profile,
                // Its own command line is nobody's business.
                if session.target.read_back.is_some() { " --read-back …" } else { "" },
            ));
        }
    }
}

/// What the server is known for.
fn habits(session: &Session) -> Habits {
    let profile = session.target.profile;
    Habits {
        // Products that keep tables promise that the fields of one point are joined, and not which of
        // two values of a field stays, however long one came after the other:
        // docs.influxdata.com/influxdb3/core/reference/line-protocol, "Duplicate points".
        last_wins: matches!(profile.family, Family::V1 | Family::V2),
        is_final: profile.read_back.success_is_final,
    }
}

/// Reads what is stored until nothing is missing any more, or as long as the profile gives it time, and
/// judges it.
async fn settled(session: &Session, round: &Round, history: Vec<Sent>) -> Outcome {
    let habits = habits(session);
    let mut found = answers(&history, habits);
    let mut outcome = Outcome { history, found: Vec::new(), unknown: None, unread: false };
    if session.reader.is_none() {
        outcome.unread = true;
        outcome.found = found;
        return outcome;
    }
    let visible = session.target.visible_within();
    let deadline = tokio::time::Instant::now() + visible.max(LATE);
    let pause = Duration::from_millis(50).max(visible / 10);
    let mut at_first = None;
    let stored = loop {
        let now = match session.read(&round.space).await {
            Ok(points) => judge(&outcome.history, &points, habits),
            Err(_) if tokio::time::Instant::now() < deadline => {
                sleep(pause).await;
                continue;
            }
            Err(why) => {
                match why {
                    Unreadable::Late(why) => {
                        let unknown = format!("what is stored cannot be read in time: {why}");
                        outcome.unknown = Some(unknown);
                    }
                    Unreadable::Wrong(why) => found.push(unreadable(&why)),
                }
                outcome.found = found;
                return outcome;
            }
        };
        let misses = now.iter().any(|found| found.is_missing);
        // What is missing is looked for twice, however long a reading takes.
        let is_first = at_first.is_none();
        let at_first = at_first.get_or_insert_with(|| now.clone());
        let is_over = tokio::time::Instant::now() >= deadline && !(misses && is_first);
        if is_over || (!misses && visible.is_zero()) {
            break late(at_first, now, visible.is_zero());
        }
        // What was refused, or never answered, may still be on its way: only time can tell.
        if misses { sleep(pause).await } else { sleep_until(deadline).await }
    };
    found.extend(stored);
    outcome.found = found;
    outcome
}

/// What a synchronous server did not show at first, and showed later.
fn late(at_first: &[Found], mut now: Vec<Found>, is_synchronous: bool) -> Vec<Found> {
    if is_synchronous {
        let came = |first: &&Found| first.is_missing && !now.iter().any(|n| n.what == first.what);
        let late: Vec<_> = at_first.iter().filter(came).cloned().collect();
        now.extend(late.into_iter().map(|found| Found {
            what: format!("LATE, it came after all answers; at first: {}", found.what),
            ..found
        }));
    }
    now
}

fn unreadable(why: &str) -> Found {
    Found {
        kind: Kind::Honesty,
        expected: "what is stored can be read",
        what: format!("what is stored cannot be read: {why}"),
        sends: std::collections::BTreeSet::new(),
        is_missing: false,
        more: 0,
        also: None,
    }
}

/// The case for which a place is made on the target: what it does is the writers' business.
pub(crate) fn place(id: &str, summary: &str) -> Case {
    Case {
        id: id.to_owned(),
        summary: summary.to_owned(),
        level: Level::Must,
        clauses: Vec::new(),
        needs: [Capability::Write, Capability::ReadBack].into(),
        kills: Vec::new(),
        retention: None,
        schema: None,
        setup: None,
        steps: Vec::new(),
        file: String::new(),
        source: String::new(),
    }
}
