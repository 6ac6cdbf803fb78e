//! What exists in a v1 server: databases with their retention policies, and users.

use crate::store::shards::ShardedBucket;
use profiles::storage::{SHORTEST_RETENTION, Shards};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const HOUR: i64 = 3600 * 1_000_000_000;
const DAY: i64 = 24 * HOUR;

/// The longest name of a database, in bytes (1.6:services/meta/data.go, `MaxNameLen`).
const LONGEST_NAME: usize = 255;

/// The name of the policy that a new database has.
pub const DEFAULT_POLICY: &str = "autogen";

/// Databases and users.
#[derive(Debug)]
pub struct Catalog {
    rules: Shards,
    /// In the order in which they were made.
    databases: Vec<(String, Database)>,
    users: BTreeMap<String, User>,
}

/// A database.
#[derive(Clone, Debug)]
pub struct Database {
    /// Its policies, in the order in which they were made.
    pub policies: Vec<Policy>,
    /// The name of the one that is meant where none is named.
    pub default_policy: String,
}

/// A retention policy and its points.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// How long points are kept, in nanoseconds; 0 is for ever.
    pub duration: i64,
    /// How much time a shard covers, in nanoseconds.
    pub shard_duration: i64,
    /// How many copies; the product keeps one.
    pub replication: u32,
    /// Its points.
    pub bucket: Arc<Mutex<ShardedBucket>>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The name.
    pub name: String,
    /// Whether everything is allowed.
    pub admin: bool,
    /// What is allowed on which database.
    pub privileges: BTreeMap<String, Privilege>,
    password: [u8; 32],
}

/// What a user may do with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Privilege {
    /// Read.
    Read,
    /// Write.
    Write,
    /// Both.
    All,
}

impl Privilege {
    /// Whether writing is part of it.
    pub fn writes(self) -> bool {
        matches!(self, Self::Write | Self::All)
    }

    /// Whether reading is part of it.
    pub fn reads(self) -> bool {
        matches!(self, Self::Read | Self::All)
    }
}

impl User {
    /// Whether this is the user's password.
    pub fn password_is(&self, password: &str) -> bool {
        self.password == digest(password)
    }

    /// Whether the user may write to this database.
    pub fn may_write(&self, database: &str) -> bool {
        self.admin || self.privileges.get(database).is_some_and(|p| p.writes())
    }

    /// Whether the user may read this database.
    pub fn may_read(&self, database: &str) -> bool {
        self.admin || self.privileges.get(database).is_some_and(|p| p.reads())
    }
}

fn digest(password: &str) -> [u8; 32] {
    Sha256::digest(password.as_bytes()).into()
}

/// What a statement asks of a policy; `None` keeps or defaults.
#[derive(Clone, Debug, Default)]
pub struct PolicyChange {
    /// In nanoseconds; 0 is for ever.
    pub duration: Option<i64>,
    /// How many copies.
    pub replication: Option<u32>,
    /// In nanoseconds.
    pub shard_duration: Option<i64>,
    /// Whether it becomes the default.
    pub default: bool,
}

impl Catalog {
    /// An empty catalog.
    pub fn new(rules: Shards) -> Self {
        Self { rules, databases: Vec::new(), users: BTreeMap::new() }
    }

    /// The databases' names, in the order in which they were made.
    pub fn databases(&self) -> Vec<String> {
        self.databases.iter().map(|(name, _)| name.clone()).collect()
    }

    /// All policies, each with the name of its database.
    pub(super) fn policies(&self) -> impl Iterator<Item = (&str, &Policy)> {
        let databases = self.databases.iter();
        databases.flat_map(|(name, known)| known.policies.iter().map(move |p| (name.as_str(), p)))
    }

    /// A database.
    pub fn database(&self, name: &str) -> Option<&Database> {
        self.databases.iter().find(|(known, _)| known == name).map(|(_, database)| database)
    }

    /// Makes a database with its first policy; an existing one is left as it is, which is an
    /// error where another first policy is asked for.
    ///
    /// # Errors
    /// The product's text.
    pub fn create_database(
        &mut self,
        name: &str,
        policy: Option<(&str, &PolicyChange)>,
    ) -> Result<(), String> {
        let asked = policy.is_some();
        let (policy_name, change) = match policy {
            Some((policy_name, change)) => (policy_name, change.clone()),
            None => (DEFAULT_POLICY, PolicyChange::default()),
        };
        let policy = self.new_policy(policy_name, &change)?;
        if name.len() > LONGEST_NAME {
            return Err("name too long".to_owned());
        }
        if let Some(known) = self.database(name) {
            return match known.policy("") {
                Some(default) if asked && !default.is_like(&policy) => {
                    Err("retention policy conflicts with an existing policy".to_owned())
                }
                _ => Ok(()),
            };
        }
        let database = Database { default_policy: policy.name.clone(), policies: vec![policy] };
        self.databases.push((name.to_owned(), database));
        Ok(())
    }

    /// Drops a database; a missing one is no error.
    pub fn drop_database(&mut self, name: &str) {
        self.databases.retain(|(known, _)| known != name);
    }

    /// Makes a retention policy.
    ///
    /// # Errors
    /// The product's text.
    pub fn create_policy(
        &mut self,
        database: &str,
        name: &str,
        change: &PolicyChange,
    ) -> Result<(), String> {
        let policy = self.new_policy(name, change)?;
        let database = self.database_mut(database)?;
        if let Some(known) = database.policies.iter().find(|known| known.name == name) {
            return if known.is_like(&policy) {
                Ok(())
            } else {
                Err("retention policy already exists".to_owned())
            };
        }
        if change.default {
            name.clone_into(&mut database.default_policy);
        }
        database.policies.push(policy);
        Ok(())
    }

    /// Changes a retention policy.
    ///
    /// # Errors
    /// The product's text.
    pub fn alter_policy(
        &mut self,
        database: &str,
        name: &str,
        change: &PolicyChange,
    ) -> Result<(), String> {
        check_duration(change.duration.unwrap_or_default())?;
        let database = self.database_mut(database)?;
        let policy = database.policies.iter_mut().find(|policy| policy.name == name);
        let policy = policy.ok_or_else(|| format!("retention policy not found: {name}"))?;
        if let Some(duration) = change.duration {
            policy.duration = duration;
        }
        if let Some(replication) = change.replication {
            policy.replication = replication;
        }
        if let Some(shard_duration) = change.shard_duration {
            policy.shard_duration = effective_shard_duration(shard_duration, policy.duration);
        }
        let mut bucket = crate::lock::lock(&policy.bucket);
        bucket.retention = retention(policy.duration);
        bucket.shard_duration = policy.shard_duration;
        drop(bucket);
        if change.default {
            name.clone_into(&mut database.default_policy);
        }
        Ok(())
    }

    /// Drops a retention policy with its points; a missing one is no error, nor is a missing
    /// database.
    pub fn drop_policy(&mut self, database: &str, name: &str) {
        if let Ok(database) = self.database_mut(database) {
            database.policies.retain(|policy| policy.name != name);
        }
    }

    /// Whether there is an admin: before, credentials are not asked for.
    pub fn has_admin(&self) -> bool {
        self.users.values().any(|user| user.admin)
    }

    /// A user.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.get(name)
    }

    /// All users, by name.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// Makes a user; the same user again is no error.
    ///
    /// # Errors
    /// The product's text.
    pub fn create_user(&mut self, name: &str, password: &str, admin: bool) -> Result<(), String> {
        if let Some(known) = self.users.get(name) {
            let same = known.password_is(password) && known.admin == admin;
            return if same { Ok(()) } else { Err("user already exists".to_owned()) };
        }
        let user = User {
            name: name.to_owned(),
            admin,
            privileges: BTreeMap::new(),
            password: digest(password),
        };
        self.users.insert(name.to_owned(), user);
        Ok(())
    }

    /// Drops a user.
    ///
    /// # Errors
    /// The product's text.
    pub fn drop_user(&mut self, name: &str) -> Result<(), String> {
        self.users.remove(name).map(drop).ok_or_else(|| "user not found".to_owned())
    }

    /// Changes a password.
    ///
    /// # Errors
    /// The product's text.
    pub fn set_password(&mut self, name: &str, password: &str) -> Result<(), String> {
        self.user_mut(name)?.password = digest(password);
        Ok(())
    }

    /// Makes a user an admin, or takes that away.
    ///
    /// # Errors
    /// The product's text.
    pub fn set_admin(&mut self, name: &str, admin: bool) -> Result<(), String> {
        self.user_mut(name)?.admin = admin;
        Ok(())
    }

    /// Allows something on a database, or (`None`) nothing any more.
    ///
    /// # Errors
    /// The product's text.
    pub fn set_privilege(
        &mut self,
        name: &str,
        database: &str,
        privilege: Option<Privilege>,
    ) -> Result<(), String> {
        self.database_mut(database)?;
        let user = self.user_mut(name)?;
        match privilege {
            Some(privilege) => user.privileges.insert(database.to_owned(), privilege),
            None => user.privileges.remove(database),
        };
        Ok(())
    }

    /// All but the points.
    pub fn saved(&self) -> Saved {
        let policy = |policy: &Policy| SavedPolicy {
            name: policy.name.clone(),
            duration: policy.duration,
            shard_duration: policy.shard_duration,
            replication: policy.replication,
        };
        let database = |(name, database): &(String, Database)| SavedDatabase {
            name: name.clone(),
            policies: database.policies.iter().map(policy).collect(),
            default_policy: database.default_policy.clone(),
        };
        Saved {
            databases: self.databases.iter().map(database).collect(),
            users: self.users.values().cloned().collect(),
        }
    }

    /// Becomes what was saved; policies that are there keep their points.
    pub fn restore(&mut self, saved: Saved) {
        let before = std::mem::take(&mut self.databases);
        let known = |database: &str, policy: &str| {
            let found = before.iter().find(|(name, _)| name == database);
            let policies = found.map(|(_, database)| database.policies.as_slice());
            let policy = policies.unwrap_or_default().iter().find(|known| known.name == policy)?;
            Some(Arc::clone(&policy.bucket))
        };
        let policy = |database: &str, saved: SavedPolicy| {
            let kept = retention(saved.duration);
            let new =
                || Arc::new(Mutex::new(ShardedBucket::new(self.rules, kept, saved.shard_duration)));
            let bucket = known(database, &saved.name).unwrap_or_else(new);
            let mut points = crate::lock::lock(&bucket);
            points.retention = kept;
            points.shard_duration = saved.shard_duration;
            drop(points);
            Policy {
                name: saved.name,
                duration: saved.duration,
                shard_duration: saved.shard_duration,
                replication: saved.replication,
                bucket,
            }
        };
        let database = |saved: SavedDatabase| {
            let policies = saved.policies.into_iter().map(|p| policy(&saved.name, p)).collect();
            (saved.name, Database { policies, default_policy: saved.default_policy })
        };
        self.databases = saved.databases.into_iter().map(database).collect();
        self.users = saved.users.into_iter().map(|user| (user.name.clone(), user)).collect();
    }

    fn user_mut(&mut self, name: &str) -> Result<&mut User, String> {
        self.users.get_mut(name).ok_or_else(|| "user not found".to_owned())
    }

    fn database_mut(&mut self, name: &str) -> Result<&mut Database, String> {
        let found = self.databases.iter_mut().find(|(known, _)| known == name);
        found.map(|(_, database)| database).ok_or_else(|| format!("database not found: {name}"))
    }

    fn new_policy(&self, name: &str, change: &PolicyChange) -> Result<Policy, String> {
        let duration = change.duration.unwrap_or_default();
        check_duration(duration)?;
        let asked = change.shard_duration.unwrap_or_default();
        let shard_duration = effective_shard_duration(asked, duration);
        if duration != 0 && shard_duration > duration {
            return Err(
                "retention policy duration must be greater than the shard duration".to_owned()
            );
        }
        let bucket = ShardedBucket::new(self.rules, retention(duration), shard_duration);
        Ok(Policy {
            name: name.to_owned(),
            duration,
            shard_duration,
            replication: change.replication.unwrap_or(1),
            bucket: Arc::new(Mutex::new(bucket)),
        })
    }
}

/// All of a catalog but its points.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    databases: Vec<SavedDatabase>,
    users: Vec<User>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SavedDatabase {
    name: String,
    policies: Vec<SavedPolicy>,
    default_policy: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SavedPolicy {
    name: String,
    duration: i64,
    shard_duration: i64,
    replication: u32,
}

impl Policy {
    fn is_like(&self, other: &Self) -> bool {
        self.name == other.name
            && self.duration == other.duration
            && self.shard_duration == other.shard_duration
            && self.replication == other.replication
    }
}

impl Database {
    /// A policy by name; no name means the default.
    pub fn policy(&self, name: &str) -> Option<&Policy> {
        let name = if name.is_empty() { &self.default_policy } else { name };
        self.policies.iter().find(|policy| policy.name == name)
    }
}

fn retention(duration: i64) -> Option<i64> {
    (duration != 0).then_some(duration)
}

fn check_duration(duration: i64) -> Result<(), String> {
    let shortest = i64::try_from(SHORTEST_RETENTION.as_nanos()).unwrap_or(i64::MAX);
    if duration != 0 && duration < shortest {
        return Err("retention policy duration must be at least 1h0m0s".to_owned());
    }
    Ok(())
}

/// The shard duration that goes with a retention period where none is asked for, and the least one
/// (1.6:services/meta/data.go shardGroupDuration, normalisedShardDuration).
pub fn effective_shard_duration(asked: i64, duration: i64) -> i64 {
    match asked {
        0 if duration >= 180 * DAY || duration == 0 => 7 * DAY,
        0 if duration >= 2 * DAY => DAY,
        0 => HOUR,
        asked => asked.max(HOUR),
    }
}
