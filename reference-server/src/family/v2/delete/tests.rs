//! Expectations recorded from 2.7 but where another ground is named.

use super::*;
use crate::family::v2::fixture::{self, Fixture, OPERATOR};
use std::sync::Arc;

fn run(f: &Fixture, query: &str, body: &str) -> Result<DeleteRequest, (u16, String)> {
    let token = Arc::clone(f.catalog.token_by_secret(OPERATOR.as_bytes()).unwrap());
    let organisation = |query: &Query| f.catalog.org_of(query).map(|org| org.id);
    read(&f.catalog, organisation, &token, &Query::parse(query), body.as_bytes())
        .map_err(|e| (e.code.status(), String::from_utf8(e.message).unwrap()))
}

/// The answer to a predicate over all times.
fn predicate(text: &str) -> Result<Vec<TagRule>, (u16, String)> {
    let mut f = fixture::ready();
    f.bucket("db");
    let body = serde_json::json!({
        "start": "1970-01-01T00:00:00Z", "stop": "2100-01-01T00:00:00Z", "predicate": text,
    });
    run(&f, "org=acme&bucket=db", &body.to_string()).map(|request| request.rules)
}

fn rule(key: &str, equals: bool, value: &str) -> TagRule {
    TagRule { key: key.to_owned(), equals, value: value.to_owned() }
}

#[test]
fn predicates_that_are_read() {
    for (text, rules) in [
        ("", vec![]),
        (
            r#"(_measurement="cpu" and (host="a"))"#,
            vec![rule("_measurement", true, "cpu"), rule("host", true, "a")],
        ),
        (r#"host != "a""#, vec![rule("host", false, "a")]),
        // Source: 2.7 predicate/parser_test.go.
        (
            r#"abc="opq" AND gender="male" AND temp=1123"#,
            vec![
                rule("abc", true, "opq"),
                rule("gender", true, "male"),
                rule("temp", true, "1123"),
            ],
        ),
        (
            r#"a="1" and b="2" and (c=-5 and d=true) AND e=12h"#,
            vec![
                rule("a", true, "1"),
                rule("b", true, "2"),
                rule("c", true, "-5"),
                rule("d", true, "true"),
                rule("e", true, "12h"),
            ],
        ),
    ] {
        assert_eq!(predicate(text), Ok(rules), "{text}");
    }
}

#[test]
fn predicates_that_are_refused() {
    for (text, message) in [
        (r#"host="a" OR host="b""#, "the logical operator OR is not supported yet at position 9"),
        ("host=~/a/", r#"operator: "=~" at position: 4 is not supported yet"#),
        (r#"host>"a""#, r#"invalid operator ">" at position: 4"#),
        ("host='a'", r#"bad tag value: "a", at position 4"#),
        ("host= 'a'", r#"bad tag value: "a", at position 5"#),
        ("zzz", r#"invalid operator "EOF" at position: 4"#),
        ("host=", r#"bad tag value: "", at position 5"#),
        (r#"host="a")"#, "extra ) seen"),
        (r#"(host="a""#, "extra ( seen"),
        // Source: 2.7 predicate/parser.go.
        (r#"host="a" limit"#, "bad logical expression, at position 9"),
        (r#"5="a""#, "bad tag key, at position 0"),
        (r#"a.b="c""#, r#"invalid operator "." at position: 1"#),
        ("a=\n  <", r#"bad tag value: "", at position 2"#),
        (r#"a="1" b="2""#, "the logical operator '\\x00' is invalid"),
        (
            r#"(a="1" b="2") and c="3""#,
            "Err in Child 0, err: the logical operator '\\x00' is invalid",
        ),
    ] {
        let expected = format!("error decoding json body: {message}");
        assert_eq!(predicate(text), Err((400, expected)), "{text}");
    }
}

#[test]
fn the_second_look() {
    let by_field = (501, "delete by field is not supported".to_owned());
    assert_eq!(predicate(r#"_field="v""#), Err(by_field.clone()));
    assert_eq!(predicate(r#"a="b" and (_field = "v")"#), Err(by_field));
    // Source: 2.7 http/delete_handler.go and the expression parser.
    for (text, message) in [
        ("()", "found ), expected identifier, string, number, bool at line 1, char 2"),
        (r#"name="x""#, "found NAME, expected identifier, string, number, bool at line 1, char 1"),
        (
            r#"a="b" and "#,
            "found EOF, expected identifier, string, number, bool at line 1, char 11",
        ),
        ("a=5zz", "invalid duration"),
        ("a=-true", "found TRUE, expected identifier, number, duration, ( at line 1, char 4"),
        ("a=99999999999999999999", "unable to parse integer at line 1, char 3"),
    ] {
        let expected = format!("invalid request; error parsing predicate: {message}");
        assert_eq!(predicate(text), Err((400, expected)), "{text}");
    }
}

#[test]
fn nesting_costs_no_stack() {
    let deep = "(".repeat(300_000);
    assert!(predicate(&deep).is_err());
    let text = format!("{deep}a=\"b\"{}", ")".repeat(300_000));
    assert_eq!(predicate(&text), Ok(vec![rule("a", true, "b")]));
    let chain = vec!["a=\"b\""; 20_000].join(" and ");
    assert_eq!(predicate(&chain).map(|rules| rules.len()), Ok(20_000));
}

#[test]
fn bodies() {
    let mut f = fixture::ready();
    let bucket = f.bucket("db");
    let org = f.org;
    let ask = |body: &str| run(&f, "org=acme&bucket=db", body);
    let all = r#"{"start":"1970-01-01T00:00:00Z","stop":"2100-01-01T00:00:00Z","zz":1}"#;
    let request = ask(all).unwrap();
    let stop = 4_102_444_800_000_000_000;
    assert_eq!(request, DeleteRequest { org, bucket, start: 0, stop, rules: vec![] });
    for (body, message) in [
        ("", "error decoding json body: EOF"),
        ("x", "error decoding json body: invalid character 'x' looking for beginning of value"),
        (
            "[]",
            "error decoding json body: Invalid delete predicate node request: json: cannot \
             unmarshal array into Go value of type http.deleteRequestDecode",
        ),
        (
            r#"{"start":0,"stop":"2100-01-01T00:00:00Z"}"#,
            "error decoding json body: Invalid delete predicate node request: json: cannot \
             unmarshal number into Go struct field deleteRequestDecode.start of type string",
        ),
        (
            r#"{"stop":"2100-01-01T00:00:00Z"}"#,
            "error decoding json body: invalid RFC3339Nano for field start, please format your \
             time with RFC3339Nano format, example: 2009-01-02T23:00:00Z",
        ),
        (
            r#"{"start":"1970-01-01T00:00:00Z","stop":"2300-01-01T00:00:00Z"}"#,
            "error decoding json body: invalid stop time, stop time must not be after \
             2262-04-11T23:47:16.854775806Z",
        ),
    ] {
        assert_eq!(ask(body), Err((400, message.to_owned())), "{body}");
    }
    let behind = ask(&format!("{all} x")).unwrap_err().1;
    assert_eq!(
        behind,
        "error decoding json body for predicate: invalid character 'x' after top-level value"
    );
}

#[test]
fn organisation_and_bucket() {
    let mut f = fixture::ready();
    let bucket = f.bucket("db");
    let all = r#"{"start":"1970-01-01T00:00:00Z","stop":"2100-01-01T00:00:00Z"}"#;
    for (query, status, message) in [
        ("bucket=db", 400, "Please provide either orgID or org"),
        ("", 400, "Please provide either orgID or org"),
        ("org=nope&bucket=db", 404, "organization name \"nope\" not found"),
        ("org=acme", 400, "Please provide either bucketID or bucket"),
        ("org=acme&bucket=nope", 404, "bucket \"nope\" not found"),
        ("org=acme&bucketID=zz", 400, "id must have a length of 16 bytes"),
        ("org=acme&bucket=00000000000000ff", 404, "bucket not found"),
    ] {
        assert_eq!(run(&f, query, all), Err((status, message.to_owned())), "{query}");
    }
    for query in [format!("orgID={}&bucket=db", f.org), format!("org=acme&bucket={bucket}")] {
        assert_eq!(run(&f, &query, all).map(|request| request.bucket), Ok(bucket));
    }
    let first = run(&f, "", "x").unwrap_err().1;
    assert!(first.starts_with("error decoding json body: "), "the body is read first");
}
