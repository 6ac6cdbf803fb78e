//! What a v2 server puts into its log, and how it does it again. A product that queues what it
//! acknowledges has no log here yet.

use super::catalog::Saved;
use super::delete::DeleteRequest;
use super::{ApiError, Code, Id, Service};
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
use profiles::v2_api::Acknowledgement;
use profiles::write::BadLines;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// An entry of the log.
#[derive(Serialize, Deserialize)]
enum Entry {
    /// The catalog as it is from now on.
    Catalog(Saved),
    /// The text is a batch.
    Lines {
        bucket: Id,
        organisation: String,
        unit: Unit,
        /// When it was taken, in nanoseconds since 1970.
        now: i64,
        /// Whether something of it was refused.
        refused: bool,
    },
    /// Points are deleted.
    Delete(DeleteRequest),
    /// An InfluxQL statement removed points.
    Remove { bucket: Id, removal: SavedRemoval },
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
        let stored = self.store(target, batch, now, change.numbers());
        let bucket = target.database.parse().ok().filter(|id| self.is_there(*id));
        if let (Some(bucket), Ok(_)) = (bucket, &target.bucket) {
            let entry = Entry::Lines {
                bucket,
                organisation: target.organisation.clone(),
                unit: batch.precision.into(),
                now,
                refused: stored.is_err(),
            };
            let unit = batch.precision.multiplier();
            change.record_batch(&entry, batch.text, batch.rows.as_ref(), unit);
        }
        stored
    }

    fn store(
        &self,
        target: &BucketTarget,
        batch: &ParsedBatch<'_>,
        now: i64,
        numbers: &mut Numbers,
    ) -> Result<(), WriteFault> {
        let stored = store_in_shards(&self.rules, target, batch, now, numbers);
        if let Err(fault) = &stored {
            self.log_fault(&target.organisation, fault, now);
        }
        stored
    }

    /// Whether a bucket was not dropped meanwhile.
    fn is_there(&self, id: Id) -> bool {
        lock(&self.catalog).bucket(id).is_ok()
    }

    /// Records what the catalog is from now on.
    pub(super) fn record_catalog(&self, change: &Change<'_>) {
        change.record(&Entry::Catalog(lock(&self.catalog).saved()), &[]);
    }

    /// Deletes points, and keeps that.
    pub(super) fn delete_and_record(&self, wanted: DeleteRequest) -> Result<(), WriteFault> {
        let change = self.journal.begin(0).map_err(|_| WriteFault::from(Fault::StorageFailed))?;
        self.delete_now(&wanted);
        change.record(&Entry::Delete(wanted), &[]);
        Ok(())
    }

    /// Removes points or series from a bucket, and keeps that.
    pub(super) fn remove_and_record(&self, bucket: Id, removal: &Remove) -> Result<(), String> {
        let change = self.journal.begin(0).map_err(|why| why.to_string())?;
        self.remove(bucket, removal);
        change.record(&Entry::Remove { bucket, removal: removal.into() }, &[]);
        Ok(())
    }

    fn remove(&self, bucket: Id, removal: &Remove) {
        if self.is_there(bucket) {
            lock(&self.points(bucket)).remove(removal);
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
            None => self.error(&ApiError::new(Code::Internal, why.to_string())),
        }
    }

    /// Keeps what the server was given to begin with.
    pub(crate) fn record_beginning(&self) {
        if let Ok(change) = self.journal.begin(0) {
            self.record_catalog(&change);
        }
    }

    /// All that is there now; nobody changes it meanwhile.
    pub(crate) fn freeze(&self) -> Frozen {
        let catalog = json!(lock(&self.catalog).saved());
        let mut all = self.all_points();
        all.sort_by_key(|(id, _)| *id);
        let stores = all
            .into_iter()
            .map(|(id, points)| (vec![id.to_string()], Store::Shards(lock(&points).frozen())));
        Frozen { catalog, stores: stores.collect() }
    }

    /// Becomes what was frozen.
    ///
    /// # Errors
    /// It is not of this family, or contradicts itself.
    pub(crate) fn thaw(&self, frozen: Frozen) -> Result<(), String> {
        let saved = serde_json::from_value(frozen.catalog).map_err(|error| error.to_string())?;
        lock(&self.catalog).restore(saved);
        for (key, store) in frozen.stores {
            let ([id], Store::Shards(points)) = (key.as_slice(), store) else {
                return Err("it has points of no bucket".to_owned());
            };
            let id = id.parse().map_err(|_| format!("{id} is no bucket"))?;
            *lock(&self.points(id)) = points;
        }
        self.forget_dropped();
        self.apply_rules();
        Ok(())
    }

    /// Lets go of what is in files by now.
    pub(crate) fn move_out(&self, moved: &Moved) {
        for (_, points) in self.all_points() {
            lock(&points).move_out(moved);
        }
    }

    /// Whether what is acknowledged is stored by then.
    pub(crate) fn stores_at_once(&self) -> bool {
        self.api.acknowledgement == Acknowledgement::Stored
    }

    /// Does an entry of the log again.
    ///
    /// # Errors
    /// It cannot be read, or has another outcome than the first time.
    pub(crate) fn redo(&self, payload: &[u8]) -> Result<(), String> {
        let (entry, text) = self.journal.read(payload)?;
        match entry {
            Entry::Catalog(saved) => {
                lock(&self.catalog).restore(saved);
                self.forget_dropped();
                self.apply_rules();
            }
            Entry::Delete(wanted) => self.delete_now(&wanted),
            Entry::Remove { bucket, removal } => self.remove(bucket, &removal.into()),
            Entry::Lines { bucket, organisation, unit, now, refused } => {
                if !self.is_there(bucket) {
                    return Err("its bucket is not there".to_owned());
                }
                let dialect = &self.profile.facts.dialect;
                let batch = parse::parse(&text, dialect, unit.into(), now, BadLines::Logged);
                let batch = batch.map_err(|_| "its batch cannot be read".to_owned())?;
                let target = BucketTarget {
                    bucket: Ok(self.points(bucket)),
                    database: bucket.to_string(),
                    policy: String::new(),
                    named_policy: String::new(),
                    organisation,
                };
                let stored = self.store(&target, &batch, now, &mut Numbers::none());
                journal::same(refused, &stored)?;
            }
        }
        Ok(())
    }
}
