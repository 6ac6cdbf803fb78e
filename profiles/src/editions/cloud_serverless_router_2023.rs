//! InfluxDB Cloud Serverless as the IOx router of September 2023 answers in multi-tenant mode: what
//! differs from Cloud Dedicated's. The gateway before it, which knows tokens, organisations and
//! buckets, has no public source; what it says is known from a few answers that were seen.

use super::cloud_dedicated_router_2023::{
    API_V2_WRITE, BODY_WORDS, FACTS, INVALID, LINE_WORDS, READ_BACK, ROUTES, SETTINGS, SIZE_WORDS,
    coded,
};
use crate::answer::{Answer, Fault as F};
use crate::capability::{Capability as C, Family, Management};
use crate::http::ControlEscapes;
use crate::registry::{Facts, Profile};
use crate::v2_api::{self, V2Api, VirtualMappings};
use crate::write::{Address, Check, WriteEndpoint};

const UNAUTHORIZED: crate::answer::Shape = coded("unauthorized");

/// Seen from the gateway, with `X-Platform-Error-Code` (influxdata/influxdb-client-python#55).
const CREDENTIALS: &[Answer] = &[
    Answer::new(F::CredentialsMissing, 401, UNAUTHORIZED, "unauthorized access"),
    Answer::new(F::CredentialsWrong, 401, UNAUTHORIZED, "unauthorized access"),
    Answer::new(F::Forbidden, 401, UNAUTHORIZED, "unauthorized access"),
];

/// iox:router/src/server/http/write/multi_tenant.rs and iox:data_types/src/namespace_name.rs; a name
/// that is not there is the gateway's matter, in the words of Cloud 2.
const WORDS: &[Answer] = &[
    Answer::new(F::DatabaseName, 400, INVALID, "invalid namespace name: {detail}"),
    Answer::new(F::QueryMissing, 400, INVALID, "no org/bucket destination provided"),
    Answer::new(F::DatabaseMissing, 400, INVALID, "missing org/bucket value"),
    Answer::new(F::OrganisationMissing, 400, INVALID, "missing org/bucket value"),
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
    Answer::new(F::OrganisationUnknown, 404, NOT_FOUND, "organization name \"{name}\" not found"),
    Answer::new(F::OrganisationIdUnknown, 404, NOT_FOUND, "organization not found"),
    Answer::new(F::IdLength, 400, INVALID, "id must have a length of 16 bytes"),
    Answer::new(F::IdInvalid, 400, INVALID, "invalid ID"),
    Answer::new(F::DatabaseUnknown, 404, NOT_FOUND, "bucket \"{name}\" not found"),
];

pub(super) const NOT_FOUND: crate::answer::Shape = coded("not found");

/// The management API of Cloud 2; its answers are taken from OSS 2.7, which has the same contract.
pub(super) const V2_API: V2Api = V2Api {
    version: "cloud2",
    commit: "",
    control_escapes: ControlEscapes::Short,
    virtual_mappings: VirtualMappings::None,
    ..v2_api::OSS_V2_2_7
};

pub(crate) static CLOUD_SERVERLESS_ROUTER_2023: Profile = Profile {
    product: "cloud-serverless",
    edition: "router-2023",
    family: Family::Iox(Management::Buckets),
    // `/write` is not routed in this mode.
    capabilities: &[
        C::Write,
        C::ReadBack,
        C::CreateDatabase,
        C::ApiV2,
        C::Auth,
        C::Permissions,
        C::Retention,
        C::Influxql,
        C::Limits,
    ],
    settings: SETTINGS,
    read_back: READ_BACK,
    facts: Facts {
        credentials: &[CREDENTIALS, ROUTES],
        write: &[WriteEndpoint {
            address: Address::OrganisationAndBucket,
            checks: &[
                Check::Parameters,
                Check::NamespaceName,
                Check::Organisation,
                Check::DatabaseFound,
                Check::Permission,
            ],
            answers: &[WORDS, CREDENTIALS, BODY_WORDS, SIZE_WORDS, LINE_WORDS],
            ..API_V2_WRITE
        }],
        v2_api: Some(&V2_API),
        ..FACTS
    },
};
