//! Connections that are kept and used again.

use super::connection::{Connection, Since};
use super::{Base, Request, Response, WireError};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
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
    /// How many exchanges there were.
    exchanges: AtomicUsize,
    /// The exchanges after whose answer more bytes came than it declares, and how many it does.
    excess: Mutex<Vec<(usize, usize)>>,
}

impl Pool {
    pub(crate) fn new(base: Base, timeout: Duration) -> Self {
        Self {
            base,
            timeout,
            idle: Mutex::new(Vec::new()),
            answered: AtomicBool::new(false),
            in_vain: AtomicUsize::new(0),
            exchanges: AtomicUsize::new(0),
            excess: Mutex::new(Vec::new()),
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
        self.send_numbered(request).await.0
    }

    /// The same, with the number of the exchange.
    pub(crate) async fn send_numbered(
        &self,
        request: &Request,
    ) -> (Result<Response, WireError>, usize) {
        if let Some(mut connection) = self.quiet().await {
            let before = (connection.exchange, connection.declared);
            match connection.exchange(&self.base, request, self.timeout).await {
                // The server may close a kept connection at any time: not this request's fault.
                Err(WireError::Closed | WireError::Reset) => {}
                // What came is no beginning of an answer: it belongs to the one before.
                Err(WireError::NotHttp(_)) => self.note(before),
                answer => return (self.heard(answer), self.keep(connection)),
            }
        }
        self.send_fresh_numbered(request).await
    }

    /// A kept connection that is still in step; the others are dropped.
    async fn quiet(&self) -> Option<Connection> {
        loop {
            let mut kept = self.lock().pop()?;
            match kept.since().await {
                Since::Nothing => return Some(kept),
                Since::End => {}
                Since::Excess(declared) => self.note((kept.exchange, Some(declared))),
            }
        }
    }

    /// More bytes came after this exchange than its answer declares.
    fn note(&self, (exchange, declared): (usize, Option<usize>)) {
        lock(&self.excess).extend(declared.map(|declared| (exchange, declared)));
    }

    /// Whether more bytes came after one of these exchanges than its answer declares; they may have
    /// come later than it, and then nobody has seen them yet. Tells it once.
    pub(crate) async fn excess_after(
        &self,
        is_one: impl Fn(usize) -> bool,
    ) -> Option<(usize, WireError)> {
        let (own, others): (Vec<_>, Vec<_>) =
            self.lock().drain(..).partition(|kept| is_one(kept.exchange));
        self.lock().extend(others);
        for mut kept in own {
            match kept.since().await {
                Since::Nothing => self.lock().push(kept),
                Since::End => {}
                Since::Excess(declared) => self.note((kept.exchange, Some(declared))),
            }
        }
        let mut all = lock(&self.excess);
        let at = all.iter().position(|(exchange, _)| is_one(*exchange))?;
        let (exchange, declared) = all.remove(at);
        Some((exchange, WireError::Overlong(declared)))
    }

    /// The same on a connection of its own, and never twice.
    pub(crate) async fn send_fresh(&self, request: &Request) -> Result<Response, WireError> {
        self.send_fresh_numbered(request).await.0
    }

    /// The same, with the number of the exchange.
    pub(crate) async fn send_fresh_numbered(
        &self,
        request: &Request,
    ) -> (Result<Response, WireError>, usize) {
        let mut connection = match Connection::open(&self.base, self.timeout).await {
            Ok(connection) => connection,
            Err(error) => return (self.heard(Err(error)), 0),
        };
        let answer = connection.exchange(&self.base, request, self.timeout).await;
        (self.heard(answer), self.keep(connection))
    }

    /// Keeps a connection on which another request may follow; the number of its exchange.
    fn keep(&self, mut connection: Connection) -> usize {
        connection.exchange = self.exchanges.fetch_add(1, Ordering::Relaxed) + 1;
        let number = connection.exchange;
        let mut idle = self.lock();
        if connection.reusable && idle.len() < MOST_IDLE {
            idle.push(connection);
        }
        number
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

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        lock(&self.idle)
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
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

    const LONGER: &str = "HTTP/1.1 203 Three\r\nContent-Length: 2\r\n\r\nhi~gh";

    /// In a segment of their own, after which the connection is asked again or not.
    #[tokio::test]
    async fn bytes_that_come_too_late_belong_to_the_answer_before() {
        let get = Request::new("GET", "/");
        for asks_again in [false, true] {
            let pool = serve(&[&[LONGER], &[TWO]]).await;
            let (answer, number) = pool.send_numbered(&get).await;
            assert_eq!(answer.unwrap().status, 203);
            let mut other = None;
            if asks_again {
                // The bytes come before any answer to this.
                let (answer, number) = pool.send_numbered(&get).await;
                assert_eq!(answer.unwrap().status, 202);
                other = Some(number);
            }
            let deadline = std::time::Instant::now() + Duration::from_secs(5);
            let found = loop {
                let found = pool.excess_after(|one| one == number).await;
                if found.is_some() || std::time::Instant::now() > deadline {
                    break found;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            };
            assert_eq!(found, Some((number, WireError::Overlong(2))));
            assert_eq!(pool.excess_after(|one| Some(one) == other).await, None);
            assert_eq!(pool.excess_after(|_| true).await, None, "told once");
        }
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
