//! Two runs against each other: what changes on the wire and in what is stored, case by case. A run
//! is what its events say of it, fresh or read from a file.

use crate::compare::{Finding, Kind, between};
use crate::event::{CaseResult, Event};
use crate::transcript::{Outcome, Transcript};
use crate::verdict::{Ending, Verdict};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

/// What one run gave.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The profile that the server was taken for.
    pub profile: String,
    /// Its URL.
    pub target: String,
    /// What came of each case that ran.
    cases: BTreeMap<String, Ran>,
    /// The cases that did not, or have no transcript.
    without: BTreeMap<String, Verdict>,
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
    /// An answer did not come in time.
    late: bool,
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
    /// How many cases were held against each other.
    pub compared: usize,
    /// Cases that ran on the first only, and on the second only.
    pub only: [Vec<String>; 2],
    /// Cases of which nothing certain can be said: an answer was late on both, or on one and no
    /// difference shows it; or the case could not begin on either.
    pub unknown: Vec<String>,
    /// Cases of which only the answers were compared: one side alone can read what is stored.
    pub unread: Vec<String>,
    /// Cases that neither side can run.
    pub neither: Vec<String>,
    /// A run that did not come to its end is among them.
    pub partial: bool,
}

impl Changes {
    /// Whether everything was compared that either side can do.
    pub fn is_whole(&self) -> bool {
        let undecided = self.only.iter().chain([&self.unknown, &self.unread]);
        !self.partial && self.compared > 0 && undecided.into_iter().all(Vec::is_empty)
    }

    /// The lists of cases, besides the differences.
    pub fn lists_mut(&mut self) -> impl Iterator<Item = &mut Vec<String>> {
        let lists = [&mut self.unknown, &mut self.unread, &mut self.neither];
        self.only.iter_mut().chain(lists)
    }
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
        if result.transcript.is_empty() {
            self.without.insert(result.id.clone(), result.verdict);
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
            late: result.verdict == Verdict::Unknown,
        };
        self.cases.insert(result.id.clone(), ran);
        Ok(())
    }

    /// The ids of all cases that the run tells of.
    fn all(&self) -> impl Iterator<Item = &String> {
        self.cases.keys().chain(self.without.keys())
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
    let mut changes =
        Changes { partial: !(first.complete && second.complete), ..Changes::default() };
    let ids: BTreeSet<_> = [first, second].into_iter().flat_map(Given::all).collect();
    for id in ids {
        let (a, b) = match (first.cases.get(id), second.cases.get(id)) {
            (Some(a), Some(b)) => (a, b),
            (Some(_), None) => {
                changes.only[0].push(id.clone());
                continue;
            }
            (None, Some(_)) => {
                changes.only[1].push(id.clone());
                continue;
            }
            (None, None) => {
                let [a, b] = [first, second].map(|run| run.without.get(id));
                let cannot = |verdict: Option<&Verdict>| verdict == Some(&Verdict::Unsupported);
                let list = if cannot(a) && cannot(b) {
                    &mut changes.neither
                } else {
                    &mut changes.unknown
                };
                list.push(id.clone());
                continue;
            }
        };
        let found = of_case(id, a, b, strict);
        if a.late && b.late || (a.late || b.late) && found.is_empty() {
            changes.unknown.push(id.clone());
        } else if a.unread != b.unread {
            changes.unread.push(id.clone());
        }
        changes.compared += usize::from(!(a.late && b.late));
        changes.found.extend(found);
    }
    changes
}

fn of_case(id: &str, a: &Ran, b: &Ran, strict: u8) -> Vec<Change> {
    let mut found = between(&a.transcript, &b.transcript);
    if !a.unread && !b.unread {
        found.extend(ledgers(&a.transcript, &b.transcript));
    }
    let until = [a, b].into_iter().filter_map(Ran::late_at).min().unwrap_or(usize::MAX);
    found.retain(|finding| finding.kind.from_strictness() <= strict && finding.step <= until);
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

impl Ran {
    /// The step whose answer was late; what comes after it may come of that.
    fn late_at(&self) -> Option<usize> {
        let missing =
            |outcome: &Outcome| matches!(outcome, Outcome::NoAnswer(_) | Outcome::Unreadable(_));
        let at = self.transcript.steps.iter().position(|record| missing(&record.outcome));
        at.filter(|_| self.late).map(|at| at + 1)
    }
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
        let cases: Vec<_> = cases.iter().map(|(id, text)| (*id, *text, "pass", false)).collect();
        judged(profile, &cases)
    }

    /// Each case with its transcript, its verdict, and whether nothing could read what is stored.
    fn judged(profile: &str, cases: &[(&str, &str, &str, bool)]) -> String {
        let mut text = format!(
            "{{\"event\":\"started\",\"lineproof\":\"0\",\"profile\":\"{profile}\",\"target\":\"http://h:1\",\"cases\":1,\"strict\":1,\"lacks\":[],\"read_back\":null,\"notes\":[]}}\n\n{{\"event\":\"of a later release\",\"profile\":\"{profile}\"}}\n"
        );
        for (id, transcript, verdict, unread) in cases {
            let case = serde_json::json!({
                "event": "case", "profile": profile, "id": id, "level": "must", "summary": "s",
                "clauses": [], "verdict": verdict, "reason": null, "basis": null, "from": null,
                "findings": [], "ledgers": [], "curl": ["curl one", "curl two"],
                "transcript": transcript, "notes": [], "unread": unread, "milliseconds": 1,
            });
            text += &format!("{case}\n");
        }
        let finished = serde_json::json!({
            "event": "finished", "profile": profile, "ending": "conformant", "reason": null,
            "left_behind": null, "stale": [], "milliseconds": 1,
        });
        format!("{text}{finished}\n")
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

    /// What an upgrade takes away must not pass for "no difference".
    #[test]
    fn what_did_not_run_on_both_or_was_late_is_named() {
        let (good, none) = ("1 write\n  status 204\n2 query\n  status 200\n", "");
        let late = "1 write\n  status 204\n2 query\n  no answer: no answer within 10 s\n";
        let read = |cases: &[_]| read(judged("a@1", cases).as_bytes()).unwrap().remove(0);
        let first = read(&[
            ("x/error", none, "error", false),
            ("x/hangs", good, "pass", false),
            ("x/lost", good, "pass", false),
            ("x/none", none, "unsupported", false),
            ("x/slow", late, "unknown", false),
            ("x/unseen", good, "pass", false),
        ]);
        let second = read(&[
            ("x/error", none, "error", false),
            ("x/hangs", late, "unknown", false),
            ("x/lost", none, "unsupported", false),
            ("x/none", none, "unsupported", false),
            ("x/slow", late, "unknown", false),
            ("x/unseen", good, "pass", true),
        ]);
        for (found, side) in [(changes(&first, &second, 0), 0), (changes(&second, &first, 0), 1)] {
            let [change] = found.found.as_slice() else { panic!("{:?}", found.found) };
            assert_eq!((change.case.as_str(), change.kind), ("x/hangs", "no answer"));
            let said = [&change.first, &change.second];
            assert_eq!(said[side].trim(), "status 200");
            assert_eq!(said[1 - side].trim(), "no answer within 10 s");
            assert_eq!(found.only[side], ["x/lost"]);
            assert!(found.only[1 - side].is_empty());
            assert_eq!(found.unknown, ["x/error", "x/slow"]);
            assert_eq!(found.unread, ["x/unseen"]);
            assert_eq!(found.neither, ["x/none"]);
            assert!(!found.is_whole());
        }
        assert!(!changes(&first, &first, 0).is_whole());
        let whole =
            read(&[("x/lost", good, "pass", false), ("x/none", none, "unsupported", false)]);
        assert!(changes(&whole, &whole, 0).is_whole());
        let cut = Given { complete: false, ..whole.clone() };
        assert!(!changes(&whole, &cut, 0).is_whole());
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
