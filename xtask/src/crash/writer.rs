//! A writer: does what its plan says, one thing after the other, and keeps the ledger.

use super::api::Api;
use super::ledger::{Came, Deed};
use super::plan::Planner;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What all writers of a round see.
#[derive(Default)]
pub(super) struct Round {
    ticks: AtomicU64,
    /// The kill is on its way, if it has not arrived.
    pub(super) is_killed: AtomicBool,
    /// It has been enough.
    pub(super) is_over: AtomicBool,
}

impl Round {
    /// An instant: later ones are greater.
    pub(super) fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// Writes until the round is over or the server answers no more.
pub(super) fn write(api: &Api, mut planner: Planner, round: &Round) -> Vec<Deed> {
    let mut history = Vec::new();
    while !round.is_over.load(Ordering::SeqCst) {
        let step = planner.next();
        let began = round.tick();
        let answer = api.perform(&step.what, &step.body, step.gzip);
        let came = match answer {
            Ok((status, said)) => Came::Answer { at: round.tick(), status, said },
            Err(_) if round.is_killed.load(Ordering::SeqCst) => Came::Killed,
            Err(error) => Came::Nothing { why: format!("{error:#}") },
        };
        let goes_on = matches!(came, Came::Answer { .. });
        history.push(Deed { writer: planner.writer(), began, what: step.what, came });
        if !goes_on {
            break;
        }
    }
    history
}
