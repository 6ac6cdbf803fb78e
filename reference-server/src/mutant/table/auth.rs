//! Faults of credentials and permissions.

use super::mutant;
use crate::mutant::Change::{Answer, Outcome, Profile, Request};
use crate::mutant::Home::{Queue, Router, V1, V2, V3};
use crate::mutant::Mutant;
use crate::mutant::help::{as_owner, endpoints, has_credentials, parameter, without, writes};
use profiles::answer::Fault;
use profiles::write::Check;

/// The words of an `Authorization` header.
fn words(request: &crate::http::Request) -> Vec<String> {
    let header = request.header("authorization").unwrap_or_default();
    header.split(' ').map(str::to_owned).collect()
}

/// Sets the `Authorization` header.
fn authorise(request: &mut crate::http::Request, value: String) {
    request.headers.retain(|(name, _)| name != "authorization");
    request.headers.push(("authorization".to_owned(), value.into_bytes()));
}

/// The faults.
pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "auth.not-checked",
        V2,
        "Who has no credentials may do what the owner may.",
        &[Request(|request, seen| {
            if !has_credentials(request) {
                as_owner(request, seen);
            }
        })],
    ),
    mutant(
        "auth.accepts-wrong-token",
        V2,
        "Credentials of the right form are the owner's.",
        &[Request(|request, seen| {
            let words = words(request);
            if writes(request) && words.len() == 2 && words.iter().all(|word| !word.is_empty()) {
                as_owner(request, seen);
            }
        })],
    ),
    mutant(
        "auth.malformed-accepted",
        V2,
        "An `Authorization` that is none is overlooked.",
        &[Request(|request, seen| {
            let words = words(request);
            let known = ["Token", "Bearer", "Basic"].contains(&words[0].as_str());
            let plain =
                words[0] == "Basic" && words.get(1).is_none_or(|w| w.contains(['!', '*', '-']));
            if !words[0].is_empty() && (words.len() != 2 || words[1].is_empty() || !known || plain)
            {
                as_owner(request, seen);
            }
        })],
    ),
    mutant(
        "auth.inactive-accepted",
        V2,
        "A token that was switched off is not noticed.",
        &[Outcome(|outcome| {
            outcome.or_else(
                |fault| if fault.fault == Fault::TokenInactive { Ok(()) } else { Err(fault) },
            )
        })],
    ),
    mutant(
        "auth.permission-not-checked",
        V2,
        "Whoever has any token may write anywhere.",
        &[Profile(|profile| {
            endpoints(profile, |e| e.checks = without_check(e.checks, Check::Permission));
        })],
    ),
    mutant(
        "auth.permission-not-checked-v1",
        V1,
        "Any user may write to any database.",
        &[Profile(|profile| {
            endpoints(profile, |e| e.checks = without_check(e.checks, Check::Permission));
        })],
    ),
    mutant(
        "auth.read-grants-delete",
        V2,
        "Who may only read is told that he deleted.",
        &[Answer(|seen, response| {
            if seen.is_delete() && response.status == 403 {
                response.status = 204;
                response.body.clear();
            }
        })],
    ),
    mutant(
        "auth.after-routing",
        V2,
        "Strangers learn which paths and methods there are.",
        &[Request(|request, seen| {
            let asked = crate::mutant::Seen {
                method: request.method.clone(),
                path: request.path.clone(),
                ..seen.clone()
            };
            let wrong = !asked.is_known_path()
                || request.method != "POST" && request.path.ends_with("write");
            let unknown = request.path.contains("nothing") || request.path.contains("unknown");
            if (wrong || unknown) && !has_credentials(request) {
                as_owner(request, seen);
            }
        })],
    ),
    mutant(
        "auth.hides-missing-database",
        V2,
        "What does not exist is forbidden.",
        &[Outcome(|outcome| {
            outcome.map_err(|mut fault| {
                if matches!(fault.fault, Fault::DatabaseUnknown | Fault::MappingUnknown) {
                    fault.fault = Fault::Forbidden;
                }
                fault
            })
        })],
    ),
    mutant(
        "auth.ping-needs-credentials",
        V2,
        "Monitors without credentials get 401.",
        &[Answer(|seen, response| {
            let monitored = matches!(seen.path.as_str(), "/ping" | "/health");
            if monitored && seen.header("authorization").is_empty() {
                response.status = 401;
            }
        })],
    ),
    mutant(
        "auth.preflight-refused",
        V1,
        "A browser's question needs credentials.",
        &[Answer(|seen, response| {
            if seen.method == "OPTIONS" {
                response.status = 401;
            }
        })],
    ),
    mutant(
        "auth.only-owner-writes",
        V2,
        "A token that may write there is refused.",
        &[Answer(|seen, response| {
            if seen.is_write() && response.status == 204 && !seen.is_owner() {
                response.status = 403;
            }
        })],
    ),
    mutant(
        "auth.write-needs-read",
        V1,
        "A user who may only write is refused.",
        &[Answer(|seen, response| {
            let other = !seen.header("authorization").is_empty()
                && !seen.header("authorization").contains(&seen.token);
            let owner = format!("{}:", crate::provision::OWNER);
            let owner = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, owner);
            let owner = &owner[..owner.len().saturating_sub(4)];
            if seen.is_write()
                && response.status < 300
                && other
                && !seen.header("authorization").contains(owner)
            {
                response.status = 403;
            }
        })],
    ),
    mutant(
        "auth.scheme-case",
        V3,
        "The scheme of credentials is read in any case.",
        &[Request(|request, _| {
            let mut words = words(request);
            if words.len() == 2 {
                let scheme = words[0].to_lowercase();
                words[0] = scheme[..1].to_uppercase() + &scheme[1..];
                authorise(request, words.join(" "));
            }
        })],
    ),
    mutant(
        "auth.scheme-refused",
        V2,
        "The scheme Bearer is unknown.",
        &[Request(|request, _| {
            if request.header("authorization").is_some_and(|h| h.starts_with("Bearer ")) {
                authorise(request, "none".to_owned());
            }
        })],
    ),
    mutant(
        "auth.scheme-too-lenient",
        V2,
        "Any scheme will do, and any number of blanks.",
        &[Request(|request, _| {
            let words = words(request);
            let last = words.last().cloned().unwrap_or_default();
            if !last.is_empty() && words[0] != "Basic" {
                authorise(request, format!("Token {last}"));
            }
        })],
    ),
    mutant(
        "auth.url-credentials",
        V2,
        "The parameter p counts on every path.",
        &[Request(|request, _| {
            let Some(token) = request.query.get("p").map(str::to_owned) else { return };
            authorise(request, format!("Token {token}"));
        })],
    ),
    mutant(
        "auth.url-credentials-ignored",
        V1,
        "User and password in the URL do not count.",
        &[Request(|request, _| {
            parameter(request, "u", |_| None);
            parameter(request, "p", |_| None);
        })],
    ),
    mutant(
        "auth.forbidden-as-unauthorized",
        V2,
        "Who may not is told to say who he is.",
        &[Answer(|_, response| {
            if response.status == 403 {
                response.status = 401;
            }
        })],
    ),
    mutant(
        "auth.unauthorized-as-forbidden",
        Queue,
        "A stranger gets 403 in place of 401.",
        &[Answer(|_, response| {
            if response.status == 401 {
                response.status = 403;
            }
        })],
    ),
    mutant(
        "auth.stranger-as-server-error",
        Router,
        "A stranger gets 500.",
        &[Answer(|_, response| {
            if response.status == 401 {
                response.status = 500;
            }
        })],
    ),
    mutant(
        "auth.challenge-missing",
        V1,
        "401 does not say how to identify.",
        &[Answer(|_, response| without(response, "WWW-Authenticate"))],
    ),
    mutant(
        "auth.body-for-strangers",
        V3,
        "A stranger is told why, where nothing is said.",
        &[Answer(|_, response| {
            if response.status == 401 {
                response.body = b"{\"error\":\"unauthorized\"}".to_vec();
            }
        })],
    ),
];

/// The checks without one of them.
fn without_check(checks: &[Check], check: Check) -> &'static [Check] {
    checks.iter().copied().filter(|known| *known != check).collect::<Vec<_>>().leak()
}
