//! What happens in a run, one JSON line each: everything that any report shows is in here.

use crate::case::Level;
use crate::compare::Finding;
use crate::ledger::Ledger;
use crate::shard::Shard;
use crate::snapshot::Basis;
use crate::verdict::{Ending, Verdict};
use serde::{Deserialize, Serialize};

/// One event.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A run begins.
    Started(Started),
    /// A case begins.
    Begun {
        /// The profile.
        profile: String,
        /// The case.
        id: String,
    },
    /// A case has its verdict.
    Case(Box<CaseResult>),
    /// The run is over.
    Finished(Finished),
}

/// How a run begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Started {
    /// The version of lineproof.
    pub lineproof: String,
    /// The profile.
    pub profile: String,
    /// The target's URL.
    pub target: String,
    /// How many cases run: all that are selected, or those of the shard.
    pub cases: usize,
    /// The strictness.
    pub strict: u8,
    /// What the target lacks, and why.
    pub lacks: Vec<(String, String)>,
    /// The language that is read back with.
    pub read_back: Option<String>,
    /// What was done to make the target ready.
    pub notes: Vec<String>,
    /// Which part of the selected cases this is, where it is not all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// All that is selected, in every shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selected>,
    /// What the user calls the run that this is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// Everything that a run is asked to do, in all its shards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selected {
    /// How many cases.
    pub cases: usize,
    /// A digest of what the verdicts depend on besides the target: the cases, the profile, what is
    /// expected of it, the strictness, the known failures, the version. Runs of another digest are no part of this one.
    pub digest: String,
}

/// Everything about one case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CaseResult {
    /// The profile.
    pub profile: String,
    /// The case.
    pub id: String,
    /// Its level.
    pub level: Level,
    /// Its summary.
    pub summary: String,
    /// Its clauses.
    pub clauses: Vec<String>,
    /// What is said of it.
    pub verdict: Verdict,
    /// Why, where the verdict alone does not tell.
    pub reason: Option<String>,
    /// What the expectation rests on.
    pub basis: Option<Basis>,
    /// Where that was found.
    pub from: Option<String>,
    /// Differences that count.
    pub findings: Vec<Finding>,
    /// The ledgers of its writes, by step.
    pub ledgers: Vec<(usize, Ledger)>,
    /// The requests of its steps, as curl.
    pub curl: Vec<String>,
    /// What came back and is stored: the text of a [`Transcript`](crate::transcript::Transcript),
    /// redacted; empty where the case did not run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transcript: String,
    /// What a reader should know besides.
    pub notes: Vec<String>,
    /// What is stored could not be judged.
    pub unread: bool,
    /// How long it took.
    pub milliseconds: u64,
}

/// How a run ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finished {
    /// The profile.
    pub profile: String,
    /// How it ends.
    pub ending: Ending,
    /// Why, where no case tells.
    pub reason: Option<String>,
    /// What is left behind on the target.
    pub left_behind: Option<String>,
    /// Patterns of the list of known failures that match no case.
    pub stale: Vec<String>,
    /// How long it took.
    pub milliseconds: u64,
}
