//! InfluxDB Cloud (v2, the storage engine TSM), as its documentation promises it: page 004 before
//! all, then the pages of docs-v2 that it links to and the API contract
//! (`influxdb-cloud-v2-openapi.yaml`, "contract" below). Nobody outside can run it, so nothing here
//! is recorded, and nothing is its source.
//!
//! Where the documentation gives no words, those here are our own: they begin like the answers of
//! its open sibling and are no promise of anybody. What a page and the contract say differently is
//! as page 004 has it, with the other side in a comment.

use super::oss_v2_2_7::{FACTS, HTTP, SHARDS};
use crate::answer::{Answer, Fault as F, RETRY_AFTER, Shape as S};
use crate::capability::{Capability as C, Family, ReadBack};
use crate::http::Http;
use crate::registry::{Facts, Profile};
use crate::settings::{Knob, Setting};
use crate::storage::{ConflictInBatch, Shards, Storage};
use crate::v2_api::{
    self, Acknowledgement, BucketSchemas, DeleteByField, OrganisationParameter, RejectionLog, V2Api,
};
use crate::write::{
    AbsentPrecision, Address, BadLines, Check, Encoding, Members, PrecisionRule, SizeLimit,
    UnknownEncoding, UnknownPrecision, WriteEndpoint,
};
use line_protocol::Precision as P;
use std::time::Duration;

const INVALID: S = S::CodeMessage("invalid");
const NOT_FOUND: S = S::CodeMessage("not found");
const UNAUTHORIZED: S = S::CodeMessage("unauthorized");
const TOO_MANY: S = S::CodeMessage("too many requests");
const UNAVAILABLE: S = S::CodeMessage("unavailable");

/// Page 004: 401 for an `Authorization` header that is missing or malformed, and for a token that
/// may not write to the bucket. The message is the contract's example of a 401.
const CREDENTIALS: &[Answer] = &[
    Answer::new(F::CredentialsMissing, 401, UNAUTHORIZED, "unauthorized access"),
    Answer::new(F::CredentialsWrong, 401, UNAUTHORIZED, "unauthorized access"),
    Answer::new(F::TokenInactive, 401, UNAUTHORIZED, "unauthorized access"),
    Answer::new(F::Forbidden, 401, UNAUTHORIZED, "unauthorized access"),
];

/// What a client is told that sends more than its plan allows.
const QUOTAS: &[Answer] = &[
    // Page 004: 429 with `Retry-After`. The message as the limits page of Cloud Serverless, which
    // is behind the same gateway, quotes it.
    Answer::new(
        F::RateExceeded,
        429,
        TOO_MANY,
        "org {organisation} has exceeded limited_write plan limit",
    )
    .with(RETRY_AFTER),
    // Contract: 503 with `Retry-After`; our words.
    Answer::new(F::Unavailable, 503, UNAVAILABLE, "the server cannot take this write now")
        .with(RETRY_AFTER),
    // Page 004's table, with these words. The limits page and the contract have 429, without a
    // `Retry-After`; so had an answer of 2025 that a user quoted (influxdb#24603).
    Answer::new(
        F::CardinalityExceeded,
        503,
        UNAVAILABLE,
        "Series cardinality exceeds your plan's service quota",
    ),
];

/// What the client of a delete is told.
const DELETE_ANSWERS: &[Answer] = &[
    // The limits page names the event `limited_delete_rate`; the rest is made like the message above.
    Answer::new(
        F::RateExceeded,
        429,
        TOO_MANY,
        "org {organisation} has exceeded limited_delete_rate plan limit",
    )
    .with(RETRY_AFTER),
    // As for writes; our words.
    Answer::new(F::Unavailable, 503, UNAVAILABLE, "the server cannot take this delete now")
        .with(RETRY_AFTER),
];

/// What the client of a query is told. Page 004: 429 with `Retry-After` for reads too; the contract
/// names this limit `limited_query`, the rest is made like the message of a write.
const QUERY_ANSWERS: &[Answer] = &[Answer::new(
    F::RateExceeded,
    429,
    TOO_MANY,
    "org {organisation} has exceeded limited_query plan limit",
)
.with(RETRY_AFTER)];

/// Every other fault of `/api/v2/write` and `/write`.
const ANSWERS: &[Answer] = &[
    // Page 004, both worked examples of "Resolve explicit schema rejections".
    Answer::new(
        F::PointsRejected,
        400,
        INVALID,
        "{rejected} out of {points} points rejected (check rejected_points in your _monitoring \
         bucket for further information)",
    ),
    Answer::new(
        F::PartialPoints,
        400,
        INVALID,
        "partial write error ({accepted} accepted): {rejected} out of {points} points rejected \
         (check rejected_points in your _monitoring bucket for further information)",
    ),
    // Page 004: `message` contains the first malformed line; the words around it are ours.
    Answer::new(F::LinesRejected, 400, INVALID, "{detail}"),
    // Contract's example.
    Answer::new(F::DatabaseUnknown, 404, NOT_FOUND, "bucket {quoted} not found"),
    // Page 004. It may be that only what inflates too much is answered so: the contract has an HTML
    // page of a proxy for what is too large as it is sent.
    Answer::new(
        F::TooLarge,
        413,
        S::CodeMessage("request too large"),
        "cannot read data: points in batch is too large",
    ),
    // From here on our words and, by page 004's "If data is malformed", mostly 400.
    Answer::new(F::StorageFailed, 500, S::CodeMessage("internal error"), "{detail}"),
    Answer::new(F::PrecisionUnknown, 400, INVALID, "invalid precision; use ns, us, ms or s"),
    Answer::new(F::NoDatabaseParameter, 400, INVALID, "missing db"),
    Answer::new(F::DatabaseMissing, 404, NOT_FOUND, "bucket not found"),
    Answer::new(F::MappingUnknown, 404, NOT_FOUND, "no dbrp mapping found"),
    Answer::new(F::OrganisationMissing, 400, INVALID, "organization is missing"),
    Answer::new(F::OrganisationUnknown, 404, NOT_FOUND, "organization name {quoted} not found"),
    Answer::new(F::OrganisationIdUnknown, 404, NOT_FOUND, "organization not found"),
    Answer::new(F::IdLength, 400, INVALID, "id must have a length of 16 bytes"),
    Answer::new(F::IdInvalid, 400, INVALID, "invalid ID"),
    Answer::new(F::GzipHeader, 400, INVALID, "cannot read data: not gzip"),
    Answer::new(F::GzipShortHeader, 400, INVALID, "cannot read data: not gzip"),
    Answer::new(F::GzipEmpty, 400, INVALID, "cannot read data: not gzip"),
    Answer::new(F::GzipTruncated, 400, INVALID, "cannot read data: gzip ends too early"),
    Answer::new(F::GzipChecksum, 400, INVALID, "cannot read data: wrong gzip checksum"),
    Answer::new(F::GzipTrailer, 400, INVALID, "cannot read data: not gzip"),
    Answer::new(F::GzipCorrupt, 400, INVALID, "cannot read data: damaged gzip"),
    Answer::new(F::BodyBroken, 400, INVALID, "cannot read data: unexpected EOF"),
];

const API_V2_WRITE: WriteEndpoint = WriteEndpoint {
    path: "/api/v2/write",
    address: Address::Bucket,
    // No order is documented but that all of this comes before the limits. Contract: `org` and
    // `orgID` are ignored, though page 004 names the organisation among what may not be found.
    checks: &[
        Check::Precision,
        Check::DatabaseNamed,
        Check::DatabaseFound,
        Check::Permission,
        Check::GzipHeader,
    ],
    precision: PrecisionRule {
        // Contract: WritePrecision.
        units: &[
            ("ns", P::Nanosecond),
            ("us", P::Microsecond),
            ("ms", P::Millisecond),
            ("s", P::Second),
        ],
        unknown: UnknownPrecision::Refused,
        absent: AbsentPrecision::Nanoseconds,
    },
    // Contract: `gzip` and `identity`.
    encoding: Encoding {
        gzip: &["gzip"],
        unknown: UnknownEncoding::Plain,
        members: Members::All,
        utf8: false,
    },
    // Limits page, "Global limits": 50 MB, or 250 MB once it is decompressed. Another page
    // (developer-tools/line-protocol) has the first 250 MB written; here nothing is, as the
    // contract says of every 413.
    size: SizeLimit::Each { sent: 50_000_000, inflated: 250_000_000 },
    bad_lines: BadLines::Logged,
    consistency: &[],
    answers: &[ANSWERS, CREDENTIALS, QUOTAS],
};

/// For clients of v1 (contract: "/write"); how it finds its bucket is as in the open sibling.
const WRITE: WriteEndpoint = WriteEndpoint {
    path: "/write",
    address: Address::DatabaseAndPolicy,
    precision: PrecisionRule {
        units: &[
            ("ns", P::Nanosecond),
            ("us", P::Microsecond),
            ("u", P::Microsecond),
            ("ms", P::Millisecond),
            ("s", P::Second),
        ],
        ..API_V2_WRITE.precision
    },
    ..API_V2_WRITE
};

const CAPABILITIES: &[C] = &[
    C::Write,
    C::ReadBack,
    C::CreateDatabase,
    C::ApiV1,
    C::ApiV2,
    C::Auth,
    C::Permissions,
    C::Retention,
    C::Influxql,
    C::Flux,
    C::Delete,
    C::ExplicitSchemas,
    C::RejectedPoints,
];

/// A knob of the limits page ("limits") or of others.
const fn knob(setting: Setting, value: &'static str, source: &'static str) -> Knob {
    Knob { setting, value, source }
}

const SETTINGS: &[Knob] = &[
    knob(Setting::QueueDelay, "1s", "reference/internals/ttbr.md: about a second"),
    knob(
        Setting::MalformedLine,
        "first-line",
        "page 004's table; its section on parsing errors allows the other",
    ),
    knob(Setting::WriteRate, "300MB/5m", "limits, usage-based plan, data in"),
    knob(Setting::WriteCapacity, "off", "contract: 503 with Retry-After, no figure"),
    knob(Setting::ReadRate, "3GB/5m", "limits, usage-based plan, read"),
    knob(Setting::DeleteRate, "300/5m", "limits, global limits"),
    knob(Setting::RequestLimit, "50MB", "limits, global limits"),
    knob(Setting::InflatedLimit, "250MB", "limits, global limits"),
    knob(Setting::Cardinality, "1000000", "limits, usage-based plan"),
];

const V2_API: V2Api = V2Api {
    version: VERSION,
    commit: "",
    // Page 004: writes and deletes are queued.
    acknowledgement: Acknowledgement::Queued,
    // docs-v2, content/influxdb/cloud/admin/buckets/bucket-schema.md.
    bucket_schemas: BucketSchemas::ImplicitOrExplicit,
    // docs-v2, content/shared/influxdb-v2/reference/syntax/delete-predicate.md: Cloud may, OSS may not.
    delete_by_field: DeleteByField::Done,
    // Page 004, "rejected_points schema".
    rejection_log: RejectionLog::RejectedPoints,
    // Contract, of /api/v2/write, /api/v2/delete and /api/v2/query.
    organisation: OrganisationParameter::Ignored,
    delete_answers: &[DELETE_ANSWERS],
    query_answers: &[QUERY_ANSWERS],
    ..v2_api::OSS_V2_2_7
};

/// `X-Influxdb-Version` of a service that has no releases.
const VERSION: &str = "Cloud";

pub(crate) static CLOUD_DOCS: Profile = Profile {
    product: "cloud",
    edition: "docs",
    family: Family::V2,
    capabilities: CAPABILITIES,
    settings: SETTINGS,
    read_back: ReadBack {
        // docs-v2, reference/internals/ttbr.md: InfluxQL may not know a new field for 15 minutes.
        languages: &[C::Flux],
        // The same page: about a second, no bound; five of them are our choice.
        visible_within: Duration::from_secs(5),
        // Page 004: points may still be rejected after a success.
        success_is_final: false,
    },
    facts: Facts {
        http: Http { version: VERSION, build: "Cloud", ..HTTP },
        credentials: &[CREDENTIALS],
        write: &[API_V2_WRITE, WRITE],
        storage: Storage::Shards(Shards {
            // Page 004, "Resolve data type conflicts".
            conflict_in_batch: ConflictInBatch::LosesFields,
            // docs-v2, reference/syntax/line-protocol.md of Cloud: strings up to 64 KB.
            longest_string: None,
            escaped_equals_unreadable: false,
            ..SHARDS
        }),
        v2_api: Some(&V2_API),
        ..FACTS
    },
};
