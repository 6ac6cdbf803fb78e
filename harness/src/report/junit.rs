//! JUnit: a suite for each area of each profile.

use super::{results, shown};
use crate::event::{CaseResult, Event};
use crate::verdict::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The report.
pub fn report(events: &[Event]) -> String {
    let mut suites: BTreeMap<String, Vec<&CaseResult>> = BTreeMap::new();
    for result in results(events) {
        let area = result.id.split('/').next().unwrap_or_default();
        suites.entry(format!("{}.{area}", result.profile)).or_default().push(result);
    }
    let ends: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Finished(finished) => {
                finished.reason.as_ref().map(|why| (&finished.profile, why))
            }
            _ => None,
        })
        .collect();
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let all: Vec<&CaseResult> = suites.values().flatten().copied().collect();
    let _ = writeln!(xml, "<testsuites name=\"lineproof\" {}>", totals(&all, ends.len()));
    for (name, results) in &suites {
        let (totals, skipped) = (totals(results, 0), count(results, SKIPPED));
        let suite = escape(name);
        let _ = writeln!(xml, "  <testsuite name=\"{suite}\" {totals} skipped=\"{skipped}\">");
        for result in results {
            case(&mut xml, name, result);
        }
        xml += "  </testsuite>\n";
    }
    for (profile, why) in ends {
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{0}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    \
             <testcase name=\"the run itself\" classname=\"{0}\"><error type=\"run\" message=\"{1}\"/></testcase>\n  </testsuite>",
            escape(profile),
            escape(why)
        );
    }
    xml + "</testsuites>\n"
}

const FAILURES: &[Verdict] = &[Verdict::Fail, Verdict::Xpass];
const ERRORS: &[Verdict] = &[Verdict::Error, Verdict::Unknown];
const SKIPPED: &[Verdict] = &[Verdict::Xfail, Verdict::Unsupported, Verdict::Skipped];

fn count(results: &[&CaseResult], wanted: &[Verdict]) -> usize {
    results.iter().filter(|r| wanted.contains(&r.verdict)).count()
}

/// The attributes that count; `unfinished` runs are one error each. What is skipped is for suites
/// only: in the schema of Jenkins the root has no such attribute.
fn totals(results: &[&CaseResult], unfinished: usize) -> String {
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\"",
        results.len() + unfinished,
        count(results, FAILURES),
        count(results, ERRORS) + unfinished,
        seconds(results.iter().map(|r| r.milliseconds).sum())
    )
}

fn case(xml: &mut String, suite: &str, result: &CaseResult) {
    let _ = write!(
        xml,
        "    <testcase name=\"{}\" classname=\"{}\" time=\"{}\">",
        escape(&result.id),
        escape(suite),
        seconds(result.milliseconds)
    );
    let reason = result.reason.clone().unwrap_or_default();
    let text = escape(&super::text::details(result));
    let _ = match result.verdict {
        Verdict::Pass => Ok(()),
        Verdict::Warn => write!(xml, "<system-out>{text}</system-out>"),
        Verdict::Fail | Verdict::Xpass => {
            let first = result.findings.first().map_or_else(
                || reason.clone(),
                |f| format!("{}: expected {}, got {}", f.kind.title(), f.expected, f.got),
            );
            let kind =
                result.findings.first().map_or_else(|| result.verdict.word(), |f| f.kind.title());
            let first = escape(&first);
            write!(xml, "<failure type=\"{kind}\" message=\"{first}\">{text}</failure>")
        }
        Verdict::Error | Verdict::Unknown => {
            let (kind, reason) = (result.verdict.word(), escape(&reason));
            write!(xml, "<error type=\"{kind}\" message=\"{reason}\"/>")
        }
        Verdict::Xfail | Verdict::Unsupported | Verdict::Skipped => {
            write!(xml, "<skipped message=\"{}: {}\"/>", result.verdict.word(), escape(&reason))
        }
    };
    *xml += "</testcase>\n";
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1_000, milliseconds % 1_000)
}

/// XML text, in an attribute too. Of what cannot be seen there are pictures, and of those all can be
/// in XML.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in shown::block(text).chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            // Else an attribute would have a space in its place.
            '\n' => out += "&#10;",
            '\t' => out += "&#9;",
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Level;
    use crate::event::Finished;
    use crate::verdict::Ending;

    fn result(id: &str, verdict: Verdict) -> Event {
        Event::Case(Box::new(CaseResult {
            profile: "p@1".to_owned(),
            id: id.to_owned(),
            level: Level::Must,
            summary: String::new(),
            clauses: Vec::new(),
            verdict,
            reason: None,
            basis: None,
            from: None,
            findings: Vec::new(),
            ledgers: Vec::new(),
            curl: Vec::new(),
            transcript: String::new(),
            notes: Vec::new(),
            unread: false,
            milliseconds: 1500,
        }))
    }

    /// CI systems read the totals off the root; a run that broke off is an error there too.
    #[test]
    fn the_root_counts_all_suites_and_what_broke_off() {
        let finished = Finished {
            profile: "q@1".to_owned(),
            ending: Ending::Unusable,
            reason: Some("nothing listens".to_owned()),
            left_behind: None,
            stale: Vec::new(),
            milliseconds: 0,
        };
        let events = [
            result("a/one", Verdict::Pass),
            result("a/two", Verdict::Fail),
            result("b/three", Verdict::Unknown),
            result("b/four", Verdict::Skipped),
            Event::Finished(finished),
        ];
        let xml = report(&events);
        let root = xml.lines().nth(1).unwrap();
        assert_eq!(
            root,
            "<testsuites name=\"lineproof\" tests=\"5\" failures=\"1\" errors=\"2\" time=\"6.000\">"
        );
    }
}
