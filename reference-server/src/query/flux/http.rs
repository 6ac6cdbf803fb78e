//! From the parts of a request for a query to the parts of its answer, without an HTTP library.

use super::csv::{Annotation, Dialect};
use super::error::{ErrorCode, FluxError};
use super::host::{Host, OrganizationReference};
use super::package::Package;
use super::request::{Body, from_json};
use super::{Query, literal, run};
use crate::query::allowance::Allowance;
use profiles::flux::{FluxRules, InfluxqlRequests};

/// The parts of a request that matter to a query.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The header `Content-Type`; empty if there is none.
    pub content_type: &'a str,
    /// The header `Prefer`; empty if there is none.
    pub prefer: &'a str,
    /// The parameters of the URL, decoded, in their order.
    pub parameters: &'a [(String, String)],
    /// The body. What the header `Content-Encoding` says of it is not heeded.
    pub body: &'a [u8],
}

/// The parts of an answer that has no error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 200, or 204 without a body where the client wants none.
    pub status: u16,
    /// The header `Content-Type`, if there is one.
    pub content_type: Option<&'static str>,
    /// CSV.
    pub body: Vec<u8>,
}

/// Answer a `POST /api/v2/query`.
///
/// # Errors
/// The error object's code and message.
pub fn answer(
    host: &dyn Host,
    rules: &FluxRules,
    request: &Request<'_>,
    allowance: &Allowance,
) -> Result<Answer, FluxError> {
    let decoded = decode(host, rules, request);
    let decoded =
        decoded.map_err(|why| FluxError::invalid(why).within("failed to decode request body"))?;
    let Decoded { script, package, dialect, now, is_influxql } = decoded;
    if is_influxql {
        return Err(compiled(&script));
    }
    let query = Query { script: &script, package, dialect, now };
    let body = run(host, rules, &query, allowance);
    if request.prefer == "return-no-content" {
        // the errors of a run are lost with its rows
        return match body {
            Err(error) if error.message.starts_with("runtime error") => Ok(no_content()),
            Err(error) => Err(error),
            Ok(_) => Ok(no_content()),
        };
    }
    let body = body?;
    Ok(Answer { status: 200, content_type: Some("text/csv; charset=utf-8"), body })
}

const fn no_content() -> Answer {
    Answer { status: 204, content_type: None, body: Vec::new() }
}

/// What a release says that compiles InfluxQL to Flux: of its compiler, no more is here than what it
/// cannot do.
fn compiled(influxql: &[u8]) -> FluxError {
    let text = String::from_utf8_lossy(influxql).to_lowercase();
    let mut words = text.split_whitespace();
    if (words.next(), words.next()) == (Some("select"), Some("*")) {
        let message = "compilation failed: unimplemented: field wildcard".to_owned();
        return FluxError { code: ErrorCode::Internal, message };
    }
    FluxError::unsupported("InfluxQL in a request for Flux")
}

/// A request that can be run.
struct Decoded {
    script: Vec<u8>,
    package: Package,
    dialect: Dialect,
    now: Option<i64>,
    is_influxql: bool,
}

fn decode(host: &dyn Host, rules: &FluxRules, request: &Request<'_>) -> Result<Decoded, String> {
    let media = request.content_type.split(';').next().unwrap_or_default().trim();
    let flux = media.eq_ignore_ascii_case("application/vnd.flux");
    let mut body = Body::default();
    let mut script = request.body.to_vec();
    if !flux {
        body = from_json(request.body).map_err(|why| {
            format!("failed parsing request body as JSON; if sending a raw Flux script, set 'Content-Type: application/vnd.flux' in your request headers: {why}")
        })?;
        script = body.query.clone().unwrap_or_default().into_bytes();
    }
    let is_influxql = body.r#type.as_deref() == Some("influxql")
        && rules.influxql_requests == InfluxqlRequests::Compiled;
    if is_influxql {
        body.r#type = None;
    }
    let dialect = validate(&body, &script)?;
    let parameter = |name: &str| {
        let found = request.parameters.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    };
    host.find_organization(match (parameter("orgID"), parameter("org")) {
        (Some(id), _) => OrganizationReference::Id(id),
        (None, Some(name)) => OrganizationReference::NameOrId(name),
        (None, None) => OrganizationReference::Missing,
    })?;
    if script.is_empty() {
        return Err("a query as AST is not supported by this server".to_owned());
    }
    let package = Package::from_json(&body.package)?;
    // the zero of Go's times is the present
    let now = body.now.as_deref().filter(|now| !now.starts_with("0001-01-01T00:00:00"));
    Ok(Decoded { script, package, dialect, now: now.and_then(literal::time), is_influxql })
}

/// Check the request in the product's order.
fn validate(body: &Body, script: &[u8]) -> Result<Dialect, String> {
    if script.is_empty() && !body.has_ast {
        return Err("request body requires either query or AST".to_owned());
    }
    if let Some(kind) = body.r#type.as_deref().filter(|kind| !matches!(*kind, "" | "flux")) {
        return Err(format!("unknown query type: {kind}"));
    }
    let dialect = &body.dialect;
    if dialect.comment_prefix.as_ref().is_some_and(|prefix| prefix.len() > 1) {
        return Err("invalid dialect comment prefix: must be length 0 or 1".to_owned());
    }
    let delimiter = match dialect.delimiter.as_deref().unwrap_or_default().as_bytes() {
        [] => b',',
        [byte] => *byte,
        _ => return Err("invalid dialect delimeter: must be length 1".to_owned()),
    };
    let mut annotations = Vec::new();
    for annotation in &dialect.annotations {
        annotations.push(match annotation.as_str() {
            "datatype" => Annotation::Datatype,
            "group" => Annotation::Group,
            "default" => Annotation::Default,
            other => return Err(format!("unknown dialect annotation type: {other}")),
        });
    }
    match dialect.date_time_format.as_deref() {
        None | Some("" | "RFC3339" | "RFC3339Nano") => {}
        Some(other) => return Err(format!("unknown dialect date time format: {other}")),
    }
    Ok(Dialect { header: dialect.header.unwrap_or(true), delimiter, annotations })
}
