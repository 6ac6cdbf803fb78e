//! The conformance run: cases in, verdicts out.
//!
//! The way of a case through the modules: [`load`] reads the files, [`select`] chooses.

pub mod case;
mod digest;
pub mod wire;
pub mod load;
pub mod point;
pub mod read_back;
pub mod select;
