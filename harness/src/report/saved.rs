//! A saved run, to be reported once more: its events are read with care, since the file may come from
//! a newer lineproof, or from a run that was killed.

use super::runs;
use crate::event::{Event, Finished};
use crate::verdict::Ending;
use serde_json::Value as Json;
use std::io::{BufRead, Read};

/// No event of a run is longer.
const LONGEST: u64 = 64 << 20;

/// All that is kept in memory.
const MOST: u64 = 1 << 30;

/// What was found in a file.
#[derive(Debug, Default)]
pub struct Saved {
    /// The events.
    pub events: Vec<Event>,
    /// How many lines are events of a kind that is not known here.
    pub unknown: usize,
}

/// Reads a run as `--format json` writes it.
///
/// # Errors
/// The first line that is no event, by its number.
pub fn read(mut from: impl BufRead) -> Result<Saved, String> {
    let mut saved = Saved::default();
    let mut line = Vec::new();
    let mut all = 0;
    for number in 1_usize.. {
        line.clear();
        let wrong = |why: &dyn std::fmt::Display| format!("line {number}: {why}");
        let read = from.by_ref().take(LONGEST).read_until(b'\n', &mut line);
        let length = read.map_err(|error| wrong(&error))? as u64;
        if length == 0 {
            return Ok(saved);
        }
        all += length;
        let is_whole = line.ends_with(b"\n");
        if (!is_whole && length == LONGEST) || all > MOST {
            return Err(wrong(&"too long: this is no run that lineproof has saved"));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let json: Json = match serde_json::from_slice(&line) {
            Ok(json) => json,
            // A run that was killed while it wrote; what is missing is told by what is not finished.
            Err(error) if error.is_eof() && !is_whole && number > 1 => return Ok(saved),
            Err(error) => return Err(wrong(&format!("not a line of JSON ({error})"))),
        };
        match json["event"].as_str() {
            Some("started" | "begun" | "case" | "finished") => {
                let event = serde_json::from_value(json);
                let what = |error| format!("an event that cannot be read ({error})");
                saved.events.push(event.map_err(|error| wrong(&what(error)))?);
            }
            Some(_) => saved.unknown += 1,
            None => return Err(wrong(&"not an event of `lineproof run --format json`")),
        }
    }
    Ok(saved)
}

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
        let selected = run.started.map_or(0, |started| started.cases);
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
