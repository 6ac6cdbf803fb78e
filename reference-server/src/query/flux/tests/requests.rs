//! Requests: decoding, dialects, answers.

use super::sample::sample;
use crate::query::allowance::Allowance;
use crate::query::flux::FluxError;
use crate::query::flux::http::{Answer, Request, answer};
use profiles::flux::OSS_V2_2_7;

fn send(content_type: &str, parameter: (&str, &str), body: &str) -> Result<Answer, FluxError> {
    let parameters = [(parameter.0.to_owned(), parameter.1.to_owned())];
    let body = body.as_bytes();
    let request = Request { content_type, prefer: "", parameters: &parameters, body };
    answer(&sample(), &OSS_V2_2_7, &request, &Allowance::unlimited())
}

fn refused(body: &str) -> String {
    send("application/json", ("org", "o"), body).unwrap_err().message
}

#[test]
fn what_is_refused_before_the_script_is_read() {
    const PREFIX: &str = "failed to decode request body: ";
    let words = |body: &str| refused(body).strip_prefix(PREFIX).unwrap().to_owned();
    assert_eq!(words("{}"), "request body requires either query or AST");
    assert_eq!(words(r#"{"query":"x","type":"influxql"}"#), "unknown query type: influxql");
    assert_eq!(
        words("x"),
        "failed parsing request body as JSON; if sending a raw Flux script, set 'Content-Type: application/vnd.flux' in your request headers: invalid character 'x' looking for beginning of value"
    );
    let script = r#"from(bucket:"abcde") |> range(start: 0)"#;
    let message = |result: Result<Answer, FluxError>| result.unwrap_err().message;
    assert_eq!(
        message(send("", ("org", "o"), script)),
        "failed to decode request body: failed parsing request body as JSON; if sending a raw Flux script, set 'Content-Type: application/vnd.flux' in your request headers: invalid character 'r' in literal false (expecting 'a')"
    );
    assert_eq!(
        message(send("application/vnd.flux", ("org", "nope"), script)),
        "failed to decode request body: organization name \"nope\" not found"
    );
    assert_eq!(
        message(send("application/vnd.flux", ("x", ""), script)),
        "failed to decode request body: Please provide either orgID or org"
    );
    let dialect = |d: &str| words(&format!(r#"{{"query":"x","dialect":{d}}}"#));
    assert_eq!(dialect(r#"{"annotations":["zz"]}"#), "unknown dialect annotation type: zz");
    assert_eq!(dialect(r#"{"delimiter":"ab"}"#), "invalid dialect delimeter: must be length 1");
    assert_eq!(dialect(r#"{"dateTimeFormat":"zz"}"#), "unknown dialect date time format: zz");
}

#[test]
fn annotations_make_the_result_a_default() {
    let body = r#"{"query":"from(bucket:\"abcde\") |> range(start: -1m) |> filter(fn: (r) => r.host == \"b\")","now":"2023-11-14T22:13:30Z","dialect":{"annotations":["datatype","group","default"]}}"#;
    let answer = send("application/json", ("orgID", "1"), body).unwrap();
    assert_eq!(answer.content_type, Some("text/csv; charset=utf-8"));
    assert_eq!(
        String::from_utf8(answer.body).unwrap(),
        "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string\r\n#group,false,false,true,true,false,false,true,true,true\r\n#default,_result,,,,,,,,\r\n,result,table,_start,_stop,_time,_value,_field,_measurement,host\r\n,,0,2023-11-14T22:12:30Z,2023-11-14T22:13:30Z,2023-11-14T22:13:21Z,2,f,cpu,b\r\n\r\n"
    );
    let bare = body.replace(
        r#"{"annotations":["datatype","group","default"]}"#,
        r#"{"header":false,"delimiter":";"}"#,
    );
    let answer = send("application/json", ("org", "o"), &bare).unwrap();
    assert_eq!(
        String::from_utf8(answer.body).unwrap(),
        ";_result;0;2023-11-14T22:12:30Z;2023-11-14T22:13:30Z;2023-11-14T22:13:21Z;2;f;cpu;b\r\n\r\n"
    );
}

/// The node of an expression in the form of libflux.
fn asked_with(options: &[(&str, &str)], query: &str) -> String {
    let body: Vec<_> = options
        .iter()
        .map(|(name, init)| {
            format!(
                r#"{{"type":"OptionStatement","assignment":{{"type":"VariableAssignment","id":{{"type":"Identifier","name":"{name}"}},"init":{init}}}}}"#
            )
        })
        .collect();
    let body = body.join(",");
    let query = query.replace('"', "\\\"");
    format!(
        r#"{{"query":"{query}","extern":{{"imports":[],"body":[{body}]}},"now":"2023-11-14T22:13:30Z","dialect":{{"header":false}}}}"#
    )
}

#[test]
fn options_of_an_extern_are_set_in_the_script() {
    let duration = r#"{"type":"UnaryExpression","operator":"-","argument":{"type":"DurationLiteral","values":[{"magnitude":60000000,"unit":"us"}]}}"#;
    let options = [
        ("name", r#"{"type":"StringLiteral","value":"abcde"}"#),
        ("since", duration),
        ("least", r#"{"type":"FloatLiteral","value":1.5}"#),
        ("yes", r#"{"type":"BooleanLiteral","value":true}"#),
        ("at", r#"{"type":"DateTimeLiteral","value":"2023-11-14T22:13:21Z"}"#),
        ("rows", r#"{"type":"IntegerLiteral","value":"1"}"#),
        (
            "columns",
            r#"{"type":"ArrayExpression","elements":[{"type":"StringLiteral","value":"_value"}]}"#,
        ),
    ];
    let script = "from(bucket: name) |> range(start: since) |> filter(fn: (r) => r.host == \"b\" \
        and r._value > least and r._time == at and yes) |> limit(n: rows) |> keep(columns: columns)";
    let answer = send("application/json", ("org", "o"), &asked_with(&options, script)).unwrap();
    assert_eq!(String::from_utf8(answer.body).unwrap(), ",_result,0,2\r\n\r\n");
}

#[test]
fn what_an_extern_may_not_hold_is_said_by_name() {
    let script = "from(bucket: \"abcde\") |> range(start: 0)";
    let message = |options: &[(&str, &str)], script| refused(&asked_with(options, script));
    let function = r#"{"type":"FunctionExpression"}"#;
    assert_eq!(
        message(&[("f", function)], script),
        "failed to decode request body: \"extern\" with a FunctionExpression is not supported by this server"
    );
    let number = r#"{"type":"IntegerLiteral","value":"1"}"#;
    let twice = message(&[("n", number)], "n = 2 buckets() |> limit(n: n)");
    assert!(twice.contains("\"extern\" with \"n\", which the script defines too"), "{twice}");
    let body = r#"{"query":"x","extern":{"imports":[{"type":"ImportDeclaration"}]}}"#;
    assert!(refused(body).ends_with("a ImportDeclaration is not supported by this server"));
}
