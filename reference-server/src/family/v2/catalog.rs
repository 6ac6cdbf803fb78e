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
use serde::{Deserialize, Serialize};
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

/// The records of a catalog, to be kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct Saved {
    /// How many ids in order were made.
    ids: u64,
    users: Vec<User>,
    orgs: Vec<Org>,
    buckets: Vec<Bucket>,
    mappings: Vec<Mapping>,
    defaults: Vec<(Id, String, Id)>,
    tokens: Vec<Token>,
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

    /// All of it.
    pub fn saved(&self) -> Saved {
        let default =
            |((org, database), mapping): (&(Id, String), &Id)| (*org, database.clone(), *mapping);
        Saved {
            ids: self.ids.count(),
            users: self.users.values().cloned().collect(),
            orgs: self.orgs.values().cloned().collect(),
            buckets: self.buckets.values().cloned().collect(),
            mappings: self.mappings.values().cloned().collect(),
            defaults: self.defaults.iter().map(default).collect(),
            tokens: self.tokens.values().map(|token| Token::clone(token)).collect(),
        }
    }

    /// Becomes what was saved.
    pub fn restore(&mut self, saved: Saved) {
        *self = Self {
            release: self.release,
            ids: Generator::again(saved.ids, crate::ids::unique_bits()),
            users: saved.users.into_iter().map(|user| (user.id, user)).collect(),
            orgs: saved.orgs.into_iter().map(|org| (org.id, org)).collect(),
            buckets: saved.buckets.into_iter().map(|bucket| (bucket.id, bucket)).collect(),
            mappings: saved.mappings.into_iter().map(|mapping| (mapping.id, mapping)).collect(),
            defaults: saved.defaults.into_iter().map(|(org, db, id)| ((org, db), id)).collect(),
            tokens: saved.tokens.into_iter().map(|token| (token.id, Arc::new(token))).collect(),
        };
    }

    /// The release that it answers like.
    pub const fn release(&self) -> &'static V2Api {
        self.release
    }
}
