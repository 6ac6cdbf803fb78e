//! What a v1 server puts into its log, and how it does it again.

use super::Service;
use super::catalog::{Catalog, Saved};
use crate::http::Response;
use crate::journal::{self, Change, NotKept};
use crate::lock::lock;
use crate::query::influxql::host::Remove;
use crate::respond;
use crate::snapshots::Frozen;
use crate::stage::WriteFault;
use crate::stage::admit::BucketTarget;
use crate::stage::parse::{self, ParsedBatch};
use crate::stage::store::store_in_shards;
use crate::store::kept::{SavedRemoval, Unit};
use crate::store::numbers::Numbers;
use crate::store::snapshot::{Moved, Store};
use profiles::answer::Fault;
use profiles::write::BadLines;
use serde::{Deserialize, Serialize};
use serde_json::json;
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
        let mut change = self
            .journal
            .begin(batch.text.len())
            .map_err(|_| WriteFault::from(Fault::StorageFailed))?;
        let stored = store_in_shards(&self.rules, target, batch, now, change.numbers());
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
            let unit = batch.precision.multiplier();
            change.record_batch(&entry, batch.text, batch.rows.as_ref(), unit);
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

    /// All that is there now; nobody changes it meanwhile.
    pub(crate) fn freeze(&self) -> Frozen {
        let catalog = lock(&self.catalog);
        let stores = catalog.policies().map(|(database, policy)| {
            let key = vec![database.to_owned(), policy.name.clone()];
            (key, Store::Shards(lock(&policy.bucket).frozen()))
        });
        let stores = stores.collect();
        Frozen { catalog: json!(catalog.saved()), stores }
    }

    /// How many series there are, each counted in every shard that has it.
    pub(crate) fn series(&self) -> usize {
        let buckets: Vec<_> = {
            let catalog = lock(&self.catalog);
            catalog.policies().map(|(_, policy)| Arc::clone(&policy.bucket)).collect()
        };
        buckets.iter().map(|bucket| lock(bucket).series_count()).sum()
    }

    /// Becomes what was frozen.
    ///
    /// # Errors
    /// It is not of this family, or contradicts itself.
    pub(crate) fn thaw(&self, frozen: Frozen) -> Result<(), String> {
        let saved = serde_json::from_value(frozen.catalog).map_err(|error| error.to_string())?;
        let mut catalog = lock(&self.catalog);
        catalog.restore(saved);
        for (key, store) in frozen.stores {
            let ([database, policy], Store::Shards(points)) = (key.as_slice(), store) else {
                return Err("it has points of no retention policy".to_owned());
            };
            let found = catalog.database(database).and_then(|known| known.policy(policy));
            let policy = found.ok_or("it has points of a policy that is not there")?;
            *lock(&policy.bucket) = points;
        }
        Ok(())
    }

    /// Lets go of what is in files by now.
    pub(crate) fn move_out(&self, moved: &Moved) {
        let buckets: Vec<_> = {
            let catalog = lock(&self.catalog);
            catalog.policies().map(|(_, policy)| Arc::clone(&policy.bucket)).collect()
        };
        for bucket in buckets {
            lock(&bucket).move_out(moved);
        }
    }

    /// Does an entry of the log again.
    ///
    /// # Errors
    /// It cannot be read, or has another outcome than the first time.
    pub(crate) fn redo(&self, payload: &[u8]) -> Result<(), String> {
        let (entry, text) = self.journal.read(payload)?;
        match entry {
            Entry::Catalog(saved) => lock(&self.catalog).restore(saved),
            Entry::Remove { database, removal } => self.remove(&database, &removal.into()),
            Entry::Lines { database, policy, unit, now, refused } => {
                let dialect = &self.profile.facts.dialect;
                let batch = parse::parse(&text, dialect, unit.into(), now, BadLines::Logged);
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
                let numbers = &mut Numbers::none();
                let stored = store_in_shards(&self.rules, &target, &batch, now, numbers);
                journal::same(refused, &stored)?;
            }
        }
        Ok(())
    }
}
