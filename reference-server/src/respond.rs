//! From a fault to an answer: the only place that builds the bodies of write answers.

use crate::family::v2::{ApiError, Reply};
use crate::go_json;
use crate::go_text::quote;
use crate::http::Response;
use crate::query::influxql::{http as influxql, messagepack};
use crate::stage::{Failed, RejectedLine, WriteFault};
use flate2::Compression;
use flate2::write::GzEncoder;
use profiles::answer::{self, Answer, Answers, LineReports, Shape};
use profiles::http::Http;
use serde::Serialize;
use serde_json::json;
use std::io::Write;

/// Go's servers cut this header at 1024 bytes (1.6:services/httpd/handler.go httpError).
pub const LONGEST_ERROR_HEADER: usize = 1024;

/// The answer to a fault. A fault that the endpoint's table lacks is a bug of the table, answered
/// as 500 by name so that it is found.
pub fn fault(http: &Http, answers: Answers, fault: &WriteFault) -> Response {
    match answer::find(answers, fault.fault) {
        Some(answer) => {
            let text = match answer.shape {
                Shape::CodeMessageLine(_, reports) => {
                    let reported = (LINES, reported(reports, &fault.lines));
                    fill(answer.text, &[&*fault.holes, &[reported]].concat())
                }
                _ => fill(answer.text, &fault.holes),
            };
            let mut response = shaped(http, answer, &text, &fault.lines);
            response.close = answer.status == 413;
            answer.headers.iter().fold(response, |response, (name, value)| {
                response.with(name, fill(value, &fault.holes))
            })
        }
        None => {
            tracing::error!(fault = ?fault.fault, "this endpoint's table has no such answer");
            Response::new(500).with_body(format!("no answer for {:?}", fault.fault))
        }
    }
}

fn shaped(http: &Http, answer: &Answer, text: &[u8], lines: &[RejectedLine]) -> Response {
    let go = |text: &[u8]| {
        let mut quoted = Vec::with_capacity(text.len() + 2);
        go_json::push_string(&mut quoted, text, http.control_escapes);
        quoted
    };
    let response = Response::new(answer.status);
    match answer.shape {
        Shape::ErrorLine => in_error_line(response, text, &go(text)),
        Shape::ErrorChallenge => response
            .with("Content-Type", "application/json")
            .with("WWW-Authenticate", "Basic realm=\"InfluxDB\"")
            .with_body([b"{\"error\":", &*go(text), b"}\n"].concat()),
        Shape::CodeMessage(code) => code_message(response, code, &go(text)),
        Shape::BareError => response.with_body(json!({"error": lossy(text)}).to_string()),
        Shape::BareErrorSpaced => response.with_body([b"{\"error\": \"", text, b"\"}"].concat()),
        Shape::BareCodeMessage(code) => {
            response.with_body(json!({"code": code, "message": lossy(text)}).to_string())
        }
        Shape::BareErrorLines => {
            let data: Vec<_> = lines.iter().map(LineBody::of).collect();
            response.with_body(lines_body(text, &data))
        }
        Shape::BareErrorFirstLine => {
            response.with_body(lines_body(text, &lines.first().map(LineBody::of)))
        }
        Shape::BareText => response.with_body(text),
        Shape::PlainLine => response
            .with("Content-Type", "text/plain; charset=utf-8")
            .with_body([text, b"\n"].concat()),
        Shape::CodeMessageLine(code, _) => {
            let line = lines.first().map(|line| line.number);
            let mut body = Vec::new();
            push_json(&mut body, &FirstLineBody { code, message: &lossy(text), line });
            response.with("Content-Type", "application/json").with_body(body)
        }
    }
}

/// The hole of a text that stands for the reports of its rejected lines.
const LINES: &str = "lines";

/// What is said of each rejected line, one below the other, of the first ones.
fn reported(reports: &LineReports, lines: &[RejectedLine]) -> Vec<u8> {
    let report = |line: &RejectedLine| {
        let template = match line.failed {
            Failed::Parsing => reports.parsing,
            Failed::Writing => reports.writing,
            Failed::Time => reports.time,
        };
        let number = ("number", line.number.to_string().into_bytes());
        fill(template, &[number, ("detail", line.message.clone().into_bytes())])
    };
    lines.iter().take(reports.most).map(report).collect::<Vec<_>>().join(&b'\n')
}

/// An error that is not of a write, as the v1 family puts it.
pub fn error_line(http: &Http, status: u16, text: &str) -> Response {
    let mut quoted = Vec::with_capacity(text.len() + 2);
    go_json::push_string(&mut quoted, text.as_bytes(), http.control_escapes);
    in_error_line(Response::new(status), text.as_bytes(), &quoted)
}

/// The error object of v1, with its text already in JSON too.
fn in_error_line(response: Response, text: &[u8], quoted: &[u8]) -> Response {
    let header = &text[..text.len().min(LONGEST_ERROR_HEADER)];
    response
        .with("Content-Type", "application/json")
        .with("X-Influxdb-Error", header)
        .with_body([b"{\"error\":", quoted, b"}\n"].concat())
}

/// The answer of a management API.
pub fn reply(http: &Http, reply: &Reply) -> Response {
    let body = reply.document.bytes(http.control_escapes);
    let mut response = Response::new(reply.status).with_body(body);
    if let Some(content_type) = reply.document.content_type() {
        response = response.with("Content-Type", content_type);
    }
    if let Some(version) = &reply.etag {
        response = response.with("ETag", version.as_str());
    }
    match reply.allow {
        Some(methods) => response.with("Allow", methods),
        None => response,
    }
}

/// The error of a management API.
pub fn api_error(http: &Http, error: &ApiError) -> Response {
    let response = Response::new(error.code.status())
        .with("Content-Type", "application/json; charset=utf-8")
        .with("X-Platform-Error-Code", error.code.word())
        .with_body(error.bytes(http.control_escapes));
    match error.allow {
        Some(methods) => response.with("Allow", methods),
        None => response,
    }
}

/// The answer of `/query`, without the header that a product may have for its error.
pub fn influxql(answer: influxql::Answer) -> Response {
    let mut response = Response::new(answer.status);
    if let Some(content_type) = answer.content_type {
        response = response.with("Content-Type", content_type);
    }
    let (breaks_off, more) = (answer.breaks_off, answer.more);
    Response { breaks_off, more, ..response }.with_body(answer.body)
}

/// The same answer as MessagePack, where it is an error in JSON or nothing: v1's errors, for who asks.
///
/// A text that is not UTF-8 has lost that already.
pub fn in_messagepack(mut response: Response) -> Response {
    let kind = response.headers.iter_mut().find(|(name, _)| *name == "Content-Type");
    let Some((_, kind)) = kind.filter(|(_, kind)| kind == b"application/json") else {
        return response;
    };
    if !response.body.is_empty() {
        let body: Option<serde_json::Value> = serde_json::from_slice(&response.body).ok();
        let error = body.as_ref().and_then(|body| body.get("error")?.as_str());
        let Some(error) = error else { return response };
        response.body = messagepack::error(error.as_bytes());
    }
    *kind = messagepack::MIME.into();
    response
}

/// Whether an `Accept-Encoding` takes gzip, as Go's gziphandler reads it: by name, unless with `q=0`.
pub fn takes_gzip(accept_encoding: &str) -> bool {
    accept_encoding.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let quality = parts.find_map(|part| part.strip_prefix("q="));
        named && quality.is_none_or(|q| q.parse::<f64>().is_ok_and(|q| q > 0.0))
    })
}

/// The same answer with its body compressed.
pub fn gzipped(mut response: Response) -> Response {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    if let Some(more) = response.more.take() {
        let mut encoded = move |bytes: Option<&[u8]>| {
            // Writing to memory does not fail.
            let _ = match bytes {
                Some(bytes) => encoder.write_all(bytes).and_then(|()| encoder.flush()),
                None => encoder.try_finish(),
            };
            std::mem::take(encoder.get_mut())
        };
        let body = encoded(Some(&response.body));
        let more = Some(more.encoded(encoded));
        return Response { more, ..response }.with("Content-Encoding", "gzip").with_body(body);
    }
    let written = encoder.write_all(&response.body).and_then(|()| encoder.finish());
    match written {
        Ok(body) => response.with("Content-Encoding", "gzip").with_body(body),
        // Writing to memory does not fail; if it did, the plain body would be right too.
        Err(_) => response,
    }
}

/// The error object of v2, with its text already in JSON.
fn code_message(response: Response, code: &'static str, message: &[u8]) -> Response {
    let body = [b"{\"code\":\"", code.as_bytes(), b"\",\"message\":", message, b"}"].concat();
    response
        .with("Content-Type", "application/json; charset=utf-8")
        .with("X-Platform-Error-Code", code)
        .with_body(body)
}

/// An error with its first rejected line; the members in their order.
#[derive(Serialize)]
struct FirstLineBody<'b> {
    code: &'b str,
    message: &'b str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

/// A rejected line as v3 writes it; the members in their order.
#[derive(Serialize)]
struct LineBody<'l> {
    error_message: &'l str,
    line_number: usize,
    original_line: &'l str,
}

impl<'l> LineBody<'l> {
    fn of(line: &'l RejectedLine) -> Self {
        Self {
            error_message: &line.message,
            line_number: line.number,
            original_line: &line.original,
        }
    }
}

/// An error with its lines, which may be a million: straight to bytes.
fn lines_body(text: &[u8], data: &impl Serialize) -> Vec<u8> {
    let mut body = b"{\"error\":".to_vec();
    push_json(&mut body, &lossy(text));
    body.extend_from_slice(b",\"data\":");
    push_json(&mut body, data);
    body.push(b'}');
    body
}

fn push_json(body: &mut Vec<u8>, value: &impl Serialize) {
    if let Err(error) = serde_json::to_writer(&mut *body, value) {
        // Neither memory nor these types fail.
        tracing::error!(%error, "an answer could not be written");
    }
}

fn lossy(text: &[u8]) -> String {
    line_protocol::lossy(text)
}

/// Fills the holes of a text; `{quoted}` is the name, or the value, between Go's quotes.
fn fill(template: &str, holes: &[(&'static str, Vec<u8>)]) -> Vec<u8> {
    let content = |hole: &str| holes.iter().find(|(name, _)| *name == hole).map(|(_, c)| c);
    let mut filled = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.extend_from_slice(before.as_bytes());
        let (hole, tail) = after.split_once('}').unwrap_or((after, ""));
        match (hole, content(hole), content("name").or_else(|| content("value"))) {
            (_, Some(content), _) => filled.extend_from_slice(content),
            ("quoted", None, Some(plain)) => filled.extend_from_slice(quote(plain).as_bytes()),
            _ => {}
        }
        rest = tail;
    }
    filled.extend_from_slice(rest.as_bytes());
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use profiles::answer::{Fault, RETRY_AFTER};

    #[test]
    fn an_answer_says_when_to_try_again() {
        const ANSWERS: &[Answer] = &[Answer::new(
            Fault::RateExceeded,
            429,
            Shape::CodeMessage("too many requests"),
            "wait {retry_after} s, {organisation}",
        )
        .with(RETRY_AFTER)];
        let wrong =
            WriteFault::with(Fault::RateExceeded, "organisation", "o").and("retry_after", "7");
        for profile in profiles::ALL.iter().take(1) {
            let response = fault(&profile.facts.http, &[ANSWERS], &wrong);
            assert!(response.headers.contains(&("Retry-After", b"7".to_vec())));
            let body = br#"{"code":"too many requests","message":"wait 7 s, o"}"#;
            assert_eq!((response.status, &*response.body), (429, &body[..]));
        }
    }

    #[test]
    fn rejected_lines_are_written_in_the_products_order() {
        let line = RejectedLine {
            message: "say \"why\"".to_owned(),
            number: 2,
            original: "a\u{1}\u{fffd}\n".to_owned(),
            failed: Failed::Parsing,
        };
        let body = lines_body(b"partial \xff", &[LineBody::of(&line)]);
        let expected = "{\"error\":\"partial \u{fffd}\",\"data\":[{\"error_message\":\
            \"say \\\"why\\\"\",\"line_number\":2,\"original_line\":\
            \"a\\u0001\u{fffd}\\n\"}]}";
        assert_eq!(String::from_utf8_lossy(&body), expected);
        assert_eq!(lines_body(b"e", &None::<LineBody<'_>>), b"{\"error\":\"e\",\"data\":null}");
    }

    /// The example of page 002, the members in the order of the IOx router.
    #[test]
    fn an_answer_tells_of_each_rejected_line_and_of_the_first_by_number() {
        const SHAPE: Shape = Shape::CodeMessageLine("invalid", &answer::IOX_REPORTS);
        static WORDS: &[&[Answer]] = &[&[
            Answer::new(
                Fault::LinesRejected,
                400,
                SHAPE,
                "errors encountered on line(s):\n{lines}",
            ),
            Answer::new(Fault::DatabaseMissing, 400, SHAPE, "missing bucket value"),
        ]];
        let http = &profiles::ALL[0].facts.http;
        let line = |number, failed, message: &str| RejectedLine {
            message: message.to_owned(),
            number,
            original: String::new(),
            failed,
        };
        let body =
            |f: WriteFault| String::from_utf8_lossy(&fault(http, WORDS, &f).body).into_owned();
        let mut rejected = WriteFault::from(Fault::LinesRejected);
        rejected.lines = vec![
            line(2, Failed::Parsing, "Invalid measurement was provided"),
            line(4, Failed::Writing, "a {number} that is not filled again"),
            line(5, Failed::Time, ""),
        ];
        let expected = "{\"code\":\"invalid\",\"message\":\"errors encountered on line(s):\\n\
            error parsing line 2 (1-based): Invalid measurement was provided\\n\
            error writing line 4 (1-based): a {number} that is not filled again\\n\
            timestamp overflows i64 on line 5 (1-based)\",\"line\":2}";
        assert_eq!(body(rejected.clone()), expected);
        rejected.lines = (1..=101).map(|n| line(n, Failed::Parsing, "x")).collect();
        let body_of_many = body(rejected);
        assert!(body_of_many.contains("line 100 (") && !body_of_many.contains("line 101 ("));
        let expected = "{\"code\":\"invalid\",\"message\":\"missing bucket value\"}";
        assert_eq!(body(Fault::DatabaseMissing.into()), expected);
    }
}
