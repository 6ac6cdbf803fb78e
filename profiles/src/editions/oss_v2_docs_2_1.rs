//! InfluxDB OSS v2.1 as its documentation promised: page 003. No release answers like this, 2.1 least
//! of all: it says 422 of what the page lets pass. What differs from page 004.

use super::oss_v2_2_7::{API_V2_WRITE, CAPABILITIES, READ_BACK as OF_RELEASES, WRITE};
use super::oss_v2_docs::{FACTS, OTHER, PROMISED, SETTINGS};
use crate::answer::{Answer, Fault as F, Shape as S};
use crate::capability::{Family, ReadBack};
use crate::registry::{Facts, Profile};
use crate::write::WriteEndpoint;
use std::time::Duration;

/// Page 003: writes may fail partially or completely although they are answered with 204, and the
/// page knows no 422. It names conflicts of types alone; that other losses of storage are silent too
/// is our choice.
const STORAGE_WORDS: &[Answer] = &[
    Answer::new(F::PartialStorage, 204, S::BareText, ""),
    Answer::new(F::StorageConflict, 204, S::BareText, ""),
];

/// Page 003: writes are asynchronous. It does not say for how long; a second is our guess, and this
/// server does not wait.
const READ_BACK: ReadBack = ReadBack {
    visible_within: Duration::from_secs(1),
    // Page 003: points may be rejected even if the request returns "Success".
    success_is_final: false,
    ..OF_RELEASES
};

pub(crate) static OSS_V2_DOCS_2_1: Profile = Profile {
    product: "oss-v2",
    edition: "docs-2.1",
    family: Family::V2,
    capabilities: CAPABILITIES,
    settings: SETTINGS,
    read_back: READ_BACK,
    facts: Facts {
        write: &[
            WriteEndpoint { answers: &[STORAGE_WORDS, PROMISED, OTHER], ..API_V2_WRITE },
            WriteEndpoint { answers: &[STORAGE_WORDS, PROMISED, OTHER], ..WRITE },
        ],
        ..FACTS
    },
};
