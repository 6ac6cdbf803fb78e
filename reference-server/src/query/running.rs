//! The queries that a server runs: each on a thread of its own, so that no other request waits for
//! one, and those that read much by turns, so that writes find a processor.

use super::allowance::{Allowance, Limits};
use crate::http::Client;
use crate::journal;
use crate::lock::lock;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The queries of one server.
#[derive(Debug, Default)]
pub(crate) struct Queries {
    limits: OnceLock<Limits>,
    running: Arc<AtomicUsize>,
    scans: Arc<Scans>,
}

impl Queries {
    /// What each of them may use from now on; to be said once.
    pub(crate) fn limit(&self, limits: Limits) {
        let already = self.limits.set(limits).is_err();
        debug_assert!(!already, "limits are said once");
    }

    /// What each of them may use.
    pub(crate) fn limits(&self) -> Limits {
        self.limits.get().copied().unwrap_or_default()
    }

    /// How many are running, those included that wait for their turn and those that end because their
    /// client left.
    pub(crate) fn running(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.running)
    }

    /// Runs a query; it ends soon after its client leaves, and what it gives then is for nobody.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        client: &Client,
        work: impl FnOnce(&Allowance) -> T + Send + 'static,
    ) -> T {
        let work = move |allowance: &Allowance, _| Given::AtItsEnd(work(allowance));
        self.run_early(client, work).await.0
    }

    /// The same of a query that may give its answer before it ends, while the answer goes on. It ends
    /// soon after what comes with the answer is dropped. What it changes must be changed by then.
    pub(crate) async fn run_early<T: Send + 'static>(
        &self,
        client: &Client,
        work: impl FnOnce(&Allowance, Early<T>) -> Given<T> + Send + 'static,
    ) -> (T, LeftOnDrop) {
        let (limits, asked) = (self.limits(), Instant::now());
        let running = Counted::one(&self.running);
        // Also when the request is given up altogether.
        let left = LeftOnDrop(Arc::default());
        let (ends, scans) = (Arc::clone(&left.0), Arc::clone(&self.scans));
        let (give, mut early) = oneshot::channel();
        let work = journal::elsewhere(move || {
            let _running = running;
            work(&Allowance::since(asked, limits).beside(ends, scans), Early(give))
        });
        let mut done = on_a_thread(work);
        let done = tokio::select! {
            biased;
            // It never comes where the query gives all at its end.
            Ok(given) = &mut early => return (given, left),
            done = &mut done => done,
            () = client.left() => {
                left.0.store(true, Ordering::Relaxed);
                done.await
            }
        };
        match done {
            Ok(Ok((given, recorded))) => {
                recorded.adopt();
                let given = match given {
                    Given::AtItsEnd(given) => given,
                    Given::Early(Answered) => match early.await {
                        Ok(given) => given,
                        // Who says that it was given has given it.
                        Err(_) => std::future::pending().await,
                    },
                };
                (given, left)
            }
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            // The runtime ends, and this task with it.
            Err(_) => std::future::pending().await,
        }
    }
}

/// What a query gives.
pub(crate) enum Given<T> {
    AtItsEnd(T),
    Early(Answered),
}

/// By which a query gives its answer before it ends.
#[derive(Debug)]
pub(crate) struct Early<T>(oneshot::Sender<T>);

/// That it was given.
pub(crate) struct Answered;

impl<T> Early<T> {
    /// Gives it; nobody may be there any more.
    pub(crate) fn give(self, given: T) -> Answered {
        let _ = self.0.send(given);
        Answered
    }
}

/// Runs work on a thread of its own, which may become one of low priority, or where there can be no
/// more threads on one of the runtime's.
fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> oneshot::Receiver<std::thread::Result<T>> {
    let (tell, done) = oneshot::channel();
    let work = move || {
        let _ = tell.send(catch_unwind(AssertUnwindSafe(work)));
    };
    let work = Arc::new(Mutex::new(Some(work)));
    let taken = Arc::clone(&work);
    let run = move || {
        let work = lock(&taken).take();
        work.into_iter().for_each(|work| work());
    };
    if let Err(error) = std::thread::Builder::new().name("query".to_owned()).spawn(run) {
        tracing::warn!(%error, "no thread for a query");
        if let Some(work) = lock(&work).take() {
            tokio::task::spawn_blocking(work);
        }
    }
    done
}

/// Lets other threads go first from now on, where the system knows that of a thread: what reads much
/// takes what writes leave.
fn give_way() {
    #[cfg(target_os = "linux")]
    if std::thread::current().name() == Some("query") {
        // It may be forbidden, and does no harm then.
        let _ = rustix::process::nice(10);
    }
}

/// Says on its end that nobody waits any more.
pub(crate) struct LeftOnDrop(Arc<AtomicBool>);

impl Drop for LeftOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One of so many, until it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn one(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How often a query that waits for its turn looks whether it still wants one.
const LOOK: Duration = Duration::from_millis(20);

/// How many queries may read much at a time: one processor is left to writes, where there are several.
#[derive(Debug)]
pub(super) struct Scans {
    free: Mutex<usize>,
    freed: Condvar,
}

impl Default for Scans {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self { free: Mutex::new(processors.saturating_sub(1).max(1)), freed: Condvar::new() }
    }
}

/// A query's turn.
#[derive(Debug)]
pub(super) struct Scan(Arc<Scans>);

impl Scans {
    /// Waits for a turn while it is wanted; none where it is not any more.
    pub(super) fn enter(self: &Arc<Self>, wanted: &dyn Fn() -> bool) -> Option<Scan> {
        let mut free = lock(&self.free);
        while *free == 0 {
            if !wanted() {
                return None;
            }
            let waited = self.freed.wait_timeout(free, LOOK);
            free = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *free -= 1;
        drop(free);
        give_way();
        Some(Scan(Arc::clone(self)))
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        *lock(&self.0.free) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_waited_for_as_long_as_they_are_wanted() {
        let scans = Arc::new(Scans { free: Mutex::new(1), freed: Condvar::new() });
        let first = scans.enter(&|| true);
        assert!(first.is_some());
        assert!(scans.enter(&|| false).is_none(), "there is one turn, and it is taken");
        let waiting = std::thread::spawn({
            let scans = Arc::clone(&scans);
            move || scans.enter(&|| true).is_some()
        });
        drop(first);
        assert!(waiting.join().unwrap_or_default());
        assert!(scans.enter(&|| false).is_some(), "who had it gave it back");
    }
}
