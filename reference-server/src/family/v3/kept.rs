//! What a v3 server puts into its log, and how it does it again.

use super::Service;
use super::catalog::{Catalog, Saved};
use super::write::Batch;
use crate::http::Response;
use crate::journal::{self, Change, NotKept};
use crate::lock::lock;
use crate::store::kept::Unit;
use crate::store::tables::TimeUnit;
use serde::{Deserialize, Serialize};

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
pub(super) fn record_batch(change: &Change<'_>, batch: &Batch<'_>, refused: bool) {
    let entry = Entry::Lines {
        database: batch.database.to_owned(),
        found: batch.found,
        accept_partial: batch.accept_partial,
        unit: match batch.unit {
            TimeUnit::Given(precision) => Some(precision.into()),
            TimeUnit::Guessed => None,
        },
        now: batch.now,
        refused,
    };
    change.record(&entry, batch.text);
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

    /// The answer to a request whose changes are not known to be on disk: our own words.
    pub(crate) fn not_kept(&self, why: &NotKept) -> Response {
        Response::new(500).with_body(format!("write to the log failed: {why}"))
    }

    /// Keeps what the server was given to begin with.
    pub(crate) fn record_beginning(&self) {
        if let Ok(change) = self.journal.begin(0) {
            record_catalog(&change, &lock(&self.catalog));
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
            Entry::Lines { database, found, accept_partial, unit, now, refused } => {
                let unit = unit.map_or(TimeUnit::Guessed, |unit| TimeUnit::Given(unit.into()));
                let batch = Batch { database: &database, found, accept_partial, unit, now, text };
                journal::same(refused, &self.store(&batch))?;
            }
        }
        Ok(())
    }
}
