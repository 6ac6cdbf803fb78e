//! What a server of the IOx family puts into its log, and how it does it again.

use super::Service;
use super::accounts::{Accounts, Saved};
use super::write::Batch;
use crate::http::Response;
use crate::journal::{self, Change, NotKept};
use crate::lock::lock;
use crate::respond;
use crate::snapshots::Frozen;
use crate::stage::WriteFault;
use crate::store::kept::Unit;
use crate::store::partitions::PartitionedTables;
use crate::store::snapshot::{Moved, Store};
use crate::store::tables::TimeUnit;
use profiles::answer::Fault;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;

/// An entry of the log.
#[derive(Serialize, Deserialize)]
enum Entry {
    /// Who and what there is from now on.
    Accounts(Saved),
    /// The text is a batch.
    Lines {
        /// The key of its database.
        key: String,
        found: bool,
        accept_partial: bool,
        /// None where each timestamp tells it.
        unit: Option<Unit>,
        /// When it was taken, in nanoseconds since 1970.
        now: i64,
        /// Whether something of it was refused.
        refused: bool,
    },
}

/// Records who and what there is from now on.
pub(super) fn record_accounts(change: &Change<'_>, accounts: Saved) {
    change.record(&Entry::Accounts(accounts), &[]);
}

impl Service {
    /// Stores a batch, and keeps it.
    pub(super) fn store_and_record(&self, batch: &Batch<'_>) -> Result<(), WriteFault> {
        let change = self
            .journal
            .begin(batch.text.len())
            .map_err(|_| WriteFault::from(Fault::StorageFailed))?;
        let stored = self.store(batch);
        let entry = Entry::Lines {
            key: batch.key.to_owned(),
            found: batch.found,
            accept_partial: batch.accept_partial,
            unit: match batch.unit {
                TimeUnit::Given(precision) => Some(precision.into()),
                TimeUnit::Guessed => None,
            },
            now: batch.now,
            refused: stored.is_err(),
        };
        change.record(&entry, batch.text);
        stored
    }

    /// What is kept of this server.
    pub(crate) const fn journal(&self) -> &journal::Journal {
        &self.journal
    }

    /// The answer to a request whose changes are not known to be on disk; that of a write is the
    /// endpoint's for storage that fails.
    pub(crate) fn not_kept(&self, path: &str, why: &NotKept) -> Response {
        let failed = WriteFault::with(Fault::StorageFailed, "detail", why.to_string());
        match self.endpoints.iter().find(|endpoint| endpoint.path == path) {
            Some(endpoint) => respond::fault(&self.profile.facts.http, endpoint.answers, &failed),
            None => super::manage::failed(500, &why.to_string()),
        }
    }

    /// Keeps what the server was given to begin with.
    pub(crate) fn record_beginning(&self) {
        if let Ok(change) = self.journal.begin(0) {
            record_accounts(&change, self.accounts.saved());
        }
    }

    /// All that is there now; nobody changes it meanwhile.
    pub(crate) fn freeze(&self) -> Frozen {
        let catalog = json!(self.accounts.saved());
        let mut tables = lock(&self.tables);
        let stores = tables
            .iter_mut()
            .map(|(key, tables)| (vec![key.clone()], Store::Partitions(tables.frozen())));
        let mut stores: Vec<_> = stores.collect();
        stores.sort_by(|(one, _), (other, _)| one.cmp(other));
        Frozen { catalog, stores }
    }

    /// How many series there are.
    pub(crate) fn series(&self) -> usize {
        lock(&self.tables).values().map(PartitionedTables::series_count).sum()
    }

    /// Becomes what was frozen.
    ///
    /// # Errors
    /// It is not of this family, or contradicts itself.
    pub(crate) fn thaw(&self, frozen: Frozen) -> Result<(), String> {
        let saved = serde_json::from_value(frozen.catalog).map_err(|error| error.to_string())?;
        self.accounts.restore(saved)?;
        let mut all: HashMap<String, PartitionedTables> = HashMap::new();
        for (key, store) in frozen.stores {
            let ([key], Store::Partitions(tables)) = (key.as_slice(), store) else {
                return Err("it has tables of no database".to_owned());
            };
            if !self.accounts.have(key) {
                return Err("it has tables of a database that is not there".to_owned());
            }
            all.insert(key.clone(), tables);
        }
        *lock(&self.tables) = all;
        Ok(())
    }

    /// Lets go of what is in files by now.
    pub(crate) fn move_out(&self, moved: &Moved) {
        lock(&self.tables).values_mut().for_each(|tables| tables.move_out(moved));
    }

    /// Does an entry of the log again.
    ///
    /// # Errors
    /// It cannot be read, or has another outcome than the first time.
    pub(crate) fn redo(&self, payload: &[u8]) -> Result<(), String> {
        let (entry, text) = self.journal.read(payload)?;
        match entry {
            Entry::Accounts(saved) => {
                self.accounts.restore(saved)?;
                self.forget_dropped();
            }
            Entry::Lines { key, found, accept_partial, unit, now, refused } => {
                let unit = unit.map_or(TimeUnit::Guessed, |unit| TimeUnit::Given(unit.into()));
                let batch = Batch { key: &key, found, accept_partial, unit, now, text: &text };
                journal::same(refused, &self.store(&batch))?;
            }
        }
        Ok(())
    }

    /// Drops the tables of all databases that are no more.
    fn forget_dropped(&self) {
        let mut gone: Vec<String> = lock(&self.tables).keys().cloned().collect();
        gone.retain(|key| !self.accounts.have(key));
        let mut tables = lock(&self.tables);
        for key in gone {
            tables.remove(&key);
        }
    }
}

impl Accounts {
    /// All of them.
    fn saved(&self) -> Saved {
        match self {
            Self::Cluster(catalog) => Saved::Cluster(lock(catalog).clone()),
            Self::Organisations(catalog) => Saved::Organisations(lock(catalog).saved()),
        }
    }

    /// Becomes what was saved.
    ///
    /// # Errors
    /// It is of another kind of product.
    fn restore(&self, saved: Saved) -> Result<(), String> {
        match (self, saved) {
            (Self::Cluster(catalog), Saved::Cluster(saved)) => *lock(catalog) = saved,
            (Self::Organisations(catalog), Saved::Organisations(saved)) => {
                lock(catalog).restore(saved);
            }
            _ => return Err("its accounts are of another kind".to_owned()),
        }
        Ok(())
    }

    /// Whether there is a database of this key.
    fn have(&self, key: &str) -> bool {
        match self {
            Self::Cluster(catalog) => lock(catalog).databases().contains_key(key),
            Self::Organisations(catalog) => {
                key.parse().is_ok_and(|id| lock(catalog).bucket(id).is_ok())
            }
        }
    }
}
