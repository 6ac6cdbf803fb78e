//! The v2 family without its write path: who there is, what they may do, and the management API.
//! It knows no HTTP library and keeps no points: buckets are known by their [`Id`], their data is
//! the store's.
//!
//! - [`catalog`]: organisations, users, buckets, mappings, tokens
//! - [`auth`]: from the headers of a request to a token
//! - [`api`]: from a request to a [`Reply`] or an [`ApiError`]
//! - [`delete`]: `/api/v2/delete` up to what is to be deleted

pub mod api;
pub mod auth;
pub mod catalog;
pub mod delete;
pub mod id;
pub mod reply;

pub use catalog::Catalog;
pub use id::{Id, IdError};
pub use reply::{ApiError, Code, Document, Layout, Reply};

#[cfg(test)]
mod fixture;
