//! InfluxDB 3 Core as its documentation promises: page 000. No release answers like this.
//!
//! The page gives statuses, the members `line` and `message` of a 400's body and what they tell. All
//! texts, the member `code` and the order of the checks are our own choice; so is whatever the page
//! does not speak of, which is taken from the newest release that was read.

use super::v3_core_3_6::{
    API_V2_WRITE, CAPABILITIES, GEN1_DURATION, HTTP, MEMORY_POOL, READ_BACK, WRITE, WRITE_LP,
};
use super::v3_core_3_8_0::{self, ALL_MEMBERS};
use super::v3_core_3_10::{API, STORAGE, TAG_COLUMNS};
use crate::answer::{Answer, Fault as F, IOX_REPORTS, RETRY_AFTER, Shape};
use crate::capability::Family;
use crate::http::Http;
use crate::influxql::{Floats, Influxql, Json};
use crate::registry::{Facts, Profile};
use crate::settings::{Knob, Setting};
use crate::storage::{OldPoints, Overflow, RefusedLine, RepeatedTags, Storage, Tables};
use crate::write::{BadLines, Check, WriteEndpoint};
use line_protocol::Dialect;

/// Page 000: `line` "contains the first rejected line", `message` "describes rejections", "up to 100
/// points". That `line` is a number, counted from 1, is what page 002 says of the same member; how
/// one rejection reads is the IOx router's, which that page quotes.
const fn coded(code: &'static str) -> Shape {
    Shape::CodeMessageLine(code, &IOX_REPORTS)
}

const INVALID: Shape = coded("invalid");
const UNAUTHORIZED: Shape = coded("unauthorized");

/// Page 000: 401 if the `Authorization` header is missing or malformed. No release answers 401 to a
/// malformed one.
pub(super) const CREDENTIALS: &[Answer] = &[
    Answer::new(F::CredentialsMissing, 401, UNAUTHORIZED, "the Authorization header is missing"),
    Answer::new(
        F::CredentialsMalformed,
        401,
        UNAUTHORIZED,
        "the Authorization header is malformed",
    ),
    Answer::new(F::CredentialsWrong, 401, UNAUTHORIZED, "the token is unknown"),
];

/// What the page says of writes: 400 for lines, and whether a partial write has occurred or all data
/// was rejected; 401 for a token that may not write there; 404 with the type and the name of what is
/// not there; 503 with `Retry-After`.
const PROMISED: &[Answer] = &[
    Answer::new(
        F::PartialLines,
        400,
        INVALID,
        "partial write has occurred, errors encountered on line(s):\n{lines}",
    ),
    Answer::new(
        F::PartialLimit,
        400,
        INVALID,
        "partial write has occurred, errors encountered on line(s):\n{lines}",
    ),
    Answer::new(
        F::AllLines,
        400,
        INVALID,
        "no data was written, errors encountered on line(s):\n{lines}",
    ),
    Answer::new(
        F::AllLimit,
        400,
        INVALID,
        "no data was written, errors encountered on line(s):\n{lines}",
    ),
    Answer::new(
        F::LinesRejected,
        400,
        INVALID,
        "no data was written, as was asked for, errors encountered on line(s):\n{lines}",
    ),
    Answer::new(
        F::Forbidden,
        401,
        UNAUTHORIZED,
        "the token has no permission to write to the database \"{database}\"",
    ),
    Answer::new(F::DatabaseUnknown, 404, coded("not found"), "database \"{name}\" not found"),
    Answer::new(
        F::Unavailable,
        503,
        coded("unavailable"),
        "the server is temporarily unavailable to accept writes",
    )
    .with(RETRY_AFTER),
];

/// What the page does not speak of. It knows no 413; the status is that of 3.10.
const OTHER: &[Answer] = &[
    Answer::new(F::QueryMissing, 400, INVALID, "no database is named"),
    Answer::new(F::DatabaseMissing, 400, INVALID, "no database is named"),
    Answer::new(F::ParameterRepeated, 400, INVALID, "the parameter {name} is there twice"),
    Answer::new(F::ParameterNotBoolean, 400, INVALID, "a parameter is neither true nor false"),
    Answer::new(F::PrecisionUnknown, 400, INVALID, "the precision \"{value}\" is unknown"),
    Answer::new(F::DatabaseName, 400, INVALID, "{detail}"),
    Answer::new(F::EncodingUnknown, 400, INVALID, "the content encoding \"{value}\" is unknown"),
    Answer::new(F::GzipHeader, 400, INVALID, "the body is no gzip"),
    Answer::new(F::GzipTrailer, 400, INVALID, "what follows the gzip is none"),
    Answer::new(F::GzipEmpty, 400, INVALID, "the gzip ends too early"),
    Answer::new(F::GzipTruncated, 400, INVALID, "the gzip ends too early"),
    Answer::new(F::GzipChecksum, 400, INVALID, "the checksum of the gzip is wrong"),
    Answer::new(F::GzipCorrupt, 400, INVALID, "the gzip is damaged"),
    Answer::new(
        F::TooLarge,
        413,
        coded("request too large"),
        "the body has more than {limit} bytes",
    ),
    Answer::new(F::BodyBroken, 400, INVALID, "the body could not be read: {detail}"),
    Answer::new(F::NotUtf8, 400, INVALID, "the body is not UTF-8: {detail}"),
    Answer::new(F::EmptyWrite, 400, INVALID, "the body has no line"),
    Answer::new(
        F::DatabaseLimit,
        422,
        coded("unprocessable entity"),
        "there are {limit} databases already, as many as there may be",
    ),
    Answer::new(F::StorageFailed, 500, coded("internal error"), "{detail}"),
];

/// All three endpoints store what is not rejected: the page makes no difference between them. Only
/// the first knows a parameter against it.
const BAD_LINES: BadLines = BadLines::Tables { accept_partial: true };

/// A database that is not there is missed (page 000, 404), where all releases make it.
pub(super) const WRITE_ENDPOINTS: &[WriteEndpoint] = &[
    WriteEndpoint {
        checks: &[Check::Parameters, Check::DatabaseName, Check::DatabaseFound, Check::Permission],
        encoding: ALL_MEMBERS,
        bad_lines: BAD_LINES,
        answers: &[PROMISED, OTHER],
        ..WRITE_LP
    },
    WriteEndpoint {
        checks: &[Check::Parameters, Check::DatabaseName, Check::DatabaseFound, Check::Permission],
        encoding: ALL_MEMBERS,
        bad_lines: BAD_LINES,
        answers: &[PROMISED, OTHER],
        ..API_V2_WRITE
    },
    WriteEndpoint {
        checks: &[Check::Parameters, Check::DatabaseName, Check::DatabaseFound, Check::Permission],
        encoding: ALL_MEMBERS,
        bad_lines: BAD_LINES,
        answers: &[PROMISED, OTHER],
        ..WRITE
    },
];

pub(super) const TABLES: Tables = Tables {
    // Page 000: data that falls outside of the retention period is rejected.
    old_points: OldPoints::Refused,
    // Page 000: what was not rejected is queryable; docs-v2 release notes of 3.10.3 and 3.11.2.
    repeated_tags: RepeatedTags::Refused,
    overflow: Overflow::Refused,
    refused_line: RefusedLine::LeavesNothing,
    ..STORAGE
};

/// Floats as they are stored, `-0` too: page 000 says that all ingested data is queryable.
const INFLUXQL: Influxql = Influxql {
    json: Json { floats: Floats::Serde, ..v3_core_3_8_0::INFLUXQL.json },
    ..v3_core_3_8_0::INFLUXQL
};

pub(super) const FACTS: Facts = Facts {
    dialect: Dialect::IOX_3_9,
    http: Http { version: "docs", ..HTTP },
    credentials: &[CREDENTIALS],
    write: WRITE_ENDPOINTS,
    storage: Storage::Tables(TABLES),
    v3_api: Some(&API),
    influxql: &INFLUXQL,
    sql: Some(&crate::sql::V3_CORE_3_10),
    flight: Some(&crate::flight::V3_CORE_3_10),
    ..v3_core_3_8_0::FACTS
};

/// What can be set: what the page names, and the limits that docs-v2 states. Page 000 gives no limit
/// of a body and no figure of what a server can take.
const SETTINGS: &[Knob] = &[
    Knob {
        setting: Setting::RequestLimit,
        value: "10485760",
        source: "docs-v2 core/reference/config-options, max-http-request-size",
    },
    WRITE_CAPACITY,
    Knob { setting: Setting::Databases, value: "5", source: LIMITS },
    Knob { setting: Setting::Tables, value: "2000", source: LIMITS },
    COLUMNS,
    TAG_COLUMNS,
    MEMORY_POOL,
    GEN1_DURATION,
];

const LIMITS: &str = "docs-v2 core/admin/databases, Database, table, and column limits";

/// What the page's 503 is about: the server is temporarily unavailable.
pub(super) const WRITE_CAPACITY: Knob =
    Knob { setting: Setting::WriteCapacity, value: "off", source: "page 000 has no figure" };

pub(super) const COLUMNS: Knob = Knob {
    setting: Setting::Columns,
    value: "500",
    source: "docs-v2 core/admin/databases, Database, table, and column limits",
};

pub(crate) static V3_CORE_DOCS: Profile = Profile {
    product: "v3-core",
    edition: "docs",
    family: Family::V3,
    capabilities: CAPABILITIES,
    settings: SETTINGS,
    read_back: READ_BACK,
    facts: FACTS,
};
