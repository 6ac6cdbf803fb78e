//! InfluxDB 3 Core 3.10, as its branch `3.10` reads at 3.10.1: what differs from 3.8.2. The parser's
//! new words and the longer strings are those of 3.9. Nothing here is recorded.

use super::v3_core_3_6::{
    API_V2_WRITE, CAPABILITIES, GEN1_DURATION, HTTP, MEMORY_POOL, PLAIN_WORDS, READ_BACK, TABLES,
    V1_WORDS, V2_WORDS, V3_WORDS, WRITE, WRITE_LP,
};
use super::v3_core_3_8::V2_LINES;
use super::v3_core_3_8_0::{self, ALL_MEMBERS, V3_API};
use crate::answer::{Answer, Fault as F, Shape as S};
use crate::capability::Family;
use crate::http::Http;
use crate::registry::{Facts, Profile};
use crate::settings::{Knob, Setting};
use crate::storage::{Names, Storage, TableLimit, Tables};
use crate::v3_api::V3Api;
use crate::write::{Check, WriteEndpoint};
use line_protocol::Dialect;

/// What v3 and v1 say of a body that cannot be read: client errors now (3.10:influxdb3_server/src/
/// http.rs:947-962). Of a first bad line: 3.10:influxdb3_server/src/http.rs:750-761.
const UNREAD_WORDS: &[Answer] = &[
    Answer::new(F::GzipHeader, 400, S::BareText, "error decoding gzip stream: invalid gzip header"),
    Answer::new(
        F::GzipTrailer,
        400,
        S::BareText,
        "error decoding gzip stream: invalid gzip header",
    ),
    Answer::new(
        F::GzipEmpty,
        400,
        S::BareText,
        "error decoding gzip stream: unexpected end of file",
    ),
    Answer::new(
        F::GzipTruncated,
        400,
        S::BareText,
        "error decoding gzip stream: unexpected end of file",
    ),
    Answer::new(
        F::GzipChecksum,
        400,
        S::BareText,
        "error decoding gzip stream: corrupt gzip stream does not have a matching checksum",
    ),
    Answer::new(
        F::GzipCorrupt,
        400,
        S::BareText,
        "error decoding gzip stream: corrupt deflate stream",
    ),
    Answer::new(F::TooLarge, 413, S::BareText, "max request size ({limit} bytes) exceeded"),
    Answer::new(F::NotUtf8, 400, S::BareText, "body content is not valid utf8: {detail}"),
    Answer::new(F::LinesRejected, 400, S::BareErrorFirstLine, "line protocol parsing error"),
];

pub(super) const STORAGE: Tables = Tables {
    // 3.10:influxdb3_catalog/src/catalog/versions/v2.rs:96; the 500 columns are reached first.
    tag_columns: 4096,
    // 3.10:influxdb3_catalog/src/catalog/versions/v3/transaction.rs, check_columns_limit.
    counts_time: false,
    // 3.10:influxdb3_catalog/src/error.rs:91-94, since 3.9.
    table_limit: TableLimit::NumberAndLimit,
    // 3.10:influxdb3_catalog/src/catalog/versions/v3/schema/table.rs:210-229 looks at reserved
    // names alone.
    refuses_control_characters: false,
    names: Names {
        // 3.10:influxdb3_server/src/http.rs:2352-2355.
        longest: 511,
        // 3.10:core/data_types/src/namespace_name.rs:47-53, since 3.9.
        refused_character: "is not allowed",
    },
    ..TABLES
};

/// 3.10:influxdb3_server/src/http.rs:1213-1234, influxdb3_server/src/lib.rs:54; since 3.9.
pub(super) const API: V3Api = V3Api { ping_product: Some("InfluxDB 3 Core"), ..V3_API };

/// The limits of [`STORAGE`].
const SETTINGS: &[Knob] = &[
    Knob {
        setting: Setting::RequestLimit,
        value: "10485760",
        source: "3.10:influxdb3/src/commands/serve.rs, --max-http-request-size",
    },
    Knob { setting: Setting::Databases, value: "5", source: LIMITS },
    Knob { setting: Setting::Tables, value: "2000", source: LIMITS },
    Knob { setting: Setting::Columns, value: "500", source: LIMITS },
    TAG_COLUMNS,
    MEMORY_POOL,
    GEN1_DURATION,
];

const LIMITS: &str = "3.10:influxdb3/src/commands/serve.rs:186-188";

pub(super) const TAG_COLUMNS: Knob = Knob {
    setting: Setting::TagColumns,
    value: "4096",
    source: "3.10:influxdb3_catalog/src/catalog/versions/v2.rs:96",
};

pub(crate) static V3_CORE_3_10: Profile = Profile {
    product: "v3-core",
    edition: "3.10",
    family: Family::V3,
    capabilities: CAPABILITIES,
    settings: SETTINGS,
    read_back: READ_BACK,
    facts: Facts {
        // 3.10:core/influxdb_line_protocol/src/lib.rs, with `large-strings`
        // (3.10:influxdb3/Cargo.toml:101-103); since 3.9.
        dialect: Dialect::IOX_3_9,
        // 3.10:Cargo.toml.
        http: Http { version: "3.10.1", ..HTTP },
        write: &[
            WriteEndpoint {
                // 3.10:influxdb3_types/src/database_name.rs:18 allows what the check before it does;
                // the compatible endpoints keep the routing layer's.
                checks: &[Check::Parameters, Check::DatabaseName],
                encoding: ALL_MEMBERS,
                answers: &[V3_WORDS, PLAIN_WORDS, UNREAD_WORDS],
                ..WRITE_LP
            },
            WriteEndpoint { encoding: ALL_MEMBERS, answers: &[V2_WORDS, V2_LINES], ..API_V2_WRITE },
            WriteEndpoint {
                encoding: ALL_MEMBERS,
                answers: &[V1_WORDS, PLAIN_WORDS, UNREAD_WORDS],
                ..WRITE
            },
        ],
        storage: Storage::Tables(STORAGE),
        v3_api: Some(&API),
        sql: Some(&crate::sql::V3_CORE_3_10),
        flight: Some(&crate::flight::V3_CORE_3_10),
        ..v3_core_3_8_0::FACTS
    },
};
