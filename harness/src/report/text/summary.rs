//! The lines at the end: per level, per area, what could not be judged, the slowest, the verdict.

use super::Style;
use crate::case::Level;
use crate::event::{CaseResult, Finished, Started};
use crate::report::runs::{area, sentence, tally};
use crate::verdict::{Ending, Verdict};
use crate::{concurrent, generate};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The summary of one profile.
pub(super) fn summary(started: &Started, results: &[&CaseResult], style: Style) -> String {
    let mut text = format!(
        "{}  {}  strict {}  {}\n",
        style.paint("1", &started.profile),
        started.target,
        started.strict,
        ran(started, results)
    );
    if let (Some(shard), Some(selection)) = (started.shard, &started.selection) {
        let _ = writeln!(text, "  {shard}, {} cases in all", selection.cases);
    }
    for note in &started.notes {
        let _ = writeln!(text, "  {note}");
    }
    for level in Level::ALL {
        let own: Vec<_> = results.iter().copied().filter(|r| r.level == level).collect();
        if !own.is_empty() {
            let _ = writeln!(text, "  {:<8}{}", level.word().to_uppercase(), counts(&own, style));
        }
    }
    text += &areas(results, style);
    text += &unjudged(started, results);
    text += &slowest(results);
    text
}

/// How much was run, in its own measure: of what is made at random only findings and one summary are
/// results.
fn ran(started: &Started, results: &[&CaseResult]) -> String {
    let all_of = |name| !results.is_empty() && results.iter().all(|r| area(&r.id) == name);
    match started.cases {
        batches if all_of(generate::AREA) => format!("{batches} random batches"),
        rounds if all_of(concurrent::AREA) => format!("{rounds} rounds of concurrent writers"),
        cases => format!("{} of {cases} cases", results.len()),
    }
}

/// `240 pass, 2 fail, 12 unsupported`.
fn counts(results: &[&CaseResult], style: Style) -> String {
    let parts = tally(results).into_iter().map(|(verdict, count)| {
        let bad =
            matches!(verdict, Verdict::Fail | Verdict::Xpass | Verdict::Unknown | Verdict::Error);
        let shown = format!("{count} {}", verdict.word());
        if bad { style.paint("1;31", &shown) } else { shown }
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn areas(results: &[&CaseResult], style: Style) -> String {
    let mut areas: BTreeMap<&str, Vec<&CaseResult>> = BTreeMap::new();
    for result in results {
        areas.entry(area(&result.id)).or_default().push(result);
    }
    let width = areas.keys().map(|name| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, own) in areas {
        let _ = writeln!(text, "    {name:<width$}  {}", counts(&own, style));
    }
    text
}

/// What nobody could judge, and why: a green run must not hide it.
fn unjudged(started: &Started, results: &[&CaseResult]) -> String {
    let mut text = String::new();
    let unread = results.iter().filter(|r| r.unread).count();
    match &started.read_back {
        Some(language) => {
            let _ = writeln!(text, "  read back with {language}");
        }
        None if unread > 0 => {
            let _ = writeln!(
                text,
                "  judged by their answers alone, {unread}: what is stored cannot be read back here"
            );
        }
        None => {}
    }
    for verdict in [Verdict::Unsupported, Verdict::Skipped] {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for result in results.iter().filter(|r| r.verdict == verdict) {
            *reasons.entry(result.reason.as_deref().unwrap_or_default()).or_default() += 1;
        }
        for (reason, count) in reasons {
            let _ = writeln!(text, "  {}, {count}: {reason}", verdict.word());
        }
    }
    let ledger_only = ledger_alone(results.iter().copied());
    if ledger_only > 0 {
        let _ = writeln!(text, "  without a snapshot, judged by the ledger alone: {ledger_only}");
    }
    text
}

/// How many cases were judged without an expectation. What is made at random never has one.
fn ledger_alone<'r>(results: impl Iterator<Item = &'r CaseResult>) -> usize {
    let judged = |r: &&CaseResult| matches!(r.verdict, Verdict::Pass | Verdict::Fail);
    let of_cases = |r: &&CaseResult| ![generate::AREA, concurrent::AREA].contains(&area(&r.id));
    results.filter(|r| r.basis.is_none()).filter(judged).filter(of_cases).count()
}

fn slowest(results: &[&CaseResult]) -> String {
    let mut slow: Vec<_> = results.iter().filter(|r| r.milliseconds >= 100).collect();
    slow.sort_by_key(|r| std::cmp::Reverse(r.milliseconds));
    let shown: Vec<_> = slow
        .iter()
        .take(5)
        .map(|r| format!("{} {}.{:03} s", r.id, r.milliseconds / 1_000, r.milliseconds % 1_000))
        .collect();
    if shown.is_empty() { String::new() } else { format!("  slowest: {}\n", shown.join(", ")) }
}

/// The last line of a profile.
pub(super) fn ending(finished: &Finished, results: &[&CaseResult], style: Style) -> String {
    let own: Vec<_> = results.iter().copied().filter(|r| r.profile == finished.profile).collect();
    let colour = match finished.ending {
        Ending::Conformant => "1;32",
        Ending::NotConformant | Ending::Usage | Ending::Unusable => "1;31",
        Ending::NoVerdict | Ending::Interrupted => "1;33",
    };
    let sentence = style.paint(colour, &sentence(finished.ending, &own));
    let alone = match ledger_alone(own.into_iter()) {
        0 => String::new(),
        some => format!(", {some} cases by the ledger alone"),
    };
    let mut text = format!(
        "{}: {sentence}{alone}  ({}.{} s)\n",
        finished.profile,
        finished.milliseconds / 1_000,
        finished.milliseconds % 1_000 / 100
    );
    if let Some(reason) = &finished.reason {
        let _ = writeln!(text, "  {reason}");
    }
    for pattern in &finished.stale {
        let _ = writeln!(text, "  known failures: \"{pattern}\" matches no case");
    }
    if let Some(left) = &finished.left_behind {
        let _ = writeln!(text, "  left behind on the target: {left}");
    }
    text
}
