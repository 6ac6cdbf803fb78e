//! What a v1 server puts into its log, and how it does it again.

use super::Service;
use super::catalog::{Catalog, Saved};
use crate::http::Response;
use crate::journal::{self, Change, NotKept};
use crate::lock::lock;
use crate::query::influxql::host::Remove;
use crate::respond;
use crate::stage::WriteFault;
use crate::stage::admit::BucketTarget;
use crate::stage::parse::{self, ParsedBatch};
use crate::stage::store::store_in_shards;
use crate::store::kept::{SavedRemoval, Unit};
use profiles::answer::Fault;
use profiles::write::BadLines;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An entry of the log.
#[derive(Serialize, Deserialize)]
enum Entry {
    /// The catalog as it is from now on.
    Catalog(Saved),
    /// The text is a batch.
    Lines {
        database: String,
        policy: String,
        unit: Unit,
        /// When it was taken, in nanoseconds since 1970.
        now: i64,
        /// Whether something of it was refused.
        refused: bool,
    },
    /// Points or series are gone.
    Remove { database: String, removal: SavedRemoval },
}

/// Records that points or series are gone.
pub(super) fn record_removal(change: &Change<'_>, database: &str, removal: &Remove) {
    let (database, removal) = (database.to_owned(), SavedRemoval::from(removal));
    change.record(&Entry::Remove { database, removal }, &[]);
}

impl Service {
    /// Stores a batch, and keeps it.
    pub(super) fn store_and_record(
        &self,
        target: &BucketTarget,
        batch: &ParsedBatch<'_>,
        now: i64,
    ) -> Result<(), WriteFault> {
        let change = self
            .journal
            .begin(batch.text.len())
            .map_err(|_| WriteFault::from(Fault::StorageFailed))?;
        let stored = store_in_shards(&self.rules, target, batch, now);
        // What was dropped since the write found it takes no more entries: what bears its name by now
        // is another.
        if self.is_there(target) {
            let entry = Entry::Lines {
                database: target.database.clone(),
                policy: target.policy.clone(),
                unit: batch.precision.into(),
                now,
                refused: stored.is_err(),
            };
            change.record(&entry, batch.text);
        }
        stored
    }

    fn is_there(&self, target: &BucketTarget) -> bool {
        let Ok(bucket) = &target.bucket else { return false };
        let catalog = lock(&self.catalog);
        let policy = catalog.database(&target.database).and_then(|d| d.policy(&target.policy));
        policy.is_some_and(|policy| Arc::ptr_eq(&policy.bucket, bucket))
    }

    /// Records what the catalog is from now on.
    pub(super) fn record_catalog(&self, change: &Change<'_>, catalog: &Catalog) {
        change.record(&Entry::Catalog(catalog.saved()), &[]);
    }

    /// Removes points or series from all policies of a database.
    pub(super) fn remove(&self, database: &str, removal: &Remove) {
        let buckets: Vec<_> = {
            let catalog = lock(&self.catalog);
            let policies = catalog.database(database).map(|database| database.policies.iter());
            policies.into_iter().flatten().map(|policy| Arc::clone(&policy.bucket)).collect()
        };
        for bucket in buckets {
            lock(&bucket).remove(removal);
        }
    }

    /// What is kept of this server.
    pub(crate) const fn journal(&self) -> &journal::Journal {
        &self.journal
    }

    /// The answer to a request whose changes are not known to be on disk; that of a write is the
    /// product's for storage that fails, with our words.
    pub(crate) fn not_kept(&self, path: &str, why: &NotKept) -> Response {
        let facts = &self.profile.facts;
        let failed = WriteFault::with(Fault::StorageFailed, "detail", why.to_string());
        match facts.write.iter().find(|endpoint| endpoint.path == path) {
            Some(endpoint) => respond::fault(&facts.http, endpoint.answers, &failed),
            None => respond::error_line(&facts.http, 500, &why.to_string()),
        }
    }

    /// Keeps what the server was given to begin with.
    pub(crate) fn record_beginning(&self) {
        if let Ok(change) = self.journal.begin(0) {
            self.record_catalog(&change, &lock(&self.catalog));
        }
    }

    /// Does an entry of the log again.
    ///
    /// # Errors
    /// It cannot be read, or has another outcome than the first time.
    pub(crate) fn redo(&self, payload: &[u8]) -> Result<(), String> {
        let (entry, text) = journal::read(payload)?;
        match entry {
            Entry::Catalog(saved) => lock(&self.catalog).restore(saved),
            Entry::Remove { database, removal } => self.remove(&database, &removal.into()),
            Entry::Lines { database, policy, unit, now, refused } => {
                let dialect = &self.profile.facts.dialect;
                let batch = parse::parse(text, dialect, unit.into(), now, BadLines::Logged);
                let batch = batch.map_err(|_| "its batch cannot be read".to_owned())?;
                let bucket = {
                    let catalog = lock(&self.catalog);
                    let found = catalog.database(&database).and_then(|d| d.policy(&policy));
                    found.map(|policy| Arc::clone(&policy.bucket))
                };
                let target = BucketTarget {
                    bucket: Ok(bucket.ok_or("its database is not there")?),
                    database,
                    policy,
                    named_policy: String::new(),
                    organisation: String::new(),
                };
                let stored = store_in_shards(&self.rules, &target, &batch, now);
                journal::same(refused, &stored)?;
            }
        }
        Ok(())
    }
}
