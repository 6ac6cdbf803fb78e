//! What the page shows, as plain data for its template.

mod detail;

use super::super::runs::{self, Run};
use super::super::shown;
use crate::clauses::Register;
use crate::event::{CaseResult, Event};
use crate::verdict::{Ending, Verdict};
use detail::Detail;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The page.
#[derive(Serialize)]
pub(super) struct View {
    title: String,
    version: String,
    runs: Vec<OneRun>,
    /// The verdicts that are there, for the filter.
    verdicts: Vec<&'static str>,
    areas: BTreeSet<String>,
    cases: usize,
    /// How many someone must look at.
    grave: usize,
    /// How many have no detail for want of room: of those that someone must look at, and of others.
    grave_left_out: usize,
    others_left_out: usize,
}

/// A profile.
#[derive(Serialize)]
struct OneRun {
    anchor: String,
    profile: String,
    target: Option<String>,
    sentence: String,
    good: bool,
    counts: String,
    /// `MUST`, and how many cases of that level have which verdict.
    levels: Vec<(String, String)>,
    /// What there is to be known of the run: what, and its text.
    facts: Vec<(&'static str, String)>,
    areas: Vec<Area>,
}

#[derive(Serialize)]
struct Area {
    name: String,
    counts: String,
    /// Something in it must be looked at, and there is not too much of it to show all at once.
    open: bool,
    cases: Vec<OneCase>,
}

#[derive(Serialize)]
struct OneCase {
    anchor: String,
    id: String,
    verdict: &'static str,
    mark: &'static str,
    level: &'static str,
    summary: String,
    reason: Option<String>,
    seconds: String,
    detail: Option<Detail>,
}

/// With more cases than this in areas that are open, a browser would take long to show the page.
const MOST_OPEN: usize = 1_000;

pub(super) fn view(events: &[Event], register: Option<&Register>, most_detail: usize) -> View {
    let runs = runs::runs(events);
    let grave = runs::gravest(&runs);
    let mut details = Details::new(&runs, &grave, register, most_detail);
    let all: Vec<&CaseResult> = runs.iter().flat_map(|run| run.results.iter().copied()).collect();
    let areas = runs.iter().flat_map(|run| run.areas().into_values());
    let opens =
        areas.filter(|area| is_grave(area)).map(|area| area.len()).sum::<usize>() <= MOST_OPEN;
    let version = runs.iter().find_map(|run| run.started).map(|started| &started.lineproof);
    View {
        title: title(&runs),
        version: version.map(|version| line(version, 50)).unwrap_or_default(),
        verdicts: runs::tally(&all).into_iter().map(|(verdict, _)| verdict.word()).collect(),
        areas: all.iter().map(|result| line(runs::area(&result.id), 100)).collect(),
        cases: all.len(),
        grave: grave.len(),
        grave_left_out: details.grave_left_out,
        others_left_out: details.others_left_out,
        runs: runs
            .iter()
            .enumerate()
            .map(|(n, run)| one_run(n, run, &mut details, opens))
            .collect(),
    }
}

/// Which cases are shown in detail, made before so that it is known whether all have room.
struct Details {
    made: BTreeMap<(String, String), Detail>,
    grave_left_out: usize,
    others_left_out: usize,
}

impl Details {
    fn new(
        runs: &[Run<'_>],
        grave: &[&CaseResult],
        register: Option<&Register>,
        most: usize,
    ) -> Self {
        let mut made = BTreeMap::new();
        let mut room = most;
        let mut grave_left_out = 0;
        let key = |result: &CaseResult| (result.profile.clone(), result.id.clone());
        for result in grave {
            let detail = detail::detail(result, register);
            match room.checked_sub(detail.size()) {
                Some(left) => {
                    room = left;
                    made.insert(key(result), detail);
                }
                None => grave_left_out += 1,
            }
        }
        let looked_at: HashSet<_> =
            grave.iter().map(|result| std::ptr::from_ref(*result)).collect();
        let others: Vec<_> = runs
            .iter()
            .flat_map(|run| run.results.iter().copied())
            .filter(|result| !looked_at.contains(&std::ptr::from_ref(*result)))
            .filter(|result| !matches!(result.verdict, Verdict::Unsupported | Verdict::Skipped))
            .collect();
        let mut further = Vec::new();
        let mut others_left_out = 0;
        for result in &others {
            let detail = detail::detail(result, register);
            let Some(left) = room.checked_sub(detail.size()) else {
                // All or none: a page with some of them looks as if something had been lost.
                further.clear();
                others_left_out = others.len();
                break;
            };
            room = left;
            further.push((key(result), detail));
        }
        made.extend(further);
        Self { made, grave_left_out, others_left_out }
    }

    fn take(&mut self, result: &CaseResult) -> Option<Detail> {
        self.made.remove(&(result.profile.clone(), result.id.clone()))
    }
}

fn title(runs: &[Run<'_>]) -> String {
    match runs {
        [] => "nothing ran".to_owned(),
        [run] => format!("{}: {}", line(run.profile, 100), run.sentence()),
        several => {
            let good = several.iter().filter(|run| run.ending() == Ending::Conformant).count();
            format!("{good} of {} profiles conformant", several.len())
        }
    }
}

fn one_run(n: usize, run: &Run<'_>, details: &mut Details, opens: bool) -> OneRun {
    let anchor = format!("run-{}", n + 1);
    let mut levels = Vec::new();
    for level in crate::case::Level::ALL {
        let own: Vec<_> = run.results.iter().copied().filter(|r| r.level == level).collect();
        if !own.is_empty() {
            levels.push((level.word().to_uppercase(), runs::counts(&own)));
        }
    }
    let areas = run.areas().into_iter().map(|(name, results)| Area {
        name: line(name, 100),
        counts: runs::counts(&results),
        open: opens && is_grave(&results),
        cases: results.iter().map(|result| one_case(&anchor, result, details)).collect(),
    });
    OneRun {
        profile: line(run.profile, 100),
        target: run.started.map(|started| line(&started.target, 300)),
        sentence: run.sentence(),
        good: run.ending() == Ending::Conformant,
        counts: runs::counts(&run.results),
        levels,
        facts: facts(run),
        areas: areas.collect(),
        anchor,
    }
}

fn is_grave(results: &[&CaseResult]) -> bool {
    results.iter().any(|result| runs::gravity(result.verdict).is_some())
}

/// What no case tells, and what a reader has to know of all of them.
fn facts(run: &Run<'_>) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    facts.extend(run.reason().map(|reason| ("Reason", line(reason, 2_000))));
    if let Some(started) = run.started {
        let (done, all) = (run.results.len(), started.cases);
        facts.push(("Cases", format!("{done} of {all}, strict {}", started.strict)));
        let none = || "with nothing: what is stored was not judged".to_owned();
        let language = started.read_back.as_ref().map(|word| format!("with {}", line(word, 100)));
        facts.push(("Read back", language.unwrap_or_else(none)));
        facts.extend(started.notes.iter().map(|note| ("Note", line(note, 1_000))));
        let mut lacks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (what, why) in &started.lacks {
            lacks.entry(why).or_default().push(what);
        }
        let lacks = lacks.into_iter().map(|(why, what)| format!("{}: {why}", what.join(", ")));
        facts.extend(lacks.map(|lack| ("Lacks", line(&lack, 500))));
    }
    let alone = run.results.iter().filter(|r| r.basis.is_none());
    let alone = alone.filter(|r| matches!(r.verdict, Verdict::Pass | Verdict::Fail)).count();
    if alone > 0 {
        facts.push(("No snapshot", format!("{alone} cases, judged by the ledger alone")));
    }
    if let Some(finished) = run.finished {
        let stale = |pattern: &String| format!("\"{}\" matches no case", line(pattern, 200));
        facts.extend(finished.stale.iter().map(|pattern| ("Known failures", stale(pattern))));
        facts.extend(finished.left_behind.iter().map(|left| ("Left behind", line(left, 1_000))));
        facts.push(("Took", format!("{} s", seconds(finished.milliseconds))));
    }
    facts
}

fn one_case(run: &str, result: &CaseResult, details: &mut Details) -> OneCase {
    let detail = details.take(result);
    let reason = match (&result.reason, &detail) {
        (Some(reason), _) => Some(line(reason, 1_000)),
        // Short as it is, it shall say why.
        (None, None) => Some(line(&runs::why(result), 300)).filter(|why| !why.is_empty()),
        (None, Some(_)) => None,
    };
    OneCase {
        anchor: format!("{run}/{}", word(&result.id)),
        id: line(&result.id, 200),
        verdict: result.verdict.word(),
        mark: mark(result.verdict),
        level: result.level.word(),
        summary: line(&result.summary, 500),
        reason,
        seconds: seconds(result.milliseconds),
        detail,
    }
}

/// A verdict's picture, beside its word.
const fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass | Verdict::Xpass => "✓",
        Verdict::Fail | Verdict::Error | Verdict::Xfail => "✗",
        Verdict::Warn => "!",
        Verdict::Unknown => "?",
        Verdict::Unsupported | Verdict::Skipped => "–",
    }
}

/// A text that stays on its line and is not endless.
pub(super) fn line(text: &str, most: usize) -> String {
    shown::line(&shown::cut(text, most)).into_owned()
}

/// What may stand in an anchor.
fn word(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "/_-.".contains(c);
    text.chars().map(|c| if fits(c) { c } else { '_' }).collect()
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1_000, milliseconds % 1_000)
}
