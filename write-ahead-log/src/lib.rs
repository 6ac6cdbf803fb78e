//! A write-ahead log: entries of bytes, written in order, synced in groups, found again after a
//! crash. It knows nothing of what is in them.
//!
//! [`Log::append`] fixes an entry's place and returns at once; [`Log::synced`] waits until the
//! entry is on disk. One thread writes: it takes all that waits, makes one write and one sync of
//! it, and wakes everybody who waited for one of these entries. [`Log::open`] hands back each
//! entry once and in order. [`verify`] says what is wrong with a log, [`repair`] keeps the rest.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use write_ahead_log::{Log, Options};
//! # let folder = tempfile::tempdir()?;
//! let (log, _) = Log::open(folder.path(), Options::default(), |_, _| std::io::Result::Ok(()))?;
//! let sequence = log.append(&[b"header", b"body"])?;
//! log.wait(sequence)?;
//! drop(log);
//!
//! let mut found = Vec::new();
//! Log::open(folder.path(), Options::default(), |sequence, payload| {
//!     found.push((sequence, payload.to_vec()));
//!     std::io::Result::Ok(())
//! })?;
//! assert_eq!(found, [(1, b"headerbody".to_vec())]);
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//!
//! - An entry of which [`Log::synced`] or [`Log::wait`] returned `Ok` is there after any crash.
//! - What is there is a prefix of what was appended: no entry twice, none in another order, none
//!   that was never appended. So if an entry is there, all before it are.
//! - An entry of which nobody was told may be there after a crash, or not.
//! - After a failure of the disk the log is read-only until it is opened again: a sync that has
//!   failed once may be answered `Ok` the next time without the bytes being on disk. What was
//!   written and not synced is cut off, if that is still possible.
//!
//! # On disk
//!
//! | path | holds |
//! |---|---|
//! | `FORMAT` | the version of the format, the log's random id, a checksum; written last |
//! | `lock` | nothing; locked while the log is open |
//! | `log/00000000000000000001.wal` | a segment, named by the sequence of its first entry |
//! | `*.tmp` | a file that is not whole yet, and gets its name when it is |
//! | `damaged/` | what a repair took out of the log |
//!
//! A segment has a header and then frames, one for each entry; the layouts are at the tops of
//! `segment.rs` and `frame.rs`. Sequences begin at 1 and follow one another through all segments.
//! Where a repair had to leave some out, the header of the next segment says so.
//!
//! # What a crash leaves, and what only damage does
//!
//! Only the end of the last segment can be the rest of a write that was cut off: a segment is
//! begun when the one before is synced, and it gets its name when its header is synced. There,
//! bytes that are not the next entry are a *torn tail*, which opening cuts off, unless something
//! behind them proves that they were whole once:
//!
//! - Each frame says up to which entry all was synced when it was written, and so does the mark at
//!   the end of a log that was closed. An intact header that says it of the entry that is not there
//!   is proof that it was lost later.
//! - A valid frame behind, without such proof, is of the same write. A disk may write the end of
//!   it first, but it writes whole sectors: if no sector of 512 bytes before the frame is left
//!   zero, all was written and something was changed later.
//! - A valid frame in the wrong place (an entry again, or one too far) is never the rest of a
//!   write.
//!
//! Everything else is [`OpenError::Damaged`], and nothing is changed.
//!
//! What cannot be told apart:
//!
//! - In a log that was not closed, damage to the last frame, or a zeroed sector in the last write,
//!   looks like a torn tail: nothing was written later that could prove anything.
//! - A log whose last entries or segments are gone altogether looks like one that never had them,
//!   and one whose first segments are gone like one that forgot them.
//!
//! A torn tail is told, with a warning and in [`Recovery::torn`]. For the rest, a caller that has
//! stored elsewhere how far it was can look at [`Recovery::first_sequence`] and
//! [`Recovery::next_sequence`].

mod commit;
mod error;
mod fault;
mod files;
mod folder;
mod frame;
mod lock;
mod log;
mod open;
mod queue;
mod repair;
mod segment;
mod survey;

pub use error::{Failed, Failure, OpenError, Refused};
pub use fault::Fault;
pub use files::{File, Files, Lock, RealFiles};
pub use log::{Log, Options, State};
pub use open::{Recovery, Torn};
pub use repair::{repair, repair_with};
pub use survey::{Damage, Report, verify, verify_with};

/// The version of what lies on disk.
pub const FORMAT_VERSION: u32 = 1;
