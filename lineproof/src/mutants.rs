//! `lineproof mutants`: how many of the faults that a server can be given the suite finds.
//!
//! Each fault gets servers of its own, at home in the kind of product that has the rule it breaks. First
//! run the cases that promise to kill it; what they leave alive meets all the others. A case that
//! promises and does not keep it at home is tried on the other kinds of product too, before it is told.

mod outcome;
mod survivors;
mod table;

use crate::cli::mutants::MutantsArgs;
use crate::cli::{Cli, Command, RunArgs, SelectArgs};
use crate::exit::Failure;
use crate::run;
use crate::streams::print;
use clap::Parser;
use futures::StreamExt;
use harness::case::Case;
use harness::event::Event;
use harness::run::{Interrupt, Plan};
use harness::verdict::{Ending, Verdict};
use outcome::{Ran, Says};
use profiles::Profile;
use reference_server::mutant::{self, Home, Mutant};
use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use table::{Doubt, Found, Kill};

/// Where each fault is run, by its home: the releases of which most is known.
const HOMES: &[(Home, &str)] = &[
    (Home::V1, "oss-v1@1.6"),
    (Home::V2, "oss-v2@2.7"),
    (Home::Queue, "cloud@docs"),
    (Home::V3, "v3-core@3.6"),
    (Home::Iox, "cloud-dedicated@docs"),
    (Home::Router, "cloud-dedicated@router-2023"),
];

/// Where else a case may keep what it promises.
const ELSEWHERE: &[&str] = &["oss-v1@1.12", "oss-v2@2.1", "v3-core@3.10", "cloud-serverless@docs"];

pub(crate) fn mutants(args: &MutantsArgs) -> Result<ExitCode, Failure> {
    let chosen = chosen(&args.mutants)?;
    if args.list {
        print(&table::listed(&chosen))?;
        return Ok(ExitCode::SUCCESS);
    }
    let suite = Suite::load(args)?;
    let began = Instant::now();
    let unknown = unknown(&suite.plan.cases);
    let jobs = std::thread::available_parallelism().map_or(4, |cores| cores.get() * 2);
    let jobs = args.jobs.map_or(jobs, usize::from);
    let (unsound, found) = run::runtime()?.block_on(async {
        let interrupt = run::interrupts();
        // Where a sound server fails, a fault's failing says nothing.
        let homes: BTreeSet<_> = chosen.iter().map(|mutant| home(mutant)).collect();
        let mut unsound = Vec::new();
        for name in &homes {
            unsound.extend(suite.unsound(name, &interrupt).await?);
        }
        let one = async |mutant: &&'static Mutant| {
            let found = suite.judge(mutant, &interrupt).await;
            if let Ok(found) = &found {
                print(&table::line(found, args.every_case))?;
            }
            found
        };
        let runs = futures::stream::iter(&chosen).map(one).buffer_unordered(jobs);
        let found: Vec<Result<Found, Failure>> = runs.collect().await;
        let found = found.into_iter().collect::<Result<Vec<_>, Failure>>()?;
        // And where else one was found.
        let kills = found.iter().flat_map(|found| &found.kills).map(|kill| kill.profile);
        for name in kills.collect::<BTreeSet<_>>().difference(&homes) {
            unsound.extend(suite.unsound(name, &interrupt).await?);
        }
        Ok((unsound, found))
    })?;
    let report = table::Report { found, unknown, unsound, elapsed: began.elapsed() };
    print(&report.text())?;
    Ok(ExitCode::from(u8::from(!report.is_good())))
}

/// The faults that the patterns choose; all of them where there is none.
fn chosen(patterns: &[String]) -> Result<Vec<&'static Mutant>, Failure> {
    let every = || mutant::ALL.iter().copied().flatten();
    if patterns.is_empty() {
        return Ok(every().collect());
    }
    let chosen: Vec<_> = every()
        .filter(|mutant| patterns.iter().any(|pattern| matches(pattern, mutant.id)))
        .collect();
    if chosen.is_empty() {
        return Err(Failure::usage("there is no such mutant; see `lineproof mutants --list`"));
    }
    Ok(chosen)
}

/// Whether an id matches a pattern in which `*` stands for anything.
fn matches(pattern: &str, id: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == id,
        Some((start, "")) => id.starts_with(start),
        Some((start, end)) => {
            id.strip_prefix(start).is_some_and(|rest| rest.ends_with(end) || matches(end, rest))
        }
    }
}

/// What cases promise to kill that nobody knows.
fn unknown(cases: &[Case]) -> Vec<String> {
    let names = cases.iter().flat_map(|case| case.kills.iter().map(move |name| (name, &case.id)));
    let unknown = names.filter(|(name, _)| mutant::find(name).is_none());
    let lines: BTreeSet<_> = unknown.map(|(name, case)| format!("{name}, in {case}")).collect();
    lines.into_iter().collect()
}

/// The profile on which a fault is run first.
fn home(mutant: &Mutant) -> &'static str {
    HOMES.iter().find(|(home, _)| *home == mutant.home).map_or("", |(_, name)| name)
}

fn profile(name: &str) -> Result<&'static Profile, Failure> {
    profiles::find(name).map_err(Failure::internal)
}

/// The cases, and how they are run.
struct Suite<'a> {
    args: &'a MutantsArgs,
    plan: Plan,
}

/// How long an answer may take.
#[derive(Clone, Copy)]
enum Patience {
    /// Not long: of hundreds of servers with a fault some hang.
    Little,
    /// As long as in any run.
    Usual,
}

impl<'a> Suite<'a> {
    fn load(args: &'a MutantsArgs) -> Result<Self, Failure> {
        let run_args = run_args(args, None, Patience::Usual)?;
        Ok(Self { args, plan: run::plan(&run_args, &[])? })
    }

    /// Runs the cases; those that came to no verdict once more, with more patience.
    async fn run(
        &self,
        mutant: Option<&'static Mutant>,
        profile: &'static Profile,
        cases: &[Case],
        fail_fast: bool,
        interrupt: &Interrupt,
    ) -> Result<Ran, Failure> {
        let plan = Plan { cases: Arc::from(cases), fail_fast, ..self.plan.clone() };
        let ran = self.once(mutant, profile, plan.clone(), Patience::Little, interrupt).await?;
        if ran.says() == Says::Lives || ran.ending == Ending::NotConformant {
            return Ok(ran);
        }
        let again: Vec<Case> =
            cases.iter().filter(|case| ran.is_doubtful(&case.id)).cloned().collect();
        let plan = Plan { cases: again.into(), ..plan };
        let again = self.once(mutant, profile, plan, Patience::Usual, interrupt).await?;
        Ok(ran.and_again(again))
    }

    async fn once(
        &self,
        mutant: Option<&'static Mutant>,
        profile: &'static Profile,
        plan: Plan,
        patience: Patience,
        interrupt: &Interrupt,
    ) -> Result<Ran, Failure> {
        let args = run_args(self.args, mutant, patience)?;
        let mut verdicts = BTreeMap::new();
        let mut reason = None;
        let ran = run::one_profile(&args, profile, &plan, interrupt.clone(), |event| match event {
            Event::Case(result) => drop(verdicts.insert(result.id.clone(), result.verdict)),
            Event::Finished(finished) => reason.clone_from(&finished.reason),
            _ => {}
        });
        let ending = ran.await?;
        if ending == Ending::Interrupted {
            return Err(Failure::interrupted());
        }
        Ok(Ran { ending, reason, verdicts })
    }

    /// What is wrong with the sound server of a profile, if anything is.
    async fn unsound(
        &self,
        name: &'static str,
        interrupt: &Interrupt,
    ) -> Result<Option<String>, Failure> {
        let ran = self.run(None, profile(name)?, &self.plan.cases, false, interrupt).await?;
        let mut why: Vec<_> = ran.failed().chain(ran.open()).collect();
        why.extend(ran.reason.as_deref());
        Ok((ran.ending != Ending::Conformant).then(|| format!("{name}: {}", why.join(", "))))
    }

    /// The cases that notice the fault: those that fail, and those that warn of it where they have
    /// nothing to warn of on a sound server. A promise of MAY, or one that is only inferred, fails no
    /// run.
    async fn kept(
        &self,
        ran: &Ran,
        profile: &'static Profile,
        owed: &[Case],
        interrupt: &Interrupt,
    ) -> Result<BTreeSet<String>, Failure> {
        let mut kept: BTreeSet<String> = ran.failed().map(str::to_owned).collect();
        let warned = |case: &&Case| ran.verdicts.get(&case.id) == Some(&Verdict::Warn);
        let warned: Vec<Case> = owed.iter().filter(warned).cloned().collect();
        if !warned.is_empty() {
            let sound = self.run(None, profile, &warned, false, interrupt).await?;
            let passes = |case: &&Case| sound.verdicts.get(&case.id) == Some(&Verdict::Pass);
            kept.extend(warned.iter().filter(passes).map(|case| case.id.clone()));
        }
        Ok(kept)
    }

    /// Runs the suite on a fault.
    async fn judge(
        &self,
        mutant: &'static Mutant,
        interrupt: &Interrupt,
    ) -> Result<Found, Failure> {
        let began = Instant::now();
        let home = home(mutant);
        let names_it = |case: &&Case| case.kills.iter().any(|name| name == mutant.id);
        let mut owed: Vec<Case> = self.plan.cases.iter().filter(names_it).cloned().collect();
        let mut found = Found::new(mutant, home, owed.len());
        let others = HOMES.iter().map(|(_, name)| *name).filter(|name| *name != home);
        for name in std::iter::once(home).chain(others).chain(ELSEWHERE.iter().copied()) {
            if owed.is_empty() {
                break;
            }
            let ran = self.run(Some(mutant), profile(name)?, &owed, false, interrupt).await?;
            found.add(name, &ran);
            if found.is_refused(name) {
                // The suite does not judge such a server, so that no case can keep its word there.
                continue;
            }
            let kept = self.kept(&ran, profile(name)?, &owed, interrupt).await?;
            owed.retain(|case| !kept.contains(&case.id));
        }
        if found.kills.is_empty() || self.args.every_case {
            let fail_fast = !self.args.every_case;
            let ran = self
                .run(Some(mutant), profile(home)?, &self.plan.cases, fail_fast, interrupt)
                .await?;
            found.add(home, &ran);
            let kept = self.kept(&ran, profile(home)?, &self.plan.cases, interrupt).await?;
            found.warned = kept.into_iter().collect();
        }
        if !found.is_refused(home) {
            let owed = owed.into_iter().map(|case| case.id);
            (found.open, found.broken) = owed.partition(|case| found.is_open(case));
        }
        found.elapsed = began.elapsed();
        Ok(found)
    }
}

impl Found {
    /// What a run on the server of a profile says of the fault.
    fn add(&mut self, profile: &'static str, ran: &Ran) {
        if ran.open().next().is_some() {
            let cases = ran.open().map(str::to_owned).collect();
            self.undecided.push(Doubt { profile, cases });
        }
        if ran.says() == Says::Killed {
            let cases: Vec<_> = ran.failed().map(str::to_owned).collect();
            let why = ran.reason.clone().unwrap_or_default();
            self.kills.push(Kill { profile, ending: ran.ending, cases, why });
        }
    }

    /// Whether a case came to no verdict somewhere.
    fn is_open(&self, case: &String) -> bool {
        self.undecided.iter().any(|doubt| doubt.cases.contains(case))
    }

    /// Whether the suite refuses to judge the server of this profile.
    fn is_refused(&self, profile: &str) -> bool {
        let here = |kill: &Kill| kill.profile == profile && kill.ending == Ending::Unusable;
        self.kills.iter().any(here)
    }
}

/// `lineproof run` as faults are run: every byte counts, and what hangs is not waited for long.
fn run_args(
    args: &MutantsArgs,
    mutant: Option<&Mutant>,
    patience: Patience,
) -> Result<RunArgs, Failure> {
    let mut words = vec!["lineproof", "run", "--strict", "3", "--jobs", "4"];
    if let Patience::Little = patience {
        words.extend(["--timeout", "5"]);
    }
    if let Some(mutant) = mutant {
        words.extend(["--mutant", mutant.id]);
    }
    match Cli::try_parse_from(words).map_err(Failure::internal)?.command {
        Command::Run(run) => Ok(RunArgs {
            select: SelectArgs { cases_dir: args.cases_dir.clone(), ..run.select },
            snapshots_dir: args.snapshots_dir.clone(),
            ..*run
        }),
        _ => Err(Failure::internal("`run` is another command now")),
    }
}
