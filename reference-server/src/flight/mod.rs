//! Queries over Arrow Flight: gRPC on the port of the HTTP API, one method, `DoGet`.
//!
//! - [`host`]: what this needs of the family that the server speaks for
//! - `ticket`: what was asked
//! - `service`: the methods of Flight; the only way in
//! - `rows`: the answer of an InfluxQL statement as a record batch
//! - `status`: what is refused, in the words of the release
//!
//! It does not know of connections, nor of how points are stored.

pub mod host;
mod rows;
mod service;
mod status;
mod ticket;

pub use host::{Denied, Host};
pub use service::{Service, service};
