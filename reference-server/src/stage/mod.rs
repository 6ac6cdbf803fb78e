//! The stages of a write, in the order in which `write_path` calls them; each consumes what the
//! one before it made.

pub mod admit;
pub mod decode;
mod gzip;
pub mod listed;
pub mod parse;
pub mod quota;
pub mod store;

use profiles::answer::Fault;

/// What is wrong with a write: the fault, and what fills the holes of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteFault {
    /// The fault.
    pub fault: Fault,
    /// Hole and content.
    pub holes: Vec<(&'static str, Vec<u8>)>,
    /// The rejected lines, where the answer lists them.
    pub lines: Vec<RejectedLine>,
}

/// A rejected line, as products tell of it that number their lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedLine {
    /// Why.
    pub message: String,
    /// The product's number of the line, from 1.
    pub number: usize,
    /// The beginning of what the product takes for the line.
    pub original: String,
    /// What was being done when it failed.
    pub failed: Failed,
}

/// What was being done with a line when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It was read.
    Parsing,
    /// It was fitted into its table.
    Writing,
    /// Its time was told in nanoseconds.
    Time,
}

impl WriteFault {
    /// A fault with one hole filled.
    pub fn with(fault: Fault, hole: &'static str, content: impl Into<Vec<u8>>) -> Self {
        Self { fault, holes: vec![(hole, content.into())], lines: Vec::new() }
    }

    /// Fills one more hole.
    #[must_use]
    pub fn and(mut self, hole: &'static str, content: impl Into<Vec<u8>>) -> Self {
        self.holes.push((hole, content.into()));
        self
    }
}

impl From<Fault> for WriteFault {
    fn from(fault: Fault) -> Self {
        Self { fault, holes: Vec::new(), lines: Vec::new() }
    }
}
