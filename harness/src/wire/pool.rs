//! Connections that are kept and used again.

use super::connection::Connection;
use super::{Base, Request, Response, WireError};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// More than these are not kept.
const MOST_IDLE: usize = 16;

/// Sends requests to one target.
pub(crate) struct Pool {
    pub(crate) base: Base,
    pub(crate) timeout: Duration,
    idle: Mutex<Vec<Connection>>,
    answered: AtomicBool,
    in_vain: AtomicUsize,
}

impl Pool {
    pub(crate) fn new(base: Base, timeout: Duration) -> Self {
        Self {
            base,
            timeout,
            idle: Mutex::new(Vec::new()),
            answered: AtomicBool::new(false),
            in_vain: AtomicUsize::new(0),
        }
    }

    /// Whether the target has answered anything yet.
    pub(crate) fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// How many requests have gone out since something came back last.
    pub(crate) fn in_vain(&self) -> usize {
        self.in_vain.load(Ordering::Relaxed)
    }

    /// Sends a request and waits for its answer, on a kept connection where there is one.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response, WireError> {
        if let Some(mut connection) = self.quiet().await {
            match connection.exchange(&self.base, request, self.timeout).await {
                // The server may close a kept connection at any time: not this request's fault.
                Err(WireError::Closed | WireError::Reset) => {}
                answer => {
                    self.keep(connection);
                    return self.heard(answer);
                }
            }
        }
        self.send_fresh(request).await
    }

    /// A kept connection that is still in step; the others are dropped.
    async fn quiet(&self) -> Option<Connection> {
        loop {
            let mut kept = self.lock().pop()?;
            if kept.is_quiet().await {
                return Some(kept);
            }
        }
    }

    /// The same on a connection of its own, and never twice.
    pub(crate) async fn send_fresh(&self, request: &Request) -> Result<Response, WireError> {
        let mut connection = match Connection::open(&self.base, self.timeout).await {
            Ok(connection) => connection,
            Err(error) => return self.heard(Err(error)),
        };
        let answer = connection.exchange(&self.base, request, self.timeout).await;
        self.keep(connection);
        self.heard(answer)
    }

    /// Keeps a connection on which another request may follow.
    fn keep(&self, connection: Connection) {
        let mut idle = self.lock();
        if connection.reusable && idle.len() < MOST_IDLE {
            idle.push(connection);
        }
    }

    /// Notes whether there was an answer.
    fn heard(&self, answer: Result<Response, WireError>) -> Result<Response, WireError> {
        self.answered.fetch_or(answer.is_ok(), Ordering::Relaxed);
        if answer.as_ref().is_err_and(WireError::is_silence) {
            self.in_vain.fetch_add(1, Ordering::Relaxed);
        } else {
            self.in_vain.store(0, Ordering::Relaxed);
        }
        answer
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// What a server sends on each connection: after each request one of these.
    async fn serve(connections: &'static [&'static [&'static str]]) -> Pool {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            for answers in connections {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    for answer in *answers {
                        let _ = stream.read(&mut [0; 1024]).await;
                        for part in answer.split('~') {
                            stream.write_all(part.as_bytes()).await.unwrap();
                            tokio::time::sleep(Duration::from_millis(50)).await;
                        }
                    }
                });
            }
        });
        Pool::new(Base::parse(&url).unwrap(), Duration::from_secs(2))
    }

    const ONE: &str = "HTTP/1.1 201 One\r\nContent-Length: 0\r\n\r\n";
    const TWO: &str = "HTTP/1.1 202 Two\r\nContent-Length: 0\r\n\r\n";
    const STALE: &str = "HTTP/1.1 201 One\r\nContent-Length: 0\r\n\r\n~HTTP/1.1 299 Stale\r\nContent-Length: 0\r\n\r\n";

    #[tokio::test]
    async fn stale_bytes_are_never_an_answer() {
        let pool = serve(&[&[STALE, ONE], &[TWO]]).await;
        let get = Request::new("GET", "/");
        assert_eq!(pool.send(&get).await.unwrap().status, 201);
        tokio::time::sleep(Duration::from_millis(120)).await;
        assert_eq!(pool.send(&get).await.unwrap().status, 202);
    }

    #[tokio::test]
    async fn what_goes_out_alone_goes_out_once() {
        // The first connection stays open for another request, and ends without answering it.
        let pool = serve(&[&[ONE, ""], &[], &[TWO]]).await;
        let get = Request::new("GET", "/");
        assert_eq!(pool.send(&get).await.unwrap().status, 201);
        assert!(matches!(pool.send_fresh(&get).await, Err(WireError::Closed | WireError::Reset)));
    }
}
