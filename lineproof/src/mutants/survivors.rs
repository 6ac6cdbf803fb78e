//! The faults that the suite is known not to find, and why: read again whenever one is added.

/// The fault and the reason.
pub(super) const SURVIVORS: &[(&str, &str)] = &[];

/// The faults that break only what fails no run: a MAY, or what no more than the reference server is known
/// for. The suite must warn of each; they count neither as killed nor as survivors.
pub(super) const LIGHT: &[&str] = &[];

/// Whether a fault breaks only what fails no run.
pub(super) fn is_light(id: &str) -> bool {
    LIGHT.contains(&id)
}

/// Why this fault survives, where that is known.
pub(super) fn reason(id: &str) -> Option<&'static str> {
    SURVIVORS.iter().find(|(known, _)| *known == id).map(|(_, reason)| *reason)
}
