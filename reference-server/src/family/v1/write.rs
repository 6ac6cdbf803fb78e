//! How a write finds its database, and where its points go.

use super::Service;
use super::auth::Caller;
use crate::http::QueryString;
use crate::lock::lock;
use crate::stage::WriteFault;
use crate::stage::admit::{Admitted, BucketTarget, Target, Tenancy};
use crate::stage::parse::ParsedBatch;
use crate::stage::quota::Quotas;
use crate::write_path::Store;
use profiles::answer::Fault;
use profiles::write::Address;

impl Tenancy for Service {
    type Caller = Caller;

    fn organisation(&self, _query: &QueryString) -> Result<(), WriteFault> {
        Ok(())
    }

    fn find(
        &self,
        _: &Caller,
        address: Address,
        query: &QueryString,
    ) -> Result<Target, WriteFault> {
        let get = |parameter| query.get(parameter).unwrap_or_default();
        let (name, policy) = match address {
            Address::BucketAsDatabaseAndPolicy => as_database_and_policy(get("bucket")),
            _ => (get("db"), get("rp")),
        };
        let catalog = lock(&self.catalog);
        let database = catalog
            .database(name)
            .ok_or_else(|| WriteFault::with(Fault::DatabaseUnknown, "name", name))?;
        let found = database.policy(policy);
        let bucket = found.map(|found| found.bucket.clone());
        let unknown = || WriteFault::with(Fault::PolicyUnknown, "name", policy);
        Ok(Target::Bucket(BucketTarget {
            bucket: bucket.ok_or_else(unknown),
            database: name.to_owned(),
            policy: found.map_or(policy, |found| &found.name).to_owned(),
            named_policy: policy.to_owned(),
            organisation: String::new(),
        }))
    }

    fn permit(&self, caller: &Caller, target: &Target) -> Result<(), WriteFault> {
        let Target::Bucket(target) = target else { return Ok(()) };
        match caller {
            Caller::User(user) if !user.may_write(&target.database) => {
                Err(WriteFault::with(Fault::Forbidden, "user", user.name.as_str())
                    .and("database", target.database.as_str()))
            }
            Caller::User(_) | Caller::Anyone | Caller::FirstAdmin => Ok(()),
        }
    }
}

/// A bucket `db` or `db/rp` as the database and the policy that it stands for.
pub(super) fn as_database_and_policy(bucket: &str) -> (&str, &str) {
    bucket.split_once('/').unwrap_or((bucket, ""))
}

impl Store for Service {
    fn room(&self) -> impl Future<Output = Result<(), WriteFault>> + Send {
        self.journal.room()
    }

    fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    fn store_lines(
        &self,
        target: &Target,
        batch: &ParsedBatch<'_>,
        now: i64,
    ) -> Result<(), WriteFault> {
        match target {
            Target::Bucket(target) => self.store_and_record(target, batch, now),
            Target::Database(_) => Ok(()),
        }
    }

    fn store_text(&self, _: &Admitted, _: &[u8], _: i64) -> Result<(), WriteFault> {
        Ok(())
    }
}
