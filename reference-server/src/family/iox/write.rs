//! How a write finds its database, whether the caller may write there, and where its lines go.

use super::Service;
use super::accounts::Accounts;
use super::auth::Caller;
use super::catalog::{Action, Catalog, Database};
use crate::family::v2::catalog::MappingFilter;
use crate::family::v2::write::{fault_of, parameters};
use crate::http::QueryString;
use crate::lock::lock;
use crate::stage::WriteFault;
use crate::stage::admit::{Admitted, Target, Tenancy, database_name};
use crate::stage::listed::{Conditions, store_listed};
use crate::stage::parse::ParsedBatch;
use crate::stage::quota::Quotas;
use crate::store::partitions::{PartitionedTables, Room};
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
        let key = match (&self.accounts, caller) {
            (Accounts::Cluster(catalog), _) => {
                let known = lock(catalog).databases().contains_key(&name);
                if known { name } else { return Err(unknown(name)) }
            }
            (Accounts::Organisations(catalog), Caller::Token(token)) => {
                let get = |name| query.get(name).unwrap_or_default().as_bytes();
                let catalog = lock(catalog);
                if address == Address::OrganisationAndBucket {
                    let org = catalog.org_of(&parameters(query)).map(|org| org.id);
                    let org = org.map_err(|error| fault_of(error, query))?;
                    let found = catalog.bucket_for_write(org, get("bucket"));
                    found.map_err(|error| fault_of(error, query))?.id.to_string()
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
                    mappings.first().ok_or_else(|| unknown(name))?.bucket_id.to_string()
                }
            }
            (Accounts::Organisations(_), _) => return Err(Fault::CredentialsMissing.into()),
        };
        Ok(Target::Database(key))
    }

    fn permit(&self, caller: &Caller, target: &Target) -> Result<(), WriteFault> {
        let Target::Database(key) = target else { return Ok(()) };
        self.may(caller, Action::Write, key).map_err(Into::into)
    }
}

impl Store for Service {
    fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    fn store_lines(&self, _: &Target, _: &ParsedBatch<'_>, _: i64) -> Result<(), WriteFault> {
        Ok(())
    }

    fn store_text(&self, admitted: &Admitted, text: &[u8], now: i64) -> Result<(), WriteFault> {
        let Target::Database(key) = &admitted.target else { return Ok(()) };
        if let Some(limit) = self.no_room_for(key) {
            return Err(WriteFault::with(Fault::DatabaseLimit, "limit", limit.to_string()));
        }
        let database = self.database(key);
        let template = database.template.as_deref().unwrap_or(&self.template);
        let conditions = Conditions {
            partial: admitted.accept_partial || self.partial_writes,
            room: Room {
                tables: database.tables.unwrap_or(self.rules.tables),
                columns: database.columns.unwrap_or(self.rules.columns),
            },
            template,
            oldest: database.retention.map(|retention| now.saturating_sub(retention)),
            now,
        };
        let mut all = lock(&self.tables);
        let mut made = PartitionedTables::default();
        let tables = all.get_mut(key).unwrap_or(&mut made);
        let dialect = &self.profile.facts.dialect;
        let written = store_listed(&self.rules, dialect, tables, &conditions, admitted, text);
        if made.is_empty() {
            return written;
        }
        all.insert(key.clone(), made);
        // The other lock is only taken while this one is free.
        drop(all);
        if let Accounts::Cluster(catalog) = &self.accounts {
            lock(catalog).create(key, Database::default());
        }
        written
    }
}

impl Service {
    /// How many databases there may be, where one that is not there would be one too many.
    pub(super) fn no_room_for(&self, key: &str) -> Option<usize> {
        let Accounts::Cluster(catalog) = &self.accounts else { return None };
        let catalog = lock(catalog);
        let is_new = !catalog.databases().contains_key(key);
        self.databases.filter(|limit| is_new && catalog.databases().len() >= *limit)
    }

    /// What is known of a database that a write is for; one that the write makes has no rules.
    fn database(&self, key: &str) -> Database {
        let in_cluster = |catalog: &Catalog| catalog.databases().get(key).cloned();
        match &self.accounts {
            Accounts::Cluster(catalog) => in_cluster(&lock(catalog)).unwrap_or_default(),
            Accounts::Organisations(catalog) => {
                let catalog = lock(catalog);
                let bucket = key.parse().ok().and_then(|id| catalog.bucket(id).ok());
                let retention = bucket.map(|b| b.retention).filter(|retention| *retention > 0);
                Database { retention, ..Database::default() }
            }
        }
    }
}
