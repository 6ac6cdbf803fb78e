//! `write-patterns.md`: the page's five questions about patterns and volume.

use super::Incident;
use super::environment::TO_FILL_IN;
use std::fmt::Write;

pub(super) fn patterns(incident: &Incident, at: &str) -> String {
    let writes = incident.writes().count();
    let mut text = "# Write patterns and volume\n\nOf what this package shows:\n\n".to_owned();
    let _ = writeln!(text, "- **Frequency**: {writes} write requests, one after the other, once");
    let sizes: Vec<_> = incident
        .writes()
        .map(|exchange| {
            let bytes = exchange.bytes.map_or(String::new(), |bytes| format!(" ({bytes} bytes)"));
            format!("{}{bytes}", exchange.lines.len())
        })
        .take(20)
        .collect();
    let more = if writes > sizes.len() { ", …" } else { "" };
    let _ = writeln!(text, "- **Batch size**: points per request: {}{more}", sizes.join(", "));
    text += "- **Concurrency**: 1\n";
    let _ = writeln!(text, "- **Data retention**: {}", incident.retention);
    let _ = writeln!(text, "- **Timing**: this package was made at {at}");
    text += "\nOf the application that writes:\n\n";
    for question in [
        "**Frequency**: How often do you write data? (for example, every 10 seconds, once per minute)",
        "**Batch size**: How many points per write request?",
        "**Concurrency**: How many concurrent write operations?",
        "**Data retention**: How long is data retained?",
        "**Timing**: When did the issue first occur? Is it intermittent or consistent?",
    ] {
        let _ = writeln!(text, "- {question} {TO_FILL_IN}");
    }
    text
}
