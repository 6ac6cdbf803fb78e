//! `lineproof run`.

pub(crate) mod part;

use crate::cli::{RunArgs, SelectArgs, TargetArgs};
use crate::embedded::{Embedded, Fault};
use crate::exit::{Failure, Signals};
use crate::list;
use crate::out::Outputs;
use crate::progress::Progress;
use futures::{StreamExt, TryStreamExt};
use harness::case::Case;
use harness::event::Event;
use harness::known::Known;
use harness::run::{Interrupt, Plan};
use harness::snapshot::Snapshots;
use harness::target::{Credentials, Target};
use harness::verdict::Ending;
use harness::wire::Base;
use profiles::{Capability, Profile};
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::process::ExitCode;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// How many profiles run at once: enough that no processor waits, and each holds a body of 25 MB.
const AT_ONCE: usize = 4;

pub(crate) fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    let runtime = runtime()?;
    // From here on: a signal while the cases are read is none that is lost.
    let interrupt = runtime.block_on(async { interrupts() });
    let outputs = Outputs::open(&args.output, args.select.cases_dir.as_deref())?;
    let (events, ending) = if let Some(batches) = args.generate.generate {
        runtime.block_on(crate::generate::generate(args, batches, interrupt))?
    } else if let Some(rounds) = args.concurrent.concurrent {
        runtime.block_on(crate::concurrent::concurrent(args, rounds, interrupt))?
    } else {
        let profiles = chosen_profiles(&args.target)?;
        let mut plan = plan(args, &profiles)?;
        if let Some(edition) = &args.edition {
            let [profile] = profiles[..] else {
                return Err(Failure::usage("--edition needs exactly one --profile"));
            };
            plan.snapshots = plan.snapshots.of_edition(profile, edition).map_err(Failure::usage)?;
        }
        runtime.block_on(all(args, &profiles, &plan, &interrupt))?
    };
    outputs.write(&events)?;
    Ok(ExitCode::from(ending.code()))
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::internal(format!("no runtime: {error}")))
}

/// The runs, some profiles at a time: while the cases of one wait, those of another run. The events
/// of a profile stay together, in the order of the profiles.
async fn all(
    args: &RunArgs,
    profiles: &[&'static Profile],
    plan: &Plan,
    interrupt: &Interrupt,
) -> Result<(Vec<Event>, Ending), Failure> {
    let progress = RefCell::new(Progress::new(profiles, plan.cases.len()));
    let waits = |case: &&Case| case.setup.is_some();
    let waiting: HashSet<_> = plan.cases.iter().filter(waits).map(|c| c.id.as_str()).collect();
    let places = Semaphore::new(plan.jobs.min(AT_ONCE));
    let one = async |profile: &&'static Profile| {
        let mut events = Vec::new();
        // Given back when all that is left are cases on servers of their own: they mostly wait.
        let mut place = places.acquire().await.ok();
        let mut busy = plan.cases.len() - waiting.len();
        place = place.filter(|_| busy > 0);
        if let Some(why) = plan.over(interrupt) {
            // What was not begun is missing, and the report says so.
            let finished = part::not_begun(&profile.name(), why);
            let ending = finished.ending;
            return Ok((vec![Event::Finished(finished)], Some(ending)));
        }
        let run = one_profile(args, profile, plan, interrupt.clone(), |event| {
            progress.borrow_mut().show(event);
            if let Event::Case(result) = event
                && !waiting.contains(result.id.as_str())
            {
                busy -= 1;
                place = place.take().filter(|_| busy > 0);
            }
            events.push(event.clone());
        });
        let ending = run.await?;
        Ok((events, Some(ending)))
    };
    let together = if plan.jobs == 1 { 1 } else { profiles.len() };
    let mut order: Vec<usize> = (0..profiles.len()).collect();
    if together > 1 {
        // Where there is much to set there is much to wait for: that begins first.
        order.sort_by_key(|index| Reverse(profiles[*index].settings.len()));
    }
    let one = async |index: usize| one(&profiles[index]).await.map(|done| (index, done));
    let runs = futures::stream::iter(order).map(one).buffer_unordered(together);
    let mut runs: Vec<_> = runs.try_collect().await?;
    runs.sort_by_key(|(index, _)| *index);
    let mut events = Vec::new();
    let mut ending: Option<Ending> = None;
    for (_, (own_events, own)) in runs {
        events.extend(own_events);
        ending = own.map(|own| ending.map_or(own, |before| before.and(own))).or(ending);
    }
    Ok((events, ending.unwrap_or(Ending::Usage)))
}

/// The run of one profile.
pub(crate) async fn one_profile(
    args: &RunArgs,
    profile: &'static Profile,
    plan: &Plan,
    interrupt: Interrupt,
    on_event: impl FnMut(&Event),
) -> Result<Ending, Failure> {
    // Kept until its run is over: an embedded server stops when it is dropped.
    let (mut target, _server) = target(&args.target, profile, fault(args)?).await?;
    let _others = set_up(&args.target, &args.select, &mut target, plan, fault(args)?).await?;
    Ok(harness::run::run(&target, plan.clone(), interrupt, on_event).await)
}

/// The fault that the servers in the binary are to have.
#[cfg(feature = "mutants")]
pub(crate) fn fault(args: &RunArgs) -> Result<Fault, Failure> {
    if args.mutant.is_some() && args.target.target.is_some() {
        return Err(Failure::usage(
            "--mutant is for the servers in the binary, not for a --target",
        ));
    }
    Fault::find(args.mutant.as_deref())
}

/// None: this build has no faults to give.
#[cfg(not(feature = "mutants"))]
#[expect(clippy::unnecessary_wraps, reason = "the other build may not know the fault")]
pub(crate) fn fault(_: &RunArgs) -> Result<Fault, Failure> {
    Ok(Fault::default())
}

pub(crate) fn plan(args: &RunArgs, profiles: &[&Profile]) -> Result<Plan, Failure> {
    let cases = list::load(&args.select)?;
    let known = match &args.known_failing {
        None => Known::default(),
        Some(path) => {
            let fail = |why: String| Failure::usage(format!("{}: {why}", path.display()));
            let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
            Known::parse(&text).map_err(fail)?
        }
    };
    let stale = known.stale(&cases);
    let chosen = list::selection(&args.select).choose(&cases).map_err(Failure::usage)?;
    let jobs = std::thread::available_parallelism().map_or(4, |cores| cores.get() * 2);
    let (chosen, part) = part::part(&args.part, chosen, profiles)?;
    Ok(Plan {
        cases: chosen.into_iter().cloned().collect(),
        snapshots: Snapshots::new(args.snapshots_dir.clone()),
        strict: args.strict,
        jobs: args.jobs.map_or(jobs, usize::from),
        fail_fast: args.fail_fast,
        shuffle: args.shuffle,
        known,
        stale,
        part,
        deadline: part::deadline(args.part.deadline)?,
    })
}

/// The profiles to run: those named, or all of them on the servers in the binary.
pub(crate) fn chosen_profiles(args: &TargetArgs) -> Result<Vec<&'static Profile>, Failure> {
    let named: Result<Vec<_>, _> = args.profiles.iter().map(|name| profiles::find(name)).collect();
    let named = named.map_err(Failure::usage)?;
    match (&args.target, named.len()) {
        (Some(_), 1) => Ok(named),
        (Some(_), 0) => Err(Failure::usage(
            "--target needs --profile: what is the server taken for? (`lineproof list --profiles`)",
        )),
        (Some(_), _) => Err(Failure::usage("one --target has one --profile")),
        (None, 0) => Ok(profiles::ALL.to_vec()),
        (None, _) => Ok(named),
    }
}

/// The target of this profile: the URL given, or a server in the binary.
pub(crate) async fn target(
    args: &TargetArgs,
    profile: &'static Profile,
    fault: Fault,
) -> Result<(Target, Option<Embedded>), Failure> {
    if args.read_back.is_some() && args.lacks.contains(&Capability::ReadBack) {
        return Err(Failure::usage("--read-back and --lacks read-back exclude each other"));
    }
    if let Some(program) = args.read_back.as_ref().filter(|program| !program.is_there()) {
        return Err(Failure::usage(format!(
            "--read-back: {program} is not there; give the path of the file, or put its folder into PATH"
        )));
    }
    let timeout = timeout(args.timeout)?;
    let mut visible_within = args.visible_within.map(seconds).transpose()?;
    let mut server = None;
    let (url, credentials) = if let Some(url) = &args.target {
        (url.clone(), credentials(args))
    } else {
        let started = Embedded::start(profile, fault).await?;
        let found = (started.url(), started.credentials());
        visible_within = visible_within.or_else(|| started.visible_within());
        server = Some(started);
        found
    };
    let mut target = Target::new(&url, profile).map_err(Failure::usage)?;
    target.credentials = credentials;
    target.org = args.org.clone().filter(|org| !org.is_empty());
    target.database.clone_from(&args.database);
    target.lacks.clone_from(&args.lacks);
    target.read_back.clone_from(&args.read_back);
    target.timeout = timeout;
    target.visible_within = visible_within;
    Ok((target, server))
}

/// The credentials that were given.
pub(crate) fn credentials(args: &TargetArgs) -> Credentials {
    Credentials::given(args.token.as_deref(), args.user.as_deref(), args.password.as_deref())
}

/// Finds or starts the servers that are set up as the selected cases need them. One in the binary is
/// for one case: what a case uses up is not missing elsewhere.
pub(crate) async fn set_up(
    args: &TargetArgs,
    select: &SelectArgs,
    target: &mut Target,
    plan: &Plan,
    fault: Fault,
) -> Result<Vec<Embedded>, Failure> {
    let setups = list::setups_of(select)?;
    let like_it = target.clone();
    for (name, url) in &args.setups {
        if setups.find(name).is_none() {
            let known: Vec<_> = setups.iter().map(|(name, _)| name).collect();
            let known = known.join(", ");
            return Err(Failure::usage(format!("there is no setup \"{name}\"; known are {known}")));
        }
        target.setups.insert(name.clone(), setup_target(&like_it, name, url)?);
    }
    let mut servers = Vec::new();
    if args.target.is_some() {
        for (name, setup) in setups.iter() {
            let why =
                format!("needs a server with: {}; name it with --setup {name}=URL", setup.summary);
            target.setups_lacking.insert(name.to_owned(), why);
        }
        return Ok(servers);
    }
    for case in plan.cases.iter() {
        let Some(name) = &case.setup else { continue };
        if let Some(need) = case.needs.iter().find(|need| !target.profile.offers(**need)) {
            let why = format!("needs {need}: {} has none", target.profile.name());
            target.setups_lacking.insert(case.id.clone(), why);
            continue;
        }
        match Embedded::start_set(target.profile, setups.find(name), fault).await? {
            Err(why) => {
                target.setups_lacking.insert(name.clone(), why);
            }
            Ok(server) => {
                let base = Base::parse(&server.url()).map_err(Failure::internal)?;
                let own = Target { base, credentials: server.credentials(), ..like_it.clone() };
                target.setups.insert(case.id.clone(), own);
                servers.push(server);
            }
        }
    }
    Ok(servers)
}

/// The server that the user names for a setup, otherwise like the target.
pub(crate) fn setup_target(like_it: &Target, name: &str, url: &str) -> Result<Target, Failure> {
    let mut own = Target { base: Base::parse(url).map_err(Failure::usage)?, ..like_it.clone() };
    if let Some(token) = token_of(name) {
        own.credentials = Credentials { token: Some(token), ..Credentials::default() };
    }
    Ok(own)
}

/// The token of a server that is set up for some cases, where it is not the target's.
fn token_of(setup: &str) -> Option<String> {
    let name = setup.to_uppercase().replace('-', "_");
    std::env::var(format!("LINEPROOF_TOKEN_{name}")).ok().filter(|token| !token.is_empty())
}

pub(crate) fn timeout(seconds: f64) -> Result<Duration, Failure> {
    // No clock goes further than that from now.
    const LONGEST: Duration = Duration::from_secs(366 * 86_400);
    match Duration::try_from_secs_f64(seconds) {
        Ok(timeout) if !timeout.is_zero() => Ok(timeout.min(LONGEST)),
        _ => Err(Failure::usage("--timeout is a number of seconds above 0")),
    }
}

fn seconds(seconds: f64) -> Result<Duration, Failure> {
    let within = Duration::try_from_secs_f64(seconds).ok().filter(|d| d.as_secs() <= 86_400);
    within.ok_or_else(|| Failure::usage("--visible-within is a number of seconds, at most a day"))
}

/// The first Ctrl-C or SIGTERM asks for an orderly end, the second ends at once.
pub(crate) fn interrupts() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    // Heard from here on, whenever the task below gets its turn.
    let mut signals = Signals::new();
    tokio::spawn(async move {
        for first in [true, false] {
            signals.next().await;
            if first {
                say!(
                    "\nlineproof: stopping; what was made on the target is dropped (Ctrl-C again ends at once)"
                );
                sender.send(true).ok();
            } else {
                harness::read_back::end_all();
                say!("lineproof: ended at once; what begins with lp_ may be left on the target");
                std::process::exit(130);
            }
        }
    });
    receiver
}
