//! Servers that store nothing, or everything, or answer alike whatever they are asked. A suite that
//! calls one of them conformant proves nothing; one that gives no reason helps nobody. Each of them
//! is a small honest server with one change, so that it is the change that is caught: on the honest
//! server itself every case here passes.

mod deaf;
mod framing;
mod gone;
mod honest;
mod liar;
mod points;
mod server;
mod slow;
mod stopped;
mod version;

use harness::case::Case;
use harness::event::{CaseResult, Event};
use harness::known::Known;
use harness::run::{Plan, run, uninterrupted};
use harness::snapshot::Snapshots;
use harness::target::Target;
use harness::verdict::{Ending, Verdict};
use server::{Kind, Nature, Server};
use std::time::Duration;

const GOOD: &str = "cpu,host=a v=1i 1700000000000000001\ncpu,host=b v=2i 1700000000000000002\n";
const ONE_BAD: &str = "cpu,host=a v=1i 1700000000000000001\ncpu,host=b v=x 1700000000000000002\n";

/// Lines enough to lose one of each hundred.
fn many() -> String {
    let line =
        |n: u32| format!("cpu,host=h{n} v={n}i {}\n", 1_700_000_000_000_000_000 + u64::from(n));
    (1..=300).map(line).collect()
}

/// A case that writes this body and reads back.
fn case(name: &str, body: &str) -> Case {
    steps(name, &format!("[[step]]\nwrite = '''\n{body}'''\n[[step]]\nread_back = true\n"))
}

fn steps(name: &str, steps: &str) -> Case {
    let text = format!(
        "id = 'batch/{name}'\nsummary = 'A case of the test.'\nlevel = 'must'\nclauses = []\nneeds = ['write', 'read-back']\n{steps}"
    );
    harness::load::parse(&format!("cases/batch/{name}.toml"), &text).unwrap()
}

/// The cases that the honest server passes.
fn usual() -> Vec<Case> {
    vec![case("good", GOOD), case("many", &many()), case("one-bad", ONE_BAD)]
}

/// What came of a run.
#[derive(Debug)]
struct Judged {
    ending: Ending,
    results: Vec<CaseResult>,
    /// Why, where no case tells.
    reason: String,
    /// What is said at the beginning.
    notes: Vec<String>,
}

impl Judged {
    fn verdict(&self, name: &str) -> Verdict {
        let result = self.results.iter().find(|result| result.id == format!("batch/{name}"));
        result.map(|result| result.verdict).unwrap()
    }

    /// Everything that is said of the cases.
    fn said(&self) -> String {
        let findings = self.results.iter().flat_map(|result| &result.findings);
        findings.map(|finding| format!("{}\n", finding.got)).collect()
    }

    /// The target cannot be judged, and this is said of it.
    #[track_caller]
    fn is_unusable(&self, words: &[&str]) {
        assert_eq!(self.ending.code(), 3, "{self:#?}");
        for word in words {
            assert!(self.reason.contains(word), "no \"{word}\" in: {}", self.reason);
        }
    }

    /// The server is not conformant, and this is said of it.
    #[track_caller]
    fn is_caught(&self, words: &[&str]) {
        assert_eq!(self.ending.code(), 1, "{self:#?}");
        let said = self.said();
        for word in words {
            assert!(said.contains(word), "no \"{word}\" in: {said}");
        }
    }
}

/// Runs these cases on a server of this kind and nature.
async fn judge_for(timeout: Duration, kind: Kind, nature: Nature, cases: Vec<Case>) -> Judged {
    let server = Server::start(kind, nature).await;
    let profile = profiles::find(kind.profile()).unwrap();
    let mut target = Target::new(&server.url, profile).unwrap();
    target.timeout = timeout;
    target.credentials.token = kind.token();
    let plan = Plan {
        cases: cases.into(),
        snapshots: Snapshots::new(Some("/nonexistent".into())),
        strict: 1,
        jobs: 4,
        fail_fast: false,
        shuffle: None,
        known: Known::default(),
        stale: Vec::new(),
        part: harness::run::Part::default(),
        deadline: None,
    };
    let (_sender, interrupt) = uninterrupted();
    let mut results = Vec::new();
    let mut reason = String::new();
    let mut notes = Vec::new();
    let ending = run(&target, plan, interrupt, |event| match event {
        Event::Case(result) => results.push(result.as_ref().clone()),
        Event::Finished(finished) => reason = finished.reason.clone().unwrap_or_default(),
        Event::Started(started) => notes.clone_from(&started.notes),
        Event::Begun { .. } => {}
    });
    // Whatever a server does, a run has an end.
    let ending = tokio::time::timeout(Duration::from_secs(30), ending).await.expect("a run ends");
    Judged { ending, results, reason, notes }
}

async fn judge(kind: Kind, nature: Nature) -> Judged {
    judge_for(Duration::from_secs(5), kind, nature, usual()).await
}
