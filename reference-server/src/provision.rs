//! What a server has from the start, without anybody asking it over HTTP.

use crate::clock::Clock;
use crate::family::iox::accounts::Accounts;
use crate::family::iox::catalog::{Action, Database, Token};
use crate::family::v1::catalog::{DEFAULT_POLICY, PolicyChange};
use crate::family::v2::catalog::{NewBucket, NewMapping, Setup};
use crate::family::{iox, v1, v2, v3};
use crate::lock::lock;
use crate::server::Service;
use crate::stage::WriteFault;

/// The user that owns a server of the v1 family, and that sets up one of the v2 family.
pub const OWNER: &str = "admin";

/// The organisation where none is named.
pub const ORGANISATION: &str = "lineproof";

/// What is said of a token that was chosen for a folder which does not know it. Neither of the two is shown.
pub(crate) const OTHER_TOKEN: &str = "it was made with another token, or that one was changed since; what the \
    folder knows holds, and the token that was given now (for v1 the password of `admin`) is refused. Start it \
    with the token that it was made with, or let its owner add this one over HTTP";

/// Whether the server knows this token of an owner, at this time (in nanoseconds since 1970).
pub(crate) fn knows(service: &Service, token: &str, now: i64) -> bool {
    match service {
        Service::V1(service) => {
            let catalog = lock(service.catalog());
            catalog.users().any(|user| user.password_is(token))
        }
        Service::V2(service) => lock(service.catalog()).token_by_secret(token.as_bytes()).is_some(),
        Service::V3(service) => lock(service.catalog()).rights(token, now).is_some(),
        Service::Iox(service) => match service.accounts() {
            Accounts::Organisations(catalog) => {
                lock(catalog).token_by_secret(token.as_bytes()).is_some()
            }
            Accounts::Cluster(catalog) => lock(catalog).token(token.as_bytes()).is_some(),
        },
    }
}

/// A database or bucket to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDatabase {
    /// Its name.
    pub name: String,
    /// How long points are kept, in nanoseconds; `None` is for ever.
    pub retention: Option<i64>,
}

/// What a server has from the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provision {
    /// The owner's token (v1: the password of [`OWNER`]).
    pub token: String,
    /// The organisation's name (v2).
    pub organisation: Option<String>,
    /// Databases or buckets.
    pub databases: Vec<NewDatabase>,
}

impl Provision {
    pub(crate) fn v1(&self, service: &v1::Service) -> Result<(), String> {
        let mut catalog = lock(service.catalog());
        catalog.create_user(OWNER, &self.token, true)?;
        for database in &self.databases {
            let policy = PolicyChange { duration: database.retention, ..PolicyChange::default() };
            catalog.create_database(&database.name, Some((DEFAULT_POLICY, &policy)))?;
        }
        Ok(())
    }

    pub(crate) fn v2(&self, service: &v2::Service, clock: &dyn Clock) -> Result<(), String> {
        self.organisations(&mut lock(service.catalog()), clock).map(drop)
    }

    /// The owner's token may do everything, with points and with accounts.
    pub(crate) fn iox(&self, service: &iox::Service, clock: &dyn Clock) -> Result<(), String> {
        let catalog = match service.accounts() {
            Accounts::Organisations(catalog) => {
                let mut catalog = lock(catalog);
                let org = self.organisations(&mut catalog, clock)?;
                // Without one neither `/write` nor `/query` would find the bucket.
                return self.map_to_databases(&mut catalog, org);
            }
            Accounts::Cluster(catalog) => catalog,
        };
        let mut catalog = lock(catalog);
        catalog.add_token(Token {
            hash: iox::catalog::hash(self.token.as_bytes()),
            description: OWNER.to_owned(),
            rights: vec![(Action::Read, None), (Action::Write, None)],
            manages: true,
        });
        for database in &self.databases {
            crate::names::namespace(service.names(), &database.name)
                .map_err(|fault| reason(&fault))?;
            let retention = database.retention;
            catalog.create(&database.name, Database { retention, ..Database::default() });
        }
        Ok(())
    }

    fn organisations(
        &self,
        catalog: &mut v2::Catalog,
        clock: &dyn Clock,
    ) -> Result<v2::Id, String> {
        let now = clock.now();
        let text = |error: v2::ApiError| String::from_utf8_lossy(&error.message).into_owned();
        // The product's set-up makes the first bucket.
        let (first, others) = match self.databases.split_first() {
            Some((first, others)) => (first.clone(), others),
            None => (NewDatabase { name: "first".to_owned(), retention: None }, &[][..]),
        };
        let setup = Setup {
            username: OWNER.to_owned(),
            // Nothing here asks for it, and the token may be shorter than a password must be.
            password: crate::ids::request_id(),
            org: self.organisation.clone().unwrap_or_else(|| ORGANISATION.to_owned()),
            bucket: first.name,
            retention: first.retention.unwrap_or_default(),
            token: Some(self.token.clone()),
        };
        let done = catalog.set_up(&setup, now).map_err(text)?;
        for database in others {
            let bucket = NewBucket {
                name: database.name.clone(),
                retention: database.retention.unwrap_or_default(),
                ..NewBucket::default_of(done.org)
            };
            catalog.create_bucket(bucket, now).map_err(text)?;
        }
        Ok(done.org)
    }

    /// Makes each bucket a database of its own name too.
    fn map_to_databases(&self, catalog: &mut v2::Catalog, org_id: v2::Id) -> Result<(), String> {
        let text = |error: v2::ApiError| String::from_utf8_lossy(&error.message).into_owned();
        for database in &self.databases {
            let bucket = catalog.bucket_by_name(org_id, database.name.as_bytes()).map_err(text)?;
            let mapping = NewMapping {
                database: database.name.clone(),
                retention_policy: DEFAULT_POLICY.to_owned(),
                default: true,
                org_id,
                bucket_id: bucket.id,
            };
            catalog.create_mapping(mapping).map_err(text)?;
        }
        Ok(())
    }

    pub(crate) fn v3(&self, service: &v3::Service) -> Result<(), String> {
        let mut catalog = lock(service.catalog());
        catalog.add_token(v3::catalog::OWNER, &self.token, v3::rights::Rights::All, None);
        for database in &self.databases {
            crate::names::database(service.names(), &database.name)
                .map_err(|fault| reason(&fault))?;
            let retention = database.retention;
            catalog
                .insert(&database.name, v3::catalog::Database { retention, ..Default::default() });
        }
        Ok(())
    }
}

/// What a fault of a name says.
fn reason(fault: &WriteFault) -> String {
    fault.holes.iter().map(|(_, detail)| String::from_utf8_lossy(detail)).collect()
}
