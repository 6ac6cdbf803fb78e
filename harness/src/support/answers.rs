//! `write-error-response.txt`, in the form that the page's curl command gives, and
//! `client-logs.txt`: what the client sent and got, headers and all.

use super::{Exchange, Incident, cut, one_line};
use std::fmt::Write;
use std::time::Duration;

/// Each write attempt as the page's own command captures it: the body, then status and time.
pub(super) fn responses(incident: &Incident) -> String {
    let mut text = String::new();
    let mut number = 0;
    for exchange in incident.writes() {
        number += 1;
        let _ = writeln!(text, "# Attempt {number}, step {}: {}", exchange.step, exchange.request);
        let status = match &exchange.answer {
            Ok(answer) => {
                text += &answer.body;
                answer.status
            }
            Err(why) => {
                let _ = write!(text, "no answer: {why}");
                // What curl writes where nothing came.
                0
            }
        };
        let _ = writeln!(text, "\nHTTP Status: {status:03}");
        let took = exchange.took.map_or_else(|| "not measured in a saved run".to_owned(), seconds);
        let _ = writeln!(text, "Response Time: {took}\n");
    }
    if number == 0 {
        text += "# Nothing was written: see reproduction-steps.md for what was asked.\n";
    }
    text
}

/// Everything that the client did, in order.
pub(super) fn logs(incident: &Incident) -> String {
    const LONGEST: usize = 8 * 1024;
    let mut text = format!(
        "lineproof {} DEBUG target {} taken for {}\n",
        incident.lineproof, incident.target, incident.profile
    );
    for exchange in &incident.exchanges {
        sent(&mut text, exchange);
        match &exchange.answer {
            Ok(answer) => {
                let took =
                    exchange.took.map_or(String::new(), |t| format!(" after {}", seconds(t)));
                let _ = writeln!(text, "DEBUG < {}{took}", answer.status);
                for (name, value) in &answer.headers {
                    let _ = writeln!(text, "DEBUG < {name}: {value}");
                }
                for line in cut(answer.body.clone(), LONGEST, "…").lines() {
                    let _ = writeln!(text, "DEBUG < | {line}");
                }
            }
            Err(why) => {
                let _ = writeln!(text, "ERROR < no answer: {}", one_line(why, LONGEST));
            }
        }
    }
    for finding in &incident.findings {
        let got = one_line(&finding.got, LONGEST);
        let _ = writeln!(text, "ERROR step {}: {}: {got}", finding.step, finding.kind.title());
    }
    for note in &incident.notes {
        let _ = writeln!(text, "INFO {note}");
    }
    text
}

fn sent(text: &mut String, exchange: &Exchange) {
    let Exchange { step, action, request, .. } = exchange;
    let _ = writeln!(text, "DEBUG step {step}, {action}\nDEBUG > {request}");
    for (name, value) in &exchange.headers {
        let _ = writeln!(text, "DEBUG > {name}: {value}");
    }
    if let Some(bytes) = exchange.bytes.filter(|bytes| *bytes > 0) {
        let lines = exchange.lines.len();
        let lines = if lines > 0 { format!(", {lines} lines") } else { String::new() };
        let _ = writeln!(text, "DEBUG > ({bytes} bytes{lines}; see sample-data.lp)");
    }
}

/// As curl writes a time.
fn seconds(time: Duration) -> String {
    format!("{:.6}s", time.as_secs_f64())
}
