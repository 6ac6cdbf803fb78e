//! InfluxDB Clustered as the IOx router of September 2023 answers: Cloud Dedicated's, with the
//! management API on the cluster itself.

use super::cloud_dedicated_router_2023::{CAPABILITIES, FACTS, READ_BACK, SETTINGS};
use crate::capability::{Family, Management};
use crate::registry::Profile;

pub(crate) static CLUSTERED_ROUTER_2023: Profile = Profile {
    product: "clustered",
    edition: "router-2023",
    family: Family::Iox(Management::Cluster),
    capabilities: CAPABILITIES,
    settings: SETTINGS,
    read_back: READ_BACK,
    facts: FACTS,
};
