//! InfluxDB Cloud Dedicated as its documentation promises: page 002. Where the page gives no text, the
//! text here is our own choice; it follows the page's one example and those of the API reference
//! (docs-v2 api-docs/influxdb3/cloud-dedicated).

use super::cloud_dedicated_router_2023::{
    API_V2_WRITE, BODY_WORDS, CAPABILITIES, FACTS as ROUTER, INVALID, PARTITIONS, READ_BACK,
    ROUTES, SIZE_WORDS, STORAGE_FAILED, WRITE, coded,
};
use crate::answer::{Answer, Fault as F, RETRY_AFTER, Shape as S};
use crate::capability::{Family, Management};
use crate::http::Http;
use crate::registry::{Facts, Profile};
use crate::settings::{Knob, Setting};
use crate::storage::{Partitions, Refusal, Scope, Storage, TooLarge};
use crate::write::{Check, Encoding, Members, SizeLimit, WriteEndpoint};

/// Page 002, Review HTTP status codes: 401 covers a token that may not write, and the body is empty.
pub(super) const CREDENTIALS: &[Answer] = &[
    Answer::new(F::CredentialsMissing, 401, S::BareText, ""),
    Answer::new(F::CredentialsWrong, 401, S::BareText, ""),
    Answer::new(F::Forbidden, 401, S::BareText, ""),
];

/// Page 002, as above: 404 names the type and the name of the resource.
const NAMES: &[Answer] = &[
    Answer::new(F::QueryMissing, 400, INVALID, "no database is named"),
    Answer::new(F::DatabaseMissing, 400, INVALID, "no database is named"),
    Answer::new(F::ParameterRepeated, 400, INVALID, "the parameter {name} is there twice"),
    Answer::new(
        F::PrecisionUnknown,
        400,
        INVALID,
        "the precision {value} is unknown: it is s, ms, us or ns",
    ),
    Answer::new(F::DatabaseUnknown, 404, coded("not found"), "database \"{name}\" not found"),
];

/// Rejected points. The example of page 002 begins `failed to parse line protocol:`; that the body
/// must say whether anything was written is the same page's, and the words for it are those of the
/// examples in the API reference.
pub(super) const LINES: &[Answer] = &[
    Answer::new(F::DatabaseName, 400, INVALID, "{detail}"),
    Answer::new(
        F::LinesRejected,
        400,
        INVALID,
        "failed to parse line protocol: no data written, errors encountered on line(s):\n{lines}",
    ),
    Answer::new(
        F::PartialLines,
        400,
        INVALID,
        "failed to parse line protocol: partial write has occurred, errors encountered on \
         line(s):\n{lines}",
    ),
    Answer::new(
        F::OutsideRetention,
        422,
        coded("unprocessable entity"),
        "no data written, outside of the retention period:\n{lines}",
    ),
    Answer::new(F::DatabaseLimit, 400, INVALID, "there may be no more than {limit} databases"),
    STORAGE_FAILED,
];

/// Page 002: empty, and the header says how many seconds to wait.
pub(super) const UNAVAILABLE: &[Answer] =
    &[Answer::new(F::Unavailable, 503, S::BareText, "").with(RETRY_AFTER)];

/// Bodies are read to their end.
pub(super) const ENCODING: Encoding = Encoding { members: Members::All, ..API_V2_WRITE.encoding };

/// No page has a number for Dedicated; it is Clustered's since 20231115-746129
/// (docs-v2 clustered/reference/release-notes).
const SIZE: SizeLimit = SizeLimit::SentAndInflated(50_000_000);

/// A missing database is 404, so it is looked for.
const CHECKS: &[Check] =
    &[Check::Parameters, Check::NamespaceName, Check::Permission, Check::DatabaseFound];

pub(super) const FACTS: Facts = Facts {
    http: Http { version: "docs", ..ROUTER.http },
    credentials: &[CREDENTIALS, ROUTES],
    write: &[
        WriteEndpoint {
            checks: CHECKS,
            encoding: ENCODING,
            size: SIZE,
            answers: &[NAMES, CREDENTIALS, BODY_WORDS, SIZE_WORDS, LINES, UNAVAILABLE],
            ..API_V2_WRITE
        },
        WriteEndpoint {
            checks: CHECKS,
            encoding: ENCODING,
            size: SIZE,
            answers: &[NAMES, CREDENTIALS, BODY_WORDS, SIZE_WORDS, LINES, UNAVAILABLE],
            ..WRITE
        },
    ],
    storage: Storage::Partitions(DOCUMENTED),
    ..ROUTER
};

/// Page 002, Troubleshoot rejected points; the limits from docs-v2
/// cloud-dedicated/admin/databases/_index.md.
pub(super) const DOCUMENTED: Partitions = Partitions {
    columns: 250,
    one_type_per: Scope::Partition,
    refuses: Refusal::Line,
    // Our choice: floats have 64 bits (docs-v2 reference/syntax/line-protocol), and what is stored must
    // be told.
    too_large: TooLarge::BadLine,
    gives_up_after: None,
    ..PARTITIONS
};

pub(super) const PARTITION_TEMPLATE: Knob = Knob {
    setting: Setting::PartitionTemplate,
    value: "%Y-%m-%d",
    source: "page 002: default partitioning is measurement and day",
};

pub(super) const WRITE_CAPACITY: Knob = Knob {
    setting: Setting::WriteCapacity,
    value: "off",
    source: "page 002: 503, without a number",
};

pub(super) const SETTINGS: &[Knob] = &[
    Knob {
        setting: Setting::PartialWrites,
        value: "on",
        source: "page 002: as configured; on by default in docs-v2 clustered/reference/release-notes, \
                 20240925-1257864",
    },
    PARTITION_TEMPLATE,
    Knob { setting: Setting::Tables, value: "500", source: LIMITS },
    Knob { setting: Setting::Columns, value: "250", source: LIMITS },
    Knob {
        setting: Setting::RequestLimit,
        value: "50MB",
        source: "docs-v2 clustered/reference/release-notes, 20231115-746129",
    },
    WRITE_CAPACITY,
];

const LIMITS: &str = "docs-v2 cloud-dedicated/admin/databases/_index.md";

pub(crate) static CLOUD_DEDICATED_DOCS: Profile = Profile {
    product: "cloud-dedicated",
    edition: "docs",
    family: Family::Iox(Management::Account),
    capabilities: CAPABILITIES,
    settings: SETTINGS,
    read_back: READ_BACK,
    facts: FACTS,
};
