//! What one query may use of time and memory, and whether anybody still waits for it.
//!
//! A query runs on a thread of its own and asks its [`Allowance`] as it goes: for each row and each
//! piece of a column whether it goes on, and for what it keeps whether there is room. Once the answer
//! was no it stays no: what reads ends as if there were nothing more, and whoever puts an answer
//! together asks [`Allowance::check`] before the answer is one.

use super::running::{Scan, Scans};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a query may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of what it keeps: rows, groups, points side by side and the answer made of them. What is
    /// counted is an estimate that leaves out small things.
    pub memory: usize,
    /// From the question to the answer.
    pub time: Duration,
}

impl Limits {
    /// What is in force unless somebody says otherwise.
    pub const DEFAULT: Self = Self { memory: 1 << 30, time: Duration::from_secs(60) };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Why a query was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Its time is over; how long it had.
    Overdue(Duration),
    /// It would keep more than so many bytes.
    TooLarge(usize),
    /// Nobody waits for its answer.
    Left,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let less = "ask for a shorter range of time, for fewer series or for fewer columns";
        match self {
            Self::Overdue(time) => {
                write!(f, "Resources exhausted: no answer within {time:?}; {less}")
            }
            Self::TooLarge(bytes) => write!(
                f,
                "Resources exhausted: the query needs more than the {bytes} bytes of memory that it \
                 may use; {less}, or use LIMIT"
            ),
            Self::Left => f.write_str("query interrupted"),
        }
    }
}

/// After how many steps the clock is looked at.
const STEPS: u32 = 1024;

/// What is left for one query. It belongs to the thread that runs it.
#[derive(Debug)]
pub struct Allowance {
    limits: Limits,
    /// None where there is no limit.
    deadline: Cell<Option<Instant>>,
    left: Arc<AtomicBool>,
    scans: Option<Arc<Scans>>,
    scan: RefCell<Option<Scan>>,
    /// Since when it waits for its client, and whether it had a turn.
    resting: Cell<Option<(Instant, bool)>>,
    kept: Cell<usize>,
    steps: Cell<u32>,
    stopped: Cell<Option<Stopped>>,
}

impl Allowance {
    /// As much as it takes, for as long as it takes.
    pub fn unlimited() -> Self {
        let limits = Limits { memory: usize::MAX, time: Duration::MAX };
        Self::since(Instant::now(), limits)
    }

    /// What a query may use that was asked at this time.
    pub fn since(asked: Instant, limits: Limits) -> Self {
        Self {
            limits,
            deadline: Cell::new(asked.checked_add(limits.time)),
            left: Arc::default(),
            scans: None,
            scan: RefCell::default(),
            resting: Cell::new(None),
            kept: Cell::new(0),
            steps: Cell::new(0),
            stopped: Cell::new(None),
        }
    }

    /// The same, of a query that ends when `left` turns true and that takes turns with others.
    pub(super) fn beside(self, left: Arc<AtomicBool>, scans: Arc<Scans>) -> Self {
        Self { left, scans: Some(scans), ..self }
    }

    /// The same, of a query that ends when `left` turns true.
    #[cfg(feature = "sql")]
    pub(super) fn until(self, left: Arc<AtomicBool>) -> Self {
        Self { left, ..self }
    }

    /// Whether the query goes on; cheap enough to be asked for each row.
    pub fn goes_on(&self) -> bool {
        let steps = self.steps.get() + 1;
        if steps < STEPS {
            self.steps.set(steps);
            return self.stopped.get().is_none();
        }
        self.goes_on_now()
    }

    /// The same, and the clock is looked at: to be asked for each piece of a column.
    pub fn goes_on_now(&self) -> bool {
        self.steps.set(0);
        if self.left.load(Ordering::Relaxed) {
            self.stop(Stopped::Left);
        } else if self.deadline.get().is_some_and(|deadline| Instant::now() >= deadline) {
            self.stop(Stopped::Overdue(self.limits.time));
        }
        self.stopped.get().is_none()
    }

    /// Whether there is room for so many bytes more, which are kept from now on.
    pub fn keeps(&self, bytes: usize) -> bool {
        let kept = self.kept.get().saturating_add(bytes);
        self.kept.set(kept);
        if kept > self.limits.memory {
            self.stop(Stopped::TooLarge(self.limits.memory));
        }
        self.goes_on()
    }

    /// How many bytes are kept.
    pub fn kept(&self) -> usize {
        self.kept.get()
    }

    /// That so many bytes are kept, whatever was counted on the way.
    pub fn settle(&self, bytes: usize) {
        self.kept.set(0);
        self.keeps(bytes);
    }

    /// That the query was not ended, so that what it gives is all that there is.
    ///
    /// # Errors
    /// Why it was.
    pub fn check(&self) -> Result<(), Stopped> {
        self.goes_on_now();
        self.stopped.get().map_or(Ok(()), Err)
    }

    /// The same without a look at the clock.
    ///
    /// # Errors
    /// As there.
    pub fn check_kept(&self) -> Result<(), Stopped> {
        self.stopped.get().map_or(Ok(()), Err)
    }

    /// Waits until so few queries read much that this one may too, and is one of them from then on;
    /// not longer than the query has time.
    pub fn take_turns(&self) {
        let Some(scans) = self.scans.as_ref() else { return };
        if self.scan.borrow().is_none() {
            let scan = scans.enter(&|| self.goes_on_now());
            *self.scan.borrow_mut() = scan;
        }
    }

    /// Lets others have its turn, if it has one, while it waits for its client. That is not its own time.
    pub fn rest(&self) {
        if self.resting.get().is_none() {
            let had_turn = self.scan.borrow_mut().take().is_some();
            self.resting.set(Some((Instant::now(), had_turn)));
        }
    }

    /// Whether anybody still waits for it. Who takes nothing for as long as a query may take does not.
    pub fn is_wanted(&self) -> bool {
        let is_over = |(since, _): (Instant, bool)| since.elapsed() > self.limits.time;
        if self.left.load(Ordering::Relaxed) {
            self.stop(Stopped::Left);
        } else if self.resting.get().is_some_and(is_over) {
            self.stop(Stopped::Overdue(self.limits.time));
        }
        self.stopped.get().is_none()
    }

    /// Takes up what it left to others, with as much time as it had by then.
    pub fn go_on(&self) {
        let Some((since, had_turn)) = self.resting.take() else { return };
        let deadline =
            self.deadline.get().and_then(|deadline| deadline.checked_add(since.elapsed()));
        self.deadline.set(deadline);
        if had_turn {
            self.take_turns();
        }
    }

    fn stop(&self, why: Stopped) {
        if self.stopped.get().is_none() {
            self.stopped.set(Some(why));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_has_an_end_and_what_was_let_go_does_not_count() {
        let limits = Limits { memory: 100, time: Duration::MAX };
        let allowance = Allowance::since(Instant::now(), limits);
        assert!(allowance.keeps(60));
        allowance.settle(allowance.kept() - 60);
        assert!(allowance.keeps(100));
        assert_eq!(allowance.check(), Ok(()));
        assert!(!allowance.keeps(1));
        allowance.settle(0);
        assert_eq!(allowance.check(), Err(Stopped::TooLarge(100)), "it stays ended");
    }

    #[test]
    fn time_runs_out_between_two_looks_at_the_clock() {
        let limits = Limits { memory: 100, time: Duration::ZERO };
        let allowance = Allowance::since(Instant::now(), limits);
        let steps = (0..10 * STEPS).take_while(|_| allowance.goes_on()).count();
        assert_eq!(steps, 1023, "the clock is looked at for one step in {STEPS}");
        assert_eq!(allowance.check(), Err(Stopped::Overdue(Duration::ZERO)));
    }

    #[test]
    fn what_a_client_takes_its_time_for_is_not_the_querys_time() {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        let ago = |n| Instant::now().checked_sub(minutes(n)).expect("the machine ran by then");
        let limits = Limits { memory: 100, time: minutes(2) };
        let allowance = Allowance::since(ago(1), limits);
        allowance.resting.set(Some((ago(1), false)));
        assert!(allowance.is_wanted());
        allowance.go_on();
        let left = allowance.deadline.get().unwrap().saturating_duration_since(Instant::now());
        assert!(left > minutes(1) && left < minutes(3), "{left:?}");
        // But nobody waits for ever.
        allowance.resting.set(Some((ago(3), false)));
        assert!(!allowance.is_wanted());
        assert_eq!(allowance.check(), Err(Stopped::Overdue(limits.time)));
    }

    #[test]
    fn who_left_is_the_reason_also_when_time_is_over_later() {
        let allowance = Allowance::unlimited();
        allowance.left.store(true, Ordering::Relaxed);
        assert_eq!(allowance.check(), Err(Stopped::Left));
        assert_eq!(Stopped::Left.to_string(), "query interrupted");
    }
}
