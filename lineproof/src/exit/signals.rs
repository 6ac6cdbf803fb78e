//! What asks a command to end.

/// Ctrl-C and SIGTERM.
#[cfg(unix)]
pub(crate) struct Signals([Option<tokio::signal::unix::Signal>; 2]);

#[cfg(unix)]
impl Signals {
    /// Heard from now on: until then they end the process.
    pub(crate) fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self([SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok()))
    }

    /// Waits for either; for ever where neither can be heard.
    pub(crate) async fn next(&mut self) {
        let heard = self.0.iter_mut().flatten().map(|signal| Box::pin(signal.recv()));
        let heard: Vec<_> = heard.collect();
        if heard.is_empty() {
            std::future::pending::<()>().await;
        }
        futures::future::select_all(heard).await;
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Heard from now on: until then they end the process.
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
