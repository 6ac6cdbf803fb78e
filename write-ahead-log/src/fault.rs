//! What can be wrong in a log.

use crate::frame;
use std::fmt;

/// What is wrong at a place in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The `FORMAT` file is missing or holds something else.
    Format,
    /// The header of a segment is not what was written.
    SegmentHeader,
    /// The segment has the id of another log.
    OtherLog,
    /// The name of a segment is not that of its first entry.
    Misnamed {
        /// The sequence of the first entry, as the header has it.
        first: u64,
    },
    /// No frame begins where the frame of this entry should.
    NoFrame {
        /// The sequence of the entry.
        sequence: u64,
    },
    /// The end of the file comes before the end of the frame.
    CutOff {
        /// The sequence of the entry.
        sequence: u64,
    },
    /// The payload is not what was written.
    Payload {
        /// The sequence of the entry.
        sequence: u64,
    },
    /// An entry that was already there.
    Repeated {
        /// The sequence of the entry.
        sequence: u64,
        /// The sequence that should come here.
        expected: u64,
    },
    /// Entries are missing, and nothing lies in their place.
    Missing {
        /// The first that is missing.
        first: u64,
        /// The last that is missing.
        last: u64,
    },
    /// Something lies behind the mark that says that the log was closed.
    BehindMark,
    /// There is no segment.
    NoSegment,
}

impl Fault {
    /// What is wrong with bytes that are not a valid frame.
    pub(crate) fn of_frame(bytes: &[u8], id: u64, sequence: u64) -> Self {
        match frame::header(bytes, id) {
            Some(header) if bytes.len() - frame::HEADER < header.length as usize => {
                Self::CutOff { sequence }
            }
            Some(_) => Self::Payload { sequence },
            None if bytes.len() < frame::HEADER => Self::CutOff { sequence },
            None => Self::NoFrame { sequence },
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format => f.write_str("is missing or was changed"),
            Self::SegmentHeader => f.write_str("the header of the segment was changed"),
            Self::OtherLog => f.write_str("the segment belongs to another log"),
            Self::Misnamed { first } => {
                write!(f, "the header says that the segment begins with entry {first}")
            }
            Self::NoFrame { sequence } => write!(f, "entry {sequence} is not here"),
            Self::CutOff { sequence } => write!(f, "the end of entry {sequence} is missing"),
            Self::Payload { sequence } => write!(f, "the bytes of entry {sequence} were changed"),
            Self::Repeated { sequence, expected } => {
                write!(f, "entry {sequence} is here again, where entry {expected} should be")
            }
            Self::Missing { first, last } if first == last => write!(f, "entry {first} is missing"),
            Self::Missing { first, last } => write!(f, "entries {first} to {last} are missing"),
            Self::BehindMark => f.write_str("the log was closed here, and yet something follows"),
            Self::NoSegment => f.write_str("no segment is left"),
        }
    }
}
