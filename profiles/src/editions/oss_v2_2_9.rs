//! InfluxDB OSS 2.9, as release 2.9.1 was recorded: what differs from 2.7; source branch `2.9`.

use super::oss_v2_2_7::{CAPABILITIES, FACTS, HTTP, READ_BACK, SHARDS};
use crate::capability::Family;
use crate::http::Http;
use crate::registry::{Facts, Profile};
use crate::storage::{Loss, Shards, Storage, TimeBesideFields};
use crate::v2_api::{self, V2Api};

const V2_API: V2Api = V2Api {
    version: VERSION,
    // Tag v2.9.1.
    commit: "d4fa1941fd",
    ..v2_api::OSS_V2_2_7
};

/// As the recorded build names itself.
const VERSION: &str = "v2.9.1";

pub(crate) static OSS_V2_2_9: Profile = Profile {
    product: "oss-v2",
    edition: "2.9",
    family: Family::V2,
    capabilities: CAPABILITIES,
    settings: &[],
    read_back: READ_BACK,
    facts: Facts {
        http: Http { version: VERSION, ..HTTP },
        storage: Storage::Shards(Shards {
            // Since 2.9.0 (9a0b63badf): 2.9:tsdb/field_validator.go and shard.go
            // validateSeriesAndFields; recorded for one such point.
            time_beside_fields: TimeBesideFields::StrippedAndTold,
            target_named: &[Loss::Retention, Loss::TimeFields],
            ..SHARDS
        }),
        v2_api: Some(&V2_API),
        ..FACTS
    },
};
