//! `lineproof diff`: what changes from one server to another, or from one saved run to another.

mod live;
mod show;

use crate::cli::{DiffArgs, DifferencesFormat};
use crate::exit::Failure;
use crate::{list, run};
use harness::diff::{Changes, Given, changes, read};
use harness::select::matches;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::ExitCode;

/// How many ids are named where there may be many.
const NAMED: usize = 5;

/// What was compared.
struct Compared {
    /// What reports call the two sides.
    names: [String; 2],
    changes: Changes,
    /// Cases whose difference came only once.
    unstable: Vec<String>,
}

pub(crate) fn diff(args: &DiffArgs) -> Result<ExitCode, Failure> {
    let compared = match (args.runs.as_slice(), &args.a, &args.b) {
        ([first, second], None, None) => saved(args, first, second)?,
        ([], Some(first), Some(second)) => {
            let compared = run::runtime()?.block_on(live::compare(args, first, second))?;
            match compared {
                Some(compared) => compared,
                None => return Ok(ExitCode::from(130)),
            }
        }
        _ => {
            return Err(Failure::usage(
                "two servers (--a URL --b URL) or two saved runs (RUN_A RUN_B) are compared: see \
                 `lineproof diff --help`",
            ));
        }
    };
    let Compared { names, changes, unstable } = &compared;
    let mut text = match args.format {
        DifferencesFormat::Text => show::text(&changes.found, args.all, names),
        DifferencesFormat::Markdown => show::markdown(&changes.found, args.all, names),
        DifferencesFormat::Json => show::json(&changes.found)?,
    };
    if changes.found.is_empty() && !matches!(args.format, DifferencesFormat::Json) {
        let nothing = changes.compared == 0;
        text += if nothing { "\nno case ran on both\n" } else { "\nno difference\n" };
    }
    list::print(&text);
    for (name, only) in names.iter().zip(&changes.only) {
        if !only.is_empty() {
            eprintln!("{} cases ran on {name} only: {}", only.len(), some(only));
        }
    }
    if !unstable.is_empty() {
        eprintln!("{} cases differed once and not again: {}", unstable.len(), some(unstable));
    }
    let mut cases: Vec<_> = changes.found.iter().map(|change| &change.case).collect();
    cases.dedup();
    eprintln!(
        "{} differences in {} cases, of {} that ran on both",
        changes.found.len(),
        cases.len(),
        changes.compared
    );
    Ok(ExitCode::from(match (changes.compared, changes.found.len()) {
        (0, _) => 4,
        (_, 0) => 0,
        _ => 1,
    }))
}

/// The first few.
fn some(ids: &[String]) -> String {
    let dots = if ids.len() > NAMED { ", …" } else { "" };
    format!("{}{dots}", ids[..ids.len().min(NAMED)].join(", "))
}

/// Two saved runs.
fn saved(args: &DiffArgs, first: &Path, second: &Path) -> Result<Compared, Failure> {
    let cases = list::load(&args.select)?;
    let filtered = !args.select.cases.is_empty() || args.select.level.is_some();
    let chosen = list::selection(&args.select).choose(&cases).map_err(Failure::usage)?;
    let is_chosen = |id: &str| {
        // A case of another release is there only where nothing was filtered, or by its name.
        !filtered
            || chosen.iter().any(|case| case.id == id)
            || (args.select.level.is_none() && args.select.cases.iter().any(|p| matches(p, id)))
    };
    let a = saved_run(first, args.profile_a.as_deref(), "--profile-a")?;
    let b = saved_run(second, args.profile_b.as_deref(), "--profile-b")?;
    let mut changes = changes(&a, &b, args.strict);
    if filtered {
        changes.found.retain(|change| is_chosen(&change.case));
        changes.only.iter_mut().for_each(|only| only.retain(|id| is_chosen(id)));
        let both = a.cases().filter(|id| is_chosen(id) && b.cases().any(|other| other == *id));
        changes.compared = both.count();
    }
    let name = |path: &Path, run: &Given| format!("{} ({})", path.display(), run.profile);
    Ok(Compared { names: [name(first, &a), name(second, &b)], changes, unstable: Vec::new() })
}

/// The run in a file, of this profile where it is of several.
fn saved_run(path: &Path, profile: Option<&str>, option: &str) -> Result<Given, Failure> {
    let fail = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let file = File::open(path).map_err(|error| fail(error.to_string()))?;
    let mut runs = read(BufReader::new(file)).map_err(fail)?;
    let names: Vec<_> = runs.iter().map(|run| run.profile.clone()).collect();
    if let Some(profile) = profile {
        runs.retain(|run| run.profile == profile);
    }
    let run = match (runs.pop(), runs.is_empty()) {
        (Some(run), true) => run,
        _ => {
            return Err(fail(format!(
                "it is of the profiles {}: choose one with {option}",
                names.join(", ")
            )));
        }
    };
    if run.cases().next().is_none() {
        return Err(fail(
            "no case in it has a transcript: it was saved by an older release, or nothing ran"
                .to_owned(),
        ));
    }
    if !run.complete {
        eprintln!("{}: the run did not come to its end: it is only a part", path.display());
    }
    Ok(run)
}
