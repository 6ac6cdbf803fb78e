//! InfluxDB Cloud Dedicated as the IOx router of September 2023 answers: the last router whose
//! source is public, metrico/influxdb_iox ab17bbc9, here written `iox`; partial writes from
//! Shopify/influxdb_iox 6c2e83a8. In single-tenant mode it is Clustered's router too.

use crate::answer::{Answer, Fault as F, IOX_REPORTS, Shape as S};
use crate::capability::{Capability as C, Family, Management, ReadBack};
use crate::http::{ControlEscapes, Cors, Http, ReleaseHeaders};
use crate::influxql::{Influxql, Policies};
use crate::registry::{Facts, Profile};
use crate::settings::{Knob, Setting};
use crate::storage::{Names, Partitions, Refusal, Scope, Storage, TooLarge};
use crate::write::{
    AbsentPrecision, Address, BadLines, Check, Encoding, GoodLines, Members, PrecisionRule,
    SizeLimit, UnknownEncoding, UnknownPrecision, WriteEndpoint,
};
use line_protocol::{Dialect, IoxDialect, Precision as P};
use std::time::Duration;

/// The body of every error (iox:ioxd_common/src/http/error.rs).
pub(super) const fn coded(code: &'static str) -> S {
    S::CodeMessageLine(code, &IOX_REPORTS)
}

pub(super) const INVALID: S = coded("invalid");
pub(super) const FORBIDDEN: S = coded("forbidden");
const TOO_LARGE: S = coded("request too large");

/// Credentials (iox:authz/src/lib.rs; the statuses are those of
/// iox:router/src/server/http/write/single_tenant/mod.rs). A header that cannot be read is no token.
const CREDENTIALS: &[Answer] = &[
    Answer::new(F::CredentialsMissing, 401, coded("unauthorized"), "no token"),
    Answer::new(F::CredentialsWrong, 403, FORBIDDEN, "invalid token"),
    Answer::new(F::Forbidden, 403, FORBIDDEN, "forbidden"),
];

/// iox:router/src/server/http.rs, Error. A delete would be 501, for which the body has no code, and
/// the status is the code's.
pub(super) const ROUTES: &[Answer] = &[
    Answer::new(F::RouteUnknown, 404, coded("not found"), "not found"),
    Answer::new(F::DeletesUnsupported, 500, coded("internal error"), "deletes are not supported"),
];

/// What `/api/v2/write` says of its query string
/// (iox:router/src/server/http/write/{v2,params,single_tenant/mod}.rs).
const V2_WORDS: &[Answer] = &[
    Answer::new(F::DatabaseName, 400, INVALID, "{detail}"),
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
         expected one of `s`, `ms`, `us`, `ns`",
    ),
];

/// What `/write` says of it (iox:router/src/server/http/write/v1.rs).
const V1_WORDS: &[Answer] = &[
    Answer::new(F::DatabaseName, 400, INVALID, "{detail}"),
    Answer::new(F::QueryMissing, 400, INVALID, "no db destination provided"),
    Answer::new(
        F::DatabaseMissing,
        400,
        INVALID,
        "failed to deserialize db/rp/precision in request: missing field `db`",
    ),
    Answer::new(
        F::ParameterRepeated,
        400,
        INVALID,
        "failed to deserialize db/rp/precision in request: duplicate field `{name}`",
    ),
    Answer::new(
        F::PrecisionUnknown,
        400,
        INVALID,
        "failed to deserialize db/rp/precision in request: unknown variant `{value}`, expected \
         one of `s`, `ms`, `us`, `ns`",
    ),
];

/// The body as it was sent (iox:router/src/server/http.rs; gzip errors are those of flate2).
pub(super) const BODY_WORDS: &[Answer] = &[
    Answer::new(
        F::EncodingUnknown,
        415,
        coded("unsupported media type"),
        "unacceptable content-encoding: {value}",
    ),
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
    Answer::new(F::BodyBroken, 400, INVALID, "client disconnected"),
    Answer::new(F::NotUtf8, 400, INVALID, "body content is not valid utf8: {detail}"),
];

/// Of one too large (iox:router/src/server/http.rs).
pub(super) const SIZE_WORDS: &[Answer] =
    &[Answer::new(F::TooLarge, 413, TOO_LARGE, "max request size ({limit} bytes) exceeded")];

/// Lines and what storage says of them: iox:mutable_batch_lp/src/lib.rs, and
/// iox:router/src/dml_handlers/{retention,schema}_validation.rs behind `dml handler error: `.
pub(super) const LINE_WORDS: &[Answer] = &[
    Answer::new(F::LinesRejected, 400, INVALID, REJECTED),
    // The same text whether the good lines were stored or not (influxdata/docs-v2#5160).
    Answer::new(F::PartialLines, 400, INVALID, REJECTED),
    Answer::new(
        F::OutsideRetention,
        403,
        FORBIDDEN,
        "dml handler error: data in table {table} is outside of the retention period: minimum \
         acceptable timestamp is {minimum}, but observed timestamp {observed} is older.",
    ),
    Answer::new(
        F::SchemaConflict,
        400,
        INVALID,
        "dml handler error: schema conflict: table {table}, column {column} is type {stored} but \
         write has type {given}",
    ),
    Answer::new(
        F::TableLimit,
        400,
        INVALID,
        "dml handler error: service limit reached: couldn't create new table; namespace contains \
         {existing} existing tables, applying this write would result in {merged} tables, limit \
         is {limit}",
    ),
    Answer::new(
        F::ColumnLimit,
        400,
        INVALID,
        "dml handler error: service limit reached: couldn't create columns in table `{table}`; \
         table contains {existing} existing columns, applying this write would result in \
         {merged} columns, limit is {limit}",
    ),
    Answer::new(
        F::DatabaseLimit,
        400,
        INVALID,
        "dml handler error: service limit reached: at most {limit} databases",
    ),
    STORAGE_FAILED,
];

/// Storage that fails was not seen: the status and the words are ours, behind the router's prefix.
pub(super) const STORAGE_FAILED: Answer =
    Answer::new(F::StorageFailed, 500, coded("internal error"), "dml handler error: {detail}");

const REJECTED: &str = "failed to parse line protocol: errors encountered on line(s):\n{lines}";

/// iox:router/src/server/http/write/params.rs, in serde's order; the same on both endpoints.
pub(super) const PRECISION: PrecisionRule = PrecisionRule {
    units: &[
        ("s", P::Second),
        ("ms", P::Millisecond),
        ("us", P::Microsecond),
        ("ns", P::Nanosecond),
    ],
    unknown: UnknownPrecision::Refused,
    absent: AbsentPrecision::NanosecondsEmptyRefused,
};

pub(super) const API_V2_WRITE: WriteEndpoint = WriteEndpoint {
    path: "/api/v2/write",
    address: Address::BucketAsDatabase,
    // The token is asked for once the database's name is known. A database that is not there is made
    // (iox:clap_blocks/src/router.rs, namespace-autocreation-enabled).
    checks: &[Check::Parameters, Check::NamespaceName, Check::Permission],
    precision: PRECISION,
    // iox:router/src/server/http.rs read_body.
    encoding: Encoding {
        gzip: &["gzip"],
        unknown: UnknownEncoding::Refused,
        members: Members::FirstOnly,
        utf8: true,
    },
    // iox:clap_blocks/src/run_config.rs:44-49.
    size: SizeLimit::SentAndInflated(10_485_760),
    bad_lines: BadLines::Listed(GoodLines::AsSet),
    consistency: &[],
    answers: &[V2_WORDS, CREDENTIALS, BODY_WORDS, SIZE_WORDS, LINE_WORDS],
};

pub(super) const WRITE: WriteEndpoint = WriteEndpoint {
    path: "/write",
    address: Address::DatabaseWithPolicy,
    answers: &[V1_WORDS, CREDENTIALS, BODY_WORDS, SIZE_WORDS, LINE_WORDS],
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
    C::Limits,
];

/// What was answered is queryable: the ingesters that a query asks hold it.
pub(super) const READ_BACK: ReadBack =
    ReadBack { languages: &[C::Influxql], visible_within: Duration::ZERO, success_is_final: true };

/// influxdata/influxdb3_core c7612d1:iox_v1_query_api/src/handler.rs names the build.
pub(super) const HTTP: Http = Http {
    version: "2023.09",
    build: "cloud2",
    release_headers: ReleaseHeaders::PingOnly,
    control_escapes: ControlEscapes::Short,
    cors: Cors { methods: "", headers: "" },
    auth_by_default: true,
};

/// iox:data_types/src/service_limits.rs:157-160, and iox:router/src/schema_validator.rs.
pub(super) const PARTITIONS: Partitions = Partitions {
    tables: 500,
    columns: 200,
    // iox:iox_catalog/src/lib.rs, validate_or_insert_schema: the catalog knows no partitions.
    one_type_per: Scope::Table,
    refuses: Refusal::Batch,
    // iox:influxdb_line_protocol/src/lib.rs, field_float_value: Rust's `parse`.
    too_large: TooLarge::Infinity,
    // iox:mutable_batch_lp/src/lib.rs write_lp: `take` on a lazy iterator.
    gives_up_after: Some(IOX_REPORTS.most),
    // iox:data_types/src/namespace_name.rs:8-108.
    names: Names { longest: 64, refused_character: "is not whitelisted" },
};

/// The language of the crate that the products link today; which one they had in 2023 is not known.
const INFLUXQL: Influxql =
    Influxql { policies: Policies::Shards, ..super::v3_core_3_8_0::INFLUXQL };

pub(super) const FACTS: Facts = Facts {
    // iox:influxdb_line_protocol/src/lib.rs: the wording of 3.6, and no limit to a string.
    dialect: Dialect::Iox(IoxDialect { max_string_bytes: usize::MAX, ..IoxDialect::V3_6 }),
    http: HTTP,
    credentials: &[CREDENTIALS, ROUTES],
    write: &[API_V2_WRITE, WRITE],
    storage: Storage::Partitions(PARTITIONS),
    v1_api: None,
    v2_api: None,
    v3_api: None,
    influxql: &INFLUXQL,
    flux: None,
    sql: None,
    flight: Some(&crate::flight::HOSTED),
};

pub(super) const SETTINGS: &[Knob] = &[
    Knob {
        setting: Setting::PartialWrites,
        value: "off",
        source: "Shopify/influxdb_iox 6c2e83a8:clap_blocks/src/router.rs, --partial-writes-enabled",
    },
    Knob {
        setting: Setting::RequestLimit,
        value: "10485760",
        source: "iox:clap_blocks/src/run_config.rs:44-49, --max-http-request-size",
    },
    Knob { setting: Setting::Tables, value: "500", source: LIMITS },
    Knob { setting: Setting::Columns, value: "200", source: LIMITS },
];

const LIMITS: &str = "iox:data_types/src/service_limits.rs:157-160";

pub(crate) static CLOUD_DEDICATED_ROUTER_2023: Profile = Profile {
    product: "cloud-dedicated",
    edition: "router-2023",
    family: Family::Iox(Management::Account),
    capabilities: CAPABILITIES,
    settings: SETTINGS,
    read_back: READ_BACK,
    facts: FACTS,
};
