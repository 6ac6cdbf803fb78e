//! What was sent in a round and what came back, with the instants of beginning and end.

use crate::claim::{Claim, Claims};
use crate::model::Item;
use std::fmt;
use std::time::Duration;

/// One sending of a body; one that is sent again is another.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) by: By,
    /// Before its first byte went out, since the round began.
    pub(crate) began: Duration,
    /// The lines that went out whole, as the server can store them.
    pub(crate) items: Vec<Item>,
    /// What went out of the body, where it was not all of it.
    pub(crate) part: Option<Part>,
    pub(crate) came: Came,
}

/// Who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct By {
    /// From 1; 0 is who looks after them whether the server is still there.
    pub(crate) writer: usize,
    /// Which of its bodies, from 1.
    pub(crate) write: usize,
    /// Which sending of that body, from 1.
    pub(crate) attempt: usize,
}

/// A body that was not sent to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) bytes: usize,
    pub(crate) of: usize,
    /// What went out of the line in which it ends. Of a compressed body nobody can say where it ends:
    /// then it is every line.
    pub(crate) cut: Vec<String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) enum Came {
    /// An answer, wholly read at that time.
    Answer { ended: Duration, status: u16, said: String, busy: bool, claims: Claims },
    /// Nobody waited for one.
    Left,
    /// None: why, and whether that is a fault of the server.
    Nothing { why: String, fault: Fault },
}

/// Whose fault it is that no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody's: a server may end a connection that it has answered on.
    None,
    /// It took too long: nothing certain is known.
    Late,
    /// The server's.
    Server,
}

impl Sent {
    /// When its answer had come; never, where none did: the server may still do it at any time.
    pub(crate) fn ended(&self) -> Option<Duration> {
        match self.came {
            Came::Answer { ended, .. } => Some(ended),
            Came::Left | Came::Nothing { .. } => None,
        }
    }

    /// What the server says of a line.
    pub(crate) fn claim(&self, item: usize) -> Claim {
        match &self.came {
            // So many of them are dropped, and nobody knows which.
            Came::Answer { claims, .. } if claims.unnamed > 0 => Claim::Unmentioned,
            Came::Answer { claims, .. } => {
                claims.items.get(item).copied().unwrap_or(Claim::Unmentioned)
            }
            Came::Left | Came::Nothing { .. } => Claim::Unmentioned,
        }
    }
}

/// Who sent it, when, and what became of it, in one line.
impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.by)?;
        match self.ended() {
            Some(ended) => write!(f, "{} to {} ms: ", ms(self.began), ms(ended))?,
            None => write!(f, "from {} ms on: ", ms(self.began))?,
        }
        match &self.part {
            Some(part) => write!(f, "{} of {} bytes sent, ", part.bytes, part.of)?,
            None => write!(f, "{} lines, ", self.items.len())?,
        }
        match &self.came {
            Came::Answer { status, said, .. } if said.is_empty() => write!(f, "answered {status}"),
            Came::Answer { status, said, .. } => write!(f, "answered {status} {said}"),
            Came::Left => f.write_str("then the connection was closed, without an answer"),
            Came::Nothing { why, .. } => f.write_str(why),
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.writer == 0 {
            f.write_str("the last write")?;
        } else {
            write!(f, "writer {}, write {}", self.writer, self.write)?;
        }
        if self.attempt > 1 {
            write!(f, " (sending {})", self.attempt)?;
        }
        Ok(())
    }
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}
