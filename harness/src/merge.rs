//! Several reports joined into one: the shards of a run, or runs of several profiles. The verdict is
//! computed once more, over everything; where a shard is missing there is none.

mod piece;

use crate::event::{Event, Finished, Started};
use crate::verdict::Ending;
use piece::{Piece, pieces};
use std::collections::{BTreeMap, BTreeSet};

/// A report, and where it is.
#[derive(Clone, Debug)]
pub struct Report {
    /// The file or URL.
    pub name: String,
    /// What is in it.
    pub events: Vec<Event>,
}

/// Reports that are joined.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The events of all of them: for each profile its beginning, its results by id, its end.
    pub events: Vec<Event>,
    /// How it ends; `Interrupted` where anything is missing.
    pub ending: Ending,
}

/// Joins these reports.
///
/// # Errors
/// Everything because of which they do not belong together.
pub fn merge(reports: Vec<Report>) -> Result<Merged, Vec<String>> {
    let mut wrong = Vec::new();
    let mut profiles: BTreeMap<String, Vec<Piece>> = BTreeMap::new();
    for report in reports {
        match pieces(report) {
            Ok(pieces) => {
                for piece in pieces {
                    profiles.entry(piece.profile.clone()).or_default().push(piece);
                }
            }
            Err(why) => wrong.push(why),
        }
    }
    for pieces in profiles.values_mut() {
        pieces.sort_by(|a, b| (a.shard(), &a.name).cmp(&(b.shard(), &b.name)));
        wrong.extend(do_not_belong_together(pieces));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut events = Vec::new();
    let mut ending: Option<Ending> = None;
    for (profile, pieces) in profiles {
        let (own, joined) = join(profile, pieces);
        ending = Some(ending.map_or(own, |before| before.and(own)));
        events.extend(joined);
    }
    match ending {
        Some(ending) => Ok(Merged { events, ending }),
        None => Err(vec!["there is no report".to_owned()]),
    }
}

/// What is wrong with the pieces of a profile, held against each other.
fn do_not_belong_together(pieces: &[Piece]) -> Vec<String> {
    let mut wrong = Vec::new();
    let begun: Vec<(&Piece, &Started)> =
        pieces.iter().filter_map(|piece| Some((piece, piece.started.as_ref()?))).collect();
    if let Some(((first, ours), others)) = begun.split_first() {
        for (other, theirs) in others {
            if let Some(how) = ours_and(ours, theirs) {
                wrong.push(format!(
                    "{} and {} are no parts of one run: {how}",
                    first.name, other.name
                ));
            }
        }
    }
    for pair in begun.windows(2) {
        let [(first, ours), (other, theirs)] = pair else { continue };
        match (ours.shard, theirs.shard) {
            (Some(a), Some(b)) if a == b => {
                wrong.push(format!(
                    "{} and {} are both {a} of {}",
                    first.name, other.name, first.profile
                ));
            }
            (Some(_), Some(_)) => {}
            _ => wrong.push(format!(
                "{} and {} are no parts of one run of {}: {} holds all of it",
                first.name,
                other.name,
                first.profile,
                if ours.shard.is_none() { &first.name } else { &other.name }
            )),
        }
    }
    if !wrong.is_empty() {
        return wrong;
    }
    let mut seen: BTreeMap<&str, &Piece> = BTreeMap::new();
    for (piece, result) in pieces.iter().flat_map(|p| p.results.iter().map(move |r| (p, r))) {
        if let Some(other) = seen.insert(&result.id, piece) {
            wrong.push(format!(
                "{} is in {} and in {}: the shards were not all divided by the same --durations",
                result.id, other.name, piece.name
            ));
            return wrong;
        }
    }
    let total: usize = begun.iter().map(|(_, started)| started.cases).sum();
    if let Some((first, started)) = begun.first()
        && let Some(selection) = &started.selection
        && missing(pieces).is_empty()
        && pieces.len() == begun.len()
        && total != selection.cases
    {
        wrong.push(format!(
            "{}: all shards together have {total} cases of {}: they were not all divided by the same --durations",
            first.profile, selection.cases
        ));
    }
    wrong
}

/// In what two beginnings differ that must not; where they ran may.
fn ours_and(ours: &Started, theirs: &Started) -> Option<String> {
    if ours.lineproof != theirs.lineproof {
        return Some(format!("made by lineproof {} and {}", ours.lineproof, theirs.lineproof));
    }
    if ours.strict != theirs.strict {
        return Some(format!("--strict {} and {}", ours.strict, theirs.strict));
    }
    if ours.run != theirs.run {
        let name = |run: &Option<String>| {
            run.as_ref().map_or_else(|| "none".to_owned(), |r| format!("\"{r}\""))
        };
        return Some(format!("--run-id {} and {}", name(&ours.run), name(&theirs.run)));
    }
    if ours.selection != theirs.selection {
        return Some("other cases are selected, or other failures are known".to_owned());
    }
    match (ours.shard, theirs.shard) {
        (Some(a), Some(b)) if a.of != b.of => Some(format!("{a} and {b}")),
        _ => None,
    }
}

/// The shards that are not there.
fn missing(pieces: &[Piece]) -> Vec<usize> {
    let there: BTreeSet<_> = pieces.iter().filter_map(Piece::shard).map(|s| s.index).collect();
    let of = pieces.iter().find_map(Piece::shard).map_or(0, |shard| shard.of);
    (1..=of).filter(|index| !there.contains(index)).collect()
}

/// One run out of pieces that belong together.
fn join(profile: String, pieces: Vec<Piece>) -> (Ending, Vec<Event>) {
    let missing = missing(&pieces);
    let of = pieces.iter().find_map(Piece::shard).map_or(0, |shard| shard.of);
    let verdicts = pieces.iter().flat_map(|piece| &piece.results).map(|result| result.verdict);
    let mut ending = Ending::of(verdicts);
    let mut reasons = Vec::new();
    if !missing.is_empty() {
        ending = ending.and(Ending::Interrupted);
        let numbers: Vec<_> = missing.iter().take(20).map(ToString::to_string).collect();
        let more = if missing.len() > numbers.len() { ", …" } else { "" };
        let is = if missing.len() == 1 { "is" } else { "are" };
        reasons.push(format!(
            "the report is partial: of {of} shards {} {is} missing: {}{more}",
            missing.len(),
            numbers.join(", ")
        ));
    }
    for piece in &pieces {
        // What a shard alone ends with is computed again; what hinders a verdict stays.
        if matches!(piece.finished.ending, Ending::Interrupted | Ending::Unusable) {
            ending = ending.and(piece.finished.ending);
        }
        if let Some(reason) = &piece.finished.reason {
            reasons.push(piece.says(reason));
        }
    }
    let stale: BTreeSet<_> =
        pieces.iter().flat_map(|piece| &piece.finished.stale).cloned().collect();
    if !stale.is_empty() {
        ending = ending.and(Ending::NotConformant);
    }
    let left: Vec<_> = pieces
        .iter()
        .filter_map(|piece| piece.finished.left_behind.as_ref().map(|left| piece.says(left)))
        .collect();
    let finished = Finished {
        profile,
        ending,
        reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
        left_behind: (!left.is_empty()).then(|| left.join("; ")),
        stale: stale.into_iter().collect(),
        // They ran side by side.
        milliseconds: pieces.iter().map(|p| p.finished.milliseconds).max().unwrap_or(0),
    };
    let mut events: Vec<_> = beginning(&pieces).map(Event::Started).into_iter().collect();
    let mut results: Vec<_> = pieces.into_iter().flat_map(|piece| piece.results).collect();
    results.sort_by(|a, b| a.id.cmp(&b.id));
    events.extend(results.into_iter().map(|result| Event::Case(Box::new(result))));
    events.push(Event::Finished(finished));
    (ending, events)
}

/// How the joined run begins: as its parts, and what differs between them as notes.
fn beginning(pieces: &[Piece]) -> Option<Started> {
    let begun: Vec<&Started> = pieces.iter().filter_map(|piece| piece.started.as_ref()).collect();
    let mut joined = (*begun.first()?).clone();
    if joined.shard.is_none() {
        return Some(joined);
    }
    // A shard that was not opened knows nothing of its target.
    let opened: Vec<_> = pieces.iter().filter(|piece| !piece.results.is_empty()).collect();
    let of = |piece: &Piece, notes: &mut Vec<String>, what: String| {
        let note = piece.says(&what);
        if !notes.contains(&note) {
            notes.push(note);
        }
    };
    let targets: BTreeSet<_> = begun.iter().map(|started| started.target.as_str()).collect();
    joined.target = targets.into_iter().collect::<Vec<_>>().join(", ");
    joined.cases = joined.selection.as_ref().map_or(joined.cases, |selection| selection.cases);
    joined.shard = None;
    joined.notes = vec![format!("joined from {} shards", pieces.len())];
    joined.lacks.clear();
    joined.read_back = None;
    for (piece, started) in opened.iter().filter_map(|p| Some((p, p.started.as_ref()?))) {
        for note in &started.notes {
            if !joined.notes.contains(note) {
                joined.notes.push(note.clone());
            }
        }
        for lacking in &started.lacks {
            if !joined.lacks.iter().any(|(word, _)| *word == lacking.0) {
                joined.lacks.push(lacking.clone());
            }
        }
        joined.read_back = joined.read_back.or_else(|| started.read_back.clone());
        if joined.read_back != started.read_back {
            let how = started.read_back.as_deref().unwrap_or("nothing");
            of(piece, &mut joined.notes, format!("read back with {how}, unlike the others"));
        }
    }
    joined.lacks.sort();
    for (piece, started) in opened.iter().filter_map(|p| Some((p, p.started.as_ref()?))) {
        let own: BTreeSet<_> = started.lacks.iter().map(|(word, _)| word).collect();
        for (word, _) in joined.lacks.iter().filter(|(word, _)| !own.contains(word)) {
            of(piece, &mut joined.notes, format!("has {word}, which another shard's target lacks"));
        }
    }
    Some(joined)
}

#[cfg(test)]
mod tests;
