//! The list of profiles, and how one is found by its name.

use crate::answer::Answers;
use crate::capability::{Capability, Family, ReadBack};
use crate::editions::{
    CLOUD_DOCS, OSS_V1_1_6, OSS_V1_1_12, OSS_V2_2_1, OSS_V2_2_7, OSS_V2_2_9, V3_CORE_3_6,
    V3_CORE_3_8_0,
};
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
    /// What credentials that do not serve are answered with, on any path.
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
    &CLOUD_DOCS,
    &V3_CORE_3_6,
    &V3_CORE_3_8_0,
];

/// No profile has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownProfile(pub String);

impl std::fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known: Vec<_> = ALL.iter().map(|p| p.name()).collect();
        write!(f, "unknown profile \"{}\"; known are {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownProfile {}

/// The profile of this name, `product@edition`; a product with one edition needs no `@edition`.
///
/// # Errors
/// [`UnknownProfile`], whose text lists the known names.
pub fn find(name: &str) -> Result<&'static Profile, UnknownProfile> {
    let unknown = || UnknownProfile(name.to_owned());
    if let Some(profile) = ALL.iter().find(|p| p.name() == name) {
        return Ok(profile);
    }
    let mut editions = ALL.iter().filter(|p| p.product == name);
    match (editions.next(), editions.next()) {
        (Some(profile), None) => Ok(profile),
        _ => Err(unknown()),
    }
}
