//! InfluxDB Clustered as its documentation promises: page 002, which says of it what it says of Cloud
//! Dedicated. The management API is on the cluster itself.

use super::cloud_dedicated_docs::{FACTS, SETTINGS};
use super::cloud_dedicated_router_2023::{CAPABILITIES, READ_BACK};
use crate::capability::{Family, Management};
use crate::registry::Profile;

pub(crate) static CLUSTERED_DOCS: Profile = Profile {
    product: "clustered",
    edition: "docs",
    family: Family::Iox(Management::Cluster),
    capabilities: CAPABILITIES,
    settings: SETTINGS,
    read_back: READ_BACK,
    facts: FACTS,
};
