//! InfluxDB OSS 1.12, as release 1.12.4 was recorded: what differs from 1.6; source tag `v1.12.4`,
//! here written `1.12`.

use super::oss_v1_1_6::{ANSWERS, CREDENTIALS, FACTS, HTTP, READ_BACK, SHARDS, WRITE};
use crate::answer::{Answer, Fault as F, Shape as S};
use crate::capability::{Capability as C, Family};
use crate::http::{ControlEscapes, Cors, Http};
use crate::influxql::{self, Csv, Influxql, Json, Policies, Strings, TagIndex};
use crate::registry::{Facts, Profile};
use crate::storage::{
    BeyondRetention, ConflictInBatch, Loss, Quoting, Shards, Storage, TimeBesideFields,
};
use crate::v1_api::{TokenScheme, V1Api, V2Routes, VerbosePing};
use crate::write::{Address, Check, PrecisionRule, UnknownPrecision, WriteEndpoint};
use line_protocol::{Dialect, Precision as P};

/// 1.12:services/httpd/handler.go authenticate; recorded.
const BEARER: &[Answer] =
    &[Answer::new(F::BearerDisabled, 401, S::ErrorChallenge, "bearer auth disabled")];

/// The good lines of a bad batch: the target is named, its policy only where the caller did
/// (1.12:services/httpd/handler.go serveWrite); recorded on both endpoints.
const PARTIAL: &[Answer] =
    &[Answer::new(F::PartialLines, 400, S::ErrorLine, "partial write: {detail} dropped=0{target}")];

/// Recorded.
const V1_WORDS: &[Answer] = &[Answer::new(
    F::PrecisionUnknown,
    400,
    S::ErrorLine,
    "invalid precision {quoted} (use n, u, ms, s, m or h)",
)];

/// 1.12:services/httpd/handler.go serveWriteV2 and bucket2dbrp; recorded.
const V2_WORDS: &[Answer] = &[
    Answer::new(
        F::PrecisionUnknown,
        400,
        S::ErrorLine,
        "invalid precision {quoted} (use ns, us, ms or s)",
    ),
    Answer::new(
        F::DatabaseMissing,
        404,
        S::ErrorLine,
        "bucket name \"\" is missing a slash; not in \"database/retention-policy\" format",
    ),
    Answer::new(
        F::BucketWithoutDatabase,
        404,
        S::ErrorLine,
        "bucket name {quoted} is in db/rp form but has an empty database",
    ),
];

const WRITE_V1: WriteEndpoint = WriteEndpoint {
    // 1.12:services/httpd/handler.go serveWriteV1, serveWrite.
    checks: &[
        Check::Precision,
        Check::DatabaseNamed,
        Check::DatabaseFound,
        Check::Permission,
        Check::GzipHeader,
    ],
    precision: PrecisionRule {
        // 1.12:services/httpd/handler.go serveWriteV1; recorded.
        units: &[
            ("n", P::Nanosecond),
            ("ns", P::Nanosecond),
            ("u", P::Microsecond),
            ("ms", P::Millisecond),
            ("s", P::Second),
            ("m", P::Minute),
            ("h", P::Hour),
        ],
        unknown: UnknownPrecision::Refused,
        ..WRITE.precision
    },
    answers: &[V1_WORDS, PARTIAL, ANSWERS],
    ..WRITE
};

/// The same handler behind another query string.
const WRITE_V2: WriteEndpoint = WriteEndpoint {
    path: "/api/v2/write",
    address: Address::BucketAsDatabaseAndPolicy,
    precision: PrecisionRule {
        // 1.12:services/httpd/handler.go serveWriteV2; recorded.
        units: &[
            ("ns", P::Nanosecond),
            ("us", P::Microsecond),
            ("ms", P::Millisecond),
            ("s", P::Second),
        ],
        ..WRITE_V1.precision
    },
    answers: &[V2_WORDS, PARTIAL, ANSWERS],
    ..WRITE_V1
};

const V1_API: V1Api = V1Api {
    // Recorded.
    health: true,
    // 1.12:services/httpd/handler.go servePing; recorded.
    verbose_ping: VerbosePing::TellsVersion,
    // 1.12:services/httpd/handler.go parseCredentials; recorded.
    token_scheme: TokenScheme::UserAndPassword,
    // 1.12:services/httpd/handler.go NewHandler; recorded in part.
    v2_routes: V2Routes::PoliciesAsBuckets,
};

const INFLUXQL: Influxql = Influxql {
    json: Json {
        // Built with a Go from 1.22 on: `\b`.
        strings: Strings::GoShort,
        // Not seen: it is refused, as of 2.7.
        infinite: influxql::OSS_V2_2_7.json.infinite,
        ..influxql::OSS_V1_1_6.json
    },
    // Recorded.
    csv: Csv { content_type: "application/csv", ..influxql::OSS_V1_1_6.csv },
    // Recorded: `0s` for both, since no statement sets them here.
    policies: Policies::ShardsAndWriteLimits,
    // The influxql package that 1.12 pins; parseShowTagKeysStatement (inferred: not recorded).
    // Which index 1.12 begins with was not looked up.
    tag_index: TagIndex::OfShards,
    tag_keys_with_key: true,
    ..influxql::OSS_V1_1_6
};

pub(crate) static OSS_V1_1_12: Profile = Profile {
    product: "oss-v1",
    edition: "1.12",
    family: Family::V1,
    capabilities: &[
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
    ],
    settings: &[],
    read_back: READ_BACK,
    facts: Facts {
        dialect: Dialect::GO_V1_12,
        http: Http {
            version: "v1.12.4",
            control_escapes: ControlEscapes::Short,
            // 1.12:services/httpd/handler.go cors; recorded.
            cors: Cors {
                methods: "DELETE, GET, OPTIONS, POST, PUT, PATCH",
                headers: "Accept, Accept-Encoding, Authorization, Content-Length, Content-Type, \
                          User-Agent, X-CSRF-Token, X-HTTP-Method-Override",
            },
            ..HTTP
        },
        credentials: &[BEARER, CREDENTIALS],
        write: &[WRITE_V1, WRITE_V2],
        storage: Storage::Shards(Shards {
            // 1.12:tsdb/field_validator.go; recorded.
            conflict_in_batch: ConflictInBatch::FirstTypeWins,
            // 1.12:tsdb/field_validator.go, `%q`.
            conflict_names: Quoting::Go,
            // 1.12:tsdb/field_validator.go MaxFieldValueLength.
            longest_string: Some(1_048_576),
            // 1.12:tsdb/shard.go validateSeriesAndFields, since 1.12.3; recorded for one such point.
            time_beside_fields: TimeBesideFields::StrippedAndTold,
            // 1.12:coordinator/points_writer.go SummariseDropped, since 1.12.3; recorded.
            beyond_retention: BeyondRetention::Detailed,
            // 1.12:tsdb/shard.go and coordinator/points_writer.go; recorded.
            target_named: &[Loss::Points, Loss::TimeFields, Loss::Retention],
            // Recorded: 204 for a measurement that is not UTF-8.
            new_shard_needs_utf8: false,
            // Fixed since.
            panics_at_tags: None,
            ..SHARDS
        }),
        v1_api: Some(&V1_API),
        influxql: &INFLUXQL,
        ..FACTS
    },
};
