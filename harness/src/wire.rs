//! HTTP/1.1 as bytes: a small client that sends exactly what a case says. Libraries spell header
//! names their own way, refuse broken framing and hide early answers; each of these is a case.

mod connection;
mod curl;
mod fragment;
mod held;
mod lean;
mod pool;
mod read;
mod tls;

pub use connection::{Base, BaseError};
pub use curl::curl;
pub use fragment::Fragment;
pub(crate) use held::{Held, Left};
pub(crate) use lean::Lean;
pub(crate) use pool::Pool;
pub(crate) use tls::UNANSWERED;

use std::fmt;
use std::time::Duration;

/// Sends one request, on a connection of its own: for who is no run.
///
/// # Errors
/// There is no whole answer in time.
pub async fn send(
    base: &Base,
    request: &Request,
    timeout: Duration,
) -> Result<Response, WireError> {
    Pool::new(base.clone(), timeout).send_fresh(request).await
}

/// A request, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query, as they go on the wire (without the target's path prefix).
    pub target: String,
    /// Headers in order, spelled as they are sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Sent in chunks, without a length.
    pub chunked: bool,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: impl Into<String>, target: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            headers: Vec::new(),
            body: Vec::new(),
            chunked: false,
        }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The value of this header, whatever its case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The first value of this header (name in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The body as text, what is not UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireError {
    /// The host has no address.
    Resolve(String),
    /// Nobody listens.
    Refused(String),
    /// No connection for another reason.
    Connect(String),
    /// Nobody takes the connection in time.
    Unconnected(Duration),
    /// The TLS handshake failed.
    Tls(String),
    /// No answer in time, not a byte of it.
    Timeout(Duration),
    /// No whole answer in time, and how far it had come.
    Unfinished(Duration, Fragment),
    /// The connection ended before an answer.
    Closed,
    /// The connection was reset before an answer.
    Reset,
    /// The connection ended within the answer, and how far that had come.
    Truncated(Fragment),
    /// The answer does not end where it says: more than so many bytes came.
    Overlong(usize),
    /// Where the answer ends cannot be told.
    Framing(&'static str),
    /// What came back is not HTTP; the first bytes of it.
    NotHttp(Vec<u8>),
}

impl WireError {
    /// Whether it took too long: then nothing certain is known.
    pub(crate) const fn is_late(&self) -> bool {
        matches!(self, Self::Unconnected(_) | Self::Timeout(_) | Self::Unfinished(..))
    }

    /// Whether nothing came back that would show that a server is there.
    pub(crate) const fn is_silence(&self) -> bool {
        match self {
            Self::Resolve(_)
            | Self::Refused(_)
            | Self::Connect(_)
            | Self::Unconnected(_)
            | Self::Tls(_)
            | Self::Timeout(_)
            | Self::Closed
            | Self::Reset => true,
            Self::Unfinished(..)
            | Self::Truncated(_)
            | Self::Overlong(_)
            | Self::Framing(_)
            | Self::NotHttp(_) => false,
        }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve(why) => write!(f, "the host name has no address ({why})"),
            Self::Refused(address) => write!(f, "nothing listens on {address}"),
            Self::Connect(why) => write!(f, "no connection ({why})"),
            Self::Tls(why) => write!(f, "the TLS handshake failed ({why})"),
            Self::Unconnected(after) => {
                write!(f, "no connection within {} s", after.as_secs_f32())
            }
            Self::Timeout(after) => write!(f, "no answer within {} s", after.as_secs_f32()),
            Self::Unfinished(after, fragment) => {
                write!(f, "no whole answer within {} s: {fragment}", after.as_secs_f32())
            }
            Self::Closed => f.write_str("the connection was closed without an answer"),
            Self::Reset => f.write_str("the connection was reset without an answer"),
            Self::Truncated(fragment) => write!(f, "the answer broke off: {fragment}"),
            Self::Overlong(declared) => {
                write!(f, "the answer's Content-Length declares {declared} bytes, and more came")
            }
            Self::Framing(why) => write!(f, "where the answer ends cannot be told: {why}"),
            Self::NotHttp(bytes) => {
                write!(f, "the answer is not HTTP: {:?}", String::from_utf8_lossy(bytes))
            }
        }
    }
}

impl std::error::Error for WireError {}
