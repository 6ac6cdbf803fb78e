//! `lineproof bundle`: a support package of a case or of a body.

mod archive;

use crate::cli::BundleArgs;
use crate::embedded::Fault;
use crate::exit::Failure;
use crate::streams::print;
use crate::{list, run};
use archive::{Name, Package};
use clap::ValueEnum;
use harness::case::Case;
use harness::snapshot::Snapshots;
use harness::support::saved;
use harness::support::send::{NotSent, Own, of_body, of_case};
use harness::support::{Incident, Scrub, files};
use harness::target::Target;
use harness::verdict::Verdict;
use jiff::Timestamp;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::process::ExitCode;

/// A body that is larger goes into no request of a ticket.
const LARGEST_BODY: u64 = 64 << 20;

pub(crate) fn bundle(args: &BundleArgs) -> Result<ExitCode, Failure> {
    let at = now()?;
    let name = Name::at(at);
    // Before anything is sent: a run is too long to be lost to a wrong path.
    if !args.dir.is_dir() {
        let dir = args.dir.display();
        return Err(Failure::usage(format!("--dir {dir}: there is no such folder; make it first")));
    }
    name.free_in(&args.dir)?;
    let incident = match (&args.run, &args.body) {
        (Some(path), _) => saved_one(args, path)?,
        (None, Some(path)) => live(args, What::Body(own(args, path)?))?,
        (None, None) => live(args, What::Case(case(args)?))?,
    };
    let Some(incident) = incident else { return Ok(ExitCode::from(130)) };
    worth_it(args, &incident)?;
    let package = Package::new(name, &files(&incident, &scrub(args), &at.to_string()), at);
    let path = package.write(&args.dir)?;
    let mut text = format!("{}\n", path.display());
    for (name, bytes) in package.inside() {
        let _ = writeln!(text, "  {bytes:>7}  {name}");
    }
    print(&text)?;
    say!("lineproof: fill in what is marked so, and read sample-data.lp before you send it");
    Ok(ExitCode::SUCCESS)
}

/// What is sent now.
enum What {
    Case(Case),
    Body(Own),
}

/// The time of the package; a build that wants the same bytes again sets it.
fn now() -> Result<Timestamp, Failure> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty()) else {
        return Ok(Timestamp::now());
    };
    let text = text.to_string_lossy();
    let seconds = text.parse::<i64>().ok().filter(|seconds| *seconds >= 0);
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or_else(|| {
        Failure::usage(format!("SOURCE_DATE_EPOCH={text} is no number of seconds since 1970"))
    })
}

/// The case that is asked for.
fn case(args: &BundleArgs) -> Result<Case, Failure> {
    let id = args.case.as_deref().unwrap_or_default();
    known_case(args)?.ok_or_else(|| {
        Failure::usage(format!("no case has the id \"{id}\" (`lineproof list` shows them)"))
    })
}

fn known_case(args: &BundleArgs) -> Result<Option<Case>, Failure> {
    let cases = list::cases(args.cases_dir.as_deref())?;
    Ok(cases.into_iter().find(|case| Some(&case.id) == args.case.as_ref()))
}

/// The user's own body.
fn own(args: &BundleArgs, path: &Path) -> Result<Own, Failure> {
    let fail = |why: String| Failure::usage(format!("--body {}: {why}", path.display()));
    let file = File::open(path).map_err(|error| fail(error.to_string()))?;
    let mut body = Vec::new();
    let read = file.take(LARGEST_BODY + 1).read_to_end(&mut body);
    read.map_err(|error| fail(error.to_string()))?;
    if body.len() as u64 > LARGEST_BODY {
        return Err(fail("it has more than 64 MiB: take the lines that fail".to_owned()));
    }
    if body.starts_with(&[0x1f, 0x8b]) {
        return Err(fail("it is compressed: inflate it first".to_owned()));
    }
    let unit = args.precision.and_then(|unit| unit.to_possible_value());
    Ok(Own {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        body,
        precision: unit.map(|unit| unit.get_name().to_owned()),
    })
}

/// Sends it; none where the user stopped it.
fn live(args: &BundleArgs, what: What) -> Result<Option<Incident>, Failure> {
    let profiles = run::chosen_profiles(&args.target)?;
    let [profile] = profiles[..] else {
        return Err(Failure::usage("one --profile is needed: what is the server taken for?"));
    };
    let sent = run::runtime()?.block_on(async {
        let (mut target, _server) = run::target(&args.target, profile, Fault::default()).await?;
        set_up(args, &mut target)?;
        let interrupt = run::interrupts();
        let snapshots = Snapshots::new(args.snapshots_dir.clone());
        Ok::<_, Failure>(match &what {
            What::Case(case) => of_case(&target, case, &snapshots, args.strict, interrupt).await,
            What::Body(own) => of_body(&target, own, interrupt).await,
        })
    })?;
    match sent {
        Ok(incident) => Ok(Some(incident)),
        Err(NotSent::Interrupted(left_behind)) => {
            if let Some(why) = left_behind {
                say!("lineproof: left behind on the target: {why}");
            }
            Ok(None)
        }
        Err(NotSent::Unusable(why)) => Err(Failure::unusable(why)),
        Err(NotSent::Unsupported(why)) => Err(Failure::usage(why)),
    }
}

/// The servers that the user says are set up as cases need them.
fn set_up(args: &BundleArgs, target: &mut Target) -> Result<(), Failure> {
    for (name, url) in &args.target.setups {
        let own = run::setup_target(target, name, url)?;
        target.setups.insert(name.clone(), own);
    }
    Ok(())
}

/// What a saved run says of the case.
fn saved_one(args: &BundleArgs, path: &Path) -> Result<Option<Incident>, Failure> {
    let id = args.case.as_deref().unwrap_or_default();
    let fail = |why: String| Failure::usage(format!("--run {}: {why}", path.display()));
    let file = File::open(path).map_err(|error| fail(error.to_string()))?;
    let mut found = saved::find(BufReader::new(file), id).map_err(fail)?;
    if !args.target.profiles.is_empty() {
        let named: Result<Vec<_>, _> =
            args.target.profiles.iter().map(|name| profiles::find(name)).collect();
        let named: Vec<_> =
            named.map_err(Failure::usage)?.iter().map(|profile| profile.name()).collect();
        found.retain(|(_, result)| named.contains(&result.profile));
    }
    match found.as_mut_slice() {
        [] => Err(fail(format!("no result of the case \"{id}\" is in it"))),
        [_] => {
            let case = known_case(args)?;
            let one = found.pop();
            Ok(one
                .map(|(started, result)| saved::of_saved(started.as_ref(), result, case.as_ref())))
        }
        several => {
            let names: Vec<_> = several.iter().map(|(_, result)| result.profile.as_str()).collect();
            Err(fail(format!("{id} ran on {}: choose with --profile", names.join(", "))))
        }
    }
}

/// Nobody's time is for a case that passes, or did not run.
fn worth_it(args: &BundleArgs, incident: &Incident) -> Result<(), Failure> {
    let subject = &incident.subject;
    let because = incident.reason.as_ref().map_or(String::new(), |why| format!(": {why}"));
    match incident.verdict {
        Some(verdict @ (Verdict::Unsupported | Verdict::Skipped | Verdict::Error))
            if args.body.is_none() && incident.exchanges.is_empty() =>
        {
            let word = verdict.word();
            Err(Failure::usage(format!("{subject} did not run ({word}{because}): nothing to pack")))
        }
        Some(Verdict::Pass) if args.body.is_none() && !args.anyway => Err(Failure::usage(format!(
            "{subject} passes on {}: nothing to report (--anyway packs it all the same)",
            incident.profile
        ))),
        _ => Ok(()),
    }
}

/// Everything that may be in no file: what was given, and what stands in variables of ours.
fn scrub(args: &BundleArgs) -> Scrub {
    let credentials = run::credentials(&args.target);
    let is_secret =
        |name: &str| name.starts_with("LINEPROOF_TOKEN") || name.starts_with("LINEPROOF_PASSWORD");
    let others = std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_some_and(is_secret))
        .map(|(_, value)| value.to_string_lossy().into_owned());
    Scrub::new(&credentials, &others.filter(|value| !value.is_empty()).collect::<Vec<_>>())
}
