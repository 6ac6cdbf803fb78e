//! Faults of the layer around the stages: paths, methods, headers, bodies.

use super::mutant;
use crate::mutant::Change::{Answer, Request};
use crate::mutant::Home::{V1, V2, V3};
use crate::mutant::Mutant;
use crate::mutant::help::{header, without};

/// The faults.
pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "http.path-not-exact",
        V1,
        "Paths are matched without their case and their slashes.",
        &[Request(|request, _| {
            let path = request.path.replace("//", "/").to_lowercase();
            request.path =
                if path.len() > 1 { path.trim_end_matches('/').to_owned() } else { path };
        })],
    ),
    mutant(
        "http.unknown-path-accepted",
        V2,
        "A path that does not exist is answered with 204.",
        &[Answer(|seen, response| {
            if !seen.is_known_path()
                || seen.path.contains("unknown")
                || response.status == 404 && seen.path.ends_with("nothing")
            {
                response.status = 204;
                response.body.clear();
            }
        })],
    ),
    mutant(
        "http.method-not-checked",
        V1,
        "Any method on a write endpoint writes.",
        &[Request(|request, _| {
            if request.path.ends_with("/write") && request.method != "OPTIONS" {
                "POST".clone_into(&mut request.method);
            }
        })],
    ),
    mutant(
        "http.put-writes",
        V2,
        "PUT and PATCH write, too.",
        &[Request(|request, _| {
            if matches!(request.method.as_str(), "PUT" | "PATCH") {
                "POST".clone_into(&mut request.method);
            }
        })],
    ),
    mutant(
        "http.monitor-method-not-checked",
        V1,
        "Monitoring paths answer any method.",
        &[Request(|request, _| {
            if matches!(request.path.as_str(), "/ping" | "/health") && request.method == "POST" {
                "GET".clone_into(&mut request.method);
            }
        })],
    ),
    mutant(
        "http.head-has-body",
        V1,
        "HEAD is answered like GET, with the body.",
        &[Request(|request, _| {
            if request.method == "HEAD" {
                "GET".clone_into(&mut request.method);
            }
        })],
    ),
    mutant(
        "http.content-type-matters",
        V2,
        "Only bodies declared as plain text are taken.",
        &[Answer(|seen, response| {
            let kind = seen.header("content-type");
            if seen.is_write() && !kind.is_empty() && kind != "text/plain; charset=utf-8" {
                response.status = 415;
            }
        })],
    ),
    mutant(
        "http.chunked-refused",
        V1,
        "A body without a length is refused.",
        &[Answer(|seen, response| {
            if seen.header("transfer-encoding") == "chunked" {
                response.status = 411;
            }
        })],
    ),
    mutant(
        "http.cors-missing",
        V2,
        "No answer tells a browser what it may read.",
        &[Answer(|_, response| {
            response.headers.retain(|(name, _)| !name.starts_with("Access-Control"));
        })],
    ),
    mutant(
        "http.cors-any-origin",
        V2,
        "A page of any site may read every answer.",
        &[Answer(|_, response| {
            header(response, "Access-Control-Allow-Origin", |v| *v = b"*".to_vec());
        })],
    ),
    mutant(
        "http.preflight-has-body-status",
        V2,
        "OPTIONS is answered with 200, not 204.",
        &[Answer(|seen, response| {
            if seen.method == "OPTIONS" && response.status == 204 {
                response.status = 200;
            }
        })],
    ),
    mutant(
        "http.ping-broken",
        V1,
        "Ping is answered with 503.",
        &[Answer(|seen, response| {
            if seen.path == "/ping" {
                response.status = 503;
            }
        })],
    ),
    mutant(
        "http.health-broken",
        V2,
        "Health and readiness are answered with 503.",
        &[Answer(|seen, response| {
            if matches!(seen.path.as_str(), "/health" | "/ready") {
                response.status = 503;
            }
        })],
    ),
    mutant(
        "http.health-always-fails-v3",
        V3,
        "Health is answered with 500.",
        &[Answer(|seen, response| {
            if seen.path.ends_with("/health") {
                response.status = 500;
            }
        })],
    ),
    mutant(
        "http.version-missing",
        V1,
        "No answer names the release.",
        &[Answer(|_, response| {
            without(response, "X-Influxdb-Version");
        })],
    ),
    mutant(
        "http.build-wrong",
        V1,
        "The build is named as that of another product.",
        &[Answer(|_, response| {
            header(response, "X-Influxdb-Build", |value| *value = b"ENT".to_vec());
        })],
    ),
    mutant(
        "http.request-id-missing",
        V1,
        "No answer has the id of its request.",
        &[Answer(|_, response| {
            without(response, "Request-Id");
            without(response, "X-Request-Id");
        })],
    ),
    mutant(
        "http.content-type-missing",
        V2,
        "Bodies come without their type.",
        &[Answer(|_, response| without(response, "Content-Type"))],
    ),
    mutant(
        "http.content-type-wrong",
        V2,
        "Errors are declared as HTML.",
        &[Answer(|seen, response| {
            if seen.is_write() {
                header(response, "Content-Type", |value| *value = b"text/html".to_vec());
            }
        })],
    ),
    mutant(
        "http.allow-missing",
        V1,
        "405 does not say what is allowed.",
        &[Answer(|_, response| without(response, "Allow"))],
    ),
    mutant(
        "http.redirects",
        V2,
        "A write is sent elsewhere with 302.",
        &[Answer(|seen, response| {
            if seen.is_write() && response.status == 204 && seen.path == "/write" {
                response.status = 308;
                response.headers.push(("Location", b"/api/v2/write".to_vec()));
            }
        })],
    ),
    mutant(
        "http.length-too-long",
        V2,
        "An error announces a byte more than it has.",
        &[Answer(|seen, response| {
            response.breaks_off |= seen.is_write() && response.status >= 400;
        })],
    ),
    mutant(
        "http.body-cut",
        V2,
        "The last two bytes of an error are lost.",
        &[Answer(|_, response| {
            if response.status >= 400 {
                response.body.truncate(response.body.len().saturating_sub(2));
            }
        })],
    ),
];
