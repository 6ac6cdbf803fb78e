//! Where a write's lines go: the database that it names, made if it is not there.

use super::Service;
use super::catalog::Database;
use super::kept;
use super::rights::{Action, Rights};
use crate::http::QueryString;
use crate::lock::lock;
use crate::mutant;
use crate::stage::WriteFault;
use crate::stage::admit::{self, Admitted, DatabaseTarget, Target, Tenancy};
use crate::stage::parse::ParsedBatch;
use crate::stage::quota::Quotas;
use crate::stage::store::{Body, Place, store_in_tables};
use crate::store::numbers::Numbers;
use crate::store::rows::Rows;
use crate::write_path::Store;
use line_protocol::Options;
use profiles::Setting;
use profiles::answer::Fault;
use profiles::storage::{Names, Tables};
use profiles::write::Address;
use std::time::Duration;

impl Tenancy for Service {
    type Caller = Rights;

    fn names(&self) -> Option<&Names> {
        Some(&self.rules.names)
    }

    fn organisation(&self, _query: &QueryString) -> Result<(), WriteFault> {
        Ok(())
    }

    fn find(
        &self,
        _: &Rights,
        address: Address,
        query: &QueryString,
    ) -> Result<Target, WriteFault> {
        let name = admit::database_name(address, query);
        match lock(&self.catalog).database(&name) {
            Some(_) => Ok(Target::Database(DatabaseTarget::found(name))),
            None => Err(WriteFault::with(Fault::DatabaseUnknown, "name", name)),
        }
    }

    fn permit(&self, caller: &Rights, target: &Target) -> Result<(), WriteFault> {
        match target {
            Target::Database(target) if !caller.allow(Action::Write, &target.key) => {
                // No user stands behind a token.
                Err(WriteFault::with(Fault::Forbidden, "database", target.key.as_str()))
            }
            _ => Ok(()),
        }
    }
}

impl Store for Service {
    fn room(&self) -> impl Future<Output = Result<(), WriteFault>> + Send {
        self.journal.room()
    }

    fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    fn delay(&self) -> Duration {
        let delay = self.persistence.wait(self.clock.now());
        if !delay.is_zero() {
            tracing::warn!(
                ?delay,
                "writes wait while data is persisted: raise {} or lower {}",
                Setting::ExecMemPoolBytes,
                Setting::Gen1Duration
            );
        }
        delay
    }

    fn store_lines(&self, _: &Target, _: &ParsedBatch<'_>, _: i64) -> Result<(), WriteFault> {
        Ok(())
    }

    fn store_text(&self, admitted: &Admitted, text: &[u8], now: i64) -> Result<(), WriteFault> {
        let Target::Database(target) = &admitted.target else { return Ok(()) };
        let dialect = &self.profile.facts.dialect;
        let rows = mutant::rows(|| Rows::read(text, dialect, &Options::default()));
        let mut change =
            self.journal.begin(text.len()).map_err(|_| WriteFault::from(Fault::StorageFailed))?;
        let batch = Batch {
            database: &target.key,
            found: target.found,
            accept_partial: admitted.accept_partial,
            body: Body { text, rows: rows.as_ref(), unit: admitted.unit, now },
        };
        let stored = self.store(&batch, change.numbers());
        kept::record_batch(&mut change, &batch, stored.is_err());
        let fault = stored.as_ref().err().map(|fault| fault.fault);
        if matches!(fault, None | Some(Fault::PartialLines | Fault::PartialLimit)) {
            self.persistence.add(text.len(), self.clock.now());
        }
        stored
    }
}

/// A body for a database.
pub(super) struct Batch<'b> {
    pub(super) database: &'b str,
    /// Whether the database was there when it was looked for.
    pub(super) found: bool,
    pub(super) accept_partial: bool,
    pub(super) body: Body<'b>,
}

impl Service {
    /// Stores a body in the database that it names, which is made if it is not there.
    pub(super) fn store(&self, batch: &Batch<'_>, numbers: &mut Numbers) -> Result<(), WriteFault> {
        let Batch { database: name, found, accept_partial, body } = *batch;
        let mut catalog = lock(&self.catalog);
        let is_new = catalog.database(name).is_none();
        if is_new && found {
            // It was dropped since it was looked for.
            return Err(WriteFault::with(Fault::DatabaseUnknown, "name", name));
        }
        if is_new && catalog.len() >= self.rules.databases {
            return Err(too_many_databases(&self.rules));
        }
        let elsewhere = catalog.tables_elsewhere(name);
        let mut made = Database::default();
        let database = catalog.database_mut(name).unwrap_or(&mut made);
        let oldest = database.retention.map(|retention| body.now.saturating_sub(retention));
        let place = Place { tables: &mut database.tables, tables_elsewhere: elsewhere, oldest };
        let dialect = &self.profile.facts.dialect;
        let written = store_in_tables(&self.rules, dialect, place, accept_partial, body, numbers);
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
