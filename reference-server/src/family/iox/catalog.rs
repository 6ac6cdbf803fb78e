//! What exists in a cluster: databases and tokens.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha512};
use std::collections::BTreeMap;

/// Databases and tokens.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Catalog {
    databases: BTreeMap<String, Database>,
    tokens: BTreeMap<String, Token>,
}

/// A database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// How long points are kept, in nanoseconds.
    pub retention: Option<i64>,
    /// How many tables it may have; `None` is what the server says.
    pub tables: Option<usize>,
    /// How many columns a table may have.
    pub columns: Option<usize>,
    /// How the time of a point tells its partition, as `strftime` has it.
    pub template: Option<String>,
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Read.
    Read,
    /// Write.
    Write,
}

impl Action {
    /// The word of the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// The action of this word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Read, Self::Write].into_iter().find(|action| action.word() == word)
    }
}

/// A right; without a database it is one to all of them.
pub type Right = (Action, Option<String>);

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// [`hash`] of what those send who have it: nobody is shown that again, and no folder has it.
    pub hash: Vec<u8>,
    /// What someone wrote about it.
    pub description: String,
    /// What it may do with points.
    pub rights: Vec<Right>,
    /// Whether it may make databases and tokens.
    pub manages: bool,
}

impl Token {
    /// Whether it may do this to a database.
    pub fn may(&self, action: Action, database: &str) -> bool {
        let covers = |right: &Right| {
            right.0 == action && right.1.as_deref().is_none_or(|only| only == database)
        };
        self.rights.iter().any(covers)
    }
}

impl Catalog {
    /// The databases by name.
    pub fn databases(&self) -> &BTreeMap<String, Database> {
        &self.databases
    }

    /// Makes a database; false where it is there.
    pub fn create(&mut self, name: &str, database: Database) -> bool {
        let is_new = !self.databases.contains_key(name);
        if is_new {
            self.databases.insert(name.to_owned(), database);
        }
        is_new
    }

    /// Drops a database; false where there is none.
    pub fn drop_database(&mut self, name: &str) -> bool {
        self.databases.remove(name).is_some()
    }

    /// The tokens by id.
    pub fn tokens(&self) -> &BTreeMap<String, Token> {
        &self.tokens
    }

    /// Adds a token, and gives its id.
    pub fn add_token(&mut self, token: Token) -> String {
        let id = crate::ids::request_id();
        self.tokens.insert(id.clone(), token);
        id
    }

    /// Takes a token back; false where there is none.
    pub fn remove_token(&mut self, id: &str) -> bool {
        self.tokens.remove(id).is_some()
    }

    /// The token with this secret.
    pub fn token(&self, secret: &[u8]) -> Option<&Token> {
        let hash = hash(secret);
        self.tokens.values().find(|token| token.hash == hash)
    }
}

/// What is kept of a token's secret.
pub fn hash(secret: &[u8]) -> Vec<u8> {
    Sha512::digest(secret).to_vec()
}
