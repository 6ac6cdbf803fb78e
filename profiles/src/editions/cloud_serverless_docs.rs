//! InfluxDB Cloud Serverless as its documentation promises: page 002, and docs-v2
//! cloud-serverless/admin/billing/limits.md for sizes and quotas. What differs from Cloud Dedicated.

use super::cloud_dedicated_docs::{
    CREDENTIALS, DOCUMENTED, ENCODING, FACTS as DEDICATED, LINES, PARTITION_TEMPLATE, UNAVAILABLE,
    WRITE_CAPACITY,
};
use super::cloud_dedicated_router_2023::{
    API_V2_WRITE, BODY_WORDS, CAPABILITIES, INVALID, READ_BACK, ROUTES, WRITE, coded,
};
use super::cloud_serverless_router_2023::{NOT_FOUND, V2_API};
use crate::answer::{Answer, Fault as F, RETRY_AFTER, Shape as S};
use crate::capability::{Family, Management};
use crate::registry::{Facts, Profile};
use crate::settings::{Knob, Setting};
use crate::storage::{Partitions, Storage};
use crate::write::{Address, BadLines, Check, GoodLines, SizeLimit, WriteEndpoint};

/// Page 002: 404 names "organization" or "bucket", and which. The other texts are our own.
const NAMES: &[Answer] = &[
    Answer::new(F::QueryMissing, 400, INVALID, "no bucket is named"),
    Answer::new(F::DatabaseMissing, 400, INVALID, "no bucket is named"),
    Answer::new(F::OrganisationMissing, 400, INVALID, "no organization is named"),
    Answer::new(F::ParameterRepeated, 400, INVALID, "the parameter {name} is there twice"),
    Answer::new(
        F::PrecisionUnknown,
        400,
        INVALID,
        "the precision {value} is unknown: it is s, ms, us or ns",
    ),
    Answer::new(F::OrganisationUnknown, 404, NOT_FOUND, "organization \"{name}\" not found"),
    Answer::new(F::OrganisationIdUnknown, 404, NOT_FOUND, "organization \"{name}\" not found"),
    Answer::new(F::IdLength, 400, INVALID, "an organization's id has 16 digits"),
    Answer::new(F::IdInvalid, 400, INVALID, "an organization's id is a hexadecimal number"),
    Answer::new(F::DatabaseUnknown, 404, NOT_FOUND, "bucket \"{name}\" not found"),
];

/// Page 002 gives the text; that it stands in `message` is our reading of it.
const TOO_LARGE: &[Answer] = &[Answer::new(
    F::TooLarge,
    413,
    coded("request too large"),
    "cannot read data: points in batch is too large",
)];

/// Page 002: empty, and the header says how many seconds to wait.
const TOO_MUCH: &[Answer] = &[Answer::new(F::RateExceeded, 429, S::BareText, "").with(RETRY_AFTER)];

const ANSWERS: &[&[Answer]] =
    &[NAMES, TOO_LARGE, CREDENTIALS, BODY_WORDS, LINES, TOO_MUCH, UNAVAILABLE];

/// cloud-serverless/admin/billing/limits.md: 50 MB as sent, 250 MB after decompression.
const SIZE: SizeLimit = SizeLimit::Each { sent: 50_000_000, inflated: 250_000_000 };

/// Page 002 knows no other way here.
const PARTIAL: BadLines = BadLines::Listed(GoodLines::Stored);

/// The usage-based plan's; the free one has 5 MB in five minutes.
const SETTINGS: &[Knob] = &[
    Knob { setting: Setting::WriteRate, value: "300MB/5m", source: LIMITS },
    WRITE_CAPACITY,
    Knob { setting: Setting::RequestLimit, value: "50MB", source: LIMITS },
    Knob { setting: Setting::InflatedLimit, value: "250MB", source: LIMITS },
    Knob { setting: Setting::Tables, value: "500", source: LIMITS },
    Knob { setting: Setting::Columns, value: "200", source: LIMITS },
    PARTITION_TEMPLATE,
];

const LIMITS: &str = "docs-v2 cloud-serverless/admin/billing/limits.md";

pub(crate) static CLOUD_SERVERLESS_DOCS: Profile = Profile {
    product: "cloud-serverless",
    edition: "docs",
    family: Family::Iox(Management::Buckets),
    capabilities: CAPABILITIES,
    settings: SETTINGS,
    read_back: READ_BACK,
    facts: Facts {
        write: &[
            WriteEndpoint {
                address: Address::OrganisationAndBucket,
                checks: &[
                    Check::Parameters,
                    Check::Organisation,
                    Check::DatabaseFound,
                    Check::Permission,
                ],
                encoding: ENCODING,
                size: SIZE,
                bad_lines: PARTIAL,
                answers: ANSWERS,
                ..API_V2_WRITE
            },
            // The pair is mapped to a bucket (cloud-serverless/guides/api-compatibility/v1).
            WriteEndpoint {
                checks: &[Check::Parameters, Check::DatabaseFound, Check::Permission],
                encoding: ENCODING,
                size: SIZE,
                bad_lines: PARTIAL,
                answers: ANSWERS,
                ..WRITE
            },
        ],
        credentials: &[CREDENTIALS, ROUTES],
        // docs-v2 cloud-serverless/admin/billing/limits.md: 500 tables, 200 columns.
        storage: Storage::Partitions(Partitions { columns: 200, ..DOCUMENTED }),
        v2_api: Some(&V2_API),
        ..DEDICATED
    },
};
