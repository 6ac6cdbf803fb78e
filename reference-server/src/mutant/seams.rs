//! What the stages call: each seam looks whether this connection's server has a fault that bites there.

use super::{ACTIVE, Active, Change, Item};
use crate::http::{Request, Response};
use crate::stage::WriteFault;
use crate::stage::admit::Admitted;
use std::collections::VecDeque;

/// Each change of the active fault.
fn each(mut apply: impl FnMut(&Active, &Change)) {
    // Where no fault is active there is nothing to do.
    let _ = ACTIVE.try_with(|active| {
        for change in active.mutant.changes {
            apply(active, change);
        }
    });
}

pub(crate) fn request(request: &mut Request) {
    each(|active, change| {
        if let Change::Request(change) = change {
            change(request, &active.seen.borrow());
        }
    });
    let _ = ACTIVE.try_with(|active| {
        let mut seen = active.seen.borrow_mut();
        seen.method.clone_from(&request.method);
        seen.path.clone_from(&request.path);
        seen.headers.clone_from(&request.headers);
        seen.length = 0;
        seen.query = request.raw_query.clone().unwrap_or_default();
        active.owed.borrow_mut().take();
    });
}

pub(crate) fn answer(response: &mut Response) {
    each(|active, change| {
        if let Change::Answer(change) = change {
            change(&active.seen.borrow(), response);
        }
    });
}

pub(crate) fn body(mut body: Vec<u8>) -> Vec<u8> {
    let _ = ACTIVE.try_with(|active| active.seen.borrow_mut().length = body.len() as u64);
    each(|active, change| {
        if let Change::Body(change) = change {
            body = change(&active.seen.borrow(), std::mem::take(&mut body));
        }
    });
    body
}

pub(crate) fn admitted(admitted: &mut Admitted) {
    each(|_, change| {
        if let Change::Admitted(change) = change {
            change(admitted);
        }
    });
}

pub(crate) fn text(mut text: Vec<u8>) -> Vec<u8> {
    each(|active, change| {
        if let Change::Text(change) = change {
            text = change(&active.seen.borrow(), std::mem::take(&mut text));
        }
    });
    text
}

pub(crate) fn over_quota(mut taken: Result<(), WriteFault>) -> Result<(), WriteFault> {
    each(|active, change| {
        if let Change::StoredOverQuota = change {
            *active.owed.borrow_mut() = std::mem::replace(&mut taken, Ok(())).err();
        }
    });
    taken
}

pub(crate) fn charged(mut bytes: u64, mut now: i64) -> (u64, i64) {
    each(|active, change| {
        if let Change::Charged(change) = change {
            (bytes, now) = change(&active.seen.borrow(), bytes, now);
        }
    });
    (bytes, now)
}

pub(crate) fn stored_at(mut now: i64) -> i64 {
    each(|_, change| {
        if let Change::StoredAt(change) = change {
            now = change(now);
        }
    });
    now
}

pub(crate) fn lines<'i>(
    text: &[u8],
    parsed: impl Iterator<Item = Item<'i>>,
) -> impl Iterator<Item = Item<'i>> {
    let mut parsed: Vec<_> = parsed.collect();
    each(|_, change| {
        if let Change::Lines(change) = change {
            change(text, &mut parsed);
        }
    });
    parsed.into_iter()
}

/// A fault bites where lines are looked at one by one.
pub(crate) fn rows<T>(read: impl FnOnce() -> Option<T>) -> Option<T> {
    if ACTIVE.try_with(|_| ()).is_ok() { None } else { read() }
}

pub(crate) fn outcome(mut outcome: Result<(), WriteFault>) -> Result<(), WriteFault> {
    each(|active, change| {
        if let Some(owed) = active.owed.borrow_mut().take() {
            outcome = Err(owed);
        }
        if let Change::Outcome(change) = change {
            outcome = change(std::mem::replace(&mut outcome, Ok(())));
        }
    });
    outcome
}

pub(crate) fn log(mut rows: Vec<u8>) -> Vec<u8> {
    each(|_, change| {
        if let Change::Log(change) = change {
            rows = change(std::mem::take(&mut rows));
        }
    });
    rows
}

pub(crate) fn queued<T>(waiting: &mut VecDeque<(i64, T)>) {
    each(|_, change| match change {
        Change::LastInFirstOut => {
            // Their turns stay where they are; who has which is turned round.
            if let Some((_, last)) = waiting.pop_back() {
                let due: Vec<i64> = waiting.iter().map(|(due, _)| *due).collect();
                let first = due.first().copied().unwrap_or_default();
                waiting.push_front((first, last));
            }
        }
        Change::QueueStands => {
            for (due, _) in waiting.iter_mut() {
                *due = i64::MAX;
            }
        }
        Change::QueueSkipped => {
            for (due, _) in waiting.iter_mut() {
                *due = 0;
            }
        }
        _ => {}
    });
}
