//! What a v3 server puts into its log, and how it does it again.

use super::Service;
use super::catalog::{Catalog, Saved};
use super::write::Batch;
use crate::http::Response;
use crate::journal::{self, Change, NotKept};
use crate::lock::lock;
use crate::respond;
use crate::snapshots::Frozen;
use crate::stage::WriteFault;
use crate::stage::store::Body;
use crate::store::kept::Unit;
use crate::store::numbers::Numbers;
use crate::store::rows::Rows;
use crate::store::snapshot::{Moved, Store};
use crate::store::tables::TimeUnit;
use line_protocol::Options;
use profiles::answer::Fault;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// An entry of the log.
#[derive(Serialize, Deserialize)]
enum Entry {
    /// Databases and tokens as they are from now on.
    Catalog(Saved),
    /// The text is a batch.
    Lines {
        database: String,
        found: bool,
        accept_partial: bool,
        /// None where each timestamp tells it.
        unit: Option<Unit>,
        now: i64,
        /// Whether something of it was refused.
        refused: bool,
    },
}

/// Records a batch that came to the store.
pub(super) fn record_batch(change: &mut Change<'_>, batch: &Batch<'_>, refused: bool) {
    let entry = Entry::Lines {
        database: batch.database.to_owned(),
        found: batch.found,
        accept_partial: batch.accept_partial,
        unit: match batch.body.unit {
            TimeUnit::Given(precision) => Some(precision.into()),
            TimeUnit::Guessed => None,
        },
        now: batch.body.now,
        refused,
    };
    change.record_batch(&entry, batch.body.text, batch.body.rows, 1);
}

/// Records what the catalog is from now on.
pub(super) fn record_catalog(change: &Change<'_>, catalog: &Catalog) {
    change.record(&Entry::Catalog(catalog.saved()), &[]);
}

impl Service {
    /// What is kept of this server.
    pub(crate) const fn journal(&self) -> &journal::Journal {
        &self.journal
    }

    /// The answer to a request whose changes are not known to be on disk; that of a write is the
    /// endpoint's for storage that fails, with our words about why.
    pub(crate) fn not_kept(&self, path: &str, why: &NotKept) -> Response {
        let facts = &self.profile.facts;
        let failed = WriteFault::with(Fault::StorageFailed, "detail", why.to_string());
        match facts.write.iter().find(|endpoint| endpoint.path == path) {
            Some(endpoint) => respond::fault(&facts.http, endpoint.answers, &failed),
            None => Response::new(500).with_body(why.to_string()),
        }
    }

    /// Keeps what the server was given to begin with.
    pub(crate) fn record_beginning(&self) {
        if let Ok(change) = self.journal.begin(0) {
            record_catalog(&change, &lock(&self.catalog));
        }
    }

    /// All that is there now; nobody changes it meanwhile.
    pub(crate) fn freeze(&self) -> Frozen {
        let mut catalog = lock(&self.catalog);
        let stores = catalog
            .databases_mut()
            .map(|(name, database)| (vec![name.clone()], Store::Tables(database.tables.frozen())));
        let stores = stores.collect();
        Frozen { catalog: json!(catalog.saved()), stores }
    }

    /// How many series there are.
    pub(crate) fn series(&self) -> usize {
        let mut catalog = lock(&self.catalog);
        catalog.databases_mut().map(|(_, database)| database.tables.series_count()).sum()
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
            let ([name], Store::Tables(tables)) = (key.as_slice(), store) else {
                return Err("it has tables of no database".to_owned());
            };
            let database = catalog.database_mut(name);
            database.ok_or("it has tables of a database that is not there")?.tables = tables;
        }
        Ok(())
    }

    /// Lets go of what is in files by now.
    pub(crate) fn move_out(&self, moved: &Moved) {
        for (_, database) in lock(&self.catalog).databases_mut() {
            database.tables.move_out(moved);
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
            Entry::Lines { database, found, accept_partial, unit, now, refused } => {
                let unit = unit.map_or(TimeUnit::Guessed, |unit| TimeUnit::Given(unit.into()));
                let dialect = &self.profile.facts.dialect;
                let rows = Rows::read(&text, dialect, &Options::default());
                let body = Body { text: &text, rows: rows.as_ref(), unit, now };
                let batch = Batch { database: &database, found, accept_partial, body };
                journal::same(refused, &self.store(&batch, &mut Numbers::none()))?;
            }
        }
        Ok(())
    }
}
