//! `/query` without HTTP: from parameters to an answer.
//!
//! The server finds the route, checks credentials, and adds its headers (and v1's
//! `X-Influxdb-Error`, whose text is [`Answer::error`]).

use super::ast::Statement;
use super::exec::{self, Context, Failure};
use super::growing::Growing;
use super::host::Host;
use super::json::{self, Part, Style};
use super::parse::{Params, parse_query};
use super::result::Outcome;
use super::time::Epoch;
use super::{bound, chunk, csv, in_statement, iox, messagepack};
use crate::http::More;
use crate::query::allowance::Allowance;
use crate::query::running::{Answered, Early, Given};
use profiles::influxql::{Errors, Infinite, Influxql, Planner};

/// The parameters of a request, decoded: those of the query string and of a form body, which wins.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    pairs: Vec<(String, Vec<u8>)>,
}

impl Parameters {
    /// Reads a query string and, where there is one, a body of type
    /// `application/x-www-form-urlencoded`.
    pub fn new(query: &str, form: Option<&[u8]>) -> Self {
        let texts = [form.unwrap_or_default(), query.as_bytes()];
        let pairs =
            texts.iter().flat_map(|t| t.split(|b| *b == b'&')).filter(|p| !p.is_empty()).map(
                |pair| {
                    let mut halves = pair.splitn(2, |b| *b == b'=');
                    let mut next = || decode(halves.next().unwrap_or_default());
                    (String::from_utf8_lossy(&next()).into_owned(), next())
                },
            );
        Self { pairs: pairs.collect() }
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The same with one more, where it is not there or empty.
    #[must_use]
    pub fn or(mut self, name: &str, value: Vec<u8>) -> Self {
        if self.get(name).is_none_or(<[u8]>::is_empty) {
            self.pairs.retain(|pair| pair.0 != name);
            self.pairs.push((name.to_owned(), value));
        }
        self
    }

    /// The same with this value and no other of its name.
    #[must_use]
    pub fn with(mut self, name: &str, value: String) -> Self {
        self.pairs.retain(|pair| pair.0 != name);
        self.pairs.push((name.to_owned(), value.into_bytes()));
        self
    }

    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.pairs.iter().find(|p| p.0 == name).map(|p| p.1.as_slice())
    }

    /// The first value as text; empty where there is none.
    pub fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(self.get(name).unwrap_or_default()).into_owned()
    }
}

fn decode(part: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = part.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    percent_encoding::percent_decode(&spaced).collect()
}

/// A request to `/query`.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its parameters.
    pub parameters: &'a Parameters,
    /// Its `Accept`.
    pub accept: Option<&'a str>,
    /// Whether it came by GET: v1 warns of statements that change something.
    pub read_only: bool,
}

/// What to answer.
#[derive(Debug, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The `Content-Type`; `None` for none.
    pub content_type: Option<&'static str>,
    /// The body, or its beginning.
    pub body: Vec<u8>,
    /// What of a long body is still being made.
    pub more: Option<More>,
    /// The error of the whole query, bare: v1 sends it in `X-Influxdb-Error` too.
    pub error: Option<String>,
    /// The product breaks the connection off after the body (v3@3.6, an infinite float).
    pub breaks_off: bool,
}

const JSON: &str = "application/json";

/// Answers `/query`.
pub fn query(
    request: Request<'_>,
    host: &dyn Host,
    rules: &Influxql,
    allowance: &Allowance,
) -> Answer {
    match rules.errors {
        Errors::V3 => iox::query(request, host, rules, allowance),
        Errors::InStatement => in_statement::query(request, host, rules, allowance),
        Errors::V1 | Errors::V2 => {
            // It is never given before, as nobody takes it then.
            go_query(request, host, rules, Growing::new(allowance, None)).unwrap_or_default()
        }
    }
}

/// Answers `/query` as [`query`] does, but that a long answer in chunks is given as soon as it has a
/// beginning.
pub(crate) fn query_early(
    request: Request<'_>,
    host: &dyn Host,
    rules: &Influxql,
    allowance: &Allowance,
    early: Early<Answer>,
) -> Given<Answer> {
    match rules.errors {
        Errors::V1 | Errors::V2 => {
            let body = Growing::new(allowance, Some(early));
            let answered = go_query(request, host, rules, body);
            answered.map_or_else(Given::Early, Given::AtItsEnd)
        }
        _ => Given::AtItsEnd(query(request, host, rules, allowance)),
    }
}

/// The answer, unless it was given while it was made.
fn go_query(
    request: Request<'_>,
    host: &dyn Host,
    rules: &Influxql,
    mut body: Growing<'_>,
) -> Result<Answer, Answered> {
    let allowance = body.allowance;
    let parameters = request.parameters;
    let output = match Output::of(&request, rules) {
        Ok(output) => output,
        Err(message) => return Ok(whole_error(501, &message, &Output::json(rules), rules)),
    };
    // 1.6:services/httpd/handler.go cuts off blanks at both ends before positions are counted.
    let q = parameters.get("q").unwrap_or_default();
    let q = if rules.errors == Errors::V1 { q.trim_ascii() } else { q };
    if q.iter().all(u8::is_ascii_whitespace) {
        return Ok(whole_error(400, rules.missing_query, &output, rules));
    }
    let prefix = if rules.errors == Errors::V1 {
        "error parsing query: "
    } else {
        "failed to parse query: "
    };
    let bound_values = match parameters.get("params") {
        None | Some(b"") => Ok(Params::new()),
        Some(text) => bound::read(text),
    };
    let statements = match bound_values
        .and_then(|p| parse_query(q, &p, rules).map_err(|e| format!("{prefix}{e}")))
    {
        Ok(statements) => statements,
        Err(message) => return Ok(whole_error(400, &message, &output, rules)),
    };
    let (database, policy) = (parameters.text("db"), parameters.text("rp"));
    if let Err(message) = exec::authorise(&statements, &database, host) {
        let message = format!("error authorizing query: {message}");
        return Ok(whole_error(403, &message, &output, rules));
    }
    let context = Context { host, rules, database: &database, policy: &policy, allowance };
    let read_only = request.read_only && rules.errors == Errors::V1;
    let content_type = output.content_type(rules);
    let printed = match output.chunk {
        // What a statement changes is to be kept before anything is said of it.
        Some(size) if !statements.iter().any(exec::is_a_change) => {
            body.print(&output, rules, |give| {
                exec::run_in_pieces(&statements, context, read_only, size, give);
            })
        }
        _ => output.print(&exec::run(&statements, context, read_only), rules).map(Some),
    };
    match printed {
        Ok(Some(body)) => {
            let content_type = Some(content_type);
            Ok(Answer { status: 200, content_type, body, ..Answer::default() })
        }
        Ok(None) => Err(Answered),
        // What encoding/json says; only a function can give an infinity, for none is stored.
        Err(unprintable) => Ok(whole_error(500, &unprintable.to_string(), &output, rules)),
    }
}

/// The values for `$name` in the parameter `params`.
pub(super) fn params(parameters: &Parameters) -> Result<Params, String> {
    let text = match parameters.get("params") {
        None | Some(b"") => return Ok(Params::new()),
        Some(text) => text,
    };
    let values: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(text).map_err(|e| format!("error parsing query parameters: {e}"))?;
    let token = |(name, value)| Some((name, super::parse::bound(&value)?));
    Ok(values.into_iter().filter_map(token).collect())
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Csv,
    MessagePack,
}

/// How an answer is printed.
pub(super) struct Output {
    pub(super) form: Form,
    pub(super) style: Style,
    /// The rows of a chunk; `None` for one document.
    pub(super) chunk: Option<usize>,
}

impl Output {
    const fn json(rules: &Influxql) -> Self {
        let style = Style { json: rules.json, epoch: None, indent: 0 };
        Self { form: Form::Json, style, chunk: None }
    }

    /// What a Go product makes of the parameters.
    fn of(request: &Request<'_>, rules: &Influxql) -> Result<Self, String> {
        let p = request.parameters;
        let epoch = match p.text("epoch").trim() {
            "" => None,
            name => Some(Epoch::go(name)),
        };
        let indent = if p.get("pretty") == Some(b"true") { rules.pretty } else { 0 };
        let size =
            p.text("chunk_size").parse().ok().filter(|n| *n > 0).unwrap_or(chunk::DEFAULT_SIZE);
        let chunk = (p.get("chunked") == Some(b"true")).then_some(size);
        let form = match request.accept {
            Some("application/csv" | "text/csv") => Form::Csv,
            Some(messagepack::MIME) => Form::MessagePack,
            _ => Form::Json,
        };
        Ok(Self { form, style: Style { json: rules.json, epoch, indent }, chunk })
    }

    pub(super) const fn content_type(&self, rules: &Influxql) -> &'static str {
        match self.form {
            Form::Json => JSON,
            Form::Csv => rules.csv.content_type,
            Form::MessagePack => messagepack::MIME,
        }
    }

    pub(super) fn print(
        &self,
        outcomes: &[Outcome],
        rules: &Influxql,
    ) -> Result<Vec<u8>, json::Unprintable> {
        let mut printer = csv::Printer::new(rules.csv, self.style.epoch);
        let mut body = Vec::new();
        let documents: Box<dyn Iterator<Item = Vec<chunk::Chunk<'_>>>> = match self.chunk {
            None => Box::new(std::iter::once(chunk::whole(outcomes))),
            Some(size) => Box::new(chunk::chunks(outcomes, size)),
        };
        for outcomes in documents {
            let parts: Vec<Part<'_>> = outcomes.iter().map(chunk::Chunk::part).collect();
            self.document(&parts, &mut printer, rules, &mut body)?;
        }
        Ok(body)
    }

    /// Prints one document behind others.
    pub(super) fn document(
        &self,
        parts: &[Part<'_>],
        printer: &mut csv::Printer,
        rules: &Influxql,
        body: &mut Vec<u8>,
    ) -> Result<(), json::Unprintable> {
        match self.form {
            Form::Csv => body.extend(printer.document(parts)),
            Form::MessagePack => body.extend(messagepack::document(parts, self.style.epoch)),
            Form::Json => {
                match (json::document(parts, self.style), rules.json.infinite) {
                    (Err(infinite), Infinite::InPlace(words)) => {
                        body.extend(format!("{words}{infinite}").into_bytes());
                    }
                    (document, _) => body.extend(document?),
                }
                body.extend_from_slice(rules.json.end.as_bytes());
            }
        }
        Ok(())
    }
}

/// An error of the whole query, as a Go product answers it.
fn whole_error(status: u16, message: &str, output: &Output, rules: &Influxql) -> Answer {
    let error = Some(message.to_owned());
    if rules.errors == Errors::V2 {
        let mut body = b"{\"code\":\"invalid\",\"message\":".to_vec();
        json::string(&mut body, message.as_bytes(), rules.json.strings);
        body.push(b'}');
        return Answer {
            status,
            content_type: Some("application/json; charset=utf-8"),
            body,
            error,
            ..Answer::default()
        };
    }
    let body = match output.form {
        Form::Csv => csv::error(message),
        Form::MessagePack => messagepack::error(message.as_bytes()),
        Form::Json => {
            let mut body = json::error(message, output.style);
            body.extend_from_slice(rules.json.end.as_bytes());
            body
        }
    };
    Answer {
        status,
        content_type: Some(output.content_type(rules)),
        body,
        error,
        ..Answer::default()
    }
}

/// Runs the one statement of a v3 query.
pub(super) fn run_one(statement: &Statement, context: Context<'_>) -> Result<Outcome, Failure> {
    debug_assert!(context.rules.planner == Planner::Iox);
    let series = exec::execute(statement, context)?.unwrap_or_default();
    Ok(Outcome { series, ..Outcome::default() })
}
