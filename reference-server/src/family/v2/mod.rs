//! The v2 family: `/api/v2/…`, and `/write` and `/query` for clients of v1; organisations,
//! buckets, mappings and tokens.
//!
//! - [`catalog`]: what there is, and who may use it
//! - [`auth`]: from the headers of a request to a token
//! - [`api`]: the management API, from a request to a [`Reply`] or an [`ApiError`]
//! - [`delete`]: `/api/v2/delete` up to what is to be deleted
//! - `service`: routes, headers, and the points of each bucket
//! - `write`: how a write finds its bucket
//! - `accept`, `queue`, `rejections`: products that acknowledge a write before they do it

mod accept;
pub mod api;
pub mod auth;
pub mod catalog;
pub mod delete;
mod flux;
pub mod id;
mod kept;
mod query;
mod queue;
mod rejections;
pub mod reply;
mod service;
pub(in crate::family) mod write;

pub use catalog::Catalog;
pub use id::{Id, IdError};
pub use reply::{ApiError, Code, Document, Layout, Reply};
pub use service::Service;

#[cfg(test)]
mod fixture;
