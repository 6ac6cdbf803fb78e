//! InfluxDB OSS 2.1, as release 2.1.1 was recorded: what differs from 2.7; source branch `2.1`.

use super::oss_v2_2_7::{CAPABILITIES, FACTS, HTTP, READ_BACK, SHARDS};
use crate::capability::Family;
use crate::flux::{FluxRules, InfluxqlRequests, LimitWithoutRows, MapColumns, WindowColumns};
use crate::http::Http;
use crate::registry::{Facts, Profile};
use crate::storage::{BeyondRetention, ConflictInBatch, Quoting, Shards, Storage};
use crate::v2_api::{
    self, Compressed, DeleteByField, MappingVisibility, MeRoutes, PasswordToken, V2Api,
    VirtualMappings,
};

/// As the recorded build names itself.
const VERSION: &str = "v2.1.1";

/// Tag v2.1.1: authz.go, AllResourceTypes; an operator has them all.
const RESOURCES: &[&str] = v2_api::RESOURCES_2_7.split_at(20).0;

const V2_API: V2Api = V2Api {
    // 2.1:http/query_handler.go:122 alone.
    compressed: Compressed::Flux,
    version: VERSION,
    // Tag v2.1.1.
    commit: "657e1839de",
    // Recorded: a bucket is reached from `/write` and `/query` by a mapping only (so before 2.4).
    virtual_mappings: VirtualMappings::None,
    // 2.1:authorizer/authorize_find.go:12-32; recorded.
    mapping_visibility: MappingVisibility::ReadOrWrite,
    // Recorded: a token as Basic password or as `p` is 401 (so before 2.7.5).
    password_token: PasswordToken::Refused,
    // Recorded (so before 2.5).
    delete_error_prefix: "invalid request; error parsing request json",
    // Source: 2.1 http/delete_handler.go decodes the body once, by a decoder of a stream.
    delete_trailing_prefix: None,
    // Recorded (so before 2.7).
    delete_by_field: DeleteByField::Ignored,
    operator_resources: RESOURCES,
    permission_resources: RESOURCES,
    // 2.1:http/legacy/ping_handler.go:27-28 adds to what every answer has; recorded.
    second_ping_build: Some("oss2"),
    // Recorded: POST is 500 `EOF` without a body (2.1:tenant/http_server_user.go, one handler).
    me: MeRoutes::AsUsers,
    ..v2_api::OSS_V2_2_7
};

const FLUX: FluxRules = FluxRules {
    // Recorded: `limit(n: 1, offset: 9)` over shorter tables gives an empty block with its header.
    limit_without_rows: LimitWithoutRows::EmptyTable,
    // Recorded: `map` sorts its columns.
    map_columns: MapColumns::ByteOrder,
    // flux v0.139.0:stdlib/universe/universe.flux: `duplicate` adds the time at the end.
    window_columns: WindowColumns::TimeLast,
    // Recorded: `found unexpected argument start`.
    measurements_take_a_range: false,
    // 2.1:http/query.go:96; recorded for `SELECT *`.
    influxql_requests: InfluxqlRequests::Compiled,
};

pub(crate) static OSS_V2_2_1: Profile = Profile {
    product: "oss-v2",
    edition: "2.1",
    family: Family::V2,
    capabilities: CAPABILITIES,
    settings: &[],
    read_back: READ_BACK,
    facts: Facts {
        http: Http { version: VERSION, ..HTTP },
        storage: Storage::Shards(Shards {
            // 2.1:tsdb/shard.go:508-530,700-718: no retry, the first type stays; recorded.
            conflict_in_batch: ConflictInBatch::Fails,
            // 2.1:tsdb/field_validator.go, `\"%s\"`; recorded.
            conflict_names: Quoting::Raw,
            // 2.1:v1/coordinator/points_writer.go:402; recorded.
            beyond_retention: BeyondRetention::Short,
            target_named: &[],
            ..SHARDS
        }),
        v2_api: Some(&V2_API),
        flux: Some(&FLUX),
        ..FACTS
    },
};
