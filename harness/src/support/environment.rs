//! `environment-details.md`: what lineproof knows of client and server; what only a person knows is
//! asked for, in the page's own words.

use super::Incident;
use std::fmt::Write;

/// What stands where nobody but the reader knows.
pub(super) const TO_FILL_IN: &str = "*(to be filled in)*";

pub(super) fn environment(incident: &Incident) -> String {
    let mut text = "# Environment details\n\n## Client configuration\n\n".to_owned();
    let Incident { lineproof, profile, target, .. } = incident;
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    let _ = writeln!(
        text,
        "- Client library version and language: lineproof {lineproof} (Rust), its own HTTP/1.1 client, on {system} {machine}"
    );
    let timeout = incident
        .timeout
        .map_or_else(|| "not known of a saved run".to_owned(), |s| format!("{s} s"));
    let tls = if target.starts_with("https://") { "TLS" } else { "no TLS" };
    let _ = writeln!(
        text,
        "- Connection settings: an answer may take: {timeout}; {tls}; a write is sent once, it is never retried"
    );
    let _ = writeln!(text, "- Geographic location relative to cluster: {TO_FILL_IN}");
    text += "- The application that writes, and its client library: *(to be filled in, where the issue was first seen with another client)*\n";
    let _ = writeln!(text, "\n## Server\n\n- URL: {target}\n- Taken for: {profile}");
    for line in &incident.server {
        let _ = writeln!(text, "- {line}");
    }
    text += "\n## Cluster configuration\n\n";
    for what in [
        "InfluxDB Clustered version",
        "Kubernetes environment details",
        "Node specifications (CPU, memory, storage)",
        "Network configuration between client and cluster",
    ] {
        let _ = writeln!(text, "- {what}: {TO_FILL_IN}");
    }
    for (at, note) in incident.notes.iter().enumerate() {
        let head = if at == 0 { "\n## Notes\n\n" } else { "" };
        let _ = writeln!(text, "{head}- {note}");
    }
    text
}
