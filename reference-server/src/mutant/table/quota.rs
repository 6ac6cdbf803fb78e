//! Faults of quotas and of the queue.

use super::mutant;
use crate::mutant::Change::{
    Answer, Charged, LastInFirstOut, Outcome, QueueSkipped, QueueStands, StoredOverQuota,
};
use crate::mutant::Home::{Iox, Queue};
use crate::mutant::Mutant;
use crate::mutant::help::{header, without};
use profiles::answer::Fault;

/// The faults.
pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "quota.no-retry-after",
        Queue,
        "429 does not say when to try again.",
        &[Answer(|_, response| without(response, "Retry-After"))],
    ),
    mutant(
        "quota.retry-after-in-milliseconds",
        Queue,
        "Retry-After is in milliseconds.",
        &[Answer(|_, response| {
            header(response, "Retry-After", |value| value.extend_from_slice(b"000"));
        })],
    ),
    mutant(
        "quota.retry-after-as-date",
        Queue,
        "Retry-After is a date in the past.",
        &[Answer(|_, response| {
            header(response, "Retry-After", |value| {
                *value = b"Thu, 01 Jan 1970 00:00:00 GMT".to_vec();
            });
        })],
    ),
    mutant(
        "quota.retry-after-zero",
        Queue,
        "Retry-After is 0.",
        &[Answer(|_, response| {
            header(response, "Retry-After", |value| *value = b"0".to_vec());
        })],
    ),
    mutant(
        "quota.never-ends",
        Queue,
        "Who was over the rate stays so.",
        &[Charged(|_, bytes, _| (bytes, 0))],
    ),
    mutant(
        "quota.counts-what-is-sent",
        Queue,
        "A body counts as it was sent.",
        &[Charged(|seen, _, now| (seen.length, now))],
    ),
    mutant("quota.not-counted", Queue, "Writes are not counted.", &[Charged(|_, _, now| (0, now))]),
    mutant(
        "quota.counts-twice",
        Queue,
        "Writes are counted twice.",
        &[Charged(|_, bytes, now| (bytes * 2, now))],
    ),
    mutant(
        "quota.stores-refused-write",
        Queue,
        "What is refused for the rate is stored.",
        &[StoredOverQuota],
    ),
    mutant(
        "quota.refused-as-success",
        Queue,
        "What is refused for the rate is a success.",
        &[Outcome(|outcome| {
            outcome.or_else(|f| if f.fault == Fault::RateExceeded { Ok(()) } else { Err(f) })
        })],
    ),
    mutant(
        "quota.refused-as-400",
        Queue,
        "What is refused for the rate is a bad request.",
        &[Answer(|_, response| {
            if response.status == 429 {
                response.status = 400;
            }
        })],
    ),
    mutant(
        "quota.deletes-not-counted",
        Queue,
        "A delete too many is a success.",
        &[Answer(|seen, response| {
            if seen.is_delete() && response.status == 429 {
                response.status = 204;
                response.body.clear();
            }
        })],
    ),
    mutant(
        "quota.reads-not-counted",
        Queue,
        "A query too many is answered with nothing.",
        &[Answer(|seen, response| {
            if seen.is_query() && response.status == 429 {
                response.status = 200;
                response.body.clear();
            }
        })],
    ),
    mutant(
        "quota.cardinality-not-counted",
        Queue,
        "A series too many is a success.",
        &[Outcome(|outcome| {
            outcome.or_else(|f| if f.fault == Fault::CardinalityExceeded { Ok(()) } else { Err(f) })
        })],
    ),
    mutant(
        "quota.unavailable-as-success",
        Iox,
        "What the server cannot take is a success.",
        &[Outcome(|outcome| {
            outcome.or_else(|f| if f.fault == Fault::Unavailable { Ok(()) } else { Err(f) })
        })],
    ),
    mutant(
        "async.last-in-first-out",
        Queue,
        "What is queued last is done first.",
        &[LastInFirstOut],
    ),
    mutant("async.never-stored", Queue, "What is queued is never done.", &[QueueStands]),
    mutant(
        "async.stored-before-its-turn",
        Queue,
        "What is queued is done at once.",
        &[QueueSkipped],
    ),
];
