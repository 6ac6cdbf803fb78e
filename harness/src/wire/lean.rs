//! One connection under load: the head of its requests is made once, bodies go out as they lie in
//! memory, and of the answers no more is kept than one at a time. What an answer is, is decided by the
//! same reader as everywhere. Of what else is the same for all requests as little as possible is done for
//! each: what is left would be missing to the server, where both share a machine.

use super::connection::{Stream, open};
use super::read::{Progress, Reader};
use super::{Base, Request, Response, WireError};
use std::future::Future as _;
use std::io::{ErrorKind, IoSlice, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::ReadBuf;
use tokio::time::{Instant, Sleep, sleep_until};

/// A body up to this size goes out in one piece with the head: to copy it costs less than to tell the
/// system of two places.
const JOINED: usize = 16 * 1024;

/// Sends many requests that differ in their bodies alone.
pub(crate) struct Lean {
    base: Base,
    timeout: Duration,
    /// The head up to the length of the body, which follows.
    head: Vec<u8>,
    /// How long that beginning is.
    fixed: usize,
    /// The length that follows it now, and where its line and the head end.
    sized: Option<(usize, usize)>,
    buffer: Vec<u8>,
    reader: Reader,
    stream: Option<Box<dyn Stream>>,
    /// Rings when an answer may be late. It was set for this request or an earlier one, and is set again
    /// only when it has rung: the clock of the runtime has a lock.
    alarm: Option<Pin<Box<Sleep>>>,
    /// How often a connection was opened.
    pub(crate) opened: u64,
}

impl Lean {
    /// For requests with the method, target and headers of this one; its body means nothing.
    pub(crate) fn new(base: &Base, request: &Request, timeout: Duration) -> Self {
        let mut head = format!(
            "{} {}{} HTTP/1.1\r\nHost: {}\r\n",
            request.method,
            base.prefix,
            request.target,
            base.authority()
        );
        for (name, value) in &request.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += "Content-Length: ";
        let fixed = head.len();
        Self {
            base: base.clone(),
            timeout,
            head: head.into_bytes(),
            fixed,
            sized: None,
            buffer: vec![0; 16 * 1024],
            reader: Reader::brief(),
            stream: None,
            alarm: None,
            opened: 0,
        }
    }

    /// Opens a connection, where there is none that can be used.
    pub(crate) async fn connect(&mut self) -> Result<(), WireError> {
        if let Some(stream) = &mut self.stream {
            let is_quiet =
                std::future::poll_fn(|context| Poll::Ready(is_quiet(stream.as_mut(), context)));
            if !is_quiet.await {
                self.stream = None;
            }
        }
        if self.stream.is_none() {
            self.stream = Some(open(&self.base, self.timeout).await?);
            self.opened += 1;
        }
        Ok(())
    }

    /// Sends a body, in the parts in which it lies in memory, and waits for the answer, which has no
    /// headers.
    pub(crate) async fn send(&mut self, body: [&[u8]; 2]) -> Result<Response, WireError> {
        self.connect().await?;
        let Some(stream) = &mut self.stream else { return Err(WireError::Closed) };
        let length = body[0].len() + body[1].len();
        match self.sized {
            Some((same, end)) if same == length => self.head.truncate(end),
            _ => {
                self.head.truncate(self.fixed);
                // Writing into memory does not fail.
                write!(self.head, "{length}\r\n\r\n").ok();
                self.sized = Some((length, self.head.len()));
            }
        }
        let rest = if length <= JOINED {
            self.head.extend_from_slice(body[0]);
            self.head.extend_from_slice(body[1]);
            [&[][..]; 2]
        } else {
            body
        };
        self.reader.again();
        let mut exchange = Exchange {
            stream: stream.as_mut(),
            parts: [&self.head, rest[0], rest[1]],
            stage: Stage::Writing,
            buffer: &mut self.buffer,
            reader: &mut self.reader,
        };
        let until = Instant::now() + self.timeout;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(until)));
        let answer = std::future::poll_fn(|context| {
            if let Poll::Ready(answer) = exchange.poll(context) {
                return Poll::Ready(answer);
            }
            while alarm.as_mut().poll(context).is_ready() {
                if Instant::now() >= until {
                    return Poll::Ready(Err(exchange.reader.late(self.timeout)));
                }
                alarm.as_mut().reset(until);
            }
            Poll::Pending
        });
        let answer = answer.await;
        let stays = answer.is_ok()
            && exchange.stage == Stage::Sent
            && self.reader.delimited
            && !self.reader.closing;
        if !stays {
            self.stream = None;
        }
        answer
    }
}

/// Whether nothing has come on a connection that waits: neither bytes nor its end.
fn is_quiet(stream: &mut dyn Stream, context: &mut Context<'_>) -> bool {
    let mut byte = [0];
    let mut into = ReadBuf::new(&mut byte);
    Pin::new(stream).poll_read(context, &mut into).is_pending()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Writing,
    Flushing,
    Sent,
    /// It cannot be sent; the answer may have come before.
    Broken,
}

/// A request on its way and its answer, which may come first.
struct Exchange<'e> {
    stream: &'e mut dyn Stream,
    /// What is still to be written.
    parts: [&'e [u8]; 3],
    stage: Stage,
    buffer: &'e mut [u8],
    reader: &'e mut Reader,
}

impl Exchange<'_> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Response, WireError>> {
        // Pending or not: an answer may be there already.
        let _ = self.poll_write(context);
        loop {
            let mut into = ReadBuf::new(self.buffer);
            let read = ready!(Pin::new(&mut *self.stream).poll_read(context, &mut into));
            if let Err(error) = read {
                let is_reset = error.kind() == ErrorKind::ConnectionReset;
                return Poll::Ready(Err(self.reader.broken(is_reset)));
            }
            let bytes = into.filled();
            if bytes.is_empty() {
                return Poll::Ready(self.reader.end());
            }
            match self.reader.feed(bytes) {
                Ok(Progress::Whole(response)) => return Poll::Ready(Ok(response)),
                Ok(Progress::Partial) => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.stage == Stage::Writing {
            let stream = Pin::new(&mut *self.stream);
            let written = if self.parts[1..].iter().all(|part| part.is_empty()) {
                stream.poll_write(context, self.parts[0])
            } else {
                stream.poll_write_vectored(context, &self.parts.map(IoSlice::new))
            };
            match ready!(written) {
                Ok(count) if count > 0 => self.advance(count),
                _ => self.stage = Stage::Broken,
            }
        }
        if self.stage == Stage::Flushing {
            self.stage = match ready!(Pin::new(&mut *self.stream).poll_flush(context)) {
                Ok(()) => Stage::Sent,
                Err(_) => Stage::Broken,
            };
        }
        Poll::Ready(())
    }

    fn advance(&mut self, mut count: usize) {
        for part in &mut self.parts {
            let done = count.min(part.len());
            *part = &part[done..];
            count -= done;
        }
        if self.parts.iter().all(|part| part.is_empty()) {
            self.stage = Stage::Flushing;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A connection to a server that does this with its first one.
    async fn served<F: Future<Output = ()> + Send + 'static>(
        serve: impl FnOnce(tokio::net::TcpStream) -> F + Send + 'static,
    ) -> Lean {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Base::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move {
            serve(listener.accept().await.unwrap().0).await;
            // Others can still connect.
            std::future::pending::<()>().await;
        });
        Lean::new(&base, &Request::new("POST", "/w"), Duration::from_secs(1))
    }

    /// Reads a request with a body of so many bytes; its body.
    async fn body(stream: &mut tokio::net::TcpStream, length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = end.filter(|end| bytes.len() >= end + 4 + length) {
                let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
                assert!(head.ends_with(&format!("\r\nContent-Length: {length}")), "{head}");
                return bytes.split_off(end + 4);
            }
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
        }
    }

    const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

    #[tokio::test]
    async fn bodies_short_and_long_arrive_whole() {
        let sizes = [3, 3, JOINED, JOINED + 1, 3_000_000, 5];
        let mut lean = served(move |mut stream| async move {
            for size in sizes {
                let body = body(&mut stream, size).await;
                let wanted = (0..size).map(|n| (n % 251) as u8);
                assert!(body.into_iter().eq(wanted), "{size}");
                stream.write_all(ANSWER).await.unwrap();
            }
            stream.read_u8().await.ok();
        })
        .await;
        for size in sizes {
            let bytes: Vec<_> = (0..size).map(|n| (n % 251) as u8).collect();
            let (first, second) = bytes.split_at(size / 3);
            assert_eq!(lean.send([first, second]).await.unwrap().status, 204, "{size}");
        }
        assert_eq!(lean.opened, 1);
    }

    #[tokio::test]
    async fn each_request_has_the_whole_time_for_its_answer() {
        let mut lean = served(|mut stream| async move {
            // The first takes most of the time of an answer; the second never gets one.
            body(&mut stream, 1).await;
            tokio::time::sleep(Duration::from_millis(700)).await;
            stream.write_all(ANSWER).await.unwrap();
            stream.read_to_end(&mut Vec::new()).await.ok();
        })
        .await;
        assert_eq!(lean.send([b"a", b""]).await.unwrap().status, 204);
        let began = Instant::now();
        let late = lean.send([b"a", b""]).await;
        assert_eq!(late, Err(WireError::Timeout(Duration::from_secs(1))));
        let took = began.elapsed();
        assert!(took >= Duration::from_secs(1), "{took:?}");
        assert!(took < Duration::from_secs(10), "{took:?}");
    }

    #[tokio::test]
    async fn a_connection_that_said_something_is_not_used_again() {
        let mut lean = served(|mut stream| async move {
            body(&mut stream, 1).await;
            stream.write_all(ANSWER).await.unwrap();
            stream.write_all(b"more").await.unwrap();
            stream.read_to_end(&mut Vec::new()).await.ok();
        })
        .await;
        assert_eq!(lean.send([b"a", b""]).await.unwrap().status, 204);
        let deadline = Instant::now() + Duration::from_secs(10);
        // Nobody accepts the second one, and it is opened all the same.
        while lean.opened < 2 && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
            lean.connect().await.unwrap();
        }
        assert_eq!(lean.opened, 2);
    }
}
