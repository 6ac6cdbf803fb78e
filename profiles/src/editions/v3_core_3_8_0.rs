//! InfluxDB 3 Core 3.8.0, as that release was recorded: what differs from 3.6; source tag `v3.8.0`,
//! here written `3.8`, and influxdb3_core c7612d1, which it pins.
//!
//! Every answer to a write of line protocol is that of 3.6. Since the recorded build has the query
//! engine of 3.6, what SQL plans say is that of 3.6 too; 3.8.1 words the line errors of
//! `/api/v2/write` anew.

use super::v3_core_3_6::{
    self, API_V2_WRITE, CAPABILITIES, ENCODING, HTTP, MALFORMED, READ_BACK, SETTINGS, WRITE,
    WRITE_LP,
};
use crate::answer::{Answer, Fault as F, Shape as S};
use crate::capability::Family;
use crate::http::Http;
use crate::influxql::{
    self, Csv, CsvForm, Errors, Floats, Infinite, Influxql, Json, MeasurementOrder, Policies,
    PostBody,
};
use crate::registry::{Facts, Profile};
use crate::v3_api::{UnknownRoute, V3Api};
use crate::write::{Encoding, Members, WriteEndpoint};

/// 3.8:influxdb3_server/src/http.rs, AuthenticationError; recorded.
pub(super) const CREDENTIALS: &[Answer] = &[
    Answer::new(
        F::CredentialsMissing,
        401,
        S::BareErrorSpaced,
        "the request was not authenticated",
    ),
    Answer::new(F::CredentialsWrong, 401, S::BareErrorSpaced, "the request was not authenticated"),
];

/// `MultiGzDecoder` (114e7521a1); recorded for bytes that are no further member.
pub(super) const ALL_MEMBERS: Encoding = Encoding { members: Members::All, ..ENCODING };

pub(super) const INFLUXQL: Influxql = Influxql {
    json: Json {
        // iox_v1_query_api/src/value.rs; recorded.
        floats: Floats::SerdeWhole,
        // iox_v1_query_api/src/response/json.rs; recorded.
        infinite: Infinite::Refused,
        // Recorded.
        end: "",
        ..influxql::V3_CORE_3_6.json
    },
    // iox_v1_query_api/src/response/csv.rs; recorded, but for what is quoted.
    csv: Csv { null: "", form: CsvForm::CommaQuoted, ..influxql::V3_CORE_3_6.csv },
    // iox_v1_query_api/src/handler.rs handle_parameterized_query; recorded in part.
    errors: Errors::InStatement,
    measurements: MeasurementOrder::ByName,
    // iox_v1_query_api/src/handler.rs SupportedContentType.
    post_body: PostBody::FormOrStatements,
    // 3.8:influxdb3_internal_api/src/query_executor.rs ShowRetentionPolicies (inferred: not
    // recorded).
    policies: Policies::Database,
    missing_query: "expected a query to be provided in the query string or body",
    ..influxql::V3_CORE_3_6
};

/// 3.8:influxdb3_server/src/http.rs, RoutingError; recorded, but for the id.
pub(super) const V3_API: V3Api = V3Api {
    unknown_route: UnknownRoute { text: "Not found", cors: false },
    health_content_type: Some("text/plain; charset=utf-8"),
    missing_database_named: true,
    // Since 3.7; 3.8:influxdb3_server/src/http.rs route_request.
    cluster_uuid: true,
    // Recorded.
    ping_product: None,
    resource_tokens: false,
};

pub(super) const FACTS: Facts = Facts {
    http: Http { version: "3.8.0", ..HTTP },
    credentials: &[CREDENTIALS, MALFORMED],
    write: &[
        WriteEndpoint { encoding: ALL_MEMBERS, ..WRITE_LP },
        WriteEndpoint { encoding: ALL_MEMBERS, ..API_V2_WRITE },
        WriteEndpoint { encoding: ALL_MEMBERS, ..WRITE },
    ],
    v3_api: Some(&V3_API),
    influxql: &INFLUXQL,
    flight: Some(&crate::flight::V3_CORE_3_8),
    ..v3_core_3_6::FACTS
};

pub(crate) static V3_CORE_3_8_0: Profile = Profile {
    product: "v3-core",
    edition: "3.8.0",
    family: Family::V3,
    capabilities: CAPABILITIES,
    settings: SETTINGS,
    read_back: READ_BACK,
    facts: FACTS,
};
