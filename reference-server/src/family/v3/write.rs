//! Where a write's lines go: the database that it names, made if it is not there.

use super::Service;
use super::catalog::Database;
use crate::http::QueryString;
use crate::lock::lock;
use crate::stage::WriteFault;
use crate::stage::admit::{Admitted, Target, Tenancy};
use crate::stage::parse::ParsedBatch;
use crate::stage::quota::Quotas;
use crate::stage::store::store_in_tables;
use crate::write_path::Store;
use profiles::answer::Fault;
use profiles::storage::{Names, Tables};
use profiles::write::Address;

impl Tenancy for Service {
    type Caller = ();

    fn names(&self) -> Option<&Names> {
        Some(&self.rules.names)
    }

    fn organisation(&self, _query: &QueryString) -> Result<(), WriteFault> {
        Ok(())
    }

    fn find(&self, _: &(), _: Address, query: &QueryString) -> Result<Target, WriteFault> {
        Ok(Target::Database(query.get("db").unwrap_or_default().to_owned()))
    }

    fn permit(&self, _caller: &(), _target: &Target) -> Result<(), WriteFault> {
        Ok(())
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
        let Target::Database(name) = &admitted.target else { return Ok(()) };
        let mut catalog = lock(&self.catalog);
        let is_new = catalog.database(name).is_none();
        if is_new && catalog.len() >= self.rules.databases {
            return Err(too_many_databases(&self.rules));
        }
        let elsewhere = catalog.tables_elsewhere(name);
        let mut made = Database::default();
        let database = catalog.database_mut(name).unwrap_or(&mut made);
        let written = store_in_tables(
            &self.rules,
            &self.profile.facts.dialect,
            &mut database.tables,
            elsewhere,
            admitted,
            text,
            now,
        );
        // The catalog is committed before an empty write is noticed, and unless the whole write
        // was refused (3.6:influxdb3_write/src/write_buffer/mod.rs:303-343).
        let refused = matches!(&written, Err(f) if f.fault == Fault::LinesRejected);
        if is_new && !refused {
            catalog.insert(name, made);
        }
        written
    }
}

pub(super) fn too_many_databases(rules: &Tables) -> WriteFault {
    WriteFault::with(Fault::DatabaseLimit, "limit", rules.databases.to_string())
}
