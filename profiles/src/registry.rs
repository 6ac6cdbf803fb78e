//! The list of profiles, and how one is found by its name.

use crate::answer::Answers;
use crate::capability::{Capability, Family, ReadBack};
use crate::editions::{
    CLOUD_DEDICATED_DOCS, CLOUD_DEDICATED_ROUTER_2023, CLOUD_DOCS, CLOUD_SERVERLESS_DOCS,
    CLOUD_SERVERLESS_ROUTER_2023, CLUSTERED_DOCS, CLUSTERED_ROUTER_2023, OSS_V1_1_6, OSS_V1_1_12,
    OSS_V2_2_1, OSS_V2_2_7, OSS_V2_2_9, OSS_V2_DOCS, OSS_V2_DOCS_2_1, V3_CORE_3_6, V3_CORE_3_8,
    V3_CORE_3_8_0, V3_CORE_3_10, V3_CORE_DOCS, V3_ENTERPRISE_DOCS,
};
use crate::flight::Flight;
use crate::flux::FluxRules;
use crate::http::Http;
use crate::influxql::Influxql;
use crate::settings::Knob;
use crate::sql::Sql;
use crate::storage::Storage;
use crate::v1_api::V1Api;
use crate::v2_api::V2Api;
use crate::v3_api::V3Api;
use crate::write::WriteEndpoint;
use line_protocol::Dialect;

/// Everything that is known of one edition of one product.
#[derive(Debug)]
pub struct Profile {
    /// The product: `oss-v1`.
    pub product: &'static str,
    /// The edition: `1.6`.
    pub edition: &'static str,
    /// Which API it speaks first.
    pub family: Family,
    /// What it can do.
    pub capabilities: &'static [Capability],
    /// What an operator can set, and the product's own values.
    pub settings: &'static [Knob],
    /// How what is stored can be read back.
    pub read_back: ReadBack,
    /// What the reference server needs to answer like it; the harness must not read this.
    pub facts: Facts,
}

/// How the product answers: for the reference server alone.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Its grammar of line protocol.
    pub dialect: Dialect,
    /// Headers and habits that are the same for all answers.
    pub http: Http,
    /// What is answered on any path: credentials that do not serve, a path that is not there.
    pub credentials: Answers,
    /// Its write endpoints, its own first.
    pub write: &'static [WriteEndpoint],
    /// How it keeps points.
    pub storage: Storage,
    /// The further routes of the v1 family, where the product is of it.
    pub v1_api: Option<&'static V1Api>,
    /// The management API of the v2 family, where the product has it.
    pub v2_api: Option<&'static V2Api>,
    /// The further routes of the v3 family, where the product is of it.
    pub v3_api: Option<&'static V3Api>,
    /// How `/query` answers.
    pub influxql: &'static Influxql,
    /// Flux, where the product has it.
    pub flux: Option<&'static FluxRules>,
    /// SQL over HTTP, where the product has it.
    pub sql: Option<&'static Sql>,
    /// Arrow Flight, where the product has it.
    pub flight: Option<&'static Flight>,
}

impl Profile {
    /// `product@edition`, the profile's full name.
    pub fn name(&self) -> String {
        format!("{}@{}", self.product, self.edition)
    }

    /// Whether the product can do this.
    pub fn offers(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }
}

/// Every profile, products in the order of the documentation, newest edition last.
pub static ALL: &[&Profile] = &[
    &OSS_V1_1_6,
    &OSS_V1_1_12,
    &OSS_V2_2_1,
    &OSS_V2_2_7,
    &OSS_V2_2_9,
    &OSS_V2_DOCS_2_1,
    &OSS_V2_DOCS,
    &CLOUD_DOCS,
    &V3_CORE_3_6,
    &V3_CORE_3_8_0,
    &V3_CORE_3_8,
    &V3_CORE_3_10,
    &V3_CORE_DOCS,
    &V3_ENTERPRISE_DOCS,
    &CLOUD_SERVERLESS_ROUTER_2023,
    &CLOUD_SERVERLESS_DOCS,
    &CLOUD_DEDICATED_ROUTER_2023,
    &CLOUD_DEDICATED_DOCS,
    &CLUSTERED_ROUTER_2023,
    &CLUSTERED_DOCS,
];

/// The edition that is meant where none is named: what a product's own documentation promises.
const PROMISED: &str = "docs";

/// No profile has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownProfile(pub String);

impl std::fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(name) = self;
        let (product, edition) = name.split_once('@').unwrap_or((name, ""));
        let editions: Vec<_> =
            ALL.iter().filter(|p| p.product == product).map(|p| p.edition).collect();
        match (editions.split_last(), edition) {
            (None, _) => {
                let known: Vec<_> = ALL.iter().map(|p| p.name()).collect();
                write!(f, "unknown profile \"{name}\"; known are {}", known.join(", "))
            }
            (Some((last, [])), _) => write!(f, "{product} has no edition but {last}"),
            (Some((last, others)), "") => {
                let others = others.join(", ");
                write!(f, "{product} has the editions {others} and {last}: say which, ")?;
                write!(f, "as {product}@{last}")
            }
            (Some((last, others)), edition) => {
                let others = others.join(", ");
                write!(f, "{product} has no edition \"{edition}\", but {others} and {last}")
            }
        }
    }
}

impl std::error::Error for UnknownProfile {}

/// The profile of this name, `product@edition`. A product alone is its edition `docs`; one without
/// that needs its edition named, unless there is only one.
///
/// # Errors
/// [`UnknownProfile`], whose text lists what there is.
pub fn find(name: &str) -> Result<&'static Profile, UnknownProfile> {
    if let Some(profile) = ALL.iter().find(|p| p.name() == name) {
        return Ok(profile);
    }
    let editions = || ALL.iter().filter(|p| p.product == name);
    if let Some(promised) = editions().find(|p| p.edition == PROMISED) {
        return Ok(promised);
    }
    match (editions().next(), editions().nth(1)) {
        (Some(profile), None) => Ok(profile),
        _ => Err(UnknownProfile(name.to_owned())),
    }
}
