//! Reports: each a pure function of a run's events.

pub mod badge;
pub mod github;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod partial;
mod runs;
mod shown;
pub mod text;

use crate::event::{CaseResult, Event};
pub use partial::complete;
pub use runs::{ending, endings};

/// The results among the events, by profile and id.
pub(crate) fn results(events: &[Event]) -> Vec<&CaseResult> {
    let mut results: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Case(result) => Some(result.as_ref()),
            _ => None,
        })
        .collect();
    results.sort_by(|a, b| (&a.profile, &a.id).cmp(&(&b.profile, &b.id)));
    results
}
