//! `lineproof diff`: what changes from one server to another, or from one saved run to another.

mod live;
mod show;

use crate::cli::{DiffArgs, DifferencesFormat};
use crate::exit::Failure;
use crate::streams::print;
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
        text += match (changes.compared, changes.is_whole()) {
            (0, _) => "\nno case ran on both\n",
            (_, true) => "\nno difference\n",
            (_, false) => "\nno difference in what could be compared\n",
        };
    }
    print(&text)?;
    let [a, b] = names;
    let [only_a, only_b] = &changes.only;
    let told = [
        (only_a, format!("ran on {a} only")),
        (only_b, format!("ran on {b} only")),
        (&changes.unknown, "have no certain answer (none in time, or they could not begin)".into()),
        (
            &changes.unread,
            "were compared by their answers alone: only one side shows what it \
                           stores"
                .into(),
        ),
        (&changes.neither, "can run on neither".into()),
        (unstable, "differed once and not again".into()),
    ];
    for (ids, what) in told.iter().filter(|(ids, _)| !ids.is_empty()) {
        let named = if args.all { ids.join(", ") } else { some(ids) };
        say!("{} cases {what}: {named}", ids.len());
    }
    let mut cases: Vec<_> = changes.found.iter().map(|change| &change.case).collect();
    cases.dedup();
    say!(
        "{} differences in {} cases, of {} that ran on both",
        changes.found.len(),
        cases.len(),
        changes.compared
    );
    Ok(ExitCode::from(match (changes.found.is_empty(), changes.is_whole()) {
        (false, _) => 1,
        (true, true) => 0,
        (true, false) => 4,
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
        changes.lists_mut().for_each(|ids| ids.retain(|id| is_chosen(id)));
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
        say!("{}: the run did not come to its end: it is only a part", path.display());
    }
    Ok(run)
}
