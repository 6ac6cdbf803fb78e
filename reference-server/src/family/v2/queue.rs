//! What was acknowledged and is not done yet, in the order in which it was asked for.
//!
//! Nothing shows when an entry is done but a later request, so each request first does what is due
//! by then, as of the time when it was due. No task and no timer is needed, and with a clock that
//! stands still nothing happens.

use super::delete::DeleteRequest;
use super::{Id, Service};
use crate::lock::lock;
use crate::store::shards::ShardedBucket;
use line_protocol::Line;
use std::collections::VecDeque;

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

/// The queue of a server.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<(i64, Work)>,
}

impl Queue {
    /// The next entry that is due by then, and when it was.
    fn next(&mut self, now: i64) -> Option<(i64, Work)> {
        self.waiting.pop_front_if(|(due, _)| *due <= now)
    }
}

impl Service {
    /// Puts something off until its turn.
    pub(super) fn enqueue(&self, work: Work, now: i64) {
        let due = now.saturating_add(self.queue_delay);
        lock(&self.queue).waiting.push_back((due, work));
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
        delete_from(&mut lock(&self.points(wanted.bucket)), wanted);
    }
}

fn delete_from(bucket: &mut ShardedBucket, wanted: &DeleteRequest) {
    bucket.delete(wanted.start, wanted.stop, |measurement, tags| {
        wanted.rules.iter().all(|rule| {
            let value = match rule.key.as_str() {
                "_measurement" => Some(measurement),
                key => {
                    let tag = tags.iter().find(|(k, _)| **k == *key.as_bytes());
                    tag.map(|(_, value)| &**value)
                }
            };
            value.is_some_and(|value| (value == rule.value.as_bytes()) == rule.equals)
        })
    });
}
