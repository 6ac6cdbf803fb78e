//! HTTP/1.1, as little of it as the products' answers need, and exactly so.
//!
//! The server has its own because the products send what HTTP libraries refuse to: 1.6 puts any
//! byte of a rejected line into a header, answers come before a body is read, connections close
//! in mid-body; and a mock must be able to break the protocol on purpose.

mod client;
mod connection;
#[cfg(feature = "flight")]
mod http2;
mod message;
mod more;
pub mod multipart;
#[cfg(feature = "flight")]
mod preface;
mod query_string;
mod room;

pub use client::Client;
pub use connection::{serve_connection, serve_from, stopped};
#[cfg(feature = "flight")]
pub use http2::serve_http2;
#[cfg(feature = "sql")]
pub(crate) use message::STALLED;
pub use message::{Body, BodyError, Request, Response};
pub use more::{BrokenOff, FIRST, Making, More};
#[cfg(feature = "flight")]
pub use preface::{Speaks, first_bytes};
pub use query_string::QueryString;

/// What turns a request into a response.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request; the body is read only if the handler asks for it.
    fn handle(&self, request: Request, body: Body<'_>) -> impl Future<Output = Response> + Send;
}
