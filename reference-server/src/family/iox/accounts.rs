//! Who and what there is: databases and tokens of a cluster, or organisations with their buckets.

use super::catalog::Catalog;
use crate::family::v2;
use serde::{Deserialize, Serialize};
use std::sync::Mutex;

/// The accounts of one server.
pub enum Accounts {
    /// A cluster: databases, and tokens with rights to them. A database's key is its name.
    Cluster(Mutex<Catalog>),
    /// Organisations, buckets, mappings and tokens, as in the v2 family. A bucket's key is its id.
    Organisations(Mutex<v2::Catalog>),
}

/// The accounts of one server, to be kept.
#[derive(Serialize, Deserialize)]
pub(super) enum Saved {
    /// Of a cluster.
    Cluster(Catalog),
    /// Of organisations.
    Organisations(v2::catalog::Saved),
}
