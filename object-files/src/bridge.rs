//! Threads that make requests, for threads that wait for them.

use std::io;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use tokio::task::{JoinHandle, JoinSet};

/// A runtime of our own. Any thread may wait for what is done there, also one of another runtime,
/// which could not run it itself.
pub(crate) struct Bridge {
    runtime: Option<Runtime>,
    /// What nobody waits for yet.
    background: Mutex<JoinSet<()>>,
}

impl Bridge {
    pub(crate) fn new() -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        let runtime =
            builder.worker_threads(2).thread_name("object storage").enable_all().build()?;
        Ok(Self { runtime: Some(runtime), background: Mutex::default() })
    }

    fn handle(&self) -> io::Result<&Handle> {
        let runtime = self.runtime.as_ref().map(Runtime::handle);
        runtime.ok_or_else(|| io::Error::other("object storage is closed"))
    }

    /// Does this, and blocks until it is done.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = io::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        let (done, answer) = sync_channel(1);
        self.handle()?.spawn(async move {
            // Whoever waits does so until it has an answer.
            let _ = done.send(work.await);
        });
        let receive = || {
            let lost = |_| io::Error::other("a bug ended what was asked of object storage");
            answer.recv().map_err(lost)?
        };
        // Where others run on this thread, they go on elsewhere.
        match Handle::try_current() {
            Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => {
                tokio::task::block_in_place(receive)
            }
            _ => receive(),
        }
    }

    /// Does this in the background; [`Self::finish`] waits for it.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(handle) = self.handle() {
            let mut tasks = self.background.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that have ended.
            while tasks.try_join_next().is_some() {}
            tasks.spawn_on(work, handle);
        }
    }

    /// Does this until somebody ends it.
    pub(crate) fn spawn_apart(
        &self,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        match &self.runtime {
            Some(runtime) => runtime.spawn(work),
            // It is there until this is dropped.
            None => tokio::spawn(work),
        }
    }

    /// Waits for what is done in the background, but not for longer than this.
    pub(crate) fn finish(&self, limit: Duration) {
        let mut tasks = {
            let mut running = self.background.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *running)
        };
        let all = async move {
            let ended = async { while tasks.join_next().await.is_some() {} };
            // What is left then is ended with `tasks`.
            let _ = tokio::time::timeout(limit, ended).await;
            Ok(())
        };
        let _ = self.wait(all);
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // This may be a thread of another runtime, which must not wait.
            runtime.shutdown_background();
        }
    }
}
