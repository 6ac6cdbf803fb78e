//! SQL over HTTP (`/api/v3/query_sql`), run by DataFusion.
//!
//! - [`host`]: what this needs of the server, one small trait.
//! - [`http`]: method, query string, body and `Accept` to an answer.
//! - [`run`]: one query, bounded in time and memory, to record batches.
//! - `rows`: the result as it comes, for who does not wait for its end.
//! - [`table`]: a measurement as an arrow schema and record batches; `prune`: which of its rows;
//!   `first_by_time`: those that can be among the first by time.
//! - [`mod@format`]: record batches to JSON, JSON lines, CSV, a drawn table, Parquet.
//!
//! It does not know of HTTP libraries, credentials, or how points are stored.

mod catalog;
mod complexity;
mod describe;
mod elsewhere;
mod engine_words;
mod first_by_time;
pub mod format;
mod functions;
mod growing;
pub mod host;
pub mod http;
mod params;
mod prune;
pub(crate) mod rows;
pub mod run;
mod selectors;
mod session;
mod system;
pub mod table;
#[cfg(test)]
mod tests;

pub use host::{Host, NoSuchDatabase};
pub use http::{Answer, Request, answer};
#[cfg(feature = "flight")]
pub(crate) use params::Params;
