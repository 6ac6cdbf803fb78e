//! A server that answers writes like each InfluxDB product, and keeps what it accepted.
//!
//! | module | holds |
//! |---|---|
//! | [`server`] | starting, accepting, stopping |
//! | [`http`] | HTTP/1.1 as the products speak it |
//! | [`family`] | routes, catalog and credentials of each API family |
//! | [`write_path`] | the story of a write; its stages are in [`stage`] |
//! | [`respond`] | from a fault to a body |
//! | [`store`] | what is stored |
//! | `journal`, `data` | what is stored on disk: the log of all changes, and starting on one |
//! | [`query`] | reading back |
//! | `flight` | reading back over gRPC, with the feature of that name |
//! | `mutant` | faults to choose from, with the feature `mutants`; seams that do nothing without it |

pub mod clock;
mod data;
pub mod duration;
pub mod family;
#[cfg(feature = "flight")]
pub mod flight;
pub mod go_json;
pub mod go_text;
pub mod http;
mod ids;
mod journal;
mod lock;
#[cfg(feature = "mutants")]
pub mod mutant;
#[cfg(not(feature = "mutants"))]
#[path = "mutant/none.rs"]
mod mutant;
mod names;
pub mod provision;
pub mod query;
pub mod respond;
pub mod server;
mod snapshots;
pub mod stage;
pub mod store;
#[cfg(feature = "flight")]
mod tls;

pub mod write_path;

pub use server::{Builder, Server};
pub use snapshots::{
    SnapshotReport, repair_snapshot, repair_snapshot_with, verify_snapshot, verify_snapshot_with,
};
