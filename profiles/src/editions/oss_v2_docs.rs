//! InfluxDB OSS v2 as its documentation promises: the part of page 004 that is about v2. No release
//! answers like this; where it is like one, it is like 2.9.
//!
//! The page gives statuses, the `code` of a 422, the form of a message about retention, and that
//! other messages contain the first malformed line or the name of what is missing. All other texts
//! are our own choice, close to those of the releases.

use super::oss_v2_2_7::{self, API_V2_WRITE, CAPABILITIES, HTTP, READ_BACK, SHARDS, WRITE};
use crate::answer::{Answer, Fault as F, RETRY_AFTER, Shape as S};
use crate::capability::Family;
use crate::http::Http;
use crate::registry::{Facts, Profile};
use crate::settings::{Knob, Setting};
use crate::storage::{Loss, Shards, Storage, TimeBesideFields, TypesOf};
use crate::v2_api::{self, V2Api};
use crate::write::WriteEndpoint;

const INVALID: S = S::CodeMessage("invalid");
const NOT_FOUND: S = S::CodeMessage("not found");
const UNAUTHORIZED: S = S::CodeMessage("unauthorized");
const UNPROCESSABLE: S = S::CodeMessage("unprocessable entity");

/// Page 004: 401 if the header is missing or malformed, or has no token.
const CREDENTIALS: &[Answer] = &[
    Answer::new(F::CredentialsMissing, 401, UNAUTHORIZED, "no credentials that can be read"),
    Answer::new(F::CredentialsWrong, 401, UNAUTHORIZED, "the token is unknown"),
];

/// What pages 003 and 004 say alike. 400 contains the first malformed line, 404 the type and the
/// name of what is not there; 401 is for a token without permission too, where all releases say 403;
/// 503 has `Retry-After`, which no release sends.
pub(super) const PROMISED: &[Answer] = &[
    Answer::new(F::LinesRejected, 400, INVALID, "{detail}"),
    Answer::new(F::Forbidden, 401, UNAUTHORIZED, "the token may not write to the bucket"),
    Answer::new(
        F::TokenInactive,
        401,
        UNAUTHORIZED,
        "the token is inactive and may not write to the bucket",
    ),
    Answer::new(F::DatabaseUnknown, 404, NOT_FOUND, "bucket {quoted} not found"),
    Answer::new(F::MappingUnknown, 404, NOT_FOUND, "database {quoted} not found"),
    Answer::new(F::OrganisationUnknown, 404, NOT_FOUND, "organization {quoted} not found"),
    Answer::new(F::OrganisationIdUnknown, 404, NOT_FOUND, "organization {quoted} not found"),
    Answer::new(
        F::TooLarge,
        413,
        S::CodeMessage("request too large"),
        "the body has more than {limit} bytes",
    ),
    Answer::new(
        F::StorageFailed,
        500,
        S::CodeMessage("internal error"),
        "the points could not be written: {detail}",
    ),
    Answer::new(
        F::Unavailable,
        503,
        S::CodeMessage("unavailable"),
        "the server is temporarily unavailable to accept writes",
    )
    .with(RETRY_AFTER),
];

/// What both pages do not speak of.
pub(super) const OTHER: &[Answer] = &[
    Answer::new(
        F::PrecisionUnknown,
        400,
        INVALID,
        "the precision {quoted} is unknown: it is ns, us, ms or s",
    ),
    Answer::new(F::NoDatabaseParameter, 400, INVALID, "no database is named"),
    Answer::new(F::DatabaseMissing, 400, INVALID, "no bucket is named"),
    Answer::new(F::OrganisationMissing, 400, INVALID, "no organization is named"),
    Answer::new(F::IdLength, 400, INVALID, "an id has 16 digits"),
    Answer::new(F::IdInvalid, 400, INVALID, "an id is a hexadecimal number and not zero"),
    Answer::new(F::GzipHeader, 400, INVALID, "the body is no gzip"),
    Answer::new(F::GzipEmpty, 400, INVALID, "the gzip ends too early"),
    Answer::new(F::GzipShortHeader, 400, INVALID, "the gzip ends too early"),
    Answer::new(F::GzipTruncated, 400, INVALID, "the gzip ends too early"),
    Answer::new(F::GzipChecksum, 400, INVALID, "the checksum of the gzip is wrong"),
    Answer::new(F::GzipTrailer, 400, INVALID, "what follows the gzip is none"),
    Answer::new(F::GzipCorrupt, 400, INVALID, "the gzip is damaged"),
    Answer::new(F::BodyBroken, 400, INVALID, "the body could not be read: {detail}"),
];

/// 422 for points that storage refuses. The page shows the message about retention in full, and that
/// is the form of 2.7.12; the others have its beginning and its count.
const STORAGE_WORDS: &[Answer] = &[
    Answer::new(
        F::PartialStorage,
        422,
        UNPROCESSABLE,
        "failure writing points to database: partial write: {detail}",
    ),
    Answer::new(
        F::StorageConflict,
        422,
        UNPROCESSABLE,
        "failure writing points to database: {detail}",
    ),
];

pub(super) const V2_API: V2Api = V2Api { version: VERSION, ..v2_api::OSS_V2_2_7 };

/// What stands in the place of a release.
const VERSION: &str = "docs";

pub(super) const RULES: Shards = Shards {
    // Page 004: all that is not rejected is ingested and queryable, and a rejection is told.
    time_beside_fields: TimeBesideFields::StrippedAndTold,
    escaped_equals_unreadable: false,
    // The page's example of retention; of the other losses it says "may provide details".
    target_named: &[Loss::Retention, Loss::TimeFields, Loss::Points],
    // Page 004: a point is rejected where the bucket has another type for the field of its series.
    types: TypesOf::TheBucket,
    ..SHARDS
};

pub(super) const FACTS: Facts = Facts {
    http: Http { version: VERSION, ..HTTP },
    credentials: &[CREDENTIALS],
    write: &[
        WriteEndpoint { answers: &[STORAGE_WORDS, PROMISED, OTHER], ..API_V2_WRITE },
        WriteEndpoint { answers: &[STORAGE_WORDS, PROMISED, OTHER], ..WRITE },
    ],
    storage: Storage::Shards(RULES),
    v2_api: Some(&V2_API),
    ..oss_v2_2_7::FACTS
};

/// What the 503 of both pages is about: the server is temporarily unavailable.
pub(super) const SETTINGS: &[Knob] = &[Knob {
    setting: Setting::WriteCapacity,
    value: "off",
    source: "pages 003 and 004 have no figure",
}];

pub(crate) static OSS_V2_DOCS: Profile = Profile {
    product: "oss-v2",
    edition: "docs",
    family: Family::V2,
    capabilities: CAPABILITIES,
    settings: SETTINGS,
    read_back: READ_BACK,
    facts: FACTS,
};
