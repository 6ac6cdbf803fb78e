//! How a write finds its database, and where its points go.

use super::Service;
use super::auth::Caller;
use crate::http::QueryString;
use crate::lock::lock;
use crate::stage::WriteFault;
use crate::stage::admit::{Admitted, BucketTarget, Target, Tenancy};
use crate::stage::parse::ParsedBatch;
use crate::stage::store::store_in_shards;
use crate::write_path::Store;
use profiles::answer::Fault;
use profiles::write::Address;

impl Tenancy for Service {
    type Caller = Caller;

    fn organisation(&self, _query: &QueryString) -> Result<(), WriteFault> {
        Ok(())
    }

    fn find(&self, _: &Caller, _: Address, query: &QueryString) -> Result<Target, WriteFault> {
        let name = query.get("db").unwrap_or_default();
        let catalog = lock(&self.catalog);
        let database = catalog
            .database(name)
            .ok_or_else(|| WriteFault::with(Fault::DatabaseUnknown, "name", name))?;
        let policy = query.get("rp").unwrap_or_default();
        let bucket = database.policy(policy).map(|policy| policy.bucket.clone());
        let unknown = || WriteFault::with(Fault::PolicyUnknown, "name", policy);
        Ok(Target::Bucket(BucketTarget {
            bucket: bucket.ok_or_else(unknown),
            database: name.to_owned(),
            policy: policy.to_owned(),
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

impl Store for Service {
    fn store_lines(
        &self,
        target: &Target,
        batch: &ParsedBatch<'_>,
        now: i64,
    ) -> Result<(), WriteFault> {
        match target {
            Target::Bucket(target) => store_in_shards(&self.rules, target, batch, now),
            Target::Database(_) => Ok(()),
        }
    }

    fn store_text(&self, _: &Admitted, _: &[u8], _: i64) -> Result<(), WriteFault> {
        Ok(())
    }
}
