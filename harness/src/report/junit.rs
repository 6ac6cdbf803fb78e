//! JUnit: a suite for each area of each profile.

use super::results;
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
        let _ = writeln!(xml, "  <testsuite name=\"{}\" {}>", escape(name), totals(results, 0));
        for result in results {
            case(&mut xml, name, result);
        }
        xml += "  </testsuite>\n";
    }
    for (profile, why) in ends {
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{0}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    \
             <testcase name=\"the run itself\" classname=\"{0}\"><error message=\"{1}\"/></testcase>\n  </testsuite>",
            escape(profile),
            escape(why)
        );
    }
    xml + "</testsuites>\n"
}

/// The attributes that count; `unfinished` runs are one error each.
fn totals(results: &[&CaseResult], unfinished: usize) -> String {
    let count = |wanted: &[Verdict]| results.iter().filter(|r| wanted.contains(&r.verdict)).count();
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\"",
        results.len() + unfinished,
        count(&[Verdict::Fail, Verdict::Xpass]),
        count(&[Verdict::Error, Verdict::Unknown]) + unfinished,
        count(&[Verdict::Xfail, Verdict::Unsupported, Verdict::Skipped]),
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
            write!(xml, "<failure message=\"{}\">{text}</failure>", escape(&first))
        }
        Verdict::Error | Verdict::Unknown => {
            write!(xml, "<error message=\"{}\"/>", escape(&reason))
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

/// XML text: what it cannot hold becomes a question mark.
fn escape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\n' => "&#10;".to_owned(),
            c if c.is_control() && c != '\t' => "?".to_owned(),
            c => c.to_string(),
        })
        .collect()
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
            "<testsuites name=\"lineproof\" tests=\"5\" failures=\"1\" errors=\"2\" skipped=\"1\" time=\"6.000\">"
        );
    }
}
