//! What ends a run before its time: somebody who interrupts it, or its deadline.

use super::Interrupt;
use std::fmt;
use std::time::{Duration, Instant};

/// When a run must be over.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    /// Then.
    pub at: Instant,
    /// How long that was when it was set.
    pub after: Duration,
}

impl Deadline {
    /// So long from now.
    pub fn after(after: Duration) -> Self {
        Self { at: Instant::now() + after, after }
    }
}

/// Why a run ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Somebody asked for it.
    Interrupted,
    /// The time is over: so much was given.
    Deadline(Duration),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => write!(f, "interrupted: the report is partial"),
            Self::Deadline(after) => {
                let seconds = after.as_secs_f64();
                write!(f, "the deadline of {seconds} s has passed: the report is partial")
            }
        }
    }
}

/// Why a run ends before it begins, if it does.
pub fn over(interrupt: &Interrupt, deadline: Option<Deadline>) -> Option<Why> {
    Stop { interrupt: interrupt.clone(), deadline }.already()
}

/// Both of them.
pub(crate) struct Stop {
    pub(crate) interrupt: Interrupt,
    pub(crate) deadline: Option<Deadline>,
}

impl Stop {
    /// Of who has no deadline.
    pub(crate) fn of(interrupt: Interrupt) -> Self {
        Self { interrupt, deadline: None }
    }

    /// Whether the run must end before it begins.
    pub(crate) fn already(&self) -> Option<Why> {
        if *self.interrupt.borrow() {
            return Some(Why::Interrupted);
        }
        let passed = self.deadline.filter(|deadline| deadline.at <= Instant::now());
        passed.map(|deadline| Why::Deadline(deadline.after))
    }

    /// Waits until the run must end. May be asked again, and gives the same at once.
    pub(crate) async fn asked(&mut self) -> Why {
        let interrupted = interrupted(&mut self.interrupt);
        let deadline = async {
            match self.deadline {
                Some(deadline) => {
                    tokio::time::sleep_until(deadline.at.into()).await;
                    Why::Deadline(deadline.after)
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = interrupted => Why::Interrupted,
            why = deadline => why,
        }
    }
}

/// Waits until somebody interrupts.
async fn interrupted(interrupt: &mut Interrupt) {
    // A sender that is gone can interrupt nothing any more.
    if interrupt.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
