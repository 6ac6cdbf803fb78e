//! Connections that are kept and used again.

use super::connection::Connection;
use super::{Base, Request, Response, WireError};
use std::sync::Mutex;
use std::time::Duration;

/// Sends requests to one target.
pub(crate) struct Pool {
    pub(crate) base: Base,
    pub(crate) timeout: Duration,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(crate) fn new(base: Base, timeout: Duration) -> Self {
        Self { base, timeout, idle: Mutex::new(Vec::new()) }
    }

    /// Sends a request and waits for its answer, on a kept connection where there is one.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response, WireError> {
        let kept = self.lock().pop();
        if let Some(mut connection) = kept {
            match connection.exchange(&self.base, request, self.timeout).await {
                // The server may close a kept connection at any time: not this request's fault.
                Err(WireError::Closed | WireError::Reset) => {}
                answer => return self.done(connection, answer),
            }
        }
        self.send_fresh(request).await
    }

    /// The same on a connection of its own.
    pub(crate) async fn send_fresh(&self, request: &Request) -> Result<Response, WireError> {
        let mut connection = Connection::open(&self.base, self.timeout).await?;
        let answer = connection.exchange(&self.base, request, self.timeout).await;
        self.done(connection, answer)
    }

    fn done(
        &self,
        connection: Connection,
        answer: Result<Response, WireError>,
    ) -> Result<Response, WireError> {
        if connection.reusable {
            self.lock().push(connection);
        }
        answer
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
