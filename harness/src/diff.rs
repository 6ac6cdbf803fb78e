//! Two runs against each other: what changes on the wire and in what is stored, case by case. A run
//! is what its events say of it, fresh or read from a file.

use crate::compare::{Finding, Kind, between};
use crate::event::{CaseResult, Event};
use crate::transcript::{Outcome, Transcript};
use crate::verdict::{Ending, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::BufRead;

/// What one run gave.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The profile that the server was taken for.
    pub profile: String,
    /// Its URL.
    pub target: String,
    /// What came of each case that ran to its end.
    cases: BTreeMap<String, Ran>,
    /// How many cases did not, or have no transcript.
    pub without: usize,
    /// Whether the run came to its end.
    pub complete: bool,
}

/// What came of one case.
#[derive(Clone, Debug)]
struct Ran {
    summary: String,
    clauses: Vec<String>,
    transcript: Transcript,
    curl: Vec<String>,
    unread: bool,
}

/// One difference between two runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The clauses of the case.
    pub clauses: Vec<String>,
    /// The case.
    pub case: String,
    /// Its summary.
    pub summary: String,
    /// The step, from 1.
    pub step: usize,
    /// What kind of difference it is, in words.
    pub kind: &'static str,
    /// The request, for a shell; of a reading that of the write before it.
    pub request: Option<String>,
    /// What the first server did.
    pub first: String,
    /// What the second one did.
    pub second: String,
}

/// What was found, and how much could be held against each other.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The differences, in the order of the cases.
    pub found: Vec<Change>,
    /// How many cases ran on both.
    pub compared: usize,
    /// Cases that ran on the first only, and on the second only.
    pub only: [Vec<String>; 2],
}

impl Given {
    /// Takes an event of the run.
    ///
    /// # Errors
    /// A transcript that is none.
    pub fn add(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Started(started) => {
                self.profile.clone_from(&started.profile);
                self.target.clone_from(&started.target);
            }
            Event::Begun { .. } => {}
            Event::Case(result) => self.add_case(result)?,
            Event::Finished(finished) => {
                self.complete = !matches!(finished.ending, Ending::Interrupted | Ending::Unusable);
            }
        }
        Ok(())
    }

    fn add_case(&mut self, result: &CaseResult) -> Result<(), String> {
        // Where no answer came in time nothing certain is known.
        if result.transcript.is_empty() || result.verdict == Verdict::Unknown {
            self.without += 1;
            return Ok(());
        }
        let transcript = Transcript::parse(&result.transcript)
            .map_err(|why| format!("{}: its transcript: {why}", result.id))?;
        let ran = Ran {
            summary: result.summary.clone(),
            clauses: result.clauses.clone(),
            transcript,
            curl: result.curl.clone(),
            unread: result.unread,
        };
        self.cases.insert(result.id.clone(), ran);
        Ok(())
    }

    /// The ids of the cases that ran.
    pub fn cases(&self) -> impl Iterator<Item = &str> {
        self.cases.keys().map(String::as_str)
    }
}

/// Reads a saved run; a run of several profiles is several.
///
/// # Errors
/// What is wrong with the file.
pub fn read(file: impl BufRead) -> Result<Vec<Given>, String> {
    let mut runs: Vec<Given> = Vec::new();
    for event in &crate::saved::read(file)?.events {
        let profile = match event {
            Event::Started(started) => &started.profile,
            Event::Begun { .. } => continue,
            Event::Case(result) => &result.profile,
            Event::Finished(finished) => &finished.profile,
        };
        let at = runs.iter().position(|run| run.profile == *profile).unwrap_or_else(|| {
            runs.push(Given { profile: profile.clone(), ..Given::default() });
            runs.len() - 1
        });
        runs[at].add(event)?;
    }
    if runs.is_empty() {
        return Err("it holds no run: `lineproof run --format json` saves one".to_owned());
    }
    Ok(runs)
}

/// All differences that this strictness sees.
pub fn changes(first: &Given, second: &Given, strict: u8) -> Changes {
    let mut changes = Changes::default();
    for (id, a) in &first.cases {
        let Some(b) = second.cases.get(id) else {
            changes.only[0].push(id.clone());
            continue;
        };
        changes.compared += 1;
        changes.found.extend(of_case(id, a, b, strict));
    }
    let there = |id: &&String| !first.cases.contains_key(*id);
    changes.only[1] = second.cases.keys().filter(there).cloned().collect();
    changes
}

fn of_case(id: &str, a: &Ran, b: &Ran, strict: u8) -> Vec<Change> {
    let mut found = between(&a.transcript, &b.transcript);
    if !a.unread && !b.unread {
        found.extend(ledgers(&a.transcript, &b.transcript));
    }
    found.retain(|finding| finding.kind.from_strictness() <= strict);
    found.sort_by_key(|finding| finding.step);
    let change = |finding: Finding| Change {
        clauses: a.clauses.clone(),
        case: id.to_owned(),
        summary: a.summary.clone(),
        step: finding.step,
        kind: finding.kind.title(),
        request: request(a, finding.step).cloned(),
        first: finding.expected,
        second: finding.got,
    };
    found.into_iter().map(change).collect()
}

/// Where only one of the two stores what it claims, or each something else.
fn ledgers(a: &Transcript, b: &Transcript) -> Vec<Finding> {
    let said = |ledger: &[String]| {
        if ledger.is_empty() { "stores what it claims".to_owned() } else { ledger.join("; ") }
    };
    let mut found = Vec::new();
    for (n, (a, b)) in a.steps.iter().zip(&b.steps).enumerate() {
        // Another answer claims something else: that is no second difference.
        let alike = match (&a.outcome, &b.outcome) {
            (Outcome::Answer(a), Outcome::Answer(b)) => a.status == b.status,
            _ => false,
        };
        if alike && a.ledger != b.ledger {
            let (expected, got) = (said(&a.ledger), said(&b.ledger));
            found.push(Finding { step: n + 1, kind: Kind::Honesty, expected, got });
        }
    }
    found
}

/// The request of this step, or of the last one before it that sent something.
fn request(ran: &Ran, step: usize) -> Option<&String> {
    let sends = |action: &str| !matches!(action, "read_back" | "wait");
    let sent = ran.transcript.steps.iter().take(step).filter(|record| sends(&record.action));
    // Of a step that is asked again only one line is kept, and none that is there already.
    sent.count().checked_sub(1).and_then(|at| ran.curl.get(at)).or_else(|| ran.curl.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(profile: &str, cases: &[(&str, &str)]) -> String {
        let mut text = format!(
            "{{\"event\":\"started\",\"lineproof\":\"0\",\"profile\":\"{profile}\",\"target\":\"http://h:1\",\"cases\":1,\"strict\":1,\"lacks\":[],\"read_back\":null,\"notes\":[]}}\n\n{{\"event\":\"of a later release\",\"profile\":\"{profile}\"}}\n"
        );
        for (id, transcript) in cases {
            let case = serde_json::json!({
                "event": "case", "profile": profile, "id": id, "level": "must", "summary": "s",
                "clauses": [], "verdict": "pass", "reason": null, "basis": null, "from": null,
                "findings": [], "ledgers": [], "curl": ["curl one", "curl two"],
                "transcript": transcript, "notes": [], "unread": false, "milliseconds": 1,
            });
            text += &format!("{case}\n");
        }
        text
    }

    #[test]
    fn two_runs_part_where_their_transcripts_do() {
        let a = "1 write\n  status 204\n2 read_back\n  nothing stored\n3 write\n  status 400\n  | {\"error\":\"x\"}\n";
        let b = a.replace("nothing stored", "= m f=1 1").replace("\"x\"", "\"y\"");
        let read = |text: String| read(text.as_bytes()).unwrap().remove(0);
        let first = read(run("a@1", &[("batch/x", a), ("batch/only", a)]));
        let second = read(run("a@2", &[("batch/x", &b)]));
        let found = changes(&first, &second, 1);
        assert_eq!((found.compared, found.only[0].as_slice()), (1, &["batch/only".to_owned()][..]));
        let [one] = found.found.try_into().unwrap();
        assert_eq!(
            (one.step, one.kind, one.request.as_deref()),
            (2, "what is stored", Some("curl one"))
        );
        let found = changes(&first, &second, 2).found;
        assert_eq!((found[1].kind, found[1].request.as_deref()), ("message", Some("curl two")));
        assert!(changes(&first, &first, 3).found.is_empty());
    }

    #[test]
    fn a_lost_line_under_the_same_answer_is_a_difference() {
        let honest = "1 write\n  status 204\n";
        let loses = "1 write\n  status 204\n  ! line 1 accepted, lost\n";
        let read = |text| read(run("a@1", &[("batch/x", text)]).as_bytes()).unwrap().remove(0);
        let found = changes(&read(honest), &read(loses), 0).found;
        assert_eq!((found[0].kind, found[0].first.as_str()), ("ledger", "stores what it claims"));
    }

    #[test]
    fn a_file_that_is_no_run_is_told() {
        let why = |text: &str| read(text.as_bytes()).unwrap_err();
        assert!(why("").contains("holds no run"));
        assert!(why("hello\n").starts_with("line 1: not a line of JSON"));
        let wrong = run("a@1", &[("batch/x", "what")]);
        assert!(why(&wrong).contains("batch/x: its transcript: line 1"), "{}", why(&wrong));
    }
}
