//! The conformance run: cases in, verdicts out.
//!
//! The way of a case through the modules: [`load`] reads the files, [`select`] chooses.

pub mod case;
pub mod claim;
mod clock;
pub mod compare;
mod diagnose;
mod digest;
mod driver;
pub mod event;
mod execute;
pub mod explain;
mod findings;
pub mod known;
pub mod ledger;
pub mod load;
mod model;
mod outgoing;
pub mod point;
mod read_back;
pub mod record;
mod redact;
pub mod report;
pub mod run;
pub mod select;
mod session;
mod shared;
pub mod snapshot;
mod space;
pub mod target;
pub mod transcript;
pub mod verdict;
pub mod wire;
