//! What a case would do, without doing it: input, clauses, expectation, and the requests as curl.

use crate::case::{Action, Body, Case, Role, Wait};
use crate::outgoing::outgoing;
use crate::snapshot::{Snapshot, Snapshots};
use crate::space::{Credential, Space};
use crate::wire::{Base, curl};
use profiles::{Family, Management, Profile};
use std::fmt::Write;

/// The name of the database in lines for a shell: the case's own is gone when they are read.
pub(crate) const DATABASE: &str = "lineproof_repro";

/// Everything that there is to say of a case, on these profiles.
///
/// # Errors
/// A snapshot that cannot be read.
pub fn explain(
    case: &Case,
    profiles: &[&'static Profile],
    snapshots: &Snapshots,
    url: Option<&Base>,
) -> Result<String, String> {
    let mut text = format!(
        "{}  {}\n{}\n\nfile:    {}\nclauses: {}\nneeds:   {}\nkills:   {}\n",
        case.id,
        case.level.word().to_uppercase(),
        case.summary,
        case.file,
        list(&case.clauses),
        list(&case.needs.iter().map(ToString::to_string).collect::<Vec<_>>()),
        list(&case.kills),
    );
    for (n, step) in case.steps.iter().enumerate() {
        let _ = writeln!(text, "\nstep {}: {}", n + 1, step.action.word());
        text += &input(&step.action);
    }
    for profile in profiles {
        let _ = writeln!(text, "\n== {} ==", profile.name());
        let missing: Vec<_> = case
            .needs
            .iter()
            .filter(|need| !profile.offers(**need))
            .map(ToString::to_string)
            .collect();
        if !missing.is_empty() {
            let _ = writeln!(text, "unsupported: it has no {}", missing.join(", "));
            continue;
        }
        text += "sent:\n";
        text += &sent(case, profile, url);
        match snapshots.find(profile, case)? {
            None => text += "expected: nobody has said; the ledger alone judges\n",
            Some(snapshot) => text += &expected(case, &snapshot),
        }
    }
    Ok(text)
}

fn list(words: &[String]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn input(action: &Action) -> String {
    let body = match action {
        Action::Write(body) | Action::Request { body: Some(body), .. } => body,
        Action::Query { text, .. } => return format!("  {text}\n"),
        Action::Request { method, target, body: None } => return format!("  {method} {target}\n"),
        Action::ReadBack => {
            return "  everything that is stored in the case's database\n".to_owned();
        }
        Action::Wait(Wait::RetryAfter) => {
            return "  as many seconds as the last answer's Retry-After says\n".to_owned();
        }
        Action::Wait(Wait::For(time)) => return format!("  {time:?}\n"),
    };
    match body {
        Body::Text(text) => {
            text.split('\n').fold(String::new(), |all, line| format!("{all}  | {line}\n"))
        }
        Body::Bytes(bytes) => format!("  | {} ({} bytes)\n", bytes.escape_ascii(), bytes.len()),
        Body::Repeat(repeat) => format!("  {repeat:?}\n"),
    }
}

fn expected(case: &Case, snapshot: &Snapshot) -> String {
    let stale =
        if snapshot.case == case.digest() { "" } else { " (of an older text of this case)" };
    let shown = snapshot.transcript.to_string();
    let shown: String = shown.lines().fold(String::new(), |all, line| format!("{all}  {line}\n"));
    format!("expected{stale}, {} by {}:\n{shown}", snapshot.basis.word(), snapshot.from)
}

/// The requests as lines for a shell, the making of the database first.
fn sent(case: &Case, profile: &Profile, url: Option<&Base>) -> String {
    let port = match profile.family {
        Family::V1 | Family::V2 => 8086,
        Family::V3 => 8181,
        Family::Iox(_) => 8080,
    };
    let base = url.cloned().unwrap_or_else(|| Base {
        tls: false,
        host: "127.0.0.1".to_owned(),
        port,
        prefix: String::new(),
    });
    let mut text = format!("  {}\n", make_database(case, profile.family, &base.url()));
    let space = space(profile.family);
    let secrets = [("LINEPROOF_TOKEN".to_owned(), "LINEPROOF_TOKEN".to_owned())];
    for step in &case.steps {
        if let Some(out) = outgoing(profile.family, step, &space) {
            let _ = writeln!(text, "  {}", curl(&base, &out.request, &secrets));
        }
    }
    text
}

/// A place with names for everything that only a server can give.
pub(crate) fn space(family: Family) -> Space {
    let token =
        |name: &str| Credential { authorization: Some(name.to_owned()), secrets: Vec::new() };
    let mut space = Space {
        database: DATABASE.to_owned(),
        org: Some("ORG".to_owned()),
        org_id: Some("ORG_ID".to_owned()),
        bucket_id: Some("BUCKET_ID".to_owned()),
        token: "LINEPROOF_TOKEN".to_owned(),
        now: crate::clock::now(),
        ..Space::default()
    };
    let scheme = match family {
        // Without authentication, which is how v1 and its kin run by default.
        Family::V1 => return space,
        Family::V2 | Family::Iox(Management::Buckets) => "Token",
        Family::V3 | Family::Iox(_) => "Bearer",
    };
    space.roles.insert(Role::Owner, token(&format!("{scheme} LINEPROOF_TOKEN")));
    for role in
        [Role::ReadOnly, Role::WriteOnly, Role::ReadWrite, Role::Other, Role::Inactive, Role::Wrong]
    {
        space
            .roles
            .insert(role, token(&format!("{scheme} {}_TOKEN", format!("{role:?}").to_uppercase())));
    }
    space
}

/// The line that makes the database.
pub(crate) fn make_database(case: &Case, family: Family, url: &str) -> String {
    let seconds = case.retention.as_ref().map(|r| r.duration.as_secs());
    let auth = |scheme: &str| format!("-H \"Authorization: {scheme} $LINEPROOF_TOKEN\"");
    let json = "-H 'Content-Type: application/json'";
    match family {
        Family::V1 => {
            let with = seconds.map_or_else(String::new, |s| format!(" WITH DURATION {s}s"));
            format!("curl -sS '{url}/query' --data-urlencode 'q=CREATE DATABASE {DATABASE}{with}'")
        }
        Family::V2 | Family::Iox(Management::Buckets) => {
            let rules = seconds.map_or_else(String::new, |s| {
                format!("{{\"type\":\"expire\",\"everySeconds\":{s}}}")
            });
            let schema = case.schema.map_or_else(String::new, |schema| {
                format!(",\"schemaType\":\"{}\"", schema.word())
            });
            format!(
                "curl -sS '{url}/api/v2/buckets' {} {json} -d '{{\"orgID\":\"ORG_ID\",\"name\":\"{DATABASE}\",\"retentionRules\":[{rules}]{schema}}}'",
                auth("Token")
            )
        }
        Family::V3 => {
            let retention =
                seconds.map_or_else(String::new, |s| format!(",\"retention_period\":\"{s}s\""));
            format!(
                "curl -sS '{url}/api/v3/configure/database' {} {json} -d '{{\"db\":\"{DATABASE}\"{retention}}}'",
                auth("Bearer")
            )
        }
        Family::Iox(management) => {
            let prefix = match management {
                Management::Account => "/accounts/ACCOUNT/clusters/CLUSTER",
                Management::Cluster | Management::Buckets => "",
            };
            let nanoseconds = seconds.unwrap_or_default() * 1_000_000_000;
            format!(
                "curl -sS '{url}/api/v0{prefix}/databases' {} {json} -d '{{\"name\":\"{DATABASE}\",\"retentionPeriod\":{nanoseconds}}}'",
                auth("Bearer")
            )
        }
    }
}
