//! From the head of a request to what may be written where: the endpoint's checks, in its order.

use super::WriteFault;
use super::decode::{self, Announced, Incoming};
use crate::http::{QueryString, Request};
use crate::names;
use crate::store::shards::ShardedBucket;
use crate::store::tables::TimeUnit;
use line_protocol::Precision;
use profiles::answer::Fault;
use profiles::storage::Names;
use profiles::write::{
    AbsentPrecision, Address, BadLines, Check, GoodLines, UnknownPrecision, WriteEndpoint,
};
use std::sync::{Arc, Mutex};

/// Where a family of products keeps who may write what.
pub trait Tenancy {
    /// Who asks: a user, a token, or nobody in particular.
    type Caller;

    /// Which names a database may have, where a write can make one.
    fn names(&self) -> Option<&Names> {
        None
    }

    /// The organisation that the query string names.
    ///
    /// # Errors
    /// None, or none of that name or id.
    fn organisation(&self, query: &QueryString) -> Result<(), WriteFault>;

    /// What the query string names, as far as the caller may know of it.
    ///
    /// # Errors
    /// It does not exist.
    fn find(
        &self,
        caller: &Self::Caller,
        address: Address,
        query: &QueryString,
    ) -> Result<Target, WriteFault>;

    /// Whether the caller may write there.
    ///
    /// # Errors
    /// [`Fault::Forbidden`] or its kin.
    fn permit(&self, caller: &Self::Caller, target: &Target) -> Result<(), WriteFault>;
}

/// What is written to.
#[derive(Clone, Debug)]
pub enum Target {
    /// A bucket of shards.
    Bucket(BucketTarget),
    /// A database of tables, made if it is not there.
    Database(DatabaseTarget),
}

impl Target {
    /// Whose quota a write there uses: the organisation's id, empty where there are none.
    pub fn tenant(&self) -> &str {
        match self {
            Self::Bucket(bucket) => &bucket.organisation,
            Self::Database(database) => &database.organisation,
        }
    }
}

/// A bucket that a write found.
#[derive(Clone, Debug)]
pub struct BucketTarget {
    /// Its points; the fault, where the policy is missed only once the lines are parsed.
    pub bucket: Result<Arc<Mutex<ShardedBucket>>, WriteFault>,
    /// The database as messages name it (v1: its name, v2: the bucket's id).
    pub database: String,
    /// The retention policy as messages name it.
    pub policy: String,
    /// The retention policy that the caller named; empty where none was.
    pub named_policy: String,
    /// The organisation's id, where there are organisations.
    pub organisation: String,
}

/// A database of tables that a write found or makes.
#[derive(Clone, Debug)]
pub struct DatabaseTarget {
    /// What the family keeps it under.
    pub key: String,
    /// The organisation's id, empty where there are none.
    pub organisation: String,
    /// Whether the endpoint looked for it: then a write does not make it.
    pub found: bool,
}

impl DatabaseTarget {
    /// One that is nobody's and was not looked for.
    pub const fn named(key: String) -> Self {
        Self { key, organisation: String::new(), found: false }
    }

    /// One that is nobody's and was found.
    pub const fn found(key: String) -> Self {
        Self { key, organisation: String::new(), found: true }
    }
}

/// A write whose head passed every check.
pub struct Admitted {
    /// Where it goes.
    pub target: Target,
    /// The unit of its timestamps.
    pub unit: TimeUnit,
    /// How its body is encoded.
    pub announced: Announced,
    /// Whether the good lines of a bad batch are stored (v3), whatever the server's settings say.
    pub accept_partial: bool,
    /// The consistency level asked for.
    pub consistency: String,
}

/// Runs the endpoint's checks.
///
/// # Errors
/// The first check that fails.
pub async fn admit<T: Tenancy>(
    endpoint: &WriteEndpoint,
    tenancy: &T,
    caller: &T::Caller,
    request: &Request,
    incoming: &mut Incoming<'_>,
) -> Result<Admitted, WriteFault> {
    let query = &request.query;
    // Where nothing is looked for, a name is all there is.
    let database =
        || Target::Database(DatabaseTarget::named(database_name(endpoint.address, query)));
    let mut target = None;
    let mut accept_partial = true;
    for check in endpoint.checks {
        match check {
            Check::Precision => drop(time_unit(endpoint, query)?),
            Check::Parameters => accept_partial = parameters(endpoint, query)?,
            Check::DatabaseNamed => database_named(endpoint.address, query)?,
            Check::NamespaceName => {
                if let Some(rules) = tenancy.names() {
                    names::namespace(rules, &database_name(endpoint.address, query))?;
                }
            }
            Check::DatabaseName => {
                if let Some(rules) = tenancy.names() {
                    names::database(rules, &database_name(endpoint.address, query))?;
                }
            }
            Check::GzipHeader => {
                if let Announced::Gzip = decode::announced(&endpoint.encoding, request)? {
                    decode::check_gzip_header(incoming.load(endpoint.size).await?)?;
                }
            }
            Check::Organisation => tenancy.organisation(query)?,
            Check::DatabaseFound => target = Some(tenancy.find(caller, endpoint.address, query)?),
            Check::Permission => {
                let target = target.clone().unwrap_or_else(database);
                tenancy.permit(caller, &target)?;
            }
        }
    }
    Ok(Admitted {
        target: target.unwrap_or_else(database),
        unit: time_unit(endpoint, query)?,
        announced: decode::announced(&endpoint.encoding, request)?,
        accept_partial,
        consistency: query.get("consistency").unwrap_or_default().to_owned(),
    })
}

fn time_unit(endpoint: &WriteEndpoint, query: &QueryString) -> Result<TimeUnit, WriteFault> {
    let rule = &endpoint.precision;
    let nanoseconds = TimeUnit::Given(Precision::Nanosecond);
    let spelling = match (query.get("precision"), rule.absent) {
        (None, AbsentPrecision::Guessed) => return Ok(TimeUnit::Guessed),
        (Some("auto"), AbsentPrecision::Guessed) => return Ok(TimeUnit::Guessed),
        (None, _) | (Some(""), AbsentPrecision::Nanoseconds) => return Ok(nanoseconds),
        (Some(spelling), _) => spelling,
    };
    match rule.units.iter().find(|(known, _)| *known == spelling) {
        Some((_, precision)) => Ok(TimeUnit::Given(*precision)),
        None if rule.unknown == UnknownPrecision::Nanoseconds => Ok(nanoseconds),
        None => Err(WriteFault::with(Fault::PrecisionUnknown, "value", spelling)),
    }
}

fn database_named(address: Address, query: &QueryString) -> Result<(), WriteFault> {
    let name = match address {
        Address::Bucket
        | Address::BucketAsDatabase
        | Address::BucketAsDatabaseAndPolicy
        | Address::OrganisationAndBucket => "bucket",
        Address::DatabaseAndPolicy | Address::Database | Address::DatabaseWithPolicy => "db",
    };
    match query.non_empty(name) {
        Some(bucket)
            if address == Address::BucketAsDatabaseAndPolicy && bucket.starts_with('/') =>
        {
            Err(WriteFault::with(Fault::BucketWithoutDatabase, "name", bucket))
        }
        Some(_) => Ok(()),
        None if name == "db" => Err(Fault::NoDatabaseParameter.into()),
        None => Err(Fault::DatabaseMissing.into()),
    }
}

/// The query string of v3, decoded in the order of its pairs as serde does; whether the good lines
/// of a bad batch are stored.
fn parameters(endpoint: &WriteEndpoint, query: &QueryString) -> Result<bool, WriteFault> {
    if query.is_empty() {
        return Err(Fault::QueryMissing.into());
    }
    let known: &[&str] = match endpoint.address {
        Address::Database => &["db", "precision", "accept_partial", "no_sync"],
        Address::DatabaseWithPolicy => &["db", "rp", "precision"],
        Address::DatabaseAndPolicy
        | Address::Bucket
        | Address::BucketAsDatabase
        | Address::BucketAsDatabaseAndPolicy
        | Address::OrganisationAndBucket => &["bucket", "org", "precision"],
    };
    let mut seen = Vec::new();
    let mut accept_partial = matches!(
        endpoint.bad_lines,
        BadLines::Tables { accept_partial: true } | BadLines::Listed(GoodLines::Stored)
    );
    for (name, value) in query.pairs() {
        if !known.contains(&name.as_str()) {
            continue;
        }
        if seen.contains(&name) {
            return Err(WriteFault::with(Fault::ParameterRepeated, "name", name.as_str()));
        }
        seen.push(name);
        match name.as_str() {
            "precision" => drop(time_unit(endpoint, query)?),
            "accept_partial" | "no_sync" => {
                let value = value.parse::<bool>().map_err(|_| Fault::ParameterNotBoolean)?;
                accept_partial &= value || name == "no_sync";
            }
            _ => {}
        }
    }
    match endpoint.address {
        Address::BucketAsDatabase if query.non_empty("bucket").is_none() => {
            Err(Fault::DatabaseMissing.into())
        }
        Address::OrganisationAndBucket
            if ["org", "bucket"].iter().any(|name| query.non_empty(name).is_none()) =>
        {
            Err(Fault::DatabaseMissing.into())
        }
        Address::Database | Address::DatabaseWithPolicy if query.count("db") == 0 => {
            Err(Fault::DatabaseMissing.into())
        }
        _ => Ok(accept_partial),
    }
}

/// The database's name where a write makes it, or where the rules for names want it whole.
pub fn database_name(address: Address, query: &QueryString) -> String {
    let get = |name| query.get(name).unwrap_or_default();
    match address {
        Address::Bucket | Address::BucketAsDatabase | Address::BucketAsDatabaseAndPolicy => {
            get("bucket").to_owned()
        }
        Address::OrganisationAndBucket => format!("{}_{}", get("org"), get("bucket")),
        Address::DatabaseAndPolicy | Address::Database => get("db").to_owned(),
        Address::DatabaseWithPolicy => with_policy(get("db"), get("rp")),
    }
}

/// The database that a database and its retention policy are together.
pub fn with_policy(database: &str, policy: &str) -> String {
    match policy.to_lowercase().as_str() {
        "" | "''" | "autogen" | "default" => database.to_owned(),
        policy => format!("{database}/{policy}"),
    }
}
