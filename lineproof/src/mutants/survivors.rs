//! The faults that the suite is known not to find, and why: read again whenever one is added.

/// The fault and the reason.
pub(super) const SURVIVORS: &[(&str, &str)] = &[];

/// Why this fault survives, where that is known.
pub(super) fn reason(id: &str) -> Option<&'static str> {
    SURVIVORS.iter().find(|(known, _)| *known == id).map(|(_, reason)| *reason)
}
