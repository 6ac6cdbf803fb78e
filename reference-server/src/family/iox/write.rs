//! How a write finds its database, whether the caller may write there, and where its lines go.

use super::Service;
use super::accounts::Accounts;
use super::auth::Caller;
use super::catalog::{Action, Database};
use crate::family::v2::catalog::MappingFilter;
use crate::family::v2::write::{fault_of, parameters};
use crate::http::QueryString;
use crate::lock::lock;
use crate::stage::WriteFault;
use crate::stage::admit::{Admitted, DatabaseTarget, Target, Tenancy, database_name};
use crate::stage::listed::{Conditions, store_listed};
use crate::stage::parse::ParsedBatch;
use crate::stage::quota::Quotas;
use crate::store::partitions::{PartitionedTables, Room};
use crate::store::tables::TimeUnit;
use crate::write_path::Store;
use profiles::answer::Fault;
use profiles::storage::Names;
use profiles::write::Address;

impl Tenancy for Service {
    type Caller = Caller;

    fn names(&self) -> Option<&Names> {
        Some(&self.rules.names)
    }

    fn organisation(&self, query: &QueryString) -> Result<(), WriteFault> {
        let Accounts::Organisations(catalog) = &self.accounts else { return Ok(()) };
        let found = lock(catalog).org_of(&parameters(query)).map(drop);
        found.map_err(|error| fault_of(error, query))
    }

    fn find(
        &self,
        caller: &Caller,
        address: Address,
        query: &QueryString,
    ) -> Result<Target, WriteFault> {
        let name = database_name(address, query);
        let unknown = |name: String| WriteFault::with(Fault::DatabaseUnknown, "name", name);
        let target = match (&self.accounts, caller) {
            (Accounts::Cluster(catalog), _) => {
                let known = lock(catalog).databases().contains_key(&name);
                if known { DatabaseTarget::found(name) } else { return Err(unknown(name)) }
            }
            (Accounts::Organisations(catalog), Caller::Token(token)) => {
                let get = |name| query.get(name).unwrap_or_default().as_bytes();
                let catalog = lock(catalog);
                let (key, organisation) = if address == Address::OrganisationAndBucket {
                    let org = catalog.org_of(&parameters(query)).map(|org| org.id);
                    let org = org.map_err(|error| fault_of(error, query))?;
                    let found = catalog.bucket_for_write(org, get("bucket"));
                    let bucket = found.map_err(|error| fault_of(error, query))?;
                    (bucket.id, org)
                } else {
                    // Whether the caller may write there is asked later, in words of its own.
                    let policy = Some(get("rp")).filter(|policy| !policy.is_empty());
                    let filter = MappingFilter {
                        database: Some(get("db")),
                        retention_policy: policy,
                        default: policy.is_none().then_some(true),
                        ..MappingFilter::default()
                    };
                    let mappings = catalog.mappings(token.org_id, filter, |_| true);
                    // Without one the bucket is told by the name that it would have.
                    let mapping = mappings.first().ok_or_else(|| unknown(name))?;
                    (mapping.bucket_id, token.org_id)
                };
                let organisation = organisation.to_string();
                DatabaseTarget { organisation, ..DatabaseTarget::found(key.to_string()) }
            }
            (Accounts::Organisations(_), _) => return Err(Fault::CredentialsMissing.into()),
        };
        Ok(Target::Database(target))
    }

    fn permit(&self, caller: &Caller, target: &Target) -> Result<(), WriteFault> {
        let Target::Database(target) = target else { return Ok(()) };
        self.may(caller, Action::Write, &target.key).map_err(Into::into)
    }
}

impl Store for Service {
    fn room(&self) -> impl Future<Output = Result<(), WriteFault>> + Send {
        self.journal.room()
    }

    fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    fn store_lines(&self, _: &Target, _: &ParsedBatch<'_>, _: i64) -> Result<(), WriteFault> {
        Ok(())
    }

    fn store_text(&self, admitted: &Admitted, text: &[u8], now: i64) -> Result<(), WriteFault> {
        let Target::Database(target) = &admitted.target else { return Ok(()) };
        self.store_and_record(&Batch {
            key: &target.key,
            found: target.found,
            accept_partial: admitted.accept_partial,
            unit: admitted.unit,
            now,
            text,
        })
    }
}

/// A body for a database.
pub(super) struct Batch<'b> {
    /// The database's key.
    pub(super) key: &'b str,
    /// Whether the database was there when it was looked for.
    pub(super) found: bool,
    pub(super) accept_partial: bool,
    pub(super) unit: TimeUnit,
    /// When it was taken, in nanoseconds since 1970.
    pub(super) now: i64,
    pub(super) text: &'b [u8],
}

/// What was found and is no more.
fn dropped(key: &str) -> WriteFault {
    WriteFault::with(Fault::DatabaseUnknown, "name", key)
}

impl Service {
    /// Stores a body in the database that it names, which is made if it is not there.
    pub(super) fn store(&self, batch: &Batch<'_>) -> Result<(), WriteFault> {
        match &self.accounts {
            // The catalog is held until the lines are stored: a database that is dropped meanwhile
            // is dropped before or after them. Whoever holds both locks took the catalog's first.
            Accounts::Cluster(catalog) => {
                let mut catalog = lock(catalog);
                let known = catalog.databases().get(batch.key).cloned();
                if known.is_none() && batch.found {
                    return Err(dropped(batch.key));
                }
                let is_new = known.is_none();
                let full =
                    self.databases.filter(|limit| is_new && catalog.databases().len() >= *limit);
                if let Some(limit) = full {
                    return Err(WriteFault::with(Fault::DatabaseLimit, "limit", limit.to_string()));
                }
                let database = known.unwrap_or_default();
                let (written, made) = self.store_in(&database, batch);
                if is_new && made {
                    catalog.create(batch.key, database);
                }
                written
            }
            Accounts::Organisations(catalog) => {
                let catalog = lock(catalog);
                let bucket = batch.key.parse().ok().and_then(|id| catalog.bucket(id).ok());
                let Some(bucket) = bucket else { return Err(dropped(batch.key)) };
                let retention = Some(bucket.retention).filter(|retention| *retention > 0);
                let database = Database { retention, ..Database::default() };
                self.store_in(&database, batch).0
            }
        }
    }

    /// Stores lines in the tables of a database; whether it has any now.
    fn store_in(&self, database: &Database, batch: &Batch<'_>) -> (Result<(), WriteFault>, bool) {
        let template = database.template.as_deref().unwrap_or(&self.template);
        let conditions = Conditions {
            partial: batch.accept_partial || self.partial_writes,
            room: Room {
                tables: database.tables.unwrap_or(self.rules.tables),
                columns: database.columns.unwrap_or(self.rules.columns),
            },
            template,
            oldest: database.retention.map(|retention| batch.now.saturating_sub(retention)),
            unit: batch.unit,
            now: batch.now,
        };
        let mut all = lock(&self.tables);
        let mut made = PartitionedTables::default();
        let tables = all.get_mut(batch.key).unwrap_or(&mut made);
        let dialect = &self.profile.facts.dialect;
        let written = store_listed(&self.rules, dialect, tables, &conditions, batch.text);
        let any = !tables.is_empty();
        if !made.is_empty() {
            all.insert(batch.key.to_owned(), made);
        }
        (written, any)
    }
}
