//! A request as the server reads it, a response as it writes it.

use super::room::{NoRoom, Room};
use super::{Client, More, QueryString};
use crate::mutant;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// The head of a request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The method, as it was sent.
    pub method: String,
    /// The path, before the `?`, not decoded.
    pub path: String,
    /// What stands behind the `?`; `None` where there is none.
    pub raw_query: Option<String>,
    /// The decoded query string.
    pub query: QueryString,
    /// The headers in their order, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Who waits for the answer.
    pub client: Client,
}

impl Request {
    /// The first header of this name (in lower case), where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value)?;
        std::str::from_utf8(value).ok()
    }
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is larger than the reader allows.
    #[error("body is larger than {0} bytes")]
    TooLarge(u64),
    /// The client stopped, or sent chunks that are none.
    #[error("{0}")]
    Broken(&'static str),
    /// Those of other clients have all the room that there is for bodies.
    #[error("too many large bodies are being read; try again later")]
    NoRoom,
}

impl BodyError {
    /// The status of whoever has no other one for it.
    pub const fn status(&self) -> u16 {
        match self {
            Self::TooLarge(_) | Self::Broken(_) => 400,
            Self::NoRoom => 503,
        }
    }
}

impl From<NoRoom> for BodyError {
    fn from(_: NoRoom) -> Self {
        Self::NoRoom
    }
}

/// How the length of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes.
    Length(u64),
    /// In chunks.
    Chunked,
}

/// How far a body was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// All of it is still to come.
    Untouched,
    /// Some of it, and nobody knows how much.
    Begun,
    /// To its end: the connection can go on.
    Finished,
}

/// A number of the framing: digits and nothing else.
pub(super) fn number(digits: &str, radix: u32) -> Option<u64> {
    let all_digits = digits.chars().all(|c| c.is_digit(radix));
    if all_digits { u64::from_str_radix(digits, radix).ok() } else { None }
}

/// A body that has not been read.
pub struct Body<'c> {
    pub(super) framing: Framing,
    /// Nobody else's while the body is read.
    pub(super) wire: &'c Mutex<Wire<dyn ByteStream>>,
    /// `100 Continue` is sent before the first read.
    pub(super) expects_continue: bool,
    /// How far it was read, for the connection to know.
    pub(super) progress: &'c mut Progress,
    /// What it takes in memory until it is answered.
    pub(super) room: &'c mut Room,
}

/// A connection, and what was read of it and not used yet.
pub(super) struct Wire<S: ?Sized> {
    /// What came with the head, or behind the body.
    pub(super) buffered: Vec<u8>,
    pub(super) stream: S,
}

/// What a connection reads from and writes to.
pub(super) trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> ByteStream for T {}

/// How much a body may announce before room for all of it is made at once. Room that is not filled
/// costs addresses, not memory.
const TRUSTED_LENGTH: u64 = 64 << 20;

/// How long a client may send nothing in the middle of a body, or take nothing of a long one.
pub(crate) const STALLED: Duration = Duration::from_secs(60);

impl Body<'_> {
    /// The announced length, where there is one.
    pub fn announced_length(&self) -> Option<u64> {
        match self.framing {
            Framing::Length(length) => Some(length),
            Framing::Chunked => None,
        }
    }

    /// Reads the whole body, at most `limit` bytes.
    ///
    /// # Errors
    /// [`BodyError::TooLarge`] past the limit, [`BodyError::Broken`] where the client stops early.
    pub async fn read(self, limit: u64) -> Result<Vec<u8>, BodyError> {
        self.read_beginning(limit, limit).await
    }

    /// Reads the whole body and keeps its first bytes.
    pub(super) async fn read_beginning(self, keep: u64, limit: u64) -> Result<Vec<u8>, BodyError> {
        if self.announced_length().is_some_and(|length| length > limit) {
            return Err(BodyError::TooLarge(limit));
        }
        *self.progress = Progress::Begun;
        let mut wire = self.wire.lock().await;
        if self.expects_continue {
            let interim = wire.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
            interim.map_err(|_| BodyError::Broken("connection closed"))?;
        }
        let keep = usize::try_from(keep).unwrap_or(usize::MAX);
        let body = match self.framing {
            Framing::Length(length) => wire.read_length(length, keep, self.room).await?,
            Framing::Chunked => wire.read_chunks(keep, limit, self.room).await?,
        };
        *self.progress = Progress::Finished;
        Ok(mutant::body(body))
    }

    /// Reads the whole body; `None` where it has more than `limit` bytes, which are thrown away as
    /// they come. A body of more than `patience` bytes is not read to its end.
    ///
    /// # Errors
    /// [`BodyError::Broken`] where the client stops early, [`BodyError::TooLarge`] past `patience`.
    pub async fn read_keeping(
        self,
        limit: u64,
        patience: u64,
    ) -> Result<Option<Vec<u8>>, BodyError> {
        let body = self.read_beginning(limit.saturating_add(1), patience).await?;
        Ok((body.len() as u64 <= limit).then_some(body))
    }
}

impl<S: ByteStream + ?Sized> Wire<S> {
    async fn read_length(
        &mut self,
        length: u64,
        keep: usize,
        room: &mut Room,
    ) -> Result<Vec<u8>, BodyError> {
        // Over HTTP/2 all of it is here.
        if self.buffered.len() as u64 == length && self.buffered.len() <= keep {
            room.hold(self.buffered.len(), 0).await?;
            return Ok(std::mem::take(&mut self.buffered));
        }
        let mut body = Vec::with_capacity(keep.min(length.min(TRUSTED_LENGTH) as usize));
        self.take(length, &mut body, keep, room).await?;
        Ok(body)
    }

    async fn read_chunks(
        &mut self,
        keep: usize,
        limit: u64,
        room: &mut Room,
    ) -> Result<Vec<u8>, BodyError> {
        let mut body = Vec::new();
        let mut left = limit;
        loop {
            let line = self.line().await?;
            let size = line.split(|&b| b == b';').next().unwrap_or_default();
            let size = std::str::from_utf8(size).ok().map(str::trim);
            let size = size.and_then(|digits| number(digits, 16));
            let size = size.ok_or(BodyError::Broken("malformed chunked encoding"))?;
            if size == 0 {
                // Trailers, if any, end with an empty line.
                while !self.line().await?.is_empty() {}
                return Ok(body);
            }
            left = left.checked_sub(size).ok_or(BodyError::TooLarge(limit))?;
            self.take(size, &mut body, keep, room).await?;
            if !self.line().await?.is_empty() {
                return Err(BodyError::Broken("malformed chunked encoding"));
            }
        }
    }

    /// Reads exactly so many bytes and appends them to `into` until that has `keep` bytes.
    async fn take(
        &mut self,
        count: u64,
        into: &mut Vec<u8>,
        keep: usize,
        room: &mut Room,
    ) -> Result<(), BodyError> {
        let mut missing = count;
        let ready = self.buffered.len().min(usize::try_from(missing).unwrap_or(usize::MAX));
        let kept = keep.saturating_sub(into.len()).min(ready);
        room.hold(into.len() + kept, count - ready as u64).await?;
        into.extend(self.buffered.drain(..ready).take(kept));
        missing -= ready as u64;
        let mut thrown_away = Vec::new();
        while missing > 0 {
            let wanted = missing.min(keep.saturating_sub(into.len()) as u64);
            let read = if wanted > 0 {
                room.hold(into.len() + 1, wanted - 1).await?;
                let more = room.bytes() - into.len();
                let mut limited = (&mut self.stream).take(wanted.min(more as u64));
                timeout(STALLED, limited.read_buf(into)).await
            } else {
                thrown_away.clear();
                thrown_away.reserve(64 << 10);
                let mut limited = (&mut self.stream).take(missing);
                timeout(STALLED, limited.read_buf(&mut thrown_away)).await
            };
            match read {
                Ok(Ok(read)) if read > 0 => missing -= read as u64,
                _ => return Err(BodyError::Broken("unexpected EOF")),
            }
        }
        Ok(())
    }

    /// A line of the chunked framing, without its end.
    async fn line(&mut self) -> Result<Vec<u8>, BodyError> {
        const LONGEST: usize = 4096;
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.buffered) {
                let mut line: Vec<u8> = self.buffered.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            if self.buffered.len() > LONGEST {
                return Err(BodyError::Broken("malformed chunked encoding"));
            }
            match timeout(STALLED, self.stream.read_buf(&mut self.buffered)).await {
                Ok(Ok(read)) if read > 0 => {}
                _ => return Err(BodyError::Broken("unexpected EOF")),
            }
        }
    }
}

/// A response; the connection adds `Date`, `Content-Length` or `Transfer-Encoding` and, where it ends,
/// `Connection`.
#[derive(Debug, Default)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names as they go on the wire, and values: any bytes but CR and LF.
    pub headers: Vec<(&'static str, Vec<u8>)>,
    /// The body, or its beginning.
    pub body: Vec<u8>,
    /// What of the body is still being made, if it is so long that its length is not known yet.
    pub more: Option<More>,
    /// Whether the connection ends with this response.
    pub close: bool,
    /// Whether the connection breaks before the body is complete.
    pub breaks_off: bool,
}

impl Response {
    /// An empty response.
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// Adds a header; CR and LF in its value become spaces, as Go's server makes them.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        let mut value = value.into();
        for byte in &mut value {
            if matches!(byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
        self.headers.push((name, value));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It may all be here before anything is read for it.
    #[tokio::test]
    async fn a_body_takes_room_however_it_came() {
        let chunks = b"1000\r\n".iter().chain(&[1; 4096]).chain(b"\r\n").copied();
        let chunks: Vec<u8> = chunks.cycle().take(100 * 4104).chain(*b"0\r\n\r\n").collect();
        let whole = (Framing::Length(409_600), vec![1; 409_600]);
        for (framing, buffered) in [(Framing::Chunked, chunks), whole] {
            let wire = Mutex::new(Wire { buffered, stream: tokio::io::empty() });
            let (mut room, mut progress) = (Room::new(), Progress::Untouched);
            let (progress, expects_continue) = (&mut progress, false);
            let body = Body { framing, wire: &wire, expects_continue, progress, room: &mut room };
            assert_eq!(body.read(1 << 20).await.unwrap(), [1; 409_600]);
            assert!(room.bytes() >= 409_600, "{framing:?}: {}", room.bytes());
        }
    }
}
