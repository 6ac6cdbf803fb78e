//! `sample-data.lp`: at most twenty lines, good ones and bad ones apart as the page shows it, with
//! the precision and the span of the timestamps in comments.

use super::{Exchange, Incident, Line, cut, one_line};
use crate::ledger::Fate;
use std::fmt::Write;

/// "Include 10-20 lines": so many of each kind.
const MOST: usize = 10;

/// A line that is longer is no sample any more.
const LONGEST_LINE: usize = 4 * 1024;

pub(super) fn sample(incident: &Incident) -> String {
    let mut text = String::new();
    for exchange in incident.writes() {
        head(&mut text, exchange);
    }
    let all = || incident.writes().flat_map(|exchange| &exchange.lines);
    let good: Vec<_> = all().filter(|line| line.is_good()).collect();
    let _ = writeln!(text, "\n# Successful writes:{}", of(good.len()));
    good.iter().take(MOST).for_each(|line| show(&mut text, line));
    let bad = all().filter(|line| !line.is_good()).count();
    let _ = writeln!(text, "\n# Failing writes:{}", of(bad));
    let mut room = MOST;
    for exchange in incident.writes() {
        let bad: Vec<_> = exchange.lines.iter().filter(|line| !line.is_good()).collect();
        let mut shown = false;
        for line in bad.iter().take(room) {
            show(&mut text, line);
            if let Some(fate) = line.fate.as_ref().filter(|fate| fate.is_wrong()) {
                let _ = writeln!(text, "# Error: line {}: {}", line.number, meaning(fate));
            }
            shown = true;
        }
        room -= bad.len().min(room);
        if shown {
            let _ = writeln!(text, "# Error: {}", error(exchange));
        }
    }
    if good.is_empty() && bad == 0 {
        text += "# No lines were written, or a saved run holds none of them.\n";
    }
    text
}

/// Precision, span and measurements of one write, as comments.
fn head(text: &mut String, exchange: &Exchange) {
    let precision = exchange.precision.as_deref().unwrap_or("not given, so the server's own");
    let _ = writeln!(text, "# Step {}: precision {precision}", exchange.step);
    if let Some((first, last)) = exchange.times {
        let _ = writeln!(text, "#   timestamps from {first} to {last}");
    }
    if !exchange.measurements.is_empty() {
        let names: Vec<_> = exchange.measurements.iter().map(String::as_str).take(MOST).collect();
        let more = exchange.measurements.len() - names.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(text, "#   measurements: {}{more}", one_line(&names.join(", "), 1_000));
    }
}

/// How many there are, where not all are shown.
fn of(all: usize) -> String {
    if all > MOST { format!(" (the first {MOST} of {all})") } else { String::new() }
}

fn show(text: &mut String, line: &Line) {
    if line.text.len() > LONGEST_LINE {
        let _ = writeln!(text, "# (the next line is cut: it has {} bytes)", line.text.len());
    }
    *text += &cut(line.text.clone(), LONGEST_LINE, "");
    text.push('\n');
}

fn meaning(fate: &Fate) -> String {
    match fate {
        Fate::Lost => "the answer says it is stored, and it is not there (LOST)".to_owned(),
        Fate::Phantom => "the answer says it is refused, and it is stored (PHANTOM)".to_owned(),
        Fate::Mutated(how) => format!("it is stored otherwise than written: {how} (MUTATED)"),
        Fate::Duplicated => "it is stored more than once (DUPLICATED)".to_owned(),
        Fate::Late => "it was not there when the answer came (LATE)".to_owned(),
        Fate::Stored | Fate::Absent | Fate::Unjudged => fate.word().to_owned(),
    }
}

fn error(exchange: &Exchange) -> String {
    match &exchange.answer {
        Ok(answer) if answer.body.trim().is_empty() => format!("HTTP {}", answer.status),
        Ok(answer) => format!("HTTP {}: {}", answer.status, one_line(&answer.body, 2_000)),
        Err(why) => format!("no answer: {}", one_line(why, 2_000)),
    }
}
