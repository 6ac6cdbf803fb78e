//! A connection that its caller keeps. What goes out on it goes out once: whether a request may be
//! sent again, when nobody knows what became of it, is for the caller to say. And it can be left in the
//! middle of a request, or before the answer.

use super::connection::{Connection, Since, encode};
use super::{Base, Pool, Request, Response, WireError};
use std::time::Duration;
use tokio::time::sleep;

/// A connection, or none yet.
pub(crate) struct Held {
    base: Base,
    timeout: Duration,
    kept: Option<Connection>,
}

/// Where a request is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// After all of it, before the answer.
    Unanswered,
    /// After so many bytes of the body.
    After(usize),
}

/// What came of a request.
pub(crate) struct Exchanged {
    /// It went out on a connection that had been used before, which a server may close at any time.
    pub(crate) was_kept: bool,
    pub(crate) answer: Result<Response, WireError>,
}

impl Held {
    /// To the same target as the pool's.
    pub(crate) fn new(pool: &Pool) -> Self {
        Self { base: pool.base.clone(), timeout: pool.timeout, kept: None }
    }

    /// Sends a request and waits for its answer: on a new connection, or on the one that is kept.
    pub(crate) async fn send(&mut self, request: &Request, fresh: bool) -> Exchanged {
        let (was_kept, mut connection) = match self.connection(fresh).await {
            Ok(found) => found,
            Err(error) => return Exchanged { was_kept: false, answer: Err(error) },
        };
        let answer = connection.exchange(&self.base, request, self.timeout).await;
        self.kept = Some(connection).filter(|connection| connection.reusable);
        Exchanged { was_kept, answer }
    }

    /// Sends a request as far as it should go, waits, and closes the connection without a look at
    /// what comes back.
    pub(crate) async fn leave(
        &mut self,
        request: &Request,
        left: Left,
        wait: Duration,
        fresh: bool,
    ) -> Result<(), WireError> {
        let (_, mut connection) = self.connection(fresh).await?;
        let sent = connection.put(&part(&self.base, request, left), self.timeout).await;
        if sent.is_ok() {
            sleep(wait).await;
        }
        sent
    }

    /// The connection that is kept, if it is still in step and wanted, or a new one; whether it was
    /// kept.
    async fn connection(&mut self, fresh: bool) -> Result<(bool, Connection), WireError> {
        if let Some(mut kept) = self.kept.take().filter(|_| !fresh)
            && matches!(kept.since().await, Since::Nothing)
        {
            return Ok((true, kept));
        }
        Ok((false, Connection::open(&self.base, self.timeout).await?))
    }
}

/// The bytes of a request up to there. Its head says of the body what it says of the whole.
fn part(base: &Base, request: &Request, left: Left) -> Vec<u8> {
    let whole = |request: &Request| {
        let (mut bytes, rest) = encode(base, request);
        bytes.extend_from_slice(rest);
        bytes
    };
    let Left::After(length) = left else { return whole(request) };
    let length = length.min(request.body.len());
    if request.chunked {
        // Whole chunks of it, without the one that ends a body.
        const END: &[u8] = b"0\r\n\r\n";
        let body = request.body[..length].to_vec();
        let mut bytes = whole(&Request { body, ..request.clone() });
        bytes.truncate(bytes.len() - END.len());
        return bytes;
    }
    let mut bytes = whole(request);
    bytes.truncate(bytes.len() - (request.body.len() - length));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    /// What a server hears up to the end of the connection.
    async fn heard(chunked: bool, left: Left) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Base::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let server = tokio::spawn(async move {
            let mut bytes = Vec::new();
            listener.accept().await.unwrap().0.read_to_end(&mut bytes).await.unwrap();
            String::from_utf8(bytes).unwrap()
        });
        let pool = Pool::new(base, Duration::from_secs(5));
        let request =
            Request { chunked, ..Request::new("POST", "/w").header("Host", "h").body("abcdefgh") };
        Held::new(&pool).leave(&request, left, Duration::ZERO, false).await.unwrap();
        server.await.unwrap()
    }

    #[tokio::test]
    async fn a_body_ends_where_it_is_left() {
        let head = "POST /w HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\n";
        assert_eq!(heard(false, Left::After(3)).await, format!("{head}abc"));
        assert_eq!(heard(false, Left::After(0)).await, head);
        assert_eq!(heard(false, Left::Unanswered).await, format!("{head}abcdefgh"));
        let head = "POST /w HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(heard(true, Left::After(3)).await, format!("{head}3\r\nabc\r\n"));
        assert_eq!(heard(true, Left::After(6)).await, format!("{head}5\r\nabcde\r\n1\r\nf\r\n"));
    }
}
