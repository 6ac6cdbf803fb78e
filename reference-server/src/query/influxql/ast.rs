//! Statements as they are written. Not what they do.

use super::expr::{Expr, Pattern};

/// One statement.
#[derive(Clone, Debug)]
pub enum Statement {
    /// `SELECT`.
    Select(Box<Select>),
    /// `SHOW` of databases.
    ShowDatabases,
    /// `SHOW MEASUREMENTS`.
    ShowMeasurements(Show),
    /// `SHOW SERIES`.
    ShowSeries(Show),
    /// `SHOW FIELD KEYS`.
    ShowFieldKeys(Show),
    /// `SHOW TAG KEYS`.
    ShowTagKeys(Show),
    /// `SHOW TAG VALUES`.
    ShowTagValues(Show),
    /// `SHOW RETENTION POLICIES [ON db]`.
    ShowRetentionPolicies(Option<String>),
    /// `SHOW USERS`.
    ShowUsers,
    /// `SHOW GRANTS FOR user`.
    ShowGrants(String),
    /// `DELETE [FROM …] [WHERE …]`.
    Delete(Removal),
    /// `DROP SERIES [FROM …] [WHERE …]`.
    DropSeries(Removal),
    /// `DROP MEASUREMENT name`.
    DropMeasurement(String),
    /// A statement that changes databases, policies, users or rights.
    Admin(Admin),
    /// A statement of the language that this server does not run, by its words.
    Unsupported(&'static str),
}

/// A statement that changes databases, policies, users or rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admin {
    /// `CREATE DATABASE`; `policy` where a `WITH` describes its first policy.
    CreateDatabase {
        /// The new database.
        name: String,
        /// Its first retention policy.
        policy: Option<PolicyOptions>,
    },
    /// `DROP DATABASE`.
    DropDatabase(String),
    /// `CREATE RETENTION POLICY`.
    CreateRetentionPolicy {
        /// The database.
        database: String,
        /// The policy, its name set.
        policy: PolicyOptions,
        /// Whether it becomes the database's default.
        default: bool,
    },
    /// `ALTER RETENTION POLICY`; what is `None` stays.
    AlterRetentionPolicy {
        /// The database.
        database: String,
        /// The policy, its name set.
        policy: PolicyOptions,
        /// Whether it becomes the database's default.
        default: bool,
    },
    /// `DROP RETENTION POLICY`.
    DropRetentionPolicy {
        /// The database.
        database: String,
        /// The policy.
        name: String,
    },
    /// `CREATE USER`.
    CreateUser {
        /// The user.
        name: String,
        /// Their password.
        password: String,
        /// `WITH ALL PRIVILEGES`.
        admin: bool,
    },
    /// `DROP USER`.
    DropUser(String),
    /// `SET PASSWORD FOR`.
    SetPassword {
        /// The user.
        name: String,
        /// The new password.
        password: String,
    },
    /// `GRANT privilege ON database TO user`.
    Grant {
        /// The right.
        privilege: Privilege,
        /// On which database.
        database: String,
        /// To whom.
        user: String,
    },
    /// `GRANT ALL TO user`.
    GrantAdmin(String),
    /// `REVOKE privilege ON database FROM user`.
    Revoke {
        /// The right.
        privilege: Privilege,
        /// On which database.
        database: String,
        /// From whom.
        user: String,
    },
    /// `REVOKE ALL FROM user`.
    RevokeAdmin(String),
}

/// A retention policy as a statement describes it; durations in nanoseconds, 0 for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyOptions {
    /// Its name.
    pub name: Option<String>,
    /// How long points are kept.
    pub duration: Option<i64>,
    /// Number of copies.
    pub replication: Option<i64>,
    /// How long a shard group is.
    pub shard_duration: Option<i64>,
}

/// A right on a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// No right is needed.
    None,
    /// To query.
    Read,
    /// To write.
    Write,
    /// Both.
    All,
}

impl Privilege {
    /// The right as statements and `SHOW GRANTS` print it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::None => "NO PRIVILEGES",
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::All => "ALL PRIVILEGES",
        }
    }
}

/// Where rows come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Measurements by name or pattern.
    Measurement(Path),
    /// `(SELECT …)`.
    Subquery(Box<Select>),
}

/// `db.rp.name`, the first two of which may be left out.
#[derive(Clone, Debug, Default)]
pub struct Path {
    /// Database, empty for the request's.
    pub database: String,
    /// Retention policy, empty for the default.
    pub policy: String,
    /// Which measurements.
    pub name: Matcher,
}

/// A name or a pattern.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// This name.
    Name(String),
    /// Each name in which the pattern is found.
    Pattern(Pattern),
}

impl Default for Matcher {
    fn default() -> Self {
        Self::Name(String::new())
    }
}

impl Matcher {
    /// Whether a stored name is meant.
    pub fn is_match(&self, name: &[u8]) -> bool {
        match self {
            Self::Name(n) => n.as_bytes() == name,
            Self::Pattern(p) => p.is_match(name),
        }
    }

    /// Whether it is the name `""`, which nothing stored has.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Name(name) if name.is_empty())
    }
}

/// `SELECT`.
#[derive(Clone, Debug)]
pub struct Select {
    /// The columns asked for.
    pub fields: Vec<Field>,
    /// `INTO`.
    pub into: Option<Path>,
    /// `FROM`.
    pub sources: Vec<Source>,
    /// `WHERE`.
    pub condition: Option<Expr>,
    /// `GROUP BY`.
    pub dimensions: Vec<Expr>,
    /// `fill()`.
    pub fill: Fill,
    /// `ORDER BY time`: the words as written, and whether they mean descending.
    pub order: Option<Order>,
    /// `LIMIT`, `OFFSET`, `SLIMIT`, `SOFFSET`; 0 for none.
    pub limits: Limits,
    /// `tz('…')`.
    pub zone: Option<String>,
}

/// `ORDER BY [time] [ASC|DESC]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Whether `time` is written.
    pub named: bool,
    /// `DESC`.
    pub descending: bool,
}

/// How many rows and series to leave out and to show; 0 for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// `LIMIT`.
    pub limit: usize,
    /// `OFFSET`.
    pub offset: usize,
    /// `SLIMIT`.
    pub series_limit: usize,
    /// `SOFFSET`.
    pub series_offset: usize,
}

impl Limits {
    /// What is left of rows after `OFFSET` and `LIMIT`.
    pub fn rows<T>(&self, rows: Vec<T>) -> Vec<T> {
        let take = if self.limit == 0 { usize::MAX } else { self.limit };
        rows.into_iter().skip(self.offset).take(take).collect()
    }

    /// What is left of series after `SOFFSET` and `SLIMIT`.
    pub fn series<T>(&self, series: Vec<T>) -> Vec<T> {
        let take = if self.series_limit == 0 { usize::MAX } else { self.series_limit };
        series.into_iter().skip(self.series_offset).take(take).collect()
    }
}

/// A column of a `SELECT`.
#[derive(Clone, Debug)]
pub struct Field {
    /// What it shows.
    pub expr: Expr,
    /// `AS`, empty for none.
    pub alias: String,
}

/// What stands in a window without points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fill {
    /// Null.
    Null,
    /// No row.
    None,
    /// A number.
    Number(f64),
    /// A whole number.
    Integer(i64),
    /// The value of the window before.
    Previous,
    /// A value between those of the neighbours.
    Linear,
}

/// `SHOW …` with the clauses that some of its kinds have.
#[derive(Clone, Debug, Default)]
pub struct Show {
    /// `ON`.
    pub database: Option<String>,
    /// `FROM`, or `WITH MEASUREMENT`.
    pub sources: Vec<Path>,
    /// `WITH KEY`.
    pub key: Option<KeyFilter>,
    /// `WHERE`.
    pub condition: Option<Expr>,
    /// `ORDER BY`.
    pub order: Option<Order>,
    /// `LIMIT` and its kin.
    pub limits: Limits,
}

/// `WITH KEY …`.
#[derive(Clone, Debug)]
pub enum KeyFilter {
    /// `=`.
    Is(String),
    /// `!=`.
    IsNot(String),
    /// `IN (…)`.
    In(Vec<String>),
    /// `=~`.
    Matches(Pattern),
    /// `!~`.
    MatchesNot(Pattern),
}

impl KeyFilter {
    /// Whether a stored tag key is meant.
    pub fn is_match(&self, key: &[u8]) -> bool {
        match self {
            Self::Is(k) => k.as_bytes() == key,
            Self::IsNot(k) => k.as_bytes() != key,
            Self::In(keys) => keys.iter().any(|k| k.as_bytes() == key),
            Self::Matches(p) => p.is_match(key),
            Self::MatchesNot(p) => !p.is_match(key),
        }
    }
}

/// Which series, and which of their points, go.
#[derive(Clone, Debug)]
pub struct Removal {
    /// `FROM`; empty for all measurements.
    pub sources: Vec<Path>,
    /// `WHERE`.
    pub condition: Option<Expr>,
}
