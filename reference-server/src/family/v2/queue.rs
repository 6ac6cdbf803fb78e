//! What was acknowledged and is not done yet, in the order in which it was asked for.
//!
//! Nothing shows when an entry is done but a later request, so each request first does what is due
//! by then, as of the time when it was due. No task and no timer is needed, and with a clock that
//! stands still nothing happens.

use super::delete::DeleteRequest;
use super::{Id, Service};
use crate::lock::lock;
use crate::mutant;
use crate::stage::WriteFault;
use crate::store::shards::ShardedBucket;
use line_protocol::{FieldValue, Line};
use profiles::answer::Fault;
use profiles::v2_api::DeleteByField;
use std::collections::VecDeque;

/// How many bytes may wait, measured as [`Work::size`] does. A figure of ours: the product's queue is
/// on disk and has no known end, this one is memory.
const LARGEST: usize = 64 << 20;

/// What an entry takes besides its texts. A figure of ours.
const OVERHEAD: usize = 64;

/// What is to be done.
#[derive(Debug)]
pub(super) enum Work {
    /// Lines are stored.
    Write {
        /// The organisation, for its log.
        organisation: Id,
        /// Where to.
        bucket: Id,
        /// The lines.
        lines: Vec<Line<'static>>,
    },
    /// Points are deleted.
    Delete(DeleteRequest),
}

impl Work {
    /// About how many bytes of memory it takes.
    fn size(&self) -> usize {
        match self {
            Self::Write { lines, .. } => lines.iter().map(size_of_line).sum(),
            Self::Delete(wanted) => {
                let rules = wanted.rules.iter();
                rules.map(|r| r.key.len() + r.value.len() + OVERHEAD).sum::<usize>() + OVERHEAD
            }
        }
    }
}

fn size_of_line(line: &Line<'_>) -> usize {
    let tags = line.tags.iter().map(|(key, value)| key.len() + value.len() + OVERHEAD);
    let fields = line.fields.iter().map(|(key, value)| {
        let text = match value {
            FieldValue::String(text) => text.len(),
            _ => 0,
        };
        key.len() + text + OVERHEAD
    });
    OVERHEAD + line.measurement.len() + tags.sum::<usize>() + fields.sum::<usize>()
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
}

impl Service {
    /// Puts something off until its turn. The clock is read here and not where the request began, so
    /// that the entries are in the order of their turns however long a body took.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] where too much waits; once the delay has passed there is room.
    pub(super) fn enqueue(&self, work: Work) -> Result<(), WriteFault> {
        let size = work.size();
        let mut queue = lock(&self.queue);
        let bytes = queue.bytes.saturating_add(size);
        if !queue.waiting.is_empty() && bytes > LARGEST {
            let seconds = u64::try_from(self.queue_delay).unwrap_or_default();
            let seconds = seconds.div_ceil(1_000_000_000).to_string();
            return Err(WriteFault::with(Fault::Unavailable, "retry_after", seconds));
        }
        queue.bytes = bytes;
        let due = self.clock.now().saturating_add(self.queue_delay);
        queue.waiting.push_back((due, work));
        mutant::queued(&mut queue.waiting);
        Ok(())
    }

    /// Does what is due. Whoever comes second waits, so that nobody sees half of it.
    pub(super) fn settle(&self) {
        let now = self.clock.now();
        let mut queue = lock(&self.queue);
        while let Some((due, work)) = queue.next(now) {
            match work {
                Work::Write { organisation, bucket, lines } => {
                    self.store_now(organisation, bucket, &lines, due);
                }
                Work::Delete(wanted) => self.delete_now(&wanted),
            }
        }
    }

    /// Stores lines, unless their bucket was dropped in the meantime.
    fn store_now(&self, organisation: Id, bucket: Id, lines: &[Line<'_>], now: i64) {
        if lock(&self.catalog).bucket(bucket).is_err() {
            return;
        }
        let points = self.points(bucket);
        let lost = lock(&points).write_by_field(lines, now);
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
