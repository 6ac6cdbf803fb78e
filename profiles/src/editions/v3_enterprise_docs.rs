//! InfluxDB 3 Enterprise as its documentation promises: page 001, which says of writes what page 000
//! says of Core, and has tokens with permissions. What differs from Core.

use super::v3_core_3_6::{GEN1_DURATION, HTTP, MEMORY_POOL, READ_BACK};
use super::v3_core_3_10::{API as CORE_API, TAG_COLUMNS};
use super::v3_core_docs::{COLUMNS, FACTS, TABLES, WRITE_CAPACITY};
use crate::capability::{Capability as C, Family};
use crate::http::Http;
use crate::registry::{Facts, Profile};
use crate::settings::{Knob, Setting};
use crate::storage::{Storage, Tables};
use crate::v3_api::V3Api;

/// docs-v2 enterprise/admin/tokens/resource/create.md: tokens for reading and for writing databases.
const CAPABILITIES: &[C] = &[
    C::Write,
    C::ReadBack,
    C::CreateDatabase,
    C::ApiV1,
    C::ApiV2,
    C::ApiV3,
    C::Auth,
    C::Permissions,
    C::Retention,
    C::Influxql,
    C::Sql,
    C::Limits,
];

const API: V3Api = V3Api {
    // As Core's, by its build (3.10:influxdb3_server/src/lib.rs:54).
    ping_product: Some("InfluxDB 3 Enterprise"),
    resource_tokens: true,
    ..CORE_API
};

const SETTINGS: &[Knob] = &[
    Knob {
        setting: Setting::RequestLimit,
        value: "10485760",
        source: "docs-v2 enterprise/reference/config-options, max-http-request-size",
    },
    WRITE_CAPACITY,
    Knob { setting: Setting::Databases, value: "100", source: LIMITS },
    Knob { setting: Setting::Tables, value: "4000", source: LIMITS },
    COLUMNS,
    TAG_COLUMNS,
    MEMORY_POOL,
    GEN1_DURATION,
];

const LIMITS: &str = "3.10:influxdb3_catalog/src/catalog/versions/v2.rs:421-425";

pub(crate) static V3_ENTERPRISE_DOCS: Profile = Profile {
    product: "v3-enterprise",
    edition: "docs",
    family: Family::V3,
    capabilities: CAPABILITIES,
    settings: SETTINGS,
    read_back: READ_BACK,
    facts: Facts {
        http: Http { version: "docs", build: "Enterprise", ..HTTP },
        storage: Storage::Tables(Tables {
            // 3.10:influxdb3_catalog/src/catalog/versions/v2.rs:421-425, which
            // influxdb3/src/commands/serve.rs:184 says are those of Enterprise.
            databases: 100,
            tables: 4000,
            ..TABLES
        }),
        v3_api: Some(&API),
        ..FACTS
    },
};
