//! The list of profiles, and how one is found by its name.

use crate::capability::{Capability, Family, ReadBack};
use std::time::Duration;

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
    /// How what is stored can be read back.
    pub read_back: ReadBack,
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

use Capability as C;

const SYNCHRONOUS: Duration = Duration::ZERO;

static OSS_V1_1_6: Profile = Profile {
    product: "oss-v1",
    edition: "1.6",
    family: Family::V1,
    capabilities: &[
        C::Write,
        C::ReadBack,
        C::CreateDatabase,
        C::ApiV1,
        C::Auth,
        C::Permissions,
        C::Retention,
        C::Influxql,
        C::Limits,
    ],
    read_back: ReadBack { languages: &[C::Influxql], visible_within: SYNCHRONOUS },
};

static OSS_V2_2_7: Profile = Profile {
    product: "oss-v2",
    edition: "2.7",
    family: Family::V2,
    capabilities: &[
        C::Write,
        C::ReadBack,
        C::CreateDatabase,
        C::ApiV1,
        C::ApiV2,
        C::Auth,
        C::Permissions,
        C::Retention,
        C::Influxql,
        C::Flux,
        C::Delete,
        C::Limits,
    ],
    read_back: ReadBack { languages: &[C::Influxql, C::Flux], visible_within: SYNCHRONOUS },
};

static V3_CORE_3_6: Profile = Profile {
    product: "v3-core",
    edition: "3.6",
    family: Family::V3,
    capabilities: &[
        C::Write,
        C::ReadBack,
        C::CreateDatabase,
        C::ApiV1,
        C::ApiV2,
        C::ApiV3,
        C::Auth,
        C::Retention,
        C::Influxql,
        C::Sql,
        C::Limits,
    ],
    read_back: ReadBack { languages: &[C::Influxql, C::Sql], visible_within: SYNCHRONOUS },
};

/// Every profile, products in the order of the documentation, newest edition last.
pub static ALL: &[&Profile] = &[&OSS_V1_1_6, &OSS_V2_2_7, &V3_CORE_3_6];

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
