//! InfluxDB OSS 2.7, as release 2.7.12 was recorded; source branch `2.7`.

use crate::answer::{Answer, Fault as F, Shape as S};
use crate::capability::{Capability as C, Family, ReadBack};
use crate::http::{ControlEscapes, Cors, Http, ReleaseHeaders};
use crate::registry::{Facts, Profile};
use crate::storage::{
    BeyondRetention, ConflictInBatch, Loss, Quoting, Shards, Storage, TimeBesideFields, TypesOf,
};
use crate::write::{
    AbsentPrecision, Address, BadLines, Check, Encoding, Members, PrecisionRule, SizeLimit,
    UnknownEncoding, UnknownPrecision, WriteEndpoint,
};
use line_protocol::{Dialect, Precision as P};
use std::time::Duration;

const INVALID: S = S::CodeMessage("invalid");
const NOT_FOUND: S = S::CodeMessage("not found");
const INTERNAL: S = S::CodeMessage("internal error");
const UNAUTHORIZED: S = S::CodeMessage("unauthorized");
const FORBIDDEN: S = S::CodeMessage("forbidden");
const UNPROCESSABLE: S = S::CodeMessage("unprocessable entity");

/// Credentials: the second text is that of the v1 paths, where they were there but wrong; recorded.
const CREDENTIALS: &[Answer] = &[
    Answer::new(F::CredentialsMissing, 401, UNAUTHORIZED, "unauthorized access"),
    Answer::new(F::CredentialsWrong, 401, UNAUTHORIZED, "Unauthorized"),
];

/// Every fault of `/api/v2/write` and `/write`: one table, since the code behind both is one.
/// Recorded, but for the corrupt block and the broken body (2.7:http/points/points_parser.go).
const ANSWERS: &[Answer] = &[
    Answer::new(
        F::TokenInactive,
        403,
        FORBIDDEN,
        "insufficient permissions for write: token is inactive",
    ),
    Answer::new(F::Forbidden, 403, FORBIDDEN, "insufficient permissions for write"),
    Answer::new(
        F::PrecisionUnknown,
        400,
        INVALID,
        "invalid precision; valid precision units are ns, us, ms, and s",
    ),
    Answer::new(F::NoDatabaseParameter, 400, INVALID, "missing db"),
    Answer::new(F::DatabaseMissing, 404, NOT_FOUND, "bucket not found"),
    Answer::new(F::DatabaseUnknown, 404, NOT_FOUND, "bucket {quoted} not found"),
    Answer::new(F::MappingUnknown, 404, NOT_FOUND, "no dbrp mapping found"),
    Answer::new(F::OrganisationMissing, 400, INVALID, "Please provide either orgID or org"),
    Answer::new(F::OrganisationUnknown, 404, NOT_FOUND, "organization name \"{name}\" not found"),
    Answer::new(F::OrganisationIdUnknown, 404, NOT_FOUND, "organization not found"),
    Answer::new(F::IdLength, 400, INVALID, "id must have a length of 16 bytes"),
    Answer::new(F::IdInvalid, 400, INVALID, "invalid ID"),
    Answer::new(F::GzipHeader, 500, INTERNAL, "An internal error has occurred - check server logs"),
    Answer::new(F::GzipEmpty, 500, INTERNAL, "An internal error has occurred - check server logs"),
    Answer::new(
        F::GzipShortHeader,
        500,
        INTERNAL,
        "An internal error has occurred - check server logs",
    ),
    Answer::new(F::GzipTruncated, 500, INTERNAL, "unable to read data: unexpected EOF"),
    Answer::new(F::GzipChecksum, 400, INVALID, "unable to read data: gzip: invalid checksum"),
    Answer::new(F::GzipTrailer, 400, INVALID, "unable to read data: gzip: invalid header"),
    Answer::new(
        F::GzipCorrupt,
        500,
        INTERNAL,
        "unable to read data: flate: corrupt input before offset {offset}",
    ),
    // No release sets a limit; the words are those for one that is set
    // (2.7:http/write_handler_test.go:355-374).
    Answer::new(
        F::TooLarge,
        413,
        S::CodeMessage("request too large"),
        "unable to read data: points batch is too large",
    ),
    Answer::new(F::BodyBroken, 500, INTERNAL, "unable to read data: unexpected EOF"),
    Answer::new(F::LinesRejected, 400, INVALID, "{detail}"),
    Answer::new(
        F::PartialStorage,
        422,
        UNPROCESSABLE,
        "failure writing points to database: partial write: {detail}",
    ),
    Answer::new(
        F::StorageConflict,
        500,
        INTERNAL,
        "unexpected error writing points to database: {detail}",
    ),
    Answer::new(
        F::StorageFailed,
        500,
        INTERNAL,
        "unexpected error writing points to database: {detail}",
    ),
];

/// 2.7:http/points/batch_reader.go: `gzip` and `x-gzip`, exactly.
const ENCODING: Encoding = Encoding {
    gzip: &["gzip", "x-gzip"],
    unknown: UnknownEncoding::Plain,
    members: Members::All,
    utf8: false,
};

pub(super) const API_V2_WRITE: WriteEndpoint = WriteEndpoint {
    path: "/api/v2/write",
    address: Address::Bucket,
    // 2.7:http/write_handler.go:138-213 and decodeWriteRequest.
    checks: &[
        Check::Precision,
        Check::DatabaseNamed,
        Check::GzipHeader,
        Check::Organisation,
        Check::DatabaseFound,
        Check::Permission,
    ],
    precision: PrecisionRule {
        // 2.7:models/points.go:344-351.
        units: &[
            ("ns", P::Nanosecond),
            ("us", P::Microsecond),
            ("ms", P::Millisecond),
            ("s", P::Second),
        ],
        unknown: UnknownPrecision::Refused,
        absent: AbsentPrecision::Nanoseconds,
    },
    encoding: ENCODING,
    // MaxBatchSizeBytes exists, but nothing sets it; 25 000 001 bytes were recorded as written.
    size: SizeLimit::None,
    bad_lines: BadLines::RejectBatch,
    consistency: &[],
    answers: &[ANSWERS],
};

pub(super) const WRITE: WriteEndpoint = WriteEndpoint {
    path: "/write",
    address: Address::DatabaseAndPolicy,
    // 2.7:http/legacy/write_handler.go:103-167.
    checks: &[
        Check::DatabaseNamed,
        Check::Precision,
        Check::GzipHeader,
        Check::DatabaseFound,
        Check::Permission,
    ],
    precision: PrecisionRule {
        units: &[("us", P::Microsecond), ("ms", P::Millisecond), ("s", P::Second)],
        // 2.7:http/legacy/write_handler.go:242-247 does not validate it; recorded for n, u, m, h.
        unknown: UnknownPrecision::Nanoseconds,
        absent: AbsentPrecision::Nanoseconds,
    },
    ..API_V2_WRITE
};

pub(super) const CAPABILITIES: &[C] = &[
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
    C::Limits,
];

pub(super) const READ_BACK: ReadBack = ReadBack {
    languages: &[C::Influxql, C::Flux],
    visible_within: Duration::ZERO,
    success_is_final: true,
};

pub(super) const HTTP: Http = Http {
    version: "v2.7.12",
    build: "OSS",
    release_headers: ReleaseHeaders::Always,
    control_escapes: ControlEscapes::Short,
    // 2.7:kit/transport/http/middleware.go; recorded.
    cors: Cors {
        methods: "POST, GET, OPTIONS, PUT, DELETE, PATCH",
        headers: "Accept, Content-Type, Content-Length, Accept-Encoding, Authorization, User-Agent",
    },
    auth_by_default: true,
};

pub(super) const SHARDS: Shards = Shards {
    // 2.7:tsdb/field_validator.go:17-74, since 2.7.12.
    conflict_in_batch: ConflictInBatch::FirstTypeWins,
    conflict_names: Quoting::Go,
    // 2.7:tsdb/shard.go MaxFieldValueLength.
    longest_string: Some(1_048_576),
    // Recorded: 204.
    time_beside_fields: TimeBesideFields::Stripped,
    beyond_retention: BeyondRetention::Detailed,
    // 2.7:v1/coordinator/points_writer.go; what a shard drops is told without (tsdb/shard.go:849).
    target_named: &[Loss::Retention],
    new_shard_needs_utf8: false,
    panics_at_tags: None,
    escaped_equals_unreadable: true,
    // 2.7:tsdb/shard.go; recorded.
    types: TypesOf::EachShard,
};

pub(super) const FACTS: Facts = Facts {
    dialect: Dialect::GO_V2,
    http: HTTP,
    credentials: &[CREDENTIALS],
    write: &[API_V2_WRITE, WRITE],
    storage: Storage::Shards(SHARDS),
    v1_api: None,
    v2_api: Some(&crate::v2_api::OSS_V2_2_7),
    v3_api: None,
    influxql: &crate::influxql::OSS_V2_2_7,
    flux: Some(&crate::flux::OSS_V2_2_7),
    sql: None,
    flight: None,
};

pub(crate) static OSS_V2_2_7: Profile = Profile {
    product: "oss-v2",
    edition: "2.7",
    family: Family::V2,
    capabilities: CAPABILITIES,
    settings: &[],
    read_back: READ_BACK,
    facts: FACTS,
};
