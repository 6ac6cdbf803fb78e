//! A run's events by profile, and the sentences that several reports say of them.

use crate::case::Level;
use crate::event::{CaseResult, Event, Finished, Started};
use crate::verdict::{Ending, Verdict};
use std::collections::BTreeMap;

/// The run on one profile.
pub(crate) struct Run<'e> {
    pub(crate) profile: &'e str,
    pub(crate) started: Option<&'e Started>,
    /// By id.
    pub(crate) results: Vec<&'e CaseResult>,
    pub(crate) finished: Option<&'e Finished>,
}

/// The runs among the events, in the order in which they come.
pub(crate) fn runs(events: &[Event]) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    let mut places = BTreeMap::new();
    for event in events {
        let profile = match event {
            Event::Started(started) => &started.profile,
            Event::Begun { profile, .. } => profile,
            Event::Case(result) => &result.profile,
            Event::Finished(finished) => &finished.profile,
        };
        let place = *places.entry(profile.as_str()).or_insert_with(|| {
            runs.push(Run { profile, started: None, results: Vec::new(), finished: None });
            runs.len() - 1
        });
        let run = &mut runs[place];
        match event {
            Event::Started(started) => run.started = Some(started),
            Event::Begun { .. } => {}
            Event::Case(result) => run.results.push(result),
            Event::Finished(finished) => run.finished = Some(finished),
        }
    }
    for run in &mut runs {
        run.results.sort_by(|a, b| a.id.cmp(&b.id));
    }
    runs
}

impl<'e> Run<'e> {
    /// How it ends, by what it says and by its cases: the graver counts.
    pub(crate) fn ending(&self) -> Ending {
        let (Some(finished), true) = (self.finished, self.has_begun()) else {
            return Ending::Interrupted;
        };
        if self.results.is_empty() {
            return finished.ending;
        }
        let own = Ending::of(self.results.iter().map(|result| result.verdict));
        // A partial run is no better or worse for what it holds, and a list of known failures that
        // is stale is told by the run alone.
        finished.ending.and(own)
    }

    /// Whether its beginning is there: only a run that never began has none, and no verdict.
    fn has_begun(&self) -> bool {
        let judged = |finished: &Finished| {
            matches!(finished.ending, Ending::Conformant | Ending::NotConformant)
        };
        self.started.is_some() || (self.results.is_empty() && !self.finished.is_some_and(judged))
    }

    /// The ending in a few words.
    pub(crate) fn sentence(&self) -> String {
        sentence(self.ending(), &self.results)
    }

    /// The ending and how many cases have which verdict: `conformant (2 pass)`.
    pub(crate) fn said(&self) -> String {
        let counts = counts(&self.results);
        let counts = if counts.is_empty() { counts } else { format!(" ({counts})") };
        self.sentence() + &counts
    }

    /// Why it ends so, where no case tells.
    pub(crate) fn reason(&self) -> Option<&'e str> {
        match self.finished {
            None => Some("the events end before the run does: the report is partial"),
            Some(_) if !self.has_begun() => {
                Some("the beginning of the run is missing: the report is partial")
            }
            Some(finished) => finished.reason.as_deref(),
        }
    }

    /// The results by area.
    pub(crate) fn areas(&self) -> BTreeMap<&'e str, Vec<&'e CaseResult>> {
        let mut areas: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for result in &self.results {
            areas.entry(area(&result.id)).or_default().push(*result);
        }
        areas
    }
}

/// What stands before the slash of an id.
pub(crate) fn area(id: &str) -> &str {
    id.split('/').next().unwrap_or_default()
}

/// How a run ends, in a few words.
pub(crate) fn sentence(ending: Ending, results: &[&CaseResult]) -> String {
    match ending {
        Ending::Conformant => "conformant".to_owned(),
        Ending::NotConformant => not_conformant(results),
        Ending::Usage => "nothing ran".to_owned(),
        Ending::Unusable => "the target cannot be judged".to_owned(),
        Ending::NoVerdict => "no verdict: some outcomes are unknown".to_owned(),
        Ending::Interrupted => "interrupted, this report is partial".to_owned(),
    }
}

/// Why a run ends with 1. That a known failure passes, or that their list is out of date, is no
/// promise that the server breaks.
fn not_conformant(results: &[&CaseResult]) -> String {
    let count = |verdict, level: &[Level]| {
        results.iter().filter(|r| r.verdict == verdict && level.contains(&r.level)).count()
    };
    let failed = |level| count(Verdict::Fail, &[level]);
    let passing = match count(Verdict::Xpass, &Level::ALL) {
        0 => None,
        1 => Some("1 known failure passes".to_owned()),
        some => Some(format!("{some} known failures pass")),
    };
    let [must, should, may] = [Level::Must, Level::Should, Level::May].map(failed);
    if must + should + may > 0 {
        let also = passing.map(|passing| format!("; {passing}")).unwrap_or_default();
        return format!("not conformant: {must} MUST, {should} SHOULD, {may} MAY{also}");
    }
    let passing = passing.map(|passing| format!("{passing} now"));
    format!(
        "nothing new fails, but the list of known failures is out of date{}",
        passing.map(|passing| format!(": {passing}")).unwrap_or_default()
    )
}

/// How many cases have which verdict, those that none has left out.
pub(crate) fn tally(results: &[&CaseResult]) -> Vec<(Verdict, usize)> {
    let count = |verdict| results.iter().filter(|r| r.verdict == verdict).count();
    let counts = Verdict::ALL.into_iter().map(|verdict| (verdict, count(verdict)));
    counts.filter(|(_, count)| *count > 0).collect()
}

/// `240 pass, 2 fail, 12 unsupported`.
pub(crate) fn counts(results: &[&CaseResult]) -> String {
    let parts =
        tally(results).into_iter().map(|(verdict, count)| format!("{count} {}", verdict.word()));
    parts.collect::<Vec<_>>().join(", ")
}

/// Where a verdict stands among those that someone must look at: the gravest first. None of it is
/// about a case that is as it should be, or that did not run.
pub(crate) const fn gravity(verdict: Verdict) -> Option<u8> {
    match verdict {
        Verdict::Fail => Some(0),
        Verdict::Error => Some(1),
        Verdict::Unknown => Some(2),
        Verdict::Xpass => Some(3),
        Verdict::Warn => Some(4),
        Verdict::Pass | Verdict::Xfail | Verdict::Unsupported | Verdict::Skipped => None,
    }
}

/// The results that someone must look at, the gravest first.
pub(crate) fn gravest<'e>(runs: &[Run<'e>]) -> Vec<&'e CaseResult> {
    let all = runs.iter().flat_map(|run| run.results.iter().copied());
    let mut grave: Vec<_> =
        all.filter_map(|result| Some((gravity(result.verdict)?, result.level, result))).collect();
    grave.sort_by_key(|(gravity, level, _)| (*gravity, *level));
    grave.into_iter().map(|(_, _, result)| result).collect()
}

/// Why a case has its verdict, in a line: its reason, or its first finding.
pub(crate) fn why(result: &CaseResult) -> String {
    let finding = || {
        result.findings.first().map(|f| match f.kind {
            crate::compare::Kind::Honesty => f.got.clone(),
            _ => format!("{}: expected {}, got {}", f.kind.title(), f.expected, f.got),
        })
    };
    result.reason.clone().or_else(finding).unwrap_or_default()
}

/// The ending of all runs together: the gravest counts; of none, that nothing ran.
pub fn ending(events: &[Event]) -> Ending {
    let endings = runs(events).into_iter().map(|run| run.ending());
    endings.reduce(Ending::and).unwrap_or(Ending::Usage)
}

/// A line for each run: how it ends, what its cases say, and why where no case tells.
pub fn endings(events: &[Event]) -> String {
    let line = |run: Run<'_>| {
        let why = run.reason().map_or_else(String::new, |why| format!("; {why}"));
        format!("{}: {}{why}\n", run.profile, run.said())
    };
    runs(events).into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn says(verdicts: &[(Verdict, Level)]) -> String {
        let result = |(verdict, level): &(Verdict, Level)| -> CaseResult {
            let text = json!({
                "profile": "p@1", "id": "a/b", "level": level, "summary": "", "clauses": [],
                "verdict": verdict, "reason": null, "basis": null, "from": null, "findings": [],
                "ledgers": [], "curl": [], "notes": [], "unread": false, "milliseconds": 1,
            });
            serde_json::from_value(text).unwrap()
        };
        let results: Vec<_> = verdicts.iter().map(result).collect();
        sentence(Ending::NotConformant, &results.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_known_failure_that_passes_is_no_broken_promise() {
        use Level::{May, Must};
        use Verdict::{Fail, Xpass};
        assert_eq!(says(&[(Fail, Must), (Fail, May)]), "not conformant: 1 MUST, 0 SHOULD, 1 MAY");
        assert_eq!(
            says(&[(Fail, Must), (Xpass, Must), (Xpass, May)]),
            "not conformant: 1 MUST, 0 SHOULD, 0 MAY; 2 known failures pass"
        );
        assert_eq!(
            says(&[(Xpass, Must)]),
            "nothing new fails, but the list of known failures is out of date: 1 known failure passes now"
        );
        // The list names cases that do not exist: the reason says which.
        assert_eq!(says(&[]), "nothing new fails, but the list of known failures is out of date");
    }
}
