//! The conformance run: cases in, verdicts out.
//!
//! The way of a case through the modules: [`load`] reads the files, [`select`] chooses.

pub mod case;
mod clock;
mod diagnose;
mod digest;
mod driver;
pub mod load;
mod outgoing;
pub mod point;
mod read_back;
pub mod select;
mod shared;
mod space;
pub mod target;
pub mod wire;
