//! How far an answer had come that was never whole: in words for somebody who looks for the fault.

use std::fmt;

/// What there was of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment {
    /// So many bytes, not yet a whole head.
    Head(usize),
    /// The head, and so many bytes of the body.
    Body {
        /// How many had come.
        received: usize,
        /// How many the head declares; none where the body ends by itself.
        declared: Option<usize>,
    },
}

impl fmt::Display for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(received) => write!(f, "{received} bytes of its head had come"),
            Self::Body { received, declared: Some(declared) } => write!(
                f,
                "{received} of the {declared} bytes that its Content-Length declares had come"
            ),
            Self::Body { received, declared: None } => {
                write!(f, "{received} bytes of its body had come, and not their end")
            }
        }
    }
}
