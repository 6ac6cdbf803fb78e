//! InfluxDB 3 Core 3.6, as release 3.6.0 was recorded; source branch `3.6`.

use crate::answer::{Answer, Fault as F, Shape as S};
use crate::capability::{Capability as C, Family, ReadBack};
use crate::http::{ControlEscapes, Cors, Http, ReleaseHeaders};
use crate::registry::{Facts, Profile};
use crate::settings::{Knob, Setting};
use crate::storage::{
    Names, OldPoints, Overflow, RefusedLine, RepeatedTags, Storage, TableLimit, Tables,
};
use crate::v3_api::{UnknownRoute, V3Api};
use crate::write::{
    AbsentPrecision, Address, BadLines, Check, Encoding, Members, PrecisionRule, SizeLimit,
    UnknownEncoding, UnknownPrecision, WriteEndpoint,
};
use line_protocol::{Dialect, Precision as P};
use std::time::Duration;

/// 3.6:influxdb3_types/src/write.rs:18-29, in the order in which serde lists the variants and,
/// inside each, the aliases.
const V3_UNITS: &[(&str, P)] = &[
    ("s", P::Second),
    ("second", P::Second),
    ("millisecond", P::Millisecond),
    ("ms", P::Millisecond),
    ("microsecond", P::Microsecond),
    ("u", P::Microsecond),
    ("us", P::Microsecond),
    ("n", P::Nanosecond),
    ("nanosecond", P::Nanosecond),
    ("ns", P::Nanosecond),
];

/// Credentials, checked before the path; recorded.
const CREDENTIALS: &[Answer] = &[
    Answer::new(F::CredentialsMissing, 401, S::BareText, ""),
    Answer::new(F::CredentialsWrong, 401, S::BareText, ""),
];

/// An `Authorization` that cannot be read; recorded.
pub(super) const MALFORMED: &[Answer] = &[Answer::new(
    F::CredentialsMalformed,
    400,
    S::BareErrorSpaced,
    "Authorization header was malformed, the request was not in the form of 'Authorization: \
     <auth-scheme> <token>', supported auth-schemes are Bearer, Token and Basic",
)];

/// What `/api/v3/write_lp` says of its query string and of good lines beside bad ones.
/// These tables are recorded, but for the database limit (3.6:tests/server/limits.rs has the status).
pub(super) const V3_WORDS: &[Answer] = &[
    Answer::new(F::QueryMissing, 400, S::BareText, "missing query parameter 'db'"),
    Answer::new(F::DatabaseMissing, 400, S::BareText, "serde error: missing field `db`"),
    Answer::new(F::ParameterRepeated, 400, S::BareText, "serde error: duplicate field `{name}`"),
    Answer::new(
        F::ParameterNotBoolean,
        400,
        S::BareText,
        "serde error: provided string was not `true` or `false`",
    ),
    Answer::new(
        F::PrecisionUnknown,
        400,
        S::BareText,
        "serde error: unknown variant `{value}`, expected one of `auto`, `s`, `second`, \
         `millisecond`, `ms`, `microsecond`, `u`, `us`, `n`, `nanosecond`, `ns`",
    ),
    Answer::new(F::PartialLines, 400, S::BareErrorLines, "partial write of line protocol occurred"),
    Answer::new(F::AllLines, 400, S::BareErrorLines, "partial write of line protocol occurred"),
    Answer::new(F::PartialLimit, 422, S::BareErrorLines, "partial write of line protocol occurred"),
    Answer::new(F::AllLimit, 422, S::BareErrorLines, "partial write of line protocol occurred"),
];

/// What `/write` says of its query string.
pub(super) const V1_WORDS: &[Answer] = &[
    Answer::new(F::QueryMissing, 400, S::BareError, "no db destination provided"),
    Answer::new(
        F::DatabaseMissing,
        400,
        S::BareError,
        "failed to deserialize db/rp/precision in request: missing field `db`",
    ),
    Answer::new(
        F::ParameterRepeated,
        400,
        S::BareError,
        "failed to deserialize db/rp/precision in request: duplicate field `{name}`",
    ),
    Answer::new(
        F::PrecisionUnknown,
        400,
        S::BareError,
        "failed to deserialize db/rp/precision in request: unknown variant `{value}`, expected \
         one of `s`, `second`, `millisecond`, `ms`, `microsecond`, `u`, `us`, `n`, `nanosecond`, \
         `ns`",
    ),
];

/// What both say of the rest.
pub(super) const PLAIN_WORDS: &[Answer] = &[
    Answer::new(F::DatabaseName, 400, S::BareError, "{detail}"),
    Answer::new(F::EncodingUnknown, 400, S::BareText, "unacceptable content-encoding: {value}"),
    // 3.6:influxdb3_server/src/unified_service/service.rs:98-116.
    Answer::new(F::BodyBroken, 400, S::BareText, "Failed to read request body: {detail}"),
    Answer::new(F::EmptyWrite, 400, S::BareText, "incoming write was empty"),
    Answer::new(
        F::DatabaseLimit,
        422,
        S::BareError,
        "Adding a new database would exceed limit of {limit} databases",
    ),
    Answer::new(F::StorageFailed, 500, S::BareText, LOG_FAILED),
];

/// What the product says once it has tried to write its log for ten seconds (3.6:influxdb3_wal,
/// influxdb3_write/src/write_buffer, each putting its words before those of the next).
const LOG_FAILED: &str = "write buffer error: error from wal: error writing wal file: {detail}";

/// What both say of a body that cannot be read, and of lines that are all refused.
const UNREAD_WORDS: &[Answer] = &[
    Answer::new(F::GzipHeader, 500, S::BareText, "error decoding gzip stream: invalid gzip header"),
    Answer::new(
        F::GzipTrailer,
        500,
        S::BareText,
        "error decoding gzip stream: invalid gzip header",
    ),
    Answer::new(
        F::GzipEmpty,
        500,
        S::BareText,
        "error decoding gzip stream: unexpected end of file",
    ),
    Answer::new(
        F::GzipTruncated,
        500,
        S::BareText,
        "error decoding gzip stream: unexpected end of file",
    ),
    Answer::new(
        F::GzipChecksum,
        500,
        S::BareText,
        "error decoding gzip stream: corrupt gzip stream does not have a matching checksum",
    ),
    Answer::new(
        F::GzipCorrupt,
        500,
        S::BareText,
        "error decoding gzip stream: corrupt deflate stream",
    ),
    Answer::new(F::TooLarge, 500, S::BareText, "max request size ({limit} bytes) exceeded"),
    Answer::new(F::NotUtf8, 500, S::BareText, "body content is not valid utf8: {detail}"),
    Answer::new(
        F::LinesRejected,
        400,
        S::BareErrorFirstLine,
        "parsing failed for write_lp endpoint",
    ),
];

pub(super) const INVALID: S = S::BareCodeMessage("invalid");

/// `/api/v2/write`: `code` and `message` since 3.4.2.
pub(super) const V2_WORDS: &[Answer] = &[
    Answer::new(F::QueryMissing, 400, INVALID, "no org/bucket destination provided"),
    Answer::new(F::DatabaseMissing, 400, INVALID, "missing bucket value"),
    Answer::new(
        F::ParameterRepeated,
        400,
        INVALID,
        "failed to deserialize org/bucket/precision in request: duplicate field `{name}`",
    ),
    Answer::new(
        F::PrecisionUnknown,
        400,
        INVALID,
        "failed to deserialize org/bucket/precision in request: unknown variant `{value}`, \
         expected one of `s`, `second`, `millisecond`, `ms`, `microsecond`, `u`, `us`, `n`, \
         `nanosecond`, `ns`",
    ),
    Answer::new(F::DatabaseName, 400, INVALID, "{detail}"),
    Answer::new(F::EncodingUnknown, 400, INVALID, "unacceptable content-encoding: {value}"),
    Answer::new(F::GzipHeader, 400, INVALID, "error decoding gzip stream: invalid gzip header"),
    Answer::new(F::GzipTrailer, 400, INVALID, "error decoding gzip stream: invalid gzip header"),
    Answer::new(F::GzipEmpty, 400, INVALID, "error decoding gzip stream: unexpected end of file"),
    Answer::new(
        F::GzipTruncated,
        400,
        INVALID,
        "error decoding gzip stream: unexpected end of file",
    ),
    Answer::new(
        F::GzipChecksum,
        400,
        INVALID,
        "error decoding gzip stream: corrupt gzip stream does not have a matching checksum",
    ),
    Answer::new(F::GzipCorrupt, 400, INVALID, "error decoding gzip stream: corrupt deflate stream"),
    Answer::new(
        F::TooLarge,
        413,
        S::BareCodeMessage("request too large"),
        "max request size ({limit} bytes) exceeded",
    ),
    Answer::new(F::BodyBroken, 400, S::BareText, "Failed to read request body: {detail}"),
    Answer::new(F::NotUtf8, 400, INVALID, "body content is not valid utf8: {detail}"),
    Answer::new(F::EmptyWrite, 400, INVALID, "write buffer error: incoming write was empty"),
    Answer::new(
        F::DatabaseLimit,
        400,
        INVALID,
        "write buffer error: catalog update error: Adding a new database would exceed limit of \
         {limit} databases",
    ),
    Answer::new(F::StorageFailed, 400, INVALID, LOG_FAILED),
];

/// Its line errors: without any detail.
const V2_LINES: &[Answer] = &[Answer::new(
    F::LinesRejected,
    400,
    INVALID,
    "write buffer error: parsing for line protocol failed",
)];

/// 3.6:influxdb3_server/src/http.rs:955-1010.
pub(super) const ENCODING: Encoding = Encoding {
    gzip: &["gzip"],
    unknown: UnknownEncoding::Refused,
    // `GzDecoder`; the release 3.8 reads all members.
    members: Members::FirstOnly,
    utf8: true,
};

pub(super) const WRITE_LP: WriteEndpoint = WriteEndpoint {
    path: "/api/v3/write_lp",
    address: Address::Database,
    checks: &[Check::Parameters, Check::DatabaseName, Check::NamespaceName],
    precision: PrecisionRule {
        units: V3_UNITS,
        unknown: UnknownPrecision::Refused,
        absent: AbsentPrecision::Guessed,
    },
    encoding: ENCODING,
    // `--max-http-request-size`, 3.6:influxdb3/src/commands/serve.rs:189-196.
    size: SizeLimit::SentAndInflated(10_485_760),
    bad_lines: BadLines::Tables { accept_partial: true },
    consistency: &[],
    answers: &[V3_WORDS, PLAIN_WORDS, UNREAD_WORDS],
};

pub(super) const API_V2_WRITE: WriteEndpoint = WriteEndpoint {
    path: "/api/v2/write",
    address: Address::BucketAsDatabase,
    checks: &[Check::Parameters, Check::NamespaceName, Check::DatabaseName],
    precision: PrecisionRule {
        units: V3_UNITS,
        unknown: UnknownPrecision::Refused,
        absent: AbsentPrecision::NanosecondsEmptyRefused,
    },
    bad_lines: BadLines::Tables { accept_partial: false },
    answers: &[V2_WORDS, V2_LINES],
    ..WRITE_LP
};

pub(super) const WRITE: WriteEndpoint = WriteEndpoint {
    path: "/write",
    address: Address::DatabaseWithPolicy,
    answers: &[V1_WORDS, PLAIN_WORDS, UNREAD_WORDS],
    ..API_V2_WRITE
};

pub(super) const CAPABILITIES: &[C] = &[
    C::Write,
    C::ReadBack,
    C::CreateDatabase,
    C::ApiV1,
    C::ApiV2,
    C::ApiV3,
    C::Auth,
    C::Retention,
    C::Influxql,
    C::Sql,
    C::Limits,
];

pub(super) const READ_BACK: ReadBack = ReadBack {
    languages: &[C::Influxql, C::Sql],
    visible_within: Duration::ZERO,
    success_is_final: true,
};

pub(super) const HTTP: Http = Http {
    version: "3.6.0",
    build: "Core",
    release_headers: ReleaseHeaders::PingOnly,
    control_escapes: ControlEscapes::Short,
    // Recorded.
    cors: Cors { methods: "*", headers: "*" },
    auth_by_default: true,
};

/// 3.6:influxdb3_server/src/http.rs:2441-2459, where a path that is not there is an `Ok`; recorded.
const V3_API: V3Api = V3Api {
    unknown_route: UnknownRoute { text: "not found", cors: true },
    health_content_type: None,
    missing_database_named: false,
    cluster_uuid: false,
    ping_product: None,
    // Admin tokens only (docs-v2 core/admin/tokens).
    resource_tokens: false,
};

pub(super) const TABLES: Tables = Tables {
    // 3.6:influxdb3_catalog/src/catalog/versions/v2.rs:76-78,157-163.
    databases: 5,
    tables: 2000,
    columns: 500,
    tag_columns: 256,
    reserved: &["time", "__chunk_order"],
    // Recorded: 500 fields are one too many in a table that has its time column.
    counts_time: true,
    table_limit: TableLimit::Limit,
    // 3.6:influxdb3_catalog/src/catalog/key.rs; recorded.
    refuses_control_characters: true,
    // Recorded.
    repeated_tags: RepeatedTags::Stored,
    // Recorded.
    overflow: Overflow::Infinity,
    // Recorded; until 3.11.2 says otherwise (docs-v2 release notes).
    refused_line: RefusedLine::LeavesColumns,
    // 3.6:influxdb3_write/src/write_buffer/validator.rs has no such check.
    old_points: OldPoints::Stored,
    // 3.6:influxdb3_server/src/http.rs:1865-1937, influxdb3_core f1bc156:data_types/src/
    // namespace_name.rs:8-60; recorded.
    names: Names { longest: 64, refused_character: "is not whitelisted" },
};

pub(super) const FACTS: Facts = Facts {
    dialect: Dialect::IOX_3_6,
    http: HTTP,
    credentials: &[CREDENTIALS, MALFORMED],
    write: &[WRITE_LP, API_V2_WRITE, WRITE],
    storage: Storage::Tables(TABLES),
    v1_api: None,
    v2_api: None,
    v3_api: Some(&V3_API),
    influxql: &crate::influxql::V3_CORE_3_6,
    flux: None,
    sql: Some(&crate::sql::V3_CORE_3_6),
    flight: Some(&crate::flight::V3_CORE_3_6),
};

/// Compiled in, but for the size of a body, which has an option.
pub(super) const SETTINGS: &[Knob] = &[
    Knob {
        setting: Setting::RequestLimit,
        value: "10485760",
        source: "3.6:influxdb3/src/commands/serve.rs:189-196, --max-http-request-size",
    },
    Knob { setting: Setting::Databases, value: "5", source: LIMITS },
    Knob { setting: Setting::Tables, value: "2000", source: LIMITS },
    Knob { setting: Setting::Columns, value: "500", source: LIMITS },
    Knob { setting: Setting::TagColumns, value: "256", source: LIMITS },
    MEMORY_POOL,
    GEN1_DURATION,
];

/// A share of the machine's memory, in every release.
pub(super) const MEMORY_POOL: Knob = Knob {
    setting: Setting::ExecMemPoolBytes,
    value: "20%",
    source: "3.6:influxdb3/src/commands/serve.rs:222-330, --exec-mem-pool-bytes",
};

/// The releases start with 1m, 5m or 10m only (3.6:influxdb3_wal/src/lib.rs:47,212-222), where page
/// 000 shows 15m.
pub(super) const GEN1_DURATION: Knob = Knob {
    setting: Setting::Gen1Duration,
    value: "10m",
    source: "3.6:influxdb3/src/commands/serve.rs:222-330, --gen1-duration",
};

const LIMITS: &str = "3.6:influxdb3_catalog/src/catalog/versions/v2.rs:76-78,157-163";

pub(crate) static V3_CORE_3_6: Profile = Profile {
    product: "v3-core",
    edition: "3.6",
    family: Family::V3,
    capabilities: CAPABILITIES,
    settings: SETTINGS,
    read_back: READ_BACK,
    facts: FACTS,
};
