//! The result of a query, batch by batch, while the engine is still at work on its own thread.

use super::run::{Cause, Failure};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// What the engine's thread sends.
pub(super) enum Event {
    /// Rows.
    Batch(RecordBatch),
    /// Nothing more comes, and this is all that there is or why there is no more.
    End(Result<(), Failure>),
}

/// A result that comes. Who drops it stops the query.
pub(crate) struct Rows {
    pub(super) schema: SchemaRef,
    /// Not bounded: what one result may hold in memory is.
    pub(super) events: mpsc::UnboundedReceiver<Event>,
    pub(super) deadline: Instant,
    pub(super) overdue: Failure,
}

impl Rows {
    /// Its columns.
    #[cfg(feature = "flight")]
    pub(crate) fn schema(&self) -> SchemaRef {
        std::sync::Arc::clone(&self.schema)
    }

    /// The next batch; `None` at the end.
    ///
    /// # Errors
    /// Why the query failed; nothing comes after that.
    pub(crate) async fn next(&mut self) -> Option<Result<RecordBatch, Failure>> {
        match timeout_at(self.deadline, self.events.recv()).await {
            Ok(Some(Event::Batch(batch))) => Some(Ok(batch)),
            Ok(Some(Event::End(Ok(())))) => None,
            Ok(Some(Event::End(Err(failure)))) => Some(Err(failure)),
            // Without an end: the thread is gone.
            Ok(None) => Some(Err(panicked())),
            Err(_) => Some(Err(self.overdue.clone())),
        }
    }
}

/// The engine's thread ended without a word.
pub(super) fn panicked() -> Failure {
    let text = "Internal error: the engine panicked on this query".to_owned();
    Failure::Executing(text, Cause::Server)
}
