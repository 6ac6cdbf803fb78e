//! The words in which a case says what it needs and a profile says what it offers.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Which API a product speaks first: it decides how a step becomes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// `/write` and `/query`, databases made by InfluxQL.
    V1,
    /// `/api/v2/write`, organisations, buckets and tokens.
    V2,
    /// `/api/v3/write_lp`, databases that a write makes.
    V3,
    /// `/api/v2/write` and `/write` of the IOx router; databases and tokens made elsewhere.
    Iox(Management),
}

/// Where the databases and tokens of a product of the IOx family are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Management {
    /// `/api/v0/databases` and `/api/v0/tokens`.
    Cluster,
    /// The same below `/api/v0/accounts/{account}/clusters/{cluster}`.
    Account,
    /// Organisations, buckets, mappings and authorizations, as in the v2 family.
    Buckets,
}

/// How what is stored can be read back, best way first, and how soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadBack {
    /// The query languages that the product reads back with, in the order to try them.
    pub languages: &'static [Capability],
    /// How long after its answer a write may stay invisible; zero where writes are synchronous.
    pub visible_within: Duration,
    /// Whether a success says that every point is stored; else some may be rejected later, or
    /// silently.
    pub success_is_final: bool,
}

macro_rules! capabilities {
    ($($(#[doc = $doc:literal])* $variant:ident = $word:literal,)*) => {
        /// Something that a server can do, and that a case can need.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Capability { $($(#[doc = $doc])* $variant,)* }

        impl Capability {
            /// Every capability, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that cases and reports use.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

capabilities! {
    /// Takes line protocol.
    Write = "write",
    /// What is stored can be read back in some query language.
    ReadBack = "read-back",
    /// Databases (buckets) can be made and dropped.
    CreateDatabase = "create-database",
    /// `/write`.
    ApiV1 = "api-v1",
    /// `/api/v2/write`.
    ApiV2 = "api-v2",
    /// `/api/v3/write_lp`.
    ApiV3 = "api-v3",
    /// Credentials are checked.
    Auth = "auth",
    /// Credentials with fewer rights than the owner's can be made.
    Permissions = "permissions",
    /// A database can be made with a retention period.
    Retention = "retention",
    /// InfluxQL through `/query`.
    Influxql = "influxql",
    /// Flux through `/api/v2/query`.
    Flux = "flux",
    /// SQL through `/api/v3/query_sql`.
    Sql = "sql",
    /// `/api/v2/delete`.
    Delete = "delete",
    /// Buckets can have an explicit schema, which their writes must conform to.
    ExplicitSchemas = "explicit-schemas",
    /// Rejected points are logged in `rejected_points` of the bucket `_monitoring`.
    RejectedPoints = "rejected-points",
    /// The limits that the product has by default are in force (sizes, columns, databases).
    Limits = "limits",
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Capability {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|c| c.word() == word).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|c| c.word()).collect();
            format!("unknown capability \"{word}\"; known are {}", known.join(", "))
        })
    }
}
