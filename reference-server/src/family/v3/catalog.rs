//! What exists in a v3 server: databases with their tables, and tokens.

use super::rights::Rights;
use crate::store::tables::TableSet;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha512};
use std::collections::BTreeMap;

/// The database that the product keeps for itself.
pub const INTERNAL: &str = "_internal";

/// The name of the owner's token.
pub const OWNER: &str = "_admin";

/// Databases and tokens.
#[derive(Debug, Default)]
pub struct Catalog {
    databases: BTreeMap<String, Database>,
    tokens: BTreeMap<String, Token>,
    /// How many tokens were ever made.
    made: u64,
}

/// A token.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Token {
    /// [`hash`] of it.
    hash: Vec<u8>,
    rights: Rights,
    /// From when on it is none, in nanoseconds since 1970.
    expires: Option<i64>,
}

/// A database.
#[derive(Clone, Debug, Default)]
pub struct Database {
    /// Its tables.
    pub tables: TableSet,
    /// How long points are kept, in nanoseconds.
    pub retention: Option<i64>,
}

/// All of a catalog but its tables.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    databases: Vec<(String, Option<i64>)>,
    tokens: BTreeMap<String, Token>,
    made: u64,
}

impl Catalog {
    /// All but the tables.
    pub(super) fn saved(&self) -> Saved {
        let databases = self.databases.iter();
        Saved {
            databases: databases.map(|(name, known)| (name.clone(), known.retention)).collect(),
            tokens: self.tokens.clone(),
            made: self.made,
        }
    }

    /// Becomes what was saved; databases that are there keep their tables.
    pub(super) fn restore(&mut self, saved: Saved) {
        let mut before = std::mem::take(&mut self.databases);
        let database = |(name, retention): (String, Option<i64>)| {
            let known = before.remove(&name).unwrap_or_default();
            (name, Database { retention, ..known })
        };
        self.databases = saved.databases.into_iter().map(database).collect();
        self.tokens = saved.tokens;
        self.made = saved.made;
    }

    /// The names of the databases, the product's own first.
    pub fn names(&self) -> Vec<String> {
        let own = std::iter::once(INTERNAL.to_owned());
        own.chain(self.databases.keys().cloned()).collect()
    }

    /// How many databases there are, the product's own not counted.
    pub fn len(&self) -> usize {
        self.databases.len()
    }

    /// Whether there is no database.
    pub fn is_empty(&self) -> bool {
        self.databases.is_empty()
    }

    /// A database.
    pub fn database(&self, name: &str) -> Option<&Database> {
        self.databases.get(name)
    }

    /// A database, to write to.
    pub fn database_mut(&mut self, name: &str) -> Option<&mut Database> {
        self.databases.get_mut(name)
    }

    /// All databases but the product's own.
    pub(super) fn databases_mut(&mut self) -> impl Iterator<Item = (&String, &mut Database)> {
        self.databases.iter_mut()
    }

    /// How many tables all databases but this one have.
    pub fn tables_elsewhere(&self, name: &str) -> usize {
        let others = self.databases.iter().filter(|(other, _)| *other != name);
        others.map(|(_, database)| database.tables.len()).sum()
    }

    /// Makes a database, or replaces one.
    pub fn insert(&mut self, name: &str, database: Database) {
        self.databases.insert(name.to_owned(), database);
    }

    /// Deletes a database; false where there is none.
    pub fn remove(&mut self, name: &str) -> bool {
        self.databases.remove(name).is_some()
    }

    /// Makes a token known under a name, and gives its number, which no other ever has; none where
    /// the name is taken.
    pub fn add_token(
        &mut self,
        name: &str,
        token: &str,
        rights: Rights,
        expires: Option<i64>,
    ) -> Option<u64> {
        if self.tokens.contains_key(name) {
            return None;
        }
        self.tokens.insert(name.to_owned(), Token { hash: hash(token), rights, expires });
        self.made += 1;
        Some(self.made - 1)
    }

    /// Forgets a token; false where there is none of this name.
    pub fn remove_token(&mut self, name: &str) -> bool {
        self.tokens.remove(name).is_some()
    }

    /// What this token may do; none where it is no token, or no more.
    pub fn rights(&self, token: &str, now: i64) -> Option<Rights> {
        let hash = hash(token);
        let known = self.tokens.values().find(|known| known.hash == hash)?;
        let expired = known.expires.is_some_and(|expires| expires <= now);
        (!expired).then(|| known.rights.clone())
    }
}

/// Tokens are kept as their SHA-512, as the product keeps them.
pub(super) fn hash(token: &str) -> Vec<u8> {
    Sha512::digest(token.as_bytes()).to_vec()
}
