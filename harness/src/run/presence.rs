//! Whether the target is still there. Where it ends in the middle of a run no case that is left can be
//! judged, and nobody wants to wait until hundreds of them have found that out, each by itself.

use crate::diagnose::wire;
use crate::session::Session;
use crate::wire::Request;
use std::time::Duration;
use tokio::sync::{Mutex, watch};
use tokio::time::sleep;

/// So many requests in a row without an answer are a reason to ask whether anybody is there.
const MANY: usize = 8;

/// How often that is asked, and with which pause: a server may be starting again.
const ASKED: usize = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// What is known of it.
pub(super) struct Presence {
    /// One case asks, the others wait for what it is told.
    asking: Mutex<()>,
    /// Why the target is gone; none as long as it is there.
    gone: watch::Sender<Option<String>>,
}

impl Presence {
    pub(super) fn new() -> Self {
        Self { asking: Mutex::default(), gone: watch::channel(None).0 }
    }

    /// Whether the target is there, before another case begins on it. It is asked only where
    /// much was sent in vain.
    pub(super) async fn lasts(&self, session: &Session) -> bool {
        if session.pool.in_vain() >= MANY {
            let _one = self.asking.lock().await;
            let in_vain = session.pool.in_vain();
            if in_vain >= MANY
                && self.gone.borrow().is_none()
                && let Err(why) = asked(session).await
            {
                self.gone.send_replace(Some(format!(
                    "the target was lost in the middle of the run, {in_vain} requests in a row had \
                     no answer: {why}; the report is partial"
                )));
            }
        }
        self.gone.borrow().is_none()
    }

    /// Waits until the target is gone, and says why.
    pub(super) async fn ends(&self) -> String {
        let mut gone = self.gone.subscribe();
        let why = gone.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
        match why {
            Some(why) => why,
            None => std::future::pending().await,
        }
    }
}

/// Asks for anything that comes back, whatever it says.
async fn asked(session: &Session) -> Result<(), String> {
    let ping = Request::new("GET", "/ping");
    let mut asked = 0;
    loop {
        let error = match session.pool.send_fresh(&ping).await {
            Err(error) if error.is_silence() => error,
            _ => return Ok(()),
        };
        asked += 1;
        // Who waited that long has waited enough.
        if asked >= ASKED || error.is_late() {
            return Err(session.hide(&wire(&session.target.base, &error).0));
        }
        sleep(PAUSE).await;
    }
}
