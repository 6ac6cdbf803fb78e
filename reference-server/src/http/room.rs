//! How much of the bodies of all connections is in memory at a time. Each body has a limit, but there may
//! be any number of connections; so they share one, of the process, past which a body waits for others.

use std::ops::Range;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// The first bytes of a body need no room, so small ones never wait. They are no more than a connection has
/// in its buffers anyway.
const FREE: usize = 64 << 10;

/// What room is counted in.
const PIECE: usize = 64 << 10;

/// As much as the largest body that is read at all.
const PIECES: usize = (512 << 20) / PIECE;

/// How much is asked for ahead of what has come, at least and at most, where so much is missing: a body is
/// given room as it comes, since to announce one costs a client nothing.
const AHEAD: Range<usize> = 256 << 10..16 << 20;

/// How long a body waits. Of bodies that all wait for one another nobody else would ever end.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

static ALL: Semaphore = Semaphore::const_new(PIECES);

/// The room of one body, given back when this is dropped.
#[derive(Debug)]
pub(super) struct Room {
    of: &'static Semaphore,
    held: Option<SemaphorePermit<'static>>,
    longest_wait: Duration,
}

/// Others have it all, and go on having it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoRoom;

impl Room {
    /// None yet, of so many pieces of 64 KiB that it shares with the others that this makes.
    #[cfg(test)]
    pub(super) fn of(pieces: usize, longest_wait: Duration) -> impl Fn() -> Self {
        let of: &'static Semaphore = Box::leak(Box::new(Semaphore::new(pieces)));
        move || Self { of, held: None, longest_wait }
    }

    /// None yet, of the room of the process.
    pub(super) const fn new() -> Self {
        Self { of: &ALL, held: None, longest_wait: LONGEST_WAIT }
    }

    /// Waits until there is room for so many bytes; about so many more are to come.
    ///
    /// # Errors
    /// There is none, and has not been for some time. What the body had is given back.
    pub(super) async fn hold(&mut self, bytes: usize, more: u64) -> Result<(), NoRoom> {
        if bytes <= self.bytes() {
            return Ok(());
        }
        let more = usize::try_from(more).unwrap_or(usize::MAX);
        let wanted = bytes + more.min(bytes.clamp(AHEAD.start, AHEAD.end));
        let pieces = (wanted - self.bytes()).div_ceil(PIECE);
        let pieces = self.of.acquire_many(u32::try_from(pieces).unwrap_or(u32::MAX));
        let Ok(Ok(more)) = timeout(self.longest_wait, pieces).await else {
            // At once: others wait for it.
            self.held = None;
            return Err(NoRoom);
        };
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        Ok(())
    }

    /// How many bytes there is room for by now.
    pub(super) fn bytes(&self) -> usize {
        FREE + self.held.as_ref().map_or(0, |held| held.num_permits() * PIECE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_body_gets_room_as_it_comes_and_never_much_more_than_it_needs() {
        let room = Room::of(16, SHORT);
        let mut one = room();
        for (has, missing, expected) in [
            (FREE, 1 << 40, 0),
            (FREE + 1, 99, 1),
            (FREE + PIECE, 1 << 40, 1),
            (FREE + PIECE + 1, 1 << 40, 6),
            // More came than was asked for.
            (FREE + 7 * PIECE, 1, 8),
        ] {
            assert_eq!(one.hold(has, missing).await, Ok(()));
            assert_eq!(one.bytes(), FREE + expected * PIECE, "{has} and {missing}");
            assert_eq!(one.of.available_permits(), 16 - expected);
        }
        drop(one);
        assert_eq!(room().of.available_permits(), 16);
    }

    #[tokio::test]
    async fn a_body_waits_for_others_and_not_for_ever() {
        let room = Room::of(4, Duration::from_secs(60));
        let (mut one, mut other) = (room(), room());
        assert_eq!(one.hold(FREE + 4 * PIECE, 0).await, Ok(()));
        assert_eq!(other.hold(FREE, 1 << 40).await, Ok(()), "a small one does not wait");
        {
            let mut waits = std::pin::pin!(other.hold(FREE + 1, 0));
            tokio::select! {
                biased;
                held = &mut waits => panic!("{held:?}"),
                () = std::future::ready(()) => {}
            }
            drop(one);
            assert_eq!(waits.await, Ok(()));
        }
        let room = Room::of(2, SHORT);
        let (mut one, mut other) = (room(), room());
        assert_eq!(one.hold(FREE + 1, 0).await, Ok(()));
        assert_eq!(other.hold(FREE + 1, 0).await, Ok(()));
        assert_eq!(other.hold(FREE + PIECE + 1, 0).await, Err(NoRoom));
        assert_eq!(
            one.hold(FREE + PIECE + 1, 0).await,
            Ok(()),
            "the other has given back what it had"
        );
    }
}
