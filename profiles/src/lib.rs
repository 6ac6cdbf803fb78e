//! What each InfluxDB product and release does on the write path: plain data, each fact with its
//! source. This crate knows nothing of HTTP libraries, storage, cases or snapshots.
//!
//! A profile is a product at an edition: `oss-v1@1.6`. To add an edition, write one file in
//! `src/editions/` that states only what differs from a neighbour, and list it in [`ALL`].
//!
//! | module | holds |
//! |---|---|
//! | [`capability`] | the words that cases and profiles share; all that the harness may read |
//! | [`write`] | the vocabulary of the write endpoints: checks, precision, encodings, sizes, batches |
//! | [`answer`] | which fault is answered how: status, shape of the body, text |
//! | [`storage`] | what storage accepts and how it words what it refuses |
//! | [`http`] | headers and routing habits that are the same for all answers of a product |
//! | [`influxql`], [`flux`], [`sql`], [`flight`] | what queries answer, where releases differ |
//! | [`settings`] | what an operator can set, and the product's own values |
//! | [`v1_api`], [`v2_api`], [`v3_api`] | what a family has beside writes and queries |
//! | `editions` | one file per edition |
//!
//! Sources are written as in the products' repositories: `1.6:services/httpd/handler.go` is a file
//! of branch 1.6 of influxdata/influxdb; "recorded" is an answer of that release, running.

pub mod answer;
pub mod capability;
mod editions;
pub mod flight;
pub mod flux;
pub mod http;
pub mod influxql;
mod registry;
pub mod settings;
pub mod sql;
pub mod storage;
pub mod v1_api;
pub mod v2_api;
pub mod v3_api;
pub mod write;

pub use capability::{Capability, Family, Management, ReadBack};
pub use http::ControlEscapes;
pub use registry::{ALL, Facts, Profile, UnknownProfile, find};
pub use settings::{Knob, Setting, Settings};
pub use v1_api::V1Api;
pub use v2_api::V2Api;
pub use v3_api::V3Api;
