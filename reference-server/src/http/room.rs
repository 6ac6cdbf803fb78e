//! How much of the bodies of all connections is in memory at a time. Each body has a limit, but there may
//! be any number of connections; so they share one, of the process, past which a body waits for others.

use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// The first bytes of a body need no room: so small bodies never wait, and what no connection can be
/// without is no more than its buffers.
const FREE: usize = 64 << 10;

/// What room is counted in.
const PIECE: usize = 64 << 10;

/// As much as the largest body that is read at all.
const PIECES: usize = (512 << 20) / PIECE;

/// What is asked for at once, at least and at most: a body is given room as it comes, since to announce
/// one costs a client nothing.
const LEAST: usize = 256 << 10;
const MOST: usize = 16 << 20;

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
    /// None yet, of the room of the process.
    pub(super) const fn new() -> Self {
        Self { of: &ALL, held: None, longest_wait: LONGEST_WAIT }
    }

    /// How many more bytes may come to a body that `has` so many and of which so many are `missing` as
    /// far as is known; waits until it is one at least.
    ///
    /// # Errors
    /// There is no room, and has not been for some time.
    pub(super) async fn for_more(&mut self, has: usize, missing: u64) -> Result<usize, NoRoom> {
        if let Some(more) = self.bytes().checked_sub(has).filter(|more| *more > 0) {
            return Ok(more);
        }
        let missing = usize::try_from(missing).unwrap_or(usize::MAX);
        let step = has.clamp(LEAST, MOST).min(missing.max(1)).div_ceil(PIECE);
        let wanted = self.of.acquire_many(u32::try_from(step).unwrap_or(u32::MAX));
        let Ok(Ok(more)) = timeout(self.longest_wait, wanted).await else { return Err(NoRoom) };
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        Ok(self.bytes().saturating_sub(has))
    }

    /// How many bytes the body may have by now.
    fn bytes(&self) -> usize {
        FREE + self.held.as_ref().map_or(0, |held| held.num_permits() * PIECE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    fn of(pieces: usize, longest_wait: Duration) -> impl Fn() -> Room {
        let all: &'static Semaphore = Box::leak(Box::new(Semaphore::new(pieces)));
        move || Room { of: all, held: None, longest_wait }
    }

    #[tokio::test]
    async fn a_body_gets_room_as_it_comes_and_never_more_than_it_needs() {
        let room = of(16, SHORT);
        let mut one = room();
        assert_eq!(one.for_more(0, 1 << 40).await, Ok(FREE));
        assert_eq!(one.for_more(FREE - 1, 1 << 40).await, Ok(1));
        assert_eq!(one.for_more(FREE, 100).await, Ok(PIECE), "no more than is missing");
        assert_eq!(one.for_more(FREE + PIECE, 1 << 40).await, Ok(LEAST));
        assert_eq!(one.of.available_permits(), 16 - 1 - LEAST / PIECE);
        drop(one);
        assert_eq!(room().of.available_permits(), 16);
    }

    #[tokio::test]
    async fn a_body_waits_for_others_and_not_for_ever() {
        let room = of(LEAST / PIECE, Duration::from_secs(60));
        let (mut one, mut other) = (room(), room());
        assert_eq!(one.for_more(FREE, 1 << 40).await, Ok(LEAST));
        assert_eq!(other.for_more(0, 1 << 40).await, Ok(FREE), "a small one does not wait");
        let mut waits = std::pin::pin!(other.for_more(FREE, 1 << 40));
        tokio::select! {
            biased;
            more = &mut waits => panic!("{more:?}"),
            () = std::future::ready(()) => {}
        }
        drop(one);
        assert_eq!(waits.await, Ok(LEAST));

        let room = of(1, SHORT);
        let (mut one, mut other) = (room(), room());
        assert_eq!(one.for_more(FREE, 1).await, Ok(PIECE));
        assert_eq!(other.for_more(FREE, 1).await, Err(NoRoom));
    }
}
