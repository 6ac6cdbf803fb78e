//! Whether the client of a request still waits for its answer.

use super::message::{ByteStream, Wire};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::sync::{Mutex, Notify, watch};

/// How long an answer may still take whose client will send nothing more. Most clients have left
/// then, as Go's server takes it; those that close their sending side before they read have theirs.
const GRACE: Duration = Duration::from_secs(1);

/// How much of the next requests is read while a client is looked at; then it is there, obviously.
const AHEAD: usize = 64 << 10;

/// The client of one request.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// None where its connection does not say.
    seen: Option<Arc<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Somebody wants to know.
    asked: Notify,
    left: watch::Sender<bool>,
}

impl Client {
    /// One whose connection is looked at.
    pub(super) fn of_connection() -> Self {
        Self { seen: Some(Arc::default()) }
    }

    /// Returns once the client has left; never where that cannot be seen. To be asked when the
    /// request's body was read.
    pub async fn left(&self) {
        if let Some(seen) = &self.seen {
            seen.asked.notify_one();
            let mut left = seen.left.subscribe();
            if left.wait_for(|left| *left).await.is_ok() {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Whether it was seen to leave.
    pub(super) fn has_left(&self) -> bool {
        self.seen.as_ref().is_some_and(|seen| *seen.left.borrow())
    }

    /// Looks, once somebody asks; never returns. What comes of further requests is kept for them.
    pub(super) async fn look<S: ByteStream + ?Sized>(&self, wire: &Mutex<Wire<S>>) -> Infallible {
        if let Some(seen) = &self.seen {
            seen.asked.notified().await;
            // Where the body is still being read, that will see it.
            if let Ok(mut wire) = wire.try_lock()
                && wire.is_left().await
            {
                seen.left.send_replace(true);
            }
        }
        std::future::pending().await
    }
}

impl<S: ByteStream + ?Sized> Wire<S> {
    /// Returns once the client has left; never where it goes on with other requests.
    pub(super) async fn has_left(&mut self) {
        if !self.is_left().await {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until the client has left; false where it goes on with other requests.
    async fn is_left(&mut self) -> bool {
        while self.buffered.len() < AHEAD {
            match self.stream.read_buf(&mut self.buffered).await {
                Ok(0) => {
                    tokio::time::sleep(GRACE).await;
                    return true;
                }
                Ok(_) => {}
                Err(_) => return true,
            }
        }
        false
    }
}
