//! How a server slows down while it makes files of what was written. Nothing is written to disk here
//! and nothing can be lost: only the time is kept.
//!
//! Page 000 says what is seen of it: writes are slow while data is persisted, typically every ten
//! minutes (`gen1-duration`), and the less so the more memory there is for it (`exec-mem-pool-bytes`).
//! At each multiple of the duration, what was written since the one before is persisted; that takes
//! a second for as many bytes as the pool has, which is a figure of ours. A write that arrives
//! meanwhile waits until it is over.

use crate::lock::lock;
use profiles::{Setting, Settings};
use std::sync::Mutex;
use std::time::Duration;

/// Nanoseconds that it takes to persist as many bytes as the pool has.
const FULL_POOL: u128 = 1_000_000_000;

/// The longest that a write waits, whatever the pool: a client gives up after much more. A figure of
/// ours.
const LONGEST: Duration = Duration::from_secs(30);

/// What is yet to be persisted, and when that will be done.
#[derive(Debug)]
pub(super) struct Persistence {
    /// Nanoseconds from one time of persisting to the next; none where it is off.
    every: Option<i64>,
    /// Bytes of memory for it.
    pool: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The next time of persisting, once something was written.
    next: Option<i64>,
    /// Bytes that were written since the one before.
    buffered: u64,
    /// Until when the server is busy with what it has.
    busy_until: i64,
}

impl Persistence {
    /// As it is set; a pool that is off is one that is never too small.
    pub(super) fn of(settings: &Settings) -> Self {
        let pool = settings.number(Setting::ExecMemPoolBytes);
        let every = settings.duration(Setting::Gen1Duration).filter(|_| pool.is_some());
        let every = every.and_then(|every| i64::try_from(every.as_nanos()).ok());
        Self {
            every: every.filter(|every| *every > 0),
            pool: pool.unwrap_or_default().max(1),
            state: Mutex::default(),
        }
    }

    /// How long a write that arrives now has to wait.
    pub(super) fn wait(&self, now: i64) -> Duration {
        let mut state = lock(&self.state);
        self.begin_what_is_due(&mut state, now);
        let left = state.busy_until.saturating_sub(now);
        Duration::from_nanos(u64::try_from(left).unwrap_or_default()).min(LONGEST)
    }

    /// Counts what a write stored.
    pub(super) fn add(&self, bytes: usize, now: i64) {
        let Some(every) = self.every else { return };
        let mut state = lock(&self.state);
        self.begin_what_is_due(&mut state, now);
        state.buffered = state.buffered.saturating_add(bytes as u64);
        state
            .next
            .get_or_insert_with(|| now.saturating_sub(now.rem_euclid(every)).saturating_add(every));
    }

    /// There is no timer: whoever comes after a time of persisting finds it as if it had begun then.
    fn begin_what_is_due(&self, state: &mut State, now: i64) {
        let Some(at) = state.next.filter(|at| *at <= now) else { return };
        let took = u128::from(state.buffered) * FULL_POOL / u128::from(self.pool);
        let took = i64::try_from(took).unwrap_or(i64::MAX);
        state.busy_until = state.busy_until.max(at).saturating_add(took);
        state.buffered = 0;
        state.next = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn of(pool: &str, every: &str) -> Persistence {
        let mut settings = profiles::ALL
            .iter()
            .map(|profile| Settings::of(profile))
            .find(|settings| settings.number(Setting::ExecMemPoolBytes).is_some())
            .unwrap_or_default();
        settings.set("exec-mem-pool-bytes", pool).unwrap();
        settings.set("gen1-duration", every).unwrap();
        Persistence::of(&settings)
    }

    /// How long a write waits at each of these tenths of a second, in tenths; 1000 bytes were
    /// written at 0.5 s.
    fn waits(pool: &str, every: &str, tenths: &[i64]) -> Vec<u128> {
        let persistence = of(pool, every);
        persistence.add(1_000, SECOND / 2);
        let wait = |tenth: &i64| persistence.wait(tenth * SECOND / 10).as_millis() / 100;
        tenths.iter().map(wait).collect()
    }

    #[test]
    fn a_write_waits_until_what_was_there_is_persisted() {
        assert_eq!(waits("1000", "1s", &[6, 9, 10, 15, 19, 20, 30]), [0, 0, 10, 5, 1, 0, 0]);
    }

    #[test]
    fn a_larger_pool_shortens_it() {
        assert_eq!(waits("2000", "1s", &[9, 10, 14, 15]), [0, 5, 1, 0]);
        assert_eq!(waits("20%", "1s", &[9, 10, 14, 15]), [0, 0, 0, 0]);
    }

    #[test]
    fn a_shorter_duration_has_less_to_persist_each_time() {
        let wait_after_two_writes = |every| {
            let persistence = of("1000", every);
            persistence.add(500, SECOND / 2);
            persistence.add(500, SECOND * 3 / 2);
            persistence.wait(2 * SECOND).as_millis()
        };
        assert_eq!(wait_after_two_writes("2s"), 1_000);
        assert_eq!(wait_after_two_writes("1s"), 500);
    }

    #[test]
    fn who_comes_late_finds_it_done_and_who_writes_while_it_lasts_adds_to_the_next() {
        let persistence = of("1000", "1s");
        persistence.add(1_500, 0);
        assert_eq!(persistence.wait(100 * SECOND), Duration::ZERO);
        persistence.add(1_500, 100 * SECOND);
        assert_eq!(persistence.wait(101 * SECOND).as_millis(), 1_500);
        persistence.add(500, 101 * SECOND);
        assert_eq!(persistence.wait(102 * SECOND).as_millis(), 1_000, "both, one after the other");
    }

    #[test]
    fn nobody_waits_for_days() {
        let persistence = of("1", "1s");
        persistence.add(10_000_000, 0);
        assert_eq!(persistence.wait(SECOND), LONGEST);
    }

    #[test]
    fn it_can_be_off() {
        for (pool, every) in [("off", "1s"), ("1", "off")] {
            let persistence = of(pool, every);
            persistence.add(1_000, 0);
            assert_eq!(persistence.wait(5 * SECOND), Duration::ZERO);
        }
    }
}
