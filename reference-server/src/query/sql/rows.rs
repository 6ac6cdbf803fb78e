//! The result of a query, batch by batch, while the engine is still at work on its own thread.
//!
//! Who asked takes the batches one by one, and the engine waits for that: of a result that nobody
//! reads no more than [`WAITING`] batches are kept, and not for ever.

#[cfg(feature = "flight")]
use super::run::Cause;
use super::run::{Failure, Limits};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
#[cfg(feature = "flight")]
use datafusion::arrow::{array::UInt64Array, compute::take_record_batch};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// How many batches may lie there for who asked.
pub(super) const WAITING: usize = 2;

/// A result that comes. Who drops it stops the query.
pub(crate) struct Rows {
    pub(super) schema: SchemaRef,
    pub(super) batches: mpsc::Receiver<RecordBatch>,
    /// Whether that was all, or why there is no more.
    pub(super) end: oneshot::Receiver<Result<(), Failure>>,
    pub(super) limits: Limits,
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
        // An engine that gives way to nobody does not see that its time is over.
        match timeout(self.limits.deadline, self.batches.recv()).await {
            Ok(Some(batch)) => return Some(Ok(batch)),
            Ok(None) => {}
            Err(_) => return Some(Err(self.limits.overdue())),
        }
        match (&mut self.end).await {
            Ok(Ok(())) => None,
            Ok(Err(failure)) => Some(Err(failure)),
            // Without a word: the thread is gone.
            Err(_) => Some(Err(panicked())),
        }
    }
}

#[cfg(feature = "flight")]
impl Rows {
    /// How many rows a batch has, as those of the engine.
    const BATCH: usize = 8192;

    /// A result that is there as a whole; `held` is dropped once it is taken, or nobody takes it.
    pub(crate) fn of(whole: RecordBatch, held: impl Send + 'static, limits: Limits) -> Self {
        let (send, batches) = mpsc::channel(WAITING);
        let (finish, end) = oneshot::channel();
        let schema = whole.schema();
        tokio::spawn(async move {
            let _held = held;
            let _ = finish.send(Self::in_pieces(&whole, &send, limits).await);
        });
        Self { schema, batches, end, limits }
    }

    async fn in_pieces(
        whole: &RecordBatch,
        to: &mpsc::Sender<RecordBatch>,
        limits: Limits,
    ) -> Result<(), Failure> {
        for start in (0..whole.num_rows()).step_by(Self::BATCH) {
            // A copy: a part of the whole would keep all of it.
            let end = whole.num_rows().min(start + Self::BATCH);
            let rows = (start as u64..end as u64).collect::<Vec<_>>();
            let piece = take_record_batch(whole, &UInt64Array::from(rows)).map_err(|error| {
                Failure::Executing(format!("Arrow error: {error}"), Cause::Server)
            })?;
            let sent = timeout(limits.stalled, to.send(piece)).await;
            if sent.map_err(|_| limits.left_lying())?.is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// The engine's thread ended without a word.
pub(super) fn panicked() -> Failure {
    let text = "Internal error: the engine panicked on this query".to_owned();
    Failure::Executing(text, Cause::Server)
}
