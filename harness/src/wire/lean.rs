//! One connection under load: the head of its requests is made once, bodies go out as they lie in
//! memory, and of the answers no more is kept than one at a time. What an answer is, is decided by the
//! same reader as everywhere.

use super::connection::{Stream, open};
use super::read::{Progress, Reader};
use super::{Base, Request, Response, WireError};
use std::io::{ErrorKind, IoSlice, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::ReadBuf;

/// Sends many requests that differ in their bodies alone.
pub(crate) struct Lean {
    base: Base,
    timeout: Duration,
    /// The head up to the length of the body, which follows.
    head: Vec<u8>,
    /// How long that beginning is.
    fixed: usize,
    buffer: Vec<u8>,
    stream: Option<Box<dyn Stream>>,
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
            buffer: vec![0; 16 * 1024],
            stream: None,
            opened: 0,
        }
    }

    /// Opens a connection, where there is none that can be used.
    pub(crate) async fn connect(&mut self) -> Result<(), WireError> {
        if self.stream.as_mut().is_some_and(|stream| !is_quiet(stream.as_mut())) {
            self.stream = None;
        }
        if self.stream.is_none() {
            self.stream = Some(open(&self.base, self.timeout).await?);
            self.opened += 1;
        }
        Ok(())
    }

    /// Sends a body, in the parts in which it lies in memory, and waits for the answer.
    pub(crate) async fn send(&mut self, body: [&[u8]; 2]) -> Result<Response, WireError> {
        self.connect().await?;
        let Some(stream) = &mut self.stream else { return Err(WireError::Closed) };
        self.head.truncate(self.fixed);
        // Writing into memory does not fail.
        write!(self.head, "{}\r\n\r\n", body[0].len() + body[1].len()).ok();
        let mut exchange = Exchange {
            stream: stream.as_mut(),
            parts: [&self.head, body[0], body[1]],
            stage: Stage::Writing,
            buffer: &mut self.buffer,
            reader: Reader::new(false),
        };
        let answer = std::future::poll_fn(|context| exchange.poll(context));
        let answer = match tokio::time::timeout(self.timeout, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(exchange.reader.late(self.timeout)),
        };
        let Exchange { stage, reader, .. } = exchange;
        let stays = answer.is_ok() && stage == Stage::Sent && reader.delimited && !reader.closing;
        if !stays {
            self.stream = None;
        }
        answer
    }
}

/// Whether nothing has come on a connection that waits: neither bytes nor its end.
fn is_quiet(stream: &mut dyn Stream) -> bool {
    let mut byte = [0];
    let mut into = ReadBuf::new(&mut byte);
    let mut context = Context::from_waker(std::task::Waker::noop());
    Pin::new(stream).poll_read(&mut context, &mut into).is_pending()
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
    reader: Reader,
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
            let parts = self.parts.map(IoSlice::new);
            let written = Pin::new(&mut *self.stream).poll_write_vectored(context, &parts);
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
