//! Named faults that a real server could have, to measure the suite by: one is chosen when a server is
//! built, and the seams between the stages apply it.
//!
//! A fault is plain data: where it bites, and a function that changes what passes there. The stages know
//! none of them: they call a seam, which does nothing in a build without the feature `mutants`
//! (`none.rs`). Which fault a server has is known to the task that serves a connection, so that several
//! servers with different faults run in one process.

mod help;
mod seams;
mod table;

pub(crate) use seams::{
    admitted, answer, body, charged, lines, log, outcome, over_quota, queued, request, rows,
    stored_at, text,
};
pub use table::ALL;

use crate::http::{Request, Response};
use crate::stage::WriteFault;
use crate::stage::admit::Admitted;
use line_protocol::{Line, ParseError};
use profiles::Profile;
use std::cell::RefCell;

/// A fault.
#[derive(Debug)]
pub struct Mutant {
    /// The stage and the fault, as the `kills` of cases name it: `respond.line-number-off-by-one`.
    pub id: &'static str,
    /// What goes wrong.
    pub summary: &'static str,
    /// Where it is run by default: where the rule exists that it breaks.
    pub home: Home,
    changes: &'static [Change],
}

/// The kind of product that a fault is at home in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// The v1 family.
    V1,
    /// The v2 family with synchronous writes.
    V2,
    /// The v2 family with a queue and a log of what it refused.
    Queue,
    /// The v3 family.
    V3,
    /// The IOx family with all bad lines listed.
    Iox,
    /// The IOx family, the router that refuses whole batches.
    Router,
}

/// A line as the parser hands it on.
type Item<'i> = Result<Line<'i>, ParseError>;

/// Where a fault bites, and what it does there.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// The profile, before the server is built.
    Profile(fn(&mut Profile)),
    /// A request's head, before it is routed.
    Request(fn(&mut Request, &Seen)),
    /// A body as it was sent.
    Body(fn(&Seen, Vec<u8>) -> Vec<u8>),
    /// A write whose head passed every check.
    Admitted(fn(&mut Admitted)),
    /// A write's line protocol.
    Text(fn(&Seen, Vec<u8>) -> Vec<u8>),
    /// A refusal for too much is told only once the write is stored.
    StoredOverQuota,
    /// How many bytes a write is counted as, and when.
    Charged(fn(&Seen, u64, i64) -> (u64, i64)),
    /// The time at which a write is stored.
    StoredAt(fn(i64) -> i64),
    /// The lines of a write, good and bad, and the text that they were.
    Lines(fn(&[u8], &mut Vec<Item<'_>>)),
    /// What a write is answered with.
    Outcome(fn(Result<(), WriteFault>) -> Result<(), WriteFault>),
    /// An answer.
    Answer(fn(&Seen, &mut Response)),
    /// The rows of the log of rejected points, as line protocol.
    Log(fn(Vec<u8>) -> Vec<u8>),
    /// The last that was queued comes first.
    LastInFirstOut,
    /// What is queued is never done.
    QueueStands,
    /// What is queued is done at once.
    QueueSkipped,
}

/// A request, as far as faults ask for it.
#[derive(Clone, Debug, Default)]
struct Seen {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    /// How long its body is, as it was sent; 0 before it is read.
    length: u64,
    /// The owner's token, in the v1 family the password.
    token: String,
    /// Whether credentials are a user and a password.
    basic: bool,
}

impl Seen {
    fn is_write(&self) -> bool {
        self.method == "POST" && (self.path.ends_with("/write") || self.path.ends_with("write_lp"))
    }

    fn is_query(&self) -> bool {
        self.path.ends_with("/query") || self.path.contains("/query_")
    }

    /// A header, as text; empty where it is none or not there.
    fn header(&self, name: &str) -> &str {
        let value = self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        value.and_then(|value| std::str::from_utf8(value).ok()).unwrap_or_default()
    }

    /// Whether the owner asks.
    fn is_owner(&self) -> bool {
        self.basic || self.header("authorization").contains(&self.token)
    }

    /// Whether any server has such a path.
    fn is_known_path(&self) -> bool {
        self.is_query()
            || self.path.ends_with("/write")
            || self.path.ends_with("/write_lp")
            || ["/ping", "/health", "/ready", "/api/v2/", "/api/v3/configure", "/api/v0"]
                .iter()
                .any(|known| self.path.starts_with(known))
    }

    fn is_delete(&self) -> bool {
        self.path == "/api/v2/delete"
    }
}

impl Mutant {
    /// The stage that it belongs to.
    pub fn stage(&self) -> &'static str {
        self.id.split_once('.').map_or(self.id, |(stage, _)| stage)
    }

    /// The profile with this fault: a copy that lives as long as the process.
    pub(crate) fn profile(&self, sound: &'static Profile) -> &'static Profile {
        let mut faulty = Profile {
            product: sound.product,
            edition: sound.edition,
            family: sound.family,
            capabilities: sound.capabilities,
            settings: sound.settings,
            read_back: sound.read_back,
            facts: sound.facts,
        };
        for change in self.changes {
            if let Change::Profile(change) = change {
                change(&mut faulty);
            }
        }
        Box::leak(Box::new(faulty))
    }
}

/// The fault of this id.
pub fn find(id: &str) -> Option<&'static Mutant> {
    ALL.iter().copied().flatten().find(|mutant| mutant.id == id)
}

/// The fault of a server, where it has one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chosen {
    mutant: Option<&'static Mutant>,
    token: String,
    basic: bool,
}

impl Chosen {
    pub(crate) fn new(mutant: &'static Mutant) -> Self {
        Self { mutant: Some(mutant), ..Self::default() }
    }

    /// The same on a server with this owner.
    pub(crate) fn for_server(self, token: &str, basic: bool) -> Self {
        Self { token: token.to_owned(), basic, ..self }
    }

    /// Serves a connection with this fault.
    pub(crate) fn within<F: Future<Output = ()> + Send>(
        &self,
        served: F,
    ) -> impl Future<Output = ()> + Send + use<F> {
        let active = self.mutant.map(|mutant| Active {
            mutant,
            seen: RefCell::new(Seen {
                token: self.token.clone(),
                basic: self.basic,
                ..Seen::default()
            }),
            owed: RefCell::default(),
        });
        async move {
            match active {
                Some(active) => ACTIVE.scope(active, served).await,
                None => served.await,
            }
        }
    }
}

/// The fault of the server whose connection this task serves.
struct Active {
    mutant: &'static Mutant,
    /// The request that is being answered.
    seen: RefCell<Seen>,
    /// A refusal that is told later.
    owed: RefCell<Option<WriteFault>>,
}

tokio::task_local! {
    static ACTIVE: Active;
}
