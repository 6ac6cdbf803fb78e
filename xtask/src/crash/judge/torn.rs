//! What was under way at a kill is there wholly or not at all.

use super::{Change, Changes, Found, Kind, is_overtaken};
use crate::crash::ledger::{Cell, Deed, Reading, Value};
use std::collections::BTreeMap;

/// What the cells of an open deed tell.
#[derive(Default)]
struct Evidence<'a> {
    /// A cell that only this deed explains.
    done: Option<(&'a Cell, usize)>,
    /// A cell that would be otherwise, had it happened.
    undone: Option<(&'a Cell, usize)>,
}

/// Finds the open deeds of which there is a part.
pub(super) fn find(history: &[Deed], changes: &Changes<'_>, now: &Reading, found: &mut Found<'_>) {
    let mut all: BTreeMap<usize, Evidence<'_>> = BTreeMap::new();
    for (cell, changes) in changes {
        let value = now.cells.get(*cell).map(|stored| &stored.value);
        let is_open = |change: &&Change<'_>| change.ended.is_none();
        for open in changes.iter().filter(is_open) {
            let Some(deed) = open.deed else { continue };
            let evidence = all.entry(deed).or_default();
            let place = match tells(open, changes, value) {
                Some(true) => &mut evidence.done,
                Some(false) => &mut evidence.undone,
                None => continue,
            };
            place.get_or_insert((cell, 0)).1 += 1;
        }
    }
    for (deed, evidence) in all {
        if let (Some((done, so_many)), Some((undone, others))) = (evidence.done, evidence.undone) {
            let open = &history[deed].what;
            found.add(Kind::Torn, Some(deed), || {
                format!(
                    "of {open}, {so_many} values are as after it ({done}), and {others} as before \
                     ({undone})"
                )
            });
        }
    }
}

/// Whether what is there says that this change was made, or that it was not; nothing where both can be.
fn tells(open: &Change<'_>, changes: &[Change<'_>], value: Option<&Value>) -> Option<bool> {
    let others = changes.iter().filter(|other| other.deed != open.deed);
    let mut explained =
        others.filter(|other| other.value == value && !is_overtaken(other, changes)).peekable();
    if open.value == value {
        return explained.peek().is_none().then_some(true);
    }
    // What was there before it began would have given way to it.
    let earlier = |other: &Change<'_>| other.ended.is_some_and(|ended| ended < open.began);
    (explained.peek().is_some() && explained.all(earlier)).then_some(false)
}
