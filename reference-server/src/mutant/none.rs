//! The seams of the mutants in a build that has none: each hands on what it is given.

use crate::http::{Request, Response};
use crate::stage::WriteFault;
use crate::stage::admit::Admitted;

/// No mutant.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Chosen {}

impl Chosen {
    #[inline(always)]
    pub(crate) fn for_server(self, _token: &str, _basic: bool) -> Self {
        self
    }

    #[inline(always)]
    pub(crate) fn within<F: Future>(self, served: F) -> F {
        served
    }
}

#[inline(always)]
pub(crate) fn request(_: &mut Request) {}

#[inline(always)]
pub(crate) fn answer(_: &mut Response) {}

#[inline(always)]
pub(crate) fn body(body: Vec<u8>) -> Vec<u8> {
    body
}

#[inline(always)]
pub(crate) fn admitted(_: &mut Admitted) {}

#[inline(always)]
pub(crate) fn text(text: Vec<u8>) -> Vec<u8> {
    text
}

#[inline(always)]
pub(crate) fn over_quota(taken: Result<(), WriteFault>) -> Result<(), WriteFault> {
    taken
}

#[inline(always)]
pub(crate) fn charged(bytes: u64, now: i64) -> (u64, i64) {
    (bytes, now)
}

#[inline(always)]
pub(crate) fn stored_at(now: i64) -> i64 {
    now
}

#[inline(always)]
pub(crate) fn lines<I: Iterator>(_: &[u8], parsed: I) -> I {
    parsed
}

#[inline(always)]
pub(crate) fn rows<T>(read: impl FnOnce() -> Option<T>) -> Option<T> {
    read()
}

#[inline(always)]
pub(crate) fn outcome(outcome: Result<(), WriteFault>) -> Result<(), WriteFault> {
    outcome
}

#[inline(always)]
pub(crate) fn log(rows: Vec<u8>) -> Vec<u8> {
    rows
}

#[inline(always)]
pub(crate) fn queued<T>(_: &mut std::collections::VecDeque<(i64, T)>) {}
