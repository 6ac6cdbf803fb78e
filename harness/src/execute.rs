//! One case on a target that is ready: what is sent, what comes back, what is stored.

mod again;
mod step;

use crate::case::Case;
use crate::driver::NotMade;
use crate::generate::{AREA, Broken, Rules};
use crate::ledger::Ledger;
use crate::redact::Redactor;
use crate::session::Session;
use crate::support::Exchange;
use crate::transcript::{Outcome, Transcript};
use std::sync::Arc;

/// What came of a case.
#[derive(Debug, Default)]
pub(crate) struct Executed {
    pub(crate) transcript: Transcript,
    /// The ledgers of its writes, by step from 1.
    pub(crate) ledgers: Vec<(usize, Ledger)>,
    pub(crate) curl: Vec<String>,
    /// No answer in time: nothing certain is known.
    pub(crate) timed_out: bool,
    /// The target has no language that reads back what is stored.
    pub(crate) unread: bool,
    /// The steps, from 1, after which what is stored could not be read, and why.
    pub(crate) unreadable: Vec<(usize, String)>,
    /// What is broken of the rules that need no snapshot, by step from 1.
    pub(crate) broken: Vec<(usize, Broken)>,
    /// The steps, from 1, in which an error of the server's own is not held against it.
    pub(crate) may_fail: Vec<usize>,
    /// The steps, from 1, in which its ledger is not.
    pub(crate) may_lie: Vec<usize>,
    /// What is no difference, since the server is declared not to know better.
    pub(crate) tolerated: Vec<String>,
    /// Requests and answers as they were, where the session is watched.
    pub(crate) exchanges: Vec<Exchange>,
    /// What could not be given back.
    pub(crate) left_behind: Option<String>,
}

/// What steps that are asked again wait for.
pub(crate) struct Expected<'e> {
    pub(crate) transcript: &'e Transcript,
    /// How exactly.
    pub(crate) strict: u8,
}

/// Runs a case.
pub(crate) async fn execute(
    session: &Session,
    case: &Case,
    expected: Option<&Expected<'_>>,
) -> Result<Executed, NotMade> {
    let before = session.databases_before(case).await;
    let space = session.begin(case).await?;
    let redactor = Redactor::new(&space, &session.target.base.authority());
    let mut run = step::Run {
        session,
        case,
        space: &space,
        expected,
        redactor,
        stored: Some(Arc::default()),
        reading: None,
        rules: (case.area() == AREA).then(Rules::default),
        may_spoil: false,
        sent: Vec::new(),
        done: Executed::default(),
    };
    for (n, step) in case.steps.iter().enumerate() {
        let record = run.step(n + 1, step).await;
        let is_over = matches!(record.outcome, Outcome::NoAnswer(_)) && run.done.timed_out;
        run.done.transcript.steps.push(record);
        if is_over {
            break;
        }
    }
    let left_behind = session.end(case, &space, &before).await.err();
    run.settle().await;
    Ok(Executed { left_behind, ..run.done })
}
