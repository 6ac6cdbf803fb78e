//! The judgement: a function of what was there, what was asked since, and what is read now.
//!
//! A cell is a register. What was read last holds until somebody changes it; what was acknowledged
//! has happened between its beginning and its answer; what a kill left unanswered may have happened
//! until then, or never. A value is allowed if nothing that was acknowledged came after it as a whole.
//! What is read settles what was open: it is where the next judgement begins, so that what is there
//! once stays.

#[cfg(test)]
mod tests;
mod torn;

use super::ledger::{Came, Cell, Deed, Reading, Removal, Sort, Stored, Value, What};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

/// What a family of products does with batches of which some lines are bad.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habits {
    /// Its status where a line is malformed, and whether the good lines are stored then.
    pub(super) malformed: (u16, bool),
    /// The same where a field has another type than before.
    pub(super) conflicting: (u16, bool),
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// Acknowledged, and not there.
    Lost,
    /// There, though an acknowledged removal took it.
    BackAgain,
    /// An earlier value than the last that was acknowledged.
    Stale,
    /// A value that nobody sent.
    Changed,
    /// There, and nobody sent it, or it was refused.
    Phantom,
    /// One cell, two values.
    Twice,
    /// The same value, at another time or under another id.
    Moved,
    /// Under way at the kill, and there in part.
    Torn,
    /// An answer that does not fit what was asked.
    Answer,
}

impl Kind {
    /// The kind, as findings name it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Lost => "LOST",
            Self::BackAgain => "BACK AGAIN",
            Self::Stale => "STALE",
            Self::Changed => "CHANGED",
            Self::Phantom => "PHANTOM",
            Self::Twice => "TWICE",
            Self::Moved => "MOVED",
            Self::Torn => "TORN",
            Self::Answer => "ODD ANSWER",
        }
    }
}

/// Findings of one kind that one deed shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) kind: Kind,
    /// The first of them.
    pub(super) what: String,
    /// How many more there are.
    pub(super) more: usize,
    /// The deed that should have made it otherwise.
    pub(super) deed: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.word(), self.what)?;
        if self.more > 0 {
            write!(f, " (and {} more of the same)", self.more)?;
        }
        if let Some(deed) = &self.deed {
            write!(f, "\n    {deed}")?;
        }
        Ok(())
    }
}

/// A change to a cell, and whose.
#[derive(Clone, Copy)]
struct Change<'a> {
    /// Its place in the history; none: what was read before.
    deed: Option<usize>,
    began: u64,
    /// When it had happened for sure; none where it may never have.
    ended: Option<u64>,
    value: Option<&'a Value>,
}

/// All changes to each cell, the value that it had before first.
type Changes<'a> = BTreeMap<&'a Cell, Vec<Change<'a>>>;

/// What is wrong with what is read now.
pub(super) fn judge(
    habits: Habits,
    before: &Reading,
    history: &[Deed],
    now: &Reading,
) -> Vec<Finding> {
    let mut found = Found { history, all: Vec::new(), places: HashMap::new() };
    for (index, deed) in history.iter().enumerate() {
        if let Some(why) = odd(habits, deed) {
            found.add(Kind::Answer, Some(index), || why);
        }
    }
    let changes = changes(habits, before, history);
    for (cell, changes) in &changes {
        one_cell(cell, changes, now.cells.get(*cell), &mut found);
    }
    for (cell, stored) in &now.cells {
        if !changes.contains_key(cell) {
            found.add(Kind::Phantom, None, || format!("{cell} is {}", stored.value));
        }
        if let Some(old) = before.cells.get(cell)
            && old.value == stored.value
            && old.mark != stored.mark
            // Made anew, it may have another.
            && changes.get(cell).is_some_and(|changes| changes.len() == 1)
        {
            found.add(Kind::Moved, None, || {
                format!("{cell}, which is {}, from {} to {}", stored.value, old.mark, stored.mark)
            });
        }
    }
    for (cell, stored) in &now.twice {
        found.add(Kind::Twice, None, || {
            let first = now.cells.get(cell).map_or("nothing", |first| &first.value.0);
            format!("{cell} is {first} and {} at once", stored.value)
        });
    }
    torn::find(history, &changes, now, &mut found);
    found.all.sort_by_key(|finding| finding.kind);
    found.all
}

/// Findings as they come, those of one kind and deed together.
struct Found<'a> {
    history: &'a [Deed],
    all: Vec<Finding>,
    places: HashMap<(Kind, Option<usize>), usize>,
}

impl Found<'_> {
    fn add(&mut self, kind: Kind, deed: Option<usize>, what: impl FnOnce() -> String) {
        if let Some(place) = self.places.get(&(kind, deed)) {
            self.all[*place].more += 1;
            return;
        }
        self.places.insert((kind, deed), self.all.len());
        let deed = deed.map(|index| self.history[index].to_string());
        self.all.push(Finding { kind, what: what(), more: 0, deed });
    }
}

/// Holds one cell against what happened to it.
fn one_cell(cell: &Cell, changes: &[Change<'_>], now: Option<&Stored>, found: &mut Found<'_>) {
    let value = now.map(|stored| &stored.value);
    let allowed: Vec<_> = changes.iter().filter(|change| !is_overtaken(change, changes)).collect();
    if allowed.iter().any(|change| change.value == value) {
        return;
    }
    // The last that was acknowledged should be seen, or what came before all of them.
    let last =
        allowed.iter().rev().find(|change| change.ended.is_some()).or_else(|| allowed.first());
    let (deed, wanted) = last.map_or((None, None), |change| (change.deed, change.value));
    let known = changes.iter().any(|change| change.value == value);
    let wanted = || wanted.map_or_else(|| "gone".to_owned(), ToString::to_string);
    match value {
        None => found.add(Kind::Lost, deed, || format!("{cell}, which is {}", wanted())),
        Some(value) if allowed.iter().all(|change| change.value.is_none()) => {
            let kind = if known { Kind::BackAgain } else { Kind::Phantom };
            found.add(kind, deed, || format!("{cell} is {value}"));
        }
        Some(value) if known => {
            found.add(Kind::Stale, deed, || format!("{cell} is {value} and not {}", wanted()));
        }
        Some(value) => {
            found.add(Kind::Changed, deed, || format!("{cell} is {value} and not {}", wanted()));
        }
    }
}

/// Whether another change was acknowledged that began after this one had ended.
fn is_overtaken(change: &Change<'_>, all: &[Change<'_>]) -> bool {
    let Some(ended) = change.ended else { return false };
    all.iter().any(|other| other.ended.is_some() && other.began > ended)
}

/// What a deed does, as far as its answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// Nothing has happened.
    None,
    /// This has, at that tick.
    Done(u64),
    /// Nobody knows.
    Open,
}

/// Every change to every cell.
fn changes<'a>(habits: Habits, before: &'a Reading, history: &'a [Deed]) -> Changes<'a> {
    let mut all = Changes::new();
    for (cell, stored) in &before.cells {
        let first = Change { deed: None, began: 0, ended: Some(0), value: Some(&stored.value) };
        all.insert(cell, vec![first]);
    }
    let effects: Vec<_> = history.iter().map(|deed| effect(habits, deed)).collect();
    let change = |deed: usize, value| {
        let began = history[deed].began;
        match effects[deed] {
            Effect::None => None,
            Effect::Done(at) => Some(Change { deed: Some(deed), began, ended: Some(at), value }),
            Effect::Open => Some(Change { deed: Some(deed), began, ended: None, value }),
        }
    };
    // What is made first, so that a removal finds every cell that it may concern.
    for (index, deed) in history.iter().enumerate() {
        match &deed.what {
            What::Write { lines, .. } => {
                let good = lines.iter().filter(|line| line.sort == Sort::Good);
                for (cell, value) in good.flat_map(|line| &line.cells) {
                    all.entry(cell).or_default().extend(change(index, Some(value)));
                }
            }
            What::Make { database, there } => {
                all.entry(database).or_default().extend(change(index, Some(there)));
            }
            What::Remove { .. } | What::Drop { .. } => {}
        }
    }
    for (index, deed) in history.iter().enumerate() {
        let taken: Vec<&Cell> = match &deed.what {
            What::Remove { database, removal } => {
                let first = Cell {
                    measurement: Arc::clone(&removal.measurement),
                    ..Cell::database(database)
                };
                let is_there = |cell: &Cell| {
                    cell.database == *database && cell.measurement == removal.measurement
                };
                let cells = all.range::<Cell, _>(&first..).map(|(cell, _)| *cell);
                cells
                    .take_while(|cell| is_there(cell))
                    .filter(|cell| removes(removal, cell))
                    .collect()
            }
            What::Drop { database } => {
                let cells = all.range::<Cell, _>(database..).map(|(cell, _)| *cell);
                cells.take_while(|cell| cell.database == database.database).collect()
            }
            What::Write { .. } | What::Make { .. } => continue,
        };
        for cell in taken {
            all.entry(cell).or_default().extend(change(index, None));
        }
    }
    // What nobody has changed for all that is known has nothing to be held to: it must not be there.
    all.retain(|_, changes| !changes.is_empty());
    for changes in all.values_mut() {
        changes.sort_by_key(|change| change.began);
        // Where nothing was before, and nothing is known to be since, nothing may be.
        if changes.first().is_some_and(|first| first.deed.is_some()) {
            changes.insert(0, Change { deed: None, began: 0, ended: Some(0), value: None });
        }
    }
    all
}

/// Whether a removal takes what is in this cell of its measurement.
fn removes(removal: &Removal, cell: &Cell) -> bool {
    let is_theirs = removal.writer.as_ref().is_none_or(|writer| *writer == cell.writer);
    let is_then = removal
        .times
        .is_none_or(|(first, last)| cell.time.is_some_and(|time| (first..=last).contains(&time)));
    is_theirs && is_then
}

/// What a deed does, as far as its answer tells.
fn effect(habits: Habits, deed: &Deed) -> Effect {
    let Came::Answer { at, status, .. } = &deed.came else { return Effect::Open };
    match expected(habits, &deed.what) {
        Some((expected, _)) if *status != expected => Effect::Open,
        Some((_, false)) => Effect::None,
        Some((_, true)) => Effect::Done(*at),
        None if (200..300).contains(status) => Effect::Done(*at),
        None => Effect::Open,
    }
}

/// The status that a batch must have, and whether its good lines are stored; none for what must
/// succeed in whatever words.
fn expected(habits: Habits, what: &What) -> Option<(u16, bool)> {
    let What::Write { lines, .. } = what else { return None };
    let has = |sort| lines.iter().any(|line| line.sort == sort);
    Some(if has(Sort::Malformed) {
        habits.malformed
    } else if has(Sort::Conflicting) {
        habits.conflicting
    } else {
        (204, true)
    })
}

/// What is odd about an answer.
fn odd(habits: Habits, deed: &Deed) -> Option<String> {
    match &deed.came {
        Came::Killed => None,
        Came::Nothing { .. } => Some("no answer, and nobody had killed the server".to_owned()),
        Came::Answer { status, .. } => match expected(habits, &deed.what) {
            Some((expected, _)) if *status == expected => None,
            Some((expected, _)) => Some(format!("{status} where {expected} was due")),
            None if (200..300).contains(status) => None,
            None => Some(format!("{status} where a success was due")),
        },
    }
}
