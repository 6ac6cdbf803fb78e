//! What a case would do, without doing it.

/// The name of the database in lines for a shell: the case's own is gone when they are read.
pub(crate) const DATABASE: &str = "lineproof_repro";
