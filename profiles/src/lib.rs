//! What each InfluxDB product and release does on the write path: plain data, each fact with its
//! source. This crate knows nothing of HTTP libraries, storage, cases or snapshots.
//!
//! A profile is a product at an edition: `oss-v1@1.6`. To add an edition, write one file in
//! `src/editions/` that states only what differs from a neighbour, and list it in [`ALL`].

pub mod capability;
pub mod flux;
mod registry;

pub use capability::{Capability, Family, ReadBack};
pub use registry::{ALL, Profile, UnknownProfile, find};
