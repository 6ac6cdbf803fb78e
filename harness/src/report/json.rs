//! The events themselves, a JSON object a line.

use crate::event::Event;

/// The report.
pub fn report(events: &[Event]) -> String {
    events
        .iter()
        .filter(|event| !matches!(event, Event::Begun { .. }))
        .filter_map(|event| serde_json::to_string(event).ok())
        .map(|line| line + "\n")
        .collect()
}
