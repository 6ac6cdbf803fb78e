//! How much may be taken that is in no snapshot yet: it is in memory. Where snapshots do not keep up,
//! writers wait for them; where none can be made, they are told so.

use crate::lock::lock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};

/// How many times what begins a snapshot may be taken before writers wait: one part is being put into
/// files, and one comes meanwhile.
const PARTS: u64 = 2;

/// Less than this is not worth that anybody waits.
const LEAST: u64 = 64 << 20;

/// From this share of what may be taken on, each write waits a little, the longer the more is taken: all
/// are slow for some seconds then, where otherwise all would stand still.
const SLOW_FROM: f64 = 0.75;

/// How long one waits there at most.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// How long a writer waits at most. Clients give up after about as long.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What was taken, and what may be.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    /// How many bytes of text came that are in no snapshot.
    taken: AtomicU64,
    /// From how many on writers wait; 0 where nobody makes snapshots.
    most: AtomicU64,
    /// Why the last snapshot could not be made.
    failed: Mutex<Option<String>>,
    /// A snapshot was made, or not, or there will be no more.
    changed: Notify,
}

impl Backlog {
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, bytes: usize) {
        self.taken.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// From now on there is a snapshot whenever so many bytes were taken, or none at all.
    pub(super) fn expect_snapshots(&self, each: Option<u64>) {
        let most = each.map_or(0, |bytes| bytes.saturating_mul(PARTS).max(LEAST));
        self.most.store(most, Ordering::Relaxed);
        self.changed.notify_waiters();
    }

    /// A snapshot has so much of it.
    pub(super) fn forget(&self, bytes: u64) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
        *lock(&self.failed) = None;
        self.changed.notify_waiters();
    }

    /// A snapshot could not be made.
    pub(super) fn fail(&self, why: String) {
        *lock(&self.failed) = Some(why);
        self.changed.notify_waiters();
    }

    /// Waits until more may be taken; `brought_back` is how many bytes of what is in a snapshot are in memory
    /// again.
    ///
    /// # Errors
    /// It may not, and that will not change soon: why.
    pub(super) async fn room(&self, brought_back: impl Fn() -> u64) -> Result<(), String> {
        self.room_within(LONGEST_WAIT, brought_back).await
    }

    async fn room_within(
        &self,
        wait: Duration,
        brought_back: impl Fn() -> u64,
    ) -> Result<(), String> {
        let deadline = Instant::now() + wait;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // What happens from here on wakes it.
            changed.as_mut().enable();
            let taken = self.taken().max(brought_back());
            let most = self.most.load(Ordering::Relaxed);
            if most == 0 {
                return Ok(());
            }
            if taken <= most {
                if let Some(pause) = pause(taken, most) {
                    sleep(pause).await;
                }
                return Ok(());
            }
            if let Some(why) = &*lock(&self.failed) {
                return Err(format!(
                    "{taken} bytes are in memory and in the log but in no snapshot, more than the \
                     {most} that may be, and none can be made: {why}"
                ));
            }
            if timeout_at(deadline, changed).await.is_err() {
                return Err(format!(
                    "{taken} bytes are in memory and in the log but in no snapshot, more than the \
                     {most} that may be: lines come faster than the disk takes them; try again later"
                ));
            }
        }
    }
}

/// How long a writer waits where so much is taken of what may be; none where that is not much.
fn pause(taken: u64, most: u64) -> Option<Duration> {
    let slow = (taken as f64 / most as f64 - SLOW_FROM) / (1.0 - SLOW_FROM);
    // Nobody can be told to wait for less than a millisecond.
    let pause = LONGEST_PAUSE.mul_f64(slow.clamp(0.0, 1.0).powi(2));
    (pause >= Duration::from_millis(1)).then_some(pause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::{Pin, pin};

    const MIB: usize = 1 << 20;

    async fn is_over<T>(of: &mut Pin<&mut impl Future<Output = T>>) -> bool {
        tokio::select! {
            biased;
            _ = of => true,
            () = std::future::ready(()) => false,
        }
    }

    #[tokio::test]
    async fn who_comes_while_too_much_is_in_no_snapshot_waits_for_one() {
        let backlog = Backlog::default();
        backlog.add(300 * MIB);
        assert_eq!(backlog.room(|| 0).await, Ok(()), "nobody makes snapshots");
        backlog.expect_snapshots(Some(100 << 20));
        let mut room = pin!(backlog.room(|| 0));
        assert!(!is_over(&mut room).await);
        backlog.forget(50 << 20);
        assert!(!is_over(&mut room).await, "250 MiB are still more than twice 100");
        backlog.forget(50 << 20);
        assert_eq!(room.await, Ok(()));
    }

    #[tokio::test]
    async fn writers_are_slowed_down_before_they_have_to_wait() {
        let pauses: Vec<_> = [0, 100, 150, 160, 175, 200].map(|taken| pause(taken, 200)).into();
        assert_eq!(pauses[..3], [None; 3], "one part is in files soon, and half of another came");
        assert!(pauses[2..].is_sorted_by(|one, next| one < next), "{pauses:?}");
        assert_eq!(pauses[5], Some(LONGEST_PAUSE));
        let backlog = Backlog::default();
        backlog.expect_snapshots(Some(100 << 20));
        backlog.add(200 * MIB);
        let began = Instant::now();
        assert_eq!(backlog.room(|| 0).await, Ok(()));
        assert!(began.elapsed() >= LONGEST_PAUSE);
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let backlog = Backlog::default();
        backlog.expect_snapshots(Some(1));
        backlog.add(65 * MIB);
        let why = backlog.room_within(Duration::from_millis(10), || 0).await.unwrap_err();
        assert!(why.contains("try again later"), "{why}");
    }

    #[tokio::test]
    async fn nobody_waits_for_a_server_that_ends() {
        let backlog = Backlog::default();
        backlog.expect_snapshots(Some(1));
        backlog.add(65 * MIB);
        let mut room = pin!(backlog.room(|| 0));
        assert!(!is_over(&mut room).await);
        backlog.expect_snapshots(None);
        assert_eq!(room.await, Ok(()));
    }

    #[tokio::test]
    async fn where_no_snapshot_can_be_made_nobody_waits_until_one_was() {
        let backlog = Backlog::default();
        backlog.expect_snapshots(Some(1));
        backlog.add(65 * MIB);
        let mut waiting = pin!(backlog.room(|| 0));
        assert!(!is_over(&mut waiting).await);
        backlog.fail("the disk is full".to_owned());
        assert!(waiting.await.unwrap_err().contains("the disk is full"));
        backlog.forget(2 << 20);
        assert_eq!(backlog.room(|| 0).await, Ok(()));
    }

    #[tokio::test]
    async fn what_was_read_back_to_be_changed_counts_as_well() {
        let backlog = Backlog::default();
        backlog.expect_snapshots(Some(100 << 20));
        let brought_back = AtomicU64::new(300 << 20);
        let read = || brought_back.load(Ordering::Relaxed);
        let mut room = pin!(backlog.room(read));
        assert!(!is_over(&mut room).await);
        brought_back.store(0, Ordering::Relaxed);
        backlog.forget(0);
        assert_eq!(room.await, Ok(()));
    }
}
