//! What of a body is still being made when its head leaves: pieces, one after another, of which no
//! more than a few lie there at a time, however slowly they are taken.

use std::time::Duration;
use tokio::sync::mpsc::{self, error::TrySendError};

/// How often a thread that waits for room looks whether there is some.
const LOOK: Duration = Duration::from_millis(2);

/// How many pieces may lie there for who takes them.
const WAITING: usize = 2;

/// How much of a body is made before its head leaves: what is shorter has a length, and the status of
/// what went wrong.
pub const FIRST: usize = 1 << 20;

/// The rest of a body, to be sent. Who drops it wants no more.
pub struct More(Box<Rest>);

struct Rest {
    pieces: mpsc::Receiver<Piece>,
    /// Whether what the pieces are made of is not all that there is.
    is_damaged: Option<Box<dyn Fn() -> bool + Send + Sync>>,
    encode: Option<Box<Encode>>,
    is_at_end: bool,
    /// Dropped with this.
    held: Option<Box<dyn Held>>,
}

/// Whatever can be dropped.
trait Held: Send + Sync {}
impl<T: Send + Sync> Held for T {}

/// A piece in another encoding; none for the end, which may have bytes of its own.
type Encode = dyn FnMut(Option<&[u8]>) -> Vec<u8> + Send + Sync;

/// The rest of a body, to be made. Dropped before its [`end`](Self::end) it breaks the body off.
#[derive(Debug)]
pub struct Making(mpsc::Sender<Piece>);

#[derive(Debug)]
enum Piece {
    Bytes(Vec<u8>),
    End,
}

/// There is no more, and what was sent is not all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenOff;

impl Making {
    /// Adds a piece as soon as there is room for it; false where nobody wants more.
    pub async fn put(&self, bytes: Vec<u8>) -> bool {
        self.0.send(Piece::Bytes(bytes)).await.is_ok()
    }

    /// The same from a thread that may wait, for as long as `goes_on` says; it is asked again and again
    /// while there is no room, and only then.
    pub fn put_while(&self, bytes: Vec<u8>, goes_on: &dyn Fn() -> bool) -> bool {
        self.send_while(Piece::Bytes(bytes), goes_on)
    }

    /// Returns once nobody wants more.
    pub async fn unwanted(&self) {
        self.0.closed().await;
    }

    /// That was all.
    pub async fn end(self) {
        let _ = self.0.send(Piece::End).await;
    }

    /// The same from a thread that may wait, as [`put_while`](Self::put_while).
    pub fn end_while(self, goes_on: &dyn Fn() -> bool) {
        self.send_while(Piece::End, goes_on);
    }

    fn send_while(&self, mut piece: Piece, goes_on: &dyn Fn() -> bool) -> bool {
        loop {
            match self.0.try_send(piece) {
                Ok(()) => return true,
                Err(TrySendError::Closed(_)) => return false,
                Err(TrySendError::Full(again)) => piece = again,
            }
            if !goes_on() {
                return false;
            }
            std::thread::sleep(LOOK);
        }
    }
}

impl More {
    /// Both ends.
    pub fn begin() -> (Making, Self) {
        let (send, pieces) = mpsc::channel(WAITING);
        let rest = Rest { pieces, is_damaged: None, encode: None, is_at_end: false, held: None };
        (Making(send), Self(Box::new(rest)))
    }

    /// The same, broken off once what it is made of is damaged.
    #[must_use]
    pub fn unless(mut self, is_damaged: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.0.is_damaged = Some(Box::new(is_damaged));
        self
    }

    /// The same in another encoding: each piece, and at the end what comes after all of them.
    #[must_use]
    pub fn encoded(
        mut self,
        encode: impl FnMut(Option<&[u8]>) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        self.0.encode = Some(Box::new(encode));
        self
    }

    /// The same with something that is dropped when nobody wants more.
    #[must_use]
    pub fn holding(mut self, held: impl Send + Sync + 'static) -> Self {
        self.0.held = Some(Box::new(held));
        self
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// The body ends before it is complete. To be asked no more then.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, BrokenOff> {
        let rest = &mut *self.0;
        if rest.is_at_end {
            return Ok(None);
        }
        let piece = rest.pieces.recv().await.ok_or(BrokenOff)?;
        // Damage is known by the time at which something is made of it.
        if rest.is_damaged.as_ref().is_some_and(|is_damaged| is_damaged()) {
            return Err(BrokenOff);
        }
        rest.is_at_end = matches!(piece, Piece::End);
        Ok(match (piece, rest.encode.as_mut()) {
            (Piece::Bytes(bytes), None) => Some(bytes),
            (Piece::Bytes(bytes), Some(encode)) => Some(encode(Some(&bytes))),
            (Piece::End, None) => None,
            (Piece::End, Some(encode)) => Some(encode(None)),
        })
    }
}

impl std::fmt::Debug for More {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("More").finish_non_exhaustive()
    }
}
