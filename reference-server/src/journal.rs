//! What makes a server durable: every change is an entry of its log, in the order in which the
//! changes were made, and no answer leaves before the entries of its request are on disk.
//!
//! An entry is what was asked for, not what became of it: a batch as it came with the time at which
//! it was taken, the catalog as it is after a change of it, what is deleted. A server that starts on
//! its folder does the same again in the same order, with the code that did it first; nothing of it
//! depends on the clock, on chance or on settings that may have changed.
//!
//! [`Journal::begin`] is held while a change is made and recorded, so that the order of the log is
//! the order of what happened. Nobody waits for the disk there: that is [`Journal::kept`], after the
//! change and outside of every lock.

mod backlog;
mod packed;

use crate::lock::lock;
use crate::stage::WriteFault;
use crate::store::numbers::Numbers;
use crate::store::rows::Rows;
use crate::store::snapshot::Reads;
use backlog::Backlog;
use packed::Unpacker;
use profiles::answer::Fault;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use write_ahead_log::{Log, Options, State};

/// Set in the length of an entry's head: what follows it is packed.
const PACKED: u32 = 1 << 31;

/// What an entry has beside its text, at most; what has more is refused by the log itself.
const HEAD: usize = 4 << 10;

/// How many bytes wait for the disk before no other request is taken up until they are there.
const WAITING: usize = 32 << 20;

/// Those that were taken up by then, one a connection, still find room for what they bring.
const ROOM: usize = 2 << 30;

/// The largest body that this server reads is half of a gibibyte.
const LARGEST: usize = 768 << 20;

tokio::task_local! {
    /// What became of the entries of the request that this task answers.
    static RECORDED: RefCell<Recorded>;
}

/// The entries of one request.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    /// The number of the last one, where there is any.
    last: Option<u64>,
    /// Why one was not taken.
    refused: Option<String>,
}

impl Recorded {
    /// Counts them as entries of the request that this task answers.
    pub(crate) fn adopt(self) {
        let _ = RECORDED.try_with(|recorded| {
            let mut recorded = recorded.borrow_mut();
            recorded.last = self.last.or(recorded.last);
            recorded.refused = self.refused.or_else(|| recorded.refused.take());
        });
    }
}

/// Work for another thread, which also gives the entries that it made: they are those of the request
/// whose task [adopts](Recorded::adopt) them.
pub(crate) fn elsewhere<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> (T, Recorded) {
    move || {
        RECORDED.sync_scope(RefCell::default(), || {
            let done = work();
            (done, RECORDED.with(RefCell::take))
        })
    }
}

/// Why a change cannot be made, or is not known to be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotKept {
    /// The log did not take it.
    #[error("{0}")]
    Log(String),
    /// What it rests on is damaged.
    #[error("what is stored cannot be read: {0}")]
    Unreadable(String),
}

/// The log of a folder is opened with these.
pub(crate) fn options() -> Options {
    Options { waiting_bytes: ROOM, largest_entry: LARGEST, ..Options::default() }
}

/// The same, of a log that is forgotten when it has so many bytes: in segments of which most are gone
/// then.
pub(crate) fn options_for(log_bytes: u64) -> Options {
    let usual = options();
    let segment_bytes = (log_bytes / 4).clamp(64 << 10, usual.segment_bytes);
    Options { segment_bytes, ..usual }
}

/// The log of a server, where it has one.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    log: OnceLock<Log>,
    order: Mutex<Numbers>,
    /// What the entries that are done again had so far.
    unpacker: Mutex<Option<Unpacker>>,
    /// What came that is in no snapshot.
    backlog: Backlog,
    /// Why a change that was made is not in the log: no other may follow it.
    missing: OnceLock<String>,
    /// What is read of snapshots, where there may be any.
    reads: OnceLock<Arc<Reads>>,
}

/// A change that is being made: no other one is, until it is dropped.
pub(crate) struct Change<'j> {
    /// None where nothing is recorded.
    journal: Option<(&'j Log, &'j Journal)>,
    order: Option<MutexGuard<'j, Numbers>>,
    /// Where nothing is recorded.
    unnumbered: Numbers,
}

impl Journal {
    /// From now on changes are recorded here; before, they are those that the log itself told.
    pub(crate) fn open(&self, log: Log, reads: Arc<Reads>) {
        let already = self.log.set(log).is_err() || self.reads.set(reads).is_err();
        debug_assert!(!already, "a server has one log");
        *lock(&self.unpacker) = None;
    }

    /// Whether changes are recorded.
    pub(crate) fn is_open(&self) -> bool {
        self.log.get().is_some()
    }

    /// Records what the folder is of: its first entry.
    pub(crate) fn record_origin(&self, origin: &Origin) {
        if let Ok(change) = self.begin(0) {
            change.record(origin, &[]);
        }
    }

    /// Looks at what is there while nobody changes it, with the sequence of the next entry; none where
    /// something is there that the log has not, or will not have.
    pub(crate) fn between_changes<T>(&self, look: impl FnOnce(u64) -> T) -> Option<T> {
        let log = self.log.get()?;
        let mut numbers = lock(&self.order);
        let is_whole = self.missing.get().is_none() && self.damage().is_none();
        let is_whole = is_whole && log.state() == State::Writable;
        is_whole.then(|| {
            // What comes before may be forgotten, and the numbers that were given there with it.
            numbers.end_stretch();
            look(log.next_sequence())
        })
    }

    /// Begins a change that has about so many bytes in the log.
    ///
    /// # Errors
    /// The log takes nothing any more, so that nothing may be changed.
    pub(crate) fn begin(&self, bytes: usize) -> Result<Change<'_>, NotKept> {
        self.try_begin(bytes).map_err(|why| {
            let _ = RECORDED.try_with(|r| r.borrow_mut().refused = Some(why.clone()));
            NotKept::Log(why)
        })
    }

    /// The same of a change that no request asks for: where it cannot be made, the request is answered
    /// all the same.
    ///
    /// # Errors
    /// The log takes nothing any more: why.
    pub(crate) fn try_begin(&self, bytes: usize) -> Result<Change<'_>, String> {
        let Some(log) = self.log.get() else { return Ok(Change::none()) };
        let mut order = lock(&self.order);
        match (self.missing.get(), self.damage()) {
            (Some(why), _) => Err(why.clone()),
            (None, Some(why)) => Err(why.to_owned()),
            (None, None) => log.admits(bytes.saturating_add(HEAD)).map_err(|why| why.to_string()),
        }?;
        order.begin(log.next_sequence());
        let (journal, unnumbered) = (Some((log, self)), Numbers::none());
        Ok(Change { journal, order: Some(order), unnumbered })
    }

    /// How many bytes of text came that are in no snapshot.
    pub(crate) fn taken(&self) -> u64 {
        self.backlog.taken()
    }

    /// A snapshot has so much of it by now.
    pub(crate) fn forget_taken(&self, bytes: u64) {
        self.backlog.forget(bytes);
    }

    /// From now on there is a snapshot whenever so many bytes of text came, or none at all.
    pub(crate) fn expect_snapshots(&self, each: Option<u64>) {
        self.backlog.expect_snapshots(each);
    }

    /// A snapshot could not be made.
    pub(crate) fn snapshot_failed(&self, why: String) {
        self.backlog.fail(why);
    }

    /// Waits until there is room in memory for what a write brings.
    ///
    /// # Errors
    /// Too much of what came is in no snapshot, and that will not change soon.
    pub(crate) async fn room(&self) -> Result<(), WriteFault> {
        // What was read back from files to be changed is in memory, too.
        let brought_back = || self.reads.get().map_or(0, |reads| reads.brought_back());
        self.backlog.room(brought_back).await.map_err(|why| {
            let _ = RECORDED.try_with(|r| r.borrow_mut().refused = Some(why));
            WriteFault::from(Fault::StorageFailed)
        })
    }

    /// The entry and the text of a payload, as [`read`] has it; what was packed comes out as it was
    /// meant, for all that was packed before it has been read.
    ///
    /// # Errors
    /// It is neither: another program wrote it, or another release.
    pub(crate) fn read<'p, E: DeserializeOwned>(
        &self,
        payload: &'p [u8],
    ) -> Result<(E, Cow<'p, [u8]>), String> {
        let (head, is_packed, text) = parts(payload)?;
        let entry = serde_json::from_slice(head).map_err(|error| error.to_string())?;
        let text = match is_packed {
            true => Cow::Owned(lock(&self.unpacker).get_or_insert_default().unpack(text)?),
            false => Cow::Borrowed(text),
        };
        self.backlog.add(text.len());
        Ok((entry, text))
    }

    /// That nothing was left out of the entry that was read last.
    ///
    /// # Errors
    /// Rows were, since the entry that named their series is lost.
    pub(crate) fn is_whole(&self) -> Result<(), String> {
        match lock(&self.unpacker).as_mut().map_or(0, Unpacker::left_out) {
            0 => Ok(()),
            rows => Err(format!("{rows} of its rows are of series that a lost entry named")),
        }
    }

    /// What is read of snapshots, where there may be any.
    pub(crate) fn reads(&self) -> Option<Arc<Reads>> {
        self.reads.get().map(Arc::clone)
    }

    /// What is wrong with what is stored, where somebody found that.
    pub(crate) fn damage(&self) -> Option<&str> {
        self.reads.get()?.damage()
    }

    /// Does what a request asks for, then waits until what it changed is on disk, if the
    /// caller is `patient`.
    ///
    /// # Errors
    /// What is stored cannot be read. Or it is not known whether the change is on disk: what was done is
    /// seen until the server is started again, and may or may not be there then.
    pub(crate) async fn kept<T>(
        &self,
        patient: bool,
        work: impl Future<Output = T>,
    ) -> Result<T, NotKept> {
        let Some(log) = self.log.get() else { return Ok(work.await) };
        // Whoever comes while too much waits for the disk waits as well, before there is more of it.
        if log.waiting_bytes() > WAITING {
            // That it fails is for those to say who have an entry of their own.
            let _ = log.synced(log.next_sequence() - 1).await;
        }
        let scope = RECORDED.scope(RefCell::default(), async {
            let done = work.await;
            (done, RECORDED.with(RefCell::take))
        });
        let (done, recorded) = scope.await;
        // What was read, or was to be changed, is not all that there is.
        if let Some(why) = self.damage() {
            return Err(NotKept::Unreadable(why.to_owned()));
        }
        if let Some(why) = recorded.refused {
            return Err(NotKept::Log(why));
        }
        if let Some(last) = recorded.last.filter(|_| patient) {
            log.synced(last).await.map_err(|why| NotKept::Log(why.to_string()))?;
        }
        Ok(done)
    }
}

impl Change<'_> {
    /// None: what is asked for changes nothing, or nothing that is kept.
    pub(crate) const fn none() -> Self {
        Self { journal: None, order: None, unnumbered: Numbers::none() }
    }

    /// Where the stores note which series they put the rows into.
    pub(crate) fn numbers(&mut self) -> &mut Numbers {
        self.order.as_deref_mut().unwrap_or(&mut self.unnumbered)
    }

    /// Puts the change into the log; `text` is what it is about, as it came.
    pub(crate) fn record(&self, entry: &impl Serialize, text: &[u8]) {
        let Some((log, journal)) = self.journal else { return };
        journal.backlog.add(text.len());
        append(log, journal, entry, 0, text);
    }

    /// Puts a batch into the log: packed, where all of it was stored as rows.
    pub(crate) fn record_batch(
        &mut self,
        entry: &impl Serialize,
        text: &[u8],
        rows: Option<&Rows<'_>>,
        unit: i64,
    ) {
        let Some((log, journal)) = self.journal else { return };
        let numbers = self.order.as_deref_mut().filter(|numbers| !numbers.rows().is_empty());
        let Some((rows, numbers)) = rows.zip(numbers) else { return self.record(entry, text) };
        debug_assert_eq!(rows.len(), numbers.rows().len(), "all of them were stored, or none");
        let packed = packed::pack(rows, numbers, unit, text.len());
        // Floats of one digit are longer packed; and no row is to be missing.
        if packed.len() >= text.len() || rows.len() != numbers.rows().len() {
            // The names in it are not in the log.
            numbers.end_stretch();
            return self.record(entry, text);
        }
        journal.backlog.add(text.len());
        append(log, journal, entry, PACKED, &packed);
    }
}

fn append(log: &Log, journal: &Journal, entry: &impl Serialize, flag: u32, text: &[u8]) {
    let appended = head(entry).and_then(|head| {
        let length = u32::try_from(head.len()).unwrap_or(u32::MAX) | flag;
        log.append(&[&length.to_le_bytes(), &head, text]).map_err(|why| why.to_string())
    });
    // Outside of a request it is the log that says, when it is waited for.
    let _ = RECORDED.try_with(|recorded| {
        let mut recorded = recorded.borrow_mut();
        match &appended {
            Ok(number) => recorded.last = Some(*number),
            Err(why) => recorded.refused = Some(why.clone()),
        }
    });
    if let Err(why) = appended {
        // What comes later may rest on it: the log would not be done again as it was.
        let why = format!("a change could not be written to the log ({why}); start again");
        tracing::error!(why, "read-only");
        let _ = journal.missing.set(why);
    }
}

fn head(entry: &impl Serialize) -> Result<Vec<u8>, String> {
    serde_json::to_vec(entry).map_err(|error| error.to_string())
}

/// The entry and the text that a payload of the log is.
///
/// # Errors
/// It is neither: another program wrote it, or another release.
pub(crate) fn read<E: DeserializeOwned>(payload: &[u8]) -> Result<(E, &[u8]), String> {
    let (head, _, text) = parts(payload)?;
    Ok((serde_json::from_slice(head).map_err(|error| error.to_string())?, text))
}

/// The head of a payload, whether what follows is packed, and that.
fn parts(payload: &[u8]) -> Result<(&[u8], bool, &[u8]), String> {
    let (length, rest) = payload.split_first_chunk().ok_or("it is too short")?;
    let length = u32::from_le_bytes(*length);
    let bytes = usize::try_from(length & !PACKED).unwrap_or(usize::MAX);
    let (head, text) = rest.split_at_checked(bytes).ok_or("it is too short")?;
    Ok((head, length & PACKED != 0, text))
}

/// That a batch has the outcome that it had the first time.
///
/// # Errors
/// It has not: what is stored would not be what was acknowledged.
pub(crate) fn same(refused: bool, stored: &Result<(), WriteFault>) -> Result<(), String> {
    match stored {
        Ok(()) if refused => {
            Err("a batch of which something was refused is taken whole".to_owned())
        }
        Err(why) if !refused => Err(format!("a batch that was taken is refused: {:?}", why.fault)),
        _ => Ok(()),
    }
}

/// The first entry of every log: what has to be the same each time that the folder is served, since
/// the same lines would otherwise be answered, and stored, in another way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// The profile's name.
    pub(crate) profile: String,
    /// The settings that are not the product's own.
    pub(crate) settings: BTreeMap<String, String>,
    /// Whether credentials are asked for. It may change, but not by being forgotten.
    pub(crate) asks_credentials: bool,
}

impl Origin {
    /// That a folder of this origin may be served as the other one.
    ///
    /// # Errors
    /// What is not the same.
    pub(crate) fn check(&self, asked: &Self, open_to_all: bool) -> Result<(), String> {
        if self.profile != asked.profile {
            return Err(format!("it is a folder of {}, not of {}", self.profile, asked.profile));
        }
        if self.asks_credentials && !asked.asks_credentials && !open_to_all {
            return Err(
                "its server asked for credentials, and this one would not: say --token or \
                        --auth on again, or --auth off"
                    .to_owned(),
            );
        }
        if self.settings != asked.settings {
            let shown = |settings: &BTreeMap<String, String>| {
                let all = settings.iter().map(|(name, value)| format!("{name}={value}"));
                let all: Vec<_> = all.collect();
                if all.is_empty() { "none".to_owned() } else { all.join(", ") }
            };
            return Err(format!(
                "it was made with other settings: {}, not {}",
                shown(&self.settings),
                shown(&asked.settings)
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change that a query makes is waited for like any other, whichever thread makes it.
    #[test]
    fn what_another_thread_records_is_the_requests() {
        let change = |last, refused: Option<&str>| {
            RECORDED.with(|recorded| {
                let refused = refused.map(str::to_owned);
                *recorded.borrow_mut() = Recorded { last, refused };
            });
        };
        let first = Recorded { last: Some(1), refused: None };
        RECORDED.sync_scope(RefCell::new(first), || {
            for (last, refused) in [(Some(7), None), (None, None), (None, Some("full"))] {
                let work = elsewhere(move || change(last, refused));
                let done = std::thread::spawn(work).join();
                assert!(done.map(|((), recorded)| recorded.adopt()).is_ok());
            }
            RECORDED.with(|recorded| {
                let recorded = recorded.borrow();
                assert_eq!(recorded.last, Some(7));
                assert_eq!(recorded.refused.as_deref(), Some("full"));
            });
        });
    }
}
