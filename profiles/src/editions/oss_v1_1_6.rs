//! InfluxDB OSS 1.6, as release 1.6.7 was recorded; source branch `1.6`.

use crate::answer::{Answer, Fault as F, Shape as S};
use crate::capability::{Capability as C, Family, ReadBack};
use crate::http::{ControlEscapes, Cors, Http, ReleaseHeaders};
use crate::registry::{Facts, Profile};
use crate::storage::{
    BeyondRetention, ConflictInBatch, Quoting, Shards, Storage, TimeBesideFields, TypesOf,
};
use crate::v1_api::{TokenScheme, V1Api, V2Routes, VerbosePing};
use crate::write::{
    AbsentPrecision, Address, BadLines, Check, Encoding, Members, PrecisionRule, SizeLimit,
    UnknownEncoding, UnknownPrecision, WriteEndpoint,
};
use line_protocol::{Dialect, Precision as P};
use std::time::Duration;

/// Credentials, on `/write` and `/query`; recorded.
pub(super) const CREDENTIALS: &[Answer] = &[
    Answer::new(
        F::CredentialsMissing,
        401,
        S::ErrorChallenge,
        "unable to parse authentication credentials",
    ),
    Answer::new(F::CredentialsWrong, 401, S::ErrorChallenge, "authorization failed"),
    Answer::new(F::UsernameRequired, 401, S::ErrorChallenge, "username required"),
];

const BEARER: &[Answer] = &[
    // The missing `e` is the product's: 1.6:services/httpd/handler.go:59.
    Answer::new(F::BearerDisabled, 401, S::ErrorChallenge, "bearer auth disabld"),
];

/// Every fault of `/write` that later releases answer in the same words; recorded, but for the gzip
/// of a corrupt block and the throttle.
pub(super) const ANSWERS: &[Answer] = &[
    Answer::new(
        F::Forbidden,
        403,
        S::ErrorLine,
        "\"{user}\" user is not authorized to write to database \"{database}\"",
    ),
    Answer::new(F::NoDatabaseParameter, 400, S::ErrorLine, "database is required"),
    // Go-quoted: 1.6:services/httpd/handler.go, `fmt.Sprintf("database not found: %q", database)`.
    Answer::new(F::DatabaseUnknown, 404, S::ErrorLine, "database not found: {quoted}"),
    Answer::new(F::PolicyUnknown, 500, S::ErrorLine, "retention policy not found: {name}"),
    Answer::new(F::ConsistencyUnknown, 400, S::ErrorLine, "invalid consistency level"),
    Answer::new(F::GzipHeader, 400, S::ErrorLine, "gzip: invalid header"),
    Answer::new(F::GzipTrailer, 400, S::ErrorLine, "gzip: invalid header"),
    Answer::new(F::GzipEmpty, 400, S::ErrorLine, "EOF"),
    Answer::new(F::GzipShortHeader, 400, S::ErrorLine, "unexpected EOF"),
    Answer::new(F::GzipTruncated, 400, S::ErrorLine, "unexpected EOF"),
    Answer::new(F::GzipChecksum, 400, S::ErrorLine, "gzip: invalid checksum"),
    // Source: Go's compress/flate; not recorded on this endpoint.
    Answer::new(F::GzipCorrupt, 400, S::ErrorLine, "flate: corrupt input before offset {offset}"),
    Answer::new(F::TooLarge, 413, S::ErrorLine, "Request Entity Too Large"),
    Answer::new(F::BodyBroken, 400, S::ErrorLine, "unexpected EOF"),
    Answer::new(F::LinesRejected, 400, S::ErrorLine, "{detail}"),
    Answer::new(F::PartialStorage, 400, S::ErrorLine, "partial write: {detail}"),
    Answer::new(F::StorageConflict, 400, S::ErrorLine, "{detail}"),
    Answer::new(F::StorageFailed, 500, S::ErrorLine, "{detail}"),
    Answer::new(F::Panic, 500, S::PlainLine, "Internal Server Error"),
];

const PARTIAL: &[Answer] =
    &[Answer::new(F::PartialLines, 400, S::ErrorLine, "partial write: {detail} dropped=0")];

pub(super) const WRITE: WriteEndpoint = WriteEndpoint {
    path: "/write",
    address: Address::DatabaseAndPolicy,
    // 1.6:services/httpd/handler.go serveWrite.
    checks: &[
        Check::DatabaseNamed,
        Check::DatabaseFound,
        Check::Permission,
        Check::Precision,
        Check::GzipHeader,
    ],
    precision: PrecisionRule {
        // 1.6:models/points.go SetPrecision and parsePointsWithPrecision; recorded.
        units: &[
            ("n", P::Nanosecond),
            ("u", P::Microsecond),
            ("ms", P::Millisecond),
            ("s", P::Second),
            ("m", P::Minute),
            ("h", P::Hour),
        ],
        unknown: UnknownPrecision::Nanoseconds,
        absent: AbsentPrecision::Nanoseconds,
    },
    encoding: Encoding {
        gzip: &["gzip"],
        unknown: UnknownEncoding::Plain,
        members: Members::All,
        utf8: false,
    },
    // `max-body-size`, default of the configuration.
    size: SizeLimit::Sent(25_000_000),
    bad_lines: BadLines::StoreGood,
    // 1.6:models/consistency.go.
    consistency: &["any", "one", "quorum", "all"],
    answers: &[PARTIAL, ANSWERS],
};

pub(super) const READ_BACK: ReadBack =
    ReadBack { languages: &[C::Influxql], visible_within: Duration::ZERO, success_is_final: true };

pub(super) const HTTP: Http = Http {
    // The recorded build is Debian's.
    version: "1.6.7~rc0",
    build: "OSS",
    release_headers: ReleaseHeaders::Always,
    control_escapes: ControlEscapes::Hex,
    // 1.6:services/httpd/handler.go cors; recorded.
    cors: Cors {
        methods: "DELETE, GET, OPTIONS, POST, PUT",
        headers: "Accept, Accept-Encoding, Authorization, Content-Length, Content-Type, \
                  X-CSRF-Token, X-HTTP-Method-Override",
    },
    auth_by_default: false,
};

pub(super) const SHARDS: Shards = Shards {
    conflict_in_batch: ConflictInBatch::FirstTypeWinsUnlessNewShard,
    conflict_names: Quoting::Raw,
    longest_string: None,
    // Recorded: 204.
    time_beside_fields: TimeBesideFields::Stripped,
    beyond_retention: BeyondRetention::Short,
    target_named: &[],
    new_shard_needs_utf8: true,
    panics_at_tags: Some(100),
    escaped_equals_unreadable: false,
    // 1.6:tsdb/shard.go; recorded.
    types: TypesOf::EachShard,
};

/// Recorded: neither `/health` nor anything under `/api/v2`; a verbose ping is 204.
const V1_API: V1Api = V1Api {
    health: false,
    verbose_ping: VerbosePing::Ignored,
    token_scheme: TokenScheme::Unknown,
    v2_routes: V2Routes::None,
};

pub(super) const FACTS: Facts = Facts {
    dialect: Dialect::GO_V1_6,
    http: HTTP,
    credentials: &[BEARER, CREDENTIALS],
    write: &[WRITE],
    storage: Storage::Shards(SHARDS),
    v1_api: Some(&V1_API),
    v2_api: None,
    v3_api: None,
    influxql: &crate::influxql::OSS_V1_1_6,
    flux: None,
    sql: None,
    flight: None,
};

pub(crate) static OSS_V1_1_6: Profile = Profile {
    product: "oss-v1",
    edition: "1.6",
    family: Family::V1,
    capabilities: &[
        C::Write,
        C::ReadBack,
        C::CreateDatabase,
        C::ApiV1,
        C::Auth,
        C::Permissions,
        C::Retention,
        C::Influxql,
        C::Limits,
    ],
    settings: &[],
    read_back: READ_BACK,
    facts: FACTS,
};
