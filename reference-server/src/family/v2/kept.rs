//! What a v2 server puts into its log, and how it does it again.

use super::catalog::Saved;
use super::delete::DeleteRequest;
use super::queue::{Queue, Work};
use super::{ApiError, Code, Id, Service};
use crate::http::Response;
use crate::journal::{self, Change, NotKept};
use crate::lock::lock;
use crate::query::influxql::host::Remove;
use crate::respond;
use crate::snapshots::{Frozen, Keyed};
use crate::stage::WriteFault;
use crate::stage::admit::BucketTarget;
use crate::stage::parse::{self, ParsedBatch};
use crate::stage::store::store_in_shards;
use crate::store::kept::{SavedRemoval, Unit};
use crate::store::numbers::Numbers;
use crate::store::snapshot::{Moved, Store};
use crate::store::waiting::Waiting;
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
    /// The text is a batch that is acknowledged, to be stored later.
    Accepted {
        bucket: Id,
        organisation: Id,
        unit: Unit,
        /// When it was taken, in nanoseconds since 1970.
        now: i64,
        /// When its turn is, in the same.
        due: i64,
        /// Whether something of it was refused.
        refused: bool,
        /// How many entries the queue has then.
        waiting: usize,
    },
    /// A delete that is acknowledged, to be done later.
    AcceptedDelete {
        wanted: DeleteRequest,
        /// When its turn is, in nanoseconds since 1970.
        due: i64,
    },
    /// What was due by then is done.
    Settled {
        now: i64,
        /// How many entries of the queue those were.
        done: usize,
    },
}

/// Records that what was due by then is done.
pub(super) fn record_settled(change: &Change<'_>, now: i64, done: usize) {
    change.record(&Entry::Settled { now, done }, &[]);
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

    /// Takes a batch that is stored later, and keeps it. Also one of which nothing is taken: it may have
    /// left its mark in the log of what was not stored, and among the series that were counted.
    pub(super) fn accept_and_record(
        &self,
        target: &BucketTarget,
        batch: &ParsedBatch<'_>,
        now: i64,
    ) -> Result<(), WriteFault> {
        let ids = (target.organisation.parse(), target.database.parse());
        let (Ok(organisation), Ok(bucket)) = ids else { return Ok(()) };
        let change = self
            .journal
            .begin(batch.text.len())
            .map_err(|_| WriteFault::from(Fault::StorageFailed))?;
        let due = self.due();
        let accepted = self.accept((organisation, bucket), batch, now, due);
        let entry = Entry::Accepted {
            bucket,
            organisation,
            unit: batch.precision.into(),
            now,
            due,
            refused: accepted.is_err(),
            waiting: lock(&self.queue).len(),
        };
        change.record(&entry, batch.text);
        accepted
    }

    /// Takes a delete that is done later, and keeps it.
    pub(super) fn enqueue_and_record(&self, wanted: DeleteRequest) -> Result<(), WriteFault> {
        let change = self.journal.begin(0).map_err(|_| WriteFault::from(Fault::StorageFailed))?;
        let due = self.due();
        self.enqueue(Work::Delete(wanted.clone()), due)?;
        change.record(&Entry::AcceptedDelete { wanted, due }, &[]);
        Ok(())
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
        Frozen { catalog, stores: stores.chain(self.waiting()).collect() }
    }

    /// What this server has beside its points, where the product stores later than it answers: under
    /// the key that no bucket has.
    fn waiting(&self) -> Option<Keyed<Store>> {
        let waits = self.api.acknowledgement == Acknowledgement::Queued;
        waits.then(|| {
            let queue = lock(&self.queue).turns();
            let (series, logged) = (self.quotas.counted(), *lock(&self.logged));
            (Vec::new(), Store::Waiting(Waiting { queue, series, logged }))
        })
    }

    /// How many series there are, each counted in every shard that has it.
    pub(crate) fn series(&self) -> usize {
        self.all_points().iter().map(|(_, points)| lock(points).series_count()).sum()
    }

    /// Becomes what was frozen.
    ///
    /// # Errors
    /// It is not of this family, or contradicts itself.
    pub(crate) fn thaw(&self, frozen: Frozen) -> Result<(), String> {
        let saved = serde_json::from_value(frozen.catalog).map_err(|error| error.to_string())?;
        lock(&self.catalog).restore(saved);
        for (key, store) in frozen.stores {
            match (key.as_slice(), store) {
                ([id], Store::Shards(points)) => {
                    let id = id.parse().map_err(|_| format!("{id} is no bucket"))?;
                    *lock(&self.points(id)) = points;
                }
                ([], Store::Waiting(Waiting { queue, series, logged })) => {
                    *lock(&self.queue) = Queue::of(queue)?;
                    self.quotas.count_again(series);
                    *lock(&self.logged) = logged;
                }
                _ => return Err("it has points of no bucket".to_owned()),
            }
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
            Entry::Accepted { bucket, organisation, unit, now, due, refused, waiting } => {
                let dialect = &self.profile.facts.dialect;
                let batch = parse::parse(&text, dialect, unit.into(), now, BadLines::Logged);
                let batch = batch.map_err(|_| "its batch cannot be read".to_owned())?;
                let accepted = self.accept((organisation, bucket), &batch, now, due);
                journal::same(refused, &accepted)?;
                let found = lock(&self.queue).len();
                if found != waiting {
                    return Err(format!("{found} entries wait where {waiting} did"));
                }
            }
            Entry::AcceptedDelete { wanted, due } => {
                self.enqueue(Work::Delete(wanted), due)
                    .map_err(|_| "a delete that was taken is refused".to_owned())?;
            }
            Entry::Settled { now, done } => {
                let found = self.settle_until(now);
                if found != done {
                    return Err(format!("{found} entries were due where {done} were"));
                }
            }
        }
        Ok(())
    }
}
