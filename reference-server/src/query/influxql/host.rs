//! What the executor asks the server. Nothing here knows how the server keeps it.

use super::ast::{Admin, Privilege};
use crate::store::view::{Asked, Measurement, Names};
use crate::store::{Name, TagSet};

/// The server, as one request sees it: its caller is part of it.
///
/// A query is run to its end without waiting, so the functions must not block on the request.
pub trait Host {
    /// The present time in nanoseconds since 1970.
    fn now(&self) -> i64;

    /// The databases that the caller may see, in the product's order (Go products: by name).
    fn databases(&self) -> Vec<String>;

    /// The retention policies of a database in the product's order; `None` where there is no such
    /// database, or none that the caller may see.
    fn policies(&self, database: &str) -> Option<Vec<Policy>>;

    /// What is stored under a policy of what is asked for, in any order; more than that does no harm.
    /// Database and policy come from [`Host::policies`].
    fn measurements(
        &self,
        database: &str,
        policy: &str,
        names: Names<'_>,
        asked: &Asked<'_>,
    ) -> Vec<Measurement>;

    /// The first and last times of the shards of a policy that know a series or a field, by time; `None`
    /// where what is stored has to tell.
    fn shards(&self, _database: &str, _policy: &str) -> Option<Vec<(i64, i64)>> {
        None
    }

    /// The users and whether they are administrators, in the product's order.
    fn users(&self) -> Vec<(String, bool)>;

    /// The rights of a user by database, by name; `None` where there is no such user.
    fn grants(&self, user: &str) -> Option<Vec<(String, Privilege)>>;

    /// Who asks, as far as statements are to be authorised.
    fn caller(&self) -> Caller;

    /// Whether the caller has a right on a database, or is an administrator for `None`. Asked only
    /// of a [`Caller::User`].
    fn may(&self, privilege: Privilege, database: Option<&str>) -> bool;

    /// Runs a statement that changes databases, policies, users or rights.
    ///
    /// # Errors
    /// The product's message, such as `retention policy duration must be at least 1h0m0s`.
    fn administer(&self, statement: &Admin) -> Result<(), String>;

    /// Removes points or series. The database exists.
    ///
    /// # Errors
    /// The product's message.
    fn remove(&self, database: &str, removal: &Remove) -> Result<(), String>;
}

/// A retention policy; durations in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// How long points are kept; 0 for ever.
    pub duration: i64,
    /// How long a shard group is: it decides the order of rows of the same time.
    pub shard_duration: i64,
    /// Number of copies.
    pub replication: i64,
    /// Whether it is the database's default.
    pub default: bool,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nothing is to be checked here: authentication is off, or the server checks by itself.
    Unchecked,
    /// Authentication is on and there is no administrator yet: only `CREATE USER … WITH ALL
    /// PRIVILEGES` is let through.
    NoAdministratorYet,
    /// This user; [`Host::may`] knows their rights.
    User(String),
}

/// What is to be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remove {
    /// All of a measurement, in every policy (`DROP MEASUREMENT`); an unknown one is no error.
    Measurement(Name),
    /// Whole series, in every policy (`DROP SERIES`).
    Series(Vec<SeriesKey>),
    /// The points of series in a range of time, both ends included, in every policy (`DELETE`).
    Points {
        /// Of which series.
        series: Vec<SeriesKey>,
        /// The first nanosecond.
        first: i64,
        /// The last nanosecond.
        last: i64,
    },
}

/// A measurement and its tags, sorted by key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeriesKey {
    /// The measurement.
    pub measurement: Name,
    /// Tag keys and values.
    pub tags: TagSet,
}
