//! What one report says of one profile.

use super::Report;
use crate::event::{CaseResult, Event, Finished, Started};
use crate::shard::Shard;
use crate::verdict::Ending;
use std::collections::BTreeSet;

/// A whole run, or a shard of one.
pub(super) struct Piece {
    pub(super) name: String,
    pub(super) profile: String,
    /// None where its target could not be opened; a shard has it even then.
    pub(super) started: Option<Started>,
    pub(super) results: Vec<CaseResult>,
    pub(super) finished: Finished,
}

impl Piece {
    pub(super) fn shard(&self) -> Option<Shard> {
        self.started.as_ref().and_then(|started| started.shard)
    }

    /// What it says, with who says it where there are several.
    pub(super) fn says(&self, what: &str) -> String {
        self.shard().map_or_else(|| what.to_owned(), |shard| format!("{shard}: {what}"))
    }
}

#[derive(Default)]
struct Loose {
    profile: String,
    started: Vec<Started>,
    results: Vec<CaseResult>,
    finished: Vec<Finished>,
}

/// The pieces of a report, or why it is none that can be joined.
pub(super) fn pieces(report: Report) -> Result<Vec<Piece>, String> {
    let Report { name, events } = report;
    let mut loose: Vec<Loose> = Vec::new();
    for event in events {
        match event {
            Event::Started(started) => of(&mut loose, &started.profile).started.push(started),
            Event::Begun { profile, .. } => {
                of(&mut loose, &profile);
            }
            Event::Case(result) => of(&mut loose, &result.profile).results.push(*result),
            Event::Finished(finished) => of(&mut loose, &finished.profile).finished.push(finished),
        }
    }
    let pieces = loose.into_iter().map(|own| {
        let profile = own.profile.clone();
        piece(&name, own).map_err(|why| format!("{name}: {profile}: {why}"))
    });
    pieces.collect()
}

fn of<'l>(loose: &'l mut Vec<Loose>, profile: &str) -> &'l mut Loose {
    let at = loose.iter().position(|own| own.profile == profile).unwrap_or_else(|| {
        loose.push(Loose { profile: profile.to_owned(), ..Loose::default() });
        loose.len() - 1
    });
    &mut loose[at]
}

fn piece(name: &str, mut own: Loose) -> Result<Piece, String> {
    if own.started.len() > 1 || own.finished.len() > 1 {
        return Err("there are several runs in it: each has a report of its own".to_owned());
    }
    let Some(finished) = own.finished.pop() else {
        return Err("the run has no end: it is still being written, or was cut off".to_owned());
    };
    let started = own.started.pop();
    let is_partial = matches!(finished.ending, Ending::Interrupted | Ending::Unusable);
    match &started {
        None if is_partial && own.results.is_empty() => {}
        None => return Err("the run has no beginning".to_owned()),
        Some(started) => check(started, own.results.len(), is_partial)?,
    }
    let mut ids = BTreeSet::new();
    if let Some(twice) = own.results.iter().find(|result| !ids.insert(&result.id)) {
        return Err(format!("{} has two results", twice.id));
    }
    let (name, profile) = (name.to_owned(), own.profile);
    Ok(Piece { name, profile, started, results: own.results, finished })
}

fn check(started: &Started, results: usize, is_partial: bool) -> Result<(), String> {
    let Some(selection) = &started.selection else {
        return Err(
            "it does not say of which selection it is: it is of an older lineproof".to_owned()
        );
    };
    if started.shard.is_some_and(|s| s.index == 0 || s.index > s.of)
        || started.cases > selection.cases
    {
        return Err("its beginning contradicts itself".to_owned());
    }
    // A joined report that is partial may hold fewer, too.
    if results > started.cases || (results < started.cases && !is_partial) {
        return Err(format!("it has {results} results of {} cases", started.cases));
    }
    Ok(())
}
