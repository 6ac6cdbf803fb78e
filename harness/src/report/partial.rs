//! A saved run, to be reported once more: what its file lacks makes it partial.

use super::runs;
use crate::event::{Event, Finished};
use crate::generate::AREA;
use crate::verdict::Ending;

/// Says of each run that is not over in these events, or lacks cases, that it is partial, and weighs
/// each ending against the verdicts once more.
///
/// # Errors
/// A case that is there twice: these are several runs.
pub fn complete(mut events: Vec<Event>) -> Result<Vec<Event>, String> {
    let mut ends = Vec::new();
    for run in runs::runs(&events) {
        if let Some(pair) = run.results.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(format!(
                "{} is there twice on {}: these are several runs, or parts of one that overlap",
                pair[0].id, run.profile
            ));
        }
        let mut finished = run.finished.cloned().unwrap_or_else(|| Finished {
            profile: run.profile.to_owned(),
            ending: Ending::Interrupted,
            reason: run.reason().map(str::to_owned),
            left_behind: None,
            stale: Vec::new(),
            milliseconds: run.results.iter().map(|result| result.milliseconds).sum(),
        });
        // That the beginning is missing is said by no end.
        finished.reason = finished.reason.or_else(|| run.reason().map(str::to_owned));
        // Of random batches only what was found is told, and what came of all of them.
        let is_random = run.results.iter().any(|result| runs::area(&result.id) == AREA);
        let selected = run.started.filter(|_| !is_random).map_or(0, |started| started.cases);
        // Where the target was lost that is why some are missing, and the reason says so.
        let is_told = matches!(finished.ending, Ending::Interrupted | Ending::Unusable);
        if run.results.len() < selected && !is_told {
            let missing = selected - run.results.len();
            finished.reason = Some(format!("{missing} cases are missing: the report is partial"));
            finished.ending = Ending::Interrupted;
        }
        finished.ending = finished.ending.and(run.ending());
        ends.push(finished);
    }
    events.retain(|event| !matches!(event, Event::Finished(_)));
    events.extend(ends.into_iter().map(Event::Finished));
    Ok(events)
}
