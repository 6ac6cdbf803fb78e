//! Who and what there is: organisations, users, buckets, mappings of databases, tokens. It keeps
//! names and rules, no points, no clock and no randomness of its own: times come as arguments,
//! ids from a seed.
//!
//! What a caller may do is not checked here but in [`super::api`], with what [`permission`] and
//! [`token`] say.

mod bucket;
mod lookup;
mod mapping;
mod org;
pub mod permission;
mod schema;
mod setup;
mod token;

pub use bucket::{Bucket, BucketUpdate, NewBucket};
pub use lookup::LookupError;
pub use mapping::{Mapping, MappingFilter, NewMapping};
pub use org::{Org, User};
pub use permission::{Action, Permission, Resource};
pub use schema::{Column, ColumnKind, ExplicitSchema, Schema, SchemaKind};
pub use setup::{Setup, SetupDone};
pub use token::{NewToken, Token};

use super::id::{Generator, Id};
use profiles::V2Api;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The records of one server.
#[derive(Debug)]
pub struct Catalog {
    release: &'static V2Api,
    ids: Generator,
    users: BTreeMap<Id, User>,
    orgs: BTreeMap<Id, Org>,
    buckets: BTreeMap<Id, Bucket>,
    /// The mappings that someone made.
    mappings: BTreeMap<Id, Mapping>,
    /// Which mapping is the default of an organisation's database.
    defaults: HashMap<(Id, String), Id>,
    tokens: BTreeMap<Id, Arc<Token>>,
}

impl Catalog {
    /// An empty catalog of this release; the seed decides its ids.
    pub fn new(release: &'static V2Api, seed: u64) -> Self {
        Self {
            release,
            ids: Generator::new(seed),
            users: BTreeMap::new(),
            orgs: BTreeMap::new(),
            buckets: BTreeMap::new(),
            mappings: BTreeMap::new(),
            defaults: HashMap::new(),
            tokens: BTreeMap::new(),
        }
    }

    /// The release that it answers like.
    pub const fn release(&self) -> &'static V2Api {
        self.release
    }
}
