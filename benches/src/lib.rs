//! Workloads: bodies of line protocol that stand for a kind of load, always the same bytes, and
//! what is in them. Knows no parser: whoever measures one, compares it with the workload's tally.

mod compose;
mod moving;
mod tally;
mod workloads;

pub use moving::Moving;
pub use tally::Tally;
pub use workloads::{
    Grammar, NAMES, Workload, all, bad10, escaped, mixed, named, one_line, small, strings, tsbs,
    wide,
};
