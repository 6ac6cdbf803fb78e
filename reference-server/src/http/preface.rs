//! Which HTTP a client speaks: HTTP/2 begins with a preface that is no request of HTTP/1.1.

use super::connection::{IDLE, stopped};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::sync::watch;

/// RFC 9113, section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What the first bytes of a connection say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// Anything but HTTP/2.
    Http1,
    /// HTTP/2.
    Http2,
    /// Nothing: it left, or the server is to stop.
    Nothing,
}

/// Reads as much as it takes to know, into `buffered`.
///
/// # Errors
/// Those of the connection.
pub async fn first_bytes<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffered: &mut Vec<u8>,
    stop: &mut watch::Receiver<bool>,
) -> io::Result<Speaks> {
    loop {
        let compared = buffered.len().min(PREFACE.len());
        if buffered[..compared] != PREFACE[..compared] {
            return Ok(Speaks::Http1);
        }
        if compared == PREFACE.len() {
            return Ok(Speaks::Http2);
        }
        let read = tokio::select! {
            read = tokio::time::timeout(IDLE, stream.read_buf(buffered)) => read,
            () = stopped(stop) => return Ok(Speaks::Nothing),
        };
        match read {
            // What came is the beginning of a request that breaks off.
            Ok(Ok(0)) if !buffered.is_empty() => return Ok(Speaks::Http1),
            Ok(Ok(0)) | Err(_) => return Ok(Speaks::Nothing),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error),
        }
    }
}

/// A stream of which some bytes were read already.
pub(super) struct Rewound<S> {
    first: Vec<u8>,
    taken: usize,
    stream: S,
}

impl<S> Rewound<S> {
    pub(super) const fn new(first: Vec<u8>, stream: S) -> Self {
        Self { first, taken: 0, stream }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewound<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let left = &this.first[this.taken..];
        if left.is_empty() {
            ready!(Pin::new(&mut this.stream).poll_read(context, into))?;
        } else {
            let count = left.len().min(into.remaining());
            into.put_slice(&left[..count]);
            this.taken += count;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewound<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
