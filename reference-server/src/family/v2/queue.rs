//! What was acknowledged and is not done yet, in the order in which it was asked for.
//!
//! Nothing shows when an entry is done but a later request, so each request first does what is due
//! by then, as of the time when it was due. No task and no timer is needed, and with a clock that
//! stands still nothing happens.
//!
//! In a server that keeps its data the log has two entries for such a thing: one where it is
//! acknowledged, with the time when it will be due, and one where it is done, with the time up to which
//! all was done that was due. Both have their place among all other changes, so a bucket that was
//! dropped, a rule that was changed or a snapshot that was made between the two is between them again.
//! The redo asks no clock: what no entry says was done waits, and the next request does it.

use super::delete::DeleteRequest;
use super::{Id, Service};
use crate::lock::lock;
use crate::mutant;
use crate::stage::WriteFault;
use crate::store::shards::{Row, ShardedBucket};
use crate::store::waiting::Turn;
use profiles::answer::Fault;
use profiles::v2_api::DeleteByField;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many bytes may wait, measured as [`Work::size`] does. A figure of ours: the product's queue is
/// on disk and has no known end, this one is memory.
const LARGEST: usize = 64 << 20;

/// What an entry takes besides its texts. A figure of ours.
const OVERHEAD: usize = 64;

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Work {
    /// Lines are stored.
    Write {
        /// The organisation, for its log.
        organisation: Id,
        /// Where to.
        bucket: Id,
        /// The lines. A snapshot has them in a form of its own.
        #[serde(skip)]
        rows: Arc<Vec<Row>>,
    },
    /// Points are deleted.
    Delete(DeleteRequest),
}

impl Work {
    /// About how many bytes of memory it takes.
    fn size(&self) -> usize {
        match self {
            Self::Write { rows, .. } => rows.iter().map(Row::size).sum(),
            Self::Delete(wanted) => {
                let rules = wanted.rules.iter();
                rules.map(|r| r.key.len() + r.value.len() + OVERHEAD).sum::<usize>() + OVERHEAD
            }
        }
    }

    /// What it is, for a snapshot.
    fn turn(&self, due: i64) -> Turn {
        let rows = match self {
            Self::Write { rows, .. } => Arc::clone(rows),
            Self::Delete(_) => Arc::default(),
        };
        Turn { due, what: json!(self), rows }
    }

    /// What it was.
    fn of(turn: Turn) -> Result<(i64, Self), String> {
        let mut work = serde_json::from_value(turn.what).map_err(|error| error.to_string())?;
        if let Self::Write { rows, .. } = &mut work {
            *rows = turn.rows;
        }
        Ok((turn.due, work))
    }
}

/// The queue of a server.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<(i64, Work)>,
    /// The size of what waits.
    bytes: usize,
}

impl Queue {
    /// The next entry that is due by then, and when it was.
    fn next(&mut self, now: i64) -> Option<(i64, Work)> {
        let (due, work) = self.waiting.pop_front_if(|(due, _)| *due <= now)?;
        self.bytes = self.bytes.saturating_sub(work.size());
        Some((due, work))
    }

    /// Whether something is due by then.
    fn is_due(&self, now: i64) -> bool {
        self.waiting.front().is_some_and(|(due, _)| *due <= now)
    }

    /// How many entries wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// What waits, for a snapshot.
    pub(super) fn turns(&self) -> Vec<Turn> {
        self.waiting.iter().map(|(due, work)| work.turn(*due)).collect()
    }

    /// The queue of which these were the [`turns`](Self::turns).
    ///
    /// # Errors
    /// One of them is nothing that could be done.
    pub(super) fn of(turns: Vec<Turn>) -> Result<Self, String> {
        let waiting: VecDeque<_> = turns.into_iter().map(Work::of).collect::<Result<_, _>>()?;
        let bytes = waiting.iter().map(|(_, work)| work.size()).sum();
        Ok(Self { waiting, bytes })
    }
}

impl Service {
    /// When something is due that is acknowledged now: the clock is read here and not where the request
    /// began, however long a body took.
    pub(super) fn due(&self) -> i64 {
        self.clock.now().saturating_add(self.queue_delay)
    }

    /// Puts something off until its turn, which is not before that of what waits already.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] where too much waits; once the delay has passed there is room.
    pub(super) fn enqueue(&self, work: Work, due: i64) -> Result<(), WriteFault> {
        let size = work.size();
        let mut queue = lock(&self.queue);
        let bytes = queue.bytes.saturating_add(size);
        if !queue.waiting.is_empty() && bytes > LARGEST {
            let seconds = u64::try_from(self.queue_delay).unwrap_or_default();
            let seconds = seconds.div_ceil(1_000_000_000).to_string();
            return Err(WriteFault::with(Fault::Unavailable, "retry_after", seconds));
        }
        queue.bytes = bytes;
        let last = queue.waiting.back().map_or(due, |(last, _)| *last);
        queue.waiting.push_back((due.max(last), work));
        mutant::queued(&mut queue.waiting);
        Ok(())
    }

    /// Does what is due, and keeps that it did. Whoever comes second waits, so that nobody sees half of
    /// it. Where the log takes nothing any more it is not done, and waits for the next start; the
    /// request is answered from what is there.
    pub(super) fn settle(&self) {
        let now = self.clock.now();
        if !lock(&self.queue).is_due(now) {
            return;
        }
        let Ok(change) = self.journal.try_begin(0) else { return };
        let done = self.settle_until(now);
        // Another request may have come first.
        if done > 0 {
            super::kept::record_settled(&change, now, done);
        }
    }

    /// Does what is due by then; how many entries that were.
    pub(super) fn settle_until(&self, now: i64) -> usize {
        let mut queue = lock(&self.queue);
        let mut done = 0;
        while let Some((due, work)) = queue.next(now) {
            match work {
                Work::Write { organisation, bucket, rows } => {
                    self.store_now(organisation, bucket, &rows, due);
                }
                Work::Delete(wanted) => self.delete_now(&wanted),
            }
            done += 1;
        }
        done
    }

    /// Stores lines, unless their bucket was dropped in the meantime.
    fn store_now(&self, organisation: Id, bucket: Id, rows: &[Row], now: i64) {
        if lock(&self.catalog).bucket(bucket).is_err() {
            return;
        }
        let points = self.points(bucket);
        let lost = lock(&points).write_by_field(rows, now);
        self.log_lost(organisation, bucket, &lost, now);
    }

    /// Deletes points.
    pub(super) fn delete_now(&self, wanted: &DeleteRequest) {
        if lock(&self.catalog).bucket(wanted.bucket).is_err() {
            return;
        }
        let by_field = self.api.delete_by_field;
        delete_from(&mut lock(&self.points(wanted.bucket)), wanted, by_field);
    }
}

fn delete_from(bucket: &mut ShardedBucket, wanted: &DeleteRequest, by_field: DeleteByField) {
    bucket.delete(wanted.start, wanted.stop, |measurement, tags, field| {
        wanted.rules.iter().all(|rule| {
            let value = match rule.key.as_str() {
                "_measurement" => Some(measurement),
                "_field" if by_field == DeleteByField::Done => Some(field),
                key => {
                    let tag = tags.iter().find(|(k, _)| **k == *key.as_bytes());
                    tag.map(|(_, value)| &**value)
                }
            };
            value.is_some_and(|value| (value == rule.value.as_bytes()) == rule.equals)
        })
    });
}
