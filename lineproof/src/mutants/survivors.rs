//! The faults that the suite is known not to find, and why: read again whenever one is added.

/// The fault and the reason.
pub(super) const SURVIVORS: &[(&str, &str)] = &[
    (
        "http.head-has-body",
        "the suite's client reads no body behind an answer to HEAD, as HTTP has it",
    ),
    (
        "http.request-id-missing",
        "a request's id is another each time, so that no transcript holds it",
    ),
    (
        "params.retention-policy-ignored-v3",
        "the database that such a write would make is none that the suite could find and drop",
    ),
    (
        "store.time-not-cut-to-precision",
        "a transcript holds no clock: the present, cut or not, is `{now}`",
    ),
    ("validate.string-length-missing", "no case has a string of a mebibyte yet"),
    (
        "validate.control-characters-refused",
        "no case has a control character in a key where a recording tells what becomes of it",
    ),
];

/// The faults that break only what fails no run: a MAY, or what no more than the reference server is known
/// for. The suite must warn of each; they count neither as killed nor as survivors.
pub(super) const LIGHT: &[&str] = &[
    "auth.after-routing",
    "decode.bad-gzip-as-plain",
    "decode.encoding-case",
    "decode.old-name-unknown",
    "decode.zlib-accepted",
    "http.health-always-fails-v3",
    "http.monitor-method-not-checked",
    "http.unknown-path-accepted",
    "params.consistency-ignored",
    "params.semicolon-separates",
    "parse.boolean-too-strict",
    "parse.empty-field-key",
    "parse.leading-blanks",
    "parse.negative-zero-lost",
    "query.sql-error-as-200",
    "respond.names-wrong-point",
    "store.delete-by-field-ignored",
    "store.time-per-line",
    "validate.retention-checked-v3",
    "validate.retention-worded-short",
];

/// Whether a fault breaks only what fails no run.
pub(super) fn is_light(id: &str) -> bool {
    LIGHT.contains(&id)
}

/// Why this fault survives, where that is known.
pub(super) fn reason(id: &str) -> Option<&'static str> {
    SURVIVORS.iter().find(|(known, _)| *known == id).map(|(_, reason)| *reason)
}
